//! Reports for the tests of this room.

use jiff::civil::date;

use super::{Cluster, Comparison, Gone, Ignored, Report, ReportKind};
use crate::exit::Policy;
use crate::finding::{Finding, Fix, NotChecked, NotCheckedWhy, ObjectRef, RbacRule, Severity};
use crate::message::Message;
use crate::text::Text;

/// Everything that a terminal or a page could be attacked with, in one name.
pub(crate) const HOSTILE: &str = "\u{1b}[2Jx\r\n\u{202e}evil\u{200b}|`<b>[a](http://b) @team \u{9b}";

fn words(text: &str) -> Message {
    Message::new("sample").arg("text", text)
}

pub(crate) fn finding(id: &'static str, severity: Severity) -> Finding {
    Finding {
        id,
        key: format!("{id}/some-owner"),
        severity,
        title: words(&format!("title of {id}")),
        why: words(&format!("cause of {id}, told in a sentence")),
        fix: Fix { command: Some(format!("kubectl describe {id}")), advice: words("look at it") },
        count: 1,
        objects: vec![object("v1", "Pod", Some("shop"), "web-1")],
        source: "ours",
        effects: Vec::new(),
    }
}

pub(crate) fn not_checked(why: NotCheckedWhy) -> NotChecked {
    NotChecked { what: words("pods in all namespaces"), why, detail: None, rule: None }
}

fn object(api_version: &str, kind: &str, namespace: Option<&str>, name: &str) -> ObjectRef {
    ObjectRef {
        api_version: api_version.to_owned(),
        kind: kind.to_owned(),
        namespace: namespace.map(str::to_owned),
        name: name.to_owned(),
    }
}

fn cluster() -> Cluster {
    Cluster {
        context: Some("prod-eu".to_owned()),
        server: "https://10.0.0.1:6443".to_owned(),
        version: Some("v1.36.3".to_owned()),
    }
}

fn report(findings: Vec<Finding>, not_checked: Vec<NotChecked>) -> Report {
    let at = "2026-11-23T03:12:45.678Z".parse().unwrap();
    let mut report = Report::new(ReportKind::ClusterHealth, cluster(), at, findings, not_checked, Policy::default());
    report.summary = vec![
        words("looked at 3 nodes, 45 pods and 12 workloads"),
        words("the API server's own checks are those of 1 of 3 instances: the one that answered"),
        words("kube-scheduler is led by cp-1, last heard of 2 s ago"),
    ];
    report
}

pub(crate) fn healthy() -> Report {
    report(Vec::new(), Vec::new())
}

/// A bad night: a node is gone, an image is wrong, a quota is full.
pub(crate) fn bad_night() -> Report {
    let mut node = Finding {
        title: words("node n7 is not ready since 6 min"),
        why: words("its kubelet stopped posting status: the node is down or cut off from the API server"),
        fix: Fix {
            command: Some("kubectl describe node n7".to_owned()),
            advice: words("see whether the machine is up, then restart its kubelet"),
        },
        objects: vec![object("v1", "Node", None, "n7")],
        source: "status.conditions Ready; lease older than 40 s (ours)",
        ..finding("node-not-ready", Severity::Error)
    };
    node.effects.push(Finding {
        title: words("38 pods not ready on it"),
        count: 38,
        ..finding("pod-not-ready", Severity::Error)
    });
    node.effects.push(Finding {
        title: words("2 services without a ready endpoint"),
        count: 2,
        objects: vec![object("v1", "Service", Some("shop"), "cart"), object("v1", "Service", Some("shop"), "web")],
        ..finding("service-no-endpoint", Severity::Error)
    });
    let image = Finding {
        title: words("3 pods of 1 deployment cannot pull their image: registry.example/web:1.29-rc1"),
        why: words("the registry says: manifest unknown"),
        fix: Fix {
            command: Some(
                "kubectl -n shop set image deployment/web web=registry.example/web:TAG  # a tag that exists".to_owned(),
            ),
            advice: words("set a tag that exists, or push this one"),
        },
        count: 3,
        objects: (1..=3).map(|n| object("v1", "Pod", Some("shop"), &format!("web-{n}"))).collect(),
        source: "status.containerStatuses waiting.reason",
        ..finding("pod-image-pull", Severity::Error)
    };
    let quota = Finding {
        title: words("quota compute in namespace shop is used up to 97 %: cpu"),
        why: words("new pods of the namespace will be refused"),
        fix: Fix { command: None, advice: words("raise the quota or scale something down") },
        objects: vec![object("v1", "ResourceQuota", Some("shop"), "compute")],
        source: "90 % of a quota (ours)",
        ..finding("quota-nearly-full", Severity::Warning)
    };
    let scaled_down = Finding {
        title: words("service shop/old selects a workload that is scaled to 0"),
        ..finding("service-scaled-to-zero", Severity::Info)
    };
    let forbidden = NotChecked {
        what: words("persistent volume claims in all namespaces"),
        rule: Some(RbacRule {
            api_group: String::new(),
            resource: "persistentvolumeclaims".to_owned(),
            verb: "list".to_owned(),
            non_resource_url: None,
            namespace: None,
        }),
        ..not_checked(NotCheckedWhy::Forbidden)
    };
    let path = NotChecked {
        what: words("the API server's own checks"),
        rule: Some(RbacRule {
            api_group: String::new(),
            resource: String::new(),
            verb: "get".to_owned(),
            non_resource_url: Some("/readyz".to_owned()),
            namespace: None,
        }),
        ..not_checked(NotCheckedWhy::Forbidden)
    };
    let failed = NotChecked {
        what: words("metrics.k8s.io/v1beta1"),
        detail: Some(words("the service behind it does not answer (503)")),
        ..not_checked(NotCheckedWhy::Failed)
    };
    let absent =
        NotChecked { what: words("the scheduler and controller-manager"), ..not_checked(NotCheckedWhy::Absent) };
    let mut report = report(vec![scaled_down, quota, image, node], vec![absent, forbidden, path, failed]);
    report.ignored.push(Ignored {
        finding: Finding { title: words("1 job failed: nightly/report"), ..finding("job-failed", Severity::Error) },
        reason: Text::new("known, see the runbook"),
        until: Some(date(2026, 12, 31)),
    });
    report
}

