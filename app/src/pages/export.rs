use leptos::prelude::*;
use leptos_meta::Meta;
use leptos_router::hooks::use_params_map;

use super::{arriving, problem::ProblemView};
use crate::{api::ApiError, backend::backend, components::head::PageHead, format, view_model::data::ExportView};

/// How far an export is; asks again by itself until it has ended.
#[component]
pub(crate) fn ExportPage() -> impl IntoView {
    let id = use_params_map().with_untracked(|params| params.get("id")).unwrap_or_default();
    arriving(async move {
        match find(&id).await {
            Ok(view) => view! { <Export view/> }.into_any(),
            Err(error) => view! { <ProblemView error/> }.into_any(),
        }
    })
}

async fn find(id: &str) -> Result<ExportView, ApiError> {
    backend()?.export(id).await
}

#[component]
fn Export(view: ExportView) -> impl IntoView {
    let open = matches!(view, ExportView::Waiting | ExportView::Running { .. });
    let body = match view {
        ExportView::Waiting => {
            view! { <p role="status">"Your file waits for others that are written before it."</p> }.into_any()
        }
        ExportView::Running { votes: 0, .. } => {
            view! { <p role="status">"Your file is being written: votes are counted."</p> }.into_any()
        }
        ExportView::Running { seen, votes } => {
            let text = [&format::count(seen), " of ", &format::counted(votes, "vote", "votes")].concat();
            view! {
                <p role="status">"Your file is being written: " {text} "."</p>
                <progress max=votes.to_string() value=seen.to_string() aria-label="Votes written"></progress>
            }
            .into_any()
        }
        ExportView::Finished { url, name, bytes, rows, votes } => {
            let facts = [
                &format::counted(rows, "row", "rows"),
                " of ",
                &format::counted(votes, "vote", "votes"),
                ", ",
                &format::megabytes(bytes),
            ]
            .concat();
            view! {
                <p role="status">"Your file is ready: " {facts} "."</p>
                <p><a class="button button--primary" href=url>{["Download ", &name].concat()}</a></p>
            }
            .into_any()
        }
        ExportView::Failed { reason } => view! { <p role="status">"There is no file: " {reason} "."</p> }.into_any(),
    };
    view! {
        <PageHead title="Your file" description="How far an export is."/>
        {open.then(|| view! { <Meta http_equiv="refresh" content="2"/> })}
        <h1>"Your file"</h1>
        {body}
        <p><a href="/data">"All data"</a></p>
    }
}
