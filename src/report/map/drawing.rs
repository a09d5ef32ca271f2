//! What both pictures show: groups of nodes and edges, with as much detail as there is room for.

use std::collections::{BTreeMap, BTreeSet};

use super::super::text::neutral;
use crate::inventory::facts::{Maker, Usage};
use crate::inventory::index::At;
use crate::inventory::map::{Consumer, Map, Namespace, Secret, Status};

/// Longest line of a label, characters.
const LONGEST: usize = 72;
/// Keys that are named in a Secret's node; more are only counted.
const KEYS: usize = 8;
/// Keys that are named at an edge.
const EDGE_KEYS: usize = 2;

/// How much is drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Detail {
    /// Consumers of one kind, folder and use that get a node each; the others share one.
    pub members: usize,
    /// Whether keys are named.
    pub keys: bool,
    /// Whether consumers of several folders are told apart.
    pub folders: bool,
}

/// From the most to the least.
pub(super) const DETAILS: [Detail; 4] = [
    Detail { members: 8, keys: true, folders: true },
    Detail { members: 3, keys: false, folders: true },
    Detail { members: 0, keys: false, folders: true },
    Detail { members: 0, keys: false, folders: false },
];

/// How a language writes the parts of a picture.
pub(super) struct Language {
    /// The two lines that open a group, by its id and label.
    pub open: fn(&str, &[String]) -> [String; 2],
    pub close: &'static str,
    pub node: fn(&Node) -> String,
    pub edge: fn(&Edge) -> String,
}

/// A picture.
#[derive(Debug)]
pub(super) struct Drawing {
    pub groups: Vec<Group>,
    /// What applies to the whole picture.
    pub note: Option<String>,
}

/// A workflow with its namespaces, or one other namespace.
#[derive(Debug)]
pub(super) struct Group {
    /// Of the workflow; none for other namespaces.
    pub label: Option<String>,
    pub spaces: Vec<Space>,
}

/// A namespace.
#[derive(Debug)]
pub(super) struct Space {
    pub lines: Vec<String>,
    pub nodes: Vec<Node>,
    pub edges: Vec<Edge>,
}

/// A Secret, a consumer, or several consumers.
#[derive(Debug)]
pub(super) struct Node {
    pub id: String,
    pub lines: Vec<String>,
    pub look: Look,
}

/// From a Secret to what uses it.
#[derive(Debug)]
pub(super) struct Edge {
    pub from: String,
    pub to: String,
    pub label: String,
    /// Whether nothing breaks without it.
    pub loose: bool,
}

/// How a node looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Look {
    Sealed,
    External,
    Secret,
    Given,
    Undefined,
    Uncertain,
    Consumer,
}

impl Look {
    /// Name, colour inside, colour of the frame.
    pub(super) fn style(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Sealed => ("sealed", "#d9f2df", "#2e7d46"),
            Self::External => ("external", "#dbe9fb", "#2f66ad"),
            Self::Secret => ("secret", "#fdebc8", "#b36b00"),
            Self::Given => ("given", "#ececec", "#6b6b6b"),
            Self::Undefined => ("undefined", "#fbd9d9", "#b3261e"),
            Self::Uncertain => ("uncertain", "#f5f5f5", "#8a6d00"),
            Self::Consumer => ("consumer", "#ffffff", "#555555"),
        }
    }

    /// Whether the frame is broken, so that the look does not hang on colours alone.
    pub(super) fn is_dashed(self) -> bool {
        matches!(self, Self::Undefined | Self::Uncertain)
    }

    fn of(secret: &Secret) -> Self {
        let made = |wanted: &[Maker]| secret.definitions.iter().any(|made| wanted.contains(&made.maker));
        match secret.status {
            Status::Defined if made(&[Maker::Secret, Maker::SecretGenerator, Maker::Command]) => Self::Secret,
            Status::Defined if made(&[Maker::SealedSecret]) => Self::Sealed,
            Status::Defined => Self::External,
            Status::Declared | Status::Delivered => Self::Given,
            Status::Undefined => Self::Undefined,
            Status::Uncertain | Status::Optional => Self::Uncertain,
        }
    }
}

