//! The sizing: one reading of what there is, or two, from the connection to the report.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use quicktour_checks::etcd::{ApiServer, Machines, Member, Read, Seen, assess};
use quicktour_checks::limits::{counted, unread, version_not_checked};
use quicktour_client::views::Resource;
use quicktour_client::{Client, Error, Scope, Situation, connect, process};
use quicktour_report::exit::{ExitCode, Outcome, decide};
use quicktour_report::failure::Failure;
use quicktour_report::finding::{NotChecked, NotCheckedWhy};
use quicktour_report::json;
use quicktour_report::message::Message;
use quicktour_report::problem::Problem;
use quicktour_report::report::{Body, Cluster, Report, ReportKind};
use quicktour_survey::{
    Counts, Late, Part, Reading, Streamed, count, sample_sizes, scrape, scrape_address, server_version, stream,
};

use crate::args::SizeArgs;
use crate::{earlier, show};

/// Reads, and says what came of it.
pub(crate) fn run(args: &SizeArgs) -> Result<ExitCode, Failure> {
    if args.output.print_schema {
        show::schema(&json::sizing_schema())?;
        return Ok(ExitCode::Fine);
    }
    let earlier = args.compare.as_deref().map(earlier::read).transpose().map_err(Failure::usage)?;
    process::run(async {
        let work = async {
            let report = if args.plan.is_some() { planned(args) } else { existing(args, earlier.as_ref()).await? };
            show::report(&report, args.output)?;
            Ok(report.exit_code)
        };
        tokio::select! {
            end = within(args.timeout, work) => end,
            () = process::interrupted() => Ok(ExitCode::Interrupted),
        }
    })
}

/// A cluster that does not exist yet: nobody is asked anything.
fn planned(args: &SizeArgs) -> Report {
    let read = Read { plan: args.plan.as_ref(), ..Read::default() };
    report(args, Cluster::default(), &read, Vec::new(), Timestamp::now())
}

fn report(args: &SizeArgs, cluster: Cluster, read: &Read<'_>, not_checked: Vec<NotChecked>, now: Timestamp) -> Report {
    let assessment = assess(read, now, &args.connect.kubectl_prefix());
    let policy = args.output.policy();
    let mut report = Report::new(ReportKind::EtcdSizing, cluster, now, assessment.findings, not_checked, policy);
    report.summary = assessment.summary;
    report.body = Body::Etcd(Box::new(assessment.sizing));
    report
}

async fn existing(args: &SizeArgs, earlier: Option<&earlier::Earlier>) -> Result<Report, Failure> {
    let mut not_checked = Vec::new();
    // Whoever names etcd's own metrics may be on its machine, without a way to the cluster.
    let client = match connect(&args.connect).await {
        Ok(client) => Some(client),
        Err(error) if !args.etcd_metrics.is_empty() && has_no_cluster(&error, args) => {
            not_checked.push(NotChecked {
                what: Message::new("etcd-part-cluster"),
                why: NotCheckedWhy::Absent,
                detail: Some(Message::new("etcd-part-no-cluster")),
                rule: None,
            });
            None
        }
        Err(error) => return Err(error.into()),
    };
    let scope = args.connect.namespace.clone().map_or(Scope::Cluster, Scope::Namespace);
    let whole = matches!(scope, Scope::Cluster);
    let (now, kinds, late) = (Timestamp::now(), counted(&scope), Late::default());

    let first = Instant::now();
    let (mut members, mut server) = (members(args, &late).await, ApiServer::default());
    let mut metrics = Reading::NotAsked;
    let (mut machines, mut nodes) = (Machines::default(), Streamed::new());
    let mut counts = Counts::new();
    let mut cluster = Cluster::default();
    if let Some(client) = &client {
        let asked = async { if whole { api_metrics(client, &late, &mut server).await } else { Ok(Reading::NotAsked) } };
        let (told, streamed, counted, version) = tokio::try_join!(
            asked,
            stream(client, &scope, now, &mut machines, &late),
            count(client, &scope, &kinds, &late),
            server_version(client, &late)
        )?;
        (metrics, nodes, counts) = (told, streamed, counted);
        not_checked.extend(version_not_checked(&version));
        cluster = Cluster {
            context: client.target().context.clone(),
            server: client.target().server.clone(),
            version: version.read().map(|version| version.git_version.clone()),
        };
    }
    let mut sizes = std::collections::BTreeMap::new();
    if let (Some(client), true) = (&client, args.sample) {
        for (kind, reading) in sample_sizes(client, &scope, &kinds, &late).await? {
            not_checked.extend(unread(Message::new("etcd-part-sample").arg("resource", kind.qualified()), &reading));
            if let Reading::Read(size) = reading {
                sizes.insert(kind, size);
            }
        }
    }

    let mut sent = None;
    if let Some(interval) = args.interval {
        tokio::time::sleep(interval.saturating_sub(first.elapsed())).await;
        let again = self::members(args, &late).await;
        for (member, later) in members.iter_mut().zip(again) {
            not_checked.extend(member.again(later));
        }
        if let (Some(client), Reading::Read(())) = (&client, &metrics) {
            let mut later = ApiServer::default();
            let told = api_metrics(client, &late, &mut later).await?;
            match (server.requests(), later.requests()) {
                (Some(before), Some(after)) if told.read().is_some() && server.told.started == later.told.started => {
                    sent = Some((after.saturating_sub(before), first.elapsed().as_secs_f64()));
                }
                _ => {
                    let failed: Reading<()> = Reading::Failed(Message::new("etcd-part-other-server"));
                    not_checked.extend(unread(Message::new("etcd-measure-sent"), &failed));
                }
            }
            server = later;
        }
    }

    not_checked.extend(members.iter().filter_map(|member| unread(part(member.address.as_str()), &member.reading)));
    not_checked.extend(unread(Message::new("part-endpoint").arg("path", "/metrics"), &metrics));
    not_checked.extend(nodes.iter().filter_map(|(part, reading)| unread(part.what(), reading)));
    not_checked.extend(uncounted(&counts, &server));
    let now = Timestamp::now() + client.as_ref().map(Client::clock_ahead).unwrap_or_default();
    let same = earlier.filter(|earlier| earlier.server.as_deref().unwrap_or_default() == cluster.server);
    if earlier.is_some() && same.is_none() {
        show::note(&Message::new("etcd-compare-other"));
    }
    let read = Read {
        members: readable(members),
        apiserver: metrics.read().map(|()| &server),
        sent,
        counts: client.as_ref().map(|_| &counts),
        sizes,
        nodes: matches!(nodes.get(&Part::Nodes), Some(Reading::Read(_))).then_some(&machines),
        plan: None,
        earlier: same.map(|earlier| earlier.sizes),
    };
    let mut report = report(args, cluster, &read, not_checked, now);
    if late.passed() {
        let outcome = Outcome { timed_out: true, ..Outcome::of(&report.findings, &report.not_checked) };
        report.exit_code = decide(&outcome, args.output.policy());
    }
    Ok(report)
}

