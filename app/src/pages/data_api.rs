use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::{arriving, problem::ProblemView};
use crate::{
    backend::backend,
    components::head::PageHead,
    shell::Assets,
    view_model::data::{ApiView, EndpointView, ParameterView},
};

/// The API, to read and to try: each read is an ordinary form.
#[component]
pub(crate) fn DataApiPage() -> impl IntoView {
    let arena = use_query_map().with_untracked(|query| query.get("arena"));
    arriving(async move {
        match backend().and_then(|backend| backend.api()) {
            Ok(view) => view! { <Api view arena/> }.into_any(),
            Err(error) => view! { <ProblemView error/> }.into_any(),
        }
    })
}

#[component]
fn Api(view: ApiView, arena: Option<String>) -> impl IntoView {
    let ApiView { arenas, endpoints } = view;
    let arena = arena.filter(|asked| arenas.contains(asked)).or_else(|| arenas.first().cloned());
    let options = arenas.into_iter().map(|name| {
        let chosen = arena.as_deref() == Some(name.as_str());
        view! { <option value=name.clone() selected=chosen>{name.clone()}</option> }
    });
    let options = options.collect_view();
    let endpoints = endpoints.into_iter().enumerate();
    let endpoints =
        endpoints.map(|(place, endpoint)| view! { <Endpoint place endpoint arena=arena.clone()/> }).collect_view();
    view! {
        <PageHead title="API" description="Boards, counts, battles, votes and exports by program: every address, with a form to try it."/>
        <h1>"API"</h1>
        <p class="lead">
            "Reads need no key and may come from any page; what changes something wants a token of the host’s. Answers are JSON and carry an ETag; who asks too often gets 429 and is told when to come back. Fields are added and none is taken away within " <code>"v1"</code> "."
        </p>
        <p><a href="/api/v1/openapi.json">"The description in OpenAPI"</a> " · " <a href="/data">"All data"</a></p>
        <form class="api-form" method="get" action="/data/api">
            <label class="field"><span class="field__name">"Arena in the forms below"</span><select name="arena">{options}</select></label>
            <button type="submit" class="button button--small">"Use it"</button>
        </form>
        {endpoints}
    }
}

#[component]
fn Endpoint(place: usize, endpoint: EndpointView, arena: Option<String>) -> impl IntoView {
    let EndpointView { method, path, summary, parameters, needs_token, body } = endpoint;
    let heading = ["endpoint-", &place.to_string()].concat();
    let address = match &arena {
        Some(arena) => path.replace("{arena}", arena),
        None => path.clone(),
    };
    let can_try = method == "GET" && !address.contains('{');
    let origin = use_context::<Assets>().and_then(|assets| assets.origin).unwrap_or_else(asked_origin);
    let curl = curl(&method, &[origin.as_str(), address.as_str()].concat(), needs_token, body.as_deref());
    let fields = parameters.into_iter().map(|parameter| view! { <Parameter place parameter/> }).collect_view();
    view! {
        <section class="api-endpoint" aria-labelledby=heading>
            <h2 id=heading.clone()><span class="tag">{method}</span> " " <code>{broken(&path)}</code></h2>
            <p>{summary}</p>
            {can_try.then(|| view! {
                <form class="api-form" method="get" action=address>
                    {fields}
                    <button type="submit" class="button button--small">"Try it"</button>
                </form>
            })}
            <pre class="api-curl" tabindex="0"><code>{curl}</code></pre>
        </section>
    }
}

#[component]
fn Parameter(place: usize, parameter: ParameterView) -> impl IntoView {
    let ParameterView { name, description, choices, is_number } = parameter;
    let hint = ["hint-", &place.to_string(), "-", &name].concat();
    let label = name.clone();
    let control = if is_number {
        // An empty field would be sent, and is no number.
        view! { <input class="field__seed" type="number" name=name value="10" min="1" required aria-describedby=hint.clone()/> }.into_any()
    } else {
        let options =
            choices.into_iter().map(|choice| view! { <option value=choice.clone()>{choice.clone()}</option> });
        view! { <select name=name aria-describedby=hint.clone()>{options.collect_view()}</select> }.into_any()
    };
    view! {
        <div class="field">
            <label><span class="field__name">{label}</span> {control}</label>
            <span class="muted" id=hint>{with_code(&description)}</span>
        </div>
    }
}

/// The origin that this page was asked at, where the host names none: what works for the reader of the page.
fn asked_origin() -> String {
    let host = use_context::<http::request::Parts>()
        .and_then(|parts| Some(parts.headers.get(http::header::HOST)?.to_str().ok()?.to_owned()));
    // It stands in a line for a shell.
    let is_plain = |host: &String| host.chars().all(|char| char.is_ascii_alphanumeric() || ".:-[]".contains(char));
    ["http://", &host.filter(is_plain).unwrap_or_else(|| "localhost:3000".to_owned())].concat()
}

/// An address that a narrow screen breaks between its parts.
fn broken(path: &str) -> impl IntoView + use<> {
    path.split_inclusive('/').map(|part| view! { {part.to_owned()} <wbr/> }).collect_view()
}

/// The description's Markdown, as far as it is used there: code between backticks.
fn with_code(text: &str) -> impl IntoView + use<> {
    let parts = text.split('`').map(str::to_owned).enumerate();
    let part = |(place, part): (usize, String)| match place % 2 {
        0 => part.into_any(),
        _ => view! { <code>{part}</code> }.into_any(),
    };
    parts.map(part).collect_view()
}

/// A line for a shell. A body that begins with `@` is a file's name.
fn curl(method: &str, url: &str, needs_token: bool, body: Option<&str>) -> String {
    let mut line = "curl".to_owned();
    if method != "GET" {
        line.push_str(" -X ");
        line.push_str(method);
    }
    if needs_token {
        line.push_str(" -H 'Authorization: Bearer TOKEN'");
    }
    if let Some(file) = body.and_then(|body| body.strip_prefix('@')) {
        let parts = [" -T ", file, " '", url, "?name=", file, "'"];
        line.extend(parts);
        return line;
    }
    if let Some(body) = body {
        line.push_str(" -H 'Content-Type: application/json' -d '");
        line.push_str(&body.replace('\'', r"'\''"));
        line.push('\'');
    }
    line.push(' ');
    line.push_str(url);
    line
}

#[cfg(test)]
mod tests {
    use super::curl;

    #[test]
    fn a_line_for_the_shell_keeps_its_quotes() {
        assert_eq!(curl("GET", "http://x/y", false, None), "curl http://x/y");
        assert_eq!(
            curl("POST", "http://x/y", true, Some("{\"a\": \"it's\"}")),
            r#"curl -X POST -H 'Authorization: Bearer TOKEN' -H 'Content-Type: application/json' -d '{"a": "it'\''s"}' http://x/y"#
        );
        assert_eq!(curl("POST", "http://x/y", false, Some("@a.csv")), "curl -X POST -T a.csv 'http://x/y?name=a.csv'");
    }
}
