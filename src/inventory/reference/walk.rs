//! Walks an object along the paths of the table.

use std::borrow::Cow;

use super::crumb::{Crumb, Part};
use super::path::Step;
use super::table::{Condition, Name, Rule, Shape, Take, Then};
use crate::document::object::Object;
use crate::document::offset::OffsetMap;
use crate::document::scalar;
use crate::document::view::Unit;
use crate::document::yaml::{self, Node, Style};
use crate::inventory::facts::{Mount, Pod, Reference};
use crate::inventory::stated::is_expression;
use crate::inventory::{Place, Places, Stated};
use crate::span::Span;

/// Deepest way into an object; the deepest that the table knows, without recursion, has about 15 steps.
const MAX_DEPTH: usize = 64;
/// Nodes that may be visited in any object. More may be in long ones: some for each byte, which only aliases, followed
/// over and over, can use up.
const MIN_VISITS: usize = 4000;
/// Visits for each byte of the object.
const VISITS: usize = 4;

/// What applies to a node because of the way to it.
#[derive(Clone, Copy)]
pub(super) struct Context<'c> {
    /// Whether kustomize knows the way.
    renamed: bool,
    /// Whether the namespace is not the object's.
    elsewhere: bool,
    /// The pod around, by index.
    pod: Option<usize>,
    /// The node that decides which Secret is named.
    decides: Option<&'c Crumb<'c>>,
}

impl Context<'_> {
    pub(super) fn new(elsewhere: bool) -> Self {
        Self { renamed: true, elsewhere, pod: None, decides: None }
    }
}

/// A walk through one object.
pub(super) struct Walk<'w> {
    unit: &'w Unit,
    places: &'w Places<'w>,
    /// From the text that is being read to that of the unit, inside a string.
    map: Option<OffsetMap>,
    /// Visits that are left.
    budget: usize,
    found: Vec<Reference>,
    pods: Vec<Pod>,
    mounts: Vec<Mount>,
}

/// A name on its way to a reference.
struct Named<'n> {
    name: &'n str,
    span: Span,
    namespace: Stated,
    /// Field of the name below the crumb.
    field: Option<&'n str>,
    keys: Vec<(Box<str>, Place)>,
    optional: bool,
    renamed: bool,
}

impl<'w> Walk<'w> {
    pub(super) fn new(object: &Object<'w>, places: &'w Places<'w>) -> Self {
        let budget = MIN_VISITS + VISITS * object.node.span().len();
        Self { unit: object.unit, places, map: None, budget, found: Vec::new(), pods: Vec::new(), mounts: Vec::new() }
    }

    pub(super) fn done(self) -> (Vec<Reference>, Vec<Pod>, Vec<Mount>) {
        (self.found, self.pods, self.mounts)
    }

    pub(super) fn rules(&mut self, rules: &[Rule<'_>], node: Node<'_>, crumb: &Crumb<'_>, context: Context<'_>) {
        for rule in rules {
            self.step(rule, rule.path, node, crumb, context);
        }
    }

    fn step(&mut self, rule: &Rule<'_>, path: &[Step<'_>], node: Node<'_>, crumb: &Crumb<'_>, context: Context<'_>) {
        let Some((first, rest)) = path.split_first() else { return self.arrive(rule, node, crumb, context) };
        match *first {
            Step::Key(key) => {
                if let Some(value) = node.get(key).filter(|_| self.visit(crumb)) {
                    self.step(rule, rest, value, &crumb.then(Part::Key(key, None)), context);
                }
            }
            Step::Items(merge) => {
                for (index, item) in node.items().enumerate() {
                    if !self.visit(crumb) {
                        return;
                    }
                    self.step(rule, rest, item, &crumb.then(Part::Item(index, item, merge)), context);
                }
            }
            Step::Each => self.each(rule, "", rest, node, crumb, context),
            Step::Prefix(prefix) => self.each(rule, prefix, rest, node, crumb, context),
        }
    }

