//! Checking again and again: `--watch` and `--wait`.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use quicktour_client::Error;
use quicktour_report::exit::ExitCode;
use quicktour_report::report::Report;
use quicktour_report::stream::Reader;
use quicktour_report::verdict::Verdict;

use crate::args::WaitFor;
use crate::check::Job;
use crate::show::Screen;

/// At least this long between two checks, and ten times as long as a check takes: at most a tenth of the time is spent
/// asking somebody's API server. Source: ours.
const PAUSE: Duration = Duration::from_secs(5);
const PAUSE_FACTOR: u32 = 10;
/// Somebody waits, so the pause is shorter while checks are quick.
const WAIT_PAUSE: Duration = Duration::from_secs(1);

/// The report that was shown last: what an interruption still has to say.
pub(crate) type Last = std::cell::RefCell<Option<Report>>;

/// Shows the report whenever it changes, until nobody reads any more; rings when the verdict changes. Once the cluster
/// has answered, a check that fails is said and tried again: a watch outlives a restart of the API server.
pub(crate) async fn watch(job: &Job, screen: &Screen, last: &Last) -> Result<io::Result<ExitCode>, Error> {
    let mut failing = false;
    loop {
        let started = Instant::now();
        match job.check().await {
            Err(error) if last.borrow().is_none() => return Err(error),
            Err(error) => {
                if !std::mem::replace(&mut failing, true) {
                    screen.problem(&error.problem());
                }
            }
            Ok(report) => {
                let (changed, rings) = match last.borrow().as_ref() {
                    Some(before) => (failing || !same(before, &report), before.verdict != report.verdict),
                    None => (true, false),
                };
                failing = false;
                match changed.then(|| screen.redraw(&report, rings)).transpose() {
                    Ok(Some(Reader::Gone)) => return Ok(Ok(report.exit_code)),
                    Ok(_) => {}
                    Err(error) => return Ok(Err(error)),
                }
                *last.borrow_mut() = Some(report);
            }
        }
        tokio::time::sleep(PAUSE.max(started.elapsed() * PAUSE_FACTOR)).await;
    }
}

/// Checks until the verdict is reached, or until it turns out that it cannot be known.
pub(crate) async fn wait(job: &Job, target: WaitFor, last: &Last) -> Result<Report, Error> {
    loop {
        let started = Instant::now();
        let mut report = job.check().await?;
        if target.is_reached_by(report.verdict) {
            return Ok(report);
        }
        if report.verdict == Verdict::Unknown {
            report.exit_code = ExitCode::NotChecked;
            return Ok(report);
        }
        *last.borrow_mut() = Some(report);
        tokio::time::sleep(WAIT_PAUSE.max(started.elapsed() * PAUSE_FACTOR)).await;
    }
}

/// Whether two reports say the same. Ages in the words grow by themselves; what is found is told by its key.
fn same(before: &Report, now: &Report) -> bool {
    fn keys(report: &Report) -> Vec<(&str, u64, u8)> {
        fn collect<'a>(findings: &'a [quicktour_report::finding::Finding], into: &mut Vec<(&'a str, u64, u8)>) {
            for finding in findings {
                into.push((&finding.key, finding.count, finding.severity.rank()));
                collect(&finding.effects, into);
            }
        }
        let mut keys = Vec::new();
        collect(&report.findings, &mut keys);
        keys
    }
    before.verdict == now.verdict
        && keys(before) == keys(now)
        && before.not_checked == now.not_checked
        && before.ignored.len() == now.ignored.len()
}

/// Whether there is a screen to redraw.
pub(crate) fn has_screen() -> bool {
    io::stdout().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Rings the terminal's bell, on standard error: standard output is data.
pub(crate) fn ring() {
    if io::stderr().is_terminal() {
        let _ = io::stderr().write_all(b"\x07");
    }
}
