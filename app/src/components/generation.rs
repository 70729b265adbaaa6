use leptos::prelude::*;

use plaudit_domain::Side;

use super::labels;
use crate::view_model::{GenerationView, Layer, Medium, PictureView, SafeHtml};

/// The prompt of a battle, and the picture that it asks to be changed.
#[component]
pub(crate) fn PromptCard(prompt: SafeHtml, source: Option<PictureView>) -> impl IntoView {
    let class = if source.is_some() { "prompt prompt--edit" } else { "prompt" };
    view! {
        <section class=class aria-labelledby="prompt-heading">
            {source.map(|picture| view! { <Picture picture/> })}
            <div>
                <h2 class="prompt__heading" id="prompt-heading">"Prompt"</h2>
                <div class="prompt__text prose" inner_html=prompt.as_str().to_owned()></div>
            </div>
        </section>
    }
}

/// What a contestant made.
#[component]
pub(crate) fn Generation(generation: GenerationView) -> impl IntoView {
    match generation {
        GenerationView::Text(text) => {
            view! { <div class="generation__text prose" inner_html=text.as_str().to_owned()></div> }.into_any()
        }
        GenerationView::Picture(picture) => view! { <Picture picture/> }.into_any(),
    }
}

/// The pictures of a battle, for who wants to look closer; none where an answer is no still picture.
pub(crate) fn layers(
    source: Option<&PictureView>,
    left: Option<&GenerationView>,
    right: Option<&GenerationView>,
) -> Option<Vec<Layer>> {
    let layer = |side: Side, generation: Option<&GenerationView>| match generation {
        Some(GenerationView::Picture(picture)) if picture.medium == Medium::Still => {
            Some(Layer { name: labels::side(side).to_owned(), picture: picture.clone() })
        }
        _ => None,
    };
    let source = source.map(|picture| Layer { name: "Original".to_owned(), picture: picture.clone() });
    let sides = [layer(Side::Left, left)?, layer(Side::Right, right)?];
    Some(source.into_iter().chain(sides).collect())
}

/// How long the longer one of two clips lasts; none where they are no clips.
pub(crate) fn clips(left: Option<&GenerationView>, right: Option<&GenerationView>) -> Option<u32> {
    let lasts = |generation: Option<&GenerationView>| match generation {
        Some(GenerationView::Picture(PictureView { medium: Medium::Clip { milliseconds }, .. })) => Some(*milliseconds),
        _ => None,
    };
    Some(lasts(left)?.max(lasts(right)?))
}

/// Whether it is heard and not seen.
pub(crate) fn is_sound(generation: &GenerationView) -> bool {
    matches!(generation, GenerationView::Picture(PictureView { medium: Medium::Sound, .. }))
}

/// A sound. Both sides look alike, however long each is: only who plays it learns that.
#[component]
fn Sound(address: String, description: String) -> impl IntoView {
    view! {
        <div class="sound">
            <audio class="sound__player" src=address aria-label=description controls=true preload="metadata"></audio>
        </div>
    }
}

/// A picture or clip in its frame. The frame has its size before the picture is there, and both sides of a battle have the same: an
/// empty drawing keeps the place, because the policy forbids styles in attributes.
#[component]
fn Picture(picture: PictureView) -> impl IntoView {
    let PictureView { address, frame_width, frame_height, pixelated, medium, description } = picture;
    if medium == Medium::Sound {
        return view! { <Sound address description/> }.into_any();
    }
    let (width, height) = (frame_width.to_string(), frame_height.to_string());
    let class = if pixelated { "picture__image picture__image--pixelated" } else { "picture__image" };
    view! {
        <div class="picture">
            <svg
                class="picture__space"
                viewBox=["0 0 ", &width, " ", &height].concat()
                width=width.clone()
                height=height.clone()
                aria-hidden="true"
            ></svg>
            {match medium {
                // By itself it has the browser's own controls; `ClipsIsland` plays both together.
                Medium::Clip { .. } => view! {
                    <video
                        class=[class, " picture__clip"].concat()
                        src=address
                        aria-label=description
                        width=width
                        height=height
                        controls=true
                        muted=true
                        playsinline=true
                        preload="auto"
                    ></video>
                }
                .into_any(),
                Medium::Still | Medium::Sound => view! { <img class=class src=address alt=description width=width height=height draggable="false"/> }.into_any(),
            }}
        </div>
    }
    .into_any()
}
