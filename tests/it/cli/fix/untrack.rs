//! Taking files out of Git's index: they stay as files, and `--undo` puts them back.

use super::{Work, git, repository};

const ENV: &str = "MLFLOW_TRACKING_PASSWORD=q8ZrT3vLw0XbN5kYp2Jd\n";

/// What Git says in the work tree.
fn says(work: &Work, arguments: &[&str]) -> String {
    git(&work.tree.path("."), arguments).expect("git")
}

/// What the index holds: mode, id, stage and path.
fn index(work: &Work) -> String {
    says(work, &["ls-files", "--stage"])
}

#[test]
fn a_secret_file_leaves_the_index_and_stays_where_it_is() {
    let login = "db:5432:mlflow:trainer:Zk7vT3Lw0XbN5kYp2Jd\n";
    let files = [("README.md", "read me\n"), ("api/.env", ENV), ("db/.pgpass", login)];
    let Some(work) = repository(&files, &[]) else { return };
    let before = index(&work);
    let run = work.bare(&[]);
    assert!(
        run.code == 1 && run.err.contains("tracked-secret-file not fixed") && run.err.contains("--unsafe"),
        "{run:?}"
    );
    assert_eq!(index(&work), before);
    let run = work.bare(&["--unsafe", "--diff"]);
    assert!(run.err.contains("api/.env: would take it out of Git's index") && run.out.contains("+.env"), "{run:?}");
    assert_eq!((index(&work), work.has(".gitignore")), (before.clone(), false));

    let run = work.bare(&["--unsafe"]);
    assert!(run.code == 0 && run.err.contains("api/.env: take it out of Git's index"), "{run:?}");
    assert_eq!(work.text(".gitignore"), ".env\n.pgpass\n");
    assert_eq!(work.text("api/.env"), ENV);
    assert_eq!(says(&work, &["ls-files"]), "README.md\n");
    // Git agrees that they are ignored, and the index is whole.
    assert_eq!(says(&work, &["status", "--porcelain"]), "D  api/.env\nD  db/.pgpass\n?? .gitignore\n");
    says(&work, &["fsck", "--strict"]);

    let run = work.bare(&["--undo"]);
    assert!(run.code == 0 && run.err.contains("api/.env: tracked again"), "{run:?}");
    assert_eq!((index(&work), work.has(".gitignore")), (before, false));
    assert_eq!(says(&work, &["status", "--porcelain"]), "");
}

#[test]
fn what_is_ignored_already_is_only_untracked() {
    let Some(work) = repository(&[(".gitignore", ".env\n")], &[]) else { return };
    work.write(".env", ENV);
    says(&work, &["add", "--force", ".env"]);
    let run = work.bare(&["--unsafe"]);
    assert_eq!(
        (run.code, says(&work, &["ls-files"]).as_str(), work.text(".gitignore").as_str()),
        (0, ".gitignore\n", ".env\n")
    );
    // A file that is added again meanwhile stays as it was added.
    work.write(".env", "OTHER_PASSWORD=w2Kf7RmPz4VtQ9sHc6Ly\n");
    says(&work, &["add", "--force", ".env"]);
    let added = index(&work);
    assert_eq!(work.bare(&["--undo"]).code, 0);
    assert_eq!(index(&work), added);
}

#[test]
fn only_what_is_taken_out_is_ignored() {
    let files = [
        (".gitignore", "target"),
        ("a/.env", ENV),
        ("b/.env", ENV),
        ("c/.pgpass", "db:5432:m:t:Zk7vT3Lw0XbN5kYp2Jd\n"),
    ];
    let Some(work) = repository(&files, &[]) else { return };
    work.write(".mlguard.yaml", "rules: { tracked-secret-file: { level: off, paths: [\"c/**\"] } }\n");
    let run = work.bare(&["--unsafe", "--rule", "tracked-secret-file"]);
    assert_eq!((run.code, work.text(".gitignore").as_str()), (0, "target\n.env"), "{run:?}");
    assert_eq!(says(&work, &["ls-files"]), ".gitignore\nc/.pgpass\n");
}

#[test]
fn an_index_that_is_locked_leaves_everything_as_it_was() {
    let Some(work) = repository(&[(".env", ENV)], &[]) else { return };
    let before = index(&work);
    work.write(".git/index.lock", "");
    let run = work.bare(&["--unsafe"]);
    assert!(run.code == 2 && run.err.contains("index"), "{run:?}");
    assert_eq!((index(&work), work.has(".gitignore")), (before, false));
}
