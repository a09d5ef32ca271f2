//! Which language a file or a code block is written in.

use crate::path;
use crate::source::Named;

/// Languages that have a reader or rules of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lang {
    /// YAML, templates of it included.
    Yaml,
    /// One JSON document.
    Json,
    /// A JSON document on each line.
    JsonLines,
    /// Markdown and its kin.
    Markdown,
    /// A Jupyter notebook.
    Notebook,
    /// Shell scripts and console transcripts.
    Shell,
    /// Python.
    Python,
    /// `KEY=value` lines.
    Dotenv,
    /// Sections and `key = value` lines: `.ini`, `.cfg`, `.npmrc`, `.pypirc`, `.aws/credentials`.
    Ini,
    /// Java properties.
    Properties,
    /// HCL.
    Terraform,
    /// A container build file.
    Dockerfile,
    /// TOML.
    Toml,
    /// Jenkins pipelines and other Groovy.
    Groovy,
    /// Everything else.
    Other,
}

/// Endings that say how a file is used, not what it is: the ending before them counts.
const WRAPPERS: [&str; 17] = [
    "j2", "jinja", "jinja2", "tpl", "tmpl", "gotmpl", "template", "tftpl", "erb", "in", "example", "sample", "dist",
    "default", "bak", "orig", "old",
];

/// Endings of texts in languages that have no reader of their own. `.ts`, `.key` and others that binary formats share are
/// left out: such files are searched where their bytes are text.
const TEXTS: &str = "adoc astro asc awk bat bib c cc cjs clj cljs cmake cmd coffee cpp cr crt cs csr css csv cue cxx d dart \
    diff eml erl ex exs f90 fs go gql graphql h haml hbs hpp hrl hs htm html http java jl js jsonnet jsx kdl kt kts less libsonnet \
    liquid lisp log lua m4 mjs ml mli nginx nim nix nu patch pem php pl plist pm postman proto ps1 psd1 psm1 pub puml r rb rego rs rst sass \
    sbt scala scm scss service sol sql star sv svelte svg swift tcl tex text tsv tsx txt vbs vue xhtml xml xsd xsl zig";

impl Lang {
    /// What the name of the file at `path` (with `/`) says of its content.
    #[must_use]
    pub(crate) fn named(path: &str) -> Named {
        let text = Self::of_path(path, "") != Self::Other || {
            let name = path::name(path).to_ascii_lowercase();
            let mut endings = name.rsplit('.').skip_while(|ending| WRAPPERS.contains(ending));
            let ending = endings.next().filter(|ending| ending.len() < name.len());
            ending.is_some_and(|ending| TEXTS.split_ascii_whitespace().any(|text| text == ending))
        };
        if text { Named::Text } else { Named::Nothing }
    }

    /// The language of the file at `path` (with `/`), which begins with `first`.
    #[must_use]
    pub fn of_path(path: &str, first: &str) -> Self {
        let (folder, name) = path::split(path);
        let name = name.to_ascii_lowercase();
        if let Some(lang) = by_name(folder, &name) {
            return lang;
        }
        let mut stem = name.as_str();
        while let Some((before, ending)) = stem.rsplit_once('.') {
            if let Some(lang) = by_ending(ending) {
                return lang;
            }
            if !WRAPPERS.contains(&ending) {
                break;
            }
            stem = before;
            if let Some(lang) = by_name(folder, stem) {
                return lang;
            }
        }
        let wrapped = stem.len() < name.len();
        let in_chart = folder.rsplit('/').any(|part| part == "templates");
        if wrapped && in_chart && name.ends_with(".tpl") {
            return Self::Yaml;
        }
        by_content(first)
    }

    /// Whether the file at `path` holds the words of a user interface in one language, where `password` is a label.
    pub(crate) fn is_translation(path: &str) -> bool {
        const FOLDERS: [&str; 6] = ["i18n", "l10n", "locale", "locales", "lang", "translations"];
        let (folder, name) = path::split(path);
        folder.split('/').any(|part| FOLDERS.contains(&part)) || name.ends_with(".po") || name.ends_with(".arb")
    }

    /// The language that the info string of a code block names; `None` where it names none that is known.
    pub(crate) fn of_info(info: &str) -> Option<Self> {
        let word = info.trim().trim_start_matches(['{', '.']).split([' ', ',', '{', '}', ':', '\t', '=']).next()?;
        let word = word.to_ascii_lowercase();
        match word.as_str() {
            "shell-session" | "sh-session" | "terminal" | "powershell" | "ps1" | "pwsh" | "shellsession" => {
                Some(Self::Shell)
            }
            "helm" | "k8s" | "kubernetes" | "jinja" | "jinja2" | "gotemplate" | "go-template" | "ansible" | "eyaml" => {
                Some(Self::Yaml)
            }
            "docker" => Some(Self::Dockerfile),
            "dotenv" => Some(Self::Dotenv),
            "terraform" => Some(Self::Terraform),
            "py" | "python3" | "ipython" | "pycon" => Some(Self::Python),
            _ => by_ending(&word).or_else(|| by_name("", &word)),
        }
    }
}

