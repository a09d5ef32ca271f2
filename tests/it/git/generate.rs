//! Made-up histories, each from a number: branches, merges of several parents, renames, reverts, empty commits, secrets in
//! places that are easily missed.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::rig::Repo;

/// Numbers that look random and are the same in every run.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).expect("31 bits") % end.max(1)
    }

    pub(crate) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

/// A file as a list of lines of one Secret; the number of each entry is that of its token.
pub(crate) type Files = BTreeMap<String, Vec<usize>>;

/// The value of a number: letters and digits that no rule takes for a word.
pub(crate) fn token(number: usize) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyzACDEFHKLM";
    let mut state = (number as u64 + 7).wrapping_mul(0xD134_2543_DE82_EF95);
    let mut text = String::new();
    for at in 0..18 {
        state = state.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x1405_7B7E_F767_814F);
        let index = usize::try_from(state >> 59).expect("five bits");
        text.push(if at % 3 == 2 {
            char::from(b'2' + u8::try_from(index % 8).expect("a digit"))
        } else {
            char::from(LETTERS[index])
        });
    }
    text
}

/// The text of a file.
pub(crate) fn render(name: &str, tokens: &[usize]) -> String {
    if tokens.is_empty() {
        return format!("# nothing in {name}\n");
    }
    let stem: String = name.chars().filter(char::is_ascii_lowercase).collect();
    let mut text = format!("apiVersion: v1\nkind: Secret\nmetadata:\n  name: {stem}\n  namespace: team\nstringData:\n");
    for number in tokens {
        let _ = writeln!(text, "  key-{number}: {}", token(*number));
    }
    text
}

const NAMES: [&str; 8] = [
    "app.yaml",
    "k8s/db.yaml",
    "k8s/base/web.yaml",
    "with space/x.yaml",
    "änderung.yaml",
    "notes.md.yaml",
    "a/b/c/d/deep.yaml",
    "k8s-2/db.yml",
];

struct Commit {
    files: Files,
    parents: Vec<usize>,
}

/// A generated repository, and how many tokens were planted in it.
pub(crate) struct History {
    pub(crate) repo: Repo,
    pub(crate) tokens: usize,
    /// Whether other work trees, stashes and the like are in it.
    pub(crate) random: Random,
}

/// What is made commit by commit.
struct Maker {
    random: Random,
    commits: Vec<Commit>,
    tokens: usize,
}

impl Maker {
    fn fresh(&mut self) -> usize {
        self.tokens += 1;
        self.tokens
    }

    /// Changes files as people do. A token moves with its file, and is never copied.
    fn edit(&mut self, files: &mut Files) {
        for _ in 0..=self.random.below(2) {
            let name = (*self.random.pick(&NAMES)).to_owned();
            match self.random.below(10) {
                0..=3 => {
                    let token = self.fresh();
                    let entry = files.entry(name).or_default();
                    let at = self.random.below(entry.len() + 1);
                    entry.insert(at, token);
                }
                4 => drop(files.remove(&name)),
                5 => {
                    if let Some(entry) = files.get_mut(&name)
                        && !entry.is_empty()
                    {
                        let at = self.random.below(entry.len());
                        entry.remove(at);
                    }
                }
                6 => {
                    if let Some(entry) = files.remove(&name) {
                        let to = format!("moved/{}/{name}", self.random.below(3));
                        files.insert(to, entry);
                    }
                }
                7 => {
                    if let Some(entry) = files.get_mut(&name) {
                        entry.reverse();
                    }
                }
                8 => drop(files.insert(format!("plain-{}.txt", self.random.below(4)), Vec::new())),
                _ => {}
            }
        }
    }

