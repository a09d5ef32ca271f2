//! What code of Terraform says about the files that Terraform writes beside it.

use crate::inventory::facts::Terraform;

/// Whether it is a file of code, by its name.
pub(super) fn is_code(path: &str) -> bool {
    path.ends_with(".tf")
}

/// What a file says; nothing where it is of no consequence.
pub(super) fn of_file(path: &str, text: &str) -> Option<Terraform> {
    if !is_code(path) {
        return None;
    }
    let begins = |word: &str| text.lines().any(|line| line.trim_start().starts_with(word));
    let applied = text.lines().any(|line| line.starts_with("provider \""));
    let remote = begins("backend \"") && !begins("backend \"local\"") || begins("cloud {");
    let variables = variables(text).map(Box::from);
    (applied || remote || variables.is_some()).then_some(Terraform { applied, remote, variables })
}

/// The last part of the first path in the text that ends in `.auto.tfvars`.
fn variables(text: &str) -> Option<&str> {
    const ENDING: &str = ".auto.tfvars\"";
    let end = memchr::memmem::find(text.as_bytes(), ENDING.as_bytes())? + ENDING.len() - 1;
    let part = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let name = text[..end].rsplit(|c| !part(c)).next().unwrap_or_default();
    (name.len() >= ENDING.len()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_tells_where_its_state_goes() {
        let of = |text: &str| of_file("infra/main.tf", text).map(|found| (found.applied, found.remote));
        assert_eq!(of("provider \"aws\" {}\n"), Some((true, false)));
        assert_eq!(of("terraform {\n  backend \"s3\" {}\n}\n"), Some((false, true)));
        assert_eq!(of("terraform {\n  backend \"local\" {}\n}\nprovider \"aws\" {}\n"), Some((true, false)));
        assert_eq!(of("variable \"a\" {}\n"), None);
        assert_eq!(of_file("a.tfvars", "provider \"aws\" {}\n"), None);
    }

    #[test]
    fn files_of_variables_are_known_where_code_names_them() {
        let of = |text: &str| of_file("main.tf", text).and_then(|found| found.variables);
        assert_eq!(of("filename = \"${path.module}/secret.auto.tfvars\"\n").as_deref(), Some("secret.auto.tfvars"));
        assert_eq!(of("command = \"sops -d x > secret.auto.tfvars\"").as_deref(), Some("secret.auto.tfvars"));
        assert_eq!(of("for_each = fileset(\".\", \"*.auto.tfvars\")\n"), None);
    }
}
