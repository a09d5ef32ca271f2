//! Reads commands that put a secret into a store: of AWS, Azure, Google, GitHub, Vault and their likes.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::secret::{self, Literal};
use super::{Command, Word};
use crate::span::Span;

/// What a command puts into a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreSecret {
    /// The command in words: `aws secretsmanager create-secret`.
    pub command: &'static str,
    /// What the command line gives away.
    pub literals: Vec<Literal>,
}

/// Commands whose value is an option's: words of the command, and the options that take the secret.
const BY_OPTION: [(&str, &[&str]); 11] = [
    ("aws secretsmanager create-secret", &["--secret-string"]),
    ("aws secretsmanager put-secret-value", &["--secret-string"]),
    ("aws secretsmanager update-secret", &["--secret-string"]),
    ("aws ssm put-parameter", &["--value"]),
    ("az keyvault secret set", &["--value"]),
    ("az containerapp secret set", &["--secrets"]),
    ("gh secret set", &["--body", "-b"]),
    ("glab variable set", &["--value"]),
    ("pulumi config set", &[]),
    ("gcloud secrets create", &[]),
    ("gcloud secrets versions add", &[]),
];

/// Commands whose values are `key=value` words behind the first word.
const BY_PAIRS: [&str; 7] = [
    "vault kv put",
    "vault kv patch",
    "vault write",
    "doppler secrets set",
    "fly secrets set",
    "flyctl secrets set",
    "infisical secrets set",
];

/// Commands that read the value from their standard input.
const BY_INPUT: [&str; 6] = [
    "gcloud secrets create",
    "gcloud secrets versions add",
    "gh secret set",
    "docker secret create",
    "podman secret create",
    "wrangler secret put",
];

/// Options without a value, which the next word is not taken for.
const FLAGS: [&str; 8] = [
    "--overwrite",
    "--no-overwrite",
    "--force-overwrite-replica-secret",
    "--no-store",
    "--user",
    "--env",
    "--masked",
    "--protected",
];

/// Whether a text is worth reading for such commands, and for `create secret`. Every one of them has one of a few words, or
/// `secret` next to a telling word.
pub(crate) fn may_store(text: &str) -> bool {
    // Made once: this is asked of every document.
    static SECRET: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("secret"));
    static WORDS: LazyLock<[Finder<'static>; 3]> =
        LazyLock::new(|| ["vault ", "put-parameter", "glab "].map(Finder::new));
    const BEHIND: [&str; 5] = ["create", "patch", "put", "set", "versions"];
    // What is between the words of a command, on several lines or in a string of JSON.
    let blank = |c: char| c.is_ascii_whitespace() || c == '\\';
    let tells = |at: usize| {
        let (before, behind) = (&text[..at], &text[at + "secret".len()..]);
        let behind = behind.strip_prefix('s').unwrap_or(behind);
        let next = behind.trim_start_matches(blank);
        let own = next.len() < behind.len() && BEHIND.iter().any(|word| next.starts_with(word));
        own || behind.starts_with("manager") || before.trim_end_matches(blank).ends_with("create")
    };
    SECRET.find_iter(text.as_bytes()).any(tells) || WORDS.iter().any(|word| word.find(text.as_bytes()).is_some())
}

/// What `command` puts into a store. `before` is the command whose output it reads, where it is behind a pipe.
pub(crate) fn store_secret(command: &Command<'_>, before: Option<&Command<'_>>) -> Option<StoreSecret> {
    let (name, rest) = named(command)?;
    let mut literals = Vec::new();
    if name != "aws ssm put-parameter" || has_option(rest, "--type", "SecureString") {
        let options = BY_OPTION.iter().filter(|(known, _)| *known == name).flat_map(|(_, options)| options.iter());
        for option in options {
            literals.extend(value_of(rest, option).and_then(|(word, from)| literal(option, word, from)));
        }
    }
    if BY_PAIRS.contains(&name) {
        for word in rest.iter().skip(usize::from(name.starts_with("vault"))).filter(|word| !word.text.starts_with('-'))
        {
            let Some((key, _)) = word.text.split_once('=') else { continue };
            let plain = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
            literals.extend(literal(key, word, key.len() + 1).filter(|_| plain));
        }
    }
    if BY_INPUT.contains(&name) {
        literals.extend(before.and_then(printed).and_then(|word| literal("standard input", word, 0)));
    }
    (!literals.is_empty()).then_some(StoreSecret { command: name, literals })
}

/// The known command anywhere in the words (`sudo`, `RUN`, `VAR=x` before it), and what is behind it.
fn named<'c, 'a>(command: &'c Command<'a>) -> Option<(&'static str, &'c [Word<'a>])> {
    let known = || BY_OPTION.iter().map(|(name, _)| *name).chain(BY_PAIRS).chain(BY_INPUT);
    for start in 0..command.words.len().min(8) {
        let first = command.words[start].text.rsplit('/').next().unwrap_or_default();
        let first = first.strip_suffix(".exe").unwrap_or(first);
        let found = known().find(|name| {
            let mut parts = name.split(' ');
            parts.next() == Some(first)
                && parts
                    .enumerate()
                    .all(|(at, part)| command.words.get(start + 1 + at).is_some_and(|word| word.text == part))
        });
        if let Some(name) = found {
            return Some((name, command.words.get(start + name.split(' ').count()..)?));
        }
    }
    None
}

/// The word that holds the value of an option, and from where on: `--value x` or `--value=x`.
fn value_of<'c, 'a>(words: &'c [Word<'a>], option: &str) -> Option<(&'c Word<'a>, usize)> {
    words.iter().enumerate().find_map(|(at, word)| {
        let rest = word.text.strip_prefix(option)?;
        match rest.strip_prefix('=') {
            Some(_) => Some((word, option.len() + 1)),
            None if rest.is_empty() => words.get(at + 1).map(|next| (next, 0)),
            // `-bVALUE`.
            None if option.len() == 2 => Some((word, option.len())),
            None => None,
        }
    })
}

