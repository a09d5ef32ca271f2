//! Running the examples that rule files carry.

use super::assignment::Syntax;
use super::engine::Engine;
use crate::rule::Rule;

/// Runs the examples of the credential rules among `rules`, each with that rule alone. Returns the faults: rule and
/// number of the example, never its text.
pub(crate) fn test_rules(rules: &[Rule]) -> Vec<String> {
    let mut faults = Vec::new();
    for rule in rules {
        let Some(pattern) = &rule.pattern else { continue };
        let engine = Engine::new([rule.clone()]);
        if let Err(error) = engine.compile_all() {
            faults.push(error.to_string());
            continue;
        }
        if pattern.matches.is_empty() {
            faults.push(format!("rule {}: it has no matching example", rule.id));
        }
        for keyword in pattern.keywords.iter().filter(|keyword| keyword.len() < 3) {
            faults.push(format!("rule {}: the keyword of {} bytes is shorter than 3", rule.id, keyword.len()));
        }
        let mut run = |texts: &[crate::rule::Text], list: &str, wanted: usize| {
            for (number, text) in texts.iter().enumerate() {
                let mut hits = engine.search(text, &|_| Syntax::Config).hits;
                hits.retain(|hit| hit.encoding.is_none() && !hit.checksum_failed);
                hits.dedup_by_key(|hit| hit.span);
                if hits.len() != wanted {
                    let found = hits.len();
                    faults.push(format!(
                        "rule {}: {list} example {} gives {found} findings, not {wanted}",
                        rule.id,
                        number + 1
                    ));
                }
            }
        };
        run(&pattern.matches, "matching", 1);
        run(&pattern.non_matches, "non-matching", 0);
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::test_rules;

    #[test]
    fn every_built_in_rule_passes_its_examples() {
        let faults = test_rules(crate::rule::builtin());
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }
}
