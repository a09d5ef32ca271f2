//! How mlguard starts kubectl, which knows how to reach a cluster and who the person is there. Only `package::kustomize`
//! starts a program besides.

use std::ffi::OsString;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::output;

/// Largest answer that is read.
const LIMIT: u64 = 1 << 20;
/// What of its messages is kept, in bytes.
const KEPT: usize = 64 << 10;

/// How kubectl is started.
pub(super) struct Kubectl<'a> {
    pub program: &'a Path,
    pub context: Option<&'a str>,
    pub kubeconfig: Option<&'a Path>,
}

/// Why there is no answer. What kubectl itself said was shown.
#[derive(Debug)]
pub(super) enum Failure {
    Start(io::Error),
    /// The API server knows no such thing.
    NotFound,
    /// The person may not ask for it.
    Forbidden,
    Other,
    TooLarge,
}

impl Kubectl<'_> {
    /// What the API server answers for a path. Messages of kubectl, and of what it starts to log in, are passed on while
    /// it runs, unless `silent`.
    pub(super) fn get(&self, path: &str, silent: bool) -> Result<Vec<u8>, Failure> {
        let mut child = self.command(path).spawn().map_err(Failure::Start)?;
        let (answer, said) = collect(&mut child, silent);
        if answer.as_ref().is_ok_and(|bytes| bytes.len() as u64 > LIMIT) {
            // It is of no use any more; that it has ended by itself is no fault.
            let _ = child.kill();
            let _ = child.wait();
            return Err(Failure::TooLarge);
        }
        let ended = child.wait();
        match (answer, ended) {
            (Ok(bytes), Ok(status)) if status.success() => Ok(bytes),
            _ if said.contains("(NotFound)") => Err(Failure::NotFound),
            _ if said.contains("(Forbidden)") => Err(Failure::Forbidden),
            _ => Err(Failure::Other),
        }
    }

    #[expect(clippy::disallowed_methods, reason = "`cert fetch` was asked for, and says that it runs kubectl")]
    fn command(&self, path: &str) -> Command {
        let mut command = Command::new(self.program);
        let flag = |name: &str, value: &std::ffi::OsStr| {
            let mut flag = OsString::from(name);
            flag.push(value);
            flag
        };
        command.args(self.kubeconfig.map(|file| flag("--kubeconfig=", file.as_os_str())));
        command.args(self.context.map(|name| flag("--context=", name.as_ref())));
        command.args(["get", "--raw", path]);
        // Logging in may ask something.
        command.stdin(Stdio::inherit()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

/// Reads both streams to their end; of the answer, one byte more than is allowed.
fn collect(child: &mut Child, silent: bool) -> (io::Result<Vec<u8>>, String) {
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    std::thread::scope(|scope| {
        let messages = scope.spawn(move || {
            let mut said = String::new();
            let mut reader = BufReader::new(stderr?);
            let mut line = Vec::new();
            while reader.by_ref().take(KEPT as u64).read_until(b'\n', &mut line).ok()? > 0 {
                let text = String::from_utf8_lossy(&line);
                if !silent {
                    output::note(&format!("kubectl: {}", text.trim_end()));
                }
                if said.len() < KEPT {
                    said.push_str(&text);
                }
                line.clear();
            }
            Some(said)
        });
        let mut bytes = Vec::new();
        let read = stdout.map_or(Ok(0), |stdout| stdout.take(LIMIT + 1).read_to_end(&mut bytes));
        // When too much was answered, the pipe is closed here, on which kubectl ends.
        let said = messages.join().ok().flatten().unwrap_or_default();
        (read.map(|_| bytes), said)
    })
}
