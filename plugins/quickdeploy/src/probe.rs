//! `probe`: bounded traffic, and who answered.

use std::cell::Cell;
use std::time::Duration;

use quicktour_client::{Kind, Manifest, Scope};
use quicktour_deploy::probe::{ENOUGH, Loss, Pace, Timeline, Traffic, Way, Weakness, send, weaknesses};
use quicktour_deploy::track::Step;
use quicktour_report::exit::ExitCode;
use quicktour_report::failure::Failure;
use quicktour_report::message::Message;
use quicktour_report::problem::Problem;

use crate::args;
use crate::session::Session;

/// `probe`.
pub(crate) async fn probe(session: &Session, args: &args::Probe) -> Result<ExitCode, Failure> {
    let workload = session.workload(&args.workload.workload)?;
    let live = session.live(&workload).await?;
    let way = way(session, &live).await?;
    session.out.say(&way_said(&way));
    let pace = pace(&args.traffic, args.duration);
    let traffic = send(&session.client, &way, &pace, std::future::pending(), &mut |_| {}).await;
    for line in summary(&traffic) {
        session.out.line(&line)?;
    }
    Ok(if traffic.failed() > 0 { ExitCode::Findings } else { ExitCode::Fine })
}

/// What the flags ask for.
pub(crate) fn pace(traffic: &args::Traffic, duration: Duration) -> Pace {
    Pace { rate: traffic.rate, path: traffic.path.clone(), duration }
}

/// The way to the workload's service.
pub(crate) async fn way(session: &Session, live: &Manifest) -> Result<Way, Failure> {
    let namespace = live.namespace().unwrap_or_default().to_owned();
    let services = session.client.read_all(&Kind::SERVICE, &Scope::Namespace(namespace), None).await?;
    let Some(service) = services.iter().find(|service| quicktour_deploy::export::selects(service, live)) else {
        let what = format!("{}/{}", live.resource().kind.to_lowercase(), live.name());
        let problem = Problem {
            doing: Message::new("probe-doing").arg("what", what.as_str()),
            cause: Message::new("probe-no-service"),
            hint: Some(Message::new("probe-hint").arg("command", format!("{} expose {what}", session.ourselves()))),
        };
        return Err(Failure::new(problem, ExitCode::Findings));
    };
    Ok(Way::to(&session.client, service).await?)
}

/// Which way the traffic takes, and what that means for what it shows.
pub(crate) fn way_said(way: &Way) -> Message {
    match way {
        Way::LoadBalancer(address) => Message::new("probe-by-load-balancer").arg("address", address),
        Way::NodePort(address) => Message::new("probe-by-node-port").arg("address", address),
        Way::ApiServer(_) => Message::new("probe-by-api-server"),
    }
}

/// What came of it.
pub(crate) fn summary(traffic: &Traffic) -> Vec<Message> {
    let mut lines = vec![Message::new("probe-sent").arg("sent", traffic.sent()).arg("failed", traffic.failed())];
    if let (Some(half), Some(most)) = (traffic.percentile(0.5), traffic.percentile(0.99)) {
        lines.push(Message::new("probe-took").arg("half", millis(half)).arg("most", millis(most)));
    }
    for (who, count) in traffic.answered_by() {
        lines.push(Message::new("probe-by").arg("who", who).arg("count", *count));
    }
    if traffic.answered_by_unknown() > 0 {
        lines.push(Message::new("probe-by-unknown").arg("count", traffic.answered_by_unknown()));
    }
    for stretch in traffic.stretches() {
        let message = Message::new("probe-lost").arg("count", stretch.count).arg("why", loss(stretch.first));
        lines.push(message.arg("from", seconds(stretch.began)).arg("to", seconds(stretch.ended)));
    }
    lines
}

/// What came of traffic during a change: by revision, each loss beside what the pods did then, and what they lack.
pub(crate) fn summary_of_change(traffic: &Traffic, timeline: &Timeline, live: &Manifest) -> Vec<Message> {
    let mut lines = summary(traffic);
    lines[0] = Message::new("probe-sent-during")
        .arg("sent", traffic.sent())
        .arg("failed", traffic.failed())
        .arg("replaced", timeline.replaced());
    for (revision, count) in timeline.by_revision(traffic) {
        lines.push(Message::new("probe-by-revision").arg("revision", revision).arg("count", count));
    }
    for stretch in traffic.stretches() {
        if let Some(transition) = timeline.before(stretch) {
            let id = match transition.step {
                None => "probe-after-gone",
                Some(Step::Leaving | Step::Ended) => "probe-after-leaving",
                Some(Step::Ready) => "probe-after-ready",
                Some(_) => "probe-after-other",
            };
            let message = Message::new(id).arg("at", seconds(stretch.began)).arg("pod", &transition.pod);
            lines.push(message);
        }
    }
    if traffic.failed() > 0 {
        lines.extend(weaknesses(live).into_iter().map(|weakness| match weakness {
            Weakness::NoReadinessProbe => Message::new("weak-no-readiness-probe"),
            Weakness::NoPauseBeforeStop => Message::new("weak-no-pause"),
            Weakness::ShortGrace => Message::new("weak-short-grace"),
        }));
    } else if traffic.nothing_lost() {
        lines.push(Message::new("probe-nothing-lost").arg("sent", traffic.sent()));
    } else {
        lines.push(Message::new("probe-too-few").arg("enough", ENOUGH));
    }
    lines
}

fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

pub(crate) fn loss(loss: Loss) -> Message {
    match loss {
        Loss::Refused => Message::new("loss-refused"),
        Loss::Reset => Message::new("loss-reset"),
        Loss::TimedOut => Message::new("loss-timed-out"),
        Loss::Status(status) => Message::new("loss-status").arg("status", status.to_string()),
        Loss::NoWay => Message::new("loss-no-way"),
    }
}

/// Tells a traffic that runs beside something else to end.
#[derive(Default)]
pub(crate) struct Stop(Cell<bool>);

impl Stop {
    pub(crate) fn now(&self) {
        self.0.set(true);
    }

    pub(crate) async fn asked(&self) {
        while !self.0.get() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}
