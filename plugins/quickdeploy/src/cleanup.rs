//! `cleanup`: delete what the ledger says was made here, and nothing else.

use quicktour_client::Manifest;
use quicktour_deploy::cleanup::{self, Ended, Foreign, Found, Holder, State};
use quicktour_deploy::ledger::{Entry, Ledger, LedgerError, Run};
use quicktour_report::exit::ExitCode;
use quicktour_report::failure::Failure;
use quicktour_report::message::Message;
use quicktour_report::problem::Problem;
use tokio::time::Instant;

use crate::args::{Cleanup, DryRun};
use crate::session::Session;

pub(crate) async fn cleanup(session: &Session, args: &Cleanup) -> Result<ExitCode, Failure> {
    if args.dry_run == DryRun::None {
        session.require_consent_possible()?;
    }
    let ledger = Ledger::of_user().map_err(|error| of_ledger(&error))?;
    let identity = session.identity().await?;
    let (runs, unread) = cleanup::runs(&ledger, &identity, args.run.as_deref()).map_err(|error| of_ledger(&error))?;
    for error in &unread {
        session.out.problem(&error.problem());
    }
    let Some(runs) = runs else { return Err(no_run(session, args.run.as_deref().unwrap_or_default())) };
    let mut all = Vec::new();
    for run in runs {
        let found = cleanup::look(&session.client, &run).await;
        all.push((run, found));
    }
    let mut partial = !unread.is_empty();
    let mut ours = 0;
    for (run, found) in &all {
        for found in found {
            session.out.line(&said(run, found))?;
            match &found.state {
                State::Ours(_) => ours += 1,
                State::Unread(error) => {
                    session.out.problem(&error.problem());
                    partial = true;
                }
                State::Gone | State::Foreign(_) => {}
            }
        }
    }
    let code = if partial { ExitCode::NotChecked } else { ExitCode::Fine };
    if all.iter().all(|(_, found)| found.is_empty()) {
        session.out.line(&Message::new("cleanup-nothing"))?;
        return Ok(code);
    }
    if args.dry_run != DryRun::None {
        session.out.say(&Message::new("cleanup-dry-run").arg("count", ours));
        return Ok(code);
    }
    if ours > 0 && !session.consent(&question(session, ours))? {
        session.out.say(&Message::new("quickdeploy-answer-no"));
        return Ok(ExitCode::Findings);
    }
    let deadline = Instant::now() + args.timeout;
    let mut worst = code;
    for (mut run, found) in all {
        // What was made last goes first: the address before what answers behind it.
        for found in found.into_iter().rev() {
            if let Some(code) = remove(session, &mut run, found, deadline).await? {
                worst = worst.or(code);
            }
        }
    }
    Ok(worst)
}

/// Deletes one object and forgets it. `Some` is why the run cannot end well.
async fn remove(
    session: &Session,
    run: &mut Run,
    found: Found,
    deadline: Instant,
) -> Result<Option<ExitCode>, Failure> {
    let live = match found.state {
        State::Ours(live) => live,
        State::Gone => {
            run.forget(&found.entry).map_err(|error| of_ledger(&error))?;
            return Ok(None);
        }
        // Not ours any more, and not to be looked at again.
        State::Foreign(Foreign::Recreated) => {
            run.forget(&found.entry).map_err(|error| of_ledger(&error))?;
            return Ok(None);
        }
        State::Foreign(_) | State::Unread(_) => return Ok(None),
    };
    let left = deadline.saturating_duration_since(Instant::now());
    let what = typed(&found.entry);
    let held = &mut |holders: &[Holder]| {
        session.out.say(&Message::new("cleanup-held").arg("what", what.as_str()).arg("why", words(holders)));
    };
    let ended = match cleanup::delete(&session.client, &live, left, held).await {
        // What keeps one object does not keep the others.
        Err(error) if !error.is_hopeless() => {
            session.out.problem(&error.problem());
            return Ok(Some(error.exit_code()));
        }
        ended => ended?,
    };
    match ended {
        Ended::Gone => {
            run.forget(&found.entry).map_err(|error| of_ledger(&error))?;
            session.out.line(&Message::new("cleanup-deleted").arg("what", what.as_str()))?;
            Ok(None)
        }
        Ended::Changed => {
            session.out.say(&Message::new("cleanup-changed").arg("what", what.as_str()));
            Ok(Some(ExitCode::Findings))
        }
        Ended::Held(holders) => {
            session.out.say(&Message::new("cleanup-late").arg("what", what.as_str()).arg("why", words(&holders)));
            Ok(Some(ExitCode::TimedOut))
        }
    }
}

fn question(session: &Session, count: u64) -> Message {
    Message::new("cleanup-question").arg("count", count).arg("where", session.place())
}

fn said(run: &Run, found: &Found) -> Message {
    let id = match &found.state {
        State::Ours(_) => "cleanup-ours",
        State::Gone => "cleanup-gone",
        State::Foreign(Foreign::Recreated) => "cleanup-recreated",
        State::Foreign(Foreign::Relabelled) => "cleanup-relabelled",
        State::Foreign(Foreign::ManagedBy(manager)) => {
            return Message::new("cleanup-managed")
                .arg("run", run.id())
                .arg("what", place(&found.entry))
                .arg("manager", manager);
        }
        State::Unread(_) => "cleanup-unread",
    };
    Message::new(id).arg("run", run.id()).arg("what", place(&found.entry))
}

fn place(entry: &Entry) -> Message {
    let what = Message::new("cleanup-what").arg("what", typed(entry));
    match &entry.namespace {
        Some(namespace) => Message::new("cleanup-what-where").arg("what", typed(entry)).arg("namespace", namespace),
        None => what,
    }
}

fn typed(entry: &Entry) -> String {
    let resource = Manifest::resource_of(&entry.kind);
    let kind = resource.map_or_else(|| entry.kind.to_lowercase(), |resource| resource.kind.to_lowercase());
    format!("{kind}/{}", entry.name)
}

fn words(holders: &[Holder]) -> Vec<Message> {
    let word = |holder: &Holder| match holder {
        Holder::Pods(names, count) => {
            let names: Vec<Message> = names.iter().map(|name| Message::new("cleanup-name").arg("name", name)).collect();
            Message::new("cleanup-by-pods").arg("count", *count).arg("names", names)
        }
        Holder::LoadBalancer => Message::new("cleanup-by-load-balancer"),
        Holder::Finalizer(name) => Message::new("cleanup-by-finalizer").arg("name", name),
        Holder::Unknown => Message::new("cleanup-by-unknown"),
    };
    holders.iter().map(word).collect()
}

fn no_run(session: &Session, id: &str) -> Failure {
    let problem = Problem {
        doing: Message::new("cleanup-doing"),
        cause: Message::new("cleanup-no-run").arg("run", id),
        hint: Some(
            Message::new("cleanup-hint-runs").arg("command", format!("{} cleanup --dry-run", session.ourselves())),
        ),
    };
    Failure::usage(problem)
}

/// The ledger cannot be used.
pub(crate) fn of_ledger(error: &LedgerError) -> Failure {
    Failure::new(error.problem(), ExitCode::NotChecked)
}
