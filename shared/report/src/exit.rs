//! The exit code: one documented enum and the one function that decides it.

use std::process;

use crate::finding::{Finding, NotChecked, Severity};

/// What a plugin ends with. (On Windows, kubectl turns every code of a plugin but 0 into 1.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ExitCode {
    /// Nothing to complain about.
    Fine = 0,
    /// A finding at or above `--fail-on`, a failed rollout, a refused write, or the answer "no".
    Findings = 1,
    /// The command line, the kubeconfig or another input file is wrong.
    Usage = 2,
    /// Something that was asked for could not be read, or it is unknown whether a write took place.
    NotChecked = 3,
    /// A deadline that the user set has passed.
    TimedOut = 4,
    /// Ctrl-C.
    Interrupted = 130,
}

impl ExitCode {
    /// The number.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The one of two that applies first.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        const ORDER: [ExitCode; 5] =
            [ExitCode::Interrupted, ExitCode::Usage, ExitCode::TimedOut, ExitCode::Findings, ExitCode::NotChecked];
        ORDER.into_iter().find(|code| [self, other].contains(code)).unwrap_or(Self::Fine)
    }
}

impl From<ExitCode> for process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code.code())
    }
}

/// From which severity on a finding makes the exit code 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum FailOn {
    /// Exit with 1 when there is an error
    #[default]
    Error,
    /// Exit with 1 when there is an error or a warning
    Warning,
    /// Findings do not change the exit code
    Never,
}

impl FailOn {
    /// Whether this severity is reason enough.
    #[must_use]
    pub const fn reached_by(self, severity: Severity) -> bool {
        match self {
            Self::Error => matches!(severity, Severity::Error),
            Self::Warning => matches!(severity, Severity::Error | Severity::Warning),
            Self::Never => false,
        }
    }
}

/// What the user wants the exit code to depend on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// `--fail-on`.
    pub fail_on: FailOn,
    /// `--allow-partial`: what could not be read is listed but does not change the exit code.
    pub allow_partial: bool,
}

/// Everything that happened in a run and matters to its exit code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own; any of them may be true together")]
pub struct Outcome {
    /// Ctrl-C.
    pub interrupted: bool,
    /// The command line, the kubeconfig or an input file is wrong.
    pub usage: bool,
    /// A deadline that the user set has passed.
    pub timed_out: bool,
    /// The worst finding, ignored ones left out.
    pub worst: Option<Severity>,
    /// A failed rollout, a refused write, or the answer "no": `--fail-on` does not excuse it.
    pub refused: bool,
    /// A part of what was asked for was forbidden or failed.
    pub partial: bool,
    /// Nothing at all was learnt (unreachable, unauthenticated), or a write's outcome is unknown. A part is not what
    /// is missing here, so `--allow-partial` does not excuse it.
    pub no_answer: bool,
}

impl Outcome {
    /// The outcome of a run that ended with a report.
    #[must_use]
    pub fn of(findings: &[Finding], not_checked: &[NotChecked]) -> Self {
        Self { worst: Severity::worst(findings), partial: NotChecked::any_unread(not_checked), ..Self::default() }
    }
}

/// The exit code, by the first line that applies.
#[must_use]
pub fn decide(outcome: &Outcome, policy: Policy) -> ExitCode {
    let found = outcome.worst.is_some_and(|severity| policy.fail_on.reached_by(severity));
    if outcome.interrupted {
        ExitCode::Interrupted
    } else if outcome.usage {
        ExitCode::Usage
    } else if outcome.timed_out {
        ExitCode::TimedOut
    } else if found || outcome.refused {
        ExitCode::Findings
    } else if outcome.no_answer || (outcome.partial && !policy.allow_partial) {
        ExitCode::NotChecked
    } else {
        ExitCode::Fine
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Outcome = Outcome {
        interrupted: false,
        usage: false,
        timed_out: false,
        worst: None,
        refused: false,
        partial: false,
        no_answer: false,
    };
    const ALL: Outcome = Outcome {
        interrupted: true,
        usage: true,
        timed_out: true,
        worst: Some(Severity::Error),
        refused: true,
        partial: true,
        no_answer: true,
    };

    #[test]
    fn of_two_codes_the_first_that_applies_counts() {
        assert_eq!(ExitCode::NotChecked.or(ExitCode::Findings), ExitCode::Findings);
        assert_eq!(ExitCode::TimedOut.or(ExitCode::Findings), ExitCode::TimedOut);
        assert_eq!(ExitCode::Fine.or(ExitCode::NotChecked), ExitCode::NotChecked);
        assert_eq!(ExitCode::Fine.or(ExitCode::Fine), ExitCode::Fine);
    }

    #[test]
    fn the_first_reason_wins_and_the_next_one_follows_it() {
        let steps = [
            (ALL, 130),
            (Outcome { interrupted: false, ..ALL }, 2),
            (Outcome { interrupted: false, usage: false, ..ALL }, 4),
            (Outcome { interrupted: false, usage: false, timed_out: false, ..ALL }, 1),
            (Outcome { refused: true, partial: true, ..NOTHING }, 1),
            (Outcome { partial: true, no_answer: true, ..NOTHING }, 3),
            (Outcome { partial: true, ..NOTHING }, 3),
            (NOTHING, 0),
        ];
        for (outcome, code) in steps {
            assert_eq!(decide(&outcome, Policy::default()).code(), code, "{outcome:?}");
        }
    }

    #[test]
    fn the_flags_switch_off_only_their_own_reason() {
        use FailOn::{Error, Never, Warning};
        let found = |severity| Outcome { worst: Some(severity), ..NOTHING };
        let table = [
            (found(Severity::Error), Error, false, 1),
            (found(Severity::Warning), Error, false, 0),
            (found(Severity::Warning), Warning, false, 1),
            (found(Severity::Error), Warning, false, 1),
            (found(Severity::Info), Warning, false, 0),
            (found(Severity::Error), Never, false, 0),
            (Outcome { partial: true, ..found(Severity::Error) }, Never, false, 3),
            (Outcome { partial: true, ..found(Severity::Error) }, Never, true, 0),
            (Outcome { partial: true, ..found(Severity::Error) }, Error, true, 1),
            (Outcome { refused: true, ..NOTHING }, Never, true, 1),
            (Outcome { no_answer: true, ..NOTHING }, Never, true, 3),
            (Outcome { timed_out: true, ..NOTHING }, Never, true, 4),
            (Outcome { interrupted: true, ..NOTHING }, Never, true, 130),
        ];
        for (outcome, fail_on, allow_partial, code) in table {
            let policy = Policy { fail_on, allow_partial };
            assert_eq!(decide(&outcome, policy).code(), code, "{outcome:?} {policy:?}");
        }
    }
}
