//! One view for each address.

pub(crate) mod about;
pub(crate) mod battle;
pub(crate) mod data;
pub(crate) mod data_api;
pub(crate) mod export;
pub(crate) mod finished;
pub(crate) mod home;
pub(crate) mod judge;
pub(crate) mod judges;
pub(crate) mod leaderboard;
pub(crate) mod live;
pub(crate) mod pictures;
pub(crate) mod playground;
pub(crate) mod problem;
pub(crate) mod recount;

use std::future::Future;

use leptos::{prelude::*, tachys::reactive_graph::OwnedView};

/// A view that has to wait for the backend.
///
/// Leptos draws what a suspended view brings in whatever context its task wakes up in, where the head's tags would be
/// lost; so the view carries the context of its request.
fn arriving<V: IntoView + 'static>(view: impl Future<Output = V> + Send + 'static) -> impl IntoView {
    let owner = Owner::current().unwrap_or_default();
    Suspend::new(async move {
        let view = view.await;
        OwnedView::new_with_owner(view, owner)
    })
}
