//! Where in an object the walk is. Paths become text only where something was found.

use std::fmt::Write as _;

use crate::document::object::push_key;
use crate::document::yaml::Node;

/// A node on the way from the object, with the way to it.
#[derive(Clone, Copy)]
pub(super) struct Crumb<'c> {
    parent: Option<&'c Crumb<'c>>,
    part: Part<'c>,
    /// Number of crumbs before this one.
    pub(super) depth: usize,
}

/// One step of the way.
#[derive(Clone, Copy)]
pub(super) enum Part<'c> {
    /// The object itself.
    Root,
    /// The value of a key; where the table did not name it, its node, and how much of it the table named.
    Key(&'c str, Option<(Node<'c>, usize)>),
    /// An item of a list, and the key by which a strategic merge patch knows it.
    Item(usize, Node<'c>, Option<&'c str>),
}

impl<'c> Crumb<'c> {
    pub(super) const ROOT: Self = Self { parent: None, part: Part::Root, depth: 0 };

    pub(super) fn then(&'c self, part: Part<'c>) -> Self {
        Self { parent: Some(self), part, depth: self.depth + 1 }
    }

    /// The key that this value is at, its node, and how much of it the table named.
    pub(super) fn key(&self) -> Option<(&'c str, Node<'c>, usize)> {
        match self.part {
            Part::Key(key, Some((node, named))) => Some((key, node, named)),
            _ => None,
        }
    }

    /// `.spec.containers[0].env[2]`
    pub(super) fn path(&self) -> String {
        self.text(false)
    }

    /// `.spec.containers[name=web].env[name=A]`
    pub(super) fn slot(&self) -> String {
        self.text(true)
    }

    fn text(&self, merged: bool) -> String {
        // Long enough for nearly all, so that it does not grow key by key.
        let mut text = String::with_capacity(16 * self.depth);
        self.write(&mut text, merged);
        text
    }

    fn write(&self, text: &mut String, merged: bool) {
        if let Some(parent) = self.parent {
            parent.write(text, merged);
        }
        match self.part {
            Part::Root => {}
            Part::Key(key, _) => push_key(text, key),
            Part::Item(index, node, merge) => {
                let name = merge.filter(|_| merged).and_then(|key| Some((key, node.get(key)?.as_str()?)));
                match name {
                    Some((key, name)) => text.extend(["[", key, "=", name, "]"]),
                    // Writing to a string does not fail.
                    None => drop(write!(text, "[{index}]")),
                }
            }
        }
    }
}
