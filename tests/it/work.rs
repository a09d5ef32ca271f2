//! Hostile inputs are bounded by counted work, which a busy machine does not change: allocations, and as the last resort
//! the processor time that the system counts for the process alone.

use std::path::Path;
use std::process::Command;

use allocation_counter::AllocationInfo;

/// Seconds of processor time after which the system ends a program: far more than any test needs in a debug build, and far
/// less than quadratic work over a hostile input takes.
const PROCESSOR_SECONDS: u32 = 120;

/// A command for a program that is ended where it does not end by itself, on systems that can do that.
#[expect(clippy::disallowed_methods, reason = "the program under test")]
pub(crate) fn bounded(program: &Path) -> Command {
    if !cfg!(unix) {
        return Command::new(program);
    }
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(format!("ulimit -t {PROCESSOR_SECONDS} && exec \"$0\" \"$@\"")).arg(program);
    command
}

/// Fails where work grows faster than its input, which `work` has a size of its own choice for 1 and twice that for 2.
#[track_caller]
pub(crate) fn assert_in_proportion(what: &str, work: impl Fn(usize) + Sync) {
    // One thread, since allocations are counted by thread.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    let counted = |size: usize| pool.install(|| allocation_counter::measure(|| work(size)));
    // What is made once and kept is not counted.
    counted(1);
    let (once, twice) = (counted(1), counted(2));
    let grows = |count: fn(&AllocationInfo) -> u64, spare: u64| count(&twice) > 3 * count(&once) + spare;
    let too_much = grows(|info| info.count_total, 10_000) || grows(|info| info.bytes_total, 4 << 20);
    assert!(!too_much, "{what}: {once:?} becomes {twice:?} by twice the input");
}
