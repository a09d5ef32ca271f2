//! The pages of a package: how applications name its Secrets, and what it is.

use std::fmt::Write as _;

use super::values::{keys, secret_type};
use super::{KUSTOMIZATION, Order, SEALED, TEMPLATE, archive_name};
use crate::config::{Content, PackageSecret};
use crate::error::counted;

/// Stands where people put their own image.
const IMAGE: &str = "your-org/your-app:1.0.0";

/// The Secrets of an order as applications use them.
struct Uses<'o> {
    /// Loaded with `envFrom`.
    env_from: Vec<&'o PackageSecret>,
    /// Named in `imagePullSecrets`.
    pull: Vec<&'o PackageSecret>,
    /// Everything else: mounted, or read by another program.
    other: Vec<&'o PackageSecret>,
}

impl<'o> Uses<'o> {
    fn of(order: &Order<'o>) -> Self {
        let (mut env_from, mut pull, mut other) = (Vec::new(), Vec::new(), Vec::new());
        for secret in &order.plan.secrets {
            let secret = &secret.value;
            match &secret.content {
                Content::Keys(_) if order.env_from.contains(&secret.name) => env_from.push(secret),
                Content::Registry(_) if order.image_pull.contains(&secret.name) => pull.push(secret),
                _ => other.push(secret),
            }
        }
        Self { env_from, pull, other }
    }

    /// The image of the example: of the first registry, so that its login is what it takes.
    fn image(&self) -> String {
        let server = self.pull.first().and_then(|secret| match &secret.content {
            Content::Registry(registry) => Some(registry.server.trim_end_matches('/').rsplit("://").next()?),
            Content::Keys(_) => None,
        });
        format!("{}/{IMAGE}", server.unwrap_or("docker.io"))
    }

    /// The part of a pod that names the Secrets, `margin` blanks in.
    fn pod(&self, margin: usize) -> String {
        let mut lines = vec!["containers:".to_owned(), "- name: app".to_owned(), format!("  image: {}", self.image())];
        if !self.env_from.is_empty() {
            lines.push("  # Every key becomes an environment variable.".to_owned());
            lines.push("  envFrom:".to_owned());
            for secret in &self.env_from {
                lines.extend(["  - secretRef:".to_owned(), format!("      name: {}", secret.name)]);
            }
        }
        if !self.pull.is_empty() {
            lines.push("# For images of private registries.".to_owned());
            lines.push("imagePullSecrets:".to_owned());
            lines.extend(self.pull.iter().map(|secret| format!("- name: {}", secret.name)));
        }
        let margin = " ".repeat(margin);
        lines.iter().fold(String::new(), |text, line| format!("{text}{margin}{line}\n"))
    }
}

/// `secret-reference-template.yaml`.
pub(super) fn template(order: &Order<'_>) -> String {
    let uses = Uses::of(order);
    let app = "your-app";
    format!(
        "# How an application names the Secrets of this package. Copy what you need.\n\
         #\n\
         # The names are the same in every environment; only the namespace differs. Leave it to the kustomization of the\n\
         # environment, or to `kubectl apply -n`.\n\
         apiVersion: apps/v1\n\
         kind: Deployment\n\
         metadata:\n  name: {app}\n\
         spec:\n  selector:\n    matchLabels:\n      app: {app}\n  template:\n    metadata:\n      labels:\n        app: {app}\n    \
         spec:\n{}",
        uses.pod(6)
    )
}

/// `README.md`.
pub(super) fn readme(order: &Order<'_>) -> String {
    let mut page = String::new();
    // Writing to a string does not fail.
    let _ = head(order, &mut page)
        .and_then(|()| included(order, &mut page))
        .and_then(|()| usage(order, &mut page))
        .and_then(|()| tail(order, &mut page));
    page
}

