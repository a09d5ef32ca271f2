//! Where each object lands: name and namespace in the cluster, for each build that it is part of.
//!
//! In order: the kustomizations that include the file, up to those that no other one includes; what Argo CD or Flux add
//! to these; `metadata.namespace`; else the namespace is unknown, and never guessed.

use std::collections::{BTreeMap, BTreeSet};

use super::Stated;
use super::annotation::VAULT;
use super::facts::kustomization::symbolic_path;
use super::facts::{Access, Deploy, Object, Pod, Role, Scope};
use super::kustomize::{Aspect, Build, Builder, Built, Content, Origin, Referral, Text, Tree, is_cluster_scoped};
use super::landed::{Defined, Landed, PULL_SECRETS, Patched, Source, Used};
use crate::path;

pub(crate) use super::landed::{Landing, Line};

/// Where every object of `files` lands.
pub(crate) fn landings(files: &[Source]) -> Landed<'_> {
    let deploys = Deploys::new(files);
    let tree = Tree::new(files.iter().map(|(path, facts)| (&**path, facts)).collect());
    let mut builds: BTreeSet<u32> = tree.roots().into_iter().collect();
    builds
        .extend(tree.kustomizations().into_iter().filter(|&file| deploys.of_folder(tree.path(file)).next().is_some()));
    // In two halves whatever the number of threads, so that the result is the same. Folders that share bases stand together.
    let builds: Vec<u32> = builds.into_iter().collect();
    let (first, second) = builds.split_at(builds.len() / 2);
    let room = Room::new(files);
    // What a build gives is taken over at once: all of them together would be much larger than that.
    let land = |builds: &[u32]| {
        let (builder, mut landed, mut room) = (Builder::new(&tree), Landed::new(files), Room(room.0 / 2));
        for &file in builds {
            landed.add_all(&builder.build(file), deploys.of_folder(tree.path(file)), &mut room);
        }
        (landed, room)
    };
    let ((mut landed, mut room), (second, left)) = rayon::join(|| land(first), || land(second));
    landed.append(second);
    room.0 += left.0;
    let configuration = tree.configuration();
    for (file, (path, facts)) in files.iter().enumerate() {
        // What kustomizations take for patches is not an object by itself.
        let patch = configuration[file];
        for (at, object) in facts.objects.iter().enumerate() {
            let free = landed.objects[file][at].is_empty() && !(patch && object.role == Role::Resource);
            if free && !is_inherited(object) {
                landed.objects[file][at] = deploys.alone(path, object, &mut room);
            }
        }
        inherit(&facts.objects, &mut landed.objects[file]);
    }
    landed
}

impl<'f> Landed<'f> {
    fn new(files: &[Source]) -> Self {
        let objects = files.iter().map(|(_, facts)| vec![Vec::new(); facts.objects.len()]).collect();
        Self { objects, generated: Vec::new(), used: Vec::new(), gaps: BTreeSet::new() }
    }

    /// Adds what lands by later builds.
    fn append(&mut self, mut later: Self) {
        for (landings, more) in self.objects.iter_mut().flatten().zip(later.objects.iter_mut().flatten()) {
            landings.reserve_exact(more.len());
            landings.append(more);
        }
        self.generated.append(&mut later.generated);
        self.used.append(&mut later.used);
        self.gaps.append(&mut later.gaps);
    }

    /// Takes over what a build gives, once for each that deploys it.
    fn add_all<'d>(&mut self, build: &Build<'f>, deployed: impl Iterator<Item = &'d Deployed<'f>>, room: &mut Room)
    where
        'f: 'd,
    {
        if !build.gaps.is_empty() {
            self.gaps.insert(build.file as usize);
        }
        let mut wrappers: Vec<Option<&Deployed<'_>>> = deployed.map(Some).collect();
        // Whatever deploys it too, where that is too much to follow, the namespace is one of theirs.
        let followed = room.pay(wrappers.len(), build.objects.len());
        if !followed {
            wrappers.truncate(1);
        }
        for wrapper in if wrappers.is_empty() { vec![None] } else { wrappers } {
            self.add(build, wrapper, followed);
        }
    }

    /// Takes over what a build gives, as something that deploys it changes that.
    fn add(&mut self, build: &Build<'f>, wrapper: Option<&Deployed<'f>>, followed: bool) {
        let file = build.file as usize;
        let renames = build.objects.iter().any(|built| built.kind == "Secret" && built.group.is_empty());
        for built in &build.objects {
            let mut landing = landing_of(built, file);
            if let Some(wrapper) = wrapper {
                wrapper.change(&mut landing, built.kind, built.namespace != Text::Absent, built.is_cluster_scoped());
            }
            if !followed {
                landing.forget();
            }
            match built.origin {
                Origin::Object { file: of, index, .. } => {
                    let user = (of as usize, index as usize);
                    let references = built.references();
                    landing.follows_more = build.follows_more;
                    if renames {
                        let renamed = references.iter().filter(|(_, one)| one.renamed || build.follows_more);
                        landing.follows = renamed.filter_map(|(_, one)| follow(build, built, &one.name)).collect();
                    }
                    // What may not be there at all needs nothing.
                    let used = references.iter().filter(|_| !landing.doubtful);
                    self.used.extend(used.map(|&(from, one)| Used::new(one, from as usize, user, &landing)));
                    self.objects[user.0][user.1].push(landing);
                }
                Origin::Generator { file: of, generator } if generator.secret => self.generated.push(Defined {
                    name: landing.name,
                    namespace: landing.namespace,
                    hashed: built.hashed,
                    definition: &generator.definition,
                    file: of as usize,
                    object: None,
                    build: Some(file),
                }),
                Origin::Generator { .. } => {}
            }
        }
    }
}

