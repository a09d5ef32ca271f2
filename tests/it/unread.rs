//! Nothing is green that was not looked at: no bytes, no size and no comment hide a credential.

use std::fs;

use crate::cli::harness::{Run, Tree, token};
use crate::git::rig::{Repo, has_git};

/// The findings of a run with `--format json`, as `path:line:column rule`.
fn found(run: &Run) -> Vec<String> {
    let report: serde_json::Value = serde_json::from_str(&run.out).expect("a report");
    let findings = report["findings"].as_array().expect("findings");
    let shown = |finding: &serde_json::Value| {
        let text = |key: &str| finding[key].as_str().expect("a text").to_owned();
        format!("{}:{}:{} {}", text("path"), finding["line"], finding["column"], text("rule"))
    };
    findings.iter().map(shown).collect()
}

/// What may stand before, in or behind a text so that it looks like something else.
fn disguises(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let text = text.as_bytes();
    let wide = |bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        String::from_utf8_lossy(text).encode_utf16().flat_map(bytes).collect()
    };
    let with = |head: &[u8]| [head, text].concat();
    vec![
        ("a NUL before", with(b"\0\n")),
        ("a NUL behind", [text, b"\n\0"].concat()),
        (
            "NULs between all lines",
            text.split_inclusive(|byte| *byte == b'\n').flat_map(|l| [b"\0", l].concat()).collect(),
        ),
        ("zip", with(b"PK\x03\x04\xff\xfe\0\n")),
        ("gzip", with(b"\x1f\x8b\x08\x00\xff\n")),
        ("PNG", with(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\n")),
        ("pickle", with(b"\x80\x04\x95\xff\n")),
        ("SQLite", with(b"SQLite format 3\0\n")),
        ("the mark of UTF-16", with(b"\xff\xfe")),
        ("the mark of UTF-16, high byte first", with(b"\xfe\xff")),
        ("the mark of UTF-32", with(b"\xff\xfe\0\0")),
        ("the mark of UTF-8 and a NUL", with(b"\xef\xbb\xbf\0\n")),
        ("invalid UTF-8", with(b"\xff\xfe\xfd\xc0\x80\n")),
        ("Latin-1", with(b"# gr\xfc\xdfe\n")),
        ("GBK", with(b"# \xc3\xdc\xc2\xeb\xa3\xba\n")),
        ("UTF-16 without a mark", wide(u16::to_le_bytes)),
        ("UTF-16 without a mark, high byte first", wide(u16::to_be_bytes)),
        ("a lone surrogate", [b"\xff\xfe\x00\xd8".to_vec(), wide(u16::to_le_bytes)].concat()),
        ("UTF-16 that is a byte off", [b"\n".to_vec(), wide(u16::to_le_bytes)].concat()),
        ("the mark of tar", [text, &[b' '; 257][..257 - text.len().min(257)], b"ustar\n"].concat()),
    ]
}

#[test]
fn no_bytes_hide_a_credential_in_a_file_whose_name_says_text() {
    let line = format!("GITHUB_TOKEN={}\n", token());
    for name in [".env", "values.yaml", "train.py", "Dockerfile", "app.properties", "data.csv", "main.go", "setup.ini"]
    {
        for (what, bytes) in disguises(&line) {
            let tree = Tree::new(&[]);
            fs::write(tree.path(name), bytes).expect("a file");
            let run = tree.run(&["check", "--format", "json"]);
            // YAML that nobody can read is a fault of its own.
            assert!(run.code == 1 || run.code == 2 && name.ends_with(".yaml"), "{what} in {name}: {run:?}");
            assert!(found(&run).iter().any(|finding| finding.ends_with(" github-token")), "{what} in {name}: {run:?}");
        }
    }
}

#[test]
fn no_bytes_hide_a_plaintext_secret() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\nstringData:\n  password: Zk8wq-Tr0ub4dor\n";
    let tree = Tree::new(&[]);
    let with_nul = secret.replacen("name: db", "name: d\0b", 1);
    fs::write(tree.path("secret.yaml"), with_nul).expect("a file");
    let run = tree.run(&["check", "--format", "json"]);
    assert!(run.code != 0 && found(&run).contains(&"secret.yaml:6:13 plaintext-secret".to_owned()), "{run:?}");
}

