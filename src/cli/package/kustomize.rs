//! Building the environments with kubectl or kustomize, as the application team will.

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::error::Problem;

/// Longest that is repeated of what the program says, characters.
const SAID: usize = 2000;

/// What builds kustomizations, in the order of trying: program and the arguments before the folder.
const BUILDERS: [(&str, &[&str]); 2] = [("kubectl", &["kustomize"]), ("kustomize", &["build"])];

/// Builds the kustomization of each of `environments` below `folder`. The command that did it; nothing where there is none
/// on this machine.
///
/// `kubectl kustomize` reads files only: it asks no cluster, and what is built here names no other place.
///
/// `hidden` are variables that it does not get: those of credentials, with which it has nothing to do.
pub(super) fn build(folder: &Path, environments: &[String], hidden: &[String]) -> Result<Option<String>, Problem> {
    for (program, arguments) in BUILDERS {
        let command = format!("{program} {}", arguments.join(" "));
        match all(program, arguments, folder, environments, hidden) {
            Ok(()) => return Ok(Some(command)),
            Err(Failure::Start(error)) if error.kind() == io::ErrorKind::NotFound => {}
            Err(Failure::Start(error)) => {
                let problem = Problem::new(format!("cannot start {program}: {error}"));
                return Err(problem.help("repair it, or skip this step with --no-kustomize"));
            }
            Err(Failure::Refused(environment, said)) => {
                let said = said.replace(&folder.display().to_string(), ".");
                let said: String = said.trim().chars().take(SAID).collect();
                return Err(Problem::new(format!("`{command} {environment}/` rejects the package: {said}")));
            }
        }
    }
    Ok(None)
}

enum Failure {
    Start(io::Error),
    /// Environment, and what the program said.
    Refused(String, String),
}

fn all(
    program: &str,
    arguments: &[&str],
    folder: &Path,
    environments: &[String],
    hidden: &[String],
) -> Result<(), Failure> {
    for environment in environments {
        #[expect(clippy::disallowed_methods, reason = "the help says that it runs, and --no-kustomize leaves it out")]
        let mut command = Command::new(program);
        command.args(arguments).arg(folder.join(environment)).current_dir(folder);
        for name in hidden {
            command.env_remove(name);
        }
        command.stdin(Stdio::null());
        let done = command.output().map_err(Failure::Start)?;
        if !done.status.success() {
            let said = String::from_utf8_lossy(&done.stderr).into_owned();
            return Err(Failure::Refused(environment.clone(), said));
        }
    }
    Ok(())
}
