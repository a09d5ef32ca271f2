//! Judgements that need the text of an object and the rest of the repository as well.
//!
//! A check of one file judges the text itself, in `checks`. What is judged here cannot: whether something is wrong with an
//! annotation for Vault or an ExternalSecret shows in the text, which facts do not keep, and whether a patch of the
//! repository mends it is known when all facts are joined. So each object carries its faults, in words, as facts, and the
//! check of the second phase reports those that no patch mends.

pub(super) mod external;
pub(super) mod vault;
