//! Paths as reports show them: relative to the root, with `/`, without `.` and `..`. The root itself is the empty path.

/// The folder of the file at `path`, empty for the root, and the file's name.
pub(crate) fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// The folder of the file at `path`, empty for the root.
pub(crate) fn folder(path: &str) -> &str {
    split(path).0
}

/// The last part of `path`.
pub(crate) fn name(path: &str) -> &str {
    split(path).1
}

/// The folders that `path` is in, nearest first; the last one is the root. None for the root itself.
pub(crate) fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| (!path.is_empty()).then(|| folder(path))).skip(1)
}

/// What `relative` means in `folder`; none where it is absolute or leaves the root.
pub(crate) fn join(folder: &str, relative: &str) -> Option<String> {
    if relative.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// `text` with percent signs decoded; none where one is not followed by two digits.
pub(crate) fn percent_decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut left = text.as_bytes();
    while let [first, after @ ..] = left {
        left = after;
        if *first == b'%' {
            let digits = after.get(..2).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))?;
            bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
            left = &after[2..];
        } else {
            bytes.push(*first);
        }
    }
    Some(bytes)
}

/// Whether `path` is `folder` or is below it; everything is below the root.
pub(crate) fn is_below(path: &str, folder: &str) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_a_folder_and_a_name() {
        for (path, of) in [("a/b/c.yaml", ("a/b", "c.yaml")), ("c.yaml", ("", "c.yaml")), ("", ("", ""))] {
            assert_eq!((folder(path), name(path)), of, "{path}");
        }
        assert_eq!(ancestors("a/b/c.yaml").collect::<Vec<_>>(), ["a/b", "a", ""]);
        assert_eq!(ancestors("c.yaml").collect::<Vec<_>>(), [""]);
        assert_eq!(ancestors("").count(), 0);
    }

    #[test]
    fn joined_paths_stay_below_the_root() {
        for (folder, relative, joined) in [
            ("a/b", "../c/./d.yaml", Some("a/c/d.yaml")),
            ("", "x", Some("x")),
            ("a", "..", Some("")),
            ("a", "../..", None),
            ("a", "/etc/passwd", None),
        ] {
            assert_eq!(join(folder, relative).as_deref(), joined, "{folder} {relative}");
        }
    }

    #[test]
    fn below_is_by_whole_names() {
        assert!(is_below("a/b", "a") && is_below("a", "a") && is_below("a", ""));
        assert!(!is_below("ab", "a") && !is_below("a", "a/b"));
    }
}
