//! One reading of the cluster, from the connection to the report.

use jiff::Timestamp;
use quicktour_checks::limits::{Demand, Known, Question, Tally, Told, assess, counted, version_not_checked};
use quicktour_client::{Client, Error, Scope};
use quicktour_report::exit::{Outcome, decide};
use quicktour_report::report::{Body, Cluster, Report, ReportKind};
use quicktour_survey::{Late, Reading, Streamed, count, scrape, server_version, stream};

use crate::args::Args;

/// Reads and compares once.
pub(crate) async fn read(args: &Args, client: &Client) -> Result<Report, Error> {
    let scope = args.connect.namespace.clone().map_or(Scope::Cluster, Scope::Namespace);
    let whole = matches!(scope, Scope::Cluster);
    let (now, kinds) = (Timestamp::now(), counted(&scope));
    let late = Late::default();
    let (mut tally, mut told) = (Tally::default(), Told::default());
    let mut see = |sample: quicktour_survey::Sample<'_>| {
        told.see(&sample);
        true
    };
    let sums = async {
        if args.counts_only { Ok(Streamed::new()) } else { stream(client, &scope, now, &mut tally, &late).await }
    };
    let metrics =
        async { if whole { scrape(client, "/metrics", &late, &mut see).await } else { Ok(Reading::NotAsked) } };
    // What takes longest is asked for first.
    let (streamed, metrics, counts, version) =
        tokio::try_join!(sums, metrics, count(client, &scope, &kinds, &late), server_version(client, &late))?;
    let now = now + client.clock_ahead();

    let known = Known {
        scope: &scope,
        counts: &counts,
        sums: (!args.counts_only).then_some((&tally, &streamed)),
        told: metrics.read().map(|()| &told),
    };
    let question = Question {
        profile: args.profile.into(),
        grow: args.grow.as_ref().map(|asked| (&asked.grow, asked.typed.as_str())),
        pod: args.pod.as_ref(),
        demand: Demand { min_headroom: args.min_headroom },
    };
    let assessment = assess(&known, &metrics, &question, now, &args.connect.kubectl_prefix());
    let cluster = Cluster {
        context: client.target().context.clone(),
        server: client.target().server.clone(),
        version: version.read().map(|version| version.git_version.clone()),
    };
    let mut not_checked = assessment.not_checked;
    not_checked.extend(version_not_checked(&version));
    let policy = args.output.policy();
    let mut report = Report::new(ReportKind::ClusterLimits, cluster, now, assessment.findings, not_checked, policy);
    if late.passed() {
        let outcome = Outcome { timed_out: true, ..Outcome::of(&report.findings, &report.not_checked) };
        report.exit_code = decide(&outcome, policy);
    }
    report.summary = assessment.summary;
    report.body = Body::Limits(Box::new(assessment.limits));
    Ok(report)
}
