//! As much of GitHub's runner as `action.yml` needs: reads its steps, fills in its expressions, runs them in order.
//!
//! An expression, a key or a kind of step that stands in `action.yml` and is not known here fails the test, so that the
//! two cannot part.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use serde_json::Value;

/// What the runner reads of `action.yml`.
#[derive(Deserialize)]
struct Action {
    inputs: BTreeMap<String, Input>,
    outputs: BTreeMap<String, Output>,
    runs: Runs,
}

#[derive(Deserialize)]
struct Input {
    default: String,
}

#[derive(Deserialize)]
struct Output {
    value: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Runs {
    using: String,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    name: String,
    id: Option<String>,
    #[serde(rename = "if")]
    condition: Option<String>,
    shell: Option<String>,
    run: Option<String>,
    uses: Option<String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
    with: BTreeMap<String, String>,
}

/// A run of the Action in a repository.
pub(crate) struct Job {
    /// Where the Action's own files are.
    pub(crate) action: PathBuf,
    /// What is checked out.
    pub(crate) workspace: PathBuf,
    pub(crate) event_name: String,
    pub(crate) event: Value,
    pub(crate) inputs: BTreeMap<String, String>,
    /// Set for every step, after what the runner sets.
    pub(crate) variables: BTreeMap<String, String>,
    /// `github.action_repository`: empty for `uses: ./`.
    pub(crate) action_repository: String,
    temporary: tempfile::TempDir,
}

/// What a run of the Action did.
#[derive(Debug)]
pub(crate) struct Ran {
    /// Status of the step that failed last; 0 where none did.
    pub(crate) code: i32,
    /// Everything that the steps wrote.
    pub(crate) log: String,
    pub(crate) summary: String,
    /// The outputs of the Action.
    pub(crate) outputs: BTreeMap<String, String>,
    /// What SARIF would have been uploaded with; none where that step was skipped.
    pub(crate) upload: Option<BTreeMap<String, String>>,
    /// The text of the SARIF file.
    pub(crate) sarif: Option<String>,
}

impl Ran {
    pub(crate) fn output(&self, name: &str) -> &str {
        self.outputs.get(name).unwrap_or_else(|| panic!("no output {name}"))
    }
}

/// What expressions are made of.
struct Values<'a> {
    job: &'a Job,
    inputs: BTreeMap<String, String>,
    steps: BTreeMap<String, BTreeMap<String, String>>,
    failed: bool,
}

impl Job {
    /// A job of the repository `team/app`, with the inputs as they are by default.
    pub(crate) fn new(workspace: &Path, event_name: &str, event: Value) -> Self {
        Self {
            action: root(),
            workspace: workspace.to_owned(),
            event_name: event_name.to_owned(),
            event,
            inputs: BTreeMap::new(),
            variables: BTreeMap::new(),
            action_repository: String::new(),
            temporary: tempfile::tempdir().expect("a temporary folder"),
        }
    }

    pub(crate) fn input(mut self, name: &str, value: impl Into<String>) -> Self {
        self.inputs.insert(name.to_owned(), value.into());
        self
    }

    pub(crate) fn variable(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.insert(name.to_owned(), value.into());
        self
    }

    /// Runs the steps as the runner does.
    pub(crate) fn run(&self) -> Ran {
        let text = fs::read_to_string(self.action.join("action.yml")).expect("action.yml");
        let action: Action = serde_saphyr::from_str(&text).expect("action.yml is as the runner reads it");
        assert_eq!(action.runs.using, "composite");
        for name in self.inputs.keys() {
            assert!(action.inputs.contains_key(name), "action.yml has no input {name}");
        }
        let mut values = Values { job: self, inputs: BTreeMap::new(), steps: BTreeMap::new(), failed: false };
        for (name, input) in &action.inputs {
            let value = self.inputs.get(name).cloned().unwrap_or_else(|| values.fill(&input.default));
            values.inputs.insert(name.clone(), value);
        }
        let mut ran = Ran {
            code: 0,
            log: String::new(),
            summary: String::new(),
            outputs: BTreeMap::new(),
            upload: None,
            sarif: None,
        };
        for step in &action.runs.steps {
            if values.holds(step.condition.as_deref()) {
                self.step(step, &mut values, &mut ran);
            }
        }
        ran.outputs = action.outputs.iter().map(|(name, output)| (name.clone(), values.fill(&output.value))).collect();
        ran.sarif = fs::read_to_string(ran.output("sarif-file")).ok();
        ran
    }

