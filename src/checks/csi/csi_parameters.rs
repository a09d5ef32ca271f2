//! `csi-parameters`: parameters of a SecretProviderClass that its provider refuses, or that make it careless.

use std::collections::BTreeSet;

use super::class::{self, Class, Listed, Provider};
use crate::checks::common::{Context, Draft};
use crate::document::object::{push_key, with_key};
use crate::document::view::Unit;
use crate::document::yaml::Node;
use crate::rule::Level;
use crate::span::Span;
use crate::yaml_scalar;

pub(super) fn check(cx: &mut Context<'_, '_>) {
    let view = cx.view;
    for object in class::classes(view) {
        // Texts are wanted by the API server, whoever the provider is.
        for (key, value) in object.node.at(&["spec", "parameters"]).into_iter().flat_map(Node::entries) {
            let written = !object.unit.is_templated(value.span()) && !value.is_alias();
            let other = value.is_mapping() || value.is_sequence() || value.as_str().is_some() && !value.is_string();
            if written && other && !value.is_null() {
                let name = key.as_str().unwrap_or_default();
                let message = format!("Parameter `{name}` must be a string; the API server rejects other types.");
                let help = if value.as_str().is_some() {
                    "Put the value in quotes."
                } else {
                    "Write the list as a block of text: put a `|` after the colon."
                };
                let path = with_key(".spec.parameters".to_owned(), name);
                cx.report_in(object, &path, key, message).help = Some(help.to_owned());
            }
        }
        if let Some(class) = Class::new(object) {
            let mut faults = Faults { class: &class, cx };
            match class.provider {
                Provider::Aws => faults.aws(),
                Provider::Azure => faults.azure(),
                Provider::Gcp => faults.gcp(),
                Provider::Vault => faults.vault(),
            }
        }
    }
}

struct Faults<'f, 'c, 'o, 'v> {
    class: &'f Class<'o, 'v>,
    cx: &'f mut Context<'c, 'v>,
}

impl Faults<'_, '_, '_, '_> {
    fn add(&mut self, span: Span, key: Option<&str>, message: String, help: &str) -> &mut Draft {
        let mut place = format!("{} .spec.parameters", self.class.object.title());
        if let Some(key) = key {
            push_key(&mut place, key);
        }
        let draft = self.cx.report(span, Some(place), message);
        draft.help = Some(help.to_owned());
        draft
    }

    /// Where a parameter stands, else where all of them do.
    fn span(&self, key: &str) -> Span {
        let unit = self.class.object.unit;
        let spec = self.class.object.node.get("spec");
        let parameters = spec.into_iter().flat_map(Node::entries).find(|(key, _)| key.as_str() == Some("parameters"));
        let own = self.class.parameters.entries().find(|(own, _)| own.as_str() == Some(key));
        let name = own.or(parameters).map_or(self.class.parameters, |(name, _)| name);
        unit.outer(name.span())
    }

    /// That one of the parameters is there and not empty.
    fn needs(&mut self, keys: &[&'static str], who: &str, help: &'static str) {
        let is_set = |key: &&&str| {
            let node = self.class.parameters.get(key);
            node.is_some_and(|node| node.as_str().is_none_or(|text| !text.trim().is_empty()) && !node.is_null())
        };
        if self.class.is_templated() || keys.iter().any(|key| is_set(&key)) {
            return;
        }
        let message = format!("Parameter `{}` is missing; without it, {who} mounts nothing.", keys[0]);
        self.add(self.span(keys[0]), None, message, help);
    }

    /// That a parameter is a boolean as Go reads it.
    fn boolean(&mut self, key: &'static str, who: &str) -> Option<bool> {
        let text = class::text(self.class.object.unit, self.class.parameters.get(key))?;
        let read = yaml_scalar::go_boolean(text);
        if read.is_none() {
            let message = format!("Parameter `{key}` must be \"true\" or \"false\"; otherwise {who} mounts nothing.");
            self.add(self.span(key), Some(key), message, "Write \"true\" or \"false\".");
        }
        read
    }

    /// That no two items have the same name in the field.
    fn unique(&mut self, fields: &[&str], who: &str) {
        let mut seen = BTreeSet::new();
        let mut twice = Vec::new();
        self.class.items(&mut |unit, item| {
            let mut names: Vec<(String, Span)> = Vec::new();
            let mut name = |unit: &Unit, node: Option<Node<'_>>| {
                if let (Some(text), Some(node)) = (class::text(unit, node), node) {
                    names.push((text.to_owned(), unit.outer(node.span())));
                }
            };
            fields.iter().for_each(|field| name(unit, item.get(field)));
            class::parts(item).for_each(|more| name(unit, more.get("objectAlias")));
            // One item that is its own alias is refused too.
            twice.extend(names.into_iter().filter(|(name, _)| !seen.insert(name.clone())));
        });
        for (name, span) in twice {
            let message = format!("The name `{name}` appears twice, so {who} mounts nothing.");
            self.add(span, Some("objects"), message, "Give each object a name of its own.");
        }
    }

    /// That the list has items, where an empty one is refused.
    fn listed(&mut self, who: &str, help: &'static str) {
        if let Listed::Nothing | Listed::Items(0) = self.class.items(&mut |_, _| {}) {
            let key = self.class.list_key();
            let message = format!("Parameter `{key}` lists nothing, so {who} mounts nothing.");
            self.add(self.span(key), None, message, help);
        }
    }

