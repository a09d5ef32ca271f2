//! Shell scripts and console transcripts: here-documents that hold manifests, and commands that make Secrets.
//!
//! A tolerant reader, not a shell: it never fails, and text that is not shell gives meaningless commands.

mod flat_json;
mod scan;
mod secret;
mod store;

use std::borrow::Cow;

pub(crate) use flat_json::flat_json_entries;
pub(crate) use secret::{CreateSecret, Literal, create_secret};
pub(crate) use store::{StoreSecret, may_store, store_secret};

use super::fragment::{Fragment, Host, Lang, looks_like_manifest};
use super::offset::OffsetMap;
use crate::span::Span;

/// The body of a here-document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Heredoc {
    /// The lines between the redirection's line and the terminator.
    pub body: Span,
    /// Whether the delimiter is quoted, so that nothing in the body is expanded.
    pub quoted: bool,
    /// Whether it is `<<-`, which drops leading tabs.
    pub dash: bool,
}

/// A simple command.
#[derive(Clone, Debug)]
pub(crate) struct Command<'a> {
    /// Its words, redirection operators left out.
    pub words: Vec<Word<'a>>,
}

/// A word of a command.
#[derive(Clone, Debug)]
pub(crate) struct Word<'a> {
    /// Where it is, quotes included.
    pub span: Span,
    /// Its text without quotes and escapes. Expansions are as written.
    pub text: Cow<'a, str>,
    /// Whether anything in it is expanded: `$VAR`, `${VAR}`, `$(command)`.
    pub expansions: bool,
    /// Where the expansions are in the script.
    expanded: Vec<Span>,
    /// From offsets of `text` to offsets of the script.
    map: OffsetMap,
}

impl Word<'_> {
    /// The span in the script of the text from byte `from` on.
    fn tail(&self, from: usize) -> Span {
        self.map.outer(Span::new(from, self.text.len()))
    }
}

/// The here-documents of `text`, in order.
pub(crate) fn heredocs(text: &str) -> Vec<Heredoc> {
    scan::scan(text).heredocs
}

/// The simple commands of `text`, those inside `$(…)` too, in order of place. Bodies of here-documents are left out.
pub(crate) fn commands(text: &str) -> Vec<Command<'_>> {
    scan::scan(text).commands
}

/// The same of commands of `text` that were read already.
pub(crate) fn stored(text: &str, commands: &[Command<'_>]) -> Vec<StoreSecret> {
    let one = |(at, command): (usize, &Command<'_>)| {
        let before = at.checked_sub(1).map(|at| &commands[at]).filter(|before| store::is_pipe(text, before, command));
        store_secret(command, before)
    };
    commands.iter().enumerate().filter_map(one).collect()
}

/// The commands of a Groovy pipeline: the strings given to `sh`.
pub(crate) fn groovy_scripts(text: &str) -> Vec<Span> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = memchr::memmem::find(&text.as_bytes()[at..], b"sh") {
        let start = at + next;
        at = start + 2;
        let word = text[..start].ends_with(|c: char| c.is_ascii_alphanumeric() || "_-.\"'".contains(c));
        let rest = text[at..].trim_start_matches([' ', '\t', '(', '\n', '\r']);
        let rest = rest.strip_prefix("script:").map_or(rest, str::trim_start);
        let quote = ["'''", "\"\"\"", "'", "\""].into_iter().find(|quote| rest.starts_with(quote));
        let Some(quote) = quote.filter(|_| !word && !text[at..].starts_with(['\'', '"'])) else { continue };
        let from = text.len() - rest.len() + quote.len();
        let line = text[from..].find('\n').filter(|_| quote.len() == 1).map_or(text.len(), |line| from + line);
        let Some(length) = text[from..line].find(quote) else {
            // What does not end here ends nowhere further on either.
            if quote.len() == 3 {
                break;
            }
            continue;
        };
        found.push(Span::new(from, from + length));
        at = from + length + quote.len();
    }
    found
}