fn landing_of(built: &Built<'_>, build: usize) -> Landing {
    let line = |aspect| built.changed_by(aspect).map(|change| (change.file as usize, change.place));
    let namespace =
        if built.is_cluster_scoped() { Stated::Unknown } else { known_or_unknown(built.namespace.to_stated()) };
    let scope_by = line(Aspect::Annotation).and_then(|line| {
        let scope = Scope::of_annotations(|name| built.annotation(name) == Text::Known("true".into()));
        let own = built.object()?.sealed.as_deref()?.scope;
        (own != scope).then_some((line, scope))
    });
    Landing {
        name: built.name.to_stated(),
        namespace,
        build: Some(build),
        namespace_by: line(Aspect::Namespace),
        name_by: line(Aspect::Name),
        scope_by,
        doubtful: built.doubtful,
        patched: patched(built),
        ..Landing::default()
    }
}

fn known_or_unknown(stated: Stated) -> Stated {
    if stated == Stated::Absent { Stated::Unknown } else { stated }
}

/// What patches and replacements wrote.
fn patched(built: &Built<'_>) -> Patched {
    let vault = built.annotations.iter().any(|(key, _)| key.starts_with(VAULT));
    let mut found = Patched { vault, ..Patched::default() };
    for applied in &built.applied {
        match applied.content {
            Content::Merge(patch) => {
                let slots = patch.references.iter().map(|reference| &reference.slot).chain(&patch.removes);
                found.pulls.extend(slots.filter(|slot| slot.contains(PULL_SECRETS)).map(ToString::to_string));
                found.mounts.extend(patch.mounts.iter().map(|mount| mount.class.clone()));
                found.vault |= patch.vault.is_some();
                let account =
                    matches!(patch.access.as_deref(), Some(Access::Account(stated)) if *stated != Stated::Absent);
                let decides = |pod: &Pod| pod.token != Stated::Absent || pod.service_account != Stated::Absent;
                found.token |= account || patch.pods.iter().any(decides);
            }
            Content::Json(patch) => {
                let writes = patch.operations.iter().filter(|operation| &*operation.op != "test");
                writes.for_each(|operation| found.note(&operation.symbolic));
            }
            Content::Replacement(path) => found.note(&symbolic_path(path.split('.'))),
            Content::Merged(_) | Content::Replaced(_) => {}
        }
    }
    found
}

fn follow(build: &Build<'_>, referrer: &Built<'_>, name: &str) -> Option<(Box<str>, Stated)> {
    match build.secret(referrer, name) {
        Referral::Object(secret) if secret.hashed => Some((name.into(), Stated::Unknown)),
        Referral::Object(secret) => Some((name.into(), secret.name.to_stated())),
        Referral::Unknown => Some((name.into(), Stated::Unknown)),
        Referral::Unchanged => None,
    }
}

/// Whether an object lands where the one around it does.
fn is_inherited(object: &Object) -> bool {
    object.role == Role::Embedded && object.namespace == Stated::Absent && object.parent.is_some()
}

/// Objects inside others that state no namespace land in the namespace of these.
fn inherit(objects: &[Object], landings: &mut [Vec<Landing>]) {
    for (at, object) in objects.iter().enumerate().filter(|(_, object)| is_inherited(object)) {
        let Some(parent) = object.parent.and_then(|parent| usize::try_from(parent).ok()) else { continue };
        let Some(outer) = landings.get(parent).cloned() else { continue };
        let inside = |outer: Landing| Landing {
            name: object.name.clone(),
            namespace: outer.namespace,
            build: outer.build,
            doubtful: outer.doubtful,
            ..Landing::default()
        };
        landings[at] = outer.into_iter().map(inside).collect();
    }
}

