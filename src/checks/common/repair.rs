//! Repairs that a check of the whole repository wishes for, and the fixes that they become where the text is at hand.
//!
//! Such a check knows places only, because no text outlives its facts. So it says what is to be done, and the engine,
//! which reads the file again to show the finding, asks [`Repair::fix`] for the edits.

use crate::document::object::Object;
use crate::document::sealable::resealable;
use crate::document::spot::{Spot, Step};
use crate::document::view::View;
use crate::finding::edit::{Edit, Fix, FixKind};
use crate::rule::Fixable;
use crate::span::Span;

/// What is to be done. Spans are those of names, bytes of the file's text.
#[derive(Clone, Debug)]
pub enum Repair {
    /// Write other texts in the place of what stands there, all or none.
    Write {
        /// Where, and the new text.
        texts: Vec<(Span, String)>,
        /// Whether that may be done unseen.
        applicability: Fixable,
        /// What it does, as [`Fix::title`].
        title: String,
    },
    /// Give an object a namespace.
    Namespace {
        /// The object's name.
        name: Span,
        namespace: String,
    },
    /// Seal a SealedSecret anew for another namespace.
    Reseal {
        /// The object's name.
        name: Span,
        namespace: String,
    },
    /// Use the right Secret in a list: in the place of the first wrong one, or, where the list has it, instead of all.
    Use {
        /// What the list is for.
        list: List,
        /// The wrong names of one list, in the order of the file.
        wrong: Vec<Span>,
        /// Names that are right, the usual one first.
        right: Vec<String>,
    },
    /// Remove items that name a Secret once more.
    Repeated {
        /// The names to go.
        names: Vec<Span>,
    },
    /// Give a pod a pull secret.
    PullSecret {
        /// The image of one of its containers.
        image: Span,
        /// The pull secret.
        name: String,
    },
}

/// Most names that one repair changes. Each of as many findings carries it.
pub(in crate::checks) const MOST: usize = 32;

/// A list of names of Secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// `imagePullSecrets`.
    PullSecrets,
    /// `envFrom` of a container.
    EnvFrom,
}

impl Repair {
    /// The fix; none where the text does not let it be certain.
    #[must_use]
    pub fn fix(&self, view: &View<'_>) -> Option<Fix> {
        match self {
            Self::Write { texts, applicability, title } => {
                let edit = |(span, text): &(Span, String)| Spot::at(view, *span)?.replace(text);
                let edits = texts.iter().map(edit).collect::<Option<Vec<_>>>()?;
                Some(Fix::edits(*applicability, title.clone(), edits))
            }
            Self::Reseal { name, namespace } => reseal_fix(view, *name, namespace),
            Self::Namespace { name, namespace } => namespace_fix(view, *name, namespace),
            Self::Use { list, wrong, right } => list.use_fix(view, wrong, right),
            Self::Repeated { names } => {
                let places = List::PullSecrets.places(view, names)?;
                let edits = places.remove()?;
                Some(Fix::edits(Fixable::Safe, "remove the duplicate pull secret", edits))
            }
            Self::PullSecret { image, name } => pull_secret_fix(view, *image, name),
        }
    }
}

/// It is safe: a ciphertext with a namespace opens nowhere else, so what it states now cannot be better.
fn namespace_fix(view: &View<'_>, name: Span, namespace: &str) -> Option<Fix> {
    let spot = Spot::at(view, name)?;
    let [.., metadata, own] = spot.steps() else { return None };
    if own.name() != Some("name") || metadata.name() != Some("metadata") {
        return None;
    }
    let title = format!("set the namespace `{namespace}`, for which it was sealed");
    Some(Fix::edits(Fixable::Safe, title, vec![spot.add_entry("namespace", namespace)?]))
}

/// It is unsafe: the values become readable in another namespace, and whether they are meant for it no file tells.
fn reseal_fix(view: &View<'_>, name: Span, namespace: &str) -> Option<Fix> {
    let holds = |object: &&Object<'_>| object.kind == "SealedSecret" && object.span().contains(name);
    let object = view.objects.iter().find(holds)?;
    let document = resealable(view.text, object.unit, object).ok()?;
    let title = format!("re-seal it for the namespace `{namespace}`, with `--private-key`");
    let kind = FixKind::Reseal { document, namespace: Some(namespace.to_owned()), strict: false };
    Some(Fix { applicability: Fixable::Unsafe, title, kind })
}

