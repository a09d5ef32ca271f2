//! What comments and pages cite of `docs/facts/` is there.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::root;

#[test]
fn every_cited_page_and_heading_exists() {
    let anchors = headings();
    let mut cited = 0;
    for folder in ["src", "tests", "benches", "build", "rules", "docs"] {
        visit(&root().join(folder), &mut |path, text| {
            for (_, rest) in text.match_indices("docs/facts/").map(|(at, found)| (at, &text[at + found.len()..])) {
                let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.#".contains(c))).unwrap_or(rest.len());
                let (page, anchor) = rest[..end].trim_end_matches('.').split_once('#').unwrap_or((&rest[..end], ""));
                let page = page.trim_end_matches('.');
                if page.is_empty() {
                    continue;
                }
                cited += 1;
                let known = anchors.get(page);
                assert!(known.is_some(), "{}: docs/facts/{page} does not exist", path.display());
                let has = anchor.is_empty() || known.is_some_and(|known| known.iter().any(|known| known == anchor));
                assert!(has, "{}: docs/facts/{page} has no heading #{anchor}", path.display());
            }
        });
    }
    assert!(cited > 20, "comments cite their sources: {cited}");
}

/// The anchors of each page's headings, as GitHub makes them.
fn headings() -> BTreeMap<String, Vec<String>> {
    let anchor = |line: &str| {
        let text = line.trim_start_matches('#').trim().to_lowercase();
        let kept = text.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect::<String>()
    };
    let mut pages = BTreeMap::new();
    visit(&root().join("docs/facts"), &mut |path, text| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        pages.insert(name, text.lines().filter(|line| line.starts_with('#')).map(anchor).collect());
    });
    pages
}

/// Every text file below `folder` but fixtures.
fn visit(folder: &Path, each: &mut dyn FnMut(&Path, &str)) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            if !path.ends_with("fixtures") {
                visit(&path, each);
            }
        } else if path.extension().is_some_and(|end| end == "rs" || end == "md" || end == "yml")
            && let Ok(text) = fs::read_to_string(&path)
        {
            each(&path, &text);
        }
    }
}