/// What Argo CD and Flux deploy, by folder.
struct Deploys<'f>(BTreeMap<&'f str, Vec<Deployed<'f>>>);

/// How many landings may still be made of objects that several Applications deploy.
struct Room(usize);

/// Landings of objects that several Applications deploy, whatever the size of the repository.
const LEAST_LANDINGS: usize = 50_000;
/// The same in addition, for each object.
const LANDINGS_EACH: usize = 10;

/// One deployment of a folder.
struct Deployed<'f> {
    deploy: &'f Deploy,
    /// The file that says so.
    file: usize,
}

impl<'f> Deploys<'f> {
    fn new(files: &'f [Source]) -> Self {
        let mut deploys: BTreeMap<&str, Vec<Deployed<'_>>> = BTreeMap::new();
        for (file, (_, facts)) in files.iter().enumerate() {
            let objects = facts.objects.iter().filter(|object| object.role != Role::Example);
            for deploy in objects.flat_map(|object| &object.deploys) {
                let folder = deploy.path.trim_start_matches("./").trim_matches('/');
                // The root of whatever repository says nothing of this one.
                if !matches!(folder, "" | ".") {
                    deploys.entry(folder).or_default().push(Deployed { deploy, file });
                }
            }
        }
        Self(deploys)
    }

    /// What deploys the folder of a file.
    fn of_folder(&self, path: &str) -> impl Iterator<Item = &Deployed<'f>> + use<'_, 'f> {
        let folder = path::folder(path);
        self.0.get(folder).into_iter().flatten()
    }

    /// Where an object lands that no kustomization includes.
    fn alone(&self, path: &str, object: &Object, room: &mut Room) -> Vec<Landing> {
        let alone = Landing {
            name: object.name.clone(),
            namespace: known_or_unknown(object.namespace.clone()),
            ..Landing::default()
        };
        if object.role != Role::Resource {
            return vec![alone];
        }
        // Flux makes a kustomization where a folder has none.
        let stated = object.namespace != Stated::Absent;
        let ways: Vec<_> = self.of_folder(path).filter(|deployed| deployed.deploy.changes(stated)).collect();
        let mut landings = vec![alone; ways.len().max(1)];
        if !room.pay(ways.len(), 1) {
            landings.truncate(1);
            landings.iter_mut().for_each(Landing::forget);
            return landings;
        }
        let scoped = is_cluster_scoped(&object.group, &object.version, &object.kind);
        for (landing, deployed) in landings.iter_mut().zip(ways) {
            deployed.change(landing, &object.kind, stated, scoped);
        }
        landings
    }
}

impl Room {
    fn new(files: &[Source]) -> Self {
        let objects: usize = files.iter().map(|(_, facts)| facts.objects.len()).sum();
        Self(LEAST_LANDINGS.saturating_add(objects.saturating_mul(LANDINGS_EACH)))
    }

    /// Pays for objects that land in several ways; false where that is more than anyone could read about.
    fn pay(&mut self, ways: usize, objects: usize) -> bool {
        if ways < 2 {
            return true;
        }
        let left = self.0.checked_sub(ways.saturating_mul(objects));
        left.inspect(|left| self.0 = *left).is_some()
    }
}

impl Deploy {
    /// Whether it does something to an object, which has a namespace or not.
    fn changes(&self, stated: bool) -> bool {
        let moves = self.namespace != Stated::Absent && (self.overrides || !stated);
        moves || self.prefix.is_some() || self.suffix.is_some()
    }
}

impl Deployed<'_> {
    /// What the deployment does to an object (`docs/facts/kustomize.md#composition-and-order`). `stated` is whether that has a namespace before.
    fn change(&self, landing: &mut Landing, kind: &str, stated: bool, cluster_scoped: bool) {
        let deploy = self.deploy;
        if deploy.namespace != Stated::Absent && !cluster_scoped && (deploy.overrides || !stated) {
            landing.namespace = deploy.namespace.clone();
            landing.namespace_by = Some((self.file, deploy.namespace_place));
        }
        let fixed = matches!(kind, "CustomResourceDefinition" | "APIService" | "Namespace");
        if let Stated::Known(name) = &landing.name
            && !fixed
            && (deploy.prefix.is_some() || deploy.suffix.is_some())
        {
            let prefix = deploy.prefix.as_deref().unwrap_or_default();
            let suffix = deploy.suffix.as_deref().unwrap_or_default();
            landing.name = Stated::Known(format!("{prefix}{name}{suffix}").into());
            landing.name_by = Some((self.file, deploy.name_place));
        }
    }
}
