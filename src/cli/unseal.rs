//! `mlguard unseal`: SealedSecrets to Secrets, with backed-up private keys of the controller.

use zeroize::Zeroizing;

use super::args::{Global, UnsealArgs};
use super::keys::{keyring, randomness};
use super::output;
use super::writing;
use crate::config::Environment;
use crate::error::{Problem, quoted};
use crate::exit::Exit;
use crate::seal::job;

pub(super) fn run(args: &UnsealArgs, global: &Global) -> Result<Exit, Problem> {
    let environment = Environment::read();
    let keys = keyring(&args.private_keys)?;
    if keys.is_empty() {
        let help = "use --private-key FILE: PEM, or the controller's Secret as `kubectl get secret -n kube-system -l \
                    sealedsecrets.bitnami.com/sealed-secrets-key -o yaml` shows it";
        return Err(Problem::new("no private key to decrypt with").help(help));
    }
    let inputs = writing::read_inputs(&args.files)?;
    let mut texts: Vec<Zeroizing<String>> = Vec::new();
    for input in &inputs {
        let (text, opened) = job::unseal(&input.text, &keys.expose(), args.format, randomness(&environment))
            .map_err(|fault| writing::object_problem(input, &fault))?;
        for secret in opened.iter().filter(|secret| !secret.templates.is_empty() && !global.quiet) {
            let message = format!(
                "Secret {}: left out {}, which only the controller can fill in",
                secret.identity.title(),
                secret.templates.iter().map(|key| quoted(key)).collect::<Vec<_>>().join(", "),
            );
            output::problem(&Problem::new(message).in_file(&input.name).warning());
        }
        texts.push(text);
    }
    if args.in_place {
        let texts: Vec<_> = texts.iter().map(|text| text.as_str()).collect();
        writing::write_in_place(&inputs, &texts, &environment, global)?;
        output::problem(&Problem::new("the values are now plaintext in the work tree").warning());
        return Ok(Exit::Clean);
    }
    let room = texts.iter().map(|text| text.len() + 4).sum();
    let mut whole = Zeroizing::new(String::with_capacity(room));
    for text in &texts {
        if !whole.is_empty() && !text.starts_with('{') {
            whole.push_str("---\n");
        }
        whole.push_str(text);
    }
    match args.output.as_ref().filter(|path| path.as_os_str() != "-") {
        Some(path) => writing::save_private(path, &whole).map(|()| Exit::Clean),
        None => output::print_data(&whole),
    }
}
