//! How long a whole run takes beside programs that do a part of the same, in one sitting: `cargo bench`.
//!
//! Times whole processes, each program in turn, round after round, so that a change of the machine's speed meets all of
//! them. Prints medians and ratios; nothing fails. `MLGUARD_BENCH_TREES` names the trees (separated by `:`); without it
//! one is made of made-up manifests. Programs that are not on the PATH are left out and said so.

#![expect(clippy::print_stdout, reason = "a benchmark's result is what it prints")]
#![expect(clippy::disallowed_methods, reason = "a benchmark runs other programs and is told what on")]

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The words that a person would search for by hand (16 of them).
const KEYWORDS: [&str; 16] = [
    "password",
    "secret",
    "token",
    "apikey",
    "api_key",
    "access_key",
    "private_key",
    "credential",
    "AKIA",
    "ghp_",
    "BEGIN",
    "stringData",
    "dockerconfigjson",
    "client_secret",
    "bearer",
    "xoxb",
];
const ROUNDS: usize = 9;

fn main() {
    // `cargo test --benches` passes `--test`: building it is all that asks for.
    if env::args().any(|argument| argument == "--test") {
        return;
    }
    let made = tempfile::tempdir().expect("a temporary folder");
    let one_line = made.path().join("one-line.yaml");
    fs::write(&one_line, "replicas: 1\n").expect("a file");
    let mut trees = vec![one_line];
    match env::var_os("MLGUARD_BENCH_TREES") {
        Some(list) => trees.extend(env::split_paths(&list)),
        None => trees.push(make_tree(made.path())),
    }
    for tree in trees {
        compare(&tree);
    }
}

/// 1,500 manifests of about 8 KiB: mostly definitions and workloads, a Secret here and there.
fn make_tree(folder: &Path) -> PathBuf {
    let tree = folder.join("tree");
    for number in 0..1500 {
        let mut text = String::new();
        for part in 0..12 {
            let kind = ["Deployment", "ConfigMap", "Service"][(number + part) % 3];
            write!(text, "apiVersion: v1\nkind: {kind}\nmetadata:\n  name: app-{number}-{part}\nspec:\n")
                .expect("a string");
            for line in 0..18 {
                writeln!(text, "  field{line}: some ordinary text about item {line}").expect("a string");
            }
            text.push_str("---\n");
        }
        if number % 50 == 0 {
            text.push_str(
                "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: tea-and-toast-41}\n",
            );
        }
        let place = tree.join(format!("app-{}", number % 40));
        fs::create_dir_all(&place).expect("a folder");
        fs::write(place.join(format!("{number}.yaml")), text).expect("a file");
    }
    tree
}

fn compare(tree: &Path) {
    println!("\n{}", tree.display());
    let programs: Vec<(&str, Command)> = programs(tree);
    let mut times: Vec<Vec<Duration>> = vec![Vec::new(); programs.len()];
    let mut programs: Vec<(&str, Command)> = programs;
    for round in 0..=ROUNDS {
        for ((_, command), times) in programs.iter_mut().zip(&mut times) {
            let start = Instant::now();
            let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
            // The first round only warms the caches.
            if status.is_ok() && round > 0 {
                times.push(start.elapsed());
            }
        }
    }
    let median = |times: &mut Vec<Duration>| {
        times.sort();
        times.get(times.len() / 2).copied()
    };
    let medians: Vec<Option<Duration>> = times.iter_mut().map(median).collect();
    let own = medians[0].unwrap_or_default().as_secs_f64();
    for ((name, _), time) in programs.iter().zip(medians) {
        match time {
            Some(time) => println!(
                "{name:>12} {:8.1} ms   mlguard/{name} = {:.2}",
                time.as_secs_f64() * 1e3,
                own / time.as_secs_f64()
            ),
            None => println!("{name:>12} is not on the PATH"),
        }
    }
}

fn programs(tree: &Path) -> Vec<(&'static str, Command)> {
    let command = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        command.args(arguments).arg(tree);
        command
    };
    let mut ripgrep = Command::new("rg");
    ripgrep.args(["-c", "-i", "--hidden"]).args(KEYWORDS.iter().flat_map(|word| ["-e", word])).arg(tree);
    let own = ["check", "--no-config", "--format", "json"];
    vec![
        ("mlguard", command(env!("CARGO_BIN_EXE_mlguard"), &own)),
        ("ripgrep", ripgrep),
        ("betterleaks", command("betterleaks", &["fs", "--no-banner", "--no-color", "-l", "error", "--jsonl"])),
        (
            "kingfisher",
            command("kingfisher", &["scan", "--no-validate", "--no-update-check", "--git-history", "none", "-q"]),
        ),
        ("gitleaks", command("gitleaks", &["dir", "--no-banner", "-l", "error"])),
    ]
}
