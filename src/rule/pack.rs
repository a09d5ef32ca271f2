//! Rule packs: credential rules of a user or an organisation, in the same form as the built-in ones.

use std::path::Path;

use super::schema::SecretRuleFile;
use super::{Family, Fixable, Pattern, Rule, Scope};
use crate::error::{nearest, quoted};

/// Why a rule file cannot be used. The text never quotes an example, which may hold a real value.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PackError {
    #[error("the file name of a rule is its id: lower-case letters, digits and dashes, then `.yml`")]
    Id,
    #[error("{message}")]
    Syntax {
        /// One-based line of the fault, where known.
        line: Option<usize>,
        /// One-based column of the fault, where known.
        column: Option<usize>,
        /// What the parser says.
        message: String,
    },
}

/// Reads one rule of a pack. `path` gives the id (its stem), `text` the content.
///
/// # Errors
/// Where the name is no id, or the text is no rule file.
pub(crate) fn parse(path: &Path, text: &str) -> Result<Rule, PackError> {
    let id = path.file_stem().and_then(|stem| stem.to_str()).filter(|stem| is_id(stem)).ok_or(PackError::Id)?;
    let file: SecretRuleFile = serde_saphyr::from_str(text).map_err(|error| {
        let location = error.location();
        PackError::Syntax {
            line: location.map(|at| usize::try_from(at.line()).unwrap_or_default()),
            column: location.map(|at| usize::try_from(at.column()).unwrap_or_default()),
            message: words(&error),
        }
    })?;
    let expression = file.expression().map_err(|message| PackError::Syntax {
        line: None,
        column: None,
        message: message.to_owned(),
    })?;
    Ok(from_file(id, expression, file))
}

/// What the YAML library found, in words that repeat nothing of the text: a faulty file may hold a secret where none
/// belongs.
pub(crate) fn words(error: &serde_saphyr::Error) -> String {
    use serde_saphyr::Error as E;
    let mut cause = error.without_snippet();
    while let E::AliasError { error, .. } = cause {
        cause = error.without_snippet();
    }
    match cause {
        E::MultipleDocuments { .. } => "more than one YAML document; the file is a single one".to_owned(),
        E::Budget { .. }
        | E::AliasReplayLimitExceeded { .. }
        | E::AliasExpansionLimitExceeded { .. }
        | E::AliasReplayStackDepthExceeded { .. } => "nested or aliased beyond what such a file needs".to_owned(),
        E::SerdeUnknownField { field, expected, .. } => {
            let near = nearest(field, expected.iter().copied());
            let near = near.map(|near| format!(" did you mean `{near}`?")).unwrap_or_default();
            format!("unknown key {};{near} known keys: {}", quoted(field), expected.join(", "))
        }
        E::SerdeMissingField { field, .. } => format!("the key `{field}` is missing"),
        E::SerdeUnknownVariant { expected, .. } => format!("the value is none of {}", expected.join(", ")),
        E::SerdeInvalidType { expected, .. } | E::SerdeInvalidValue { expected, .. } => {
            format!("the value has the wrong type: expected {expected}")
        }
        E::SerdeInvalidLength { expected, .. } => format!("wrong number of items: expected {expected}"),
        E::DuplicateMappingKey { key, .. } => {
            format!("the key {} stands twice", key.as_deref().map_or_else(String::new, quoted))
        }
        E::UnknownAnchor { .. } => "an alias names an anchor that is not there".to_owned(),
        E::Eof { .. } => "the file is empty or ends too early".to_owned(),
        E::Unexpected { expected, .. } => format!("not what belongs here: expected {expected}"),
        E::InvalidScalar { ty, .. } => format!("the value is no {ty}"),
        E::NullIntoString { .. } => "text is missing here".to_owned(),
        E::InvalidBooleanStrict { .. } => "the value is neither true nor false".to_owned(),
        _ => "not valid YAML".to_owned(),
    }
}

/// Whether `stem` can be the id of a rule.
pub(crate) fn is_id(stem: &str) -> bool {
    !stem.is_empty() && stem.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn from_file(id: &str, expression: Option<String>, file: SecretRuleFile) -> Rule {
    let multiline = file.is_multiline();
    let texts = |list: Vec<String>| list.into_iter().map(Into::into).collect::<Vec<_>>().into();
    Rule {
        id: id.to_owned().into(),
        family: Family::Secret,
        title: file.title.into(),
        level: file.level,
        fixable: Fixable::No,
        severity: file.severity,
        scope: Scope::Everywhere,
        why: file.why.into(),
        when: "".into(),
        remedy: file.remedy.into(),
        example: None,
        references: texts(file.references),
        pattern: Some(Pattern {
            keywords: texts(file.keywords),
            regex: expression.map(Into::into),
            matcher: file.matcher,
            min_entropy: file.min_entropy,
            checksum: file.checksum,
            multiline,
            matches: texts(file.matches),
            non_matches: texts(file.non_matches),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: &str = "title: own token\nlevel: error\nkeywords: [own_]\nwhy: It opens.\nremedy: Revoke it.\nreferences: []\n\
                        matches: [own_key=abcdefgh]\nnon-matches: [own_key=x]\n";

    fn rule(more: &str) -> Result<Rule, PackError> {
        parse(Path::new("own-token.yml"), &format!("{REST}{more}"))
    }

    fn expression(more: &str) -> regex::Regex {
        let pattern = rule(more).unwrap().pattern.unwrap();
        regex::Regex::new(&pattern.regex.unwrap()).unwrap()
    }

    #[test]
    fn a_key_and_a_value_are_joined_by_any_assignment() {
        let expression = expression("key: 'own_?key'\nvalue: '[a-z]{8}'\n");
        for text in [
            "OWN_KEY=abcdefgh",
            "own_key: 'abcdefgh'",
            r#""ownKey" => "abcdefgh""#,
            r#"env["own_key"] := "abcdefgh""#,
            r#"{\"own_key\": \"abcdefgh\"}"#,
            "--own_key abcdefgh",
            "- name: OWN_KEY\n  value: \"abcdefgh\"",
        ] {
            let found = expression.captures(text).and_then(|found| found.name("secret"));
            assert_eq!(found.map(|value| value.as_str()), Some("abcdefgh"), "{text}");
        }
        assert!(!expression.is_match("own_key=abcdefghi") && !expression.is_match("own_key is abcdefgh"));
        assert!(rule("key: a\nvalue: b\n").unwrap().pattern.unwrap().multiline);
        assert!(!rule("key: a\nvalue: b\nmultiline: false\n").unwrap().pattern.unwrap().multiline);
    }

    #[test]
    fn a_value_ends_where_its_characters_end() {
        let text = "own_key=abcdefgh-i";
        assert!(expression("key: own_key\nvalue: '[a-z]{8}'\n").is_match(text));
        assert!(!expression("key: own_key\nvalue: '[a-z]{8}'\nnot-followed-by: 'a-z-'\n").is_match(text));
    }

    #[test]
    fn two_styles_are_not_mixed() {
        for (more, message) in [
            ("key: a\n", "`key` and `value` must be used together"),
            ("value: a\n", "`key` and `value` must be used together"),
            ("not-followed-by: a\n", "`key` and `value` must be used together"),
            ("pattern: a\nkey: a\nvalue: b\n", "`pattern` cannot be combined with `key`, `value` or `not-followed-by`"),
        ] {
            assert_eq!(rule(more).unwrap_err().to_string(), message, "{more}");
        }
    }
}
