//! `sealed-template-mismatch`: a SealedSecret whose template was made for another name or namespace than it has.

use super::across::{Across, title};
use super::sealed::{Fault, all, fault};

pub(super) fn check(cx: &mut Across<'_>) {
    let inventory = cx.inventory;
    for (at, object, sealed) in all(inventory) {
        let Some(Fault::TemplateMismatch { what, own, template }) = fault(inventory, at, object, sealed) else {
            continue;
        };
        let place = if what == "name" { sealed.name_place } else { sealed.template_place }.unwrap_or(object.place);
        let message = format!(
            "The template names the {what} '{template}', which kubeseal wrote when it sealed, but the SealedSecret has \
             '{own}': it was renamed or moved after sealing, and cannot be decrypted."
        );
        let own_place = if what == "namespace" { object.namespace_place } else { None }.unwrap_or(object.place);
        let related = vec![cx.related(at.0, own_place, format!("the {what} that it has now"))];
        let symbolic = format!("{} .spec.template.metadata.{what}", title(object));
        cx.report(at.0, place, Some(symbolic), message).related = related;
    }
}
