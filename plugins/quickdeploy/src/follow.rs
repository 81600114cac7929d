//! What comes after a write, and `status`: the rollout to its end, the address, the first answer.

use std::time::Duration;

use quicktour_client::process::interrupted;
use quicktour_client::{Kind, Manifest};
use quicktour_deploy::probe::{LONGEST, Timeline, Traffic, Way, load_balancer, send};
use quicktour_deploy::track::{Baseline, Outcome, Progress, Rules, TrackRequest, baseline, track};
use quicktour_deploy::workload::Workload;
use quicktour_report::exit::ExitCode;
use quicktour_report::failure::Failure;
use quicktour_report::message::Message;
use quicktour_report::problem::Problem;
use quicktour_report::shell;
use tokio::time::{Instant, sleep};

use crate::args::{self, DryRun, Following, Status, Waiting};
use crate::probe::{self, Stop};
use crate::screen::Screen;
use crate::session::Session;
use crate::write::Ended;

/// How often a service is looked at for its address. Source: ours; clouds take a minute or two.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// What is to be followed once a write is done.
pub(crate) struct Followed<'a> {
    /// The rollout.
    pub(crate) workload: Option<Workload>,
    /// The service that is to get an address.
    pub(crate) service: Option<String>,
    pub(crate) waiting: &'a Waiting,
    /// Traffic meanwhile.
    pub(crate) probe: Option<&'a args::Traffic>,
}

/// Writes, and follows what was written if that is wished.
pub(crate) async fn around(
    session: &Session,
    follow: Followed<'_>,
    dry_run: DryRun,
    write: impl Future<Output = Result<Ended, Failure>>,
) -> Result<ExitCode, Failure> {
    if dry_run != DryRun::None || !follow.waits() {
        return match write.await? {
            Ended::Before(code) => Ok(code),
            Ended::Done { .. } => {
                if let Some(workload) = &follow.workload {
                    session.out.say(&how_to_follow("follow-next", session, workload));
                }
                Ok(ExitCode::Fine)
            }
        };
    }
    let Some(workload) = &follow.workload else {
        return match write.await? {
            Ended::Before(code) => Ok(code),
            Ended::Done { .. } => follow_service(session, &follow, follow.deadline()).await,
        };
    };
    let before = baseline(&session.client, workload).await?;
    if follow.probe.is_some() {
        // Who wants to see the traffic learns before the change that there is no way for it.
        probe::way(session, &session.live(workload).await?).await?;
    }
    followed(session, workload, async |screen| {
        let before = match write.await? {
            Ended::Before(code) => return Ok(code),
            Ended::Done { changed: true } => before,
            Ended::Done { changed: false } => Baseline::default(),
        };
        let (deadline, following) = (follow.deadline(), &follow.waiting.following);
        let code = match follow.probe {
            None => rollout(screen, session, workload, before, following, &mut |_| {}).await?,
            Some(traffic) => with_traffic(screen, session, workload, traffic, before, following).await?,
        };
        if code == ExitCode::Fine { follow_service(session, &follow, deadline).await } else { Ok(code) }
    })
    .await
}

impl Followed<'_> {
    fn waits(&self) -> bool {
        self.waiting.wait || self.probe.is_some()
    }

    fn deadline(&self) -> Instant {
        Instant::now() + self.waiting.following.timeout
    }
}

async fn follow_service(session: &Session, follow: &Followed<'_>, deadline: Instant) -> Result<ExitCode, Failure> {
    match &follow.service {
        Some(service) => address(session, service, deadline).await,
        None => Ok(ExitCode::Fine),
    }
}

/// `status`.
pub(crate) async fn status(session: &Session, args: &Status) -> Result<ExitCode, Failure> {
    let workload = session.workload(&args.workload.workload)?;
    followed(session, &workload, async |screen| {
        session.live(&workload).await?;
        rollout(screen, session, &workload, Baseline::default(), &args.following, &mut |_| {}).await
    })
    .await
}

