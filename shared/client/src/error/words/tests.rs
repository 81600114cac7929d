//! Every part of every situation has its words, and no word is left over. That each situation arises, and what exactly
//! is said then, is proven on real sockets and servers by the integration tests.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use quicktour_report::catalogue::Catalogue;
use quicktour_report::finding::RbacRule;
use quicktour_report::message::{Arg, Message};

use super::super::{Act, Contested, Lost, Scope};
use super::*;
use crate::views::View as _;
use crate::views::node::Node;
use crate::views::pod::Pod;

fn flaws() -> Vec<Situation> {
    let text = || "text".to_owned();
    let flaws = [
        Flaw::Missing,
        Flaw::Unreadable(text()),
        Flaw::NotAKubeconfig,
        Flaw::NotACertificate,
        Flaw::HalfAPair,
        Flaw::NoServer,
        Flaw::BadAddress(text()),
        Flaw::AuthProvider(text()),
        Flaw::BadCredential,
    ];
    let on = |flaw: &Flaw, path: bool, line: Option<u64>| Situation::BadKubeconfig {
        path: path.then(|| PathBuf::from("/f")),
        line,
        flaw: flaw.clone(),
    };
    flaws
        .iter()
        .flat_map(|flaw| match flaw {
            Flaw::Missing | Flaw::Unreadable(_) => vec![on(flaw, true, None)],
            Flaw::NotAKubeconfig => vec![on(flaw, true, None), on(flaw, true, Some(3))],
            Flaw::NotACertificate => vec![on(flaw, true, None), on(flaw, false, None)],
            _ => vec![on(flaw, false, None)],
        })
        .collect()
}

fn entries() -> Vec<Situation> {
    let mut all = Vec::new();
    for entry in [Entry::Context, Entry::Cluster, Entry::User] {
        for (known, nearest) in [(vec![], None), (vec!["b"], None), (vec!["ab", "b"], Some("ab"))] {
            all.push(Situation::NotInKubeconfig {
                entry,
                name: Some("a".to_owned()),
                known: known.into_iter().map(str::to_owned).collect(),
                nearest: nearest.map(str::to_owned),
            });
        }
    }
    for known in [vec![], vec!["a".to_owned()], vec!["a".to_owned(), "b".to_owned()]] {
        all.push(Situation::NotInKubeconfig { entry: Entry::Context, name: None, known, nearest: None });
    }
    all
}

fn connections() -> Vec<Situation> {
    let text = || "text".to_owned();
    let ways = [
        Unreachable::Refused,
        Unreachable::UnknownHost,
        Unreachable::NoAnswer(Duration::from_secs(9)),
        Unreachable::Reset,
        Unreachable::NoRoute,
        Unreachable::NotHttp,
        Unreachable::Other(text()),
    ];
    let doubts = [
        Distrust::UnknownAuthority,
        Distrust::OtherName { expected: text(), presented: vec![text(), text()] },
        Distrust::OtherName { expected: text(), presented: Vec::new() },
        Distrust::Expired,
        Distrust::NotYetValid,
        Distrust::NotTls,
        Distrust::Refused(text()),
        Distrust::Other(text()),
    ];
    let unreachable = ways.into_iter().flat_map(|how| {
        [false, true].map(|proxy| Situation::Unreachable { address: "h:1".to_owned(), proxy, how: how.clone() })
    });
    let distrusted = doubts.into_iter().map(|why| Situation::NotTrusted { address: "h:1".to_owned(), why });
    unreachable.chain(distrusted).collect()
}

