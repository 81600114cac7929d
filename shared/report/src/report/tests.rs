use super::sample::{bad_night, finding, healthy, not_checked};
use super::*;
use crate::exit::FailOn;
use crate::finding::{NotCheckedWhy, Severity};

fn new(findings: Vec<Finding>, not_checked: Vec<NotChecked>, policy: Policy) -> Report {
    Report::new(ReportKind::ClusterHealth, Cluster::default(), Timestamp::UNIX_EPOCH, findings, not_checked, policy)
}

#[test]
fn verdict_and_exit_code_follow_from_what_was_found() {
    let warning = || vec![finding("some-rule", Severity::Warning)];
    let strict = Policy { fail_on: FailOn::Warning, allow_partial: false };
    let report = new(warning(), vec![], Policy::default());
    assert_eq!((report.verdict, report.exit_code), (Verdict::Degraded, ExitCode::Fine));
    let report = new(warning(), vec![], strict);
    assert_eq!((report.verdict, report.exit_code), (Verdict::Degraded, ExitCode::Findings));
    let report = new(warning(), vec![not_checked(NotCheckedWhy::Failed)], Policy::default());
    assert_eq!((report.verdict, report.exit_code), (Verdict::Degraded, ExitCode::NotChecked));
    let report = new(vec![], vec![not_checked(NotCheckedWhy::Absent)], Policy::default());
    assert_eq!((report.verdict, report.exit_code), (Verdict::Healthy, ExitCode::Fine));
}

#[test]
fn a_cause_is_as_bad_as_its_effects_and_outranks_what_reaches_less() {
    let mut cause = finding("node-cordoned", Severity::Warning);
    let mut effect = finding("pod-pending", Severity::Error);
    effect.count = 38;
    cause.effects.push(effect);
    let mut other = finding("pod-image-pull", Severity::Error);
    other.count = 3;
    let report = new(vec![other, cause], vec![], Policy::default());
    let order: Vec<_> = report.findings.iter().map(|finding| (finding.id, finding.severity)).collect();
    assert_eq!(order, [("node-cordoned", Severity::Error), ("pod-image-pull", Severity::Error)]);
}

#[test]
fn a_root_is_read_before_what_reaches_further_beside_it() {
    let with = |id, severity, count, effects| Finding { count, effects, ..finding(id, severity) };
    let behind = || with("workload-unavailable", Severity::Error, 1, vec![]);
    let refused = |id| with(id, Severity::Error, 1, vec![behind()]);
    let webhook = with("webhook-dead", Severity::Error, 1, vec![refused("pods-refused")]);
    let quota = with("quota-full", Severity::Error, 60, vec![behind(), behind()]);
    let lonely = with("image-pull-failed", Severity::Error, 90, vec![]);
    let warning = with("node-lease-stale", Severity::Warning, 1, vec![with("a", Severity::Info, 1, vec![])]);
    let report = new(vec![lonely, warning, quota, webhook], vec![], Policy::default());
    let order: Vec<_> = report.findings.iter().map(|finding| finding.id).collect();
    assert_eq!(order, ["webhook-dead", "quota-full", "image-pull-failed", "node-lease-stale"]);
}

#[test]
fn a_trouble_that_spreads_to_a_second_owner_is_neither_new_nor_gone() {
    let keyed = |key: &str| vec![Finding { key: key.to_owned(), ..finding("pod-crash-loop", Severity::Error) }];
    let compare = |earlier: &str, now: &str| {
        let earlier = new(keyed(earlier), vec![], Policy::default());
        let comparison = Comparison::between(&JsonReport::from(&earlier), &keyed(now));
        (comparison.new.len(), comparison.gone.len())
    };
    assert_eq!(compare("pod-crash-loop/exit 3/shop/Deployment/web", "pod-crash-loop/exit 3/*"), (0, 0));
    assert_eq!(compare("pod-crash-loop/exit 3/*", "pod-crash-loop/exit 3/shop/Deployment/web"), (0, 0));
    assert_eq!(compare("pod-crash-loop/exit 3/*", "pod-crash-loop/exit 4/*"), (1, 1));
    assert_eq!(
        compare("pod-crash-loop/exit 3/shop/Deployment/web", "pod-crash-loop/exit 3/shop/Deployment/api"),
        (1, 1)
    );
}

#[test]
fn what_could_not_be_read_is_listed_once_and_what_needs_doing_first() {
    use NotCheckedWhy::{Absent, Failed, Forbidden};
    let parts = [Absent, Forbidden, Failed, Forbidden].map(not_checked).to_vec();
    let whys: Vec<_> = new(vec![], parts, Policy::default()).not_checked.iter().map(|part| part.why).collect();
    assert_eq!(whys, [Failed, Forbidden, Absent]);
}

#[test]
fn a_comparison_follows_a_finding_wherever_it_stands() {
    let before = bad_night();
    let earlier = JsonReport::from(&before);
    assert_eq!(Comparison::between(&earlier, &before.findings), Comparison::default());

    // The services came back; the pods' own finding was an effect and stands alone now; a CronJob fails.
    let mut now = before.findings.clone();
    let pods = now[0].effects.remove(0);
    now[0].effects.clear();
    now.push(pods);
    now.push(finding("cronjob-failing", Severity::Error));
    let comparison = Comparison::between(&earlier, &now);
    assert_eq!(comparison.new, ["cronjob-failing/some-owner"]);
    assert!(comparison.is_new("cronjob-failing/some-owner") && !comparison.is_new("pod-not-ready/some-owner"));
    let gone: Vec<_> = comparison.gone.iter().map(|gone| (gone.key.as_str(), gone.title.as_str())).collect();
    assert_eq!(gone, [("service-no-endpoint/some-owner", "2 services without a ready endpoint")]);

    // What is ignored is there all the same.
    let mut report = bad_night();
    let image = report.findings.remove(1);
    report.ignored.push(Ignored { finding: image.clone(), reason: Text::new("known"), until: None });
    assert_eq!(report.compare(&earlier), None);
    assert_eq!(report.comparison, Some(Comparison::default()));
    let ignored_earlier = JsonReport::from(&report);
    let mut heard_again = bad_night();
    heard_again.cluster.server = "https://other:6443".to_owned();
    let note = heard_again.compare(&ignored_earlier).unwrap();
    assert_eq!(heard_again.comparison, Some(Comparison::default()));
    assert_eq!(
        crate::catalogue::Catalogue::english().check(&note).unwrap(),
        "note: the earlier report is of `https://10.0.0.1:6443`, this one of `https://other:6443`"
    );

    let all = Comparison::between(&JsonReport::from(&healthy()), &before.findings);
    assert_eq!((all.new.len(), all.gone.len()), (6, 0));
}
