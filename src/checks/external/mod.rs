//! The External Secrets Operator: ExternalSecrets, PushSecrets and their stores.

use crate::checks::common::Check;
use crate::checks::common::Subject::{Structure, Value};
use crate::rule::id;

mod external_secret_api;
mod external_secret_invalid;
mod external_secret_path;
mod external_secret_refresh;
mod external_secret_store;
mod external_template_credential;
mod named;
mod secret_store_credential;
mod secret_store_namespace;

pub(super) const CHECKS: &[Check] = &[
    Check::source(id::EXTERNAL_SECRET_API, Structure, external_secret_api::check),
    Check::repository(id::EXTERNAL_SECRET_INVALID, Structure, external_secret_invalid::check),
    Check::repository(id::EXTERNAL_SECRET_PATH, Structure, external_secret_path::check),
    Check::source(id::EXTERNAL_SECRET_REFRESH, Structure, external_secret_refresh::check),
    Check::repository(id::EXTERNAL_SECRET_STORE, Structure, external_secret_store::check),
    Check::source(id::EXTERNAL_TEMPLATE_CREDENTIAL, Value, external_template_credential::check),
    Check::source(id::SECRET_STORE_CREDENTIAL, Value, secret_store_credential::check),
    Check::source(id::SECRET_STORE_NAMESPACE, Structure, secret_store_namespace::check),
];