/// What the README shows a newcomer, in the words of the rules themselves.
pub(crate) fn readme() -> Report {
    let counted = |id: &'static str, count: u64| Message::new(id).arg("count", count);
    let web = |message: Message| message.arg("kind", "deployment").arg("namespace", "shop").arg("name", "web");
    let mut crash = Finding {
        title: counted("pod-crash-loop-title", 4)
            .arg("where", web(Message::new("where-one")))
            .arg("cause", Message::new("end-oom-limit").arg("limit", "256Mi")),
        why: Message::new("pod-crash-loop-why").arg("container", "web").arg("restarts", 7_u64),
        fix: Fix {
            command: Some("kubectl -n shop logs web-7c9d6f6b5-2xk4n -c web --previous".to_owned()),
            advice: Message::new("pod-crash-loop-fix"),
        },
        count: 4,
        ..finding("pod-crash-loop", Severity::Error)
    };
    crash.effects.push(Finding {
        title: web(counted("workload-unavailable-title", 1)).arg("available", "1").arg("wanted", "5"),
        ..finding("workload-unavailable", Severity::Warning)
    });
    let mut report = report(vec![crash], Vec::new());
    report.cluster.context = Some("staging".to_owned());
    let what = vec![
        counted("summary-nodes", 3),
        counted("summary-pods", 45),
        counted("summary-workloads", 12),
        counted("summary-services", 9),
    ];
    report.summary = vec![Message::new("summary-looked-at").arg("what", what)];
    report
}

/// More than a screen holds.
pub(crate) fn crowded(count: usize) -> Report {
    let mut findings: Vec<_> = bad_night().findings;
    for n in 0..count {
        let title = format!("{} pods crash-looping in deployment team-{n}/backend-{n}: out of memory", 90 - n);
        findings.push(Finding {
            key: format!("pod-crash-loop/{n}"),
            title: words(&title),
            count: 90 - n as u64,
            ..finding("pod-crash-loop", Severity::Error)
        });
    }
    let unread = |n| NotChecked { what: words(&format!("thing {n:02}")), ..not_checked(NotCheckedWhy::Forbidden) };
    report(findings, (0..9).map(unread).collect())
}

/// A cluster whose every word attacks its reader.
pub(crate) fn hostile() -> Report {
    let mut bad = Finding {
        key: format!("pod-crash-loop/{HOSTILE}"),
        title: words(&format!("1 pod crash-looping: {HOSTILE}")),
        why: words(HOSTILE),
        fix: Fix { command: Some(format!("kubectl logs '{HOSTILE}'")), advice: words(HOSTILE) },
        objects: vec![object(HOSTILE, HOSTILE, Some(HOSTILE), HOSTILE)],
        ..finding("pod-crash-loop", Severity::Error)
    };
    bad.effects.push(Finding { title: words(HOSTILE), ..finding("service-no-endpoint", Severity::Error) });
    let unread = NotChecked {
        what: words(HOSTILE),
        why: NotCheckedWhy::Failed,
        detail: Some(words(HOSTILE)),
        rule: Some(RbacRule {
            api_group: HOSTILE.to_owned(),
            resource: HOSTILE.to_owned(),
            verb: HOSTILE.to_owned(),
            non_resource_url: None,
            namespace: Some(HOSTILE.to_owned()),
        }),
    };
    let mut report = report(vec![bad.clone()], vec![unread]);
    report.cluster =
        Cluster { context: Some(HOSTILE.to_owned()), server: HOSTILE.to_owned(), version: Some(HOSTILE.to_owned()) };
    report.ignored.push(Ignored { finding: bad, reason: Text::new(HOSTILE), until: None });
    report.comparison =
        Some(Comparison { new: vec![], gone: vec![Gone { key: HOSTILE.to_owned(), title: Text::new(HOSTILE) }] });
    report
}
