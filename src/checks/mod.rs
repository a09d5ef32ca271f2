//! Checks: what looks at a source and says what is wrong. Synchronous, no I/O, nothing printed.
//!
//! [`ALL`] is the only list of coded checks. Each is one file here, one file of words in `rules/manifests/`, and one
//! folder in `tests/fixtures/rules/`. Credential rules are data; [`credential`] applies them.

use crate::document::view::View;
use crate::finding::Related;
use crate::finding::edit::Fix;
use crate::rule::{Level, Rule};
use crate::span::Span;
use crate::value::{self, Confidence, KeyClass};

pub(crate) mod across;
pub(crate) mod credential;
mod keyed;
pub(crate) mod repair;

mod ansible_vars_credential;
mod args_credential;
mod automounted_token;
mod certificate_expiring;
mod command_credential;
mod configmap_credential;
mod controller_key;
mod csi;
mod csi_credential;
mod csi_parameters;
mod csi_undefined_class;
mod csi_undefined_object;
mod csi_unmounted_secret;
mod csi_writable;
mod duplicate_definition;
mod encryption_config_key;
mod env_credential;
mod environment_drift;
mod external;
mod external_secret_api;
mod external_secret_invalid;
mod external_secret_path;
mod external_secret_refresh;
mod external_secret_store;
mod external_template_credential;
pub(crate) mod generator_credential;
mod helm_secret_value;
mod helm_values_credential;
mod missing_pull_secret;
mod namespace_convention;
mod plaintext_secret;
mod sealed;
mod sealed_broken_by_kustomize;
mod sealed_copied;
mod sealed_no_namespace;
mod sealed_not_ciphertext;
mod sealed_scope_annotation;
mod sealed_stale;
mod sealed_template_credential;
mod sealed_template_mismatch;
mod sealed_wide_scope;
mod sealed_wrong_namespace;
mod secret_sprawl;
mod secret_store_credential;
mod secret_store_namespace;
mod secret_type_mismatch;
mod sops_broken;
mod sops_partial;
mod sops_plaintext;
mod sops_rule_drift;
mod sops_uncovered;
mod terraform_credential;
mod tracked_secret_file;
mod undefined_secret;
mod undefined_secret_key;
mod unexpected_env_from;
mod unexpected_pull_secret;
mod unignored_secret_file;
mod unparsable;
mod unused_secret;
mod vault_annotation;
mod wide_secret_access;

use across::Across;
use credential::{Engine, Hit};
use repair::Repair;

/// A check that is code.
pub struct Check {
    /// Id of its rule, the stem of its file in `rules/manifests/`.
    pub rule: &'static str,
    /// What it looks at.
    pub run: Run,
}

