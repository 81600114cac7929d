//! One reading of the cluster, from the connection to the report.

use jiff::Timestamp;
use quicktour_checks::system::{Gathered, assess};
use quicktour_client::{Client, Error, Scope};
use quicktour_report::exit::{Outcome, decide};
use quicktour_report::report::{Body, Cluster, Report, ReportKind};
use quicktour_survey::{Late, system};

use crate::args::Args;

/// Reads and judges once.
pub(crate) async fn read(args: &Args, client: &Client) -> Result<Report, Error> {
    let scope = args.connect.namespace.clone().map_or(Scope::Cluster, Scope::Namespace);
    let late = Late::default();
    let mut gathered = Gathered::new(scope.namespace());
    // Many requests at a time make a large future.
    let survey = Box::pin(system(client, &scope, &late, &mut gathered)).await?;
    let now = Timestamp::now() + client.clock_ahead();
    let reference = args.compare_to.map(Into::into);
    let assessment = assess(&survey, &gathered, &[], reference, now, &args.connect.kubectl_prefix());
    let cluster = Cluster {
        context: client.target().context.clone(),
        server: client.target().server.clone(),
        version: survey.version.read().map(|version| version.git_version.clone()),
    };
    let policy = args.output.policy();
    let mut report = Report::new(ReportKind::System, cluster, now, assessment.findings, assessment.not_checked, policy);
    if late.passed() {
        let outcome = Outcome { timed_out: true, ..Outcome::of(&report.findings, &report.not_checked) };
        report.exit_code = decide(&outcome, policy);
    }
    report.summary = assessment.summary;
    report.body = Body::System(Box::new(assessment.system));
    Ok(report)
}