fn has_option(words: &[Word<'_>], option: &str, wanted: &str) -> bool {
    value_of(words, option).is_some_and(|(word, from)| word.text.get(from..) == Some(wanted))
}

/// The only word that `echo` or `printf` prints.
fn printed<'c, 'a>(command: &'c Command<'a>) -> Option<&'c Word<'a>> {
    let at = command.words.iter().position(|word| matches!(&*word.text, "echo" | "printf"))?;
    let mut words = command.words[at + 1..]
        .iter()
        .filter(|word| !matches!(&*word.text, "-n" | "-e" | "-ne" | "%s" | "%s\\n" | "--"));
    let word = words.next()?;
    words.next().is_none().then_some(word)
}

/// The value that `word` holds from byte `from` on, unless it is read from elsewhere (`@file`, `-`, `file://…`).
fn literal(key: &str, word: &Word<'_>, from: usize) -> Option<Literal> {
    let text = word.text.get(from..)?;
    let elsewhere =
        text.is_empty() || text.starts_with(['@', '-']) || text.starts_with("file://") || text.starts_with("fileb://");
    if elsewhere || FLAGS.contains(&text) {
        return None;
    }
    Some(secret::literal(key.trim_start_matches('-'), word, from))
}

/// Whether two commands are joined by a pipe alone, which is all that is between them in `text`.
pub(super) fn is_pipe(text: &str, before: &Command<'_>, after: &Command<'_>) -> bool {
    let end = before.words.last().map(|word| word.span.end);
    let start = after.words.first().map(|word| word.span.start);
    let (Some(end), Some(start)) = (end, start) else { return false };
    let between = if end <= start { Span::new(end, start).slice(text) } else { "" };
    between.trim_matches([' ', '\t', '\\', '\n', '\r']) == "|"
}

#[cfg(test)]
mod tests {
    use super::super::{commands, stored};
    use super::{BY_INPUT, BY_OPTION, BY_PAIRS, may_store};

    fn read(text: &str) -> Vec<(&'static str, String, &str, bool)> {
        let found = stored(text, &commands(text)).into_iter();
        found
            .flat_map(|made| {
                made.literals
                    .into_iter()
                    .map(move |literal| (made.command, literal.key.clone(), literal.value.slice(text), literal.expands))
            })
            .collect()
    }

    #[test]
    fn every_known_command_is_worth_reading() {
        let all = BY_OPTION.iter().filter(|(_, options)| !options.is_empty()).map(|(name, _)| *name);
        for name in all.chain(BY_PAIRS).chain(BY_INPUT).chain(["kubectl create secret generic"]) {
            assert!(may_store(&format!("run {name} x")), "{name}");
            assert!(
                may_store(&format!("run {} x", name.replace(' ', " \\\n  ").replacen("vault \\\n", "vault ", 1))),
                "{name}"
            );
        }
        for text in ["secretKeyRef: {name: db}", "a secret of the team", "secretName", "create the secrets", "vaulted"]
        {
            assert!(!may_store(text), "{text}");
        }
    }

    #[test]
    fn values_of_options_and_pairs() {
        let text = "aws secretsmanager create-secret \\\n  --name a/b --secret-string '{\"password\":\"hunter2\"}'\n\
                    sudo aws ssm put-parameter --name x --value=hunter2 --type SecureString --overwrite\n\
                    aws ssm put-parameter --name x --value eu-central-1 --type String\n\
                    vault kv put -mount=kv team/db user=mlflow password=hunter2 cert=@a.pem key=- token=$TOKEN\n\
                    az keyvault secret set --vault-name v --name n --value \"hunter2\"\n\
                    gh secret set TOKEN -b\"hunter2\"\ngh secret set TOKEN --body \"${TOKEN}\"\n\
                    aws secretsmanager put-secret-value --secret-id x --secret-string file://secret.json\n\
                    aws secretsmanager get-secret-value --secret-id x\n";
        assert_eq!(
            read(text),
            [
                ("aws secretsmanager create-secret", "secret-string".to_owned(), "{\"password\":\"hunter2\"}", false),
                ("aws ssm put-parameter", "value".to_owned(), "hunter2", false),
                ("vault kv put", "user".to_owned(), "mlflow", false),
                ("vault kv put", "password".to_owned(), "hunter2", false),
                ("vault kv put", "token".to_owned(), "$TOKEN", true),
                ("az keyvault secret set", "value".to_owned(), "hunter2", false),
                ("gh secret set", "b".to_owned(), "hunter2", false),
                ("gh secret set", "body".to_owned(), "${TOKEN}", true),
            ]
        );
    }

    #[test]
    fn what_is_piped_in() {
        let text = "echo -n \"hunter2\" | gcloud secrets create x --data-file=-\nprintf '%s' \"$X\" | gh secret set X\n\
                    cat a | gcloud secrets versions add x --data-file=-\necho done; gh secret set X < file\n";
        assert_eq!(
            read(text),
            [
                ("gcloud secrets create", "standard input".to_owned(), "hunter2", false),
                ("gh secret set", "standard input".to_owned(), "$X", true),
            ]
        );
    }
}
