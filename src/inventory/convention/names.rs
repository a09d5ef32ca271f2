//! Names of namespaces: how environments spell them, which workflow and environment one means, and which are slips.

use std::collections::BTreeSet;

use super::Convention;
use crate::inventory::near::is_within;

/// What stands for the workflow in the templates of environments.
pub(crate) const WORKFLOW: &str = "{workflow}";

/// Words for environments, one group for each that means the same. A word of a group without a configured environment
/// is still no part of a name that anyone would choose for something else.
const ENVIRONMENT_WORDS: [&[&str]; 9] = [
    &["dev", "devel", "develop", "development"],
    &["test", "testing", "tst"],
    &["qa"],
    &["uat"],
    &["sandbox", "sbx"],
    &["stage", "staging", "stg"],
    &["preprod", "pre-prod", "preproduction", "pre-production"],
    &["nonprod", "non-prod"],
    &["prod", "prd", "production", "live"],
];

/// A namespace that belongs to a workflow by its name, and that no environment spells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Misspelt {
    pub workflow: String,
    /// What is wrong.
    pub slip: Slip,
    /// The right spelling, where one follows.
    pub meant: Option<String>,
}

/// What is wrong with a namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Slip {
    /// This word for an environment is not how the table spells one, or not at this place of the name.
    Environment(String),
    /// A letter or a dash differs.
    Letter,
}

impl Convention {
    /// The namespace of a workflow in an environment; nothing where the environment is not configured.
    pub(crate) fn spell(&self, workflow: &str, environment: &str) -> Option<String> {
        let (_, template) = self.environments.iter().find(|(name, _)| name == environment)?;
        Some(template.replace(WORKFLOW, workflow))
    }

    /// Which of `workflows`, and which environment, `namespace` is. Where two fit, the longer workflow is meant:
    /// `a-dev` is the production of a known `a-dev`, else the development of `a`.
    #[must_use]
    pub fn read<'s, 'w>(&'s self, namespace: &str, workflows: &'w BTreeSet<String>) -> Option<(&'w str, &'s str)> {
        let mut best: Option<(&str, &str)> = None;
        for (environment, workflow) in self.readings(namespace) {
            let Some(workflow) = workflows.get(workflow) else { continue };
            if best.is_none_or(|(longest, _)| workflow.len() > longest.len()) {
                best = Some((workflow, environment));
            }
        }
        best
    }

    /// Each environment with the workflow that `namespace` would be of, whether there is such a workflow or not.
    pub(super) fn readings<'s, 'n>(&'s self, namespace: &'n str) -> impl Iterator<Item = (&'s str, &'n str)> {
        self.environments.iter().filter_map(move |(environment, template)| {
            let (before, after) = template.split_once(WORKFLOW)?;
            let workflow = namespace.strip_prefix(before)?.strip_suffix(after)?;
            is_label(workflow).then_some((environment.as_str(), workflow))
        })
    }

    /// Whether a namespace is the platform's own, so that it follows no convention of workflows.
    pub(crate) fn is_system(&self, namespace: &str) -> bool {
        self.system_namespaces.iter().any(|glob| fits(glob, namespace))
    }

    /// What `workflows` are spelt like, for asking about many namespaces.
    pub(crate) fn spellings<'s>(&'s self, workflows: &'s BTreeSet<String>) -> Spellings<'s> {
        // The longest first: `financial-ml-prod` is of `financial-ml`, not of `financial`.
        let mut longest: Vec<&String> = workflows.iter().collect();
        longest.sort_by_key(|workflow| std::cmp::Reverse(workflow.len()));
        let names = longest.into_iter().flat_map(|workflow| {
            let spelt = self.environments.iter().map(move |(_, template)| template.replace(WORKFLOW, workflow));
            spelt.map(|spelt| (workflow.as_str(), spelt))
        });
        Spellings { convention: self, workflows, names: names.collect() }
    }

    /// The longest of `workflows` that `namespace` begins or ends with, with the word for an environment that is
    /// behind or before it.
    fn environment_word<'n, 'w>(
        &self,
        namespace: &'n str,
        workflows: &'w BTreeSet<String>,
    ) -> Option<(&'w String, &'n str)> {
        let known = |word: &str| self.environments.iter().any(|(name, _)| name == word) || group_of(word).is_some();
        let dashes = namespace.match_indices('-').map(|(at, _)| (&namespace[..at], &namespace[at + 1..]));
        // The name before its environment is the likelier reading.
        let readings = dashes.flat_map(|(before, after)| [(before, after, true), (after, before, false)]);
        let found = readings.filter(|(_, word, _)| known(word)).filter_map(|(name, word, first)| {
            let workflow = workflows.get(name)?;
            Some(((workflow.len(), std::cmp::Reverse(workflow), first), workflow, word))
        });
        found.max_by_key(|(rank, ..)| *rank).map(|(_, workflow, word)| (workflow, word))
    }

