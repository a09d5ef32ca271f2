//! What was seen, as a commented configuration and as a summary.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::infer::{Certificate, Seen, Undefined};
use crate::config::{DEFAULT_MAX_SIZE, show_size};
use crate::inventory::convention::Convention;
use crate::seal::strength::Policy;
use crate::yaml_scalar::{quoted, scalar};

/// Most places that a comment or the summary names.
const MOST: usize = 20;

const HEAD: &str = "\
# Configuration of mlguard. Commented keys are defaults and examples; uncomment them to change something. Comments say
# where something was found. `mlguard check --show-config` prints the effective configuration.
";

/// The text of a `.mlguard.yaml`. What is not in a comment is certain and leaves nothing out: certificates, and registries
/// from which each pod pulls with a Secret already.
pub(super) fn configuration(seen: &Seen, convention: &Convention) -> String {
    let mut out = HEAD.to_owned();
    // Writing to a string does not fail.
    let _ = names(&mut out, seen, convention);
    let _ = references(&mut out, seen, convention);
    let _ = declared(&mut out, &seen.undefined);
    let _ = clusters(&mut out, &seen.certificates);
    let _ = rest(&mut out, convention);
    out
}

fn names(out: &mut String, seen: &Seen, convention: &Convention) -> std::fmt::Result {
    writeln!(out, "\n# Environments, each with the namespace of a workflow in it.")?;
    seen_at(out, &seen.environments)?;
    let table =
        convention.environments.iter().map(|(name, template)| format!("{}: {}", scalar(name), quoted(template)));
    writeln!(out, "#environments: {{ {} }}", table.collect::<Vec<_>>().join(", "))?;
    writeln!(out, "\n# Workflows. If none is listed, they are inferred, including future ones.")?;
    seen_at(out, &seen.workflows)?;
    writeln!(out, "#workflows: {}", flow(seen.workflows.keys()))?;
    writeln!(out, "\n# Namespaces of the platform itself, to which the convention of workflows does not apply.")?;
    if !seen.namespaces.is_empty() {
        writeln!(out, "# Neither these nor a workflow's:")?;
        seen_at(out, &seen.namespaces)?;
    }
    writeln!(out, "#system-namespaces: {}", flow(&convention.system_namespaces))?;
    writeln!(out, "\n# Paths that tell which workflow and environment a file belongs to; the first match counts.")?;
    writeln!(out, "#paths:")?;
    convention.paths.iter().try_for_each(|path| writeln!(out, "#  - {}", quoted(&path.template)))
}

fn references(out: &mut String, seen: &Seen, convention: &Convention) -> std::fmt::Result {
    let active = !seen.registries.is_empty();
    let (comment, key_comment) = if active { ("", "  #") } else { ("#", "#  ") };
    writeln!(out, "\n# Secrets that the platform provides in every namespace, and registries whose images need one.")?;
    for (usage, names) in [("envFrom", &seen.env_from), ("imagePullSecrets", &seen.image_pull)] {
        if !names.is_empty() {
            writeln!(
                out,
                "# Other Secrets in {usage}, which are reported where the convention applies; add those that are right:"
            )?;
            seen_at(out, names)?;
        }
    }
    if active {
        writeln!(out, "# Every pod with an image from these registries pulls with a Secret:")?;
        seen_at(out, &seen.registries)?;
    }
    writeln!(out, "{comment}references:")?;
    writeln!(out, "{key_comment}env-from: {}", flow(&convention.env_from))?;
    writeln!(out, "{key_comment}image-pull: {}", flow(&convention.image_pull))?;
    let all = convention.private_registries.iter().chain(seen.registries.keys());
    writeln!(out, "{}private-registries: {}", if active { "  " } else { "#  " }, flow(all))
}

/// Declaring a Secret ends its findings, so that is left to the person.
fn declared(out: &mut String, undefined: &[Undefined]) -> std::fmt::Result {
    writeln!(out, "\n# Secrets that are created outside this repository.")?;
    if undefined.is_empty() {
        return writeln!(out, "#declared-secrets: []");
    }
    writeln!(out, "# Not defined here; declare those that exist:")?;
    writeln!(out, "#declared-secrets:")?;
    for found in undefined.iter().take(MOST) {
        let namespace = found.namespace.iter().map(|namespace| format!(", namespace: {}", scalar(namespace)));
        let keys = (!found.keys.is_empty()).then(|| format!(", keys: {}", flow(&found.keys)));
        let more: String = namespace.chain(keys).collect();
        writeln!(out, "#  - {{ name: {}{more} }}  # found in {}", scalar(&found.name), found.place)?;
    }
    and_more(out, undefined.len())
}

