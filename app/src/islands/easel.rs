//! Pictures from workers, on the page.

use leptos::{html::Canvas, prelude::*, wasm_bindgen::JsCast};
use plaudit_runner::protocol::Sketch;
use wasm_bindgen::Clamped;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

use super::{browser::report, live};

/// A picture as it comes about, large; `described` is read out in its place.
#[component]
pub(super) fn Easel(
    /// What it shows.
    sketch: RwSignal<Option<Sketch>>,
    /// What is to be seen.
    #[prop(into)]
    described: Signal<String>,
) -> impl IntoView {
    let canvas = NodeRef::<Canvas>::new();
    Effect::new(move |_| {
        let Some(canvas) = canvas.get() else { return };
        sketch.with(|sketch| match sketch {
            Some(sketch) => paint(&canvas, sketch),
            None => clear(&canvas),
        });
    });
    view! {
        <canvas
            node_ref=canvas
            class="easel"
            width="32"
            height="32"
            role="img"
            aria-label=live::text(move || described.get())
        ></canvas>
    }
}

fn context(canvas: &HtmlCanvasElement) -> Option<CanvasRenderingContext2d> {
    canvas.get_context("2d").ok().flatten().and_then(|found| found.dyn_into().ok())
}

fn clear(canvas: &HtmlCanvasElement) {
    if let Some(context) = context(canvas) {
        context.clear_rect(0.0, 0.0, f64::from(canvas.width()), f64::from(canvas.height()));
    }
}

/// Shows a picture in the canvas, pixel by pixel; the style sheet makes it large.
fn paint(canvas: &HtmlCanvasElement, sketch: &Sketch) {
    let mut rgba = Vec::with_capacity(4 * (sketch.side * sketch.side) as usize);
    let digit = |byte: u8| (byte as char).to_digit(16).unwrap_or_default() as u8;
    for (place, pair) in sketch.rgb.as_bytes().chunks_exact(2).enumerate() {
        rgba.push(digit(pair[0]) << 4 | digit(pair[1]));
        if place % 3 == 2 {
            rgba.push(u8::MAX);
        }
    }
    let painted = ImageData::new_with_u8_clamped_array(Clamped(&rgba), sketch.side)
        .and_then(|image| context(canvas).map_or(Ok(()), |context| context.put_image_data(&image, 0.0, 0.0)));
    if let Err(error) = painted {
        report(&error);
    }
}