/// Before the containers, as deep as these.
fn pull_secret_fix(view: &View<'_>, image: Span, name: &str) -> Option<Fix> {
    let spot = Spot::at(view, image)?;
    let [before @ .., containers, _, own] = spot.steps() else { return None };
    let named = matches!(containers.name(), Some("containers" | "initContainers")) && own.name() == Some("image");
    if !named || !containers.node.is_sequence() {
        return None;
    }
    let edit = spot.add_list(before.len(), "imagePullSecrets", "name", name)?;
    Some(Fix::edits(Fixable::Unsafe, format!("add the pull secret `{name}` to the pod"), vec![edit]))
}

impl List {
    fn use_fix(self, view: &View<'_>, wrong: &[Span], right: &[String]) -> Option<Fix> {
        let to = right.first()?;
        let what = match self {
            Self::PullSecrets => "pull with",
            Self::EnvFrom => "load",
        };
        let rename = |span: &Span| Spot::at(view, *span)?.replace(to);
        let Some(places) = self.places(view, wrong) else {
            // A name that stands alone, as in a patch of one value.
            let [one] = wrong else { return None };
            let title = format!("{what} `{to}` instead");
            return Some(Fix::edits(Fixable::Unsafe, title, vec![rename(one)?]));
        };
        let (title, edits) = if places.others().any(|name| right.iter().any(|right| right == name)) {
            (format!("{what} only the Secret that is listed already"), places.remove()?)
        } else {
            let mut edits = vec![rename(wrong.first()?)?];
            edits.extend(Places { wrong: places.wrong.get(1..)?.to_vec(), ..places }.remove()?);
            (format!("{what} `{to}` instead"), edits)
        };
        Some(Fix::edits(Fixable::Unsafe, title, edits))
    }

    /// Where names stand in one list; none where one of them stands elsewhere.
    fn places<'v>(self, view: &View<'v>, names: &[Span]) -> Option<Places<'v>> {
        let mut found: Option<Places<'v>> = None;
        for span in names {
            let spot = Spot::at(view, *span)?;
            let at = self.at(spot.steps())?;
            let items = spot.steps()[at].node;
            let item = spot.steps()[at + 1].node;
            let index = items.items().position(|other| other.is(item))?;
            let places = found.get_or_insert_with(|| Places { list: self, spot, at, wrong: Vec::new() });
            if !places.spot.steps()[places.at].node.is(items) {
                return None;
            }
            places.wrong.push(index);
        }
        found
    }

    /// Which of the steps to a name is the list.
    fn at(self, steps: &[Step<'_>]) -> Option<usize> {
        let names: Vec<Option<&str>> = steps.iter().map(Step::name).collect();
        let behind = match (self, names.as_slice()) {
            (Self::PullSecrets, [.., Some("imagePullSecrets"), None, Some("name")]) => 3,
            (Self::PullSecrets, [.., Some("imagePullSecrets"), None]) => 2,
            (Self::EnvFrom, [.., Some("envFrom"), None, Some("secretRef"), Some("name")]) => 4,
            _ => return None,
        };
        Some(steps.len() - behind)
    }
}

/// Items of one list.
struct Places<'v> {
    list: List,
    /// A name in the list.
    spot: Spot<'v>,
    /// Which of its steps is the list.
    at: usize,
    /// Indexes of the items.
    wrong: Vec<usize>,
}

impl<'v> Places<'v> {
    /// The items with their indexes.
    fn items(&self) -> impl Iterator<Item = (usize, crate::document::yaml::Node<'v>)> {
        self.spot.steps()[self.at].node.items().enumerate()
    }

    /// Names in the other items, as far as these say nothing but a name.
    fn others(&self) -> impl Iterator<Item = &'v str> {
        self.items().filter(|(index, _)| !self.wrong.contains(index)).filter_map(|(_, item)| self.list.name(item))
    }

    /// Edits that remove the items; none where one of them says more than a name.
    fn remove(&self) -> Option<Vec<Edit>> {
        if self.wrong.is_empty() {
            return Some(Vec::new());
        }
        let mut removed = self.items().filter(|(index, _)| self.wrong.contains(index));
        if !removed.all(|(_, item)| self.list.name(item).is_some()) {
            return None;
        }
        self.spot.remove_items(self.at, &self.wrong)
    }
}

impl List {
    /// The name in an item that says nothing else: no prefix of variables, no directive of a patch.
    fn name(self, item: crate::document::yaml::Node<'_>) -> Option<&str> {
        let only = |key: &str| item.entries().all(|(own, _)| own.as_str() == Some(key));
        match self {
            Self::PullSecrets if item.style().is_some() => item.as_str(),
            Self::PullSecrets => item.get("name").filter(|_| only("name"))?.as_str(),
            Self::EnvFrom => item.get("secretRef").filter(|_| only("secretRef"))?.get("name")?.as_str(),
        }
    }
}