/// What a check looks at.
#[derive(Clone, Copy)]
pub enum Run {
    /// One source by itself.
    Source(fn(&mut Context<'_, '_>)),
    /// The inventory of the repository.
    Repository(fn(&mut Across<'_>)),
}

use Run::{Repository, Source};

/// Every coded check. The order decides nothing.
pub const ALL: &[Check] = &[
    Check { rule: "ansible-vars-credential", run: Source(ansible_vars_credential::check) },
    Check { rule: "args-credential", run: Source(args_credential::check) },
    Check { rule: "automounted-token", run: Repository(automounted_token::check) },
    Check { rule: "certificate-expiring", run: Repository(certificate_expiring::check) },
    Check { rule: "command-credential", run: Source(command_credential::check) },
    Check { rule: "configmap-credential", run: Source(configmap_credential::check) },
    Check { rule: "controller-key", run: Source(controller_key::check) },
    Check { rule: "csi-parameters", run: Source(csi_parameters::check) },
    Check { rule: "csi-undefined-class", run: Repository(csi_undefined_class::check) },
    Check { rule: "csi-undefined-object", run: Source(csi_undefined_object::check) },
    Check { rule: "csi-unmounted-secret", run: Repository(csi_unmounted_secret::check) },
    Check { rule: "csi-writable", run: Source(csi_writable::check) },
    Check { rule: "duplicate-definition", run: Repository(duplicate_definition::check) },
    Check { rule: "encryption-config-key", run: Source(encryption_config_key::check) },
    Check { rule: "env-credential", run: Source(env_credential::check) },
    Check { rule: "environment-drift", run: Repository(environment_drift::check) },
    Check { rule: "external-secret-api", run: Source(external_secret_api::check) },
    Check { rule: "external-secret-invalid", run: Repository(external_secret_invalid::check) },
    Check { rule: "external-secret-path", run: Repository(external_secret_path::check) },
    Check { rule: "external-secret-refresh", run: Source(external_secret_refresh::check) },
    Check { rule: "external-secret-store", run: Repository(external_secret_store::check) },
    Check { rule: "external-template-credential", run: Source(external_template_credential::check) },
    Check { rule: "generator-credential", run: Source(generator_credential::check) },
    Check { rule: "helm-secret-value", run: Repository(helm_secret_value::check) },
    Check { rule: "helm-values-credential", run: Source(helm_values_credential::check) },
    Check { rule: "missing-pull-secret", run: Repository(missing_pull_secret::check) },
    Check { rule: "namespace-convention", run: Repository(namespace_convention::check) },
    Check { rule: "plaintext-secret", run: Source(plaintext_secret::check) },
    Check { rule: "sealed-broken-by-kustomize", run: Repository(sealed_broken_by_kustomize::check) },
    Check { rule: "sealed-copied", run: Repository(sealed_copied::check) },
    Check { rule: "sealed-no-namespace", run: Repository(sealed_no_namespace::check) },
    Check { rule: "sealed-not-ciphertext", run: Source(sealed_not_ciphertext::check) },
    Check { rule: "sealed-scope-annotation", run: Source(sealed_scope_annotation::check) },
    Check { rule: "sealed-stale", run: Repository(sealed_stale::check) },
    Check { rule: "sealed-template-credential", run: Source(sealed_template_credential::check) },
    Check { rule: "sealed-template-mismatch", run: Repository(sealed_template_mismatch::check) },
    Check { rule: "sealed-wide-scope", run: Source(sealed_wide_scope::check) },
    Check { rule: "sealed-wrong-namespace", run: Repository(sealed_wrong_namespace::check) },
    Check { rule: "secret-sprawl", run: Repository(secret_sprawl::check) },
    Check { rule: "secret-store-credential", run: Source(secret_store_credential::check) },
    Check { rule: "secret-store-namespace", run: Source(secret_store_namespace::check) },
    Check { rule: "secret-type-mismatch", run: Repository(secret_type_mismatch::check) },
    Check { rule: "sops-broken", run: Source(sops_broken::check) },
    Check { rule: "sops-partial", run: Source(sops_partial::check) },
    Check { rule: "sops-plaintext", run: Repository(sops_plaintext::check) },
    Check { rule: "sops-rule-drift", run: Repository(sops_rule_drift::check) },
    Check { rule: "sops-uncovered", run: Repository(sops_uncovered::check) },
    Check { rule: "terraform-credential", run: Source(terraform_credential::check) },
    Check { rule: "tracked-secret-file", run: Repository(tracked_secret_file::check) },
    Check { rule: "undefined-secret", run: Repository(undefined_secret::check) },
    Check { rule: "undefined-secret-key", run: Repository(undefined_secret_key::check) },
    Check { rule: "unexpected-env-from", run: Repository(unexpected_env_from::check) },
    Check { rule: "unexpected-pull-secret", run: Repository(unexpected_pull_secret::check) },
    Check { rule: "unignored-secret-file", run: Repository(unignored_secret_file::check) },
    Check { rule: "unparsable", run: Source(unparsable::check) },
    Check { rule: "unused-secret", run: Repository(unused_secret::check) },
    Check { rule: "vault-annotation", run: Repository(vault_annotation::check) },
    Check { rule: "wide-secret-access", run: Repository(wide_secret_access::check) },
];

/// What a check wants to say, before configuration, duplicates and allow comments are looked at.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Id of the rule.
    pub rule: crate::rule::Text,
    /// Highest level that this finding deserves, whatever the rule's is.
    pub at_most: Level,
    /// Where the value stands, bytes of the source's text.
    pub span: Span,
    /// Symbolic place.
    pub place: Option<String>,
    /// What is wrong, a sentence with a full stop. Never a value.
    pub message: String,
    /// What to do; none takes the first sentence of the rule's remedy.
    pub help: Option<String>,
    /// Which of two findings on one value stays: the one that knows more about its place.
    pub weight: Weight,
    /// Whether the value has a format whose checksum does not hold.
    pub refuted: bool,
    /// Whether the run is incomplete because of it.
    pub incomplete: bool,
    /// Other places that explain it.
    pub related: Vec<Related>,
    /// What would repair it, where that is certain.
    pub fix: Option<Fix>,
    /// The same as a wish, of a check that has no text at hand; it becomes the fix where the text allows that.
    pub repair: Option<Repair>,
}

impl Draft {
    /// Whether it says that a credential stands there, and surely.
    #[must_use]
    pub fn is_credential(&self) -> bool {
        self.weight != Weight::Structure && self.at_most == Level::Error && !self.incomplete && !self.refuted
    }
}

/// How much a finding knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// A fault of structure, at a name or a setting: no value stands there, so it neither hides another finding nor is
    /// hidden, and its words are shown.
    Structure,
    /// A key's name and a value.
    Assignment,
    /// A credential's format.
    Format,
    /// An object and what the place is for.
    Place,
    /// The same, and more special than another such check.
    Special,
}

/// A source under a check, and where the check puts what it says.
pub struct Context<'c, 'v> {
    /// The source.
    pub view: &'c View<'v>,
    engine: &'c Engine,
    hits: &'c [Hit],
    rule: &'static str,
    drafts: Vec<Draft>,
    quiet: Vec<Span>,
}

