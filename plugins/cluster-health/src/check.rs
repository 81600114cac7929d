//! One check of the cluster, from the connection to the report.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use quicktour_checks::{Facts, Limits, Selection, judge};
use quicktour_client::{Client, Error, Scope};
use quicktour_report::exit::{Outcome, Policy, decide};
use quicktour_report::ignore::IgnoreList;
use quicktour_report::json::JsonReport;
use quicktour_report::report::{Cluster, Report, ReportKind};
use quicktour_survey::{Request, Tables, collect};

use crate::show;

/// What to check, the same for each time that it is checked.
pub(crate) struct Job {
    pub(crate) client: Client,
    pub(crate) scope: Scope,
    pub(crate) selection: Selection,
    pub(crate) ignore: IgnoreList,
    pub(crate) earlier: Option<JsonReport>,
    pub(crate) policy: Policy,
    /// How commands begin that are shown to be pasted.
    pub(crate) kubectl: String,
}

impl Job {
    /// Checks once.
    pub(crate) async fn check(&self) -> Result<Report, Error> {
        let limits = Limits::published();
        let now = Timestamp::now();
        let mut facts = Facts::new(limits, self.selection.clone());
        let request = Request { client: &self.client, scope: &self.scope, now, tables: Tables::default() };
        let survey = self.client.while_telling(collect(request, &mut facts)).await?;
        let mut judgement = judge(&survey, &facts, limits, &self.kubectl);
        let ignored = self.ignore.apply(&mut judgement.findings, now.to_zoned(TimeZone::UTC).date());
        let cluster = Cluster {
            context: survey.target.context.clone(),
            server: survey.target.server.clone(),
            version: survey.version.read().map(|version| version.git_version.clone()),
        };
        let (findings, not_checked) = (judgement.findings, judgement.not_checked);
        let mut report = Report::new(ReportKind::ClusterHealth, cluster, now, findings, not_checked, self.policy);
        report.summary = judgement.summary;
        report.ignored = ignored;
        if let Some(note) = self.earlier.as_ref().and_then(|earlier| report.compare(earlier)) {
            show::note(&note);
        }
        if survey.deadline_passed {
            let outcome = Outcome { timed_out: true, ..Outcome::of(&report.findings, &report.not_checked) };
            report.exit_code = decide(&outcome, self.policy);
        }
        Ok(report)
    }
}
