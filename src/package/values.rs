//! Values: taken from the credential source, put together as the plan says, and judged before they are sealed.

use zeroize::Zeroizing;

use super::login;
use crate::checks::detector::{Engine, Syntax};
use crate::config::{Content, Item, PackagePlan, PackageSecret, Registry, Valued, pieces};
use crate::rule::Rule;
use crate::seal::secret::{Entry, MAX_SIZE};
use crate::seal::strength::{Weakness, weakness};
use crate::seal::{Plaintext, strength};
use crate::value::key::classify;
use crate::value::{KeyClass, Sensitive};

/// Looks a credential up by its name.
pub(crate) type Credentials<'c> = &'c dyn Fn(&str) -> Option<Plaintext>;

/// What is wrong with one value, or worth knowing of it. Never the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub environment: String,
    pub secret: String,
    /// The key in it; for a registry `username`, `password` or `email`.
    pub key: String,
    pub what: What,
}

/// What is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum What {
    #[error("neither {own} nor {common} is set")]
    Missing {
        /// The name for this environment.
        own: String,
        /// The name for all.
        common: String,
    },
    #[error("{name} {weakness}")]
    Weak {
        /// Its name in the credential source, or what else it is called.
        name: String,
        /// In words that follow the name.
        weakness: Weakness,
    },
    #[error("{name} is not UTF-8 text")]
    NoText {
        /// Its name in the credential source.
        name: String,
    },
    #[error("{name} contains a line break")]
    Lines {
        /// Its name in the credential source.
        name: String,
    },
    #[error("the values have {0} bytes in total, and a Secret can hold at most {MAX_SIZE}")]
    TooLarge(usize),
}

impl Fault {
    /// Whether the package is refused for it.
    pub(crate) fn is_grave(&self) -> bool {
        !matches!(&self.what, What::Weak { weakness, .. } if !weakness.is_grave())
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { environment, secret, key, what } = self;
        write!(f, "{environment}, Secret {secret}, {key}: {what}")
    }
}

/// A literal of the configuration that is a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Literal {
    pub secret: String,
    /// The key in it.
    pub key: String,
    /// Where it stands.
    pub origin: crate::config::Origin,
}

/// The names under which a credential is looked up: that of the environment goes before the common one.
pub(crate) fn names(environment: &str, name: &str) -> [String; 2] {
    [format!("{}_{name}", environment.to_ascii_uppercase().replace('-', "_")), name.to_owned()]
}

/// Every name under which something of a plan is looked up, sorted.
pub(crate) fn all_names(plan: &PackagePlan, environments: &[String]) -> Vec<String> {
    let taken = plan.secrets.iter().flat_map(|secret| items(&secret.value)).flat_map(|(_, item)| item.value.names());
    let mut all: Vec<String> =
        taken.flat_map(|name| environments.iter().flat_map(move |environment| names(environment, name))).collect();
    all.sort();
    all.dedup();
    all
}

/// The type of a Secret of the plan.
pub(super) fn secret_type(secret: &PackageSecret) -> &'static str {
    match secret.content {
        Content::Keys(_) => "Opaque",
        Content::Registry(_) => login::TYPE,
    }
}

/// The keys of a Secret of the plan.
pub(crate) fn keys(secret: &PackageSecret) -> Vec<&str> {
    match &secret.content {
        Content::Keys(keys) => keys.iter().map(|(key, _)| key.as_str()).collect(),
        Content::Registry(_) => vec![login::KEY],
    }
}

/// The items of a Secret, by key.
fn items(secret: &PackageSecret) -> Vec<(&str, &Valued<Item>)> {
    match &secret.content {
        Content::Keys(keys) => keys.iter().map(|(key, item)| (key.as_str(), item)).collect(),
        Content::Registry(login) => {
            let Registry { username, password, email, .. } = &**login;
            let email = email.iter().map(|email| ("email", email));
            [("username", username), ("password", password)].into_iter().chain(email).collect()
        }
    }
}