    fn each(
        &mut self,
        rule: &Rule<'_>,
        prefix: &str,
        rest: &[Step<'_>],
        node: Node<'_>,
        crumb: &Crumb<'_>,
        context: Context<'_>,
    ) {
        for (key, value) in node.entries() {
            let Some(text) = key.as_str().filter(|text| text.starts_with(prefix)) else { continue };
            if !self.visit(crumb) {
                return;
            }
            self.step(rule, rest, value, &crumb.then(Part::Key(text, Some((key, prefix.len())))), context);
        }
    }

    /// Counts a visit; whether one more may be made.
    fn visit(&mut self, crumb: &Crumb<'_>) -> bool {
        self.budget = self.budget.saturating_sub(1);
        self.budget > 0 && crumb.depth < MAX_DEPTH
    }

    fn arrive(&mut self, rule: &Rule<'_>, node: Node<'_>, crumb: &Crumb<'_>, context: Context<'_>) {
        if !rule.when.iter().all(|condition| condition.holds(node)) {
            return;
        }
        let context = Context {
            renamed: context.renamed && rule.kustomize,
            elsewhere: context.elsewhere || rule.elsewhere,
            ..context
        };
        match &rule.then {
            Then::Shape(shape) => self.shape(shape, node, crumb, context),
            Then::Parse(shape) => self.parse(shape, node, crumb, context),
            Then::Take(take) => self.take(take, node, crumb, context),
            Then::Search(take, except) => self.search(take, except, node, crumb, context),
            Then::Image => {
                if let (Some(pod), Some(image)) = (context.pod, self.literal(node)) {
                    let place = self.place(node.span());
                    self.pods[pod].images.push((image.into(), place));
                }
            }
            Then::ServiceAccount => {
                if let Some(pod) = context.pod.filter(|&pod| self.pods[pod].service_account == Stated::Absent) {
                    self.pods[pod].service_account = self.stated(Some(node));
                }
            }
            Then::Pulls => {
                if let Some(pod) = context.pod {
                    // An empty list in a template is one that the template may fill.
                    self.pods[pod].pulls |= node.items().next().is_some() || self.in_template(node);
                }
            }
            Then::Token => {
                if let Some(pod) = context.pod {
                    self.pods[pod].token = self.stated(Some(node));
                    self.pods[pod].place = self.place(node.span());
                }
            }
            Then::Mount => self.mount(node, crumb),
        }
    }

    fn mount(&mut self, node: Node<'_>, crumb: &Crumb<'_>) {
        let attributes = crumb.then(Part::Key("volumeAttributes", None));
        let name = node.at(&["volumeAttributes", "secretProviderClass"]);
        let Some(place) = name.or_else(|| node.get("driver")) else { return };
        let class = match self.stated(name) {
            // A template may write all attributes.
            Stated::Absent if self.in_template(node) => Stated::Unknown,
            stated => stated,
        };
        let path = attributes.then(Part::Key("secretProviderClass", None)).path().into();
        let place = self.place(place.span());
        self.mounts.push(Mount { class, path, place });
    }

    fn shape(&mut self, shape: &Shape, node: Node<'_>, crumb: &Crumb<'_>, context: Context<'_>) {
        let mut context = Context { decides: if shape.decides { Some(crumb) } else { context.decides }, ..context };
        if shape.pod && node.is_mapping() {
            context.pod = Some(self.pods.len());
            self.pods.push(Pod {
                path: crumb.path().into(),
                images: Vec::new(),
                service_account: Stated::Absent,
                pulls: false,
                token: Stated::Absent,
                place: self.place(node.entries().next().map_or(node, |(key, _)| key).span()),
            });
        }
        self.rules(shape.rules, node, crumb, context);
    }

    /// Reads a string as a document, best effort: what is not YAML contains nothing.
    fn parse(&mut self, shape: &Shape, node: Node<'_>, crumb: &Crumb<'_>, context: Context<'_>) {
        let Some((text, map)) = scalar_text(node).filter(|_| self.visit(crumb)) else { return };
        // A string may stand for many by aliases.
        self.budget = self.budget.saturating_sub(text.len());
        let Ok(tree) = yaml::parse(&text) else { return };
        let Some(root) = tree.root() else { return };
        let map = self.map.as_ref().map_or(map.clone(), |outer| map.then(outer));
        let outer = self.map.replace(map);
        self.shape(shape, root, crumb, context);
        self.map = outer;
    }

    fn search(&mut self, take: &Take<'_>, except: &[&str], node: Node<'_>, crumb: &Crumb<'_>, context: Context<'_>) {
        let inner_object = || node.get("apiVersion").is_some() && node.get("kind").is_some();
        if !self.visit(crumb) || (node.is_mapping() && inner_object()) {
            return;
        }
        if is_selector(node) {
            return self.take(take, node, crumb, context);
        }
        for (key, value) in node.entries() {
            let text = key.as_str().unwrap_or_default();
            if !except.iter().any(|except| text.starts_with(except)) {
                self.search(take, except, value, &crumb.then(Part::Key(text, None)), context);
            }
        }
        for (index, item) in node.items().enumerate() {
            self.search(take, except, item, &crumb.then(Part::Item(index, item, None)), context);
        }
    }

    fn take(&mut self, take: &Take<'_>, node: Node<'_>, crumb: &Crumb<'_>, context: Context<'_>) {
        match take.name {
            Name::Field(field) => {
                let Some(name) = node.get(field) else { return };
                let Some(text) = self.literal(name) else { return };
                let mut keys = Vec::new();
                self.keys(take.keys, node, &mut keys);
                let namespace = take.namespace.and_then(|field| node.get(field));
                let namespace = self.stated(namespace);
                let honoured = take.honoured && node.get("optional").and_then(Node::as_str) == Some("true");
                let named = Named {
                    name: text,
                    span: name.span(),
                    namespace,
                    field: Some(field),
                    keys,
                    optional: take.optional || honoured,
                    renamed: context.renamed,
                };
                self.push(take, named, crumb, context);
            }
            Name::Fixed(name) => {
                let mut keys = Vec::new();
                self.keys(take.keys, node, &mut keys);
                let key = take.keys.iter().find_map(|step| if let Step::Key(key) = step { Some(*key) } else { None });
                let Some(at) = key.and_then(|key| node.get(key)).filter(|_| !keys.is_empty()) else { return };
                let named = Named { keys, field: key, renamed: false, ..Named::new(name, at.span(), take) };
                self.push(take, named, crumb, context);
            }
            Name::Rest => self.rest(take, crumb, context),
            Name::Whole | Name::Slash | Name::Colon => {
                let Some(text) = self.literal(node) else { return };
                self.text(take, text, node, crumb, context);
            }
            Name::Dollar => self.dollars(take, node, crumb, context),
        }
    }

    /// A string that is a name, or a name with something else.
    fn text(&mut self, take: &Take<'_>, text: &str, node: Node<'_>, crumb: &Crumb<'_>, context: Context<'_>) {
        let renamed = context.renamed;
        let whole = Named { renamed, ..Named::new(text, node.span(), take) };
        let named = match take.name {
            Name::Slash => match text.split_once('/') {
                Some((namespace, name)) => Named {
                    span: part(node, text, namespace.len() + 1..text.len()),
                    namespace: namespace.into(),
                    // kustomize compares the whole text.
                    ..Named::new(name, node.span(), take)
                },
                None => whole,
            },
            Name::Colon => match text.split_once(':') {
                Some((name, key)) => {
                    let place = self.place(part(node, text, name.len() + 1..text.len()));
                    let keys = vec![(key.into(), place)];
                    Named { keys, ..Named::new(name, part(node, text, 0..name.len()), take) }
                }
                None => return,
            },
            _ => whole,
        };
        self.push(take, named, crumb, context);
    }

    /// `$name:key` in a text. `$key` alone is a key of Argo CD's own Secret, which its installation makes.
    fn dollars(&mut self, take: &Take<'_>, node: Node<'_>, crumb: &Crumb<'_>, context: Context<'_>) {
        let Some((text, map)) = scalar_text(node) else { return };
        for at in memchr::memchr_iter(b'$', text.as_bytes()) {
            let word = |text: &str| {
                let end = |byte: u8| !(byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
                text.bytes().position(end).unwrap_or(text.len())
            };
            let name = Span::new(at + 1, at + 1 + word(&text[at + 1..]));
            let Some(after) = text[name.end..].strip_prefix(':') else { continue };
            let key = Span::new(name.end + 1, name.end + 1 + word(after));
            let starts =
                at == 0 || text[..at].ends_with(|before: char| before.is_whitespace() || "\"'".contains(before));
            if starts && !key.is_empty() && !self.is_templated(map.outer(Span::new(at, key.end))) {
                let keys = vec![(key.slice(&text).into(), self.place(map.outer(key)))];
                let named = Named { keys, ..Named::new(name.slice(&text), map.outer(name), take) };
                self.push(take, named, crumb, context);
            }
        }
    }

    /// The key of the value, without the prefix that the table has.
    fn rest(&mut self, take: &Take<'_>, crumb: &Crumb<'_>, context: Context<'_>) {
        let Some((text, key, start)) = crumb.key() else { return };
        if self.literal(key).is_some() {
            let span = part(key, text, start..text.len());
            self.push(take, Named::new(&text[start..], span, take), crumb, context);
        }
    }

    fn push(&mut self, take: &Take<'_>, named: Named<'_>, crumb: &Crumb<'_>, context: Context<'_>) {
        if named.name.is_empty() {
            return;
        }
        let place = self.place(named.span);
        let mut keys = named.keys;
        if keys.is_empty() {
            keys.extend(take.implied.iter().map(|&key| (key.into(), place)));
        }
        let namespace = match named.namespace {
            Stated::Absent if context.elsewhere => Stated::Unknown,
            stated => stated,
        };
        let path =
            |crumb: &Crumb<'_>| named.field.map_or_else(|| crumb.path(), |key| crumb.then(Part::Key(key, None)).path());
        let slot = context.decides.unwrap_or(crumb).slot();
        self.found.push(Reference {
            name: named.name.into(),
            namespace,
            keys,
            usage: take.usage,
            optional: named.optional,
            renamed: named.renamed,
            path: path(crumb).into(),
            slot: slot.into(),
            place,
        });
    }

    /// The keys at a path below `node`, but for those that a template writes.
    fn keys(&mut self, path: &[Step<'_>], node: Node<'_>, keys: &mut Vec<(Box<str>, Place)>) {
        match path {
            [] => {}
            [Step::Key(key)] => {
                if let Some((value, text)) = node.get(key).and_then(|value| Some((value, self.literal(value)?))) {
                    keys.push((text.into(), self.place(value.span())));
                }
            }
            [Step::Key(key), rest @ ..] => {
                if let Some(value) = node.get(key) {
                    self.keys(rest, value, keys);
                }
            }
            [Step::Items(_), rest @ ..] => {
                for item in node.items() {
                    self.budget = self.budget.saturating_sub(1);
                    if self.budget == 0 {
                        return;
                    }
                    self.keys(rest, item, keys);
                }
            }
            [Step::Each | Step::Prefix(_), ..] => {}
        }
    }

    /// The text of a scalar that is there and that nothing else writes.
    fn literal<'n>(&self, node: Node<'n>) -> Option<&'n str> {
        let text = node.as_str().filter(|text| !text.is_empty() && !node.is_null())?;
        (!is_expression(text) && !self.is_templated(node.resolve().span())).then_some(text)
    }

    fn stated(&self, node: Option<Node<'_>>) -> Stated {
        let Some(node) = node else { return Stated::Absent };
        match self.literal(node) {
            Some(text) => text.into(),
            None if node.as_str().is_some_and(|text| !text.is_empty() && !node.is_null()) => Stated::Unknown,
            // A template leaves nothing of a value that it writes whole.
            None if self.in_template(node) => Stated::Unknown,
            None => Stated::Absent,
        }
    }

    /// Whether a template writes any of the document that contains an empty node.
    fn in_template(&self, node: Node<'_>) -> bool {
        self.is_templated(Span::new(0, node.tree().text().len()))
    }

    fn is_templated(&self, span: Span) -> bool {
        self.unit.is_templated(self.inner(span))
    }

    /// A span of the text that is being read as one of the unit's.
    fn inner(&self, span: Span) -> Span {
        self.map.as_ref().map_or(span, |map| map.outer(span))
    }

    fn place(&self, span: Span) -> Place {
        self.places.at(self.unit.outer(self.inner(span)))
    }
}

impl<'n> Named<'n> {
    fn new(name: &'n str, span: Span, take: &Take<'_>) -> Self {
        let optional = take.optional;
        Self { name, span, namespace: Stated::Absent, field: None, keys: Vec::new(), optional, renamed: false }
    }
}

impl Condition<'_> {
    /// Whether it holds of `node`.
    pub(super) fn holds(&self, node: Node<'_>) -> bool {
        let value = node.at(self.field);
        let Some(wanted) = self.is else { return value.is_some() };
        match value.filter(|value| !value.is_null()) {
            Some(value) if value.is_sequence() => value.items().any(|item| item.as_str() == Some(wanted)),
            Some(value) => value.as_str() == Some(wanted),
            None => self.default == Some(wanted),
        }
    }
}

/// A mapping of exactly `name`, `key` and perhaps `optional`.
fn is_selector(node: Node<'_>) -> bool {
    let (mut name, mut key) = (false, false);
    for (entry, _) in node.entries() {
        match entry.as_str() {
            Some("name") => name = true,
            Some("key") => key = true,
            Some("optional") => {}
            _ => return false,
        }
    }
    name && key
}

/// The text of a scalar with a map to the text around it.
fn scalar_text(node: Node<'_>) -> Option<(Cow<'_, str>, OffsetMap)> {
    let node = node.resolve();
    let style = node.style()?;
    let quotes = usize::from(matches!(style, Style::Single | Style::Double));
    let whole = Span::new(node.span().start.saturating_sub(quotes), node.span().end + quotes);
    scalar::scalar_text(node.tree().text(), whole, style)
}

/// The span of a part of a scalar, or of all of it where it is not written as it is read.
fn part(node: Node<'_>, text: &str, range: std::ops::Range<usize>) -> Span {
    let span = node.resolve().span();
    if span.slice(node.tree().text()) == text { Span::from(range).shift(span.start) } else { span }
}
