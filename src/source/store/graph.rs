//! Commits: reading one, what is reachable from some and not from others, what two have in common.

use std::collections::{BinaryHeap, HashMap};

use gix::ObjectId;
use gix::objs::{CommitRef, Kind, TagRef};

use super::objects::{ObjectError, Reader};

/// How far the clocks of two committers may be apart, seconds: the search for what a range leaves out goes on that long
/// behind its oldest commit.
const SKEW: i64 = 30 * 24 * 3600;
/// So many commits are looked at behind a range whatever their clocks say: most histories are searched to their beginning,
/// and then the answer is exact.
const PATIENCE: usize = 20_000;
/// Tags of tags, at most.
const DEPTH: usize = 32;

/// A commit, without its message.
#[derive(Clone, Debug)]
pub(crate) struct CommitInfo {
    pub(super) id: ObjectId,
    pub(super) tree: ObjectId,
    pub(super) parents: Vec<ObjectId>,
    /// When it was committed, seconds since 1970.
    pub(super) time: i64,
}

/// What an id leads to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Peeled {
    pub commit: Option<ObjectId>,
    pub tree: Option<ObjectId>,
    pub blob: Option<ObjectId>,
}

/// Follows tags.
pub(super) fn peel(reader: &mut Reader, id: ObjectId) -> Result<Peeled, ObjectError> {
    let mut buffer = Vec::new();
    let mut id = id;
    for _ in 0..DEPTH {
        match reader.find(id, &mut buffer)? {
            Kind::Commit => return Ok(Peeled { commit: Some(id), ..Peeled::default() }),
            Kind::Tree => return Ok(Peeled { tree: Some(id), ..Peeled::default() }),
            Kind::Blob => return Ok(Peeled { blob: Some(id), ..Peeled::default() }),
            Kind::Tag => {
                let tag = TagRef::from_bytes(&buffer, reader.hash()).map_err(|_| ObjectError::Damaged(id))?;
                id = tag.target();
            }
        }
    }
    Err(ObjectError::Damaged(id))
}

/// Commits that a walk has yet to look at.
struct Frontier {
    flags: HashMap<ObjectId, u8>,
    /// By time.
    queue: BinaryHeap<(i64, ObjectId)>,
    /// How many of them are not excluded.
    interesting: usize,
}

/// Commits that were read, by id.
#[derive(Default)]
pub(super) struct Graph {
    known: HashMap<ObjectId, CommitInfo>,
    buffer: Vec<u8>,
    /// Commits whose parents are left out on purpose.
    shallow: Vec<ObjectId>,
}

const EXCLUDED: u8 = 1;
const ONE: u8 = 2;
const TWO: u8 = 4;
const STALE: u8 = 8;
const QUEUED: u8 = 16;

impl Graph {
    /// Treats `shallow` as commits without parents.
    pub(super) fn new(shallow: Vec<ObjectId>) -> Self {
        Self { shallow, ..Self::default() }
    }

    /// Reads a commit.
    pub(super) fn commit(&mut self, reader: &mut Reader, id: ObjectId) -> Result<&CommitInfo, ObjectError> {
        if !self.known.contains_key(&id) {
            reader.read(id, Kind::Commit, &mut self.buffer)?;
            let damaged = |_| ObjectError::Damaged(id);
            let commit = CommitRef::from_bytes(&self.buffer, reader.hash()).map_err(damaged)?;
            let parents = if self.shallow.contains(&id) { Vec::new() } else { commit.parents().collect() };
            // A commit without a readable time is as old as can be.
            let time = commit.time().map_or(0, |time| time.seconds);
            self.known.insert(id, CommitInfo { id, tree: commit.tree(), parents, time });
        }
        self.known.get(&id).ok_or(ObjectError::Missing(id))
    }