#[test]
fn an_honest_encoding_gives_what_utf_8_gives() {
    let secret = "# 秘密の値です\napiVersion: v1\nkind: Secret\nmetadata:\n  name: データ\nstringData:\n  password: Zk8wq-Grüße-値\n";
    let plain = Tree::new(&[("secret.yaml", secret)]).run(&["check", "--format", "json"]);
    assert_eq!(found(&plain), ["secret.yaml:7:13 plaintext-secret"]);
    for (mark, bytes) in
        [(&b"\xff\xfe"[..], u16::to_le_bytes as fn(u16) -> [u8; 2]), (&b"\xfe\xff"[..], u16::to_be_bytes)]
    {
        let tree = Tree::new(&[]);
        let wide: Vec<u8> = secret.encode_utf16().flat_map(bytes).collect();
        fs::write(tree.path("secret.yaml"), [mark, &wide].concat()).expect("a file");
        let run = tree.run(&["check", "--format", "json"]);
        assert_eq!((run.code, found(&run)), (plain.code, found(&plain)), "{run:?}");
    }
}

#[test]
fn a_path_that_is_a_credential_is_in_no_report() {
    let line = format!("TOKEN={}\n", token());
    let tree = Tree::new(&[(&format!("{}.env", token()), &line), (&format!("{}.bin", token()), "a\0b")]);
    for format in ["human", "json", "jsonl", "sarif", "github", "gitlab", "junit", "markdown"] {
        let run = tree.run(&["check", "--format", format]);
        assert!(run.code == 1 && !run.out.contains(&token()) && !run.err.contains(&token()), "{format}: {run:?}");
    }
}

#[test]
fn a_change_is_searched_whatever_bytes_it_brings() {
    if !has_git() {
        return;
    }
    let line = format!("GITHUB_TOKEN={}\n", token());
    for (what, bytes) in disguises(&line) {
        let repo = Repo::new();
        repo.write("README.md", "x\n");
        repo.commit("first");
        fs::write(repo.path.join(".env"), &bytes).expect("a file");
        repo.git(&["add", "-A"]);
        let run = repo.run(&["check", "--staged", "--format", "json"]);
        assert!(run.code == 1 && run.out.contains("github-token"), "{what}: {run:?}");
        repo.commit("second");
        for range in ["--diff=HEAD~1", "--history=HEAD~1..HEAD"] {
            let run = repo.run(&["check", range, "--format", "json"]);
            assert!(run.code == 1 && run.out.contains("github-token"), "{what} {range}: {run:?}");
        }
    }
}

#[test]
fn no_size_hides_a_credential() {
    let head = "x: 1\n".repeat(1_400_000);
    let text = format!("{head}token: {}\n{}", token(), "y: é\n".repeat(1_000_000));
    let tree = Tree::new(&[("large.yaml", &text)]);
    let run = tree.run(&["check", "--max-size", "1MiB", "--format", "json"]);
    assert!(run.code == 1 && found(&run) == ["large.yaml:1400001:8 github-token"], "{:?} {}", found(&run), run.err);
    let said = "not parsed, only searched for credentials: larger than the limit of 1 MiB; raise it with --max-size";
    assert!(run.out.contains(said), "{}", run.out);
    // In the limit it is the same finding.
    let run = tree.run(&["check", "--format", "json"]);
    assert_eq!(found(&run), ["large.yaml:1400001:8 github-token"]);
    // On one line, and where two windows meet.
    for at in [(4 << 20) - (64 << 10) - 20, (4 << 20) - 20, 9 << 20] {
        let text = format!("{} token={} {}", "a ".repeat(at / 2), token(), "b ".repeat(3 << 20));
        let tree = Tree::new(&[("line.txt", &text)]);
        let run = tree.run(&["check", "--max-size", "1MiB", "--format", "json"]);
        assert_eq!(found(&run), [format!("line.txt:1:{} github-token", at / 2 * 2 + 8)]);
    }
}

