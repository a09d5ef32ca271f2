//! Globs that choose paths, with the habits of `.gitignore`: `*` stops at `/`, `**` does not, a pattern without a `/`
//! matches at any depth, and a pattern that matches a folder takes all below it.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// Why a pattern cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum GlobError {
    #[error("it is empty")]
    Empty,
    #[error("`!` is not supported; name the paths that should match")]
    Negated,
    #[error("`..` leaves the folder of the configuration")]
    LeavesFolder,
    #[error("{0}")]
    Syntax(globset::ErrorKind),
}

/// Compiled patterns, all relative to the root of the report paths.
#[derive(Clone, Debug)]
pub(super) struct Globs {
    patterns: Vec<String>,
    set: GlobSet,
}

impl Default for Globs {
    fn default() -> Self {
        Self { patterns: Vec::new(), set: GlobSet::empty() }
    }
}

impl Globs {
    /// Compiles patterns that were checked with [`check`]. `folder` is the one of their file: empty, or `a/b/`.
    pub(super) fn new<'a>(folder: &str, patterns: impl IntoIterator<Item = &'a str>) -> Result<Self, GlobError> {
        let rooted: Vec<String> = patterns.into_iter().map(|pattern| rooted(folder, pattern)).collect();
        if rooted.is_empty() {
            return Ok(Self::default());
        }
        let mut set = GlobSetBuilder::new();
        for pattern in &rooted {
            for form in forms(pattern) {
                set.add(compile(&form)?);
            }
        }
        let set = set.build().map_err(|error| GlobError::Syntax(error.kind().clone()))?;
        Ok(Self { patterns: rooted, set })
    }

    pub(super) fn matches(&self, path: &str) -> bool {
        !self.patterns.is_empty() && self.set.is_match(path)
    }

    /// The patterns as the file at the root would have them.
    pub(super) fn patterns(&self) -> &[String] {
        &self.patterns
    }

    pub(super) fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }
}

/// Checks that a pattern can be used.
pub(crate) fn check(pattern: &str) -> Result<(), GlobError> {
    if pattern.trim_matches(['/', ' ']).is_empty() {
        return Err(GlobError::Empty);
    }
    if pattern.starts_with('!') {
        return Err(GlobError::Negated);
    }
    if pattern.split('/').any(|part| part == "..") {
        return Err(GlobError::LeavesFolder);
    }
    forms(&rooted("", pattern)).iter().try_for_each(|form| compile(form).map(drop))
}

/// The pattern relative to the root, anchored with a `/` wherever it is not meant to match at any depth.
fn rooted(folder: &str, pattern: &str) -> String {
    let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
    let body = pattern.strip_suffix('/').unwrap_or(pattern);
    if body.contains('/') {
        let body = body.strip_prefix('/').unwrap_or(body);
        format!("/{}{body}", globset::escape(folder))
    } else if folder.is_empty() {
        body.to_owned()
    } else {
        format!("/{}**/{body}", globset::escape(folder))
    }
}

/// The globs of a rooted pattern: itself, and everything below.
fn forms(rooted: &str) -> [String; 2] {
    match rooted.strip_prefix('/') {
        Some(anchored) => [anchored.to_owned(), format!("{anchored}/**")],
        None => [format!("**/{rooted}"), format!("**/{rooted}/**")],
    }
}

fn compile(pattern: &str) -> Result<globset::Glob, GlobError> {
    let glob = GlobBuilder::new(pattern).literal_separator(true).backslash_escape(true).build();
    glob.map_err(|error| GlobError::Syntax(error.kind().clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(folder: &str, pattern: &str, path: &str) -> bool {
        check(pattern).expect("a good pattern");
        Globs::new(folder, [pattern]).expect("a good pattern").matches(path)
    }

    #[test]
    fn patterns_behave_like_gitignore() {
        for (pattern, path, expected) in [
            ("vendor/**", "vendor/a/b.yaml", true),
            ("vendor/**", "sub/vendor/b.yaml", false),
            ("vendor", "sub/vendor/b.yaml", true),
            ("vendor/", "vendor/b.yaml", true),
            ("/vendor", "vendor/b.yaml", true),
            ("/vendor", "sub/vendor/b.yaml", false),
            ("*.yaml", "a/b/c.yaml", true),
            ("a/*.yaml", "a/b/c.yaml", false),
            ("a/*.yaml", "a/c.yaml", true),
            ("**/testdata/**", "x/testdata/y/z", true),
            ("a/**/z", "a/z", true),
            ("./a/b", "a/b", true),
            ("{a,b}/c", "b/c", true),
            ("[ab].txt", "x/b.txt", true),
            ("a?c", "abc", true),
        ] {
            assert_eq!(matches("", pattern, path), expected, "{pattern} on {path}");
        }
    }

    #[test]
    fn a_nested_folder_bounds_its_patterns() {
        for (pattern, path, expected) in [
            ("x.yaml", "apps/one/deep/x.yaml", true),
            ("x.yaml", "apps/two/x.yaml", false),
            ("/x.yaml", "apps/one/deep/x.yaml", false),
            ("gen/**", "apps/one/gen/y", true),
            ("**", "apps/two/y", false),
        ] {
            assert_eq!(matches("apps/one/", pattern, path), expected, "{pattern} on {path}");
        }
        assert!(matches("a[1]/", "x", "a[1]/x"));
    }

    #[test]
    fn faulty_patterns_are_refused() {
        for pattern in ["a[", "{a", "", "/", "!a", "../x", "a/../b"] {
            assert!(check(pattern).is_err(), "{pattern}");
        }
    }
}