    fn grow(&mut self) {
        let last = self.commits.len();
        match self.random.below(10) {
            // A merge takes each file from one of its parents; sometimes it brings something of its own.
            0 | 1 if last > 2 => {
                let mut parents: Vec<usize> = (0..2 + self.random.below(3)).map(|_| self.random.below(last)).collect();
                parents.sort_unstable();
                parents.dedup();
                let mut files = Files::new();
                let names: Vec<String> =
                    parents.iter().flat_map(|at| self.commits[*at].files.keys().cloned()).collect();
                for name in names {
                    let parent = *self.random.pick(&parents);
                    if let Some(entry) = self.commits[parent].files.get(&name) {
                        files.insert(name, entry.clone());
                    }
                }
                // A token that two parents have in different files stays in one.
                let mut seen = std::collections::BTreeSet::new();
                for entry in files.values_mut() {
                    entry.retain(|token| seen.insert(*token));
                }
                if self.random.one_in(2) {
                    let token = self.fresh();
                    files.entry("k8s/merge.yaml".to_owned()).or_default().push(token);
                }
                self.commits.push(Commit { files, parents });
            }
            // A revert: the files of an older commit.
            2 if last > 1 => {
                let files = self.commits[self.random.below(last)].files.clone();
                self.commits.push(Commit { files, parents: vec![last - 1] });
            }
            // Nothing at all.
            3 => {
                let files = self.commits[last - 1].files.clone();
                self.commits.push(Commit { files, parents: vec![last - 1] });
            }
            // Another root.
            4 if self.random.one_in(4) => {
                let mut files = Files::new();
                self.edit(&mut files);
                self.commits.push(Commit { files, parents: Vec::new() });
            }
            other => {
                let parent = if other < 7 { last - 1 } else { self.random.below(last) };
                let mut files = self.commits[parent].files.clone();
                self.edit(&mut files);
                self.commits.push(Commit { files, parents: vec![parent] });
            }
        }
    }

    /// The history for `git fast-import`.
    fn stream(&mut self) -> String {
        let mut stream = String::new();
        let mut time = 1_700_000_000_usize;
        let submodule = self.random.one_in(5);
        for (number, commit) in self.commits.iter().enumerate() {
            // Clocks go back at times.
            time = if self.random.one_in(6) { time - 5000 } else { time + 600 };
            let who = format!("Jane Doe <jane@example.com> {time} +0100");
            let _ = writeln!(stream, "commit refs/heads/b{number}\nmark :{}\ncommitter {who}\ndata 1\nx", number + 1);
            for (at, parent) in commit.parents.iter().enumerate() {
                let _ = writeln!(stream, "{} :{}", if at == 0 { "from" } else { "merge" }, parent + 1);
            }
            stream.push_str("deleteall\n");
            for (name, tokens) in &commit.files {
                let text = render(name, tokens);
                let _ = writeln!(stream, "M 100644 inline \"{name}\"\ndata {}\n{text}", text.len());
            }
            if submodule {
                let _ = writeln!(stream, "M 160000 {} vendor/module", "1".repeat(40));
            }
        }
        stream
    }
}

/// Makes the history of that number.
pub(crate) fn history(seed: u64) -> History {
    let mut random = Random::new(seed);
    let sha256 = random.one_in(12);
    let repo =
        if sha256 { Repo::with(&["init", "-q", "-b", "main", "--object-format=sha256", "repo"]) } else { Repo::new() };
    let mut maker = Maker { random, commits: Vec::new(), tokens: 0 };
    let mut files = Files::new();
    maker.edit(&mut files);
    maker.commits.push(Commit { files, parents: Vec::new() });
    for _ in 0..4 + maker.random.below(14) {
        maker.grow();
    }
    let mut stream = maker.stream();
    if sha256 {
        stream = stream.replace(&"1".repeat(40), &"1".repeat(64));
    }
    repo.git_on(&["fast-import", "--quiet", "--force"], stream.as_bytes());
    let count = maker.commits.len();
    repo.git(&["config", "core.logAllRefUpdates", "always"]);
    beside(&repo, &mut maker, count);
    let head = format!("b{}", count - 1 - maker.random.below(2.min(count)));
    repo.git(&["update-ref", "--no-deref", "HEAD", &format!("refs/heads/{head}")]);
    repo.git(&["symbolic-ref", "HEAD", &format!("refs/heads/{head}")]);
    repo.git(&["reset", "-q", "--hard"]);
    // Some branches go; what they alone held is in the reflog, or in nothing.
    for number in 0..count {
        if maker.random.one_in(3) && format!("b{number}") != head {
            let id = repo.git(&["rev-parse", &format!("refs/heads/b{number}")]);
            if maker.random.one_in(2) {
                repo.git(&["update-ref", "-m", "was here", "HEAD", &id]);
                let back = repo.git(&["rev-parse", "HEAD@{1}"]);
                repo.git(&["update-ref", "-m", "back", "HEAD", &back]);
            }
            repo.git(&["update-ref", "-d", &format!("refs/heads/b{number}")]);
        }
    }
    repo.git(&["reset", "-q", "--hard"]);
    match maker.random.below(4) {
        0 => drop(repo.git(&["repack", "-q", "-d"])),
        1 => drop(repo.git(&["repack", "-q", "-a", "-d", "-k", "-f"])),
        2 => drop(repo.git(&["pack-refs", "--all"])),
        _ => {}
    }
    History { repo, tokens: maker.tokens, random: maker.random }
}

