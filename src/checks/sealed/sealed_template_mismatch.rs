//! `sealed-template-mismatch`: a SealedSecret whose template was made for another name or namespace than it has.

use super::identity::{Fault, all, fault};
use crate::checks::common::repair::Repair;
use crate::checks::common::{Across, listed};
use crate::rule::Fixable;

pub(super) fn check(cx: &mut Across<'_>) {
    let inventory = cx.inventory;
    for (at, object, sealed) in all(inventory) {
        let Some(Fault::TemplateMismatch { differing }) = fault(inventory, (at, object, sealed)) else { continue };
        let place_of = |what| if what == "name" { sealed.name_place } else { sealed.template_place };
        let Some(&(what, own, template)) = differing.first() else { continue };
        let place = place_of(what).unwrap_or(object.place);
        let message = format!(
            "The template has the {what} `{template}`, which kubeseal wrote when sealing, but the SealedSecret has \
             `{own}`: it was renamed or moved after sealing, and cannot be decrypted."
        );
        let own_place = if what == "namespace" { object.namespace_place } else { None }.unwrap_or(object.place);
        let related = vec![cx.related(at.0, own_place, format!("its current {what}"))];
        let texts = differing.iter().map(|&(what, own, _)| Some((place_of(what)?.span, own.to_owned())));
        let words: Vec<String> = differing.iter().map(|(what, own, _)| format!("the {what} `{own}`")).collect();
        // Not unseen: the template is the only trace of what the ciphertext was made for, which stays as it is.
        let repair = texts.collect::<Option<Vec<_>>>().map(|texts| Repair::Write {
            texts,
            applicability: Fixable::Unsafe,
            title: format!("set {} in the template; the values must still be sealed for it", listed(&words)),
        });
        let path = format!(".spec.template.metadata.{what}");
        let draft = cx.report_in((at.0, place), object, &path, message);
        draft.related = related;
        draft.repair = repair;
    }
}