#[test]
fn no_bytes_hide_a_credential_in_a_large_file() {
    let filler = "# filler line of text, some more words\n".repeat(120_000);
    let line = format!("GITHUB_TOKEN={}\n", token());
    let wide = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let wider = |text: &str| -> Vec<u8> { text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect() };
    let cases = [
        ("a mark", [b"\xff\xfe", filler.as_bytes(), line.as_bytes()].concat()),
        ("a mark of UTF-32", [b"\xff\xfe\0\0", filler.as_bytes(), line.as_bytes()].concat()),
        ("a NUL in the token", [filler.as_bytes(), line.replacen("ghp_", "gh\0p_", 1).as_bytes()].concat()),
        ("UTF-16 behind ASCII", [filler.as_bytes().to_vec(), wide(&line)].concat()),
        ("UTF-16 that is a byte off", [b"\n".to_vec(), wide(&filler), wide(&line)].concat()),
        ("UTF-32 without a mark", [wider(&filler), wider(&line)].concat()),
    ];
    for (what, bytes) in cases {
        let tree = Tree::new(&[]);
        fs::write(tree.path("a.env"), bytes).expect("a file");
        let run = tree.run(&["check", "--max-size", "1MiB", "--format", "json"]);
        let found = found(&run);
        assert!(
            run.code == 1 && found.iter().any(|f| f.starts_with("a.env:120001:") || f.starts_with("a.env:120002:")),
            "{what}: {found:?}"
        );
    }
}

