//! The one table of exit codes.

use std::process::ExitCode;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Everything was searched, and nothing at or above the asked-for level was found.
    Clean,
    /// Findings at or above `--fail-on`.
    Findings,
    /// Wrong usage or configuration, or a check that could not finish: takes precedence over [`Exit::Findings`].
    Failed,
    /// A second Ctrl-C.
    Interrupted,
}

impl Exit {
    /// The number that the process returns.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Findings => 1,
            Self::Failed => 2,
            Self::Interrupted => 130,
        }
    }

    /// The graver of the two.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.max(other)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incomplete_check_takes_precedence_over_findings() {
        assert_eq!(Exit::Findings.and(Exit::Failed), Exit::Failed);
        assert_eq!(Exit::Failed.and(Exit::Clean), Exit::Failed);
        assert_eq!(Exit::Clean.and(Exit::Findings).code(), 1);
    }

    #[test]
    fn every_status_has_its_code() {
        assert_eq!([Exit::Clean, Exit::Findings, Exit::Failed, Exit::Interrupted].map(Exit::code), [0, 1, 2, 130]);
    }
}
