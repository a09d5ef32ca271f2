//! What the name of a file says of SOPS.

use crate::path;

/// Endings of the formats whose values SOPS encrypts one by one, and of those that are settings too.
const TEXTS: [&str; 8] = ["yaml", "yml", "json", "env", "ini", "tfvars", "toml", "properties"];
/// What people write before or behind the ending.
const MARKS: [&str; 3] = ["sops", "enc", "encrypted"];
/// Folders of files that show how others look.
const SAMPLES: [&str; 10] =
    ["example", "examples", "sample", "samples", "template", "templates", "tmpl", "testdata", "fixtures", "test"];

/// Whether SOPS encrypts the file at `path` as a whole, by its ending; no selector counts then.
pub(crate) fn is_binary(path: &str) -> bool {
    ![".yaml", ".yml", ".json", ".env", ".ini"].iter().any(|ending| path.ends_with(ending))
}

/// How a name says that its file is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Announced {
    /// By the name of SOPS.
    Sops,
    /// By `enc` or `encrypted`, which others write too.
    Encrypted,
}

/// Whether the file at `path` is the configuration of SOPS.
pub(crate) fn is_config(path: &str) -> bool {
    path == ".sops.yaml" || path.ends_with("/.sops.yaml")
}

/// Whether the name says that the file is encrypted: `db.sops.yaml`, `secrets.enc.json`, `.env.enc`.
pub(crate) fn announced(path: &str) -> Option<Announced> {
    let name = path::name(path);
    if name.starts_with(".sops.") {
        return None;
    }
    let (mark, _) = mark(name)?;
    Some(if mark == "sops" { Announced::Sops } else { Announced::Encrypted })
}

/// The mark in a name, and the name without it.
fn mark(name: &str) -> Option<(&str, String)> {
    let mut parts: Vec<&str> = name.split('.').collect();
    let count = parts.len();
    let is_text = |part: &str| TEXTS.contains(&part);
    let at = match parts.as_slice() {
        [.., before, last] if count > 2 && is_text(last) && MARKS.contains(before) => count - 2,
        [.., before, last] if count > 2 && is_text(before) && ["sops", "enc"].contains(last) => count - 1,
        _ => return None,
    };
    let mark = parts.remove(at);
    Some((mark, parts.join(".")))
}

/// Whether the file is in a folder of examples.
pub(crate) fn is_sample(path: &str) -> bool {
    let mut folders = path.split('/');
    folders.next_back();
    folders.any(|folder| SAMPLES.contains(&folder))
}

/// The ending that says what the file is once it is decrypted.
pub(crate) fn plain_ending(path: &str) -> &str {
    let name = path::name(path);
    let (before, last) = name.rsplit_once('.').unwrap_or(("", name));
    if ["sops", "enc"].contains(&last) { before.rsplit_once('.').map_or(before, |(_, ending)| ending) } else { last }
}

/// The paths of encrypted files whose decrypted twin a file at `path` is by the words of helm-secrets: `a.yaml.dec`,
/// `a.dec.yaml`.
pub(crate) fn encrypted_of(path: &str) -> Option<String> {
    let name = path::name(path);
    let folder = &path[..path.len() - name.len()];
    if let Some(plain) = name.strip_suffix(".dec") {
        return Some(format!("{folder}{plain}"));
    }
    let (stem, ending) = name.rsplit_once('.')?;
    let stem = stem.strip_suffix(".dec")?;
    TEXTS.contains(&ending).then(|| format!("{folder}{stem}.{ending}"))
}

/// The paths that the file at `path` would have if its name announced SOPS.
pub(crate) fn marked(path: &str) -> Vec<String> {
    let name = path::name(path);
    let folder = &path[..path.len() - name.len()];
    let Some((stem, ending)) = name.rsplit_once('.').filter(|(_, ending)| TEXTS.contains(ending)) else {
        return Vec::new();
    };
    MARKS.iter().map(|mark| format!("{folder}{stem}.{mark}.{ending}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_announce_sops() {
        for (path, announced_as) in [
            ("a/db.sops.yaml", Some(Announced::Sops)),
            ("secrets.enc.json", Some(Announced::Encrypted)),
            ("x.encrypted.env", Some(Announced::Encrypted)),
            (".env.enc", Some(Announced::Encrypted)),
            ("x.yaml.sops", Some(Announced::Sops)),
            ("prod.sops.env", Some(Announced::Sops)),
            (".sops.yaml", None),
            ("a/.sops.yaml", None),
            (".sops.yml", None),
            ("sops.yaml", None),
            ("encrypted.yaml", None),
            ("secret.sops.yaml.j2", None),
            ("secret.sops.yaml.example", None),
            ("cipher.enc.go", None),
            ("notes.sops.md", None),
            ("backup.enc", None),
        ] {
            assert_eq!(announced(path), announced_as, "{path}");
        }
        assert_eq!(encrypted_of("a/secrets.yaml.dec").as_deref(), Some("a/secrets.yaml"));
        assert_eq!(encrypted_of("secrets.dec.yaml").as_deref(), Some("secrets.yaml"));
        assert_eq!(encrypted_of("secrets.yaml"), None);
        assert_eq!(plain_ending("a/.env.enc"), "env");
        assert_eq!(marked("a/db.yaml"), ["a/db.sops.yaml", "a/db.enc.yaml", "a/db.encrypted.yaml"]);
        assert!(is_sample("examples/a.sops.yaml") && !is_sample("a/example.sops.yaml"));
    }
}
