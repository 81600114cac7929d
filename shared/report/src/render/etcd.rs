//! etcd's reports in sections, and the numbers in them as people read them.

use std::time::Duration;

use super::limits::{bytes, grouped};
use crate::etcd::{Measured, Tier};
use crate::message::Message;
use crate::text::Text;

pub(super) mod disk;
pub(super) mod sizing;

/// `0.431 ms`, `12.3 ms`, `1.2 s`: three digits where they matter.
fn span(duration: Duration) -> String {
    let micros = duration.as_secs_f64() * 1e6;
    if micros < 1000.0 {
        format!("{:.3} ms", micros / 1000.0)
    } else if micros < 10_000.0 {
        format!("{:.2} ms", micros / 1000.0)
    } else if micros < 100_000.0 {
        format!("{:.1} ms", micros / 1000.0)
    } else if micros < 1_000_000.0 {
        format!("{:.0} ms", micros / 1000.0)
    } else {
        format!("{:.1} s", micros / 1e6)
    }
}

/// A bound of a histogram, which is a round number.
fn bound(duration: Duration) -> String {
    let micros = duration.as_micros();
    if micros >= 1_000_000 {
        format!("{:.1} s", duration.as_secs_f64())
    } else if micros.is_multiple_of(1000) {
        format!("{} ms", micros / 1000)
    } else {
        format!("{:.1} ms", duration.as_secs_f64() * 1000.0)
    }
}

/// The name of a tier.
#[must_use]
pub fn tier(tier: Tier) -> Message {
    Message::new(match tier {
        Tier::Small => "etcd-tier-small",
        Tier::Medium => "etcd-tier-medium",
        Tier::Large => "etcd-tier-large",
        Tier::XLarge => "etcd-tier-xlarge",
    })
}

/// What was measured, for a sentence or a cell.
#[must_use]
pub fn amount(value: Measured) -> Message {
    let text = |text: String| Message::new("etcd-amount").arg("amount", Text::new(&text));
    match value {
        Measured::Count(count) => text(grouped(count)),
        Measured::Bytes(size) => text(bytes(size)),
        Measured::Permille(permille) => text(format!("{}.{} %", permille / 10, permille % 10)),
        Measured::Between(least, Some(most)) if least.is_zero() => {
            Message::new("etcd-amount-up-to").arg("most", Text::new(&bound(most)))
        }
        Measured::Between(least, Some(most)) => {
            let least = if most > least { bound(least) } else { bound(most) };
            Message::new("etcd-amount-between").arg("least", Text::new(&least)).arg("most", Text::new(&bound(most)))
        }
        Measured::Between(least, None) => Message::new("etcd-amount-above").arg("least", Text::new(&bound(least))),
        Measured::MilliRate(milli) => {
            let rate = if milli < 100_000 {
                format!("{}.{}", milli / 1000, milli % 1000 / 100)
            } else {
                grouped(milli / 1000)
            };
            Message::new("etcd-amount-rate").arg("rate", Text::new(&rate))
        }
        Measured::Growth(rate) => {
            let sign = if rate < 0 { "-" } else { "+" };
            let size = format!("{sign}{}", bytes(rate.unsigned_abs()));
            Message::new("etcd-amount-rate").arg("rate", Text::new(&size))
        }
        Measured::Yes(true) => Message::new("etcd-amount-yes"),
        Measured::Yes(false) => Message::new("etcd-amount-no"),
        Measured::NoSamples => Message::new("etcd-amount-no-samples"),
        Measured::Off => Message::new("etcd-amount-off"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;

    #[test]
    fn spans_keep_the_digits_that_matter() {
        let shown = |micros| span(Duration::from_micros(micros));
        let table = [(0, "0.000 ms"), (431, "0.431 ms"), (1_250, "1.25 ms"), (12_345, "12.3 ms"), (512_000, "512 ms")];
        for (micros, expected) in table {
            assert_eq!(shown(micros), expected);
        }
        assert_eq!(shown(1_230_000), "1.2 s");
    }

    #[test]
    fn a_percentile_is_said_as_its_bucket() {
        let shown = |value| Catalogue::english().check(&amount(value)).unwrap();
        let millis = Duration::from_millis;
        assert_eq!(shown(Measured::Between(millis(8), Some(millis(16)))), "8 ms to 16 ms");
        assert_eq!(shown(Measured::Between(Duration::ZERO, Some(millis(1)))), "up to 1 ms");
        assert_eq!(shown(Measured::Between(millis(8192), None)), "above 8.2 s");
        assert_eq!(shown(Measured::MilliRate(1_250)), "1.2/s");
        assert_eq!(shown(Measured::Growth(-2_000)), "-2 kB/s");
        assert_eq!(shown(Measured::NoSamples), "no samples yet");
    }
}
