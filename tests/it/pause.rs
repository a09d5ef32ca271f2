//! Debug builds of the program that stop where a test told them to, so that signals meet them there.
#![cfg(unix)]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Output, Stdio};

/// Starts a program, does `act` to it when it says `paused`, and waits for its end. Whether it came to the pause, and what
/// it did.
pub(crate) fn at_pause(command: &mut Command, act: impl FnOnce(&mut Child)) -> (bool, Output) {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut errors = BufReader::new(child.stderr.take().expect("a pipe"));
    let (mut before, mut paused) = (Vec::new(), false);
    loop {
        let start = before.len();
        if errors.read_until(b'\n', &mut before).expect("it is read") == 0 {
            break;
        }
        if &before[start..] == b"paused\n" {
            before.truncate(start);
            paused = true;
            act(&mut child);
            break;
        }
    }
    let rest = std::thread::spawn(move || {
        std::io::Read::read_to_end(&mut errors, &mut before).expect("it is read");
        before
    });
    let output = child.wait_with_output().expect("the program ends");
    (paused, Output { stderr: rest.join().expect("the other stream"), ..output })
}

/// Sends a signal, such as `-INT`.
#[expect(clippy::disallowed_methods, reason = "no other way to send a signal without unsafe code")]
pub(crate) fn signal(child: &Child, signal: &str) {
    let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().expect("kill starts");
    assert!(sent.success(), "the process is gone already");
}
