//! `mlguard seal`: Secrets to SealedSecrets, as `kubeseal` makes them, without a cluster.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use rsa::RsaPublicKey;

use super::args::{Global, SealArgs};
use super::keys::{self, randomness};
use super::recipient::{Loaded, weak};
use super::writing;
use super::{output, scan};
use crate::config::Environment;
use crate::document::yaml::Node;
use crate::error::{Problem, quoted};
use crate::exit::Exit;
use crate::fix::input::{Input, LIMIT, read_wiped};
use crate::inventory::convention::{is_label, is_subdomain};
use crate::inventory::facts::Scope;
use crate::seal::cipher::SealError;
use crate::seal::job::{self, Done, Job};
use crate::seal::secret::{Entry, MAX_SIZE};
use crate::seal::stream::{Stream, title};
use crate::seal::strength::{Policy, Weakness, weakness, weaknesses};
use crate::seal::{Identity, Plaintext, Randomness, Request, SealedSecret, Secret, patch, seal_value};

pub(super) fn run(args: &SealArgs, global: &Global) -> Result<Exit, Problem> {
    let environment = Environment::read();
    let loaded = recipient(args, &environment, global)?;
    let key = loaded.recipient.key();
    // Problems of the configuration are reported, and sealing goes on.
    let (settings, faulty) = scan::settings_here(&args.config, &environment, global)?;
    let strength = settings.strength();
    if args.raw {
        return Ok(raw(args, key, strength, global)?.and(faulty));
    }
    let request = Request {
        name: args.name.clone(),
        namespace: args.namespace.clone(),
        scope: args.scope,
        allow_empty: args.allow_empty_data,
    };
    if let Some(target) = &args.merge_into {
        let done = merge(args, key, &request, target, strength, &environment, global)?;
        return Ok(done.and(faulty));
    }
    let inputs = writing::read_inputs(&args.files)?;
    if args.name.is_some() && inputs.len() > 1 {
        return Err(Problem::new("--name would give all files the same name; pass one file"));
    }
    let mut texts = Vec::new();
    for input in &inputs {
        let job = Job { key, request: &request, format: args.format, random: randomness(&environment), strength };
        let done = job::seal(&input.text, job).map_err(|fault| writing::object_problem(input, &fault))?;
        report_sealed(input, &done, global);
        texts.push(done.text);
    }
    let done = deliver(&inputs, &texts, args.in_place, args.output.as_deref(), &environment, global)?;
    Ok(done.and(faulty))
}

fn recipient(args: &SealArgs, environment: &Environment, global: &Global) -> Result<Loaded, Problem> {
    let loaded = args.cert.recipient(environment, Timestamp::now())?;
    let loaded = loaded.ok_or_else(|| {
        let help = "use --cert FILE, or set MLGUARD_CERT or SEALED_SECRETS_CERT; `mlguard cert fetch` fetches it from the \
                    controller";
        Problem::new("no certificate to seal with").help(help)
    })?;
    loaded.warn(global.quiet);
    Ok(loaded)
}

/// Says what is worth knowing, on standard error.
fn report_sealed(input: &Input, done: &Done, global: &Global) {
    if global.quiet {
        return;
    }
    for (secret, key, weakness) in &done.weak {
        output::problem(&weak(&format!("{secret}: the value of `{key}`"), *weakness).in_file(&input.name));
    }
    for secret in &done.moved {
        let message = format!("{secret} has no lines that can be kept: its comments are above it now");
        output::problem(&Problem::new(message).in_file(&input.name).warning());
    }
    if !done.passed.is_empty() {
        output::note(&format!("{}: left unchanged: {}", input.name, done.passed.join(", ")));
    }
}

/// Writes texts where they are asked for.
pub(super) fn deliver(
    inputs: &[Input],
    texts: &[String],
    in_place: bool,
    to: Option<&Path>,
    environment: &Environment,
    global: &Global,
) -> Result<Exit, Problem> {
    if in_place {
        writing::write_in_place(inputs, texts, environment, global)?;
        return Ok(Exit::Clean);
    }
    save_or_print(to, &joined(texts))
}

