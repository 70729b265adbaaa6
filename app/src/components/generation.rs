use leptos::prelude::*;

use plaudit_domain::Side;

use super::labels;
use crate::view_model::{GenerationView, Layer, PictureView, SafeHtml};

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

/// The pictures of a battle, for who wants to look closer; none where an answer is no picture.
pub(crate) fn layers(
    source: Option<&PictureView>,
    left: Option<&GenerationView>,
    right: Option<&GenerationView>,
) -> Option<Vec<Layer>> {
    let layer = |side: Side, generation: Option<&GenerationView>| match generation {
        Some(GenerationView::Picture(picture)) => {
            Some(Layer { name: labels::side(side).to_owned(), picture: picture.clone() })
        }
        _ => None,
    };
    let source = source.map(|picture| Layer { name: "Original".to_owned(), picture: picture.clone() });
    let sides = [layer(Side::Left, left)?, layer(Side::Right, right)?];
    Some(source.into_iter().chain(sides).collect())
}

/// A picture in its frame. The frame has its size before the picture is there, and both sides of a battle have the same: an
/// empty drawing keeps the place, because the policy forbids styles in attributes.
#[component]
fn Picture(picture: PictureView) -> impl IntoView {
    let PictureView { address, frame_width, frame_height, pixelated, description } = picture;
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
            <img class=class src=address alt=description width=width height=height draggable="false"/>
        </div>
    }
}
