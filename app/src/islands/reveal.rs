use leptos::prelude::*;
use plaudit_domain::Side;

use super::{live, vote::State};
use crate::{
    components::{labels, standing::standing},
    view_model::RevealedSide,
};

/// The name of one side and what the vote did to it, once there is a receipt.
#[component]
pub(super) fn Reveal(side: Side, state: RwSignal<State>) -> impl IntoView {
    let revealed = move |read: fn(&RevealedSide, bool) -> String| {
        state.with(|state| {
            let receipt = state.receipt.as_ref()?;
            Some(read(if side == Side::Left { &receipt.left } else { &receipt.right }, receipt.withdrawn))
        })
    };
    let hidden = live::flag(move || state.with(|state| state.receipt.is_none()));
    let class = move || if state.with(|state| state.receipt.is_some()) { "reveal__name" } else { "reveal__hidden" };
    let name = move || revealed(|side, _| side.name.clone()).unwrap_or_else(|| "Name hidden until you vote".to_owned());
    let kind = move || revealed(|side, _| labels::kind(side.kind).unwrap_or_default().to_owned()).unwrap_or_default();
    view! {
        <div class="reveal">
            <p class=live::word(class)>
                {live::text(name)} " "
                <span class="tag" hidden=live::flag(move || kind().is_empty())>{live::text(kind)}</span>
            </p>
            <p class="reveal__standing" hidden=hidden>{live::text(move || revealed(standing).unwrap_or_default())}</p>
        </div>
    }
}