fn head(order: &Order<'_>, page: &mut String) -> std::fmt::Result {
    let Order { workflow, date, version, .. } = order;
    let approved = order.approved_by.map(|who| format!(", approved by {}", inline(who))).unwrap_or_default();
    write!(
        page,
        "# ML secrets package: {workflow}\n\n\
         Made on {date} by mlguard {version}{approved}.\n\n\
         Every value is sealed for one cluster and can be decrypted only there, under its own name and in its own namespace. The \
         files can be committed; a renamed or moved SealedSecret can no longer be decrypted.\n\n\
         ## Quick start\n\n\
         ```sh\ntar -xzf {}\n",
        archive_name(workflow, *date)
    )?;
    let width = order.environments.iter().map(|environment| environment.name.len()).max().unwrap_or_default();
    for environment in order.environments {
        let (name, namespace) = (environment.name, environment.namespace);
        let gap = " ".repeat(width - name.len());
        writeln!(page, "kubectl apply -k {name}/{gap}  # namespace {namespace}")?;
    }
    for environment in order.environments {
        writeln!(page, "kubectl get secrets -n {}", environment.namespace)?;
    }
    page.push_str("```\n\nThe namespaces must exist, and the Sealed Secrets controller must run in the cluster.\n\n");
    Ok(())
}

fn included(order: &Order<'_>, page: &mut String) -> std::fmt::Result {
    page.push_str("## What is included\n");
    for environment in order.environments {
        write!(page, "\n### `{}/`: namespace `{}`\n\n", environment.name, environment.namespace)?;
        page.push_str("| file | Secret | type | keys |\n|---|---|---|---|\n");
        for secret in &order.plan.secrets {
            let secret = &secret.value;
            let keys = counted(keys(secret).len(), "key");
            writeln!(page, "| `{0}{SEALED}` | `{0}` | `{1}` | {keys} |", secret.name, secret_type(secret))?;
        }
        writeln!(page, "| `{KUSTOMIZATION}` | | | for `kubectl apply -k` |")?;
    }
    write!(page, "\n`{TEMPLATE}` is an example of a Deployment.\n\n")
}

fn usage(order: &Order<'_>, page: &mut String) -> std::fmt::Result {
    let uses = Uses::of(order);
    if !uses.env_from.is_empty() {
        page.push_str("## Available environment variables\n");
        for secret in &uses.env_from {
            write!(page, "\nWith `envFrom` and the Secret `{}`:\n\n", secret.name)?;
            for key in keys(secret) {
                writeln!(page, "- `{key}`")?;
            }
        }
        page.push('\n');
    }
    write!(
        page,
        "## Reference in your applications\n\nThe same in every environment:\n\n```yaml\nspec:\n{}```\n",
        uses.pod(2)
    )?;
    if let Some((secret, key)) = uses.env_from.first().and_then(|secret| Some((secret, *keys(secret).first()?))) {
        write!(
            page,
            "\nOne variable alone:\n\n```yaml\nenv:\n- name: {key}\n  valueFrom:\n    secretKeyRef:\n      name: {}\n      key: {key}\n```\n",
            secret.name
        )?;
    }
    if !uses.other.is_empty() {
        page.push_str("\nFor programs that need a Secret of their own:\n\n");
        for secret in &uses.other {
            let keys: Vec<String> = keys(secret).into_iter().map(|key| format!("`{key}`")).collect();
            writeln!(page, "- `{}`: {}", secret.name, keys.join(", "))?;
        }
    }
    Ok(())
}

fn tail(order: &Order<'_>, page: &mut String) -> std::fmt::Result {
    let first = order.environments.first().map_or("dev", |environment| environment.name);
    let namespace = order.environments.first().map_or(order.workflow, |environment| environment.namespace);
    write!(
        page,
        "\n## Rotation\n\n\
         You cannot change these values yourself: the infrastructure team builds a new package with the new credentials. Apply it the same way (`kubectl apply -k {first}/`), then restart what loads the Secrets \
         (`kubectl rollout restart deployment -n {namespace}`), because environment variables are read only at start.\n\n\
         ## When a Secret does not appear\n\n\
         `kubectl describe sealedsecret -n {namespace}` shows the reason. `no key could decrypt secret` means that the file was \
         renamed or moved to another namespace, or sealed for another cluster. `already exists and is not managed by \
         SealedSecret` means that somebody created a Secret of this name by hand: delete it first.\n\n\
         ## Contacts\n\n"
    )?;
    match order.approved_by {
        Some(who) => writeln!(page, "New credentials, other environments, questions: {}.", inline(who)),
        None => {
            page.write_str("New credentials, other environments, questions: whoever delivered this package to you.\n")
        }
    }
}

/// A text of the configuration in a line of Markdown: as code where it could be anything else.
fn inline(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || " @.-+".contains(c);
    if text.chars().all(plain) { text.to_owned() } else { format!("`{}`", text.replace('`', "'")) }
}