fn credentials() -> Vec<Situation> {
    let text = || "text".to_owned();
    let credentials = [
        Credential::None,
        Credential::Certificate,
        Credential::Token,
        Credential::Password,
        Credential::ExecPlugin,
        Credential::ServiceAccount,
    ];
    let failures = [
        ExecFailure::Missing,
        ExecFailure::NotStarted(text()),
        ExecFailure::Failed { code: Some(1), stderr: text() },
        ExecFailure::Failed { code: Some(1), stderr: String::new() },
        ExecFailure::Failed { code: None, stderr: text() },
        ExecFailure::Failed { code: None, stderr: String::new() },
        ExecFailure::BadAnswer { stderr: text() },
        ExecFailure::BadAnswer { stderr: String::new() },
        ExecFailure::NeedsTerminal,
        ExecFailure::TooSlow(Duration::from_mins(1)),
    ];
    let refused = credentials.into_iter().map(|credential| Situation::Unauthenticated { credential });
    let failed = failures.into_iter().flat_map(|failure| {
        [None, Some(text())].map(|install_hint| Situation::ExecPlugin {
            program: text(),
            failure: failure.clone(),
            install_hint,
        })
    });
    refused.chain(failed).collect()
}

fn answers() -> Vec<Situation> {
    let rule = |namespace: Option<&str>, path: Option<&str>| {
        Box::new(RbacRule {
            api_group: String::new(),
            resource: "pods".to_owned(),
            verb: "get".to_owned(),
            non_resource_url: path.map(str::to_owned),
            namespace: namespace.map(str::to_owned),
        })
    };
    let mut all = vec![
        Situation::NoKubeconfig { tried: Vec::new() },
        Situation::NoKubeconfig { tried: vec![PathBuf::from("/a"), PathBuf::from("/b")] },
        Situation::Forbidden { rule: rule(None, None), name: None, user: None },
        Situation::Forbidden { rule: rule(Some("ns"), None), name: Some("x".to_owned()), user: Some("jo".to_owned()) },
        Situation::Forbidden { rule: rule(None, Some("/x")), name: None, user: None },
        Situation::MayNotImpersonate { user: None },
        Situation::MayNotImpersonate { user: Some("jo".to_owned()) },
        Situation::ApiAbsent { group: String::new(), what: "/x".to_owned() },
        Situation::ApiAbsent { group: "g".to_owned(), what: "x.g".to_owned() },
        Situation::NotFound { what: "pods".to_owned(), namespace: Some("ns".to_owned()), name: "x".to_owned() },
        Situation::NotFound { what: "nodes".to_owned(), namespace: None, name: "x".to_owned() },
    ];
    for deadline in [Deadline::RequestTimeout, Deadline::Call, Deadline::Silence] {
        all.push(Situation::TimedOut { deadline, after: Duration::from_secs(3) });
    }
    for (message, tries) in [("", 1), ("text", 1), ("", 5), ("text", 5)] {
        all.push(Situation::ServerError { status: 500, message: message.to_owned(), tries });
    }
    for why in [Garbled::ContentType, Garbled::Json, Garbled::Protobuf, Garbled::Truncated, Garbled::TooLarge] {
        all.push(Situation::NotUnderstood { path: "/x".to_owned(), why });
    }
    all
}

fn writes() -> Vec<Situation> {
    let text = || "text".to_owned();
    let after = Duration::from_secs(3);
    let mut all = vec![
        Situation::Conflict {
            fields: vec![
                Contested { manager: text(), field: ".spec.replicas".to_owned() },
                Contested { manager: text(), field: ".metadata.labels.a".to_owned() },
            ],
        },
        Situation::Changed,
        Situation::AlreadyExists,
        Situation::NamespaceMissing { namespace: text() },
        Situation::NamespaceTerminating { namespace: text() },
    ];
    for status in [400, 403, 422] {
        all.extend([text(), String::new()].map(|message| Situation::Refused { status, message }));
    }
    let mut lost = vec![Lost::Closed];
    lost.extend([text(), String::new()].map(|message| Lost::GivenUp { status: 504, message }));
    lost.extend(
        [Deadline::RequestTimeout, Deadline::Call, Deadline::Silence]
            .map(|deadline| Lost::TimedOut { deadline, after }),
    );
    all.extend(lost.into_iter().map(|lost| Situation::OutcomeUnknown { lost }));
    all
}