fn readable(members: Vec<Asked>) -> Vec<Seen> {
    members.into_iter().filter(|member| member.reading.read().is_some()).map(|member| member.seen).collect()
}

/// The kinds whose number nobody told, neither the metrics nor a count.
fn uncounted(counts: &Counts, server: &ApiServer) -> Vec<NotChecked> {
    // Nodes are read one by one; what is missing there is said once.
    let unknown = |kind: &Resource| server.told.count(kind.group, kind.plural).is_none() && kind.plural != "nodes";
    let untold = counts.iter().filter(|(kind, _)| unknown(kind));
    let say = |(kind, reading): (&Resource, &Reading<u64>)| {
        unread(Message::new("part-list").arg("resource", kind.qualified()), reading)
    };
    untold.filter_map(say).collect()
}

/// Whether nobody said which cluster is meant, and none is to be found.
fn has_no_cluster(error: &Error, args: &SizeArgs) -> bool {
    matches!(error.situation(), Situation::NoKubeconfig { .. }) && args.connect.kubeconfig.is_none()
}

async fn api_metrics(client: &Client, late: &Late, server: &mut ApiServer) -> Result<Reading<()>, Error> {
    let mut see = |sample: quicktour_survey::Sample<'_>| {
        server.see(&sample);
        true
    };
    scrape(client, "/metrics", late, &mut see).await
}

/// A member's address, what was read there, and whether it was.
struct Asked {
    address: String,
    seen: Seen,
    reading: Reading<()>,
    at: Instant,
}

/// Reads the members' own metrics, one after another: there are few, and none is to be pressed.
async fn members(args: &SizeArgs, late: &Late) -> Vec<Asked> {
    let mut all = Vec::new();
    for address in &args.etcd_metrics {
        let mut now = Member::default();
        let mut see = |sample: quicktour_survey::Sample<'_>| {
            now.see(&sample);
            true
        };
        let mut reading = scrape_address(address, &args.connect, late, &mut see).await;
        if reading.read().is_some() && !now.is_etcd() {
            reading = Reading::Failed(Message::new("etcd-part-not-etcd"));
        }
        let seen = Seen { address: address.as_str().to_owned(), now, ..Seen::default() };
        all.push(Asked { address: address.as_str().to_owned(), seen, reading, at: Instant::now() });
    }
    all
}

impl Asked {
    /// Takes the second reading; what cannot be compared with the first is said.
    fn again(&mut self, later: Self) -> Option<NotChecked> {
        // That the first reading failed is said already.
        self.reading.read()?;
        if later.reading.read().is_none() {
            return unread(part(&self.address), &later.reading);
        }
        let elapsed = later.at.duration_since(self.at);
        let window = later.seen.now.since(&self.seen.now);
        let before = self.seen.now.in_use;
        self.seen.now = later.seen.now;
        let Some(window) = window else {
            let failed: Reading<()> = Reading::Failed(Message::new("etcd-part-started-anew"));
            return unread(part(&self.address), &failed);
        };
        self.seen.window = Some((window, elapsed));
        self.seen.in_use_before = before;
        None
    }
}

fn part(address: &str) -> Message {
    Message::new("etcd-part-metrics").arg("address", address)
}

async fn within(
    timeout: Option<Duration>,
    work: impl Future<Output = Result<ExitCode, Failure>>,
) -> Result<ExitCode, Failure> {
    let Some(timeout) = timeout else { return work.await };
    tokio::time::timeout(timeout, work).await.unwrap_or_else(|_| {
        let doing = Message::new("etcd-doing");
        let cause = Message::new("health-timed-out-cause").arg("timeout", timeout);
        let hint = Some(Message::new("etcd-timed-out-hint"));
        Err(Failure::new(Problem { doing, cause, hint }, ExitCode::TimedOut))
    })
}