    /// The configured environment that a word means: the one of that name, or the only one whose name means the same.
    fn environment_of(&self, word: &str) -> Option<&str> {
        let mut names = self.environments.iter().map(|(name, _)| name.as_str());
        if let Some(name) = names.clone().find(|name| *name == word) {
            return Some(name);
        }
        let group = group_of(word)?;
        let found = names.find(|name| group.contains(name))?;
        names.all(|name| !group.contains(&name)).then_some(found)
    }
}

/// Known workflows with the namespaces that they spell.
pub(crate) struct Spellings<'s> {
    convention: &'s Convention,
    workflows: &'s BTreeSet<String>,
    /// Workflow and namespace, those of the longest workflow first.
    names: Vec<(&'s str, String)>,
}

impl Spellings<'_> {
    /// Which workflow `namespace` belongs to by its name, where no environment spells it so. Quiet wherever the name
    /// may be meant as it is: another part of the same workflow (`financial-ml-monitoring`), a numbered sibling, or
    /// the namespace of another known workflow.
    pub(crate) fn misspelt(&self, namespace: &str) -> Option<Misspelt> {
        let (convention, workflows) = (self.convention, self.workflows);
        let right = workflows.contains(namespace) || convention.is_system(namespace);
        if right || convention.read(namespace, workflows).is_some() {
            return None;
        }
        if let Some((workflow, word)) = convention.environment_word(namespace, workflows) {
            let environment = convention.environment_of(word);
            let meant = environment.and_then(|environment| convention.spell(workflow, environment));
            return Some(Misspelt { workflow: workflow.clone(), slip: Slip::Environment(word.to_owned()), meant });
        }
        let near = self.names.iter().find(|(_, spelt)| is_slip(namespace, spelt));
        near.map(|(workflow, spelt)| Misspelt {
            workflow: (*workflow).to_owned(),
            slip: Slip::Letter,
            meant: Some(spelt.clone()),
        })
    }
}

fn group_of(word: &str) -> Option<&'static [&'static str]> {
    ENVIRONMENT_WORDS.into_iter().find(|group| group.contains(&word))
}

/// Whether `name` is `meant` with one slip of the hand. Short words that differ (`team-a`, `team-b`) and numbers
/// (`shard1`, `shard2`) are two names; so the word that differs has to be long enough to be known again.
fn is_slip(name: &str, meant: &str) -> bool {
    const WORD: usize = 5;
    const SWAPPED: usize = 3;
    const SEPARATORS: [char; 3] = ['-', '_', '.'];
    if name.len().abs_diff(meant.len()) > 1 || name == meant || !is_within(name, meant, 1) {
        return false;
    }
    let without = |text: &str, what: fn(char) -> bool| text.replace(what, "");
    let digits = |c: char| c.is_ascii_digit();
    if without(name, digits) == without(meant, digits) {
        return false;
    }
    if name.replace(SEPARATORS, "") == meant.replace(SEPARATORS, "") {
        return meant.len() >= WORD;
    }
    let (words, meant_words): (Vec<&str>, Vec<&str>) =
        (name.split(SEPARATORS).collect(), meant.split(SEPARATORS).collect());
    if words.len() != meant_words.len() {
        return false;
    }
    let mut differing = words.into_iter().zip(meant_words).filter(|(word, meant)| word != meant);
    let (Some((word, meant)), None) = (differing.next(), differing.next()) else { return false };
    let letters = |word: &str| {
        let mut letters = word.as_bytes().to_vec();
        letters.sort_unstable();
        letters
    };
    let least = if letters(word) == letters(meant) { SWAPPED } else { WORD };
    word.len().min(meant.len()) >= least
}

/// Whether `text` fits `glob`, in which `*` is any characters. No more than length times length steps.
pub(crate) fn fits(glob: &str, text: &str) -> bool {
    let (glob, text) = (glob.as_bytes(), text.as_bytes());
    let (mut at, mut place) = (0, 0);
    // The last `*`, and what it is tried to reach to: an earlier one need never be reached further.
    let mut star: Option<(usize, usize)> = None;
    while place < text.len() {
        if glob.get(at) == Some(&b'*') {
            star = Some((at, place));
            at += 1;
        } else if glob.get(at) == Some(&text[place]) {
            at += 1;
            place += 1;
        } else if let Some((star_at, reach)) = star {
            star = Some((star_at, reach + 1));
            at = star_at + 1;
            place = reach + 1;
        } else {
            return false;
        }
    }
    glob[at..].iter().all(|byte| *byte == b'*')
}

