//! `ansible-vars-credential`: a credential among Ansible variables that is neither vaulted nor looked up.

use super::{Context, keyed};
use crate::document::fragment::Host;
use crate::document::yaml::Node;

pub(super) fn check(cx: &mut Context<'_, '_>) {
    let view = cx.view;
    for unit in view.parsed.units.iter().filter(|unit| unit.host() == Host::File) {
        let Some(root) = unit.tree().root() else { continue };
        if root.is_mapping() && is_variables_file(view.path) && root.get("kind").is_none() {
            keyed::settings(cx, unit, root, "An Ansible variables file", "");
        }
        if root.is_sequence() {
            for (index, play) in root.items().enumerate().filter(|(_, item)| is_play_or_task(*item)) {
                keyed::settings(cx, unit, play, "An Ansible playbook", &format!("[{index}]"));
            }
        }
    }
}

/// A file of `group_vars/`, `host_vars/`, or `vars/` and `defaults/` of a role.
fn is_variables_file(path: &str) -> bool {
    let folders: Vec<&str> = path.split('/').collect();
    let Some((name, folders)) = folders.split_last() else { return false };
    let yaml = name.ends_with(".yaml") || name.ends_with(".yml");
    let variables = ["group_vars", "host_vars", "vars", "defaults"];
    yaml && folders.iter().any(|folder| variables.contains(folder))
        || ["group_vars", "host_vars", "inventory"].iter().any(|known| folders.contains(known)) && !name.contains('.')
        || yaml && (name.starts_with("inventory") || *name == "hosts.yml" || *name == "vars.yml")
}

fn is_play_or_task(node: Node<'_>) -> bool {
    let has = |key: &str| node.get(key).is_some();
    node.is_mapping()
        && (has("hosts") && (has("tasks") || has("roles") || has("vars"))
            || has("name") && node.entries().any(|(key, _)| key.as_str().is_some_and(is_module)))
}

/// A module or a keyword that only Ansible tasks have.
fn is_module(key: &str) -> bool {
    key.starts_with("ansible.builtin.")
        || key.starts_with("kubernetes.core.")
        || key.starts_with("community.")
        || matches!(
            key,
            "set_fact"
                | "k8s"
                | "shell"
                | "command"
                | "template"
                | "copy"
                | "include_tasks"
                | "import_tasks"
                | "block"
                | "debug"
                | "helm"
                | "uri"
                | "file"
                | "lineinfile"
                | "apt"
                | "include_vars"
                | "add_host"
                | "environment"
        )
}
