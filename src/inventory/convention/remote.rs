//! Templates of names that values have in an external store: `/mllab/{service}/{secret}`.

/// The templates where the configuration states none.
pub(super) const DEFAULT: [&str; 2] = ["/mllab/{service}/{secret}", "/mllab/shared/{secret}"];

/// Longest template, bytes.
const LONGEST: usize = 256;

/// What is wrong with a template of names. Displayed as words that follow "bad template: ".
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RemotePathError {
    #[error("it is longer than {LONGEST} characters")]
    TooLong,
    #[error("a part is empty")]
    EmptyPart,
    #[error("a part is either `{{name}}` or letters, digits, dots, dashes and underscores")]
    BadPart,
    #[error("it has no `{{…}}`, so that it names one value")]
    NoVariable,
}

/// A template of names. Each `{…}` stands for one part between slashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemotePath {
    /// As written.
    pub template: String,
    slash: bool,
    /// Literal parts; none is any.
    parts: Vec<Option<String>>,
}

impl RemotePath {
    /// Reads a template.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn new(template: &str) -> Result<Self, RemotePathError> {
        if template.len() > LONGEST {
            return Err(RemotePathError::TooLong);
        }
        let rest = template.strip_prefix('/');
        let mut parts = Vec::new();
        for part in rest.unwrap_or(template).split('/') {
            let inner = part.strip_prefix('{').and_then(|inner| inner.strip_suffix('}'));
            match inner {
                Some(name) if !name.is_empty() && is_plain(name) => parts.push(None),
                None if is_plain(part) && !part.is_empty() => parts.push(Some(part.to_owned())),
                None if part.is_empty() => return Err(RemotePathError::EmptyPart),
                _ => return Err(RemotePathError::BadPart),
            }
        }
        if parts.iter().all(Option::is_some) {
            return Err(RemotePathError::NoVariable);
        }
        Ok(Self { template: template.to_owned(), slash: rest.is_some(), parts })
    }

    /// How a name differs, in words that follow "it"; empty where it does not.
    pub(crate) fn differences(&self, key: &str) -> Vec<String> {
        let mut found = Vec::new();
        let rest = key.strip_prefix('/');
        match (self.slash, rest.is_some()) {
            (true, false) => found.push("does not start with a slash".to_owned()),
            (false, true) => found.push("starts with a slash".to_owned()),
            _ => {}
        }
        let parts: Vec<&str> = rest.unwrap_or(key).split('/').collect();
        if parts.iter().any(|part| part.is_empty()) {
            found.push("has an empty part".to_owned());
        } else if parts.len() != self.parts.len() {
            let count = |count: usize| if count == 1 { "one part".to_owned() } else { format!("{count} parts") };
            found.push(format!("has {}, not {}", count(parts.len()), self.parts.len()));
        }
        for (part, wanted) in parts.iter().zip(&self.parts).filter(|(part, _)| !part.is_empty()) {
            match wanted {
                Some(wanted) if part != wanted => found.push(format!("has '{part}' in the place of '{wanted}'")),
                None if part.bytes().any(|byte| byte.is_ascii_uppercase()) => {
                    found.push(format!("has upper-case letters in '{part}'"));
                }
                None if !is_plain(part) => found.push(format!("has other characters than names have in '{part}'")),
                _ => {}
            }
        }
        found
    }

    /// Whether a name is one of the template.
    #[must_use]
    pub fn matches(&self, key: &str) -> bool {
        self.differences(key).is_empty()
    }
}

fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
}

/// The template that a name is nearest to, with how it differs; nothing where it matches one, or there is none.
pub(super) fn nearest<'t>(templates: &'t [RemotePath], key: &str) -> Option<(&'t RemotePath, Vec<String>)> {
    let mut all: Vec<_> = templates.iter().map(|template| (template, template.differences(key))).collect();
    if all.iter().any(|(_, differences)| differences.is_empty()) {
        return None;
    }
    // The first of those that differ least.
    all.sort_by_key(|(_, differences)| differences.len());
    all.into_iter().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_held_against_parts() {
        let template = RemotePath::new("/mllab/{service}/{secret}").expect("a template");
        for (key, expected) in [
            ("/mllab/myapp/api-key", &[][..]),
            ("/mllab/shared/hf_token.v2", &[]),
            ("mllab/myapp/api-key", &["does not start with a slash"]),
            ("/mlab/myapp/api-key", &["has 'mlab' in the place of 'mllab'"]),
            ("/mllab/myapp/API_KEY", &["has upper-case letters in 'API_KEY'"]),
            ("/mllab/api-key", &["has 2 parts, not 3"]),
            ("/mllab/myapp/prod/api-key", &["has 4 parts, not 3"]),
            ("/mllab//api-key", &["has an empty part"]),
            ("/mllab/myapp/", &["has an empty part"]),
            ("key", &["does not start with a slash", "has one part, not 3", "has 'key' in the place of 'mllab'"]),
            ("/mllab/my app/key", &["has other characters than names have in 'my app'"]),
        ] {
            assert_eq!(template.differences(key), expected, "{key}");
        }
    }

    #[test]
    fn templates_without_parts_are_refused() {
        for template in ["", "/", "/a/b", "/a//{b}", "/a/{}", "/a/{b}-c", "/a/{b c}", "/a/{b}/"] {
            assert!(RemotePath::new(template).is_err(), "{template}");
        }
        for template in DEFAULT.into_iter().chain(["{name}", "secret.data/{a}"]) {
            assert!(RemotePath::new(template).is_ok(), "{template}");
        }
    }

    #[test]
    fn the_nearest_template_is_told() {
        let templates = ["/a/{b}", "/mllab/{service}/{secret}"].map(|text| RemotePath::new(text).expect("a template"));
        let told = |key| nearest(&templates, key).map(|(template, _)| template.template.as_str());
        assert_eq!(told("mllab/x/y"), Some("/mllab/{service}/{secret}"));
        assert_eq!(told("/a/b/c"), Some("/a/{b}"));
        assert_eq!(told("/a/b"), None);
        assert_eq!(nearest(&[], "a"), None);
    }
}