impl Drawing {
    pub(super) fn new(map: &Map, errors: usize, detail: Detail) -> Self {
        let mut drawing = Self { groups: Vec::new(), note: note(map, errors) };
        let mut drawn = [0, 0];
        let mut workflow = None;
        for namespace in &map.namespaces {
            let space = space(namespace, detail, &mut drawn);
            match drawing.groups.last_mut() {
                Some(group) if namespace.workflow.is_some() && workflow == namespace.workflow => {
                    group.spaces.push(space);
                }
                _ => {
                    let label = namespace.workflow.as_ref().map(|name| line(&format!("workflow {name}")));
                    drawing.groups.push(Group { label, spaces: vec![space] });
                }
            }
            workflow.clone_from(&namespace.workflow);
        }
        drawing
    }

    /// Writes all groups.
    pub(super) fn write(&self, language: &Language, text: &mut String) {
        let open = |text: &mut String, depth, id: &str, label: &[String]| {
            let [first, second] = (language.open)(id, label);
            push(text, depth, &first);
            push(text, depth + 1, &second);
        };
        let mut namespaces = 0;
        for (index, group) in self.groups.iter().enumerate() {
            let depth = 1 + usize::from(group.label.is_some());
            if let Some(label) = &group.label {
                open(text, 1, &format!("w{}", index + 1), std::slice::from_ref(label));
            }
            for space in &group.spaces {
                open(text, depth, &next('n', &mut namespaces), &space.lines);
                space.nodes.iter().for_each(|node| push(text, depth + 1, &(language.node)(node)));
                space.edges.iter().for_each(|edge| push(text, depth + 1, &(language.edge)(edge)));
                push(text, depth, language.close);
            }
            if group.label.is_some() {
                push(text, 1, language.close);
            }
        }
    }

    pub(super) fn edges(&self) -> usize {
        self.groups.iter().flat_map(|group| &group.spaces).map(|space| space.edges.len()).sum()
    }

    /// The looks that occur, in their order.
    pub(super) fn looks(&self) -> BTreeSet<Look> {
        let spaces = self.groups.iter().flat_map(|group| &group.spaces);
        spaces.flat_map(|space| &space.nodes).map(|node| node.look).collect()
    }
}

fn note(map: &Map, errors: usize) -> Option<String> {
    match (map.namespaces.is_empty(), errors) {
        (true, 0) => Some("no Secret".to_owned()),
        (_, 0) => None,
        (_, 1) => Some("incomplete: 1 error".to_owned()),
        (_, errors) => Some(format!("incomplete: {errors} errors")),
    }
}

/// The next id of a kind.
fn next(kind: char, count: &mut usize) -> String {
    *count += 1;
    format!("{kind}{count}")
}

/// Draws a namespace, after so many Secrets and consumers.
fn space(namespace: &Namespace, detail: Detail, [secrets_drawn, consumers_drawn]: &mut [usize; 2]) -> Space {
    let name = match &namespace.name {
        Some(name) => format!("namespace {name}"),
        None => "namespace not known".to_owned(),
    };
    let lines = namespace.environment.iter().cloned().chain([name]).map(|text| line(&text)).collect();
    let mut space = Space { lines, nodes: Vec::new(), edges: Vec::new() };
    let mut secrets = Vec::new();
    for secret in &namespace.secrets {
        let id = next('s', secrets_drawn);
        space.nodes.push(Node { id: id.clone(), lines: secret_lines(secret, detail), look: Look::of(secret) });
        secrets.push(id);
    }
    for cluster in clusters(namespace, detail) {
        let id = next('c', consumers_drawn);
        let lines = cluster.lines(namespace, detail);
        space.nodes.push(Node { id: id.clone(), lines, look: Look::Consumer });
        for (secret, link) in cluster.links() {
            let label = link.label(detail.keys && cluster.users.len() == 1);
            space.edges.push(Edge { from: secrets[secret].clone(), to: id.clone(), label, loose: link.loose });
        }
    }
    space
}