fn doings_of_writes() -> Vec<Doing> {
    let mut all = vec![
        Doing::Logs { namespace: "ns".to_owned(), pod: "x".to_owned() },
        Doing::Forward { namespace: "ns".to_owned(), pod: "x".to_owned(), port: 80 },
        Doing::Review { verb: "get".to_owned(), resource: Pod::RESOURCE, namespace: Some("ns".to_owned()) },
        Doing::Review { verb: "get".to_owned(), resource: Pod::RESOURCE, namespace: None },
        Doing::Review { verb: "get".to_owned(), resource: Node::RESOURCE, namespace: None },
    ];
    for act in [Act::Apply, Act::Create, Act::Patch, Act::Scale, Act::Delete] {
        for (resource, namespace) in [(Pod::RESOURCE, Some("ns".to_owned())), (Node::RESOURCE, None)] {
            for (name, dry_run) in [("x", false), ("x-", true)] {
                all.push(Doing::Write { act, resource, namespace: namespace.clone(), name: name.to_owned(), dry_run });
            }
        }
    }
    all
}

fn doings() -> Vec<Doing> {
    let namespace = || Scope::Namespace("ns".to_owned());
    vec![
        Doing::Connect,
        Doing::List(Pod::RESOURCE, Scope::Cluster),
        Doing::List(Node::RESOURCE, Scope::Cluster),
        Doing::Watch(Pod::RESOURCE, namespace()),
        Doing::Watch(Node::RESOURCE, Scope::Cluster),
        Doing::Get { resource: Pod::RESOURCE, namespace: Some("ns".to_owned()), name: "x".to_owned() },
        Doing::Get { resource: Node::RESOURCE, namespace: None, name: "x".to_owned() },
        Doing::Ask("/x".to_owned()),
    ]
}

fn places() -> Vec<Place> {
    let mut all = Vec::new();
    for context in [None, Some("c".to_owned())] {
        for server in [None, Some("https://h".to_owned())] {
            all.push(Place { context: context.clone(), server, ..Place::default() });
        }
    }
    all
}

/// The ids of a message and of those inside it.
fn ids(message: &Message, into: &mut BTreeSet<&'static str>) {
    into.insert(message.id);
    for (_, arg) in &message.args {
        match arg {
            Arg::Message(inner) => ids(inner, into),
            Arg::List(inner) => inner.iter().for_each(|inner| ids(inner, into)),
            _ => {}
        }
    }
}

#[test]
fn everything_has_its_words_and_no_words_are_left_over() {
    let catalogue = Catalogue::english();
    let (mut used, mut seen) = (BTreeSet::new(), BTreeSet::new());
    let mut check = |doing: &Doing, place: &Place, situation: &Situation| {
        let problem = problem(doing, place, situation);
        let hint = problem.hint.as_ref().expect("every situation has a hint");
        for message in [&problem.doing, &problem.cause, hint] {
            // Most are said in many places; to look at each once takes seconds instead of a minute.
            if !seen.insert(format!("{message:?}")) {
                continue;
            }
            ids(message, &mut used);
            let text = catalogue.check(message).unwrap_or_else(|errors| panic!("{message:?}: {errors:?}"));
            assert!(!text.ends_with('.'), "a final period: {text}");
            assert!(!text.contains("  ") && !text.starts_with(char::is_uppercase), "{text}");
            assert!(!std::ptr::eq(message, hint) || text.matches('`').count() >= 2, "no command in {text}");
        }
    };
    let situations: Vec<Situation> =
        [flaws(), entries(), connections(), credentials(), answers()].into_iter().flatten().collect();
    for doing in doings() {
        for place in places() {
            for situation in &situations {
                check(&doing, &place, situation);
            }
        }
    }
    let place = Place { context: Some("c".to_owned()), ..Place::default() };
    for doing in doings_of_writes() {
        for situation in answers().iter().chain(&writes()) {
            check(&doing, &place, situation);
        }
    }
    let unused: Vec<_> =
        catalogue.keys().into_keys().filter(|key| key.starts_with("client-") && !used.contains(key)).collect();
    assert!(unused.is_empty(), "nobody says {unused:?}");
}
