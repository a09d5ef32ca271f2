//! `ansible-vars-credential`: a credential among Ansible variables that is neither vaulted nor looked up.

use crate::checks::common::{Context, keyed};
use crate::document::ansible_inventory::{self, InventoryPair};
use crate::document::yaml::Node;
use crate::path;

pub(super) fn check(cx: &mut Context<'_, '_>) {
    let view = cx.view;
    if view.parsed.units.is_empty() && is_inventory_path(view.path) {
        inventory_lines(cx);
    }
    for unit in view.file_units() {
        let Some(root) = unit.tree().root() else { continue };
        if root.is_mapping() && is_variables_file(view.path) && root.get("kind").is_none() {
            keyed::settings(cx, unit, root, "An Ansible variables file", "");
        } else if is_inventory(root) {
            keyed::settings(cx, unit, root, "An Ansible inventory", "");
        }
        if root.is_sequence() {
            let tasks = is_tasks_file(view.path);
            for (index, play) in root.items().enumerate().filter(|(_, item)| is_play_or_task(*item, tasks)) {
                keyed::settings(cx, unit, play, "An Ansible playbook", &format!("[{index}]"));
            }
        }
    }
}

/// An inventory in lines.
fn inventory_lines(cx: &mut Context<'_, '_>) {
    let text = cx.view.text;
    if memchr::memmem::find(text.as_bytes(), b"ansible_").is_none() {
        return;
    }
    for InventoryPair { section, key, value } in ansible_inventory::pairs(text) {
        let place = section.map_or_else(|| key.to_owned(), |section| format!("[{section}] {key}"));
        cx.judge("An Ansible inventory", &place, key, cx.value_at(value), value);
    }
}

/// Whether a file without an ending, or with that of settings, is where inventories are.
fn is_inventory_path(path: &str) -> bool {
    let (folder, name) = path::split(path);
    let plain = !name.contains('.') || name.ends_with(".ini") || name.ends_with(".cfg") || name.ends_with(".inventory");
    let named = |text: &str| text.starts_with("hosts") || text.starts_with("inventor");
    plain && (named(name) || folder.split('/').any(|part| matches!(part, "inventory" | "inventories")))
}

/// `all` with hosts, groups or variables.
fn is_inventory(root: Node<'_>) -> bool {
    let all = root.get("all");
    root.get("kind").is_none()
        && all.is_some_and(|all| ["hosts", "children", "vars"].iter().any(|key| all.get(key).is_some()))
}

/// A file of tasks, by its folder.
fn is_tasks_file(path: &str) -> bool {
    path.rsplit('/').nth(1).is_some_and(|folder| matches!(folder, "tasks" | "handlers" | "pre_tasks" | "post_tasks"))
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

fn is_play_or_task(node: Node<'_>, tasks: bool) -> bool {
    let has = |key: &str| node.get(key).is_some();
    let full = |key: &str| {
        let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let part = |part: &str| !part.is_empty() && part.bytes().all(inner);
        key == "set_fact" || key.split('.').count() == 3 && key.split('.').all(part)
    };
    let named = |test: &dyn Fn(&str) -> bool| node.entries().any(|(key, _)| key.name().is_some_and(test));
    node.is_mapping()
        && !has("apiVersion")
        && (tasks
            || named(&full)
            || has("hosts") && (has("tasks") || has("roles") || has("vars"))
            || has("name") && named(&is_module))
}

/// Modules and keywords that only Ansible tasks have.
const MODULES: &str = "set_fact k8s shell command template copy include_tasks import_tasks block debug helm uri file lineinfile \
                       apt include_vars add_host environment";

fn is_module(key: &str) -> bool {
    ["ansible.builtin.", "kubernetes.core.", "community."].iter().any(|prefix| key.starts_with(prefix))
        || MODULES.split(' ').any(|module| module == key)
}
