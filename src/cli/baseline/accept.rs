//! The baseline as other commands use it: which file, which key, what it takes out of an outcome.

use std::path::Path;

use jiff::civil::Date;

use crate::baseline::{Applied, Baseline, Key, KeyError, SHORTEST};
use crate::cli::scan;
use crate::config::{AcceptedText, Environment, Settings};
use crate::engine::Kept;
use crate::error::{Problem, counted};
use crate::finding::{DigestKey, Outcome};
use crate::fix::store;
use crate::source;
use crate::span::Position;

const NAMED: usize = 10;

/// The baseline of a run, and what it is compared with.
pub(in crate::cli) struct Accept {
    /// The file, as people would type it.
    name: String,
    baseline: Baseline,
    key: Option<Key>,
    today: Date,
    /// Why it cannot be used: errors. Then nothing is accepted.
    pub problems: Vec<Problem>,
}

impl Accept {
    /// The baseline that the settings name, and the key of this machine.
    pub(in crate::cli) fn load(settings: &Settings, environment: &Environment) -> Self {
        match settings.read_baseline(true) {
            Ok(Some(text)) => Self::of_text(text, &settings.root, environment),
            Ok(None) => Self::nothing(),
            Err(problem) => Self { problems: vec![problem], ..Self::nothing() },
        }
    }

    fn of_text(AcceptedText { name, text }: AcceptedText, root: &Path, environment: &Environment) -> Self {
        let mut accept = Self::nothing();
        match Baseline::parse(&text).map_err(|error| malformed(&name, &error)) {
            Ok(baseline) => accept.baseline = baseline,
            Err(problem) => accept.problems.push(problem),
        }
        accept.name = name;
        if !accept.baseline.is_empty() {
            match key(root, environment) {
                Ok(key) => accept.key = key,
                Err(error) => {
                    accept.baseline = Baseline::default();
                    accept.problems.push(key_problem(&error));
                }
            }
        }
        accept
    }

    fn nothing() -> Self {
        let (name, baseline) = (String::new(), Baseline::default());
        Self { name, baseline, key: None, today: scan::today(), problems: Vec::new() }
    }

    /// What the engine has to digest values with.
    pub(in crate::cli) fn digest_key(&self) -> DigestKey {
        self.key.as_ref().map_or_else(DigestKey::of_this_run, Key::values)
    }

    /// Which findings the engine has to keep: all that may be accepted, where any may.
    pub(in crate::cli) fn kept(&self) -> Kept {
        if self.baseline.is_empty() { Kept::Listed } else { Kept::Compared }
    }

    /// Takes accepted findings out of `outcome`, which has to be made with [`Accept::digest_key`].
    pub(in crate::cli) fn apply(&self, outcome: &mut Outcome) -> Applied {
        self.baseline.apply(outcome, self.key.as_ref(), self.today)
    }

    /// What a person should know of the result; warnings.
    pub(in crate::cli) fn warnings(&self, applied: &Applied) -> Vec<Problem> {
        let mut warnings = Vec::new();
        let warning = |message: String, help: &str| Problem::new(message).in_file(&self.name).warning().help(help);
        if applied.unverified > 0 {
            let findings = counted(applied.unverified, "accepted finding");
            let message = format!("{findings} could not be compared with the accepted value");
            let help = match self.key {
                None => "set MLGUARD_BASELINE_KEY, or run this where the baseline was written",
                Some(_) => "these lines were made with another key; set MLGUARD_BASELINE_KEY to it",
            };
            warnings.push(warning(message, help));
        }
        if applied.expired > 0 {
            let expired = self.baseline.entries().filter(|(.., note)| note.is_expired(self.today));
            let lines: Vec<usize> = expired.map(|(.., note)| note.line).collect();
            let mut named: Vec<String> = lines.iter().take(NAMED).map(ToString::to_string).collect();
            if lines.len() > NAMED {
                named.push(format!("and {} more", lines.len() - NAMED));
            }
            let plural = if lines.len() == 1 { "line" } else { "lines" };
            let message = format!("{plural} {} expired: what they accepted is reported again", named.join(", "));
            warnings.push(warning(message, "`mlguard baseline write --until DATE` renews them"));
        }
        warnings
    }
}

/// The key of the baseline at `root`, where there is one: from the environment, else that of the Git directory (outside
/// Git, of the person's folder for states).
pub(super) fn key(root: &Path, environment: &Environment) -> Result<Option<Key>, KeyError> {
    match (&environment.baseline_key, key_folder(root, environment)) {
        (Some(text), _) => Key::new(text).map(Some),
        (None, Some(folder)) => Key::read(&folder),
        (None, None) => Ok(None),
    }
}

/// Where the key of this machine is kept: all work trees of a repository have the same.
pub(super) fn key_folder(root: &Path, environment: &Environment) -> Option<std::path::PathBuf> {
    store::folder_for(root, source::common_dir(root).as_deref(), environment)
}

pub(super) fn key_problem(error: &KeyError) -> Problem {
    let problem = Problem::new(error.to_string());
    match error {
        KeyError::Short => {
            let help = format!(
                "MLGUARD_BASELINE_KEY must be a random text of at least {SHORTEST} bytes, for example from `openssl rand -hex 32`"
            );
            problem.help(help)
        }
        _ => problem,
    }
}

pub(super) fn malformed(name: &str, error: &crate::baseline::ParseError) -> Problem {
    let at = Position { line: error.line, column: 1 };
    Problem::new(error.message).in_file(name).at(at).help(error.help)
}
