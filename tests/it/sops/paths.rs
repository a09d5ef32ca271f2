//! Which rule of `.sops.yaml` is for a file: what is told here is what sops does.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use mlguard::api::document::sops::{self, Match};
use mlguard::api::document::view;
use mlguard::api::document::{Host, Lang};
use rayon::prelude::*;

use super::rig::Rig;

/// Expressions as people write them, and such that Go reads otherwise than this program or refuses.
const PATTERNS: [&str; 44] = [
    r".*\.yaml$",
    r"\.sops\.ya?ml$",
    r"^secrets/",
    r"secrets/.*\.(json|ya?ml)$",
    r"(^|/)prod/",
    r"^dev/.*",
    r"^[^/]+\.env$",
    r"[^/]*\.enc\.",
    "secret",
    "(?i)SECRET",
    "(?i:Prod)/.*",
    r"^(dev|prod)/[a-z0-9-]+/.*\.yaml$",
    r"\w+\.env",
    r"\bdb\b",
    r"^.{3}/",
    "b{2}",
    "x{,2}",
    "{{",
    "a{0,1}pp",
    "[[]",
    "[a-z&&]",
    "[]x]",
    r"[\w.-]+/[\w-]+\.json",
    "[[:alpha:]]+[[:digit:]]",
    r"prod\/db",
    r"a\_b",
    "(?P<env>dev|prod)/",
    "(?U)^p.*/",
    r"\A(prod)",
    r"yaml\z",
    "db.sops.yaml",
    "/db",
    r"^\./",
    "^/",
    "$",
    "*.yaml",
    "(?!dev)",
    "(dev",
    "[a",
    r"a**",
    "b{1001}",
    r"\Z",
    r"(d)\1",
    r"+x",
];

const PATHS: [&str; 10] = [
    "db.yaml",
    "prod/db.sops.yaml",
    "prod/team-a/secret.enc.yaml",
    "dev/db.json",
    "dev/app1/values.yaml",
    "secrets/app.env",
    "secrets/deep/a_b.yaml",
    "Secret.env",
    "deep/prod/abba.ini",
    "{{x}}.json",
];

/// A small generator, so that the same sets are tried each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % sides
    }
}

/// One to four rules, by number of the expression; none is a rule for everything.
fn rule_set(number: usize) -> Vec<Option<&'static str>> {
    let mut dice = Dice(number as u64 + 1);
    let mut rules: Vec<Option<&str>> = (0..=dice.roll(4)).map(|_| Some(PATTERNS[dice.roll(PATTERNS.len())])).collect();
    // Each expression is the first of a set once.
    rules[0] = Some(PATTERNS[number % PATTERNS.len()]);
    if dice.roll(4) == 0 {
        rules.push(None);
    }
    rules
}

fn config_text(rules: &[Option<&str>], recipients: &[String]) -> String {
    let mut text = "creation_rules:\n".to_owned();
    for (rule, recipient) in rules.iter().zip(recipients) {
        let path = rule.map(|rule| format!("path_regex: '{rule}'\n    ")).unwrap_or_default();
        let _ = writeln!(text, "  - {path}age: {recipient}");
    }
    text
}

/// What sops does: the number of the rule whose recipient it takes, or why it refuses.
fn theirs(
    rig: &Rig,
    folder: &std::path::Path,
    path: &str,
    recipients: &BTreeMap<&str, usize>,
) -> Result<usize, String> {
    let text = rig.try_sops(folder, &["encrypt", "--input-type", "binary", "--output-type", "yaml", path])?;
    let taken = text.split("recipient: ").nth(1).and_then(|rest| rest.lines().next()).expect("a recipient");
    Ok(recipients[taken.trim()])
}

#[expect(clippy::print_stderr, reason = "says how much was compared")]
#[test]
fn sops_takes_the_same_rule() {
    let Some(rig) = Rig::new() else { return };
    let recipients: Vec<String> = (0..6).map(|number| rig.key(&format!("rule-{number}"))).collect();
    let by_name: BTreeMap<&str, usize> = recipients.iter().enumerate().map(|(at, name)| (&**name, at)).collect();
    let sets: Vec<Vec<Option<&str>>> = (0..132).map(rule_set).collect();
    let told: Vec<(usize, usize)> = sets
        .par_iter()
        .map(|rules| {
            let folder = rig.work();
            let text = config_text(rules, &recipients);
            fs::write(folder.join(".sops.yaml"), &text).expect("a file");
            let parsed = view::parse(".sops.yaml", &text, Lang::Yaml);
            let unit = parsed.units.iter().find(|unit| unit.host() == Host::File).expect("a document");
            let read = sops::read(unit).expect("rules");
            let (mut compared, mut unknown) = (0, 0);
            for path in PATHS {
                let file = folder.join(path);
                fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
                fs::write(&file, "a made-up value\n").expect("a file");
                let ours = sops::rule_for(&read, path);
                let theirs = theirs(&rig, &folder, path, &by_name);
                let same = match (&ours, &theirs) {
                    (Match::Unknown, _) => {
                        unknown += 1;
                        continue;
                    }
                    (Match::Rule(number), Ok(taken)) => number == taken,
                    (Match::Nothing, Err(error)) => error.contains("no matching creation rules found"),
                    (Match::Invalid(_), Err(error)) => error.contains("can not compile regexp"),
                    _ => false,
                };
                assert!(same, "{path}: {ours:?} here, {theirs:?} by sops\n{text}");
                compared += 1;
            }
            (compared, unknown)
        })
        .collect();
    let (compared, unknown) = told.iter().fold((0, 0), |(a, b), (c, d)| (a + c, b + d));
    eprintln!("{} sets of rules: {compared} answers are those of sops, {unknown} are not known here", sets.len());
    assert!(compared >= 1000 && unknown * 10 <= compared, "{compared} compared, {unknown} unknown");
}