fn secret_lines(secret: &Secret, detail: Detail) -> Vec<String> {
    let name = secret.name.as_deref().unwrap_or("name not known");
    let name = if secret.hashed { format!("{name}-<hash>") } else { name.to_owned() };
    let made = match secret.status {
        Status::Defined => {
            let mut makers: BTreeMap<&str, usize> = BTreeMap::new();
            secret.definitions.iter().for_each(|made| *makers.entry(made.maker.as_str()).or_default() += 1);
            let counted = |(word, count)| if count == 1 { String::from(word) } else { format!("{count} × {word}") };
            makers.into_iter().map(counted).collect::<Vec<_>>().join(", ")
        }
        Status::Declared => "declared".to_owned(),
        Status::Delivered => "delivered by the platform".to_owned(),
        Status::Uncertain => "perhaps defined elsewhere".to_owned(),
        Status::Undefined => "not defined".to_owned(),
        Status::Optional => "not defined, optional".to_owned(),
    };
    let number = match (secret.keys.len(), secret.complete) {
        (0, true) => Some("no keys".to_owned()),
        (0, false) => None,
        (1, true) => Some("1 key".to_owned()),
        (1, false) => Some("1 key or more".to_owned()),
        (count, true) => Some(format!("{count} keys")),
        (count, false) => Some(format!("{count} keys or more")),
    };
    let made = number.map_or(made.clone(), |number| format!("{made}, {number}"));
    let named = detail.keys && secret.keys.len() <= KEYS;
    let keys = secret.keys.iter().filter(|_| named).cloned();
    [name, made].into_iter().chain(keys).map(|text| line(&text)).collect()
}

/// An object with all that it uses of a namespace.
struct User<'m> {
    first: &'m Consumer,
    /// By index of the Secret.
    links: BTreeMap<usize, Link<'m>>,
}

/// How an object uses one Secret.
#[derive(Clone, Default)]
struct Link<'m> {
    /// What for, with the keys that it asks for.
    usages: BTreeMap<&'static str, BTreeSet<&'m str>>,
    loose: bool,
}

impl Link<'_> {
    fn label(&self, keys: bool) -> String {
        let named = |(usage, asked): (&&str, &BTreeSet<&str>)| match asked.len() {
            count if count == 0 || !keys => (*usage).to_owned(),
            count if count > EDGE_KEYS => format!("{usage} {count} keys"),
            _ => format!("{usage} {}", asked.iter().copied().collect::<Vec<_>>().join(" ")),
        };
        line(&self.usages.iter().map(named).collect::<Vec<_>>().join(", "))
    }

    /// What tells links apart that are drawn alike.
    fn kind(&self) -> (Vec<&'static str>, bool) {
        (self.usages.keys().copied().collect(), self.loose)
    }
}

/// Consumers that share a node.
struct Cluster<'m> {
    users: Vec<User<'m>>,
    /// Whether others of the kind have nodes of their own.
    rest: bool,
}

impl<'m> Cluster<'m> {
    fn lines(&self, namespace: &Namespace, detail: Detail) -> Vec<String> {
        let Some(first) = self.users.first().map(|user| user.first) else { return Vec::new() };
        let elsewhere = first.namespace.as_ref().filter(|own| namespace.name.as_ref() != Some(*own));
        let mut lines = vec![first.kind.clone()];
        if self.users.len() > 1 {
            let count = self.users.len();
            lines.push(if self.rest { format!("… and {count} more") } else { format!("{count} of them") });
            if detail.folders {
                lines.push(format!("in {}", folder(&first.path)));
            }
        } else {
            lines.push(first.name.clone().unwrap_or_else(|| "name not known".to_owned()));
        }
        lines.extend(elsewhere.map(|own| format!("of namespace {own}")));
        lines.iter().map(|text| line(text)).collect()
    }

    /// What all of them use.
    fn links(&self) -> impl Iterator<Item = (usize, &Link<'m>)> {
        self.users.first().into_iter().flat_map(|user| user.links.iter().map(|(secret, link)| (*secret, link)))
    }
}