/// The literals of a plan that are credentials: by their key, or by what `rules` find in them. They belong into the
/// credential source.
pub(crate) fn literals(plan: &PackagePlan, rules: &[Rule]) -> Vec<Literal> {
    let engine = Engine::new(rules.iter().cloned());
    let hit = |text: &str| !engine.search(text, &|_| Syntax::Config).hits.is_empty();
    let mut found = Vec::new();
    for secret in &plan.secrets {
        for (key, item) in items(&secret.value) {
            let is_credential = match &item.value {
                Item::From(_) => false,
                Item::Value(text) => {
                    let password = classify(key) == KeyClass::Password && !text.is_empty();
                    password || Sensitive::new(text).judge(classify(key)).is_some() || hit(&format!("{key}: {text}\n"))
                }
                Item::Template(text) => hit(text),
            };
            if is_credential {
                let (secret, key) = (secret.value.name.clone(), key.to_owned());
                found.push(Literal { secret, key, origin: item.origin.clone() });
            }
        }
    }
    found
}

/// The values of a Secret, and what is wrong with them.
pub(super) struct Resolved {
    pub entries: Vec<Entry>,
    pub faults: Vec<Fault>,
}

/// Takes the values of a Secret from `credentials`. Where a fault is grave, entries are missing.
pub(super) fn resolve(
    secret: &PackageSecret,
    environment: &str,
    credentials: Credentials<'_>,
    strength: strength::Policy,
) -> Resolved {
    let mut taker = Taker { environment, secret: &secret.name, credentials, strength, faults: Vec::new() };
    let mut taken = Vec::new();
    for (key, item) in items(secret) {
        if let Some(value) = taker.take(key, &item.value) {
            taken.push((key, item, value));
        }
    }
    let users: Vec<&Plaintext> =
        taken.iter().filter(|(key, ..)| is_user(key)).map(|(.., taken)| &taken.value).collect();
    for (key, item, taken) in &taken {
        taker.judge(key, &item.value, taken, &users);
    }
    let entries = match &secret.content {
        Content::Keys(_) => {
            taken.into_iter().map(|(key, _, taken)| Entry { key: key.to_owned(), value: taken.value }).collect()
        }
        Content::Registry(registry) => taker.login(registry, &taken),
    };
    let size = entries.iter().map(|entry: &Entry| entry.value.len()).sum::<usize>();
    if size > MAX_SIZE {
        taker.fault("data", What::TooLarge(size));
    }
    Resolved { entries, faults: taker.faults }
}

/// A value that was taken, and what of the credential source is in it.
struct Taken {
    value: Plaintext,
    parts: Vec<(String, Plaintext)>,
}

struct Taker<'t> {
    environment: &'t str,
    secret: &'t str,
    credentials: Credentials<'t>,
    strength: strength::Policy,
    faults: Vec<Fault>,
}