/// Does what is to be seen on a screen, and ends the screen with what became of it, also when somebody interrupts.
async fn followed(
    session: &Session,
    workload: &Workload,
    work: impl AsyncFnOnce(&mut Screen<'_>) -> Result<ExitCode, Failure>,
) -> Result<ExitCode, Failure> {
    let mut screen = Screen::new(session, workload);
    let end = tokio::select! {
        end = work(&mut screen) => end,
        () = interrupted() => Ok(ExitCode::Interrupted),
    };
    let began = screen.has_begun();
    let end = screen.end(end);
    if began && end == Ok(ExitCode::Interrupted) {
        session.out.say(&how_to_follow("interrupted-status", session, workload));
    }
    end
}

/// How to see more of a rollout.
fn how_to_follow(id: &'static str, session: &Session, workload: &Workload) -> Message {
    Message::new(id).arg("command", format!("{} status {}", session.ourselves(), workload.typed()))
}

/// Follows a rollout to its end.
async fn rollout(
    screen: &mut Screen<'_>,
    session: &Session,
    workload: &Workload,
    baseline: Baseline,
    following: &Following,
    each: &mut dyn FnMut(&Progress),
) -> Result<ExitCode, Failure> {
    let request = TrackRequest {
        target: workload.clone(),
        rules: Rules { settle: following.settle, ..Rules::default() },
        timeout: Some(following.timeout),
        baseline,
    };
    let mut show = |progress: &Progress, now| {
        each(progress);
        screen.show(progress, now);
    };
    let outcome = track(&session.client, request, &mut show).await?;
    if let Outcome::Failed(_) | Outcome::TimedOut = outcome {
        let command = format!("{} undo {}", session.ourselves(), workload.typed());
        session.out.say(&Message::new("follow-undo").arg("command", command));
    }
    Ok(outcome.exit_code())
}

/// Sends traffic until the rollout has ended, and says what was lost.
async fn with_traffic(
    screen: &mut Screen<'_>,
    session: &Session,
    workload: &Workload,
    traffic: &args::Traffic,
    before: Baseline,
    following: &Following,
) -> Result<ExitCode, Failure> {
    let live = session.live(workload).await?;
    let way = probe::way(session, &live).await?;
    session.out.say(&probe::way_said(&way));
    let pace = probe::pace(traffic, LONGEST);
    let stop = Stop::default();
    let mut ignore = |_: &Traffic| {};
    let traffic = send(&session.client, &way, &pace, stop.asked(), &mut ignore);
    let (mut timeline, begun) = (Timeline::default(), Instant::now());
    let mut note = |progress: &Progress| timeline.note(progress, begun.elapsed());
    let rollout = async {
        let code = rollout(screen, session, workload, before, following, &mut note).await;
        stop.now();
        code
    };
    let (traffic, code) = tokio::join!(traffic, rollout);
    let live = session.live(workload).await?;
    for line in probe::summary_of_change(&traffic, &timeline, &live) {
        session.tell(&line)?;
    }
    let code = code?;
    Ok(if code == ExitCode::Fine && traffic.failed() > 0 { ExitCode::Findings } else { code })
}

/// Waits for a service's address, then for the first answer.
async fn address(session: &Session, name: &str, deadline: Instant) -> Result<ExitCode, Failure> {
    let namespace = session.client.target().namespace.clone();
    let mut said = false;
    let service = loop {
        let Some(service) = session.client.read(&Kind::SERVICE, Some(&namespace), name).await? else {
            return Err(unreached(session, name, Message::new("address-gone"), ExitCode::Findings));
        };
        let wants_address = service.text("/spec/type") == "LoadBalancer";
        if !wants_address || load_balancer(&service).is_some() {
            break service;
        }
        if Instant::now() >= deadline {
            return Err(late(session, name, pending_because(session, &service).await));
        }
        if !std::mem::replace(&mut said, true) {
            session.out.say(&Message::new("address-waiting").arg("name", name));
        }
        sleep(LOOK_EVERY).await;
    };
    let way = Way::to(&session.client, &service).await?;
    session.out.say(&probe::way_said(&way));
    match quicktour_deploy::probe::first_answer(&session.client, &way, deadline).await {
        Ok(status) => {
            let answered = match way.url() {
                Some(url) => Message::new("address-answers").arg("url", url).arg("status", status.to_string()),
                None => Message::new("address-answers-via").arg("name", name).arg("status", status.to_string()),
            };
            session.tell(&answered)?;
            Ok(ExitCode::Fine)
        }
        Err(loss) => Err(late(session, name, Message::new("address-silent").arg("why", probe::loss(loss)))),
    }
}

/// What the service's events say about an address that does not come; nobody having said anything is an answer too.
async fn pending_because(session: &Session, service: &Manifest) -> Message {
    let events = quicktour_deploy::probe::events_of(&session.client, service).await;
    match events.ok().and_then(|events| events.into_iter().next_back()) {
        Some((reason, message)) => Message::new("address-event").arg("reason", reason).arg("message", message),
        None => Message::new("address-nobody"),
    }
}

fn late(session: &Session, name: &str, cause: Message) -> Failure {
    unreached(session, name, cause, ExitCode::TimedOut)
}

fn unreached(session: &Session, name: &str, cause: Message, code: ExitCode) -> Failure {
    let namespace = shell::quote(&session.client.target().namespace);
    let command = format!("{} -n {namespace} describe service {name}", session.kubectl());
    let hint = Some(Message::new("address-hint").arg("command", command));
    Failure::new(Problem { doing: Message::new("address-doing").arg("name", name), cause, hint }, code)
}