#[test]
fn what_git_crypt_encrypts_is_left_out_and_nothing_hides_behind_its_mark() {
    let random: Vec<u8> = (0..4000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    let tree = Tree::new(&[]);
    for name in ["secrets.yaml", ".env"] {
        fs::write(tree.path(name), [b"\0GITCRYPT\0", &random[..]].concat()).expect("a file");
    }
    let run = tree.run(&["check", "--format", "json"]);
    assert!(run.code == 0 && run.out.matches("encrypted by git-crypt").count() == 2, "{run:?}");
    let line = format!("TOKEN={}\n", token());
    fs::write(tree.path("secrets.yaml"), [b"\0GITCRYPT\0", &random[..], line.as_bytes()].concat()).expect("a file");
    let run = tree.run(&["check", "--format", "json"]);
    assert!(run.code == 1 && run.out.contains("github-token"), "{run:?}");
    // Another encryption is no YAML that somebody wrote wrongly.
    fs::write(tree.path("secrets.yaml"), [b"\x85\x02\x0c\x03", &random[..]].concat()).expect("a file");
    let run = tree.run(&["check", "--format", "json"]);
    assert!(run.code == 0 && run.out.contains("binary file"), "{run:?}");
}

#[test]
fn what_git_lfs_keeps_elsewhere_is_named() {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
    let run = Tree::new(&[("model.zip", pointer)]).run(&["check", "--format", "json"]);
    assert!(run.code == 0 && run.out.contains("a pointer of Git LFS"), "{run:?}");
}

#[test]
fn no_size_hides_a_credential_in_a_commit() {
    if !has_git() {
        return;
    }
    let repo = Repo::new();
    repo.write("README.md", "x\n");
    repo.commit("first");
    repo.write("large.txt", &format!("{}token: {}\n", "x: 1\n".repeat(400_000), token()));
    repo.git(&["add", "-A"]);
    let size = ["--max-size", "64KiB", "--format", "json"];
    assert_eq!(repo.run(&[&["check", "--staged"], &size[..]].concat()).code, 1);
    repo.commit("second");
    for range in ["--diff=HEAD~1", "--history=HEAD~1..HEAD"] {
        let run = repo.run(&[&["check", range], &size[..]].concat());
        assert!(run.code == 1 && run.out.contains("github-token"), "{range}: {run:?}");
    }
}

#[test]
fn an_allow_comment_that_a_change_adds_leaves_a_trace() {
    if !has_git() {
        return;
    }
    let repo = Repo::new();
    let old = format!("a = \"{}\"  # mlguard{} allow github-token -- the sandbox account\n", token(), ':');
    repo.write("old.py", &old);
    repo.commit("first");
    // A comment that only moves is not news; one that is added is, and its credential still passes.
    repo.write("moved.py", &format!("\n\n{old}"));
    fs::remove_file(repo.path.join("old.py")).expect("a file");
    repo.write("new.py", &format!("b = \"{}\"  # mlguard{} allow github-token -- a made-up one\n", token(), ':'));
    repo.git(&["add", "-A"]);
    let rules = |run: &crate::git::rig::Run| -> Vec<String> {
        let shown = |f: &serde_json::Value| format!("{} {} {}", f["path"], f["rule"], f["level"]).replace('"', "");
        run.findings().iter().map(shown).collect()
    };
    let run = repo.run(&["check", "--staged", "--format", "json"]);
    assert_eq!((run.code, rules(&run)), (0, vec!["new.py new-allow note".to_owned()]));
    repo.commit("second");
    let run = repo.run(&["check", "--diff", "HEAD~1", "--format", "json"]);
    assert_eq!((run.code, rules(&run)), (0, vec!["new.py new-allow note".to_owned()]));
    // A tree is not a change.
    let run = repo.run(&["check", "--format", "json"]);
    assert_eq!((run.code, rules(&run)), (0, Vec::new()));
    // An organisation may demand more.
    let policy = repo.beside("policy.yaml");
    fs::write(&policy, "rules: { new-allow: error }\n").expect("a file");
    let policy = policy.to_str().expect("a path");
    let run = repo.run(&["check", "--diff", "HEAD~1", "--policy", policy, "--format", "json"]);
    assert_eq!((run.code, rules(&run)), (1, vec!["new.py new-allow error".to_owned()]));
}

#[test]
fn nothing_searched_is_not_clean() {
    let tree = Tree::new(&[("a/x.txt", "x\n"), ("b.txt", "y\n")]);
    for arguments in [["--exclude", "**"], ["--exclude", "*"]] {
        let run = tree.run(&[&["check"], &arguments[..]].concat());
        assert!(run.code == 2 && run.err.contains("excluded by configuration"), "{run:?}");
    }
    fs::write(tree.path(".mlguard.yaml"), "exclude: [\"**\"]\n").expect("a file");
    assert_eq!(tree.run(&["check"]).code, 2);
    // A hook names the files of a commit, which may all be excluded.
    assert_eq!(tree.run(&["check", "b.txt"]).code, 0);
    let tree = Tree::new(&[]);
    let mut zip = fs::File::create(tree.path("model.zip")).expect("a file");
    std::io::Write::write_all(&mut zip, b"PK\x03\x04\xff\0\0").expect("a file");
    zip.set_len(300 << 20).expect("a file with a hole");
    let run = tree.run(&["check", "--format", "json"]);
    assert!(run.code == 2 && run.out.contains("larger than the limit of 256 MiB (314572800 bytes)"), "{run:?}");
}

#[test]
fn deeply_nested_folders_and_configurations_do_not_end_the_process() {
    let tree = Tree::new(&[]);
    let mut folder = tree.path(".");
    for level in 0..900 {
        folder = folder.join("d");
        if fs::create_dir(&folder).is_err() {
            break;
        }
        fs::write(folder.join(".mlguard.yaml"), format!("exclude: [x{level}]\n")).expect("a file");
    }
    fs::write(tree.path("top.env"), format!("TOKEN={}\n", token())).expect("a file");
    let run = tree.run_bounded(&["check", "--format", "json"]);
    assert!(run.code == 1 || run.code == 2, "{run:?}");
    assert!(run.out.contains("top.env"), "{run:?}");
}

#[test]
fn a_large_document_on_standard_input_is_searched() {
    let text = format!("{}token: {}\n", "x: 1\n".repeat(400_000), token());
    let run = Tree::new(&[]).run_on(&["check", "--stdin", "--max-size", "64KiB", "--format", "json"], &text);
    assert!(run.code == 1 && found(&run) == ["stdin:400001:8 github-token"], "{:?} {}", found(&run), run.err);
}
