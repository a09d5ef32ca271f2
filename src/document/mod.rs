//! What a text is made of: the readers that turn a source into documents and find documents inside others.
//!
//! Every reader is a pure function on text that accepts anything, takes time linear in its length and answers with
//! spans of what it was given. A document inside another one is a [`fragment::Fragment`]: its text, its language and an
//! [`offset::OffsetMap`] back to the text around it, so that a finding is reported where the value stands.
//!
//! - [`template`]: blanks the actions of Helm, Jinja and their kin in place
//! - [`lines`]: recovers objects of what does not parse, by indentation
//! - [`scalar`]: strings that are documents
//! - [`markdown`], [`shell`], [`notebook`]: texts that hold documents

pub mod fragment;
mod lang;
pub mod lines;
pub mod markdown;
pub mod notebook;
pub mod offset;
pub mod scalar;
pub mod shell;
pub mod template;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{fragment::Lang, lines, markdown, scalar, shell, template};
    use crate::span::Span;

    proptest! {
        #[test]
        fn nothing_panics(parts in proptest::collection::vec(
            prop_oneof![
                Just("kind: Secret\n"), Just("data:\n"), Just("  a: |\n"), Just("- "), Just("\""), Just("'"), Just("> "),
                Just("```yaml\n"), Just("~~~\n"), Just("    "), Just("\t"), Just("\r\n"), Just("\n"), Just("é"), Just("😀"),
                Just(":"), Just("#"), Just("\\"), Just("\\u"), Just("{{ x }}"), Just("---\n"), Just("!"), Just("1. "),
                Just("<<E\n"), Just("metadata:\n"), Just("  name: b\n"), Just("|"), Just("\u{feff}"),
            ],
            0..50,
        ), start in 0_usize..80, length in 0_usize..80) {
            let text = parts.concat();
            for object in lines::recover(&text) {
                for entry in object.entries {
                    prop_assert!(text.get(entry.key_span.range()).is_some());
                    prop_assert!(text.get(entry.value_span.range()).is_some());
                }
            }
            for fence in markdown::fences(&text) {
                prop_assert_eq!(fence.content(&text).len(), fence.span.len());
            }
            let _ = (markdown::fragments(&text), shell::fragments(&text), template::blank(&text), Lang::of_path(&text, &text));
            let _ = (Lang::of_info(&text), scalar::unescape(&text, start));
            use scalar::Style::{Double, Folded, Literal, Plain, Single};
            for style in [Plain, Single, Double, Literal, Folded] {
                let _ = scalar::scalar_fragment(&text, Span::new(start, start + length), style);
            }
        }
    }
}
