//! `history`: the revisions of a workload.

use std::time::Duration;

use jiff::Timestamp;
use quicktour_deploy::history::{self, Revision};
use quicktour_deploy::yaml::{to_json, to_yaml};
use quicktour_report::catalogue::Catalogue;
use quicktour_report::exit::ExitCode;
use quicktour_report::failure::Failure;
use quicktour_report::message::Message;
use quicktour_report::problem::Problem;
use quicktour_report::render::columns::columns;
use quicktour_report::text::Text;

use crate::args::{History, Output};
use crate::out::text;
use crate::session::Session;

pub(crate) async fn history(session: &Session, args: &History) -> Result<ExitCode, Failure> {
    let workload = session.workload(&args.workload.workload)?;
    let live = session.live(&workload).await?;
    let revisions = history::history(&session.client, &workload, &live).await?;
    if let Some(wanted) = args.revision {
        let revision = revisions.iter().find(|revision| revision.number == wanted);
        let Some(revision) = revision else {
            let doing = Message::new("history-doing").arg("what", workload.typed());
            return Err(no_revision(session, doing, &workload.typed(), wanted, &revisions));
        };
        let answer = match session.output {
            Some(Output::Json) => to_json(&[&revision.template]),
            Some(Output::Yaml) | None => to_yaml(&revision.template),
        };
        session.out.answer(&answer)?;
        return Ok(ExitCode::Fine);
    }
    let now = Timestamp::now() + session.client.clock_ahead();
    session.out.answer(&table(session, &revisions, now))?;
    Ok(ExitCode::Fine)
}

/// Newest first: the one on top is what is wanted now.
fn table(session: &Session, revisions: &[Revision], now: Timestamp) -> String {
    let headings = ["revision", "age", "pods", "images", "change"].map(|name| match name {
        "revision" => Message::new("history-revision"),
        "age" => Message::new("history-age"),
        "pods" => Message::new("history-pods"),
        "images" => Message::new("history-images"),
        _ => Message::new("history-change"),
    });
    let mut rows = Vec::new();
    for (at, revision) in revisions.iter().enumerate().rev() {
        let before = at.checked_sub(1).and_then(|before| revisions.get(before));
        rows.push(row(revision, before, now));
    }
    columns(&headings, &rows, Catalogue::english(), session.out.stdout())
}

fn row(revision: &Revision, before: Option<&Revision>, now: Timestamp) -> Vec<Text> {
    let age = revision.created.map_or_else(String::new, |created| {
        // The server writes whole seconds, so more would be made up.
        let age = Duration::from_secs(now.duration_since(created).unsigned_abs().as_secs());
        text(&Message::new("history-span").arg("span", age))
    });
    let pods = match (revision.ready, revision.pods) {
        (Some(ready), Some(pods)) => format!("{ready}/{pods}"),
        _ => String::new(),
    };
    let change = match (&revision.change_cause, before) {
        (Some(cause), _) => cause.clone(),
        (None, None) => text(&Message::new("history-first")),
        (None, Some(before)) => revision.changes_since(before).join(", "),
    };
    [revision.number.to_string(), age, pods, revision.images().join(" "), change]
        .iter()
        .map(|cell| Text::new(cell))
        .collect()
}

/// The revision that was asked for is not kept any more, or never was.
pub(crate) fn no_revision(session: &Session, doing: Message, what: &str, wanted: u64, kept: &[Revision]) -> Failure {
    let kept: Vec<Message> =
        kept.iter().map(|revision| Message::new("history-number").arg("number", revision.number)).collect();
    let cause = if kept.is_empty() {
        Message::new("history-none").arg("what", what)
    } else {
        Message::new("history-no-revision").arg("what", what).arg("number", wanted).arg("kept", kept)
    };
    Failure::new(Problem { doing, cause, hint: Some(hint(session, what)) }, ExitCode::Findings)
}

/// How to see what there is.
pub(crate) fn hint(session: &Session, what: &str) -> Message {
    Message::new("history-hint").arg("command", format!("{} history {what}", session.ourselves()))
}
