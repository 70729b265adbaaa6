//! What a visitor sees when there is nothing else to show.

use http::StatusCode;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

use crate::{
    api::ApiError,
    components::{
        frame::{SiteFooter, SiteHeader},
        head::PageHead,
    },
    shell::{Assets, Head},
};

/// A heading for each kind of error; the error itself is the message below it.
pub(crate) fn heading(error: &ApiError) -> &'static str {
    match error {
        ApiError::NotFound => "Page not found",
        ApiError::NothingToCompare => "Nothing to compare",
        ApiError::TicketInvalid | ApiError::TicketForeign => "This battle is not yours to vote on",
        ApiError::TicketExpired => "This battle is over",
        ApiError::AlreadyVoted => "You already voted",
        ApiError::AlreadyLeft => "You already left this battle",
        ApiError::UndoTooLate => "Too late to undo",
        ApiError::NotUndone => "Your vote still counts",
        ApiError::CrossSite => "Refused",
        ApiError::BadRequest | ApiError::TooLarge => "That did not work",
        ApiError::TooManyRequests { .. } => "Too many files at once",
        ApiError::NotCounted | ApiError::Offline => "Your vote was not counted",
        ApiError::Unanswered => "No answer",
        ApiError::PromptUnusable => "This prompt does not work",
        ApiError::NotEnoughContestants => "One more model is needed",
        ApiError::Identical => "Nothing to compare",
        ApiError::GenerationRefused => "Nothing was stored",
        ApiError::Internal { .. } => "Something went wrong",
    }
}

/// The body of an error page.
#[component]
fn Problem(
    status: u16,
    #[prop(into)] heading: String,
    #[prop(into)] message: String,
    #[prop(optional_no_strip)] back: Option<String>,
) -> impl IntoView {
    let (href, text) = match back {
        Some(back) if back.starts_with("/arena/") && !back.contains("/battle/") => (back, "Take a new battle"),
        Some(back) => (back, "Go back"),
        None => ("/".to_owned(), "See all arenas"),
    };
    view! {
        <section class="problem">
            <p class="problem__status" aria-hidden="true">{status.to_string()}</p>
            <h1>{heading}</h1>
            <p class="lead">{message}</p>
            <p><a class="button button--primary" href=href>{text}</a></p>
        </section>
    }
}

/// An error in the place of a page, with its status.
#[component]
pub(crate) fn ProblemView(error: ApiError) -> impl IntoView {
    let status = error.status();
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    }
    let heading = heading(&error);
    let message = error.to_string();
    view! {
        <PageHead title=heading description=message.clone()/>
        <Problem status heading message back=None/>
    }
}

/// The page of an address that leads nowhere.
#[component]
pub(crate) fn NotFoundPage() -> impl IntoView {
    view! { <ProblemView error=ApiError::NotFound/> }
}

/// A complete document for an error outside of the router: a refused form, a panic. It holds no script and needs no
/// nonce. `back` is an address of this site.
pub fn problem_page(assets: &Assets, status: u16, heading: &str, message: &str, back: Option<&str>) -> String {
    let stylesheet = assets.stylesheet.clone();
    let title = [heading, " · Plaudit"].concat();
    let (heading, message, back) = (heading.to_owned(), message.to_owned(), back.map(str::to_owned));
    Owner::new().with(|| {
        view! {
            <!DOCTYPE html>
            <html lang="en">
                <head>
                    <Head stylesheet/>
                    <title>{title}</title>
                    <meta name="robots" content="noindex"/>
                </head>
                <body>
                    <a class="skip-link" href="#main">"Skip to content"</a>
                    <SiteHeader/>
                    <main id="main" class="main">
                        <Problem status heading message back/>
                    </main>
                    <SiteFooter/>
                </body>
            </html>
        }
        .to_html()
    })
}

/// [`problem_page`] in the words of an [`ApiError`].
pub fn problem_page_for(assets: &Assets, error: &ApiError, back: Option<&str>) -> String {
    problem_page(assets, error.status(), heading(error), &error.to_string(), back)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::IslandFiles;

    fn assets() -> Assets {
        let files = IslandFiles { script: "/pkg/plaudit.js".to_owned(), wasm: "/pkg/plaudit.wasm".to_owned() };
        Assets {
            stylesheet: "/pkg/plaudit.css".to_owned(),
            votes: files.clone(),
            methods: files.clone(),
            models: files,
            recount: "/pkg/recount-worker-test.js".to_owned(),
            origin: None,
            reload: false,
        }
    }

    #[test]
    fn a_problem_page_is_a_whole_document_that_the_content_policy_allows() {
        let page = problem_page_for(&assets(), &ApiError::TicketExpired, Some("/arena/text"));
        assert!(page.starts_with("<!DOCTYPE html><html lang=\"en\">"), "{page}");
        assert!(page.contains("/pkg/plaudit.css") && page.contains("href=\"/arena/text\""));
        for forbidden in ["<script", "<style", "style=\""] {
            assert!(!page.contains(forbidden), "{forbidden} in {page}");
        }
    }

    #[test]
    fn what_a_problem_page_says_is_escaped() {
        let page = problem_page(&assets(), 400, "<b>", "</main><script>alert(1)</script>", Some("\"><script>"));
        assert!(!page.contains("<script") && !page.contains("<b>"), "{page}");
    }
}
