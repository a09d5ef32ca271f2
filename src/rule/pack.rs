//! Rule packs: credential rules of a user or an organisation, in the same form as the built-in ones.

use std::path::Path;

use super::schema::SecretRuleFile;
use super::{Family, Fixable, Pattern, Rule};

/// Why a rule file cannot be used. The text never quotes an example, which may hold a real value.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// The file name gives no usable id.
    #[error("the file name of a rule is its id: lower-case letters, digits and dashes, then `.yml`")]
    Id,
    /// Not a rule file.
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
pub fn parse(path: &Path, text: &str) -> Result<Rule, PackError> {
    let id = path.file_stem().and_then(|stem| stem.to_str()).filter(|stem| is_id(stem)).ok_or(PackError::Id)?;
    let file: SecretRuleFile = serde_saphyr::from_str(text).map_err(|error| {
        let location = error.location();
        PackError::Syntax {
            line: location.map(|at| usize::try_from(at.line()).unwrap_or_default()),
            column: location.map(|at| usize::try_from(at.column()).unwrap_or_default()),
            message: error.without_snippet().to_string(),
        }
    })?;
    Ok(from_file(id, file))
}

fn is_id(stem: &str) -> bool {
    !stem.is_empty() && stem.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn from_file(id: &str, file: SecretRuleFile) -> Rule {
    let texts = |list: Vec<String>| list.into_iter().map(Into::into).collect::<Vec<_>>().into();
    Rule {
        id: id.to_owned().into(),
        family: Family::Secret,
        title: file.title.into(),
        level: file.level,
        fixable: Fixable::No,
        severity: file.severity,
        why: file.why.into(),
        remedy: file.remedy.into(),
        example: None,
        references: texts(file.references),
        pattern: Some(Pattern {
            keywords: texts(file.keywords),
            regex: file.pattern.map(Into::into),
            matcher: file.matcher,
            min_entropy: file.min_entropy,
            checksum: file.checksum,
            multiline: file.multiline,
            matches: texts(file.matches),
            non_matches: texts(file.non_matches),
        }),
    }
}
