//! Credentials in plaintext, by the place where they are written.

use crate::checks::common::{Check, Subject::Value};
use crate::rule::id;

mod ansible_vars_credential;
mod args_credential;
mod command_credential;
mod configmap_credential;
mod controller_key;
mod encryption_config_key;
mod env_credential;
pub(crate) mod generator_credential;
mod helm_secret_value;
mod helm_values_credential;
mod plaintext_secret;
mod terraform_credential;

pub(super) const CHECKS: &[Check] = &[
    Check::source(id::ANSIBLE_VARS_CREDENTIAL, Value, ansible_vars_credential::check),
    Check::source(id::ARGS_CREDENTIAL, Value, args_credential::check),
    Check::source(id::COMMAND_CREDENTIAL, Value, command_credential::check),
    Check::source(id::CONFIGMAP_CREDENTIAL, Value, configmap_credential::check),
    Check::source(id::CONTROLLER_KEY, Value, controller_key::check),
    Check::source(id::ENCRYPTION_CONFIG_KEY, Value, encryption_config_key::check),
    Check::source(id::ENV_CREDENTIAL, Value, env_credential::check),
    Check::source(id::GENERATOR_CREDENTIAL, Value, generator_credential::check)
        .and_repository(generator_credential::check_env_files),
    Check::repository(id::HELM_SECRET_VALUE, Value, helm_secret_value::check),
    Check::source(id::HELM_VALUES_CREDENTIAL, Value, helm_values_credential::check),
    Check::source(id::PLAINTEXT_SECRET, Value, plaintext_secret::check),
    Check::source(id::TERRAFORM_CREDENTIAL, Value, terraform_credential::check),
];
