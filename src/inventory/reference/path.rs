//! Paths to fields: `spec.containers[name].env[]`, `data.*`, `metadata.annotations.'example.com/secret'`.
//!
//! This file stands alone (no `crate::`), because `build.rs` includes it.

/// One step from a node to nodes below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step<'a> {
    /// The value of a key.
    Key(&'a str),
    /// Each item of a list, and the key by which a strategic merge patch knows an item, where it does.
    Items(Option<&'a str>),
    /// The value of each key.
    Each,
    /// The value of each key that starts so.
    Prefix(&'a str),
}

/// Splits a path. Keys that contain other characters than letters, digits, `_`, `-` and `/` are in single quotes.
///
/// # Errors
/// Where it is not a path, in words.
pub(crate) fn parse(text: &str) -> Result<Vec<Step<'_>>, String> {
    let mut steps = Vec::new();
    let mut rest = text;
    loop {
        if let Some(quoted) = rest.strip_prefix('\'') {
            let (key, after) =
                quoted.split_once('\'').ok_or_else(|| format!("`{text}` has a quote that nothing ends"))?;
            let prefix = after.strip_prefix('*');
            steps.push(if prefix.is_some() { Step::Prefix(key) } else { Step::Key(key) });
            rest = prefix.unwrap_or(after);
        } else {
            let end = rest.find(['.', '[', '*', '\'']).unwrap_or(rest.len());
            let (key, after) = rest.split_at(end);
            rest = after;
            let plain = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-/".contains(&byte));
            if !plain {
                return Err(format!("`{text}`: quote the key `{key}`"));
            } else if !key.is_empty() {
                steps.push(Step::Key(key));
            } else if let Some(after) = rest.strip_prefix('*') {
                steps.push(Step::Each);
                rest = after;
            } else if !(rest.starts_with('[') && steps.is_empty()) {
                return Err(format!("`{text}` has an empty step"));
            }
        }
        while let Some(inside) = rest.strip_prefix('[') {
            let (key, after) = inside.split_once(']').ok_or_else(|| format!("`{text}` has a `[` that nothing ends"))?;
            if !key.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                return Err(format!("`{text}`: `[{key}]` is neither `[]` nor a merge key"));
            }
            steps.push(Step::Items(Some(key).filter(|key| !key.is_empty())));
            rest = after;
        }
        if rest.is_empty() {
            return Ok(steps);
        }
        rest = rest.strip_prefix('.').ok_or_else(|| format!("`{text}` lacks a dot before `{rest}`"))?;
    }
}

#[cfg(test)]
mod tests {
    use super::Step::{Each, Items, Key, Prefix};
    use super::parse;

    #[test]
    fn steps_of_paths() {
        for (text, steps) in [
            ("spec", &[Key("spec")][..]),
            ("a.b[].c", &[Key("a"), Key("b"), Items(None), Key("c")]),
            ("steps[][].inline", &[Key("steps"), Items(None), Items(None), Key("inline")]),
            ("env[name]", &[Key("env"), Items(Some("name"))]),
            ("[].x", &[Items(None), Key("x")]),
            ("data.*", &[Key("data"), Each]),
            ("*.a", &[Each, Key("a")]),
            ("a.'x.y/z'.b", &[Key("a"), Key("x.y/z"), Key("b")]),
            ("conf.'spark.secrets.'*", &[Key("conf"), Prefix("spark.secrets.")]),
        ] {
            assert_eq!(parse(text).as_deref(), Ok(steps), "{text}");
        }
    }

    #[test]
    fn what_is_no_path() {
        for text in ["", ".a", "a.", "a..b", "a[", "a[x.y]", "a.'b", "a b", "a[]b", "a.$.b", "*a", "a.[]", "a'b'"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