impl Taker<'_> {
    fn fault(&mut self, key: &str, what: What) {
        self.faults.push(Fault {
            environment: self.environment.to_owned(),
            secret: self.secret.to_owned(),
            key: key.to_owned(),
            what,
        });
    }

    /// A credential and the name under which it was found.
    fn look(&mut self, key: &str, name: &str) -> Option<(String, Plaintext)> {
        let [own, common] = names(self.environment, name);
        for name in [&own, &common] {
            if let Some(value) = (self.credentials)(name) {
                return Some((name.clone(), value));
            }
        }
        self.fault(key, What::Missing { own, common });
        None
    }

    fn take(&mut self, key: &str, item: &Item) -> Option<Taken> {
        match item {
            Item::Value(text) => Some(Taken { value: Plaintext::from(text.as_str()), parts: Vec::new() }),
            Item::From(name) => {
                let (name, value) = self.look(key, name)?;
                Some(Taken { value: value.clone(), parts: vec![(name, value)] })
            }
            Item::Template(text) => self.fill(key, text),
        }
    }

    /// A template with its values. Where it is JSON, they are written as its strings have to be.
    fn fill(&mut self, key: &str, template: &str) -> Option<Taken> {
        let is_json = serde_json::from_str::<serde_json::Value>(template).is_ok();
        let mut parts = Vec::new();
        for (_, name) in pieces(template) {
            parts.push(name.map(|name| self.look(key, name)));
        }
        // All of them are looked up first, so that every missing one is told.
        let parts: Vec<_> = parts.into_iter().flatten().collect::<Option<_>>()?;
        let room = template.len() + parts.iter().map(|(_, value)| value.len() * 6).sum::<usize>();
        let mut out = Zeroizing::new(String::with_capacity(room));
        for (index, (text, _)) in pieces(template).into_iter().enumerate() {
            out.push_str(text);
            let Some((name, value)) = parts.get(index) else { continue };
            let Ok(value) = std::str::from_utf8(value.expose()) else {
                self.fault(key, What::NoText { name: name.clone() });
                return None;
            };
            if is_json {
                login::escape(value, &mut out);
            } else if value.contains('\n') {
                // It would end the line that the template gives it, and begin another one of the format.
                self.fault(key, What::Lines { name: name.clone() });
                return None;
            } else {
                out.push_str(value);
            }
        }
        Some(Taken { value: Plaintext::from(out.as_str()), parts })
    }

    /// Says what is wrong with a value: under its key where it is the credential itself, under the name of each
    /// credential where several are in it.
    fn judge(&mut self, key: &str, item: &Item, taken: &Taken, users: &[&Plaintext]) {
        match item {
            Item::Value(_) => {
                if let Some(weakness) = strength::weakness(key, &taken.value, users, self.strength) {
                    self.fault(key, What::Weak { name: "the value in the configuration".to_owned(), weakness });
                }
            }
            Item::From(_) | Item::Template(_) => {
                for (name, value) in &taken.parts {
                    let as_key = if matches!(item, Item::From(_)) { key } else { name.as_str() };
                    if let Some(weakness) = of_credential(as_key, name, value, users, self.strength) {
                        self.fault(key, What::Weak { name: name.clone(), weakness });
                    }
                }
            }
        }
    }

    fn login(&mut self, registry: &Registry, taken: &[(&str, &Valued<Item>, Taken)]) -> Vec<Entry> {
        let mut texts = Vec::new();
        for (key, _, taken) in taken {
            match std::str::from_utf8(taken.value.expose()) {
                Ok(text) => texts.push((*key, text)),
                Err(_) => {
                    let name = taken.parts.first().map_or_else(|| (*key).to_owned(), |(name, _)| name.clone());
                    self.fault(key, What::NoText { name });
                }
            }
        }
        let text = |wanted: &str| texts.iter().find(|(key, _)| *key == wanted).map(|(_, text)| *text);
        let (Some(username), Some(password)) = (text("username"), text("password")) else { return Vec::new() };
        let value = login::config(&registry.server, username, password, text("email"));
        vec![Entry { key: login::KEY.to_owned(), value }]
    }
}

/// What is wrong with a credential. Whatever comes from the credential source is one, also where its key says little
/// (`HF_TOKEN`, `DATABASE`); only user names may be short words.
fn of_credential(
    key: &str,
    name: &str,
    value: &Plaintext,
    users: &[&Plaintext],
    policy: strength::Policy,
) -> Option<Weakness> {
    if value.expose().trim_ascii().is_empty() {
        return Some(Weakness::Empty);
    }
    if is_user(key) {
        // A key that says nothing: only placeholders and ciphertext are found then.
        return weakness("user", value, &[], policy);
    }
    let tells = |name: &str| !matches!(classify(name), KeyClass::None | KeyClass::Identifier);
    if tells(key) || tells(name) && !is_user(name) {
        return weakness("password", value, users, policy);
    }
    weakness(key, value, users, policy)
}

/// Whether a name is that of the public half of a pair: a user name, an address, an access key as MinIO calls it.
fn is_user(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace(['-', '.'], "_");
    let secret = name.contains("secret") || name.contains("password");
    let user = ["user", "login", "mail", "access_key_id", "accesskey_id", "accesskeyid"];
    let ends = ["minio_access_key", "s3_access_key"];
    !secret && (user.iter().any(|word| name.contains(word)) || ends.iter().any(|end| name.ends_with(end)))
}