    /// Commits reachable from `tips` and not from `excluded`, parents first; where that leaves a choice, the older one first.
    /// What cannot be read goes into `errors`, and the walk goes on beside it.
    pub(super) fn walk(
        &mut self,
        reader: &mut Reader,
        tips: &[ObjectId],
        excluded: &[ObjectId],
        errors: &mut Vec<ObjectError>,
    ) -> Vec<CommitInfo> {
        let Frontier { mut flags, mut queue, mut interesting } = self.frontier(reader, tips, excluded, errors);
        let mut oldest = i64::MAX;
        let mut found = Vec::new();
        let mut behind = 0;
        while let Some((time, id)) = queue.pop() {
            if interesting == 0 {
                let older = time < oldest.saturating_sub(SKEW);
                if found.is_empty() || older && behind >= PATIENCE {
                    break;
                }
                behind += 1;
            }
            let flag = flags.get(&id).copied().unwrap_or_default();
            let out = flag & EXCLUDED;
            if out == 0 {
                interesting -= 1;
                oldest = oldest.min(time);
                found.push(id);
            }
            flags.insert(id, flag & !QUEUED);
            let parents = self.known.get(&id).map(|commit| commit.parents.clone()).unwrap_or_default();
            for parent in parents {
                let known = flags.get(&parent).copied();
                match known {
                    None => match self.commit(reader, parent) {
                        Ok(commit) => {
                            queue.push((commit.time, parent));
                            flags.insert(parent, out | QUEUED);
                            interesting += usize::from(out == 0);
                        }
                        // Behind what is excluded nothing is asked for.
                        Err(_) if out == EXCLUDED => {}
                        Err(error) => errors.push(error),
                    },
                    Some(flag) if out == EXCLUDED && flag & EXCLUDED == 0 => {
                        interesting -= self.exclude(&mut flags, parent);
                    }
                    Some(_) => {}
                }
            }
        }
        found.retain(|id| flags.get(id).is_none_or(|flag| flag & EXCLUDED == 0));
        self.ordered(&found)
    }

    /// Where a walk begins.
    fn frontier(
        &mut self,
        reader: &mut Reader,
        tips: &[ObjectId],
        excluded: &[ObjectId],
        errors: &mut Vec<ObjectError>,
    ) -> Frontier {
        let mut flags: HashMap<ObjectId, u8> = HashMap::new();
        let mut queue: BinaryHeap<(i64, ObjectId)> = BinaryHeap::new();
        let mut interesting = 0_usize;
        for (id, flag) in tips.iter().map(|id| (*id, 0)).chain(excluded.iter().map(|id| (*id, EXCLUDED))) {
            match self.commit(reader, id) {
                Ok(commit) => {
                    let before = flags.get(&id).copied();
                    flags.insert(id, before.unwrap_or_default() | flag | QUEUED);
                    if before.is_none() {
                        queue.push((commit.time, id));
                        interesting += usize::from(flag == 0);
                    } else if flag == EXCLUDED && before.is_some_and(|before| before & EXCLUDED == 0) {
                        interesting -= 1;
                    }
                }
                Err(error) => errors.push(error),
            }
        }
        Frontier { flags, queue, interesting }
    }

    /// Excludes a commit that was counted as a part of the range, and what was reached through it. Returns how many of them
    /// were still to be looked at.
    fn exclude(&self, flags: &mut HashMap<ObjectId, u8>, from: ObjectId) -> usize {
        let mut open = 0;
        let mut stack = vec![from];
        while let Some(id) = stack.pop() {
            let Some(flag) = flags.get_mut(&id).filter(|flag| **flag & EXCLUDED == 0) else { continue };
            *flag |= EXCLUDED;
            open += usize::from(*flag & QUEUED != 0);
            stack.extend(self.known.get(&id).into_iter().flat_map(|commit| commit.parents.iter().copied()));
        }
        open
    }