    /// `internal/config/config.go` of the provider.
    fn vault(&mut self) {
        const WHO: &str = "the Vault provider";
        self.needs(&["roleName"], WHO, "Name the role of Vault that the pod's ServiceAccount may log in with.");
        self.listed(WHO, "List what to mount: `objectName`, `secretPath` and `secretKey`.");
        self.unique(&["objectName"], WHO);
        let both =
            ["vaultKubernetesMountPath", "vaultAuthMountPath"].map(|key| self.class.parameters.get(key).is_some());
        if both == [true, true] && !self.class.is_templated() {
            let key = "vaultKubernetesMountPath";
            let message =
                format!("`{key}` and `vaultAuthMountPath` mean the same, and {WHO} rejects a class that has both.");
            self.add(self.span(key), Some(key), message, "Keep `vaultAuthMountPath`.");
        }
        if self.boolean("vaultSkipTLSVerify", WHO) == Some(true) {
            let key = "vaultSkipTLSVerify";
            let message = "TLS verification is disabled: the provider will log in to any server that answers.";
            let help = "Give the provider the CA certificate with `vaultCACertPath`.";
            self.add(self.span(key), Some(key), message.to_owned(), help).at_most = Level::Warning;
        }
    }

    /// `config/config.go` of the provider.
    fn gcp(&mut self) {
        const WHO: &str = "the Google Cloud provider";
        if !self.class.is_templated() && self.class.parameters.get("secrets").is_none() {
            let message = format!("Parameter `secrets` is missing; without it, {WHO} mounts nothing.");
            self.add(self.span("secrets"), None, message, "List what to mount: `resourceName` and `path`.");
        }
        let auth = class::text(self.class.object.unit, self.class.parameters.get("auth"));
        if auth.is_some_and(|auth| !matches!(auth, "pod-adc" | "provider-adc")) {
            let message = format!("This `auth` is unknown to {WHO}, which mounts nothing.");
            self.add(self.span("auth"), Some("auth"), message, "Write `pod-adc` or `provider-adc`, or leave it out.");
        }
    }

    /// `pkg/provider/provider.go` of the provider.
    fn azure(&mut self) {
        const WHO: &str = "the Azure provider";
        self.needs(&["keyvaultName"], WHO, "Name the Key Vault.");
        self.needs(&["tenantID", "tenantId"], WHO, "Name the tenant of the Key Vault in `tenantID`.");
        self.needs(&["objects"], WHO, "List what to mount, in an `array` of strings.");
        let modes = ["usePodIdentity", "useVMManagedIdentity", "useAzureTokenProxy"];
        let on: Vec<&'static str> = modes.into_iter().filter(|mode| self.boolean(mode, WHO) == Some(true)).collect();
        if let [_, second, ..] = on[..] {
            let message = format!("`{}` and `{second}` are mutually exclusive, so {WHO} mounts nothing.", on[0]);
            self.add(self.span(second), Some(second), message, "Keep the one that the cluster is set up for.");
        }
    }

    /// `provider/secret_descriptor.go` of the provider.
    fn aws(&mut self) {
        const WHO: &str = "the AWS provider";
        self.boolean("usePodIdentity", WHO);
        self.unique(&["objectName", "objectAlias"], WHO);
        let mut faults = Vec::new();
        self.class.items(&mut |unit, item| {
            let at = |node: Option<Node<'_>>| {
                let first = item.entries().next().map_or(item, |(key, _)| key);
                unit.outer(node.unwrap_or(first).span())
            };
            let lacks =
                |of: Node<'_>, key: &str| of.get(key).is_none_or(|node| node.is_null() || node.as_str() == Some(""));
            if !item.is_mapping() || unit.is_templated(item.span()) {
                return;
            }
            let name = item.get("objectName");
            let kind = item.get("objectType").filter(|kind| kind.as_str() != Some(""));
            match class::text(unit, kind) {
                Some("secretsmanager" | "ssmparameter") => {}
                Some(_) => {
                    let message = format!("This `objectType` is unknown to {WHO}, which mounts nothing.");
                    faults.push((at(kind), message, "Write `secretsmanager` or `ssmparameter`."));
                }
                None if kind.is_none() && class::text(unit, name).is_some_and(|name| !name.starts_with("arn:")) => {
                    let message = "An object without `objectType` must be named by its full ARN, or";
                    let help = "Add `objectType: secretsmanager` or `objectType: ssmparameter`.";
                    faults.push((at(name), format!("{message} {WHO} mounts nothing."), help));
                }
                None => {}
            }
            if lacks(item, "objectName") {
                let message = format!("An object lacks `objectName`; without it, {WHO} mounts nothing.");
                faults.push((at(None), message, "Name the secret or the parameter."));
            }
            for more in class::parts(item).filter(|more| more.is_mapping()) {
                if lacks(more, "path") || lacks(more, "objectAlias") {
                    let message = "An entry of `jmesPath` lacks `path` or `objectAlias`; without both,";
                    let first = more.entries().next().map(|(key, _)| key);
                    faults.push((at(first), format!("{message} {WHO} mounts nothing."), "Write both."));
                }
            }
        });
        for (span, message, help) in faults {
            self.add(span, Some("objects"), message, help);
        }
    }
}
