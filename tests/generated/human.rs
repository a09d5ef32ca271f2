//! What people see, as text files for reviewers: the `human` report of a dozen cases, wide and narrow.
//!
//! Read the difference of `tests/generated/human/` in a change as you would read the output on a terminal.

use std::path::Path;

use mlguard::api::engine::{self, Input, Options};
use mlguard::api::report::human;
use mlguard::api::source;

/// Folder, and the only rule that is on; all of them where there is none.
const CASES: [(&str, Option<&str>); 7] = [
    ("examples/leaky", None),
    ("tests/fixtures/rules/csi-parameters/fail", Some("csi-parameters")),
    ("tests/fixtures/rules/duplicate-definition/fail", Some("duplicate-definition")),
    ("tests/fixtures/rules/env-credential/fail", Some("env-credential")),
    ("tests/fixtures/rules/plaintext-secret/fail", Some("plaintext-secret")),
    ("tests/fixtures/rules/sealed-scope-annotation/fail", Some("sealed-scope-annotation")),
    ("tests/fixtures/rules/undefined-secret/fail", Some("undefined-secret")),
];

/// Columns of a terminal.
const WIDTHS: [usize; 2] = [60, 120];

/// Compares every case at every width with its file, by `compare`.
pub(crate) fn compare_all(root: &Path, compare: impl Fn(&str, &str)) {
    for (folder, only) in CASES {
        let mut listing = source::list(&[root.join(folder)], &|path| !path.ends_with(".expect")).expect("a listing");
        let base = root.join(folder).canonicalize().expect("a folder");
        for file in &mut listing.files {
            let path = file.location.strip_prefix(&base).expect("a file of the folder");
            file.path = path.to_string_lossy().replace('\\', "/").into();
            // Whether it is committed already decides nothing.
            file.tracked = true;
        }
        listing.files.sort_by(|one, other| one.path.cmp(&other.path));
        let level = move |rule: &mlguard::api::rule::Rule, _: &str| {
            only.is_none_or(|only| rule.id == only).then_some(rule.level)
        };
        let options = Options { level: Box::new(level), ..Options::for_tests() };
        let outcome = engine::run(Input { listing, context: &Vec::new }, &options);
        assert!(!outcome.findings.is_empty(), "{folder}");
        let name = only.unwrap_or("leaky");
        for width in WIDTHS {
            compare(&format!("tests/generated/human/{name}.{width}.txt"), &human(&outcome, width));
        }
    }
}