/// What checks found in one source.
pub(crate) struct Findings {
    /// In no order, duplicates among them.
    pub drafts: Vec<Draft>,
    /// Stretches that a check looked at and in which a key and its value mean nothing.
    pub quiet: Vec<Span>,
}

/// Runs `checks` over a source. `hits` are the engine's for the same text, sorted by start.
#[must_use]
pub(crate) fn run<'c>(view: &'c View<'_>, engine: &'c Engine, hits: &'c [Hit], checks: &[&'static Check]) -> Findings {
    let mut context = Context { view, engine, hits, rule: "", drafts: Vec::new(), quiet: Vec::new() };
    for check in checks {
        if let Run::Source(run) = check.run {
            context.rule = check.rule;
            run(&mut context);
        }
    }
    Findings { drafts: context.drafts, quiet: context.quiet }
}

impl<'c> Context<'c, '_> {
    /// Hits of the credential engine inside `span` (bytes of the source's text).
    pub fn hits_in(&self, span: Span) -> impl Iterator<Item = &'c Hit> + use<'c> {
        let hits = self.hits;
        let first = hits.partition_point(|hit| hit.span.start < span.start);
        hits[first..]
            .iter()
            .take_while(move |hit| hit.span.start < span.end)
            .filter(move |hit| hit.span.end <= span.end)
    }

    /// The rule behind a hit.
    #[must_use]
    pub fn rule_of(&self, hit: &Hit) -> &'c Rule {
        self.engine.rule(hit)
    }

    /// What a single value looks like ("GitHub token"), if its format tells.
    #[must_use]
    pub fn identify(&self, value: &str) -> Option<&'c str> {
        let hit = self.engine.identify(value)?;
        Some(self.engine.rule(&hit).title.as_ref())
    }

    /// Declares a stretch in which a key and its value mean nothing.
    pub fn quiet(&mut self, span: Span) {
        self.quiet.push(span);
    }

    /// Reports a fault at a value.
    pub fn report(&mut self, span: Span, place: Option<String>, message: String) -> &mut Draft {
        self.drafts.push(Draft {
            rule: self.rule.into(),
            at_most: Level::Error,
            span,
            place,
            message,
            help: None,
            weight: Weight::Place,
            incomplete: false,
            refuted: false,
            related: Vec::new(),
            fix: None,
            repair: None,
        });
        let last = self.drafts.len() - 1;
        &mut self.drafts[last]
    }

    /// Reports a fault of structure, at a name or a setting that is no value.
    pub fn structure(&mut self, span: Span, place: Option<String>, message: String) -> &mut Draft {
        let draft = self.report(span, place, message);
        draft.weight = Weight::Structure;
        draft
    }

    /// Judges the value of a key where configuration belongs, and reports it. `what` is the place in words ("the ConfigMap"),
    /// `span` the value's, in bytes of the source. Returns whether something was reported.
    pub fn judge(&mut self, what: &str, place: &str, key: &str, value: &str, span: Span) -> bool {
        let class = value::key::classify(key);
        let single = !value.trim().contains('\n');
        let confidence = if single { value::judge(class, value) } else { None };
        let level = match (class, confidence) {
            (_, Some(Confidence::High)) | (KeyClass::Password, Some(Confidence::Low)) => Some(Level::Error),
            (KeyClass::Strong, Some(Confidence::Low)) => Some(Level::Warning),
            _ => None,
        };
        let best = self
            .telling_hits(span)
            .filter(|_| level.is_some())
            .map(|hit| (hit.level, self.rule_of(hit).title.clone()))
            .max_by_key(|(level, _)| *level);
        if let Some(level) = level {
            let level = best.as_ref().map_or(level, |(known, _)| level.max(*known));
            let looks = best.map(|(_, title)| format!(" It looks like: {title}.")).unwrap_or_default();
            let message = format!("{what} holds a credential in plain text under '{key}'.{looks}");
            self.report(span, Some(place.to_owned()), message).at_most = level;
            return true;
        }
        self.formats(what, place, key, span)
    }

    /// Reports what stands inside a value and tells by itself that it is a credential.
    pub fn formats(&mut self, what: &str, place: &str, key: &str, span: Span) -> bool {
        let found: Vec<(Span, Level, String)> =
            self.telling_hits(span).map(|hit| (hit.span, hit.level, self.rule_of(hit).title.to_string())).collect();
        for (inner, level, title) in &found {
            let message = format!("{what} holds a credential in plain text under '{key}'. It looks like: {title}.");
            self.report(*inner, Some(place.to_owned()), message).at_most = *level;
        }
        !found.is_empty()
    }

    /// Hits in a value by their format, or by a key that stands in the value too (a file's content, a command).
    fn telling_hits(&self, span: Span) -> impl Iterator<Item = &'c Hit> + use<'c> {
        self.hits_in(span).filter(move |hit| hit.specific || hit.key.is_some_and(|key| span.contains(key)))
    }
}