fn clusters(out: &mut String, certificates: &[Certificate]) -> std::fmt::Result {
    writeln!(out, "\n# Clusters that Secrets are sealed for, with the environments that run there.")?;
    let certain = certificates.iter().any(|certificate| certificate.environments.is_some());
    if certificates.is_empty() {
        writeln!(out, "# `mlguard cert fetch --output certs/dev.pem` fetches a certificate.")?;
        return writeln!(out, "#clusters:\n#  dev: {{ cert: certs/dev.pem, environments: [dev] }}");
    }
    writeln!(out, "{}clusters:", if certain { "" } else { "#" })?;
    let comment = if certain { "  #" } else { "#  " };
    for certificate in certificates {
        let cert = format!("{}: {{ cert: {}", scalar(&certificate.name), quoted(&certificate.path));
        match (&certificate.environments, certificate.expired) {
            (Some(environments), _) if environments.is_empty() => {
                writeln!(out, "  {cert} }}  # the only certificate; for every environment")?;
            }
            (Some(environments), _) => {
                writeln!(out, "  {cert}, environments: {} }}  # inferred from its name", flow(environments))?;
            }
            (None, Some(day)) => writeln!(out, "{comment}{cert} }}  # expired on {day}: fetch a new one")?,
            (None, None) => writeln!(out, "{comment}{cert}, environments: [] }}  # list them, and name the cluster")?,
        }
    }
    Ok(())
}

fn rest(out: &mut String, convention: &Convention) -> std::fmt::Result {
    writeln!(out, "\n# Stores of External Secrets that are created elsewhere, and how values are named in stores.")?;
    let paths = convention.remote_paths.iter().map(|path| quoted(&path.template));
    writeln!(out, "#external-secrets:\n#  stores: []\n#  paths: [{}]", paths.collect::<Vec<_>>().join(", "))?;
    writeln!(out, "\n# Maximum age of a credential before it should be rotated and re-sealed.")?;
    writeln!(out, "#rotation: {{ max-age: {}d }}", convention.max_age_days)?;
    writeln!(out, "\n# Requirements for passwords and tokens that are sealed.")?;
    let Policy { min_length, random } = Policy::default();
    writeln!(out, "#strength: {{ min-length: {min_length}, random: {random} }}")?;
    writeln!(
        out,
        "\n# Levels: off, note, warning, error; for all paths or for some (`mlguard rules` lists the rules)."
    )?;
    writeln!(out, "#rules:\n#  generic-password: {{ level: error, paths: [\"apps/**\"] }}")?;
    writeln!(out, "\n# Paths that are not searched.\n#exclude: []")?;
    writeln!(out, "\n# Rule files of your own.\n#rule-packs: []")?;
    writeln!(out, "\n# Lowest level that causes exit status 1, and the size above which files are skipped.")?;
    writeln!(out, "#fail-on: error\n#max-size: {}", show_size(DEFAULT_MAX_SIZE))
}

/// A summary for people, one line each.
pub(super) fn summary(seen: &Seen, files: usize) -> String {
    let mut out = format!("found in {files} files:\n");
    let mut line = |what: &str, names: &mut dyn Iterator<Item = &String>| {
        let names: Vec<&str> = names.map(String::as_str).collect();
        if !names.is_empty() {
            let more = if names.len() > MOST { format!(" and {} more", names.len() - MOST) } else { String::new() };
            let _ = writeln!(out, "  {what}: {}{more}", names[..names.len().min(MOST)].join(", "));
        }
    };
    line("workflows", &mut seen.workflows.keys());
    line("environments", &mut seen.environments.keys());
    line("other namespaces", &mut seen.namespaces.keys());
    line("sealing certificates", &mut seen.certificates.iter().map(|certificate| &certificate.path));
    line("private registries", &mut seen.registries.keys());
    line("Secrets in envFrom other than the platform's", &mut seen.env_from.keys());
    line("imagePullSecrets other than the registry's", &mut seen.image_pull.keys());
    let missing = seen.undefined.len();
    let _ = writeln!(out, "  Secrets: {} definitions, {} references", seen.definitions, seen.references);
    if missing > 0 {
        let _ = writeln!(out, "  referenced but not defined here: {missing} (see declared-secrets in the file)");
    }
    out
}

fn seen_at(out: &mut String, names: &BTreeMap<String, String>) -> std::fmt::Result {
    for (name, place) in names.iter().take(MOST) {
        writeln!(out, "# {name}: found in {place}")?;
    }
    and_more(out, names.len())
}

fn and_more(out: &mut String, count: usize) -> std::fmt::Result {
    if count <= MOST { Ok(()) } else { writeln!(out, "# and {} more", count - MOST) }
}

fn flow<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> String {
    format!("[{}]", names.into_iter().map(|name| scalar(name.as_ref())).collect::<Vec<_>>().join(", "))
}
