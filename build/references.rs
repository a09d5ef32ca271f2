//! Turns `rules/references/*.yml` into the table of `src/inventory/reference/table.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::path::{Step, parse};
use super::usage::Usage;
use serde::Deserialize;

/// A file of `rules/references/`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    /// What it is about.
    title: String,
    /// Where its facts are from.
    source: Vec<String>,
    /// Fields that several places share; any file may use them.
    #[serde(default)]
    shapes: BTreeMap<String, Shape>,
    /// Kinds with their fields.
    #[serde(default)]
    kinds: Vec<Kind>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Shape {
    /// The specification of a pod.
    #[serde(default)]
    pod: bool,
    /// A patch that writes such a node decides which Secret it names, however it does so.
    #[serde(default)]
    decides: bool,
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Kind {
    kinds: Vec<String>,
    /// Without it: core.
    #[serde(default)]
    groups: Vec<String>,
    /// Which objects of the kinds.
    #[serde(default)]
    when: Vec<Condition>,
    /// What it names stands in a namespace that the object does not tell.
    #[serde(default)]
    elsewhere: bool,
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Condition {
    /// Keys with dots.
    field: String,
    /// What it must be, or hold where it is a list; without it, that it is there.
    #[serde(default)]
    is: Option<String>,
    /// What it is where it is not there.
    #[serde(default)]
    default: Option<String>,
}

/// A path and what stands there: exactly one of `shape`, `parse`, `entries` and `form`.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Entry {
    /// `{a,b}` stands for both; without it: the node itself.
    path: Option<String>,
    when: Vec<Condition>,
    /// kustomize renames here; all entries on the way to a name must say so.
    kustomize: bool,
    elsewhere: bool,

    /// A shape by its name.
    shape: Option<String>,
    /// The same, in a string that holds YAML.
    parse: Option<String>,
    entries: Vec<Entry>,
    form: Option<Form>,

    usage: Option<Usage>,
    /// Whether a field `optional` is honoured, or the Secret may always be absent.
    optional: Option<Optional>,
    /// Field of the name, else that of the form; the name itself for the form `fixed`.
    name: Option<String>,
    /// Field of the namespace, else that of the form.
    namespace: Option<String>,
    /// Path of the key, else that of the form.
    key: Option<String>,
    /// Keys that are taken where none is written.
    implied: Vec<String>,
    /// For `search`: fields whose names start so are left out.
    except: Vec<String>,
}

#[derive(Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum Form {
    /// `name`
    Local,
    /// `name`, `key`, `optional`
    Key,
    /// `secretName`, `key`
    SecretKey,
    /// `secretName`, `items[].key`, `optional`
    Volume,
    /// `name`, `items[].key`, `optional`
    Projected,
    /// `name`, `namespace`
    Namespaced,
    /// A string.
    Name,
    /// A string `namespace/name`, or the name alone.
    Slash,
    /// A string `name:key`.
    Colon,
    /// A text with any number of `$name:key`.
    Dollar,
    /// The key, after the prefix that the path ends in.
    Rest,
    /// A Secret that is not named, but a key of it is.
    Fixed,
    /// Each mapping of exactly `name`, `key` and perhaps `optional`, at any depth.
    Search,
    /// An image of the pod.
    Image,
    /// The name of the pod's ServiceAccount.
    ServiceAccount,
    /// The list of the pod's pull secrets.
    Pulls,
    /// Whether the pod mounts the token of its ServiceAccount.
    Token,
    /// A volume of the Secrets Store CSI driver.
    Mount,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum Optional {
    Honoured,
    Ignored,
    Always,
}

/// The table of `files`, names with texts, as Rust.
///
/// # Errors
/// What is wrong with one of the files, with its name.
pub(super) fn table(files: &[(String, String)]) -> Result<String, String> {
    let mut parsed = Vec::new();
    let mut maker = Maker::default();
    for (name, text) in files {
        let file: File = serde_saphyr::from_str(text).map_err(|error| format!("{name}: {error}"))?;
        if file.title.is_empty() || file.source.is_empty() {
            return Err(format!("{name}: neither the title nor the source may be empty"));
        }
        for shape in file.shapes.keys() {
            if maker.shapes.insert(shape.clone(), name.clone()).is_some() {
                return Err(format!("{name}: the shape {shape} is defined twice"));
            }
        }
        parsed.push((name, file));
    }
    let mut text = String::new();
    let mut kinds = BTreeMap::new();
    for (name, file) in &parsed {
        let in_file = |error: String| format!("{name}: {error}");
        for (shape, body) in &file.shapes {
            maker.here.clone_from(shape);
            let rules = maker.rules(&body.entries).map_err(|error| in_file(format!("{shape}: {error}")))?;
            put(
                &mut text,
                format_args!(
                    "static {}: Shape = Shape {{ pod: {}, decides: {}, rules: {rules} }};\n",
                    constant(shape),
                    body.pod,
                    body.decides
                ),
            );
        }
        maker.here.clear();
        for kind in &file.kinds {
            maker.kind(kind, &mut kinds).map_err(|error| in_file(format!("{}: {error}", kind.kinds.join(", "))))?;
        }
    }
    maker.check()?;
    text.push_str("pub(super) static KINDS: &[Kind] = &[\n");
    text.extend(kinds.into_values().flatten());
    text.push_str("];\n");
    Ok(text)
}

#[derive(Default)]
struct Maker {
    /// Each shape's file.
    shapes: BTreeMap<String, String>,
    /// Shapes that something leads to.
    used: BTreeSet<String>,
    /// The shape that is being read.
    here: String,
    /// Shapes that stand at the same node as another one.
    same: BTreeMap<String, BTreeSet<String>>,
    /// Kinds of which there is one entry for all objects.
    whole: BTreeSet<(String, String)>,
}

impl Maker {
    fn kind(&mut self, kind: &Kind, all: &mut BTreeMap<String, Vec<String>>) -> Result<(), String> {
        let rules = self.rules(&kind.entries)?;
        let when = conditions(&kind.when)?;
        let groups = if kind.groups.is_empty() { vec![String::new()] } else { kind.groups.clone() };
        for name in &kind.kinds {
            for group in &groups {
                if kind.when.is_empty() && !self.whole.insert((name.clone(), group.clone())) {
                    return Err(format!("{name} of the group {group:?} is listed twice"));
                }
            }
            all.entry(name.clone()).or_default().push(format!(
                "Kind {{ name: {name:?}, groups: &{groups:?}, when: {when}, elsewhere: {}, rules: {rules} }},\n",
                kind.elsewhere
            ));
        }
        Ok(())
    }

    fn rules(&mut self, entries: &[Entry]) -> Result<String, String> {
        if entries.is_empty() {
            return Err("it has no entries".to_owned());
        }
        let mut rules = String::from("&[");
        for entry in entries {
            let paths = entry.path.as_deref().map_or(vec![String::new()], alternatives);
            let label = entry.path.as_deref().unwrap_or("(here)");
            for path in paths {
                let rule = self.rule(entry, &path).map_err(|error| format!("{label}: {error}"))?;
                rules.push_str(&rule);
            }
        }
        rules.push(']');
        Ok(rules)
    }

    fn rule(&mut self, entry: &Entry, path: &str) -> Result<String, String> {
        let steps = if entry.path.is_some() { steps(path)? } else { "&[]".to_owned() };
        let when = conditions(&entry.when)?;
        let (kustomize, elsewhere) = (entry.kustomize, entry.elsewhere);
        let then = match (&entry.shape, &entry.parse, entry.form, entry.entries.is_empty()) {
            (Some(shape), None, None, true) => {
                if entry.path.is_none() {
                    self.same.entry(self.here.clone()).or_default().insert(shape.clone());
                }
                format!("Then::Shape(&{})", self.shape(shape)?)
            }
            (None, Some(shape), None, true) => format!("Then::Parse(&{})", self.shape(shape)?),
            (None, None, Some(form), true) => take(entry, form, path)?,
            (None, None, None, false) => {
                if entry.path.is_none() {
                    return Err("entries without a path belong one level higher".to_owned());
                }
                let here = std::mem::take(&mut self.here);
                let rules = self.rules(&entry.entries);
                self.here = here;
                format!("Then::Shape(&Shape {{ pod: false, decides: false, rules: {} }})", rules?)
            }
            _ => return Err("say exactly one of shape, parse, entries and form".to_owned()),
        };
        let of_take = entry.usage.is_some()
            || entry.optional.is_some()
            || entry.name.is_some()
            || entry.namespace.is_some()
            || entry.key.is_some()
            || !entry.implied.is_empty()
            || !entry.except.is_empty();
        if entry.form.is_none() && of_take {
            return Err("fields of a reference stand beside a form".to_owned());
        }
        Ok(format!(
            "Rule {{ path: {steps}, when: {when}, kustomize: {kustomize}, elsewhere: {elsewhere}, then: {then} }},\n"
        ))
    }

    fn shape(&mut self, name: &str) -> Result<String, String> {
        if !self.shapes.contains_key(name) {
            return Err(format!("there is no shape {name}"));
        }
        self.used.insert(name.to_owned());
        Ok(constant(name))
    }

    /// That each shape is used, and that none leads to itself without a step.
    fn check(&self) -> Result<(), String> {
        for (name, file) in &self.shapes {
            if !self.used.contains(name) {
                return Err(format!("{file}: nothing leads to the shape {name}"));
            }
            let mut seen = BTreeSet::new();
            let mut open: Vec<&String> = self.same.get(name).into_iter().flatten().collect();
            while let Some(next) = open.pop() {
                if next == name {
                    return Err(format!("{file}: the shape {name} leads to itself without a step"));
                }
                if seen.insert(next) {
                    open.extend(self.same.get(next).into_iter().flatten());
                }
            }
        }
        Ok(())
    }
}

fn take(entry: &Entry, form: Form, path: &str) -> Result<String, String> {
    let (name, namespace, key, honoured) = match form {
        Form::Image => return bare(entry, "Then::Image"),
        Form::ServiceAccount => return bare(entry, "Then::ServiceAccount"),
        Form::Pulls => return bare(entry, "Then::Pulls"),
        Form::Token => return bare(entry, "Then::Token"),
        Form::Mount => return bare(entry, "Then::Mount"),
        Form::Local => (field("name", entry), None, None, false),
        Form::Key | Form::Search => (field("name", entry), None, Some("key"), true),
        Form::SecretKey => (field("secretName", entry), None, Some("key"), false),
        Form::Volume => (field("secretName", entry), None, Some("items[].key"), true),
        Form::Projected => (field("name", entry), None, Some("items[].key"), true),
        Form::Namespaced => (field("name", entry), Some("namespace"), None, false),
        Form::Name => ("Name::Whole".to_owned(), None, None, false),
        Form::Slash => ("Name::Slash".to_owned(), None, None, false),
        Form::Colon => ("Name::Colon".to_owned(), None, None, false),
        Form::Dollar => ("Name::Dollar".to_owned(), None, None, false),
        Form::Rest => ("Name::Rest".to_owned(), None, None, false),
        Form::Fixed => {
            let name = entry.name.as_ref().ok_or("the form fixed needs a name")?;
            (format!("Name::Fixed({name:?})"), None, Some("key"), false)
        }
    };
    let mapping = name.starts_with("Name::Field") || form == Form::Fixed;
    if !mapping && (entry.name.is_some() || entry.namespace.is_some() || entry.key.is_some()) {
        return Err(format!("the form {form:?} has no fields"));
    }
    if form != Form::Search && !entry.except.is_empty() {
        return Err("except belongs to the form search".to_owned());
    }
    if (form == Form::Rest) != path.ends_with("'*") {
        return Err("the form rest, and no other, needs a path that ends in a prefix".to_owned());
    }
    let usage = entry.usage.ok_or("a reference needs a usage")?;
    let namespace = entry.namespace.as_deref().or(namespace);
    let keys = entry.key.as_deref().or(key).map_or(Ok("&[]".to_owned()), steps)?;
    let honoured = entry.optional.map_or(honoured, |optional| optional == Optional::Honoured);
    let optional = entry.optional == Some(Optional::Always);
    let take = format!(
        "Take {{ name: {name}, namespace: {namespace:?}, keys: {keys}, implied: &{:?}, usage: {usage:?}, \
         honoured: {honoured}, optional: {optional} }}",
        entry.implied
    );
    Ok(match form {
        Form::Search => format!("Then::Search({take}, &{:?})", entry.except),
        _ => format!("Then::Take({take})"),
    })
}

/// The form of something else than a reference.
fn bare(entry: &Entry, then: &str) -> Result<String, String> {
    if entry.usage.is_some() || entry.name.is_some() || entry.key.is_some() {
        return Err("this form is no reference and has no fields".to_owned());
    }
    Ok(then.to_owned())
}

fn field(default: &str, entry: &Entry) -> String {
    format!("Name::Field({:?})", entry.name.as_deref().unwrap_or(default))
}

fn conditions(list: &[Condition]) -> Result<String, String> {
    let mut text = String::from("&[");
    for condition in list {
        if condition.is.is_none() && condition.default.is_some() {
            return Err(format!("{}: a default without `is` says nothing", condition.field));
        }
        let mut keys = Vec::new();
        for step in parse(&condition.field)? {
            let Step::Key(key) = step else { return Err(format!("{}: a condition has keys only", condition.field)) };
            keys.push(key);
        }
        put(
            &mut text,
            format_args!("Condition {{ field: &{keys:?}, is: {:?}, default: {:?} }},", condition.is, condition.default),
        );
    }
    text.push(']');
    Ok(text)
}

fn steps(path: &str) -> Result<String, String> {
    parse(path).map(|steps| format!("&{steps:?}"))
}

/// The paths that one with `{a,b}` stands for.
fn alternatives(path: &str) -> Vec<String> {
    let Some((before, rest)) = path.split_once('{') else { return vec![path.to_owned()] };
    let Some((list, after)) = rest.split_once('}') else { return vec![path.to_owned()] };
    let after = alternatives(after);
    let each = |choice: &str| after.iter().map(|after| format!("{before}{choice}{after}")).collect::<Vec<_>>();
    list.split(',').flat_map(each).collect()
}

fn constant(shape: &str) -> String {
    shape.to_ascii_uppercase().replace('-', "_")
}

fn put(text: &mut String, piece: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = text.write_fmt(piece);
}
