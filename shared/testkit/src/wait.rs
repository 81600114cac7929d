//! Waiting for something that a cluster does in its own time.

use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long to rest between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// Asks `look` until it answers, at most for `timeout`; `what` completes "waited for …" in the error.
pub fn wait_for<T>(what: &str, timeout: Duration, mut look: impl FnMut() -> Option<T>) -> anyhow::Result<T> {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return Ok(found);
        }
        if start.elapsed() >= timeout {
            anyhow::bail!("waited {:.1} s for {what}, in vain", timeout.as_secs_f64());
        }
        sleep(PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_again_until_there_is_an_answer() {
        let mut looks = 0;
        let found = wait_for("the third look", Duration::from_secs(5), || {
            looks += 1;
            (looks == 3).then_some(looks)
        });
        assert_eq!(found.unwrap(), 3);
    }

    #[test]
    fn says_what_did_not_come() {
        let error = wait_for::<()>("a miracle", Duration::ZERO, || None).unwrap_err();
        assert_eq!(error.to_string(), "waited 0.0 s for a miracle, in vain");
    }
}