/// The here-documents that hold manifests.
pub(crate) fn fragments(text: &str) -> Vec<Fragment<'_>> {
    if memchr::memmem::find(text.as_bytes(), b"<<").is_none() {
        return Vec::new();
    }
    let fragment = |heredoc: Heredoc| {
        let body = heredoc.body.slice(text);
        let json = body.trim_start().starts_with(['{', '[']);
        looks_like_manifest(body).then(|| Fragment {
            text: if heredoc.dash { without_tabs(body) } else { Cow::Borrowed(body) },
            map: OffsetMap::linear(heredoc.body.start),
            lang: if json { Lang::Json } else { Lang::Yaml },
            host: Host::Heredoc,
        })
    };
    heredocs(text).into_iter().filter_map(fragment).collect()
}

/// Leading tabs as spaces: the shell drops them, YAML does not take them.
fn without_tabs(body: &str) -> Cow<'_, str> {
    if memchr::memchr(b'\t', body.as_bytes()).is_none() {
        return Cow::Borrowed(body);
    }
    let mut out = String::with_capacity(body.len());
    for line in body.split_inclusive('\n') {
        let rest = line.trim_start_matches('\t');
        out.extend(std::iter::repeat_n(' ', line.len() - rest.len()));
        out.push_str(rest);
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn heredocs_of_every_kind() {
        let text = "f() {\n  cat <<EOF | kubectl apply -f -\nkind: A\nEOF\n}\ncat <<'X' > a; cat <<\"Y\"\n1\nX\n2\nY\n\
                    cat <<-Z\r\n\tkind: B\r\n\tZ\r\necho $((1<<2)) <<<word\nrun: |\n    cat <<E\n    kind: C\n    E\nopen <<O\nrest";
        let found = heredocs(text);
        let bodies: Vec<_> = found.iter().map(|h| (h.body.slice(text), h.quoted, h.dash)).collect();
        assert_eq!(
            bodies,
            [
                ("kind: A\n", false, false),
                ("1\n", true, false),
                ("2\n", true, false),
                ("\tkind: B\r\n", false, true),
                ("    kind: C\n", false, false),
                ("rest", false, false),
            ]
        );
        let texts: Vec<_> = fragments(text).into_iter().map(|f| f.text.into_owned()).collect();
        assert_eq!(texts, ["kind: A\n", " kind: B\r\n", "    kind: C\n"]);
    }

    #[test]
    fn commands_and_words() {
        let text = "A=1 kubectl -n \"a b\" \\\n  get 'c'\"d\"\\ e # no\n$ x | y && z; w=$(p \"$q\" | r) > out\n";
        let read: Vec<Vec<String>> = commands(text)
            .iter()
            .map(|command| command.words.iter().map(|word| word.text.to_string()).collect())
            .collect();
        assert_eq!(
            read,
            [
                vec!["A=1", "kubectl", "-n", "a b", "get", "cd e"],
                vec!["$", "x"],
                vec!["y"],
                vec!["z"],
                vec!["w=$(p \"$q\" | r)", "out"],
                vec!["p", "$q"],
                vec!["r"],
            ]
        );
    }

    #[test]
    fn hostile_text_stays_linear() {
        for unit in ["$(", "\"$(", "'", "\"", "`", "<<A\n", "<<'", "<", "\\", "\"`", "${", "a<b"] {
            let text = unit.repeat(60_000);
            let _ = commands(&text);
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(parts in proptest::collection::vec(
            prop_oneof![
                Just("$("), Just(")"), Just("'"), Just("\""), Just("`"), Just("<<E\n"), Just("E\n"), Just("\n"), Just("é"),
                Just("\\"), Just("<<-'"), Just("kubectl create secret generic "), Just("--from-literal="), Just("a=b"),
                Just(" "), Just("<"), Just(">"), Just("#"), Just("|"), Just("${"), Just("}"), Just("\r\n"), Just("$"),
            ],
            0..40,
        )) {
            let text = parts.concat();
            for command in commands(&text) {
                for word in &command.words {
                    prop_assert!(text.get(word.span.range()).is_some());
                }
                for literal in create_secret(&command).map(|made| made.literals).unwrap_or_default() {
                    prop_assert!(text.get(literal.value.range()).is_some());
                }
            }
            for heredoc in heredocs(&text) {
                prop_assert!(text.get(heredoc.body.range()).is_some());
            }
        }
    }
}
