//! Texts that credentials come in: dotenv files, and Secret manifests. Faults name lines, never what stands there.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use crate::seal::job::is_kind;
use crate::seal::stream::Stream;
use crate::seal::{Plaintext, Secret};
use crate::span::Position;

/// What is wrong with a line of a dotenv file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DotenvError {
    #[error("this line has no `=`")]
    NoAssignment,
    #[error("the text before `=` is not a name: use letters, digits and `_`, not starting with a digit")]
    Name,
    #[error("{0} is set twice; programs differ in which one counts")]
    Twice(String),
    #[error("the quote of {0} is not closed")]
    Open(String),
    #[error("there is text after the closing quote of {0}")]
    Behind(String),
    #[error(
        "\\ in the double quotes of {0} must be followed by n, r, t, \", \\ or $; use single quotes for a literal backslash"
    )]
    Escape(String),
}

/// Reads a dotenv file.
///
/// A line is `NAME=VALUE`, with `export ` before it if you like; blank lines and those that begin with `#` say nothing. A
/// value without quotes ends with its line or before ` #`, without the blanks around it. In single quotes everything stands
/// for itself. In double quotes `\n`, `\r`, `\t`, `\"`, `\\` and `\$` are what they are elsewhere, and any other backslash is
/// refused. Both may go over several lines. Nothing is expanded: `$NAME` and `${NAME}` are text.
///
/// # Errors
/// The first line that is not so, counted from one.
pub(crate) fn dotenv(text: &str) -> Result<BTreeMap<String, Plaintext>, (usize, DotenvError)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut found = BTreeMap::new();
    let mut at = 0;
    while at < text.len() {
        let line_end = text[at..].find('\n').map_or(text.len(), |end| at + end);
        let line = text[at..line_end].trim();
        let number = text[..at].matches('\n').count() + 1;
        if line.is_empty() || line.starts_with('#') {
            at = line_end + 1;
            continue;
        }
        let equals = text[at..line_end].find('=').ok_or((number, DotenvError::NoAssignment))?;
        let name = text[at..at + equals].trim();
        let name = name.strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t'])).unwrap_or(name).trim();
        if !is_variable(name) {
            return Err((number, DotenvError::Name));
        }
        let (value, end) = value(text, at + equals + 1, name).map_err(|error| (number, error))?;
        if found.insert(name.to_owned(), value).is_some() {
            return Err((number, DotenvError::Twice(name.to_owned())));
        }
        at = end;
    }
    Ok(found)
}

fn is_variable(name: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (1..=255).contains(&name.len()) && name.bytes().all(inner) && !name.starts_with(|c: char| c.is_ascii_digit())
}

/// The value that begins at `from`, and where the next line begins.
fn value(text: &str, from: usize, name: &str) -> Result<(Plaintext, usize), DotenvError> {
    let start = from + text[from..].len() - text[from..].trim_start_matches([' ', '\t']).len();
    let line_end = |at: usize| text[at..].find('\n').map_or(text.len(), |end| at + end);
    let quote = text[start..].chars().next().filter(|c| matches!(c, '\'' | '"'));
    let Some(quote) = quote else {
        let end = line_end(start);
        let line = &text[start..end];
        let comment = line.find(" #").or_else(|| line.find("\t#")).unwrap_or(line.len());
        // Right behind the `=` a comment is one too.
        let line = if line.starts_with('#') && start > from { "" } else { line[..comment].trim() };
        return Ok((Plaintext::from(line), end + 1));
    };
    let mut out = Zeroizing::new(String::with_capacity(text.len() - start));
    let mut chars = text[start + 1..].char_indices();
    while let Some((index, c)) = chars.next() {
        if c == quote {
            let after = start + 1 + index + 1;
            let end = line_end(after);
            let rest = text[after..end].trim();
            if !rest.is_empty() && !rest.starts_with('#') {
                return Err(DotenvError::Behind(name.to_owned()));
            }
            return Ok((Plaintext::from(out.as_str()), end + 1));
        }
        if c != '\\' || quote == '\'' {
            out.push(c);
            continue;
        }
        out.push(match chars.next() {
            Some((_, 'n')) => '\n',
            Some((_, 'r')) => '\r',
            Some((_, 't')) => '\t',
            Some((_, c @ ('"' | '\\' | '$'))) => c,
            _ => return Err(DotenvError::Escape(name.to_owned())),
        });
    }
    Err(DotenvError::Open(name.to_owned()))
}

/// Why a manifest is no credential source.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Fault {
    /// Where, as far as it is somewhere.
    pub at: Option<Position>,
    /// What is wrong.
    pub message: String,
}

/// Reads a Secret manifest, YAML or JSON: each key of `data` or `stringData` is a name.
///
/// # Errors
/// Where it does not parse, is no Secret or one that is encrypted, or holds several.
pub(crate) fn manifest(text: &str) -> Result<BTreeMap<String, Plaintext>, Fault> {
    let stream = Stream::read(text).map_err(|fault| Fault { at: Some(fault.at), message: fault.to_string() })?;
    let mut secrets = Vec::new();
    for document in &stream.documents {
        let objects = document.objects();
        secrets
            .extend(objects.into_iter().filter(|(_, node)| is_kind(*node, "Secret")).map(|(_, node)| (document, node)));
    }
    let (document, node) = match secrets.as_slice() {
        [one] => *one,
        [] => return Err(Fault { at: None, message: "it contains no Secret".to_owned() }),
        several => {
            let message = format!("it contains {} Secrets, whose keys would be mixed; use one", several.len());
            return Err(Fault { at: None, message });
        }
    };
    let secret = Secret::read(node).map_err(|refusal| Fault {
        at: Some(stream.position(document, refusal.span)),
        message: format!("this Secret cannot be read: {refusal}"),
    })?;
    Ok(secret.entries.into_iter().map(|entry| (entry.key, entry.value)).collect())
}
