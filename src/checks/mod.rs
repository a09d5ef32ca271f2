//! Stand-in.
/// Stand-in.
pub mod credential {
    /// Stand-in: an example that does not hold its rule's first keyword fails.
    pub fn test_rules(rules: &[crate::rule::Rule]) -> Vec<String> {
        let mut faults = Vec::new();
        for rule in rules {
            let Some(pattern) = &rule.pattern else { continue };
            for (number, text) in pattern.matches.iter().enumerate() {
                if !pattern.keywords.iter().any(|keyword| text.contains(keyword.as_ref())) {
                    faults.push(format!("rule {}: example {} of `matches` has no match", rule.id, number + 1));
                }
            }
        }
        faults
    }
}
