//! Runs a program that follows a rollout, and notes when it said what.

use std::io::{BufRead as _, BufReader, Read};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;

/// One line, on standard output or standard error.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    /// After the rollout had begun.
    pub(crate) at: Duration,
    pub(crate) line: String,
}

/// What a follower said, and how it ended.
#[derive(Clone, Debug)]
pub(crate) struct Followed {
    pub(crate) said: Vec<Said>,
    /// When it ended by itself, and with which exit code; `None` when it was ended.
    pub(crate) ended: Option<(Duration, i32)>,
}

/// Follows from `begun` on until the program ends, at most for `limit`, and no longer than until `enough` says so.
pub(crate) fn follow(
    command: &mut Command,
    begun: Instant,
    limit: Duration,
    enough: impl Fn(&str) -> bool,
) -> anyhow::Result<Followed> {
    let name = command.get_program().to_string_lossy().into_owned();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("running `{name}`"))?;
    let (sender, receiver) = mpsc::channel();
    read(child.stdout.take().context("no standard output")?, begun, sender.clone());
    read(child.stderr.take().context("no standard error")?, begun, sender);
    let mut said: Vec<Said> = Vec::new();
    let closed = loop {
        match receiver.recv_timeout(limit.saturating_sub(begun.elapsed())) {
            Ok(line) => {
                said.push(line);
                if said.last().is_some_and(|said| enough(&said.line)) {
                    break false;
                }
            }
            Err(RecvTimeoutError::Disconnected) => break true,
            Err(RecvTimeoutError::Timeout) => break false,
        }
    };
    if !closed {
        child.kill().with_context(|| format!("ending `{name}`"))?;
    }
    let status = child.wait().with_context(|| format!("waiting for `{name}`"))?;
    Ok(Followed { said, ended: closed.then(|| (begun.elapsed(), status.code().unwrap_or(-1))) })
}

fn read(from: impl Read + Send + 'static, begun: Instant, to: Sender<Said>) {
    thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            if to.send(Said { at: begun.elapsed(), line }).is_err() {
                break;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn what_was_said_and_how_it_ended() {
        let limit = Duration::from_secs(20);
        let followed = follow(&mut shell("echo a; echo b >&2; exit 3"), Instant::now(), limit, |_| false).unwrap();
        let mut lines: Vec<&str> = followed.said.iter().map(|said| said.line.as_str()).collect();
        lines.sort_unstable();
        assert_eq!((lines, followed.ended.unwrap().1), (vec!["a", "b"], 3));
    }

    #[test]
    fn who_does_not_end_is_ended() {
        let begun = Instant::now();
        let never = follow(&mut shell("exec sleep 60"), begun, Duration::from_millis(50), |_| false).unwrap();
        assert!(never.ended.is_none() && never.said.is_empty());
        let enough = follow(&mut shell("echo x; exec sleep 60"), begun, Duration::from_secs(30), |_| true).unwrap();
        assert!(enough.ended.is_none() && enough.said.len() == 1);
        assert!(begun.elapsed() < Duration::from_secs(30));
    }
}
