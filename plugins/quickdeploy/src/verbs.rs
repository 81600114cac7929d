//! The verbs that write: each makes a plan of what was typed and what is there, and hands it on.

use jiff::Timestamp;
use quicktour_client::{ConnectFlags, Situation, connect};
use quicktour_deploy::history;
use quicktour_deploy::labels::RunId;
use quicktour_deploy::plan::{self, Plan, Stop, found};
use quicktour_deploy::wish::{Field, Replicas};
use quicktour_report::exit::ExitCode;
use quicktour_report::failure::Failure;
use quicktour_report::message::Message;
use quicktour_report::problem::Problem;
use quicktour_report::shell;

use crate::args::{Common, DryRun, Expose, Run, Scale, Trial, Undo, Update};
use crate::follow::{self, Followed};
use crate::history::{hint, no_revision};
use crate::out::Out;
use crate::session::{Session, of_stop};
use crate::wishes;
use crate::write::{without_server, write};

/// `run`.
pub(crate) async fn run(flags: &ConnectFlags, common: &Common, args: &Run) -> Result<ExitCode, Failure> {
    let wish = wishes::run(args)?;
    if args.writes.dry_run == DryRun::Client {
        // No server is asked, and a kubeconfig is only looked at for the namespace.
        let target = match connect(flags).await {
            Ok(client) => client.target().clone(),
            Err(error) if matches!(error.situation(), Situation::NoKubeconfig { .. }) => {
                wishes::nowhere(flags.namespace.as_deref())
            }
            Err(error) => return Err(error.into()),
        };
        let plan = plan::run(&wish, &target, &RunId::new(Timestamp::now()), &found::Found::default());
        return without_server(Out::new(common.color), common.output, &plan);
    }
    let session = Session::open(flags, common).await?;
    if wish.pod && args.waiting.wait && wish.expose.is_none() {
        return Err(cannot_wait(&session, wish.name.as_str()));
    }
    let found = found::for_run(&session.client, &wish).await.map_err(|stop| of_stop(&session, &stop))?;
    let target = session.client.target().clone();
    let plan = plan::run(&wish, &target, &RunId::new(Timestamp::now()), &found);
    let followed = if wish.pod { None } else { Some(session.workload(wish.name.as_str())?) };
    let exposed = wish.expose.map(|_| wish.name.as_str().to_owned());
    let follow = Followed { workload: followed, service: exposed, waiting: &args.waiting, probe: None };
    carry_out(&session, plan, &args.writes, follow).await
}

/// `expose`.
pub(crate) async fn expose(session: &Session, args: &Expose) -> Result<ExitCode, Failure> {
    let (exposure, name) = wishes::expose(args)?;
    let workload = session.workload(&args.workload.workload)?;
    let live = session.live(&workload).await?;
    let service = name.as_ref().map_or(workload.name.as_str(), |name| name.as_str()).to_owned();
    let found = found::for_expose(&session.client, &service).await.map_err(|stop| of_stop(session, &stop))?;
    let run = RunId::new(Timestamp::now());
    let plan = plan::expose(&live, &exposure, name.as_ref(), session.client.target(), &run, &found);
    let plan = plan.map_err(|stop| of_stop(session, &stop))?;
    let follow = Followed { workload: None, service: Some(service), waiting: &args.waiting, probe: None };
    carry_out(session, plan, &args.writes, follow).await
}

/// `scale`.
pub(crate) async fn scale(session: &Session, args: &Scale) -> Result<ExitCode, Failure> {
    let replicas: Replicas = wishes::read(Field::Replicas, &args.replicas)?;
    let workload = session.workload(&args.workload.workload)?;
    let live = session.live(&workload).await?;
    let autoscaler = found::autoscaler_of(&session.client, &live).await?;
    let plan = plan::scale(&live, replicas, session.client.target(), autoscaler.as_ref());
    let plan = plan.map_err(|stop| of_stop(session, &stop))?;
    let probe = args.probe.then_some(&args.traffic);
    let follow = Followed { workload: Some(workload), service: None, waiting: &args.waiting, probe };
    carry_out(session, plan, &args.writes, follow).await
}

