//! Checks: what looks at a source and says what is wrong. Synchronous, no I/O, nothing printed.
//!
//! [`ALL`] is the only list of coded checks. Each is one file here, one file of words in `rules/manifests/`, and one
//! folder in `tests/fixtures/rules/`. Credential rules are data; [`credential`] applies them.

use crate::rule::{RuleId, id};

pub(crate) mod across;
mod context;
pub(crate) mod credential;
mod draft;
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

pub(crate) use context::{Context, run};
pub(crate) use draft::Weight;
pub(crate) use draft::{Draft, Subject};

use Subject::{Ciphertext, Document, Structure, Value};
use across::Across;

/// A check that is code.
pub struct Check {
    /// Its rule, a file in `rules/manifests/`.
    pub rule: RuleId,
    /// What it looks at.
    pub run: Run,
    /// What its reports are about, unless one says otherwise.
    pub subject: Subject,
    /// What the engine has to find out for it.
    pub needs: &'static [Need],
    /// Rules to which it leaves a mistake that both see: one mistake is one finding.
    pub yields_to: &'static [RuleId],
}

/// What a check looks at.
#[derive(Clone, Copy)]
pub enum Run {
    /// One source by itself.
    Source(fn(&mut Context<'_, '_>)),
    /// The inventory of the repository.
    Repository(fn(&mut Across<'_>)),
    /// One source by itself, then the inventory.
    Both(fn(&mut Context<'_, '_>), fn(&mut Across<'_>)),
}

impl Run {
    /// What looks at one source.
    pub(crate) fn source(self) -> Option<fn(&mut Context<'_, '_>)> {
        match self {
            Self::Source(run) | Self::Both(run, _) => Some(run),
            Self::Repository(_) => None,
        }
    }

    /// What looks at the inventory.
    pub(crate) fn repository(self) -> Option<fn(&mut Across<'_>)> {
        match self {
            Self::Repository(run) | Self::Both(_, run) => Some(run),
            Self::Source(_) => None,
        }
    }
}

/// What a check has to know beyond the texts, which costs something to find out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// The ciphertexts that Git held when the rotation period began.
    Past,
    /// What `.gitignore` says about secret files that Git does not hold.
    UntrackedIgnores,
    /// What `.gitignore` says about those that it holds.
    TrackedIgnores,
    /// The credentials that other checks found in a file.
    Credentials,
}

impl Check {
    const fn new(rule: RuleId, subject: Subject, run: Run) -> Self {
        Self { rule, run, subject, needs: &[], yields_to: &[] }
    }

    const fn source(rule: RuleId, subject: Subject, run: fn(&mut Context<'_, '_>)) -> Self {
        Self::new(rule, subject, Run::Source(run))
    }

    const fn repository(rule: RuleId, subject: Subject, run: fn(&mut Across<'_>)) -> Self {
        Self::new(rule, subject, Run::Repository(run))
    }

    const fn needing(mut self, needs: &'static [Need]) -> Self {
        self.needs = needs;
        self
    }

    /// Drops its reports where one of `rules` reports the same place. What a check leaves out of a report for such a rule
    /// it asks for with [`Across::yields_to`].
    const fn yielding_to(mut self, rules: &'static [RuleId]) -> Self {
        self.yields_to = rules;
        self
    }
}

/// Every coded check. The order decides nothing.
pub const ALL: &[Check] = &[
    Check::source(id::ANSIBLE_VARS_CREDENTIAL, Value, ansible_vars_credential::check),
    Check::source(id::ARGS_CREDENTIAL, Value, args_credential::check),
    Check::repository(id::AUTOMOUNTED_TOKEN, Structure, automounted_token::check),
    Check::repository(id::CERTIFICATE_EXPIRING, Structure, certificate_expiring::check),
    Check::source(id::COMMAND_CREDENTIAL, Value, command_credential::check),
    Check::source(id::CONFIGMAP_CREDENTIAL, Value, configmap_credential::check),
    Check::source(id::CONTROLLER_KEY, Value, controller_key::check),
    Check::source(id::CSI_PARAMETERS, Structure, csi_parameters::check),
    Check::repository(id::CSI_UNDEFINED_CLASS, Structure, csi_undefined_class::check),
    Check::source(id::CSI_UNDEFINED_OBJECT, Structure, csi_undefined_object::check),
    Check::repository(id::CSI_UNMOUNTED_SECRET, Structure, csi_unmounted_secret::check),
    Check::source(id::CSI_WRITABLE, Structure, csi_writable::check),
    Check::repository(id::DUPLICATE_DEFINITION, Structure, duplicate_definition::check),
    Check::source(id::ENCRYPTION_CONFIG_KEY, Value, encryption_config_key::check),
    Check::source(id::ENV_CREDENTIAL, Value, env_credential::check),
    Check::repository(id::ENVIRONMENT_DRIFT, Structure, environment_drift::check).yielding_to(&[
        id::SECRET_SPRAWL,
        id::SECRET_TYPE_MISMATCH,
        id::UNDEFINED_SECRET,
        id::UNDEFINED_SECRET_KEY,
    ]),
    Check::source(id::EXTERNAL_SECRET_API, Structure, external_secret_api::check),
    Check::repository(id::EXTERNAL_SECRET_INVALID, Structure, external_secret_invalid::check),
    Check::repository(id::EXTERNAL_SECRET_PATH, Structure, external_secret_path::check),
    Check::source(id::EXTERNAL_SECRET_REFRESH, Structure, external_secret_refresh::check),
    Check::repository(id::EXTERNAL_SECRET_STORE, Structure, external_secret_store::check),
    Check::source(id::EXTERNAL_TEMPLATE_CREDENTIAL, Value, external_template_credential::check),
    Check::new(
        id::GENERATOR_CREDENTIAL,
        Value,
        Run::Both(generator_credential::check, generator_credential::check_env_files),
    ),
    Check::repository(id::HELM_SECRET_VALUE, Value, helm_secret_value::check),
    Check::source(id::HELM_VALUES_CREDENTIAL, Value, helm_values_credential::check),
    Check::repository(id::MISSING_PULL_SECRET, Structure, missing_pull_secret::check),
    Check::repository(id::NAMESPACE_CONVENTION, Structure, namespace_convention::check)
        .yielding_to(&[id::SEALED_WRONG_NAMESPACE, id::SEALED_BROKEN_BY_KUSTOMIZE]),
    Check::source(id::PLAINTEXT_SECRET, Value, plaintext_secret::check),
    Check::repository(id::SEALED_BROKEN_BY_KUSTOMIZE, Structure, sealed_broken_by_kustomize::check),
    Check::repository(id::SEALED_COPIED, Structure, sealed_copied::check),
    Check::repository(id::SEALED_NO_NAMESPACE, Structure, sealed_no_namespace::check),
    Check::source(id::SEALED_NOT_CIPHERTEXT, Value, sealed_not_ciphertext::check),
    Check::source(id::SEALED_SCOPE_ANNOTATION, Structure, sealed_scope_annotation::check),
    Check::repository(id::SEALED_STALE, Structure, sealed_stale::check).needing(&[Need::Past]),
    Check::source(id::SEALED_TEMPLATE_CREDENTIAL, Value, sealed_template_credential::check),
    Check::repository(id::SEALED_TEMPLATE_MISMATCH, Structure, sealed_template_mismatch::check),
    Check::source(id::SEALED_WIDE_SCOPE, Structure, sealed_wide_scope::check),
    Check::repository(id::SEALED_WRONG_NAMESPACE, Structure, sealed_wrong_namespace::check),
    Check::repository(id::SECRET_SPRAWL, Structure, secret_sprawl::check),
    Check::source(id::SECRET_STORE_CREDENTIAL, Value, secret_store_credential::check),
    Check::source(id::SECRET_STORE_NAMESPACE, Structure, secret_store_namespace::check),
    Check::repository(id::SECRET_TYPE_MISMATCH, Structure, secret_type_mismatch::check),
    Check::source(id::SOPS_BROKEN, Ciphertext, sops_broken::check),
    Check::source(id::SOPS_PARTIAL, Value, sops_partial::check),
    Check::repository(id::SOPS_PLAINTEXT, Structure, sops_plaintext::check).needing(&[Need::Credentials]),
    Check::repository(id::SOPS_RULE_DRIFT, Structure, sops_rule_drift::check),
    Check::repository(id::SOPS_UNCOVERED, Structure, sops_uncovered::check)
        .needing(&[Need::Credentials])
        .yielding_to(&[id::SOPS_PLAINTEXT]),
    Check::source(id::TERRAFORM_CREDENTIAL, Value, terraform_credential::check),
    Check::repository(id::TRACKED_SECRET_FILE, Structure, tracked_secret_file::check).needing(&[Need::TrackedIgnores]),
    Check::repository(id::UNDEFINED_SECRET, Structure, undefined_secret::check)
        .yielding_to(&[id::UNEXPECTED_ENV_FROM, id::UNEXPECTED_PULL_SECRET]),
    Check::repository(id::UNDEFINED_SECRET_KEY, Structure, undefined_secret_key::check),
    Check::repository(id::UNEXPECTED_ENV_FROM, Structure, unexpected_env_from::check),
    Check::repository(id::UNEXPECTED_PULL_SECRET, Structure, unexpected_pull_secret::check),
    Check::repository(id::UNIGNORED_SECRET_FILE, Structure, unignored_secret_file::check)
        .needing(&[Need::UntrackedIgnores]),
    Check::source(id::UNPARSABLE, Document, unparsable::check),
    Check::repository(id::UNUSED_SECRET, Structure, unused_secret::check).yielding_to(&[id::SECRET_SPRAWL]),
    Check::repository(id::VAULT_ANNOTATION, Structure, vault_annotation::check),
    Check::repository(id::WIDE_SECRET_ACCESS, Structure, wide_secret_access::check),
];
