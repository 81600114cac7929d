//! etcd's reports in sections.

use std::time::Duration;

pub(super) mod disk;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_keep_the_digits_that_matter() {
        let shown = |micros| span(Duration::from_micros(micros));
        let table = [(0, "0.000 ms"), (431, "0.431 ms"), (1_250, "1.25 ms"), (12_345, "12.3 ms"), (512_000, "512 ms")];
        for (micros, expected) in table {
            assert_eq!(shown(micros), expected);
        }
        assert_eq!(shown(1_230_000), "1.2 s");
    }
}
