//! `unparsable`: a YAML document that no reading makes sense of, so that nothing can be said about it.

use crate::checks::common::Context;
use crate::span::Span;

pub(super) fn check(cx: &mut Context<'_, '_>) {
    let view = cx.view;
    for fault in view.parsed.faults.iter().filter(|fault| !fault.recovered) {
        let message = format!("This document is not valid YAML ({}), so its objects were not checked.", fault.message);
        let help = "Correct the syntax, or exclude the file in `.mlguard.yaml` if it is not YAML. Its text was still searched for credentials.";
        let end = view.text[fault.offset.min(view.text.len())..].find(['\n', '\r']).unwrap_or(0);
        let draft = cx.report(Span::new(fault.offset, fault.offset + end), None, message);
        draft.help = Some(help.to_owned());
    }
}
