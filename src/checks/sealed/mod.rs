//! SealedSecrets that do not decrypt, or protect less than they should.

use crate::checks::common::Subject::{Structure, Value};
use crate::checks::common::{Check, Need};
use crate::document::object::Object;
use crate::document::view::View;
use crate::rule::id;

mod identity;
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

pub(super) const CHECKS: &[Check] = &[
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
];

/// The SealedSecrets of a source but those of texts for people, which show what not to do, and ciphertexts cut short.
fn sealed_secrets<'c, 'v>(view: &'c View<'v>) -> impl Iterator<Item = &'c Object<'v>> {
    view.manifests().filter(|object| object.kind == "SealedSecret" && object.group() == "bitnami.com")
}