/// Secrets beside the branches: tags of commits, contents and trees, notes, stashes, objects that nothing names.
fn beside(repo: &Repo, maker: &mut Maker, count: usize) {
    let some = format!("refs/heads/b{}", maker.random.below(count));
    let blob = |maker: &mut Maker| {
        let token = maker.fresh();
        let text = render("loose.yaml", &[token]);
        String::from_utf8(repo.git_on(&["hash-object", "-w", "--stdin"], text.as_bytes()))
            .expect("an id")
            .trim()
            .to_owned()
    };
    let tree_of = |id: &str, name: &str| {
        let line = format!("100644 blob {id}\t{name}\n");
        String::from_utf8(repo.git_on(&["mktree"], line.as_bytes())).expect("an id").trim().to_owned()
    };
    let commit_of = |tree: &str, parents: &[&str]| {
        let mut arguments = vec!["commit-tree", tree, "-m", "x"];
        for parent in parents {
            arguments.extend(["-p", parent]);
        }
        repo.git(&arguments)
    };
    if maker.random.one_in(3) {
        let id = blob(maker);
        let commit = commit_of(&tree_of(&id, "tagged.yaml"), &[&some]);
        repo.git(&["tag", "-a", "-m", "x", "annotated", &commit]);
    }
    if maker.random.one_in(4) {
        let id = blob(maker);
        repo.git(&["tag", "content.yaml", &id]);
    }
    if maker.random.one_in(4) {
        let id = blob(maker);
        repo.git(&["tag", "tree", &tree_of(&id, "in-tree.yaml")]);
    }
    if maker.random.one_in(3) {
        let id = blob(maker);
        repo.git(&["notes", "add", "-C", &id, &some]);
    }
    if maker.random.one_in(3) {
        for _ in 0..=maker.random.below(2) {
            let (work, index, untracked) = (blob(maker), blob(maker), blob(maker));
            let index = commit_of(&tree_of(&index, "index.yaml"), &[&some]);
            let untracked = commit_of(&tree_of(&untracked, "untracked.yaml"), &[]);
            let stash = commit_of(&tree_of(&work, "work.yaml"), &[&some, &index, &untracked]);
            repo.git(&["stash", "store", "-m", "x", &stash]);
        }
    }
    if maker.random.one_in(4) {
        blob(maker);
    }
    if maker.random.one_in(6) {
        // What stands in place of a commit, and the commit itself.
        let id = blob(maker);
        let parent = repo.git(&["rev-parse", &some]);
        let commit = commit_of(&tree_of(&id, "replacement.yaml"), &[]);
        repo.git(&["replace", "-f", &parent, &commit]);
    }
    if maker.random.one_in(6) {
        let id = blob(maker);
        let commit = commit_of(&tree_of(&id, "elsewhere.yaml"), &[&some]);
        repo.git(&["worktree", "add", "-q", "--detach", &repo.beside("linked").display().to_string(), &commit]);
    }
}
