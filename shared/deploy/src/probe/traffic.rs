//! What came of the traffic: pure counting, so that what is claimed at the end can be tested without a network.

use std::collections::BTreeMap;
use std::time::Duration;

/// Fewer answers than this are no ground to say that nothing was lost. Source: ours; at the default of 10 requests a
/// second it is ten seconds of traffic, in which an outage of 100 ms is met once.
pub const ENOUGH: u64 = 100;
/// At most this many stretches of failures are kept with their moments. Source: ours; more are counted.
const STRETCHES: usize = 50;

/// Why a request got no proper answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Loss {
    /// Nobody listened.
    Refused,
    /// The connection ended in the middle.
    Reset,
    /// No answer in time.
    TimedOut,
    /// An answer of 500 or above.
    Status(u16),
    /// There was no way to send it: no such name, no route, no permission.
    NoWay,
}

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// When it was sent, since the traffic began.
    pub at: Duration,
    /// How long the answer took.
    pub took: Duration,
    /// Who answered, or why nobody did. An answerer that cannot be told apart is `None`.
    pub outcome: Result<Option<String>, Loss>,
}

/// Failures without a success between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// When the first was sent, since the traffic began.
    pub began: Duration,
    /// When the last was sent.
    pub ended: Duration,
    /// How many there are.
    pub count: u64,
    /// What the first was.
    pub first: Loss,
}

/// Everything that was sent so far.
#[derive(Clone, Debug, Default)]
pub struct Traffic {
    sent: u64,
    answered_by: BTreeMap<String, u64>,
    answered_by_unknown: u64,
    losses: BTreeMap<Loss, u64>,
    stretches: Vec<Stretch>,
    failing: bool,
    /// Whether the last stretch is the one that is going on; beyond the limit it is not kept.
    kept: bool,
    micros: Vec<u32>,
}

impl Traffic {
    /// Counts a request. They arrive in the order in which they were sent.
    pub fn count(&mut self, sample: Sample) {
        self.sent += 1;
        match sample.outcome {
            Ok(by) => {
                self.failing = false;
                self.micros.push(u32::try_from(sample.took.as_micros()).unwrap_or(u32::MAX));
                match by {
                    Some(by) => *self.answered_by.entry(by).or_default() += 1,
                    None => self.answered_by_unknown += 1,
                }
            }
            Err(loss) => {
                *self.losses.entry(loss).or_default() += 1;
                self.lost(sample.at, loss);
            }
        }
    }

    fn lost(&mut self, at: Duration, loss: Loss) {
        let goes_on = std::mem::replace(&mut self.failing, true);
        if !goes_on {
            self.kept = self.stretches.len() < STRETCHES;
            if self.kept {
                self.stretches.push(Stretch { began: at, ended: at, count: 0, first: loss });
            }
        }
        if let Some(stretch) = self.stretches.last_mut().filter(|_| self.kept) {
            stretch.ended = at;
            stretch.count += 1;
        }
    }

    /// How many requests were sent.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// How many got no proper answer.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.losses.values().sum()
    }

    /// How many each answerer gave, where they can be told apart.
    #[must_use]
    pub fn answered_by(&self) -> &BTreeMap<String, u64> {
        &self.answered_by
    }

    /// How many answers came from nobody knows whom.
    #[must_use]
    pub fn answered_by_unknown(&self) -> u64 {
        self.answered_by_unknown
    }

    /// How many were lost in which way.
    #[must_use]
    pub fn losses(&self) -> &BTreeMap<Loss, u64> {
        &self.losses
    }

    /// When they were lost, oldest first; the first fifty stretches.
    #[must_use]
    pub fn stretches(&self) -> &[Stretch] {
        &self.stretches
    }

    /// Whether there is ground to say that nothing was lost.
    #[must_use]
    pub fn nothing_lost(&self) -> bool {
        self.failed() == 0 && self.sent >= ENOUGH
    }

    /// The time within which this share of the answers came, as the nearest rank; `None` without any answer.
    #[must_use]
    pub fn percentile(&self, share: f64) -> Option<Duration> {
        let mut micros = self.micros.clone();
        if micros.is_empty() {
            return None;
        }
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rank among thousands, between one and their number"
        )]
        let rank = ((share * micros.len() as f64).ceil() as usize).clamp(1, micros.len()) - 1;
        let (_, at_rank, _) = micros.select_nth_unstable(rank);
        Some(Duration::from_micros(u64::from(*at_rank)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(at: u64, by: &str) -> Sample {
        Sample {
            at: Duration::from_millis(at),
            took: Duration::from_millis(at),
            outcome: Ok((!by.is_empty()).then(|| by.to_owned())),
        }
    }

    fn loss(at: u64, loss: Loss) -> Sample {
        Sample { at: Duration::from_millis(at), took: Duration::ZERO, outcome: Err(loss) }
    }

    #[test]
    fn failures_in_a_row_are_one_stretch() {
        let mut traffic = Traffic::default();
        for sample in
            [answer(1, "a"), loss(2, Loss::Refused), loss(3, Loss::Reset), answer(4, "b"), loss(5, Loss::Status(503))]
        {
            traffic.count(sample);
        }
        let stretches: Vec<_> =
            traffic.stretches().iter().map(|s| (s.began.as_millis(), s.ended.as_millis(), s.count, s.first)).collect();
        assert_eq!(stretches, [(2, 3, 2, Loss::Refused), (5, 5, 1, Loss::Status(503))]);
        assert_eq!((traffic.sent(), traffic.failed(), traffic.nothing_lost()), (5, 3, false));
    }

    #[test]
    fn what_is_not_kept_does_not_lengthen_what_is() {
        let mut traffic = Traffic::default();
        for at in 0..200 {
            traffic.count(if at % 2 == 0 { loss(at, Loss::Refused) } else { answer(at, "a") });
        }
        assert_eq!((traffic.stretches().len(), traffic.failed()), (STRETCHES, 100));
        assert!(traffic.stretches().iter().all(|stretch| stretch.count == 1));
    }

    #[test]
    fn nothing_lost_is_claimed_only_of_enough_requests() {
        let mut traffic = Traffic::default();
        for at in 0..ENOUGH {
            assert!(!traffic.nothing_lost());
            traffic.count(answer(at, ""));
        }
        assert!(traffic.nothing_lost());
        assert_eq!((traffic.answered_by().len(), traffic.answered_by_unknown()), (0, ENOUGH));
    }

    #[test]
    fn percentiles_are_answers_that_were_seen() {
        let mut traffic = Traffic::default();
        assert_eq!(traffic.percentile(0.5), None);
        for at in (1..=100).rev() {
            traffic.count(answer(at, "a"));
        }
        let millis = |share| traffic.percentile(share).unwrap().as_millis();
        assert_eq!((millis(0.0), millis(0.5), millis(0.99), millis(1.0)), (1, 50, 99, 100));
    }
}
