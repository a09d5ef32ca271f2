//! Which fixes are accepted, what a patch shows, and where outputs go.

use super::sealing::with_marker;
use super::*;
use crate::document::yaml;
use crate::finding::MASK;

#[test]
fn outputs_of_clusters_stand_beside_the_file() {
    assert_eq!(beside("a/b.c/secret.yaml", "dev"), "a/b.c/secret.dev.yaml");
    assert_eq!(beside("secret", "dev"), "secret.dev");
    assert_eq!(beside("a/.hidden", "dev"), "a/.hidden.dev");
}

fn fix(title: &str, edits: Vec<Edit>) -> Fix {
    Fix::edits(Fixable::Safe, title, edits)
}

/// Titles of what is done, and reasons of what is left.
fn accepted(fixes: &[Fix]) -> (Vec<&str>, Vec<usize>) {
    let mut planned = Planned::default();
    let mut applied = Vec::new();
    for (index, fix) in fixes.iter().enumerate() {
        let FixKind::Edits { edits, .. } = &fix.kind else { continue };
        planned.accept(index, fix, edits, &mut applied);
    }
    assert!(planned.left.iter().all(|(_, why)| *why == NotFixed::Clash));
    assert!(planned.text("0123456789").is_ok(), "what is accepted can be applied");
    let done = planned.done.iter().map(|done| fixes[done.finding].title.as_str()).collect();
    (done, planned.left.iter().map(|(index, _)| *index).collect())
}

#[test]
fn of_two_fixes_at_one_place_the_first_is_made() {
    let at = |start, end| Edit::replace(Span::new(start, end), "x");
    for (second, taken) in [
        (vec![at(5, 6)], true),
        (vec![at(4, 5)], true),
        (vec![Edit::insert(2, "y"), at(7, 8)], false),
        (vec![at(3, 5)], false),
        (vec![at(1, 3)], false),
        (vec![at(0, 9)], false),
        (vec![Edit::insert(3, "y")], false),
        (vec![at(8, 9), at(2, 3)], false),
    ] {
        let fixes = [fix("first", vec![at(2, 4)]), fix("second", second)];
        let (done, left) = accepted(&fixes);
        let wanted = if taken { (vec!["first", "second"], vec![]) } else { (vec!["first"], vec![1]) };
        assert_eq!((done, left), wanted, "{:?}", fixes[1]);
    }
}

#[test]
fn one_fix_of_several_findings_is_made_once() {
    let same = || fix("remove both", vec![Edit::remove(Span::new(2, 4))]);
    assert_eq!(accepted(&[same(), same()]), (vec!["remove both"], vec![]));
    let line = |text: &str| fix(text, vec![Edit::insert(10, text)]);
    assert_eq!(accepted(&[line("a"), line("b")]), (vec!["a", "b"], vec![]), "lines at one end");
}

#[test]
fn a_patch_hides_values_wherever_they_stand() {
    let old = "# note: c2VjcmV0d29yZA== is secretword\nvalue: c2VjcmV0d29yZA==\nn: 1\n";
    let span = |text: &str| {
        let at = old.rfind(text).expect("it stands there");
        Span::new(at, at + text.len())
    };
    let mut planned = Planned { edits: vec![Edit::replace(span("1"), "2 # secretword")], ..Planned::default() };
    planned.hide(old, vec![span("c2VjcmV0d29yZA=="), Span::new(400, 500)]);
    let patch = planned.patch("a.yaml", old);
    let shown = format!(
        "--- a/a.yaml\n+++ b/a.yaml\n@@ -1,3 +1,3 @@\n # note: {MASK} is {MASK}\n value: {MASK}\n-n: 1\n+n: 2 # {MASK}\n"
    );
    assert_eq!(patch, shown);
}

#[test]
fn a_document_goes_with_its_marker() {
    let cut = |text: &str, index: usize| {
        let document = yaml::documents(text)[index];
        edit::apply(text, &[Edit::remove(with_marker(text, document))]).expect("it applies")
    };
    assert_eq!(cut("a: 1\n---\nb: 2\n---\nc: 3\n", 0), "b: 2\n---\nc: 3\n");
    assert_eq!(cut("a: 1\n---\nb: 2\n---\nc: 3\n", 1), "a: 1\n---\nc: 3\n");
    assert_eq!(cut("---\na: 1\n---\nb: 2\n", 1), "---\na: 1\n");
}
