//! `etcd-sizing disk`: a trial of the disk, from the folder to the report.

mod member;
mod scratch;
mod writing;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use quicktour_checks::etcd::disk::{Trial, assess, summary};
use quicktour_client::process;
use quicktour_report::exit::ExitCode;
use quicktour_report::failure::Failure;
use quicktour_report::json;
use quicktour_report::message::Message;
use quicktour_report::problem::Problem;
use quicktour_report::report::{Body, Cluster, Report, ReportKind};

use crate::args::DiskArgs;
use crate::show;

use member::Found;
use scratch::Scratch;
use writing::{Bounds, Written};

/// Measures, and says what came of it.
pub(crate) fn run(args: &DiskArgs) -> Result<ExitCode, Failure> {
    if args.output.print_schema {
        show::schema(&json::disk_schema())?;
        return Ok(ExitCode::Fine);
    }
    let dir = args.dir.canonicalize().map_err(|error| Failure::usage(trouble(&args.dir, &error)))?;
    if !args.beside_live_member {
        refuse_beside(&dir)?;
    }
    let (stop, scratch) = (Arc::new(AtomicBool::new(false)), scratch::Slot::default());
    process::run(async {
        let work = async {
            let written = measure(&dir, args, &scratch, &stop).await;
            // Before the answer: whoever reads it finds the folder as it was.
            let removed = scratch.remove();
            let trial = written.map_err(|error| Failure::new(trouble(&args.dir, &error), ExitCode::NotChecked))?;
            removed.map_err(|error| Failure::new(left_behind(&args.dir, &error), ExitCode::NotChecked))?;
            let report = report(args, &trial);
            show::report(&report, args.output)?;
            Ok(report.exit_code)
        };
        tokio::select! {
            // First, so that no file is made before an interruption is heard.
            biased;
            () = process::interrupted() => {
                stop.store(true, Ordering::Relaxed);
                // The disk may take its time over the last write; the file need not wait for it.
                scratch.remove().map_err(|error| Failure::new(left_behind(&args.dir, &error), ExitCode::Interrupted))?;
                Ok(ExitCode::Interrupted)
            }
            () = hung_up() => {
                stop.store(true, Ordering::Relaxed);
                scratch.remove().map_err(|error| Failure::new(left_behind(&args.dir, &error), ExitCode::Interrupted))?;
                Ok(ExitCode::Interrupted)
            }
            end = work => end,
        }
    })
}

async fn measure(dir: &Path, args: &DiskArgs, slot: &scratch::Slot, stop: &Arc<AtomicBool>) -> io::Result<Trial> {
    let scratch = Scratch::create(dir, args.max_size)?;
    slot.hold(scratch.path());
    let filesystem = scratch::filesystem(dir);
    let preallocated = scratch.preallocated();
    let bounds = Bounds { bytes: args.max_size, time: args.max_time };
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let stop = Arc::clone(stop);
    // A thread of its own: a disk may hold it for seconds, and the process must not wait for it when it is interrupted.
    std::thread::Builder::new().spawn(move || {
        let _ = sender.send(writing::write(scratch.file(), bounds, &stop));
    })?;
    let Written { syncs, elapsed, cut_short } = receiver.await.map_err(io::Error::other)??;
    Ok(Trial { directory: args.dir.display().to_string(), filesystem, preallocated, syncs, elapsed, cut_short })
}

fn report(args: &DiskArgs, trial: &Trial) -> Report {
    let (check, findings) = assess(trial);
    let policy = args.output.policy();
    let cluster = Cluster::default();
    let mut report = Report::new(ReportKind::EtcdDisk, cluster, Timestamp::now(), findings, Vec::new(), policy);
    report.summary = vec![summary(&check)];
    report.body = Body::Disk(Box::new(check));
    report
}

/// A member that runs must not be made slower by a check.
fn refuse_beside(dir: &Path) -> Result<(), Failure> {
    let cause = match member::beside(dir) {
        None => return Ok(()),
        Some(Found::Live(data)) => Message::new("disk-live-member").arg("data", data.display().to_string()),
        Some(Found::Hidden(data)) => Message::new("disk-hidden-member").arg("data", data.display().to_string()),
    };
    Err(Failure::usage(Problem { doing: doing(dir), cause, hint: Some(Message::new("disk-live-member-hint")) }))
}

fn trouble(dir: &Path, error: &io::Error) -> Problem {
    use io::ErrorKind as Kind;
    let (cause, hint) = match error.kind() {
        Kind::NotFound => (Message::new("disk-no-folder"), "disk-no-folder-hint"),
        Kind::NotADirectory => (Message::new("disk-not-a-folder"), "disk-no-folder-hint"),
        Kind::ReadOnlyFilesystem => (Message::new("disk-read-only"), "disk-folder-hint"),
        Kind::PermissionDenied => (Message::new("disk-denied"), "disk-folder-hint"),
        Kind::StorageFull | Kind::QuotaExceeded | Kind::FileTooLarge => (Message::new("disk-full"), "disk-full-hint"),
        _ => (Message::new("problem-system-cause").arg("error", error.to_string()), "disk-folder-hint"),
    };
    Problem { doing: doing(dir), cause, hint: Some(Message::new(hint)) }
}

fn left_behind(dir: &Path, error: &io::Error) -> Problem {
    let cause = Message::new("problem-system-cause").arg("error", error.to_string());
    let doing = Message::new("disk-removing").arg("directory", dir.display().to_string());
    Problem { doing, cause, hint: Some(Message::new("disk-removing-hint").arg("name", scratch::name())) }
}

fn doing(dir: &Path) -> Message {
    Message::new("disk-doing").arg("directory", dir.display().to_string())
}

/// Ends when the terminal goes away.
async fn hung_up() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut hangup) = signal(SignalKind::hangup()) {
            hangup.recv().await;
            return;
        }
    }
    std::future::pending::<()>().await;
}
