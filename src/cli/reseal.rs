//! `mlguard reseal`: SealedSecrets to SealedSecrets for another key, name, namespace, scope or cluster.

use std::sync::Arc;

use jiff::Timestamp;
use rsa::RsaPublicKey;

use super::args::{Global, ResealArgs};
use super::keys::{keyring, randomness};
use super::writing;
use super::{locate, output, scan, seal};
use crate::config::{Environment, Settings};
use crate::error::{Problem, counted};
use crate::exit::Exit;
use crate::fix::input::Input;
use crate::seal::job::{self, Fault};
use crate::seal::key::Keyring;
use crate::seal::sealed::Resealed;
use crate::seal::stream::title;
use crate::seal::{Identity, SealedError, SealedSecret, patch};

pub(super) fn run(args: &ResealArgs, global: &Global) -> Result<Exit, Problem> {
    let environment = Environment::read();
    let keys = keyring(&args.private_keys)?;
    let loaded = args.cert.recipient(&environment, Timestamp::now())?;
    loaded.iter().for_each(|loaded| loaded.warn(global.quiet));
    let resealer = Resealer {
        args,
        keys: &keys,
        recipient: loaded.as_ref().map(|loaded| loaded.recipient.key()),
        environment: &environment,
    };
    seal::check_names(args.name.as_deref(), args.namespace.as_deref())?;
    if args.all {
        return reseal_all(&resealer, global);
    }
    let inputs = writing::read_inputs(&args.files)?;
    let mut texts = Vec::new();
    for input in &inputs {
        let (text, titles) = resealer.text(input)?;
        if titles.is_empty() {
            let nothing = Fault::Nothing { wanted: "SealedSecret", found: Vec::new() };
            return Err(writing::object_problem(input, &nothing));
        }
        if args.name.is_some() && titles.len() > 1 {
            return Err(writing::object_problem(input, &Fault::OneName(titles.len())));
        }
        if !global.quiet {
            output::note(&format!("{}: re-sealed: {}", input.name, titles.join(", ")));
        }
        texts.push(text);
    }
    seal::deliver(&inputs, &texts, args.in_place, args.output.as_deref(), &environment, global)
}

/// Every SealedSecret of the tree.
fn reseal_all(resealer: &Resealer<'_>, global: &Global) -> Result<Exit, Problem> {
    let paths = locate::required_paths(&resealer.args.files)?;
    let flags = resealer.args.reading.flags(&resealer.args.config);
    let settings = Arc::new(Settings::load(&locate::root_of(&paths)?, resealer.environment, &flags));
    let faulty = scan::report_config_problems(&settings, global);
    let listing = scan::list_files(&paths, &settings)?;
    let mut changed = Vec::new();
    let mut texts = Vec::new();
    let mut problems: Vec<Problem> =
        listing.errors.iter().map(|failed| Problem::new(failed.reason.to_string()).in_file(&*failed.path)).collect();
    let mut count = 0;
    for file in &listing.files {
        let is_document = [".yaml", ".yml", ".json"].iter().any(|ending| file.path.ends_with(ending));
        let too_large = || file.location.metadata().is_ok_and(|metadata| metadata.len() > settings.max_size.value);
        if !is_document || too_large() {
            continue;
        }
        let Ok(bytes) = std::fs::read(&file.location) else { continue };
        if memchr::memmem::find(&bytes, b"SealedSecret").is_none()
            || memchr::memmem::find(&bytes, b"encryptedData").is_none()
        {
            continue;
        }
        let mut input = writing::read_input(&file.location)?;
        input.name = file.path.to_string();
        match resealer.text(&input) {
            Ok((_, titles)) if titles.is_empty() => {}
            Ok((text, titles)) => {
                count += titles.len();
                texts.push(text);
                changed.push(input);
            }
            Err(problem) => problems.push(problem),
        }
    }
    if !problems.is_empty() {
        problems.iter().for_each(output::problem);
        return Err(Problem::new("nothing was written, because not everything can be re-sealed")
            .help("add the missing private keys, or leave files out with --exclude"));
    }
    if count == 0 {
        return Err(Problem::new("there is no SealedSecret here"));
    }
    writing::write_in_place(&changed, &texts, resealer.environment, global)?;
    if !global.quiet {
        let (secrets, files) = (counted(count, "SealedSecret"), counted(changed.len(), "file"));
        output::note(&format!("{secrets} in {files} re-sealed"));
    }
    Ok(faulty)
}

struct Resealer<'a> {
    args: &'a ResealArgs,
    keys: &'a Keyring,
    recipient: Option<&'a RsaPublicKey>,
    environment: &'a Environment,
}

impl Resealer<'_> {
    /// The text with all its SealedSecrets re-sealed, and their titles.
    fn text(&self, input: &Input) -> Result<(String, Vec<String>), Problem> {
        let stream = writing::read_stream(input)?;
        let mut text = String::with_capacity(input.text.len());
        let mut titles = Vec::new();
        let mut last = 0;
        for document in &stream.documents {
            let mut made = document.span.slice(&input.text).to_owned();
            for (item, node) in document.objects() {
                if !job::is_kind(node, "SealedSecret") {
                    continue;
                }
                let name = title(node);
                let at = stream.position(document, node.span());
                let fault = |why| writing::object_problem(input, &Fault::Sealed { at, title: name.clone(), why });
                let old = SealedSecret::read(node).map_err(fault)?;
                let (wanted, ciphertexts) = self.one(&old).map_err(fault)?;
                made = patch::apply(&made, item, &wanted, &ciphertexts).map_err(|error| {
                    Problem::new(format!("{name} cannot be changed: {error}")).in_file(&input.name).at(at)
                })?;
                titles.push(format!("SealedSecret {}", wanted.identity.title()));
            }
            text.push_str(&input.text[last..document.span.start]);
            text.push_str(&made);
            last = document.span.end;
        }
        text.push_str(&input.text[last..]);
        Ok((text, titles))
    }

    /// The same values under the identity and for the key that are asked for.
    fn one(&self, old: &SealedSecret) -> Result<Resealed, SealedError> {
        let identity = Identity {
            name: self.args.name.clone().unwrap_or_else(|| old.identity.name.clone()),
            namespace: self.args.namespace.clone().or_else(|| old.identity.namespace.clone()),
            scope: self.args.scope.unwrap_or(old.identity.scope),
        };
        old.reseal(identity, &self.keys.expose(), self.recipient, &randomness(self.environment))
    }
}
