//! `mlguard hook`: what Git and pre-commit run.

use std::io::{self, BufRead as _, IsTerminal as _};
use std::path::PathBuf;

use super::args::{CommitArgs, GateArgs, Global, HookKind};
use super::check;
use super::commits::{self, Span};
use crate::config::Environment;
use crate::error::Problem;
use crate::exit::Exit;
use crate::source::SourceError;
use crate::source::store::{Id, Range, Store};

pub(super) fn run(kind: &HookKind, global: &Global) -> Result<Exit, Problem> {
    let environment = Environment::read();
    match kind {
        HookKind::PreCommit { files, gate } => pre_commit(files, gate, &environment, global),
        HookKind::PrePush { remote, gate, .. } => pre_push(remote.as_deref(), gate, &environment, global),
        HookKind::PreReceive { gate } => each(&updates()?, gate, &environment, global, &received),
    }
}

/// pre-commit says by variables and arguments what it was asked to look at; Git, that a commit is being made.
fn pre_commit(files: &[PathBuf], gate: &GateArgs, environment: &Environment, global: &Global) -> Result<Exit, Problem> {
    if let Some(range) = &environment.pre_commit_range {
        return diff(range, gate, global);
    }
    let staged = environment.hook.index_file.is_some() || files.is_empty();
    let commits = CommitArgs { staged, ..CommitArgs::default() };
    // Of a merge pre-commit names the files that were in conflict, and others may not fit together either.
    let all = staged && commits::repository(environment)?.is_merging();
    let files = if all { Vec::new() } else { files.to_vec() };
    check::run(&gate.check(files, commits), global)
}

/// Git says on standard input what is pushed. pre-commit takes that off, and says the first of it in variables.
fn pre_push(
    remote: Option<&str>,
    gate: &GateArgs,
    environment: &Environment,
    global: &Global,
) -> Result<Exit, Problem> {
    let given = remote.or(environment.pre_commit_remote.as_deref());
    let updates = match (&environment.pre_commit_range, &environment.pre_commit_remote) {
        (Some(range), None) => return diff(range, gate, global),
        (range, Some(_)) => vec![named(range.as_ref(), environment)?],
        (None, None) => {
            let said = if remote.is_none() && io::stdin().is_terminal() { Vec::new() } else { updates()? };
            // Git always names the remote: without it somebody runs this by hand, and asks what a push would bring.
            if said.is_empty() && remote.is_none() { vec![named(None, environment)?] } else { said }
        }
    };
    each(&updates, gate, environment, global, &|store, update| pushed(store, update, given))
}

fn diff(range: &(String, String), gate: &GateArgs, global: &Global) -> Result<Exit, Problem> {
    let diff = Some(format!("{}..{}", range.0, range.1));
    check::run(&gate.check(Vec::new(), CommitArgs { diff, ..CommitArgs::default() }), global)
}

/// One reference that a push changes.
struct Update {
    /// What it named before; none where it is new.
    old: Option<Id>,
    /// What it is to name.
    new: Id,
    /// Its name on the side that gets it.
    name: String,
}

/// What Git says on standard input: `old new name` to a server, `name new name old` to who pushes. References that are
/// deleted bring nothing.
fn updates() -> Result<Vec<Update>, Problem> {
    let mut updates = Vec::new();
    for line in io::stdin().lock().lines() {
        let line = line.map_err(|error| Problem::new(format!("cannot read stdin: {error}")))?;
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let (old, new, name) = match words.as_slice() {
            [] => continue,
            [old, new, name] => (old, new, name),
            [_, new, name, old] => (old, new, name),
            _ => return Err(unlike()),
        };
        let id = |hex: &str| Id::from_hex(hex.as_bytes()).map_err(|_| unlike());
        let (old, new) = (id(old)?, id(new)?);
        if !new.is_null() {
            let old = Some(old).filter(|old| !old.is_null());
            updates.push(Update { old, new, name: (*name).to_owned() });
        }
    }
    Ok(updates)
}

fn unlike() -> Problem {
    Problem::new("stdin does not say what is pushed").help("this is a hook: Git runs it, as githooks(5) describes")
}

/// What pre-commit says of a push: from where to where; where the remote has nothing of it, the branch alone. By hand, what
/// is checked out.
fn named(range: Option<&(String, String)>, environment: &Environment) -> Result<Update, Problem> {
    let store = commits::repository(environment)?;
    if let Some((from, to)) = range {
        let (old, new) = (store.commit(from)?, store.commit(to)?);
        return Ok(Update { old: Some(old), new, name: to.clone() });
    }
    let name = environment.pre_commit_branch.clone().unwrap_or_else(|| "HEAD".to_owned());
    let new = match name.as_str() {
        "HEAD" => store.head()?.ok_or_else(|| Problem::new("no commit to push"))?,
        branch => store.commit(branch)?,
    };
    Ok(Update { old: None, new, name })
}

fn each(
    updates: &[Update],
    gate: &GateArgs,
    environment: &Environment,
    global: &Global,
    span: &dyn Fn(&Store, &Update) -> Result<Span, SourceError>,
) -> Result<Exit, Problem> {
    let mut exit = Exit::Clean;
    for update in updates {
        let store = commits::repository(environment)?;
        let span = span(&store, update)?;
        let args = gate.check(Vec::new(), CommitArgs::default());
        let asked = commits::open_span(span, &args, environment)?;
        exit = exit.and(check::run_commits(asked, &args, environment, global)?);
    }
    Ok(exit)
}

/// What is pushed and the remote does not have, as far as this repository knows.
fn pushed(store: &Store, update: &Update, remote: Option<&str>) -> Result<Span, SourceError> {
    let is_address = |name: &str| name.contains(':') || name.starts_with(['/', '.']);
    let there = match remote {
        // By hand there is no remote: what any of them has was pushed.
        None => store.named("refs/remotes/")?,
        // Of an address that is no remote's nobody knows what is there.
        Some(address) if is_address(address) => match store.remote_at(address) {
            Some(name) => store.named(&format!("refs/remotes/{name}/"))?,
            None => Vec::new(),
        },
        Some(name) => store.named(&format!("refs/remotes/{name}/"))?,
    };
    // Somebody else may have pushed what is overwritten.
    let old = update.old.filter(|old| store.has(*old));
    let span = introduced(store, update, old, there)?;
    Ok(Span { policy: span.onto, ..span })
}

/// What a server gets and does not have.
fn received(store: &Store, update: &Update) -> Result<Span, SourceError> {
    let head = store.head()?;
    let span = introduced(store, update, update.old, store.named("refs/")?)?;
    Ok(Span { policy: head, ..span })
}

/// What an update introduces to a side that has `old` and the commits `there`.
fn introduced(store: &Store, update: &Update, old: Option<Id>, mut there: Vec<Id>) -> Result<Span, SourceError> {
    let new = commit(store, update.new)?;
    let old = old.map(|old| commit(store, old)).transpose()?;
    let onto = match old {
        Some(old) => Some(old),
        None => store.nearest(new, &there)?,
    };
    there.extend(old);
    let range = Range { tips: vec![new], excluded: there };
    Ok(Span { range, onto, policy: None, text: update.name.clone(), may_be_empty: true, beside: true })
}

/// The commit that a reference names, also by way of a tag.
fn commit(store: &Store, id: Id) -> Result<Id, SourceError> {
    store.commit(&id.to_string())
}
