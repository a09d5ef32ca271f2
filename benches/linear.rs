//! Whether work and memory grow with the input and no faster: `cargo bench --bench linear`.
//!
//! Each input is searched at one, two and four times its size, and the instructions are counted that the program executes, which
//! a busy machine does not change: valgrind counts them without special rights. Fails where twice the input takes more than
//! [`MOST_GROWTH`] times the instructions, where text costs much more in one kind of file than in another, or where a run needs more
//! memory than [`MOST_MEMORY`]. `MLGUARD_BENCH_PROGRAM` names another build of the program.

#![expect(clippy::print_stdout, reason = "a benchmark's result is what it prints")]
#![expect(clippy::disallowed_methods, reason = "a benchmark runs other programs and is told what on")]

use std::env;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

/// Most instructions that twice the input may take, compared with once.
const MOST_GROWTH: f64 = 2.2;
/// Most that a byte of one of the ordinary inputs may cost, compared with a byte of another.
const MOST_APART: f64 = 3.0;
/// Most memory that a run may need, in KiB.
const MOST_MEMORY: u64 = 200_000_000 / 1024;

/// Files by name, with their texts.
type Files = Vec<(String, String)>;

/// A name, what makes the files for a size, and the size that counts as once.
type Input = (&'static str, fn(usize) -> Files, usize);

/// What took too much work for its size once, and what is ordinary.
const INPUTS: [Input; 11] = [
    ("a long line of keys", long_line, 15_000),
    ("tiny YAML documents", documents, 5_000),
    ("findings on one line", findings_on_a_line, 3_000),
    ("findings on lines", findings_on_lines, 3_000),
    ("`password=` again and again", names, 12_000),
    ("`password: \"` again and again", openers, 6_000),
    ("empty values of a long mapping", empty_values, 6_000),
    ("charts with many values files", charts, 20),
    ("overlays over Secrets", overlays, 400),
    ("ConfigMaps", config_maps, 2_000),
    ("Deployments", deployments, 400),
];

/// Of [`INPUTS`], by name: what a byte costs is compared.
const ORDINARY: [&str; 2] = ["ConfigMaps", "Deployments"];

fn main() -> ExitCode {
    // `cargo test --benches` passes `--test`: building it is all that asks for.
    if env::args().any(|argument| argument == "--test") {
        return ExitCode::SUCCESS;
    }
    let program = env::var_os("MLGUARD_BENCH_PROGRAM").unwrap_or_else(|| env!("CARGO_BIN_EXE_mlguard").into());
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut faults = instructions(&program, folder.path());
    faults.extend(memory(&program, folder.path()));
    for fault in &faults {
        println!("too much: {fault}");
    }
    if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Prints the table of instructions; what grows too fast.
fn instructions(program: &OsString, folder: &Path) -> Vec<String> {
    if Command::new("valgrind").arg("--version").stdout(Stdio::null()).status().is_err() {
        println!("instructions are not counted: there is no valgrind on the PATH");
        return Vec::new();
    }
    let mut faults = Vec::new();
    let mut costs = Vec::new();
    println!("{:32} {:>12} {:>12} {:>12}  growth", "millions of instructions", "1x", "2x", "4x");
    for (name, make, once) in INPUTS {
        let mut counts = Vec::new();
        let mut sizes = Vec::new();
        for times in [1, 2, 4] {
            let tree = folder.join("tree");
            let bytes = write(&tree, make(once * times));
            let Some(count) = count(program, &tree) else {
                println!("{name}: valgrind printed no count");
                return faults;
            };
            fs::remove_dir_all(&tree).expect("the tree");
            counts.push(count);
            sizes.push(bytes);
        }
        let growth: Vec<f64> = counts.windows(2).map(|pair| pair[1] / pair[0]).collect();
        let [once, twice, four] = [0, 1, 2].map(|at| counts[at] / 1e6);
        println!("{name:32} {once:12.0} {twice:12.0} {four:12.0}  {:.2} {:.2}", growth[0], growth[1]);
        if growth.iter().any(|growth| *growth > MOST_GROWTH) {
            faults.push(format!("{name}: twice the input takes {growth:.2?} times the work"));
        }
        if ORDINARY.contains(&name) {
            // Without what a run costs whatever it reads.
            costs.push((counts[2] - counts[1]) / (sizes[2] - sizes[1]));
        }
    }
    let (least, most) =
        costs.iter().fold((f64::MAX, 0.0_f64), |(least, most), &cost| (least.min(cost), most.max(cost)));
    println!("instructions a byte of {}: {costs:.0?}", ORDINARY.join(" and "));
    if most > MOST_APART * least {
        faults.push(format!("a byte costs {least:.0} to {most:.0} instructions, by the kind of file"));
    }
    faults
}

/// Prints what memory some large inputs need; what is too much.
fn memory(program: &OsString, folder: &Path) -> Vec<String> {
    if !Path::new("/proc/self/status").exists() {
        println!("memory is not measured: there is no /proc here");
        return Vec::new();
    }
    let inputs: [(&str, Files); 3] = [
        ("20 MB of `password: \"`", openers(20_000_000 / OPENER.len())),
        ("20 MB of lines with findings", findings_on_lines(20_000_000 / FINDING.len())),
        ("1,600 overlays over 1,600 Secrets", overlays(1_600)),
    ];
    let mut faults = Vec::new();
    for (name, files) in inputs {
        let tree = folder.join("tree");
        write(&tree, files);
        let mut child = check(Command::new(program), &tree).spawn().expect("the program");
        let peak = peak(&mut child);
        fs::remove_dir_all(&tree).expect("the tree");
        println!("{name}: {} MB at most", peak * 1024 / 1_000_000);
        if peak > MOST_MEMORY {
            faults.push(format!("{name}: {} MB of memory", peak * 1024 / 1_000_000));
        }
    }
    faults
}

/// Writes files below `tree`; how many bytes they have.
fn write(tree: &Path, files: Files) -> f64 {
    let mut bytes = 0;
    for (name, text) in files {
        let path = tree.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        bytes += u32::try_from(text.len()).expect("a small file");
        fs::write(path, text).expect("a file");
    }
    f64::from(bytes)
}

/// The command completed so that it checks `tree`, on one thread.
fn check(mut command: Command, tree: &Path) -> Command {
    command.args(["check", "--threads", "1", "--format", "json"]).current_dir(tree);
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

/// The instructions that checking `tree` takes.
fn count(program: &OsString, tree: &Path) -> Option<f64> {
    let mut command = Command::new("valgrind");
    command.args(["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]).arg(program);
    let output = check(command, tree).output().expect("valgrind");
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text.lines().find(|line| line.contains("I ") && line.contains("refs:"))?;
    line.rsplit(' ').next()?.replace(',', "").parse().ok()
}

/// The most memory in KiB that a program has used when it ends.
fn peak(child: &mut Child) -> u64 {
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().expect("the program").is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let used = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
        peak = used.unwrap_or(peak).max(peak);
        std::thread::sleep(Duration::from_millis(1));
    }
    peak
}

fn text(line: impl Fn(usize) -> String, count: usize) -> String {
    (0..count).map(line).collect()
}

fn file(name: &str, text: String) -> Files {
    vec![(name.to_owned(), text)]
}

fn long_line(count: usize) -> Files {
    file("app.min.js", text(|at| format!("a{at}={{\"password\":b.c,token=d,secretKey:f({at})}};"), count))
}

fn documents(count: usize) -> Files {
    file("all.yaml", text(|at| format!("---\na: {at}\n"), count))
}

fn findings_on_a_line(count: usize) -> Files {
    file("line.txt", FINDING.trim_end().repeat(count))
}

/// A line with a made-up credential.
const FINDING: &str = concat!("passw", "ord=\"Zq8x7Lm1\" \n");

fn findings_on_lines(count: usize) -> Files {
    file("lines.txt", FINDING.repeat(count))
}

fn names(count: usize) -> Files {
    file("names.txt", "password=".repeat(count))
}

/// The beginning of a value that each next one ends.
const OPENER: &str = "password: \"";

fn openers(count: usize) -> Files {
    file("openers.txt", OPENER.repeat(count))
}

fn empty_values(count: usize) -> Files {
    let object = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {";
    file("empty.yaml", format!("{object}{}}}\n", text(|at| format!("k{at}: , "), count)))
}

fn charts(count: usize) -> Files {
    let mut files = file("Chart.yaml", "apiVersion: v2\nname: a\nversion: 1.0.0\n".to_owned());
    let template = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\nstringData:\n";
    let writes = |at| format!("  k{at}: {{{{ .Values.auth.k{at} }}}}\n");
    let value = |at| format!("  k{at}: Zq8x{at}Lm1Kd\n");
    for at in 0..count {
        files.push((format!("templates/secret-{at}.yaml"), format!("{template}{}", text(writes, 20))));
        files.push((format!("values-{at}.yaml"), format!("auth:\n{}", text(value, 20))));
    }
    files
}

fn overlays(count: usize) -> Files {
    let base = format!("resources:\n{}", text(|at| format!("- s{at}.yaml\n"), count));
    let mut files = file("base/kustomization.yaml", base);
    for at in 0..count {
        let secret = format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: s{at}}}\n");
        files.push((format!("base/s{at}.yaml"), secret));
        files.push((format!("o{at}/kustomization.yaml"), format!("namespace: n{at}\nresources: [../base]\n")));
    }
    files
}

fn config_maps(count: usize) -> Files {
    // Thirty letters that differ from line to line.
    let letters = |at: usize| (0..30).map(move |n| char::from(b'a' + u8::try_from((at * 7 + n * n) % 26).unwrap_or(0)));
    let entry = |at: usize| format!("  key{at}: {}\n", letters(at).collect::<String>());
    file("map.yaml", format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n{}", text(entry, count)))
}

fn deployments(count: usize) -> Files {
    let object = |at| {
        let mut text = format!("---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app-{at}\nspec:\n");
        text.push_str("  template:\n    spec:\n      containers:\n");
        for number in 0..3 {
            write!(text, "        - name: c{number}\n          image: registry.example.com/app:1.{number}\n")
                .expect("a string");
            text.push_str("          env:\n            - name: LOG_LEVEL\n              value: info\n");
        }
        text
    };
    file("apps.yaml", text(object, count))
}
