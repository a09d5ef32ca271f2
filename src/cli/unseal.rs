//! `mlguard unseal`: SealedSecrets to Secrets, with backed-up private keys of the controller.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::args::{Global, UnsealArgs};
use super::seal::randomness;
use super::writing::{self, Input};
use super::{output, recipient};
use crate::config::Environment;
use crate::error::Problem;
use crate::exit::Exit;
use crate::seal::job;
use crate::seal::key::{Keyring, PrivateKey};
use crate::seal::stream::Format;

/// Largest file of private keys, bytes.
const LIMIT: u64 = 16 << 20;

pub(super) fn run(args: &UnsealArgs, global: &Global) -> Result<Exit, Problem> {
    let environment = Environment::read();
    let keys = keyring(&args.private_keys)?;
    if keys.is_empty() {
        let help = "give --private-key FILE: PEM, or the controller's Secret as `kubectl get secret -n kube-system -l \
                    sealedsecrets.bitnami.com/sealed-secrets-key -o yaml` shows it";
        return Err(Problem::new("there is no private key to open with").help(help));
    }
    let inputs = Input::read_all(&args.files)?;
    let all: Vec<_> = keys.iter().map(PrivateKey::expose).collect();
    let mut texts: Vec<Zeroizing<String>> = Vec::new();
    for input in &inputs {
        let format = args.format.map(Format::from);
        let (text, opened) =
            job::unseal(&input.text, &all, format, randomness(&environment)).map_err(|fault| input.problem(&fault))?;
        for secret in opened.iter().filter(|secret| !secret.templates.is_empty() && !global.quiet) {
            let message = format!(
                "Secret {}: left out: {}, which only the controller fills",
                secret.identity.title(),
                secret.templates.iter().map(|key| crate::error::quoted(key)).collect::<Vec<_>>().join(", "),
            );
            output::problem(&Problem::new(message).in_file(&input.name).warning());
        }
        texts.push(text);
    }
    if args.in_place {
        let texts: Vec<_> = texts.iter().map(|text| text.as_str()).collect();
        writing::write_in_place(&inputs, &texts, &environment, global)?;
        output::problem(&Problem::new("the values stand in plain text in the work tree now").warning());
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
        None => output::print(&whole),
    }
}

/// The private keys of all files.
pub(super) fn keyring(paths: &[PathBuf]) -> Result<Keyring, Problem> {
    let mut keys = Keyring::default();
    for path in paths {
        let name = path.display().to_string();
        let bytes = read(path)?;
        keys.add(&bytes).map_err(|error| recipient::problem(&error).in_file(&name))?;
    }
    Ok(keys)
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, Problem> {
    let name = path.display().to_string();
    let fault = |error: std::io::Error| Problem::new(format!("cannot be read: {error}")).in_file(&name);
    // `/dev/stdin` and pipes are files too: their size is not known before.
    let file = std::fs::File::open(path).map_err(fault)?;
    let room = file.metadata().map(|metadata| metadata.len()).unwrap_or_default().min(LIMIT) + 4096;
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(room).unwrap_or_default()));
    file.take(LIMIT + 1).read_to_end(&mut bytes).map_err(fault)?;
    if bytes.len() as u64 > LIMIT {
        return Err(Problem::new("is too large for private keys").in_file(name));
    }
    Ok(bytes)
}
