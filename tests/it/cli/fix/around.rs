//! Outside the replaced documents no byte changes.

use super::{VALUE, Work, git, repository, secret};

/// Documents of which the fourth, ninth and last are Secrets; comments, tabs, and line ends as given.
fn stream(eol: &str, mark: &str, last: &str) -> (String, Vec<String>) {
    let mut documents = Vec::new();
    let mut between = Vec::new();
    for index in 0..20 {
        let body = if matches!(index, 3 | 8 | 19) {
            secret(&format!("db-{index}"), Some("ml")).trim_end().to_owned()
        } else {
            format!("kind: Thing # a\tb\nn: {index}\nlist:\n- 'it''s'   \n-   \"x\" #\tc")
        };
        documents.push(body.replace('\n', eol));
        between.push(format!("# head of {index}\t.\n\n---\t# {index}\n#\tabove\n").replace('\n', eol));
    }
    let mut text = mark.to_owned();
    let mut outside = Vec::new();
    let mut run = mark.to_owned();
    for (index, (head, body)) in between.iter().zip(&documents).enumerate() {
        text.push_str(head);
        text.push_str(body);
        run.push_str(head);
        if matches!(index, 3 | 8 | 19) {
            outside.push(std::mem::take(&mut run));
        } else {
            run.push_str(body);
        }
        let end = if index == 19 { last } else { eol };
        text.push_str(end);
        run.push_str(end);
    }
    outside.push(run);
    (text, outside)
}

#[test]
fn bytes_around_the_documents_stay() {
    for (eol, mark, last) in [
        ("\n", "", "\n"),
        ("\n", "", ""),
        ("\r\n", "", "\r\n"),
        ("\r\n", "\u{feff}", ""),
        ("\n", "\u{feff}", "\n# foot\t\n\n\n"),
        ("\n", "", "\n...\n# after the end\n"),
    ] {
        let (text, outside) = stream(eol, mark, last);
        let work = Work::new(&[("all.yaml", &text)]);
        let run = work.fix(&[]);
        assert_eq!(run.code, 0, "{eol:?} {mark:?} {last:?}: {}", run.err);
        let new = work.text("all.yaml");
        let mut rest = new.as_str();
        for (index, part) in outside.iter().enumerate() {
            let at = match index {
                0 => Some(0).filter(|_| rest.starts_with(part)),
                3 => rest.strip_suffix(part.as_str()).map(str::len),
                _ => rest.find(part),
            };
            let at = at.unwrap_or_else(|| panic!("{eol:?} {mark:?} {last:?}: part {index} has changed"));
            let between = &rest[..at];
            assert_eq!(between.contains("SealedSecret"), index > 0, "{eol:?} part {index}");
            assert!(!between.contains("---"), "only one document stands in the place of one");
            if eol == "\r\n" {
                assert!(!between.replace("\r\n", "").contains('\n'), "line ends of part {index}");
            }
            rest = &rest[at + part.len()..];
        }
        assert_eq!(rest, "", "nothing stands behind");
        assert_eq!(work.opened("all.yaml", 0).len(), 3);
        assert_eq!(work.bare(&["--undo"]).code, 0);
        assert_eq!(work.text("all.yaml"), text, "undo");
    }
}

#[test]
fn comments_inside_the_document_stay_in_it() {
    let text = "# licence\n---\n# above\napiVersion: v1 # one\nkind: Secret # two\nmetadata:\n  # of the name\n  name: db # three\n  \
                namespace: ml\n  labels:\n    app: x # four\ntype: Opaque # five\nstringData:\n  # who may know it\n  password: \
                tea4two-Biscuits # six\n# below\n";
    let work = Work::new(&[("s.yaml", text)]);
    assert_eq!(work.fix(&[]).code, 0);
    let new = work.text("s.yaml");
    for comment in
        ["licence", "above", "one", "two", "of the name", "three", "four", "five", "who may know it", "six", "below"]
    {
        assert_eq!(new.matches(&format!("# {comment}\n")).count(), 1, "{comment}: {new}");
    }
    assert!(new.starts_with("# licence\n---\n# above\n") && new.ends_with("\n# below\n"), "{new}");
    assert!(!new.contains(VALUE));
}

#[cfg(unix)]
#[test]
fn the_mode_of_the_file_stays() {
    use std::os::unix::fs::PermissionsExt as _;
    for mode in [0o600, 0o755, 0o664] {
        let work = Work::new(&[("s.yaml", &secret("db", Some("ml")))]);
        let path = work.tree.path("s.yaml");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("a mode");
        assert_eq!(work.fix(&[]).code, 0);
        assert_eq!(path.metadata().expect("a file").permissions().mode() & 0o7777, mode);
    }
}

/// What a reviewer sees: one file, the lines of three documents.
#[test]
fn git_shows_the_replaced_documents_only() {
    let (text, _) = stream("\n", "", "\n");
    let Some(work) = repository(&[("all.yaml", &text), ("b.yaml", "a: 1\n")], &[]) else { return };
    assert_eq!(work.fix(&[]).code, 0);
    let diff = git(&work.tree.path("."), &["diff", "-U0"]).expect("git");
    let removed: Vec<&str> =
        diff.lines().filter_map(|line| line.strip_prefix('-')).filter(|line| !line.starts_with("--")).collect();
    let stat = git(&work.tree.path("."), &["diff", "--stat"]).expect("git");
    assert!(stat.contains("all.yaml") && stat.contains("1 file changed"), "{stat}");
    let own = secret("db-3", Some("ml"));
    for line in &removed {
        let known = own.lines().any(|own| own == *line) || line.starts_with("  name: db-");
        assert!(known, "{line}");
    }
    assert_eq!(git(&work.tree.path("."), &["status", "--porcelain"]).as_deref(), Some(" M all.yaml\n"));
}
