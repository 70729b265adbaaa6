//! One picture: a step, a message with what it looks like, a look at what the page says, and again.

use plaudit_domain::{PictureEdit, PictureSampler, PictureStyle};
use plaudit_models::picture::{
    CaptionEncoder, EditMethod, Gallery, Picture, PictureError, PictureModel, SIDE, SamplerSettings, Style,
};

use super::browser::{Pause, now_ms};
use super::load::memory_bytes;
use super::post;
use crate::failure::Failure;
use crate::pace::{Pace, Turn};
use crate::protocol::{BackendKind, Drawn, Event, Sketch};

/// What shall be drawn.
pub(crate) struct Wish {
    pub(crate) prompt: String,
    pub(crate) sampler: PictureSampler,
    /// Pixels in hexadecimal.
    pub(crate) source: Option<String>,
    pub(crate) seed: u64,
}

/// Where pictures come from.
pub(crate) enum Hand {
    /// A network.
    Model(Box<PictureModel>),
    /// The nearest picture that is there already.
    Gallery(Gallery),
}

/// What draws, and what it runs on.
pub(crate) struct Easel {
    pub(crate) captions: CaptionEncoder,
    pub(crate) hand: Hand,
    pub(crate) backend: BackendKind,
    pub(crate) weights_sha256: String,
}

impl Easel {
    /// Draws to the end, or to the page's.
    pub(crate) async fn draw(&self, id: u32, wish: &Wish, pace: &Pace, pause: &Pause) -> Result<Drawn, Failure> {
        let start = now_ms();
        let mut waited = 0.0;
        let caption = self.captions.encode(&wish.prompt);
        let PictureSampler { steps, guidance, style, edit } = wish.sampler;
        let style = style.map(|style| match style {
            PictureStyle::Fluent => Style::Fluent,
            PictureStyle::Noto => Style::Noto,
        });
        let finished = match &self.hand {
            Hand::Gallery(gallery) => {
                let found =
                    gallery.nearest(&caption).ok_or(Failure::OutOfTurn("There is no picture in the gallery."))?;
                show(id, 1, 1, &found.picture);
                true
            }
            Hand::Model(model) => {
                let settings = SamplerSettings { steps, guidance, style };
                let mut drawing = match edit {
                    None => model.start(&caption, wish.seed, settings),
                    Some(edit) => {
                        let source = wish.source.as_deref().and_then(pixels);
                        let source = source.ok_or(Failure::OutOfTurn("There is no picture to change."))?;
                        let method = match edit {
                            PictureEdit::Noise(level) => EditMethod::Noise { level },
                            PictureEdit::Inversion(level) => EditMethod::Inversion { level },
                            PictureEdit::Instruction => EditMethod::Instruction,
                        };
                        model.start_edit(&source, method, &caption, wish.seed, settings)
                    }
                }
                .map_err(wrong)?;
                loop {
                    let before = now_ms();
                    let turn = pace.turn().await;
                    waited += now_ms() - before;
                    if turn == Turn::Stop {
                        break drawing.made() == drawing.steps();
                    }
                    let Some(step) = drawing.step().await.map_err(wrong)? else { break true };
                    pace.count();
                    show(id, step.step, step.steps, &step.picture);
                    // An order to stop that lies there is heard now, before the next step.
                    pause.pause().await;
                }
            }
        };
        Ok(Drawn {
            id,
            finished,
            weights_sha256: self.weights_sha256.clone(),
            backend: self.backend,
            took_ms: now_ms() - start - waited,
            memory_bytes: memory_bytes(),
        })
    }
}

/// A picture out of hexadecimal digits.
fn pixels(text: &str) -> Option<Picture> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pairs = text.as_bytes().chunks(2).map(|pair| match *pair {
        [high, low] => Some((digit(high)? << 4 | digit(low)?) as u8),
        _ => None,
    });
    Picture::new(&pairs.collect::<Option<Vec<u8>>>()?)
}

fn wrong(error: PictureError) -> Failure {
    match error {
        PictureError::Device(_) | PictureError::NotANumber { .. } => Failure::Device(Box::new(error)),
        PictureError::Setting { .. } | PictureError::Caption { .. } => Failure::Prompt(Box::new(error)),
    }
}

fn show(id: u32, step: u32, steps: u32, picture: &Picture) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = |byte: &u8| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]].map(char::from);
    let rgb = picture.rgb().iter().flat_map(digits).collect();
    post::event(&Event::Sketch(Sketch { id, step, steps, side: SIDE as u32, rgb }));
}
