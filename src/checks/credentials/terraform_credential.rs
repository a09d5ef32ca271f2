//! `terraform-credential`: a credential as a literal in Terraform: of a variable, a provider, a Helm release, a Secret.

use crate::checks::common::Context;
use crate::document::fragment::Lang;
use crate::document::hcl::{self, Attribute, Block, Body, Value};
use crate::document::object::{push_key, with_key};
use crate::rule::Level;
use crate::span::Span;
use crate::value::key::classify;
use crate::value::{Confidence, KeyClass, Sensitive};

/// Attributes of resources that are secrets whatever they are called: the attribute, and the types.
const STORES: [(&str, &str); 9] = [
    ("secret_string", "aws_secretsmanager_secret_version"),
    ("value", "aws_ssm_parameter azurerm_key_vault_secret doppler_secret infisical_secret"),
    ("secret_data", "google_secret_manager_secret_version"),
    ("data_json", "vault_generic_secret vault_kv_secret vault_kv_secret_v2"),
    (
        "plaintext_value",
        "github_actions_secret github_actions_environment_secret github_actions_organization_secret \
         github_dependabot_secret github_codespaces_secret",
    ),
    ("data", "scaleway_secret_version kubernetes_secret kubernetes_secret_v1 kubernetes_secret_v1_data"),
    ("payload", "ibm_sm_arbitrary_secret"),
    ("content", "oci_vault_secret"),
    ("binary_data", "kubernetes_secret kubernetes_secret_v1"),
];

/// Functions that hand their arguments on, as they are or written otherwise.
const HANDING_ON: &str = "sensitive nonsensitive tostring trimspace chomp base64encode jsonencode yamlencode merge tomap tolist \
                          concat coalesce try nonempty";

pub(super) fn check(cx: &mut Context<'_, '_>) {
    let view = cx.view;
    let named = [".tf", ".tfvars", ".hcl", ".tofu"].iter().any(|ending| view.path.ends_with(ending));
    if view.lang != Lang::Terraform || !named {
        return;
    }
    let root = hcl::parse(view.text);
    let mut walk = Walk { text: view.text, found: Vec::new() };
    walk.body(&root, "", Meaning::Key);
    for Found { span, place, key, meaning } in walk.found {
        let value = cx.value_at(span);
        match meaning {
            Meaning::Key => {
                cx.judge("The Terraform code", &place, &key, value, span);
            }
            Meaning::Sensitive => sensitive(cx, &place, &key, value, span),
            Meaning::Secret => secret(cx, &place, &key, value, span),
        }
    }
}

/// What is known of a value besides the name of its key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// Nothing.
    Key,
    /// Its author calls it sensitive.
    Sensitive,
    /// It becomes the content of a secret.
    Secret,
}

struct Found {
    span: Span,
    place: String,
    key: String,
    meaning: Meaning,
}

struct Walk<'t> {
    text: &'t str,
    found: Vec<Found>,
}