/// Writes a text to a file, or to standard output where none is named, or `-`.
fn save_or_print(to: Option<&Path>, text: &str) -> Result<Exit, Problem> {
    output::save_or_print(to.filter(|path| path.as_os_str() != "-"), text)
}

/// Several texts as one stream.
fn joined(texts: &[String]) -> String {
    let mut all = String::new();
    for text in texts {
        let is_json = text.trim_start().starts_with('{');
        if !all.is_empty() {
            if !all.ends_with('\n') {
                all.push('\n');
            }
            if !is_json && !text.starts_with("---") {
                all.push_str("---\n");
            }
        }
        all.push_str(text);
    }
    all
}

/// One value by itself, as `kubeseal --raw` does it.
fn raw(args: &SealArgs, key: &RsaPublicKey, policy: Policy, global: &Global) -> Result<Exit, Problem> {
    let scope = args.scope.unwrap_or(Scope::Strict);
    let missing = |flag: &str, scope: &str| {
        Problem::new(format!("--raw needs {flag}, to which scope {scope} binds the value"))
            .help("the value can be decrypted only in the SealedSecret that it is bound to")
    };
    match scope {
        Scope::Strict if args.name.is_none() => return Err(missing("--name", "strict")),
        Scope::Strict if args.namespace.is_none() => return Err(missing("--namespace", "strict")),
        Scope::NamespaceWide if args.namespace.is_none() => return Err(missing("--namespace", "namespace-wide")),
        _ => {}
    }
    check_names(args.name.as_deref(), args.namespace.as_deref())?;
    let mut input = match args.from_file.as_deref().map(|given| given.split_once('=').map_or(given, |(_, path)| path)) {
        Some(path) => std::fs::File::open(path)
            .and_then(|file| read_wiped(file, LIMIT))
            .map_err(|error| Problem::new(format!("cannot be read: {error}")).in_file(path))?,
        None => read_wiped(std::io::stdin().lock(), LIMIT)
            .map_err(|error| Problem::new(format!("cannot read stdin: {error}")))?,
    };
    if input.len() > MAX_SIZE {
        return Err(Problem::new(format!("the value is larger than {MAX_SIZE} bytes, the limit of a Secret")));
    }
    let value = Plaintext::new(std::mem::take(&mut *input));
    if value.expose().ends_with(b"\n") && !global.quiet {
        let message = "the value ends in a line break, which becomes part of it";
        output::problem(&Problem::new(message).warning().help("use `printf %s VALUE` instead of `echo`"));
    }
    // Without a key nothing tells whether it is a password; that it is a placeholder shows by itself.
    let name = args.from_file.as_deref().and_then(|given| given.split_once('=')).map_or("value", |(name, _)| name);
    let weakness = weakness(name, &value, &[], policy).filter(|weakness| *weakness != Weakness::LineBreak);
    if let Some(weakness) = weakness.filter(|_| !global.quiet) {
        output::problem(&weak(&format!("the value of {}", quoted(name)), weakness));
    }
    let identity = Identity { name: args.name.clone().unwrap_or_default(), namespace: args.namespace.clone(), scope };
    let entry = Entry { key: String::new(), value };
    let sealed = seal_value(&identity, &entry, key, &randomness(&Environment::read()))?;
    save_or_print(args.output.as_deref(), &sealed)
}

/// Refuses names that no Secret or namespace may have.
pub(super) fn check_names(name: Option<&str>, namespace: Option<&str>) -> Result<(), Problem> {
    for (name, fits, what) in
        [(name, is_subdomain as fn(&str) -> bool, "Secret"), (namespace, is_label as fn(&str) -> bool, "namespace")]
    {
        if let Some(name) = name.filter(|name| !fits(name)) {
            return Err(Problem::new(format!("{} is not a valid name for a {what}", quoted(name))));
        }
    }
    Ok(())
}