/// The folder of a file.
fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("the root", |(folder, _)| folder)
}

/// The consumers of a namespace: each alone, or those together that have kind, folder and uses in common.
fn clusters(namespace: &Namespace, detail: Detail) -> Vec<Cluster<'_>> {
    let mut users: BTreeMap<(At, Option<&str>, Option<&str>), User<'_>> = BTreeMap::new();
    for (index, secret) in namespace.secrets.iter().enumerate() {
        for consumer in &secret.consumers {
            // One object may land here under several names.
            let key = (consumer.object, consumer.name.as_deref(), consumer.namespace.as_deref());
            let user = users.entry(key).or_insert_with(|| User { first: consumer, links: BTreeMap::new() });
            let link = user.links.entry(index).or_insert_with(|| Link { loose: true, ..Link::default() });
            let keys = link.usages.entry(consumer.usage.as_str()).or_default();
            keys.extend(consumer.keys.iter().map(String::as_str));
            link.loose &= consumer.optional || consumer.usage == Usage::Access;
        }
    }
    let mut groups: BTreeMap<_, Vec<User<'_>>> = BTreeMap::new();
    for user in users.into_values() {
        let first = user.first;
        let uses: Vec<_> = user.links.iter().map(|(secret, link)| (*secret, link.kind())).collect();
        let place = if detail.folders { folder(&first.path) } else { "" };
        groups.entry((first.kind.as_str(), place, first.namespace.as_deref(), uses)).or_default().push(user);
    }
    let mut clusters = Vec::new();
    for mut users in groups.into_values() {
        users.sort_by(|a, b| (&a.first.name, a.first.object).cmp(&(&b.first.name, b.first.object)));
        // A node for one more takes no more room than one that says so.
        let alone = if users.len() <= detail.members + 1 { users.len() } else { detail.members };
        let rest = users.split_off(alone);
        clusters.extend(users.into_iter().map(|user| Cluster { users: vec![user], rest: false }));
        if !rest.is_empty() {
            clusters.push(Cluster { users: rest, rest: alone > 0 });
        }
    }
    clusters
}

/// Adds a line.
pub(super) fn push(text: &mut String, depth: usize, line: &str) {
    text.extend(["  ".repeat(depth).as_str(), line, "\n"]);
}