fn by_name(folder: &str, name: &str) -> Option<Lang> {
    let parent = folder.rsplit('/').next().unwrap_or_default();
    let family = |stem: &str| {
        name.strip_prefix(stem).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_']))
            || name.strip_suffix(stem).is_some_and(|rest| rest.ends_with('.'))
    };
    const PROGRAMS: [&str; 14] =
        ["go", "js", "ts", "java", "rs", "rb", "c", "cc", "cpp", "h", "cs", "php", "kt", "scala"];
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let program = PROGRAMS.contains(&ending) || by_ending(ending).is_some_and(|lang| lang != Lang::Yaml);
    if matches!((parent, name), (".kube", "config")) || family("kubeconfig") && !program {
        return Some(Lang::Yaml);
    }
    match (parent, name) {
        (_, "kustomization") => return Some(Lang::Yaml),
        ("group_vars" | "host_vars", name) if !name.contains('.') => return Some(Lang::Yaml),
        (".docker", "config.json") | (_, ".dockercfg" | ".dockerconfigjson") => return Some(Lang::Json),
        (".aws" | ".oci", "config" | "credentials") => return Some(Lang::Ini),
        (
            _,
            ".npmrc" | ".pypirc" | ".netrc" | ".s3cfg" | ".boto" | ".my.cnf" | ".gitconfig" | ".yarnrc" | "pip.conf",
        ) => {
            return Some(Lang::Ini);
        }
        (_, ".envrc" | ".bashrc" | ".bash_profile" | ".profile" | ".zshrc" | ".bash_history" | "makefile") => {
            return Some(Lang::Shell);
        }
        (_, "pipfile" | "poetry.lock" | "cargo.lock") => return Some(Lang::Toml),
        _ => {}
    }
    let source = [".py", ".go", ".js", ".ts", ".md", ".yaml", ".yml", ".json", ".sh", ".toml"];
    if source.iter().any(|ending| name.ends_with(ending)) {
        return None;
    }
    if family("dockerfile") || family("containerfile") {
        return Some(Lang::Dockerfile);
    }
    if family("jenkinsfile") {
        return Some(Lang::Groovy);
    }
    family(".env").then_some(Lang::Dotenv)
}

fn by_ending(ending: &str) -> Option<Lang> {
    Some(match ending {
        "yaml" | "yml" | "eyaml" => Lang::Yaml,
        "json" | "json5" | "jsonc" | "webmanifest" | "tfstate" | "har" => Lang::Json,
        "jsonl" | "ndjson" => Lang::JsonLines,
        "md" | "markdown" | "mdx" | "mdown" | "rmd" | "qmd" => Lang::Markdown,
        "ipynb" => Lang::Notebook,
        "sh" | "bash" | "zsh" | "ksh" | "fish" | "shell" | "console" | "bats" | "mk" => Lang::Shell,
        "py" | "pyi" | "pyw" | "python" => Lang::Python,
        "env" => Lang::Dotenv,
        "ini" | "cfg" | "cnf" | "conf" | "npmrc" | "pypirc" => Lang::Ini,
        "properties" => Lang::Properties,
        "tf" | "tfvars" | "hcl" | "nomad" => Lang::Terraform,
        "dockerfile" | "containerfile" => Lang::Dockerfile,
        "toml" => Lang::Toml,
        "groovy" | "gradle" => Lang::Groovy,
        _ => return None,
    })
}

fn by_content(first: &str) -> Lang {
    if let Some(line) = first.strip_prefix("#!").and_then(|rest| rest.lines().next()) {
        let program = line.split_ascii_whitespace().map(path::name);
        for word in program {
            let bare = word.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
            match bare {
                "sh" | "bash" | "zsh" | "ksh" | "dash" | "ash" | "fish" => return Lang::Shell,
                "python" | "pypy" => return Lang::Python,
                "ansible-playbook" => return Lang::Yaml,
                _ => {}
            }
        }
        return Lang::Other;
    }
    // A manifest is one under any name.
    let first = first.trim_start_matches('\u{feff}');
    let mut lines = first.lines().take(LOOKED_AT).map(str::trim_end);
    match lines.find(|line| !line.is_empty() && !line.starts_with('#') && *line != "---") {
        Some(line) if line.starts_with("apiVersion:") || line.starts_with("kind:") => Lang::Yaml,
        Some("{") if first.lines().take(LOOKED_AT).any(|line| line.trim_start().starts_with("\"apiVersion\"")) => {
            Lang::Json
        }
        _ => Lang::Other,
    }
}