/// Whether `text` is a DNS-1123 label, as names of namespaces are.
pub(crate) fn is_label(text: &str) -> bool {
    text.len() <= 63 && is_part(text)
}

/// Whether `text` is a DNS-1123 subdomain, as names of Secrets are.
pub(crate) fn is_subdomain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_part)
}

fn is_part(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.bytes().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rules_of_kubernetes() {
        assert!(is_subdomain("a.b-c.0") && !is_subdomain("A") && !is_subdomain("a..b"));
        assert!(!is_subdomain("-a") && !is_subdomain(""));
        assert!(is_label("ml-dev") && !is_label("ml.dev") && !is_label(&"a".repeat(64)));
    }

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn table(environments: &[(&str, &str)]) -> Convention {
        let pair = |(name, template): &(&str, &str)| ((*name).to_owned(), (*template).to_owned());
        Convention { environments: environments.iter().map(pair).collect(), ..Convention::default() }
    }

    /// Workflow, the word or `letter`, and what was meant.
    fn misspelt(convention: &Convention, namespace: &str, workflows: &[&str]) -> Option<(String, String, String)> {
        let found = convention.spellings(&set(workflows)).misspelt(namespace)?;
        let slip = match found.slip {
            Slip::Environment(word) => word,
            Slip::Letter => "letter".to_owned(),
        };
        Some((found.workflow, slip, found.meant.unwrap_or_else(|| "?".to_owned())))
    }

    #[test]
    fn environments_spell_and_read_namespaces() {
        let convention = Convention::default();
        let known = set(&["financial-ml", "a", "a-dev"]);
        for (workflow, environment, namespace) in [
            ("financial-ml", "dev", "financial-ml-dev"),
            ("financial-ml", "staging", "financial-ml-staging"),
            ("financial-ml", "production", "financial-ml"),
        ] {
            assert_eq!(convention.spell(workflow, environment).as_deref(), Some(namespace));
            assert_eq!(convention.read(namespace, &known), Some((workflow, environment)));
        }
        assert_eq!(convention.spell("financial-ml", "prod"), None);
        for namespace in ["financial", "financial-ml-prod", "other", "other-dev", "-dev", ""] {
            assert_eq!(convention.read(namespace, &known), None, "{namespace}");
        }
        assert_eq!(convention.read("a-dev", &known), Some(("a-dev", "production")));
        assert_eq!(convention.read("a-dev-dev", &known), Some(("a-dev", "dev")));
        assert_eq!(convention.read("a-staging", &known), Some(("a", "staging")));
    }

    #[test]
    fn the_workflow_may_stand_anywhere_in_a_spelling() {
        let convention = table(&[("dev", "dev-{workflow}-eu"), ("live", "{workflow}-eu")]);
        assert_eq!(convention.spell("x", "dev").as_deref(), Some("dev-x-eu"));
        assert_eq!(convention.read("dev-x-eu", &set(&["x", "dev-x"])), Some(("dev-x", "live")));
        assert_eq!(convention.read("dev-x-eu", &set(&["x"])), Some(("x", "dev")));
        assert_eq!(convention.read("dev--eu", &set(&["x"])), None);
        assert_eq!(convention.read("-eu", &set(&["x"])), None);
    }

    #[test]
    fn system_namespaces_are_globs() {
        let convention = Convention::default();
        for namespace in ["argocd", "kube-system", "kube-", "monitoring"] {
            assert!(convention.is_system(namespace), "{namespace}");
        }
        for namespace in ["argo", "argocd-x", "my-kube-system", "kube", "", "financial-ml"] {
            assert!(!convention.is_system(namespace), "{namespace}");
        }
        for (glob, text, expected) in [
            ("*", "", true),
            ("*", "x", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("**a", "xa", true),
            ("", "", true),
            ("", "a", false),
            ("*-system", "istio-system", true),
            ("*-system", "istio-systems", false),
        ] {
            assert_eq!(fits(glob, text), expected, "{glob} {text}");
        }
        assert!(!fits(&"*a".repeat(300), &"a".repeat(299)));
    }

    #[test]
    fn words_for_environments_that_the_table_spells_otherwise_are_slips() {
        let convention = Convention::default();
        for (namespace, word, meant) in [
            ("financial-ml-prod", "prod", "financial-ml"),
            ("financial-ml-prd", "prd", "financial-ml"),
            ("financial-ml-live", "live", "financial-ml"),
            ("financial-ml-production", "production", "financial-ml"),
            ("production-financial-ml", "production", "financial-ml"),
            ("financial-ml-stage", "stage", "financial-ml-staging"),
            ("financial-ml-stg", "stg", "financial-ml-staging"),
            ("dev-financial-ml", "dev", "financial-ml-dev"),
            ("financial-ml-devel", "devel", "financial-ml-dev"),
            ("financial-ml-development", "development", "financial-ml-dev"),
            ("financial-ml-qa", "qa", "?"),
            ("financial-ml-test", "test", "?"),
            ("financial-ml-pre-prod", "pre-prod", "?"),
            ("sandbox-financial-ml", "sandbox", "?"),
        ] {
            let found = misspelt(&convention, namespace, &["financial", "financial-ml"]);
            assert_eq!(found, Some(("financial-ml".into(), word.into(), meant.into())), "{namespace}");
        }
    }

    #[test]
    fn the_table_decides_what_a_word_means() {
        let convention = table(&[("prod", "{workflow}-prod"), ("int", "{workflow}-integration")]);
        let found = |namespace| misspelt(&convention, namespace, &["x"]);
        assert_eq!(found("x-prod"), None);
        assert_eq!(found("x-production"), Some(("x".into(), "production".into(), "x-prod".into())));
        assert_eq!(found("x-int"), Some(("x".into(), "int".into(), "x-integration".into())));
        assert_eq!(found("x-dev"), Some(("x".into(), "dev".into(), "?".into())));
        assert_eq!(found("x"), None, "the workflow's own name says nothing wrong");
        let two = table(&[("prod", "{workflow}-prod"), ("live", "{workflow}-live")]);
        assert_eq!(misspelt(&two, "x-production", &["x"]), Some(("x".into(), "production".into(), "?".into())));
    }

    #[test]
    fn one_wrong_letter_is_a_slip() {
        let convention = Convention::default();
        for (namespace, meant) in [
            ("finacial-ml", "financial-ml"),
            ("finacial-ml-dev", "financial-ml-dev"),
            ("financial_ml", "financial-ml"),
            ("financialml-dev", "financial-ml-dev"),
            ("financial-ml--dev", "financial-ml-dev"),
            ("financial-ml_dev", "financial-ml-dev"),
            ("financial-ml-dve", "financial-ml-dev"),
            ("financial-ml-stagin", "financial-ml-staging"),
            ("financia1-ml", "financial-ml"),
        ] {
            let found = misspelt(&convention, namespace, &["financial-ml"]);
            assert_eq!(found, Some(("financial-ml".into(), "letter".into(), meant.into())), "{namespace}");
        }
    }

    #[test]
    fn names_that_may_be_meant_stay_quiet() {
        let convention = Convention::default();
        for (namespace, workflows) in [
            ("financial-ml", &["financial-ml"][..]),
            ("financial-ml-dev", &["financial-ml"]),
            ("financial-ml-monitoring", &["financial-ml"]),
            ("financial-ml-team-a", &["financial-ml"]),
            ("financial-ml-produce", &["financial-ml"]),
            ("financial-ml-prod-a", &["financial-ml"]),
            ("financial-ml2", &["financial-ml"]),
            ("financial-mx", &["financial-ml"]),
            ("financial-ml-de", &["financial-ml"]),
            ("financialprod", &["financial"]),
            ("fnancal-ml", &["financial-ml"]),
            ("team-b", &["team-a"]),
            ("team-b-dev", &["team-a"]),
            ("shard2", &["shard1"]),
            ("app", &["apps"]),
            ("kube-prod", &["kube"]),
            ("financial-ml-prod", &["financial-ml", "financial-ml-prod"]),
            ("financial-ml-prod-dev", &["financial-ml", "financial-ml-prod"]),
            ("other-prod", &["financial-ml"]),
            ("prod", &["financial-ml"]),
            ("", &["financial-ml"]),
            ("-prod", &["financial-ml"]),
            ("financial-ml-prod", &[]),
        ] {
            assert_eq!(misspelt(&convention, namespace, workflows), None, "{namespace}");
        }
    }

    #[test]
    fn names_of_kubernetes() {
        for (text, label, subdomain) in [
            ("a", true, true),
            ("a-1", true, true),
            ("a.b", false, true),
            ("", false, false),
            ("-a", false, false),
            ("a-", false, false),
            ("a..b", false, false),
            ("A", false, false),
            ("a_b", false, false),
            ("é", false, false),
        ] {
            assert_eq!((is_label(text), is_subdomain(text)), (label, subdomain), "{text}");
        }
        assert!(is_label(&"a".repeat(63)) && !is_label(&"a".repeat(64)));
        assert!(is_subdomain(&"a".repeat(253)) && !is_subdomain(&"a".repeat(254)));
    }
}
