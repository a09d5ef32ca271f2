//! What `.gitignore` files say of paths that are not there.

use super::super::ignored;
use super::*;

fn spoken_of(folder: &Folder, paths: &[&str]) -> Vec<bool> {
    ignored(&folder.path, paths).expect("a work tree").spoken_of
}

#[test]
fn patterns_at_the_root_and_below_speak() {
    let folder = Folder::repository();
    folder.write(".gitignore", "/.env\nsecrets/\n*.tfvars\n!keep.tfvars\n");
    folder.write("web/.gitignore", ".env\n");
    for (path, spoken) in [
        (".env", true),
        ("api/.env", false),
        ("web/.env", true),
        ("web/deep/.env", true),
        ("secrets/a/.env", true),
        ("infra/terraform.tfvars", true),
        ("infra/keep.tfvars", true),
        ("infra/terraform.tfstate", false),
        ("not/there/at/all.env", false),
    ] {
        assert_eq!(spoken_of(&folder, &[path]), [spoken], "{path}");
    }
}

#[test]
fn git_says_the_same_of_what_is_ignored() {
    let folder = Folder::repository();
    folder.write(".gitignore", "*.env\n/build\n");
    folder.write("a/.gitignore", "x/**/y\n");
    for path in ["p.env", "a/p.env", "build/z", "a/build/z", "a/x/1/y", "x/1/y"] {
        let said = git_says(&folder.path, None, &["check-ignore", "-q", path]);
        assert_eq!(spoken_of(&folder, &[path]), [said.status.success()], "{path}");
    }
}

#[test]
fn only_what_every_clone_has_counts() {
    let folder = Folder::repository();
    folder.write(".git/info/exclude", ".env\n");
    assert_eq!(spoken_of(&folder, &[".env"]), [false]);
}

#[test]
fn the_text_is_there_where_it_can_be_added_to() {
    assert!(ignored(&Folder::new().path, &[".env"]).is_none(), "outside Git");
    let folder = Folder::repository();
    let text = || ignored(&folder.path, &[]).expect("a work tree").text;
    assert_eq!(text().as_deref(), Some(""));
    folder.write(".gitignore", "a\r\n");
    assert_eq!(text().as_deref(), Some("a\r\n"));
    fs::remove_file(folder.at(".gitignore")).expect("it is there");
    symlink("/etc/hostname", folder.at(".gitignore")).expect("a link");
    assert_eq!(text(), None);
}