    fn step(&self, step: &Step, values: &mut Values<'_>, ran: &mut Ran) {
        let Some(run) = &step.run else {
            let uses = step.uses.as_deref().expect("a step that runs or uses");
            assert!(uses.starts_with("github/codeql-action/upload-sarif@"), "{}: {uses}", step.name);
            ran.upload = Some(step.with.iter().map(|(key, value)| (key.clone(), values.fill(value))).collect());
            return;
        };
        assert_eq!(step.shell.as_deref(), Some("bash"), "{}", step.name);
        assert!(!run.contains("${{"), "{}: an expression becomes a part of the script", step.name);
        let folder = self.temporary.path();
        let (outputs, summary) = (folder.join("output.txt"), folder.join("summary.txt"));
        for file in [&outputs, &summary] {
            fs::write(file, "").expect("a file");
        }
        let event = folder.join("event.json");
        fs::write(&event, self.event.to_string()).expect("a file");
        let mut command = program("bash", &self.workspace);
        // As the runner starts it.
        command.args(["--noprofile", "--norc", "-e", "-o", "pipefail", "-c", run]);
        command.env("GITHUB_ACTIONS", "true").env("GITHUB_EVENT_NAME", &self.event_name);
        command.env("GITHUB_EVENT_PATH", &event).env("GITHUB_OUTPUT", &outputs).env("GITHUB_STEP_SUMMARY", &summary);
        command.env("GITHUB_WORKSPACE", &self.workspace).env("GITHUB_ACTION_PATH", &self.action);
        command.env("GITHUB_SERVER_URL", "https://github.example").env("GITHUB_REPOSITORY", "team/app");
        command.env("RUNNER_TEMP", folder.join("temp")).env("RUNNER_OS", "Linux").env("RUNNER_ARCH", "X64");
        command.envs(&self.variables);
        command.envs(step.env.iter().map(|(name, value)| (name, values.fill(value))));
        let done = command.output().expect("bash starts");
        for stream in [&done.stdout, &done.stderr] {
            ran.log.push_str(&String::from_utf8_lossy(stream));
        }
        ran.summary.push_str(&fs::read_to_string(&summary).expect("UTF-8"));
        let written = fs::read_to_string(&outputs).expect("UTF-8");
        let pairs = written.lines().map(|line| line.split_once('=').expect("NAME=VALUE"));
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        values.steps.insert(step.id.clone().unwrap_or_default(), pairs);
        if !done.status.success() {
            ran.code = done.status.code().unwrap_or(-1);
            values.failed = true;
        }
    }
}

impl Values<'_> {
    /// A text with its expressions filled in.
    fn fill(&self, text: &str) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${{") {
            let (expression, after) = after.split_once("}}").expect("an expression ends");
            filled.push_str(before);
            filled.push_str(&self.value(expression.trim()));
            rest = after;
        }
        filled + rest
    }

    /// The value of a context. What is not there is empty, as GitHub has it.
    fn value(&self, expression: &str) -> String {
        let parts: Vec<&str> = expression.split('.').collect();
        match parts.as_slice() {
            ["inputs", name] => {
                self.inputs.get(*name).unwrap_or_else(|| panic!("action.yml has no input {name}")).clone()
            }
            ["steps", step, "outputs", name] => {
                self.steps.get(*step).and_then(|outputs| outputs.get(*name)).cloned().unwrap_or_default()
            }
            ["github", "event", path @ ..] => {
                match path.iter().try_fold(&self.job.event, |value, key| value.get(key)) {
                    None | Some(Value::Null) => String::new(),
                    Some(Value::String(text)) => text.clone(),
                    Some(other) => panic!("{expression} is no text: {other}"),
                }
            }
            ["github", "token"] => "made-up-token".to_owned(),
            ["github", "action_repository"] => self.job.action_repository.clone(),
            _ => panic!("the runner of the tests does not know ${{{{ {expression} }}}}"),
        }
    }

    /// Whether a step runs. Without a function of its own, a condition holds only while nothing failed.
    fn holds(&self, condition: Option<&str>) -> bool {
        match condition {
            None => !self.failed,
            Some("${{ !cancelled() }}") => true,
            Some(condition) => {
                let (context, value) = condition.split_once(" == ").expect("a condition that the tests know");
                let value = value.strip_prefix('\'').and_then(|value| value.strip_suffix('\''));
                !self.failed && self.value(context) == value.expect("a text in quotes")
            }
        }
    }
}

/// This repository.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A program that starts without anything of the surrounding environment.
pub(crate) fn program(name: &str, folder: &Path) -> Command {
    let mut command = Command::new(name);
    command.current_dir(folder).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("HOME", folder.join(".none")).env("GIT_CONFIG_NOSYSTEM", "1").env("LC_ALL", "C");
    command
}
