use leptos::prelude::*;
use leptos_meta::{Link, Meta, Title};
use leptos_router::hooks::use_location;

use crate::shell::Assets;

/// Title, description and canonical address of a page.
#[component]
pub(crate) fn PageHead(
    /// What stands in the tab, without the site's name.
    #[prop(into)]
    title: String,
    /// A sentence for search engines and shared links.
    #[prop(into)]
    description: String,
) -> impl IntoView {
    let title = [&title, " · Plaudit"].concat();
    let canonical = use_context::<Assets>()
        .and_then(|assets| assets.origin)
        .map(|origin| [&origin, use_location().pathname.get_untracked().as_str()].concat());
    view! {
        <Title text=escape(&title)/>
        <Meta name="description" content=description.clone()/>
        <Meta property="og:title" content=title/>
        <Meta property="og:description" content=description/>
        <Meta property="og:type" content="website"/>
        {canonical.map(|href| view! { <Link rel="canonical" href/> })}
    }
}

/// leptos_meta 0.8 writes the title into the page as it is, and names in it may come from imported files.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn a_title_cannot_end_its_own_element() {
        assert_eq!(escape("a </title><script> & b"), "a &lt;/title&gt;&lt;script&gt; &amp; b");
    }
}