/// Lines of a text without a telling name that are looked at.
const LOOKED_AT: usize = 50;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_is_one_under_any_name() {
        for (path, text, lang) in [
            ("manifests/secret", "# ours\n---\napiVersion: v1\nkind: Secret\n", Lang::Yaml),
            ("secret.manifest", "kind: Secret\napiVersion: v1\n", Lang::Yaml),
            ("dump", "{\n  \"apiVersion\": \"v1\"\n}\n", Lang::Json),
            ("README.first", "Write apiVersion: v1 on top.\n", Lang::Other),
        ] {
            assert_eq!(Lang::of_path(path, text), lang, "{path}");
        }
    }

    #[test]
    fn names_say_the_language() {
        for (path, lang) in [
            ("charts/x/values-prod.yaml", Lang::Yaml),
            ("x/templates/_helpers.tpl", Lang::Yaml),
            ("x/templates/deep/NOTES.yaml.j2", Lang::Yaml),
            ("a/.env", Lang::Dotenv),
            ("a/.env.production", Lang::Dotenv),
            (".env.example", Lang::Dotenv),
            ("prod.env", Lang::Dotenv),
            ("prod.env.j2", Lang::Dotenv),
            ("a/prod.auto.tfvars", Lang::Terraform),
            ("Dockerfile", Lang::Dockerfile),
            ("Dockerfile.gpu", Lang::Dockerfile),
            ("gpu.dockerfile", Lang::Dockerfile),
            ("Jenkinsfile", Lang::Groovy),
            ("a.IPYNB", Lang::Notebook),
            ("a.ndjson", Lang::JsonLines),
            ("home/.kube/config", Lang::Yaml),
            ("kubeconfig", Lang::Yaml),
            ("overlays/dev/Kustomization", Lang::Yaml),
            ("inventory/host_vars/gpu1", Lang::Yaml),
            ("prod.kubeconfig", Lang::Yaml),
            ("kubeconfig_test.go", Lang::Other),
            (".npmrc", Lang::Ini),
            ("x/.aws/credentials", Lang::Ini),
            ("x/.docker/config.json", Lang::Json),
            ("terraform.tfstate", Lang::Json),
            ("README.md", Lang::Markdown),
            ("dockerfile_parser.py", Lang::Python),
            ("config", Lang::Other),
            ("a.tpl", Lang::Other),
            ("", Lang::Other),
        ] {
            assert_eq!(Lang::of_path(path, ""), lang, "{path}");
        }
    }

    #[test]
    fn names_say_that_a_file_is_text() {
        for path in
            [".env", "a/values.yaml", "x.CSV", "Dockerfile", "main.go", "dump.sql.bak", "app.properties", "a.txt.j2"]
        {
            assert_eq!(Lang::named(path), Named::Text, "{path}");
        }
        for path in ["model.bin", "csv", "a.png", "data", "x.tar.gz", "talk.key", "film.ts"] {
            assert_eq!(Lang::named(path), Named::Nothing, "{path}");
        }
    }

    #[test]
    fn folders_of_translations_are_known() {
        for path in ["web/locales/de.json", "i18n/en.yaml", "src/l10n/app_de.arb", "po/de.po"] {
            assert!(Lang::is_translation(path), "{path}");
        }
        for path in ["overlays/de/values.yaml", "language/model.yaml", "de.json"] {
            assert!(!Lang::is_translation(path), "{path}");
        }
    }

    #[test]
    fn a_shebang_says_it_where_the_name_does_not() {
        assert_eq!(Lang::of_path("bin/deploy", "#!/usr/bin/env bash\n"), Lang::Shell);
        assert_eq!(Lang::of_path("bin/train", "#!/usr/bin/python3.11 -u\n"), Lang::Python);
        assert_eq!(Lang::of_path("bin/x", "#!/bin/awk\nsh"), Lang::Other);
    }

    #[test]
    fn info_strings_say_it() {
        for (info, lang) in [
            ("yaml", Some(Lang::Yaml)),
            ("YML title=\"a\"", Some(Lang::Yaml)),
            ("{.bash}", Some(Lang::Shell)),
            ("console", Some(Lang::Shell)),
            ("hcl", Some(Lang::Terraform)),
            ("dockerfile", Some(Lang::Dockerfile)),
            ("env", Some(Lang::Dotenv)),
            ("text", None),
            ("", None),
        ] {
            assert_eq!(Lang::of_info(info), lang, "{info}");
        }
    }
}
