//! The style sheet: `style/main.css` with its imports put in place, lowered to the oldest browsers we name, minified.

use crate::files;
use anyhow::{Context, Result, anyhow, ensure};
use lightningcss::media_query::MediaList;
use lightningcss::rules::layer::LayerBlockRule;
use lightningcss::rules::media::MediaRule;
use lightningcss::rules::supports::SupportsRule;
use lightningcss::rules::{CssRule, CssRuleList, import::ImportRule};
use lightningcss::stylesheet::{MinifyOptions, ParserOptions, PrinterOptions, StyleSheet};
use lightningcss::targets::{Browsers, Targets};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Sources by path; kept apart from the rules, which borrow from them.
type Sources = BTreeMap<PathBuf, String>;

/// The oldest browsers the page is made for: the first Chrome and Edge with WebGPU, and what was current beside them.
fn oldest_browsers() -> Targets {
    let version = |major: u32, minor: u32| Some(major << 16 | minor << 8);
    let browsers = Browsers {
        chrome: version(113, 0),
        edge: version(113, 0),
        firefox: version(120, 0),
        safari: version(16, 4),
        ios_saf: version(16, 4),
        ..Browsers::default()
    };
    browsers.into()
}

/// Bundles and minifies the style sheet at `entry`.
pub(crate) fn bundle(entry: &Path) -> Result<String> {
    let mut sources = Sources::new();
    collect(entry, &mut sources)?;
    let rules = with_imports(entry, &sources)?;
    let mut sheet = StyleSheet::new(vec![entry.display().to_string()], rules, ParserOptions::default());
    let targets = oldest_browsers();
    sheet.minify(MinifyOptions { targets, ..MinifyOptions::default() }).map_err(|error| anyhow!("{error}"))?;
    let printed = sheet.to_css(PrinterOptions { minify: true, targets, ..PrinterOptions::default() });
    Ok(printed.map_err(|error| anyhow!("{error}"))?.code)
}

/// Reads a style sheet and all that it imports. A second import of one file is an error: in CSS the last one counts,
/// which is never what was meant.
fn collect(path: &Path, sources: &mut Sources) -> Result<()> {
    let text = files::read_text(path)?;
    let imports: Vec<PathBuf> = parse(path, &text)?.iter().filter_map(|rule| imported(path, rule)).collect();
    ensure!(sources.insert(path.to_path_buf(), text).is_none(), "{} is imported twice", path.display());
    for import in imports {
        collect(&import, sources).with_context(|| format!("imported by {}", path.display()))?;
    }
    Ok(())
}

fn with_imports<'i>(path: &Path, sources: &'i Sources) -> Result<CssRuleList<'i>> {
    let text = sources.get(path).with_context(|| format!("{} was not read", path.display()))?;
    let mut rules = Vec::new();
    for rule in parse(path, text)? {
        match (imported(path, &rule), rule) {
            (Some(file), CssRule::Import(import)) => rules.extend(conditioned(import, with_imports(&file, sources)?).0),
            (_, rule) => rules.push(rule),
        }
    }
    Ok(CssRuleList(rules))
}

fn parse<'i>(path: &Path, text: &'i str) -> Result<Vec<CssRule<'i>>> {
    let options = ParserOptions { filename: path.display().to_string(), ..ParserOptions::default() };
    let sheet = StyleSheet::parse(text, options).map_err(|error| anyhow!("{error}"))?;
    Ok(sheet.rules.0)
}

/// The file an `@import` names; nothing for other rules and for addresses on other hosts, which stay as they are.
fn imported(from: &Path, rule: &CssRule<'_>) -> Option<PathBuf> {
    let CssRule::Import(import) = rule else { return None };
    let url: &str = &import.url;
    let is_elsewhere = url.contains("://") || url.starts_with('/');
    (!is_elsewhere).then(|| from.parent().unwrap_or(Path::new("")).join(url.trim_start_matches("./")))
}

/// What `@import … layer(…) supports(…) media` means, spelled as blocks.
fn conditioned<'i>(import: ImportRule<'i>, rules: CssRuleList<'i>) -> CssRuleList<'i> {
    let ImportRule { layer, supports, media, loc, .. } = import;
    let mut rules = rules;
    if let Some(name) = layer {
        rules = CssRuleList(vec![CssRule::LayerBlock(LayerBlockRule { name, rules, loc })]);
    }
    if media != MediaList::new() {
        rules = CssRuleList(vec![CssRule::Media(MediaRule { query: media, rules, loc })]);
    }
    if let Some(condition) = supports {
        rules = CssRuleList(vec![CssRule::Supports(SupportsRule { condition, rules, loc })]);
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundled(name: &str, sheets: &[(&str, &str)]) -> Result<String> {
        let folder = std::env::temp_dir().join(format!("plaudit-xtask-css-{name}-{}", std::process::id()));
        for (path, text) in sheets {
            files::write(&folder.join(path), text)?;
        }
        let result = bundle(&folder.join("main.css"));
        files::remove(&folder)?;
        result
    }

    #[test]
    fn imports_keep_their_order_and_their_layers() {
        let sheets = [
            (
                "main.css",
                "@layer base, parts;\n@import \"./base.css\" layer(base);\n@import \"parts/all.css\";\nbody { margin: 0px }",
            ),
            ("base.css", "a { color: red }"),
            ("parts/all.css", "@import 'one.css' layer(parts);"),
            ("parts/one.css", "b { color: blue }"),
        ];
        let css = bundled("order", &sheets).unwrap();
        assert_eq!(css, "@layer base{a{color:red}}@layer parts{b{color:#00f}}body{margin:0}");
    }

    #[test]
    fn nesting_is_lowered_for_browsers_that_lack_it() {
        let css = bundled("nesting", &[("main.css", "nav { & a { color: red } }")]).unwrap();
        assert_eq!(css, "nav a{color:red}");
    }

    #[test]
    fn a_missing_import_names_both_files() {
        let error = bundled("missing", &[("main.css", "@import 'gone.css';")]).unwrap_err();
        let text = format!("{error:#}");
        assert!(text.contains("main.css") && text.contains("gone.css"), "{text}");
    }

    #[test]
    fn a_second_import_of_one_file_is_refused() {
        let error = bundled("twice", &[("main.css", "@import 'a.css'; @import 'a.css';"), ("a.css", "")]).unwrap_err();
        assert!(format!("{error:#}").contains("imported twice"));
    }
}