impl Walk<'_> {
    fn body(&mut self, body: &Body, place: &str, meaning: Meaning) {
        for attribute in &body.attributes {
            self.attribute(attribute, place, meaning);
        }
        for block in &body.blocks {
            self.block(block, place, meaning);
        }
    }

    fn block(&mut self, block: &Block, place: &str, meaning: Meaning) {
        let text = self.text;
        let kind = hcl::name(text, block.kind);
        let labels: Vec<&str> = block.labels.iter().map(|label| hcl::name(text, *label)).collect();
        let dot = if place.is_empty() { "" } else { "." };
        let mut place = format!("{place}{dot}{kind}");
        labels.iter().for_each(|label| push_key(&mut place, label));
        match (kind, labels.as_slice()) {
            ("variable", [name]) => self.variable(&block.body, name, &place),
            ("resource", [resource, ..]) => {
                let encrypted = block.body.get(text, "type").is_none_or(|kind| self.is(kind, "SecureString"));
                for attribute in &block.body.attributes {
                    let key = hcl::name(text, attribute.key);
                    let of_type =
                        |(own, types): &(&str, &str)| *own == key && types.split(' ').any(|one| one == *resource);
                    let store = STORES.iter().any(of_type) && (*resource != "aws_ssm_parameter" || encrypted);
                    self.attribute(attribute, &place, if store { Meaning::Secret } else { meaning });
                }
                block.body.blocks.iter().for_each(|inner| self.block(inner, &place, meaning));
            }
            // What an output or a check says is not a configuration.
            (
                "output" | "check" | "removed" | "moved" | "import" | "precondition" | "postcondition" | "validation",
                _,
            ) => {}
            ("set_sensitive", _) => self.pair_or(&block.body.attributes, &place, Meaning::Sensitive),
            _ => {
                self.pair_or(&block.body.attributes, &place, meaning);
                block.body.blocks.iter().for_each(|inner| self.block(inner, &place, meaning));
            }
        }
    }

    fn is(&self, value: &Value, wanted: &str) -> bool {
        matches!(value, Value::Text(span) if Sensitive::in_text(self.text, *span).is(wanted))
    }

    fn variable(&mut self, body: &Body, name: &str, place: &str) {
        let Some(default) = body.get(self.text, "default") else { return };
        let declared = body.attributes.iter().any(|attribute| {
            // `true` is not a literal of the tree; what stands there tells.
            hcl::name(self.text, attribute.key) == "sensitive"
                && Sensitive::in_text(self.text, Span::new(attribute.key.end, self.text.len()))
                    .trim_start_matches(&[' ', '\t', '='])
                    .starts_with("true")
        });
        let meaning = if declared { Meaning::Sensitive } else { Meaning::Key };
        self.value(default, &with_key(place.to_owned(), "default"), name, meaning);
    }

    fn attribute(&mut self, attribute: &Attribute, place: &str, meaning: Meaning) {
        let key = hcl::name(self.text, attribute.key);
        self.value(&attribute.value, &with_key(place.to_owned(), key), key, meaning);
    }

    /// `name = "auth.password"` beside `value = "…"`, else each key by itself.
    fn pair_or(&mut self, entries: &[Attribute], place: &str, meaning: Meaning) {
        let text = self.text;
        let name = hcl::find(entries, text, "name").or_else(|| hcl::find(entries, text, "key"));
        let value = entries.iter().find(|entry| hcl::name(text, entry.key) == "value");
        if let (Some(Value::Text(name)), Some(value)) = (name, value) {
            return self.value(&value.value, &format!("{place}.value"), hcl::name(text, *name), meaning);
        }
        entries.iter().for_each(|entry| self.attribute(entry, place, meaning));
    }

    fn value(&mut self, value: &Value, place: &str, key: &str, meaning: Meaning) {
        let found = |span| Found { span, place: place.to_owned(), key: key.to_owned(), meaning };
        match value {
            Value::Text(span) if !span.is_empty() => self.found.push(found(*span)),
            // A password of one line; what else such a text holds tells itself.
            Value::Heredoc(span, false) if Sensitive::in_text(self.text, *span).lines() == 1 => {
                self.found.push(found(span.trim(self.text)));
            }
            Value::Object(entries) => self.pair_or(entries, place, meaning),
            Value::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.value(item, &format!("{place}[{index}]"), key, meaning);
                }
            }
            Value::Call(name, arguments) if HANDING_ON.split(' ').any(|known| known == hcl::name(self.text, *name)) => {
                arguments.iter().for_each(|argument| self.value(argument, place, key, meaning));
            }
            _ => {}
        }
    }
}

/// A default of a variable that is called sensitive, or a value that is set as such: weak ones count.
fn sensitive(cx: &mut Context<'_, '_>, place: &str, key: &str, value: Sensitive<'_>, span: Span) {
    if classify(key) > KeyClass::Weak {
        cx.judge("The Terraform code", place, key, value, span);
        return;
    }
    let level = match value.judge(KeyClass::Password) {
        Some(Confidence::High) => Level::Error,
        Some(Confidence::Low) => Level::Warning,
        None => {
            cx.formats("The Terraform code", place, key, span);
            return;
        }
    };
    let message =
        format!("The Terraform code contains the plaintext value of `{key}`, which it declares as sensitive.");
    cx.report(span, Some(place.to_owned()), message).at_most = level;
}

/// A value that becomes the content of a secret.
fn secret(cx: &mut Context<'_, '_>, place: &str, key: &str, value: Sensitive<'_>, span: Span) {
    let structured = ["{", "["].iter().any(|open| value.trim().starts_with(open));
    if value.is_placeholder() || value.is_ciphertext() || value.is_public(key) || value.is_setting(key) {
        return;
    }
    if structured {
        cx.formats("The content of a secret in Terraform", place, key, span);
        return;
    }
    // Among entries of a secret stand names of users and databases too, which are no fault.
    let own = STORES.iter().any(|(attribute, _)| *attribute == key);
    let telling = own || classify(key) != KeyClass::None;
    let looks = cx.identify(value);
    if !telling && looks.is_none() && value.judge(KeyClass::Weak) != Some(Confidence::High) {
        return;
    }
    let looks = looks.unwrap_or_default();
    let message = format!("Terraform sets `{key}` of a secret to a plaintext value.{looks}");
    cx.report(span, Some(place.to_owned()), message);
}
