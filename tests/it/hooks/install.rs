//! How pre-commit comes by the program: a wheel, or a build.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use base64::Engine as _;
use sha2::Digest as _;

use super::rig::{CLEAN, LEAKY, Rig};
use crate::tools::tool;

/// A file of an archive, not compressed.
struct Member {
    name: &'static str,
    bytes: Vec<u8>,
    mode: u32,
}

/// A zip archive of files as they are (APPNOTE.TXT 4.3.7, 4.3.12, 4.3.16).
fn zip(members: &[Member]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    let half = |number: usize| u16::try_from(number).expect("small").to_le_bytes();
    let word = |number: usize| u32::try_from(number).expect("small").to_le_bytes();
    for member in members {
        let start = out.len();
        let mut common = Vec::new();
        // Version, flags, method, time, day.
        common.extend([20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0]);
        common.extend(crc32fast::hash(&member.bytes).to_le_bytes());
        common.extend(word(member.bytes.len()));
        common.extend(word(member.bytes.len()));
        common.extend(half(member.name.len()));
        common.extend(half(0));
        out.extend(b"PK\x03\x04");
        out.extend(&common);
        out.extend(member.name.as_bytes());
        out.extend(&member.bytes);
        directory.extend(b"PK\x01\x02\x14\x03");
        directory.extend(&common);
        // Comment, disk, internal attributes.
        directory.extend([0; 6]);
        directory.extend((member.mode << 16).to_le_bytes());
        directory.extend(word(start));
        directory.extend(member.name.as_bytes());
    }
    let start = out.len();
    out.extend(&directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend(half(members.len()));
    out.extend(half(members.len()));
    out.extend(word(directory.len()));
    out.extend(word(start));
    out.extend(half(0));
    out
}

/// A wheel whose only content is the program, as maturin builds it for binaries.
fn wheel() -> Vec<u8> {
    let program = fs::read(env!("CARGO_BIN_EXE_mlguard")).expect("the program");
    let text = |name, text: &str| Member { name, bytes: text.as_bytes().to_vec(), mode: 0o100_644 };
    let mut members = vec![
        Member { name: "mlguard-0.1.0.data/scripts/mlguard", bytes: program, mode: 0o100_755 },
        text("mlguard-0.1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: mlguard\nVersion: 0.1.0\n"),
        text(
            "mlguard-0.1.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\nGenerator: a test\nRoot-Is-Purelib: false\nTag: py3-none-any\n",
        ),
    ];
    let mut record = String::new();
    for member in &members {
        let digest = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(sha2::Sha256::digest(&member.bytes));
        writeln!(record, "{},sha256={digest},{}", member.name, member.bytes.len()).expect("text");
    }
    record.push_str("mlguard-0.1.0.dist-info/RECORD,,\n");
    members.push(text("mlguard-0.1.0.dist-info/RECORD", &record));
    zip(&members)
}

fn refuses(rig: &Rig, program: &Path) {
    rig.run("r", program, &["install", "--install-hooks"]).passes();
    rig.write("r/secret.yaml", LEAKY);
    rig.commit("r", "leak").refused();
    rig.write("r/secret.yaml", CLEAN);
    rig.commit("r", "clean").passes();
}

#[test]
fn a_wheel_is_installed() {
    let Some(program) = tool("MLGUARD_PRE_COMMIT", "pre-commit") else { return };
    // No mlguard on the PATH but the one of the wheel.
    let mut rig = Rig::with(Vec::new());
    rig.add_program(&program);
    // Nothing is asked for on the network: what pre-commit builds its own empty package with comes with it.
    rig.set("PIP_NO_INDEX", "1");
    rig.set("PIP_NO_BUILD_ISOLATION", "0");
    rig.set("VIRTUALENV_SETUPTOOLS", "bundle");
    // Its address has to do without spaces.
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mlguard-0.1.0-py3-none-any.whl");
    fs::write(&path, wheel()).expect("a file");
    rig.repository("r");
    let config = format!(
        "repos:\n- repo: local\n  hooks:\n  - id: mlguard\n    name: mlguard\n    entry: mlguard hook pre-commit\n    language: python\n    additional_dependencies: [\"{}\"]\n    types: [file]\n    always_run: true\n    require_serial: true\n",
        path.display()
    );
    rig.write("r/.pre-commit-config.yaml", &config);
    rig.commit("r", "configuration").passes();
    refuses(&rig, &program);
}

/// pre-commit builds this very repository, which takes minutes: only where `MLGUARD_TEST_RUST_HOOK` is 1.
#[test]
#[expect(clippy::disallowed_methods, reason = "where the tools of tests are, and whether there is time")]
#[expect(clippy::print_stderr, reason = "tells why a test is skipped")]
fn pre_commit_builds_it() {
    if std::env::var("MLGUARD_TEST_RUST_HOOK").as_deref() != Ok("1") {
        eprintln!("skipped: building takes minutes (MLGUARD_TEST_RUST_HOOK=1)");
        return;
    }
    let Some(program) = tool("MLGUARD_PRE_COMMIT", "pre-commit") else { return };
    let Some(cargo) = tool("CARGO", "cargo") else { return };
    let mut rig = Rig::with(Vec::new());
    rig.add_program(&program);
    rig.add_program(&cargo);
    // What Rust needs, and what makes the build take less time.
    let home = std::env::var_os("HOME").unwrap_or_default();
    for (name, folder) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
        rig.set(name, std::env::var_os(name).unwrap_or_else(|| Path::new(&home).join(folder).into()));
    }
    let target = std::env::var_os("MLGUARD_TEST_RUST_TARGET").unwrap_or_else(|| rig.path("target").into());
    rig.set("CARGO_TARGET_DIR", target);
    for (name, value) in [("OPT_LEVEL", "0"), ("LTO", "off"), ("DEBUG", "0"), ("CODEGEN_UNITS", "16")] {
        rig.set(&format!("CARGO_PROFILE_RELEASE_{name}"), value);
    }
    rig.repository("r");
    let own = env!("CARGO_MANIFEST_DIR");
    let head = rig.git("r", &["-C", own, "rev-parse", "HEAD"]).passes().text;
    let config = format!("repos:\n- repo: {own}\n  rev: {}\n  hooks:\n  - id: mlguard\n", head.trim());
    rig.write("r/.pre-commit-config.yaml", &config);
    rig.commit("r", "configuration").passes();
    refuses(&rig, &program);
}
