//! The one word that sums up a report.

use crate::finding::{Finding, NotChecked, NotCheckedWhy, Severity};

/// What a report amounts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Everything that was asked for was read, and nothing is wrong with it.
    Healthy,
    /// At least one warning, no error.
    Degraded,
    /// At least one error.
    Failing,
    /// Nothing wrong in what was read, but something could not be read.
    Unknown,
}

impl Verdict {
    /// An error makes *failing*, else a warning *degraded*, else something unread that is not absent *unknown*, else
    /// *healthy*. Effects count as findings: they are only shown under their cause.
    #[must_use]
    pub fn of(findings: &[Finding], not_checked: &[NotChecked]) -> Self {
        match Severity::worst(findings) {
            Some(Severity::Error) => Self::Failing,
            Some(Severity::Warning) => Self::Degraded,
            Some(Severity::Info) | None if NotChecked::any_unread(not_checked) => Self::Unknown,
            Some(Severity::Info) | None => Self::Healthy,
        }
    }

    /// The word as the JSON report spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Failing => "failing",
            Self::Unknown => "unknown",
        }
    }
}

impl Severity {
    /// The worst severity of the findings and their effects.
    #[must_use]
    pub fn worst(findings: &[Finding]) -> Option<Self> {
        let of_one = |finding: &Finding| {
            let effects = Self::worst(&finding.effects);
            effects.into_iter().chain([finding.severity]).min_by_key(|severity| severity.rank())
        };
        findings.iter().filter_map(of_one).min_by_key(|severity| severity.rank())
    }
}

impl NotChecked {
    /// Whether anything is missing that this cluster has: what is absent or hidden by the provider worsens nothing.
    #[must_use]
    pub fn any_unread(not_checked: &[Self]) -> bool {
        not_checked.iter().any(|part| part.why != NotCheckedWhy::Absent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{finding, not_checked};

    #[test]
    fn the_worst_thing_decides() {
        use NotCheckedWhy::{Absent, Failed, Forbidden};
        use Severity::{Error, Info, Warning};
        let table: &[(&[Severity], &[NotCheckedWhy], Verdict)] = &[
            (&[], &[], Verdict::Healthy),
            (&[Info], &[], Verdict::Healthy),
            (&[Info], &[Absent], Verdict::Healthy),
            (&[], &[Absent], Verdict::Healthy),
            (&[], &[Absent, Forbidden], Verdict::Unknown),
            (&[Info], &[Failed], Verdict::Unknown),
            (&[Warning], &[], Verdict::Degraded),
            (&[Warning, Info], &[Failed], Verdict::Degraded),
            (&[Info, Warning, Error], &[], Verdict::Failing),
            (&[Error], &[Forbidden], Verdict::Failing),
        ];
        for (severities, unread, expected) in table {
            let findings: Vec<_> = severities.iter().map(|severity| finding("some-rule", *severity)).collect();
            let not_checked: Vec<_> = unread.iter().map(|why| not_checked(*why)).collect();
            assert_eq!(Verdict::of(&findings, &not_checked), *expected, "{severities:?} {unread:?}");
        }
    }

    #[test]
    fn an_effect_counts_though_it_is_shown_under_its_cause() {
        let mut cause = finding("node-not-ready", Severity::Warning);
        cause.effects.push(finding("pods-not-ready", Severity::Error));
        assert_eq!(Verdict::of(&[cause], &[]), Verdict::Failing);
    }
}