/// `update`.
pub(crate) async fn update(session: &Session, args: &Update) -> Result<ExitCode, Failure> {
    let change = wishes::update(args)?;
    let workload = session.workload(&args.workload.workload)?;
    let live = session.live(&workload).await?;
    let plan = plan::update(&live, &change, session.client.target()).map_err(|stop| of_stop(session, &stop))?;
    let probe = args.probe.then_some(&args.traffic);
    let follow = Followed { workload: Some(workload), service: None, waiting: &args.waiting, probe };
    carry_out(session, plan, &args.writes, follow).await
}

/// `undo`.
pub(crate) async fn undo(session: &Session, args: &Undo) -> Result<ExitCode, Failure> {
    let workload = session.workload(&args.workload.workload)?;
    let live = session.live(&workload).await?;
    let revisions = history::history(&session.client, &workload, &live).await?;
    let what = workload.typed();
    let target = match args.to_revision {
        0 => revisions.len().checked_sub(2).and_then(|before| revisions.get(before)),
        number => revisions.iter().find(|revision| revision.number == number),
    };
    let Some(target) = target else {
        return Err(match args.to_revision {
            0 => nothing_before(session, &what),
            number => no_revision(session, Message::new("undo-doing").arg("what", &what), &what, number, &revisions),
        });
    };
    let mut plan =
        plan::undo(&live, &target.template, session.client.target()).map_err(|stop| of_stop(session, &stop))?;
    if target.pods.is_some_and(|pods| pods > 0) && target.ready == Some(0) {
        plan.warnings.push(Message::new("undo-to-a-failed-one").arg("number", target.number));
    }
    session.out.say(&Message::new("undo-target").arg("what", what.as_str()).arg("number", target.number));
    let probe = args.probe.then_some(&args.traffic);
    let follow = Followed { workload: Some(workload), service: None, waiting: &args.waiting, probe };
    carry_out(session, plan, &args.writes, follow).await
}

/// Verbs that need nothing but the workload.
#[derive(Clone, Copy)]
pub(crate) enum Simple {
    Restart,
    Pause,
    Resume,
}

/// `restart`, `pause` and `resume`.
pub(crate) async fn simple(session: &Session, args: &Trial, verb: Simple) -> Result<ExitCode, Failure> {
    let workload = session.workload(&args.workload.workload)?;
    let live = session.live(&workload).await?;
    let target = session.client.target();
    let plan: Result<Plan, Stop> = match verb {
        Simple::Restart => plan::restart(&live, Timestamp::now(), target),
        Simple::Pause => plan::pause(&live, target),
        Simple::Resume => plan::resume(&live, target),
    };
    let follow = Followed { workload: Some(workload), service: None, waiting: &args.waiting, probe: None };
    carry_out(session, plan.map_err(|stop| of_stop(session, &stop))?, &args.writes, follow).await
}

async fn carry_out(
    session: &Session,
    plan: Plan,
    writes: &crate::args::Writes,
    follow: Followed<'_>,
) -> Result<ExitCode, Failure> {
    // On the heap: a rollout and its traffic are large, and would otherwise be part of every verb.
    Box::pin(follow::around(session, follow, writes.dry_run, write(session, plan, writes))).await
}

/// A single pod rolls nothing out; an exit code that says otherwise would be a lie.
fn cannot_wait(session: &Session, name: &str) -> Failure {
    let namespace = shell::quote(&session.client.target().namespace);
    let command = format!("{} -n {namespace} wait --for=condition=Ready pod/{name}", session.kubectl());
    let problem = Problem {
        doing: Message::new("deploy-doing-read-line"),
        cause: Message::new("run-pod-wait"),
        hint: Some(Message::new("run-hint-pod-wait").arg("command", command)),
    };
    Failure::usage(problem)
}

fn nothing_before(session: &Session, what: &str) -> Failure {
    let problem = Problem {
        doing: Message::new("undo-doing").arg("what", what),
        cause: Message::new("undo-nothing-before"),
        hint: Some(hint(session, what)),
    };
    Failure::new(problem, ExitCode::Findings)
}
