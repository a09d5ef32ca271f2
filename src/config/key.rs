//! The type of a key of a configuration file.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde_json::Value as Json;

use super::bounds::Bounds;
use super::node::Node;
use super::reader::Reader;
use super::shown::Shown;
use crate::error::Problem;
use crate::rule::Rule;

/// What kind of file it is, which decides the keys that it may contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// The repository's file at the root, or the one of `--config`.
    Root,
    /// A `.mlguard.yaml` of a folder below the root.
    Nested,
    /// An organisation's file.
    Policy,
}

/// A key: everything that is known of it. `keys::KEYS` lists all; the file's reader, unknown keys, policies,
/// `--show-config`, the schema and the table in docs/configuration.md follow from that list.
pub(super) struct Key<V> {
    /// `fail-on`, or `rotation.max-age` for a key of a group.
    pub name: &'static str,
    /// Files that may contain it.
    pub scopes: &'static [Scope],
    /// What it does, one sentence for editors and the documentation.
    pub summary: &'static str,
    /// The default, as the documentation writes it.
    pub default: &'static str,
    /// The value where nothing is set.
    pub built_in: fn() -> V,
    /// Reads the value, and reports what is wrong with it; nothing where it cannot be used. The text is the key's label.
    pub read: fn(&mut Reader<'_>, &'static str, Node<'_>) -> Option<V>,
    /// What a policy lets the repository set.
    pub bound: Bound<V>,
    /// The JSON schema of the value. It is given the known rules.
    pub schema: fn(&[Rule]) -> Json,
    /// The value as `--show-config` prints it.
    pub show: fn(&V) -> Shown,
}

/// What a policy lets the repository set.
pub(super) enum Bound<V> {
    Free,
    /// What this makes of the policy's value, where it sets one, and the repository's.
    Joined(fn(&mut Bounds<'_>, Option<V>, V) -> V),
    /// A value that is not weaker (the first than the second); the default bounds too, where the policy sets none.
    Limit(fn(&V, &V) -> bool),
}

/// A key whatever its type.
pub(super) trait AnyKey: Sync {
    fn name(&self) -> &'static str;
    fn scopes(&self) -> &'static [Scope];
    fn summary(&self) -> &'static str;
    fn default(&self) -> &'static str;
    /// Reads the value into the values of a file.
    fn read(&self, reader: &mut Reader<'_>, node: Node<'_>, values: &mut Values);
    /// Joins what a policy, by its name, and a repository set.
    fn join(&self, policy: Option<&str>, files: [&Values; 2], joined: &mut Values, problems: &mut Vec<Problem>);
    fn schema(&self, rules: &[Rule]) -> Json;
    fn show(&self, values: &Values) -> Shown;

    fn group(&self) -> Option<&'static str> {
        self.name().split_once('.').map(|(group, _)| group)
    }

    /// The name inside its group.
    fn label(&self) -> &'static str {
        self.name().split_once('.').map_or(self.name(), |(_, label)| label)
    }

    /// The name at the top level of a file.
    fn top(&self) -> &'static str {
        self.group().unwrap_or(self.name())
    }
}

impl<V: Clone + Send + Sync + 'static> AnyKey for Key<V> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn scopes(&self) -> &'static [Scope] {
        self.scopes
    }

    fn summary(&self) -> &'static str {
        self.summary
    }

    fn default(&self) -> &'static str {
        self.default
    }

    fn read(&self, reader: &mut Reader<'_>, node: Node<'_>, values: &mut Values) {
        if let Some(value) = (self.read)(reader, self.label(), node) {
            values.set(self, value);
        }
    }

    fn join(&self, policy: Option<&str>, [floor, own]: [&Values; 2], joined: &mut Values, problems: &mut Vec<Problem>) {
        let floor = floor.get(self).cloned();
        let mut bounds = Bounds { policy, key: self.name, problems };
        let value = match (own.get(self).cloned(), &self.bound) {
            (None, _) => floor.unwrap_or_else(self.built_in),
            (Some(own), Bound::Free) => own,
            (Some(own), Bound::Joined(join)) => join(&mut bounds, floor, own),
            (Some(own), Bound::Limit(is_weaker)) => {
                let floor = floor.unwrap_or_else(self.built_in);
                let weaker = policy.is_some() && is_weaker(&own, &floor);
                if weaker {
                    bounds.refuse_weaker(&(self.show)(&own), &(self.show)(&floor));
                }
                if weaker { floor } else { own }
            }
        };
        joined.set(self, value);
    }

    fn schema(&self, rules: &[Rule]) -> Json {
        (self.schema)(rules)
    }

    fn show(&self, values: &Values) -> Shown {
        (self.show)(&values.holds(self))
    }
}

/// Values of keys: what one file sets, or what applies.
#[derive(Clone, Default)]
pub(super) struct Values(BTreeMap<&'static str, Arc<dyn Any + Send + Sync>>);

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Values {
    pub(super) fn get<V: 'static>(&self, key: &Key<V>) -> Option<&V> {
        self.0.get(key.name)?.downcast_ref()
    }

    pub(super) fn set<V: Send + Sync + 'static>(&mut self, key: &Key<V>, value: V) {
        self.0.insert(key.name, Arc::new(value));
    }

    pub(super) fn take<V: Clone + Send + Sync + 'static>(&mut self, key: &Key<V>) -> Option<V> {
        let value = self.0.remove(key.name)?.downcast().ok()?;
        Some(Arc::unwrap_or_clone(value))
    }

    /// The value, or the default where none is set.
    pub(super) fn holds<V: Clone + 'static>(&self, key: &Key<V>) -> V {
        self.get(key).cloned().unwrap_or_else(key.built_in)
    }
}
