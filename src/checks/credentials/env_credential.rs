//! `env-credential`: a literal credential in the environment of a container.

use crate::checks::common::{Context, keyed};
use crate::document::object::{Object, walk};
use crate::document::yaml::Node;
use crate::value::{KeyClass, key::classify};

pub(super) fn check(cx: &mut Context<'_, '_>) {
    let view = cx.view;
    for object in view.objects.iter().filter(|object| object.kind != "CustomResourceDefinition") {
        let mut lists: Vec<(String, Node<'_>)> = Vec::new();
        walk(object.node, &mut |path, key, value| {
            let environment = key.and_then(Node::name).is_some_and(|key| key == "env" || key.ends_with("Env"));
            if environment && value.is_sequence() {
                lists.push((path.to_owned(), value));
            }
            true
        });
        for (path, list) in lists {
            one_list(cx, object, &path, list);
        }
    }
}

fn one_list<'v>(cx: &mut Context<'_, 'v>, object: &Object<'v>, path: &str, list: Node<'v>) {
    let what = format!("The environment of {}", object.title());
    let mut found = false;
    let mut identifiers = Vec::new();
    for (index, item) in list.items().enumerate() {
        let Some((name, value)) = keyed::pair(item) else { continue };
        let place = format!("{} {path}[{index}].value", object.title());
        if classify(name) == KeyClass::Identifier {
            identifiers.push((name, value, place));
            continue;
        }
        let before = cx.drafts.len();
        keyed::scalar(cx, object.unit, &what, &place, name, value);
        found |= cx.drafts.len() > before;
    }
    // The public half of a key pair is worth a word only beside the secret half, or where its format tells what it is.
    for (name, value, place) in identifiers {
        let before = cx.drafts.len();
        keyed::scalar(cx, object.unit, &what, &place, name, value);
        let real = value.value().is_some_and(|value| value.judge(KeyClass::Identifier).is_some())
            && !object.unit.is_templated(value.span());
        if found && real && cx.drafts.len() == before {
            let message = format!("{what} contains a plaintext credential under `{name}`.");
            cx.report(object.unit.outer(value.span()), Some(place), message);
        }
    }
}
