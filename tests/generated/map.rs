//! The picture in `docs/map.md`: what the program draws for the fixture of the delivery package.

use std::fs;
use std::path::Path;
use std::process::Command;

/// Runs `mlguard map` in a copy of `folder`, which is then no part of this repository.
#[expect(clippy::disallowed_methods, reason = "the program under test")]
pub(crate) fn draw(folder: &Path) -> String {
    let copied = tempfile::tempdir().expect("a folder");
    copy(folder, copied.path());
    let mut command = Command::new(env!("CARGO_BIN_EXE_mlguard"));
    command.args(["map", "--workflow", "financial-ml"]).current_dir(copied.path()).env_clear();
    let output = command.output().expect("the program starts");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    format!("```mermaid\n{}```\n", String::from_utf8(output.stdout).expect("UTF-8"))
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).expect("a file");
        }
    }
}
