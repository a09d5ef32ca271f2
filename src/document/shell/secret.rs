//! Reads `kubectl create secret`.

use super::{Command, Word};
use crate::path;
use crate::span::Span;

/// A Secret that a command makes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreateSecret {
    /// Its name, where the command states one.
    pub name: Option<String>,
    /// Where the name is.
    pub name_span: Span,
    /// Its namespace, where the command states one.
    pub namespace: Option<String>,
    /// `generic`, `docker-registry` or `tls`.
    pub kind: String,
    /// What the command line gives away.
    pub literals: Vec<Literal>,
    /// Keys that it takes from files, with the place of the option's value.
    pub file_keys: Vec<(String, Span)>,
    /// Whether it takes keys that the command line does not name (an env file, a folder).
    pub more_keys: bool,
}

/// A key with its value on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Literal {
    /// The key of `--from-literal`, or the name of the option (`docker-password`).
    pub key: String,
    /// The value in the script, without key and outer quotes.
    pub value: Span,
    /// Whether the value holds an expansion.
    pub expands: bool,
}

/// Options of `kubectl` that take the next word as their value.
const WITH_VALUE: [&[&str]; 4] = [
    &["-n", "--namespace", "--context", "--kubeconfig", "--cluster", "--user", "-s", "--server", "--token", "--as"],
    &["--from-literal", "--from-file", "--from-env-file", "--type", "-o", "--output", "--cert", "--key"],
    &["--docker-server", "--docker-username", "--docker-password", "--docker-email", "--field-manager"],
    &["--request-timeout"],
];

/// The Secret that `command` makes, if it is `kubectl create secret` or `oc create secret` of any spelling.
pub(crate) fn create_secret(command: &Command<'_>) -> Option<CreateSecret> {
    let program = command.words.iter().position(|word| is_program(&word.text))?;
    let mut made = CreateSecret::default();
    let mut positional = Vec::new();
    let mut words = command.words.get(program + 1..)?.iter();
    while let Some(word) = words.next() {
        if !word.text.starts_with('-') {
            positional.push(word);
            continue;
        }
        let (option, from) = match word.text.split_once('=') {
            Some((option, _)) => (option, Some(option.len() + 1)),
            None => (&*word.text, None),
        };
        match from {
            Some(from) => made.option(option, word, from),
            None if WITH_VALUE.iter().any(|options| options.contains(&option)) => {
                if let Some(value) = words.next() {
                    made.option(option, value, 0);
                }
            }
            // `-nteam`
            None if option.starts_with("-n") && option.len() > 2 => made.option("-n", word, 2),
            None => {}
        }
    }
    let mut rest = positional.into_iter();
    let verb = &*rest.next()?.text;
    let noun = &*rest.next()?.text;
    let kind = &*rest.next()?.text;
    let known = matches!(kind, "generic" | "docker-registry" | "tls");
    if verb != "create" || !matches!(noun, "secret" | "secrets") || !known {
        return None;
    }
    kind.clone_into(&mut made.kind);
    if let Some(name) = rest.next() {
        made.name = Some(name.text.clone().into_owned());
        made.name_span = name.tail(0);
    }
    Some(made)
}

fn is_program(word: &str) -> bool {
    let name = path::name(word);
    matches!(name, "kubectl" | "oc" | "kubectl.exe" | "oc.exe" | "k" | "microk8s.kubectl")
}

impl CreateSecret {
    /// Takes an option with the value that `word` holds from byte `from` on.
    fn option(&mut self, option: &str, word: &Word<'_>, from: usize) {
        let Some(value) = word.text.get(from..) else { return };
        match option {
            "-n" | "--namespace" => self.namespace = Some(value.to_owned()),
            "--from-literal" => {
                if let Some((key, _)) = value.split_once('=') {
                    self.literals.push(literal(key, word, from + key.len() + 1));
                }
            }
            "--docker-server" | "--docker-username" | "--docker-password" | "--docker-email" => {
                self.literals.push(literal(option.trim_start_matches('-'), word, from));
            }
            // `key=path`, or a path whose last part is the key; a folder gives a key for each file in it.
            "--from-file" => match value.split_once('=') {
                Some((key, _)) => self.file_keys.push((key.to_owned(), word.tail(from))),
                None => {
                    let key = path::name(value);
                    self.more_keys |= !key.contains('.') || word.expansions;
                    self.file_keys.push((key.to_owned(), word.tail(from)));
                }
            },
            "--from-env-file" => self.more_keys = true,
            _ => {}
        }
    }
}

/// What `word` holds from byte `from` on, under `key`.
pub(super) fn literal(key: &str, word: &Word<'_>, from: usize) -> Literal {
    let value = word.tail(from);
    let expands = word.expanded.iter().any(|expansion| expansion.overlaps(value));
    Literal { key: key.to_owned(), value, expands }
}

#[cfg(test)]
mod tests {
    use super::super::commands;
    use super::*;

    type Read<'a> = (CreateSecret, Vec<(String, &'a str, bool)>);

    fn read(text: &str) -> Vec<Read<'_>> {
        commands(text)
            .iter()
            .filter_map(create_secret)
            .map(|made| {
                let literals = made.literals.iter().map(|l| (l.key.clone(), l.value.slice(text), l.expands)).collect();
                (made, literals)
            })
            .collect()
    }

    #[test]
    fn literals_of_a_long_command() {
        let text = "$ sudo kubectl -n mlflow create secret generic mlflow-db \\\n  --from-literal=user=mlflow \\\r\n  \
                    --from-literal=password='hunter2 é' --from-literal \"token=a\\\"b\" \\\n  --from-literal=x=\"$X\" \
                    --from-literal=y='$Y' --from-literal=z=<your password> --dry-run=client -o yaml | kubeseal\n";
        let found = read(text);
        assert_eq!(found.len(), 1);
        let (made, literals) = &found[0];
        assert_eq!(made.name.as_deref(), Some("mlflow-db"));
        assert_eq!(made.namespace.as_deref(), Some("mlflow"));
        assert_eq!(made.kind, "generic");
        let literals: Vec<_> = literals.iter().map(|l| (l.0.as_str(), l.1, l.2)).collect();
        assert_eq!(
            literals,
            [
                ("user", "mlflow", false),
                ("password", "hunter2 é", false),
                ("token", "a\\\"b", false),
                ("x", "$X", true),
                ("y", "$Y", false),
                ("z", "<your password>", false),
            ]
        );
    }

    #[test]
    fn registries_substitutions_and_others() {
        let text = "X=$(oc create secret docker-registry ghcr --docker-password=hunter2 --docker-username bot --namespace=a)\n\
                    kubectl create secret tls t --cert=a --key=b\nkubectl get secret generic x\nkubectl create -f x\n";
        let found = read(text);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].1[0], ("docker-password".to_owned(), "hunter2", false));
        assert_eq!(found[0].1[1], ("docker-username".to_owned(), "bot", false));
        assert_eq!(found[0].0.namespace.as_deref(), Some("a"));
        assert_eq!(found[1].0.kind, "tls");
    }
}