    /// Parents first, then by time and id.
    fn ordered(&self, ids: &[ObjectId]) -> Vec<CommitInfo> {
        let mut waiting: HashMap<ObjectId, usize> = ids.iter().map(|id| (*id, 0)).collect();
        let mut children: HashMap<ObjectId, Vec<ObjectId>> = HashMap::new();
        for id in ids {
            let parents = self.known.get(id).map(|commit| commit.parents.as_slice()).unwrap_or_default();
            let mut inner: Vec<ObjectId> =
                parents.iter().filter(|parent| waiting.contains_key(*parent)).copied().collect();
            inner.sort_unstable();
            inner.dedup();
            for parent in &inner {
                children.entry(*parent).or_default().push(*id);
            }
            waiting.insert(*id, inner.len());
        }
        let key = |id: &ObjectId| std::cmp::Reverse((self.known.get(id).map_or(0, |commit| commit.time), *id));
        let mut ready: BinaryHeap<_> = ids.iter().filter(|id| waiting.get(*id) == Some(&0)).map(key).collect();
        let mut ordered = Vec::with_capacity(ids.len());
        while let Some(std::cmp::Reverse((_, id))) = ready.pop() {
            ordered.extend(self.known.get(&id).cloned());
            for child in children.remove(&id).unwrap_or_default() {
                if let Some(count) = waiting.get_mut(&child) {
                    *count -= 1;
                    if *count == 0 {
                        ready.push(key(&child));
                    }
                }
            }
        }
        ordered
    }

    /// The best common ancestor of two commits, as `git merge-base` names it first; none where they have none.
    pub(super) fn merge_base(
        &mut self,
        reader: &mut Reader,
        one: ObjectId,
        two: ObjectId,
    ) -> Result<Option<ObjectId>, ObjectError> {
        if one == two {
            return Ok(Some(one));
        }
        let candidates = self.common(reader, one, two)?;
        let mut best = Vec::new();
        for candidate in &candidates {
            let mut below = false;
            for other in candidates.iter().filter(|other| *other != candidate) {
                below |= self.common(reader, *candidate, *other)?.contains(candidate);
            }
            if !below {
                best.push(*candidate);
            }
        }
        best.sort_by_key(|id| std::cmp::Reverse((self.known.get(id).map_or(0, |commit| commit.time), *id)));
        Ok(best.first().copied())
    }

    /// Commits reachable from both, without those below one that was found before.
    fn common(&mut self, reader: &mut Reader, one: ObjectId, two: ObjectId) -> Result<Vec<ObjectId>, ObjectError> {
        let mut flags: HashMap<ObjectId, u8> = HashMap::new();
        let mut queue: BinaryHeap<(i64, ObjectId)> = BinaryHeap::new();
        let mut fresh = 0_usize;
        for (id, flag) in [(one, ONE), (two, TWO)] {
            queue.push((self.commit(reader, id)?.time, id));
            *flags.entry(id).or_default() |= flag | QUEUED;
            fresh += 1;
        }
        if one == two {
            return Ok(vec![one]);
        }
        let mut found = Vec::new();
        while fresh > 0 {
            let Some((_, id)) = queue.pop() else { break };
            let Some(flag) = flags.get_mut(&id) else { continue };
            if *flag & QUEUED == 0 {
                continue;
            }
            *flag &= !QUEUED;
            fresh -= usize::from(*flag & STALE == 0);
            let mut passed = *flag;
            if passed & (ONE | TWO) == ONE | TWO {
                if passed & STALE == 0 {
                    found.push(id);
                }
                passed |= STALE;
            }
            for parent in self.commit(reader, id)?.parents.clone() {
                let time = self.commit(reader, parent)?.time;
                let known = flags.entry(parent).or_default();
                let after = *known | passed;
                if after == *known {
                    continue;
                }
                let (was_queued, was_stale) = (*known & QUEUED != 0, *known & STALE != 0);
                *known = after | QUEUED;
                match (was_queued, was_stale, after & STALE != 0) {
                    (false, _, false) => fresh += 1,
                    (true, false, true) => fresh -= 1,
                    _ => {}
                }
                queue.push((time, parent));
            }
        }
        found.retain(|id| flags.get(id).is_none_or(|flag| flag & STALE == 0));
        Ok(found)
    }
}