/// Seals the values of one Secret into a SealedSecret that is there, which keeps its identity and all other values.
fn merge(
    args: &SealArgs,
    key: &RsaPublicKey,
    request: &Request,
    target: &Path,
    policy: Policy,
    environment: &Environment,
    global: &Global,
) -> Result<Exit, Problem> {
    let inputs = writing::read_inputs(&args.files)?;
    let [input] = inputs.as_slice() else { return Err(Problem::new("--merge-into needs one file with one Secret")) };
    let into = writing::read_input(target)?;
    let (source, destination) = (writing::read_stream(input)?, writing::read_stream(&into)?);
    let secrets = objects(&source, "Secret");
    let [(index, _, node)] = secrets.as_slice() else {
        let message = format!("--merge-into needs one Secret, but there are {} in it", secrets.len());
        return Err(Problem::new(message).in_file(&input.name));
    };
    let document = &source.documents[*index];
    let refused = |refusal: crate::seal::Refusal| {
        let at = source.position(document, refusal.span);
        Problem::new(format!("{} cannot be sealed: {}", title(*node), refusal.why)).in_file(&input.name).at(at)
    };
    let secret = Secret::read(*node).map_err(refused)?;
    let name = request.name.as_ref().or(secret.name.as_ref());
    let (at, place, mut wanted) = target_in(&destination, &into, name)?;
    contradiction(&secret, request, &wanted)?;
    let identity = wanted.identity.clone();
    let kept = unchanged(args, &wanted, environment)?;
    let new = changed_values(&secret, &kept, &identity, key, randomness(environment))?;
    for (key, weakness) in weaknesses(&secret, policy).into_iter().filter(|_| !global.quiet) {
        let message = format!("Secret {}: the value of `{key}` {weakness}", identity.title());
        output::problem(&Problem::new(message).in_file(&input.name).warning());
    }
    wanted.encrypted.extend(new.clone());
    add_metadata(&mut wanted, &secret);
    let span = destination.documents[at].span;
    let made = patch::apply(span.slice(&into.text), place, &wanted, &new)
        .map_err(|error| Problem::new(format!("cannot be changed: {error}")).in_file(&into.name))?;
    let text = format!("{}{made}{}", &into.text[..span.start], &into.text[span.end..]);
    let exit = match &args.output {
        Some(path) => save_or_print(Some(path), &text)?,
        None => writing::write_in_place(&[into], &[text], environment, global).map(|()| Exit::Clean)?,
    };
    if !global.quiet {
        let (title, new, all) = (identity.title(), new.len(), wanted.encrypted.len());
        output::note(&format!("SealedSecret {title}: {new} of {all} values sealed, the others are unchanged"));
    }
    Ok(exit)
}

/// The ciphertexts of values that differ from those that are `kept`.
fn changed_values(
    secret: &Secret,
    kept: &BTreeMap<String, Plaintext>,
    identity: &Identity,
    key: &RsaPublicKey,
    random: Randomness,
) -> Result<BTreeMap<String, String>, Problem> {
    let is_kept = |entry: &Entry| kept.get(&entry.key).is_some_and(|old| old.expose() == entry.value.expose());
    let changed = secret.entries.iter().filter(|entry| !is_kept(entry));
    changed.map(|entry| Ok((entry.key.clone(), seal_value(identity, entry, key, &random)?))).collect()
}

/// Adds labels and annotations of the Secret to those of the SealedSecret.
fn add_metadata(wanted: &mut SealedSecret, secret: &Secret) {
    for section in ["labels", "annotations"] {
        let Some(serde_json::Value::Object(more)) = secret.metadata.get(section) else { continue };
        let entry = wanted.metadata.entry(section).or_insert_with(|| serde_json::Value::Object(serde_json::Map::new()));
        if let serde_json::Value::Object(entries) = entry {
            entries.extend(more.clone());
        }
    }
    crate::seal::identity::annotate(&mut wanted.metadata, wanted.identity.scope);
}

