//! The one way in which every verb writes: preview, question, the plan itself, and what became of it.

use quicktour_deploy::apply::{Stopped, carry_out};
use quicktour_deploy::ledger::Ledger;
use quicktour_deploy::plan::Plan;
use quicktour_deploy::preview::show::{self, Mode};
use quicktour_deploy::preview::{Change, Preview, Verdict, preview};
use quicktour_deploy::workload::Kind;
use quicktour_report::catalogue::Catalogue;
use quicktour_report::exit::ExitCode;
use quicktour_report::failure::Failure;
use quicktour_report::message::Message;
use quicktour_report::problem::Problem;

use crate::args::{DryRun, Output, Writes};
use crate::cleanup::of_ledger;
use crate::out::Out;
use crate::session::Session;

/// How a write went.
pub(crate) enum Ended {
    /// It stopped before anything was written, and the run with it.
    Before(ExitCode),
    /// Everything in the plan is done, or was so already.
    Done {
        /// Whether a workload that was there is another now: what its pods suffered before is not held against it.
        changed: bool,
    },
}

/// Shows what a plan would send, without asking any server.
pub(crate) fn without_server(out: Out, output: Option<Output>, plan: &Plan) -> Result<ExitCode, Failure> {
    let preview = Preview::without_server(plan);
    answer(out, output, &preview, Mode::Client)?;
    Ok(ExitCode::Fine)
}

/// Previews a plan and, after a yes, carries it out.
pub(crate) async fn write(session: &Session, plan: Plan, writes: &Writes) -> Result<Ended, Failure> {
    let plan = if writes.force_conflicts { plan.forcing_conflicts() } else { plan };
    match writes.dry_run {
        DryRun::Client => without_server(session.out, session.output, &plan).map(Ended::Before),
        DryRun::Server => {
            let preview = preview(&session.client, &plan).await?;
            answer(session.out, session.output, &preview, Mode::Server)?;
            let fine = preview.obstacles().is_empty();
            Ok(Ended::Before(if fine { ExitCode::Fine } else { ExitCode::Findings }))
        }
        DryRun::None => really(session, &plan, writes).await,
    }
}

async fn really(session: &Session, plan: &Plan, writes: &Writes) -> Result<Ended, Failure> {
    session.require_consent_possible()?;
    let ledger = Ledger::of_user().map_err(|error| of_ledger(&error))?;
    let preview = preview(&session.client, plan).await?;
    session.out.talk(&show::text(&preview, Catalogue::english(), &session.out.stderr()));
    // A yes that was given before anybody saw them is none to pods that would be refused.
    if !preview.obstacles().is_empty() && !writes.ignore_refusal && !session.will_ask() {
        return Err(refused(&preview));
    }
    let lines = show::lines(&preview, Mode::Done);
    if preview.changes_nothing() {
        // Nobody was asked, so nothing is sent: what others change from now on stays as they make it.
        lines.iter().try_for_each(|line| session.tell(line))?;
        return Ok(Ended::Done { changed: false });
    }
    if !session.consent(&question(session, &preview))? {
        session.out.say(&Message::new("quickdeploy-answer-no"));
        return Ok(Ended::Before(ExitCode::Findings));
    }
    let identity = session.identity().await?;
    let live: Vec<_> = preview.changes.iter().map(|change| change.before.clone()).collect();
    let (mut done, mut unsaid) = (0, None);
    let mut each = |step| {
        session.note_written(&step);
        if let Some(line) = lines.get(done)
            && let Err(error) = session.tell(line)
        {
            unsaid = Some(error);
        }
        done += 1;
    };
    let outcome = carry_out(&session.client, &preview.plan, &live, &ledger, &identity, &mut each).await;
    outcome.map_err(|stopped| match stopped {
        Stopped::Ledger(error) => of_ledger(&error),
        Stopped::Write(error) => error.into(),
    })?;
    match unsaid {
        Some(error) => Err(error.into()),
        None => Ok(Ended::Done { changed: preview.changes.iter().any(changes_a_workload) }),
    }
}

fn changes_a_workload(change: &Change) -> bool {
    change.verdict() == Verdict::Changed && change.after.as_ref().is_some_and(|after| Kind::of(after).is_some())
}

/// What a dry run prints: objects where they were asked for, else kubectl's lines.
fn answer(out: Out, output: Option<Output>, preview: &Preview, mode: Mode) -> Result<(), Failure> {
    for remark in show::remarks(preview) {
        out.say(&remark);
    }
    match output {
        Some(Output::Yaml) => out.answer(&show::yaml(preview))?,
        Some(Output::Json) => out.answer(&show::json(preview))?,
        None => {
            for line in show::lines(preview, mode) {
                out.line(&line)?;
            }
        }
    }
    Ok(())
}

fn question(session: &Session, preview: &Preview) -> Message {
    let target = session.client.target();
    let id = if preview.obstacles().is_empty() { "write-question" } else { "write-question-obstacles" };
    Message::new(id).arg("where", session.place()).arg("namespace", &target.namespace)
}

fn refused(preview: &Preview) -> Failure {
    let cause = preview.obstacles().into_iter().next().unwrap_or_else(|| Message::new("quickdeploy-nothing-written"));
    let problem = Problem {
        doing: Message::new("quickdeploy-nothing-written"),
        cause,
        hint: Some(Message::new("write-hint-obstacles")),
    };
    Failure::new(problem, ExitCode::Findings)
}
