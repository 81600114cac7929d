//! How objects made here are marked, so that they are found again and nobody else's are touched.

use std::fmt;
use std::hash::{BuildHasher as _, Hasher as _};

use jiff::Timestamp;

/// Which run made an object. `cleanup` deletes only what bears the run that its ledger names.
pub const RUN: &str = "quicktour/run";
/// Kubernetes' recommended label for the tool that manages an object.
pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// Its value on everything made here.
pub const MANAGER: &str = "quicktour";

/// The digits of a run's id: all of them may stand anywhere in a label's value.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The id of one run of a command that creates things: sorts by time, and no two are alike.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(String);

impl RunId {
    /// A new id: seven digits of the time in seconds (enough for a thousand years) and five of chance.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        // The keys of a hasher are random for each process and differ from call to call.
        let chance = std::hash::RandomState::new().build_hasher().finish();
        let seconds = u64::try_from(now.as_second()).unwrap_or(0);
        Self(digits(seconds, 7) + &digits(chance, 5))
    }

    /// The id that a label or a ledger holds, if it is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == 12 && text.bytes().all(|byte| DIGITS.contains(&byte))).then(|| Self(text.to_owned()))
    }

    /// As it stands in the label.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The lowest digits of a number in base 32, most significant first.
fn digits(mut number: u64, count: usize) -> String {
    let mut digits = vec!['0'; count];
    for digit in digits.iter_mut().rev() {
        *digit = char::from(DIGITS[usize::try_from(number % 32).unwrap_or(0)]);
        number /= 32;
    }
    digits.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time_and_differ_within_a_second() {
        let at = |second| RunId::new(Timestamp::from_second(second).unwrap());
        assert!(at(1_790_000_000) < at(1_790_000_001));
        assert_ne!(at(1_790_000_000), at(1_790_000_000));
    }

    #[test]
    fn an_id_is_read_back_and_nothing_else_is() {
        let id = RunId::new(Timestamp::now());
        assert_eq!(RunId::parse(id.as_str()), Some(id));
        for other in ["", "short", "../../../etc", "UPPERCASE123", "123456789012345"] {
            assert_eq!(RunId::parse(other), None, "{other}");
        }
    }
}
