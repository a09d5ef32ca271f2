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

/// Numbers that look random and are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).expect("31 bits") % end
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    fn pattern(&mut self) -> String {
        const PARTS: &[&str] = &[
            "a",
            "b",
            "ab",
            "A",
            "a b",
            ".env",
            "x.env",
            "*.env",
            "*",
            "a*",
            "*b",
            "?",
            "a?",
            "**",
            "[ab]",
            "[!a]",
            "[^b]",
            "[a-c]b",
            "[]a]",
            "[[:alpha:]]",
            "[[:upper:]]b",
            "\\a",
            "\\*",
            "a\\ ",
            "#a",
            "\\#a",
            "!a",
            "\\!a",
            "[a",
            "{a,b}",
            "a**",
            "é",
            "a\\",
            "prod.env",
            "*.e?v",
            "[.]env",
            "a]",
            "**b",
            "***",
            "x*v",
            "[\\]a]",
            "[a\\-c]",
            "[!a-b]*",
        ];
        const ENDS: &[&str] = &["", "", "", "", "/", "/", " ", "  ", "\\ ", "\t", "/**", "/*", "\r"];
        let mut pattern = String::new();
        pattern.push_str(self.pick(&["", "", "", "", "!", "/", "/", "**/", "!/", "./"]));
        for at in 0..=self.below(3) {
            if at > 0 {
                pattern.push('/');
            }
            pattern.push_str(self.pick(PARTS));
        }
        pattern.push_str(self.pick(ENDS));
        pattern
    }

    fn path(&mut self) -> String {
        const NAMES: &[&str] = &[
            "a", "b", "ab", "A", "a b", ".env", "x.env", "X.ENV", "prod.env", "#a", "!a", "a*", "é", "c", "a ", "[a",
            "a]", "{a,b}", "-",
        ];
        let parts: Vec<&str> = (0..=self.below(3)).map(|_| self.pick(NAMES)).collect();
        parts.join("/")
    }
}

#[test]
fn git_says_the_same_of_any_patterns() {
    let (mut asked, mut spoken, mut wrong) = (0, 0, Vec::new());
    for seed in 1..=130_u64 {
        let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let folder = Folder::repository();
        folder.git(&["config", "core.ignoreCase", if seed.is_multiple_of(3) { "true" } else { "false" }]);
        let mut files = Vec::new();
        for at in ["", "a/", "a/b/", "ab/"] {
            if at.is_empty() || random.below(3) == 0 {
                let lines: Vec<String> = (0..=random.below(5)).map(|_| random.pattern()).collect();
                let end = if random.below(4) == 0 { "" } else { "\n" };
                folder.write(&format!("{at}.gitignore"), lines.join("\n") + end);
                files.push(format!("{at}.gitignore {lines:?}"));
            }
        }
        let mut paths: Vec<String> = (0..10).map(|_| random.path()).collect();
        paths.sort();
        paths.dedup();
        let refs: Vec<&str> = paths.iter().map(String::as_str).collect();
        let said = spoken_of(&folder, &refs);
        let mut arguments = vec!["check-ignore", "--no-index", "-v", "-n", "--"];
        arguments.extend(&refs);
        let output = git_says(&folder.path, None, &arguments).stdout;
        // File, line and pattern with colons between them, a tab, and the path.
        let lines = output.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
        let git: Vec<bool> = lines.map(|line| !line.starts_with(b"::\t")).collect();
        assert_eq!(git.len(), said.len(), "{paths:?}");
        for ((path, git), said) in paths.iter().zip(git).zip(said) {
            asked += 1;
            spoken += usize::from(git);
            if git != said {
                wrong.push(format!("seed {seed}: Git says {git} of {path:?} by {files:?}"));
            }
        }
    }
    assert!(asked >= 500 && spoken > 150 && asked - spoken > 150, "{asked} cases, {spoken} with a pattern");
    assert!(wrong.is_empty(), "{} of {asked}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn git_lists_the_same_files_by_any_patterns() {
    let mut wrong = Vec::new();
    for seed in 1..=40_u64 {
        let mut random = Random(seed.wrapping_mul(0xD134_2543_DE82_EF95) | 1);
        let folder = Folder::repository();
        folder.git(&["config", "core.ignoreCase", if seed.is_multiple_of(4) { "true" } else { "false" }]);
        for _ in 0..14 {
            // A name may stand for a folder and a file; the first one that is there stays.
            let path = folder.at(&random.path());
            if let Some(parent) = path.parent()
                && fs::create_dir_all(parent).is_ok()
                && !path.is_dir()
            {
                fs::write(&path, "x").expect("files can be written");
            }
        }
        for at in ["", "a", "ab"] {
            if at.is_empty() || folder.at(at).is_dir() {
                let lines: Vec<String> = (0..=random.below(5)).map(|_| random.pattern()).collect();
                fs::write(folder.at(at).join(".gitignore"), lines.join("\n")).expect("files can be written");
            }
        }
        let output = git_says(&folder.path, None, &["ls-files", "-o", "--exclude-standard", "-z"]).stdout;
        let git = String::from_utf8(output).expect("UTF-8");
        let mut git: Vec<&str> = git.split('\0').filter(|path| !path.is_empty()).collect();
        git.sort_unstable();
        let listing = try_list(&[&folder.path]).map(|listing| listing.files).unwrap_or_default();
        let listed: Vec<&str> = listing.iter().map(|file| &*file.path).collect();
        if git != listed {
            let text = fs::read_to_string(folder.at(".gitignore")).expect("it is there");
            wrong.push(format!("seed {seed}: Git {git:?}\n  here {listed:?}\n  {text:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
