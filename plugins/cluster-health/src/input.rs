//! The files and rule ids that a run is given, read before the cluster is asked anything.

use std::io;
use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use quicktour_checks::{RULES, Selection, all_rules, rule};
use quicktour_report::ignore::IgnoreList;
use quicktour_report::json::JsonReport;
use quicktour_report::message::Message;
use quicktour_report::problem::Problem;

use crate::args::Args;

/// Which rules run.
pub(crate) fn selection(args: &Args) -> Result<Selection, Problem> {
    Selection::new(&args.only, &args.skip).map_err(|id| {
        let flag = if args.only.contains(&id) { "--only" } else { "--skip" };
        unknown_rule(&id, flag)
    })
}

/// A rule id that does not exist.
pub(crate) fn unknown_rule(id: &str, flag: &str) -> Problem {
    let nearest = quicktour_report::suggest::nearest(id, RULES.iter().map(|rule| rule.id));
    let cause = match nearest {
        Some(nearest) => Message::new("health-unknown-rule-near").arg("nearest", nearest),
        None => Message::new("health-unknown-rule").arg("known", all_rules()),
    };
    Problem {
        doing: Message::new("health-reading-rules").arg("id", id).arg("flag", flag),
        cause,
        hint: Some(Message::new("health-explain-hint").arg("id", nearest.unwrap_or(RULES[0].id))),
    }
}

/// The ignore file, and a note for each entry that has expired.
pub(crate) fn ignore_list(path: Option<&Path>) -> Result<(IgnoreList, Vec<Message>), Problem> {
    let Some(path) = path else { return Ok((IgnoreList::default(), Vec::new())) };
    let failed = |cause: Message| file_problem(path, "health-file-ignore", cause, "health-ignore-hint");
    let text = std::fs::read_to_string(path).map_err(|error| failed(unopened(&error)))?;
    // The parser quotes the file below its first line.
    let first = |error: &str| unreadable(error.lines().next().unwrap_or_default().trim_start_matches("error: "));
    let list = IgnoreList::parse(&text).map_err(|error| failed(first(&error)))?;
    if let Some(entry) = list.ignore.iter().find(|entry| rule(&entry.id).is_none()) {
        return Err(unknown_rule(&entry.id, "--ignore-file"));
    }
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let notes = list.expired(today).filter_map(|entry| {
        Some(Message::new("health-expired").arg("id", &entry.id).arg("until", entry.until?.to_string()))
    });
    let notes = notes.collect();
    Ok((list, notes))
}

/// The earlier report of `--compare`.
pub(crate) fn earlier(path: Option<&Path>) -> Result<Option<JsonReport>, Problem> {
    let Some(path) = path else { return Ok(None) };
    let failed = |cause: Message| file_problem(path, "health-file-earlier", cause, "health-earlier-hint");
    let text = std::fs::read_to_string(path).map_err(|error| failed(unopened(&error)))?;
    JsonReport::parse(&text).map(Some).map_err(|error| failed(error.message()))
}

/// Why a file could not be read, as a person would say it.
fn unopened(error: &io::Error) -> Message {
    match error.kind() {
        io::ErrorKind::NotFound => Message::new("health-file-missing"),
        io::ErrorKind::PermissionDenied => Message::new("health-file-forbidden"),
        io::ErrorKind::IsADirectory => Message::new("health-file-folder"),
        io::ErrorKind::InvalidData => Message::new("health-file-no-text"),
        _ => unreadable(&error.to_string()),
    }
}

fn unreadable(error: &str) -> Message {
    Message::new("health-file-unreadable").arg("error", error)
}

fn file_problem(path: &Path, what: &'static str, cause: Message, hint: &'static str) -> Problem {
    Problem {
        doing: Message::new("health-reading-file")
            .arg("what", Message::new(what))
            .arg("path", path.display().to_string()),
        cause,
        hint: Some(Message::new(hint)),
    }
}