/// `text` as one line of a label.
fn line(text: &str) -> String {
    let text = neutral(text);
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::inventory::map;

    fn consumer(number: usize, kind: &str, path: &str, usage: Usage, keys: &[&str]) -> Consumer {
        Consumer {
            kind: kind.to_owned(),
            name: Some(format!("x{number:02}")),
            namespace: Some("a".to_owned()),
            path: Arc::from(path),
            line: 1,
            usage,
            keys: keys.iter().map(|key| (*key).to_owned()).collect(),
            optional: false,
            object: (number, 0),
        }
    }

    fn secret(status: Status, makers: &[Maker], keys: &[&str], consumers: Vec<Consumer>) -> Secret {
        let definition = |maker: &Maker| map::Definition { maker: *maker, path: Arc::from("d.yaml"), line: 1 };
        Secret {
            name: Some("db".to_owned()),
            hashed: false,
            status,
            secret_type: None,
            keys: keys.iter().map(|key| (*key).to_owned()).collect(),
            complete: true,
            definitions: makers.iter().map(definition).collect(),
            consumers,
        }
    }

    fn drawn(secrets: Vec<Secret>, detail: Detail) -> Space {
        let name = Some("a".to_owned());
        let namespaces = vec![Namespace { name, workflow: None, environment: None, secrets }];
        let mut drawing = Drawing::new(&Map { namespaces, unplaced: 0 }, 0, detail);
        drawing.groups.remove(0).spaces.remove(0)
    }

    /// Labels of the consumers.
    fn consumers(space: &Space) -> Vec<String> {
        let nodes = space.nodes.iter().filter(|node| node.look == Look::Consumer);
        nodes.map(|node| node.lines.join("/")).collect()
    }

    #[test]
    fn consumers_alike_share_a_node_beyond_a_number() {
        let many = |count: usize| {
            let users = (0..count).map(|n| consumer(n, "Pod", "apps/a.yaml", Usage::EnvFrom, &[])).collect();
            secret(Status::Defined, &[Maker::Secret], &[], users)
        };
        let detail = Detail { members: 2, ..DETAILS[0] };
        let labels = |count| consumers(&drawn(vec![many(count)], detail));
        assert_eq!(labels(3), ["Pod/x00", "Pod/x01", "Pod/x02"]);
        assert_eq!(labels(14), ["Pod/x00", "Pod/x01", "Pod/… and 12 more/in apps"]);
        let none = Detail { members: 0, ..detail };
        assert_eq!(consumers(&drawn(vec![many(14)], none)), ["Pod/14 of them/in apps"]);
        assert_eq!(consumers(&drawn(vec![many(14)], DETAILS[3])), ["Pod/14 of them"]);
    }

    #[test]
    fn consumers_of_another_kind_folder_or_use_do_not_share() {
        let users = vec![
            consumer(0, "Pod", "a/x.yaml", Usage::EnvFrom, &[]),
            consumer(1, "Pod", "a/y.yaml", Usage::EnvFrom, &[]),
            consumer(2, "Job", "a/x.yaml", Usage::EnvFrom, &[]),
            consumer(3, "Pod", "b/x.yaml", Usage::EnvFrom, &[]),
            consumer(4, "Pod", "a/x.yaml", Usage::Volume, &[]),
        ];
        let space = drawn(vec![secret(Status::Undefined, &[], &[], users)], DETAILS[2]);
        assert_eq!(consumers(&space), ["Job/x02", "Pod/2 of them/in a", "Pod/x04", "Pod/x03"]);
        assert_eq!(space.edges.len(), 4);
    }

    #[test]
    fn an_object_that_uses_two_secrets_is_one_node() {
        let one = |usage| secret(Status::Defined, &[], &[], vec![consumer(0, "Pod", "a.yaml", usage, &["A", "B"])]);
        let space = drawn(vec![one(Usage::Env), one(Usage::Access)], DETAILS[0]);
        let edges: Vec<_> = space.edges.iter().map(|edge| (&*edge.from, &*edge.to, &*edge.label, edge.loose)).collect();
        assert_eq!(edges, [("s1", "c1", "env A B", false), ("s2", "c1", "access A B", true)]);
        let space = drawn(vec![one(Usage::Env)], DETAILS[1]);
        assert_eq!(space.edges[0].label, "env");
    }

    #[test]
    fn a_secret_says_how_it_comes_to_exist() {
        let seen = |status, makers: &[Maker], keys: &[&str]| {
            let space = drawn(vec![secret(status, makers, keys, Vec::new())], DETAILS[0]);
            (space.nodes[0].lines[1..].join("/"), space.nodes[0].look)
        };
        for (status, makers, label, look) in [
            (Status::Defined, &[Maker::SealedSecret][..], "SealedSecret, 1 key/A", Look::Sealed),
            (Status::Defined, &[Maker::ExternalSecret], "ExternalSecret, 1 key/A", Look::External),
            (Status::Defined, &[Maker::Secret; 2], "2 × Secret, 1 key/A", Look::Secret),
            (Status::Defined, &[Maker::SealedSecret, Maker::Secret], "SealedSecret, Secret, 1 key/A", Look::Secret),
            (Status::Declared, &[], "declared, 1 key/A", Look::Given),
            (Status::Delivered, &[], "delivered by the platform, 1 key/A", Look::Given),
            (Status::Undefined, &[], "not defined, 1 key/A", Look::Undefined),
        ] {
            assert_eq!(seen(status, makers, &["A"]), (label.to_owned(), look));
        }
        let nine = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];
        assert_eq!(seen(Status::Defined, &[Maker::Secret], &nine).0, "Secret, 9 keys");
    }
}