/// Objects of a kind, with the index of their document.
fn objects<'s>(stream: &'s Stream<'_>, kind: &str) -> Vec<(usize, patch::Item, Node<'s>)> {
    let documents = stream.documents.iter().enumerate();
    let all = documents
        .flat_map(|(index, document)| document.objects().into_iter().map(move |(item, node)| (index, item, node)));
    all.filter(|(_, _, node)| job::is_kind(*node, kind)).collect()
}

/// The SealedSecret of a stream that is meant: the only one, or the one of that name.
fn target_in(
    stream: &Stream<'_>,
    input: &Input,
    name: Option<&String>,
) -> Result<(usize, patch::Item, SealedSecret), Problem> {
    let mut found = Vec::new();
    for (index, item, node) in objects(stream, "SealedSecret") {
        let sealed = SealedSecret::read(node)
            .map_err(|why| Problem::new(format!("{}: {why}", title(node))).in_file(&input.name))?;
        found.push((index, item, sealed));
    }
    if found.len() > 1 {
        found.retain(|(_, _, sealed)| Some(&sealed.identity.name) == name);
    }
    match (found.pop(), found.is_empty()) {
        (Some(one), true) => Ok(one),
        (Some(_), false) => Err(Problem::new("it contains several SealedSecrets of that name").in_file(&input.name)),
        (None, _) => {
            let message = "it contains no SealedSecret that the Secret could be merged into";
            Err(Problem::new(message).in_file(&input.name).help("choose one with --name"))
        }
    }
}

/// Refuses a Secret that says something else than the SealedSecret that it is to be merged into.
fn contradiction(secret: &Secret, request: &Request, target: &SealedSecret) -> Result<(), Problem> {
    let identity = &target.identity;
    let name = request.name.as_ref().or(secret.name.as_ref());
    let namespace = request.namespace.as_ref().or(secret.namespace.as_ref());
    let differs = |what: &str, own: &str, theirs: &str| {
        let message = format!("the {what} {} differs from that of the SealedSecret, {}", quoted(own), quoted(theirs));
        Err(Problem::new(message).help("values are sealed for the SealedSecret's; remove it from the Secret"))
    };
    if let Some(name) = name.filter(|name| **name != identity.name) {
        return differs("name", name, &identity.name);
    }
    if let (Some(own), Some(theirs)) = (namespace, &identity.namespace)
        && own != theirs
    {
        return differs("namespace", own, theirs);
    }
    if request.scope.is_some_and(|scope| scope != identity.scope) {
        let help = "`mlguard reseal --scope` changes the scope of all its values";
        return Err(Problem::new("--scope differs from that of the SealedSecret, whose values could not be decrypted")
            .help(help));
    }
    let kind = |kind: Option<&String>| kind.map_or("Opaque", String::as_str).to_owned();
    if secret.secret_type.is_some() && kind(secret.secret_type.as_ref()) != kind(target.secret_type.as_ref()) {
        return Err(Problem::new("the type of the Secret differs from that of the SealedSecret"));
    }
    Ok(())
}

/// The values of the SealedSecret, where a private key is at hand: what is the same is not sealed again.
fn unchanged(
    args: &SealArgs,
    target: &SealedSecret,
    environment: &Environment,
) -> Result<BTreeMap<String, Plaintext>, Problem> {
    let keys = keys::keyring(&args.private_keys)?;
    if keys.is_empty() {
        return Ok(BTreeMap::new());
    }
    let opened = target.unseal(&keys.expose(), &randomness(environment));
    let opened = opened.map_err(|why| Problem::new(why.to_string()))?;
    Ok(opened.into_iter().map(|(entry, _)| (entry.key, entry.value)).collect())
}

impl From<SealError> for Problem {
    fn from(error: SealError) -> Self {
        Self::new(error.to_string())
    }
}
