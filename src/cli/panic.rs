//! What a fault of mlguard itself says: where, and never what. A panic message can quote the text that was read.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::Write as _;
use std::panic::PanicHookInfo;

/// Replaces the standard hook, which prints the message of a panic.
pub(crate) fn install() {
    std::panic::set_hook(Box::new(report));
}

fn report(info: &PanicHookInfo<'_>) {
    let place = info.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    let mut out = std::io::stderr().lock();
    // A panic while reporting a panic would abort, so a closed stream is let be.
    let _ = writeln!(
        out,
        "error: mlguard {} failed at {place}\n  help: this is a bug in mlguard; please report the line above. \
         The message is withheld because it can contain text of your files",
        env!("CARGO_PKG_VERSION"),
    );
    let trace = Backtrace::capture();
    if trace.status() == BacktraceStatus::Captured {
        let _ = writeln!(out, "{trace}");
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    const CHILD: &str = "MLGUARD_TEST_PANIC";

    /// Does something only as the child of the test below.
    #[test]
    #[expect(clippy::disallowed_methods, reason = "the test below sets it for its child")]
    fn child() {
        if std::env::var_os(CHILD).is_none() {
            return;
        }
        super::install();
        let text = format!("hunter2-{}", "é");
        let end = text.len() - 1;
        let _ = &text[..end];
    }

    /// A check that fails on a file and quotes it, as the child of the last test.
    #[test]
    #[expect(clippy::disallowed_methods, reason = "the last test sets it for its child")]
    #[expect(clippy::print_stdout, reason = "the parent reads it")]
    fn child_with_a_file() {
        if std::env::var_os(CHILD).is_none() {
            return;
        }
        super::install();
        let text = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {password: hunter2-tea4two}\n";
        let options = crate::engine::Options {
            level: Box::new(move |_, _| panic!("cannot read {text}")),
            line_hashes: true,
            ..crate::engine::Options::for_tests()
        };
        let outcome = crate::engine::run_bytes("a.yaml", text.as_bytes(), &Vec::new, &options);
        println!("{outcome:?}");
        outcome.coverage.errors.iter().for_each(|error| println!("{}", error.reason));
        assert!(!outcome.complete && outcome.coverage.errors.len() == 1, "the file counts as not searched");
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a panic is seen from outside only")]
    fn a_check_that_fails_costs_its_file_and_tells_nothing_of_it() {
        let program = std::env::current_exe().expect("the test program");
        let mut command = Command::new(program);
        command.args(["--exact", "cli::panic::tests::child_with_a_file", "--nocapture"]);
        let output = command.env(CHILD, "1").env("RUST_BACKTRACE", "1").output().expect("it starts");
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        assert!(output.status.success() && said.contains("an internal error stopped the check"), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a panic is seen from outside only")]
    fn the_text_of_a_panic_is_withheld() {
        let program = std::env::current_exe().expect("the test program");
        let mut command = Command::new(program);
        command.args(["--exact", "cli::panic::tests::child", "--nocapture"]).env(CHILD, "1").env("RUST_BACKTRACE", "1");
        let output = command.output().expect("it starts");
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        assert!(!output.status.success() && said.contains("src/cli/panic.rs:"), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
}
