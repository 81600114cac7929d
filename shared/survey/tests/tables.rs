//! What is asked and what is seen where pods are read as tables, of a server whose every answer is known.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use quicktour_client::{ConnectFlags, Environment, connect_in};
use quicktour_survey::views::View as _;
use quicktour_survey::{Fold, Object, Part, Reading, Request, Scope, Survey, Tables, collect};
use serde_json::{Value, json};

/// A pod: its namespace and name, the words that a table shows of its state, and how it has ended.
type Pod = (&'static str, String, &'static str, Option<&'static str>);

/// An API server that has one node and these pods.
#[derive(Clone, Default)]
struct Model {
    pods: Vec<Pod>,
    /// A column that its tables do not have.
    without: Option<&'static str>,
    /// The path of which it says that it is forbidden.
    forbidden: Option<&'static str>,
}

impl Model {
    fn answer(&self, path: &str, accept: &str) -> (u16, Value) {
        if self.forbidden.is_some_and(|forbidden| path.starts_with(forbidden)) {
            return (403, json!({"kind": "Status", "status": "Failure", "reason": "Forbidden", "code": 403}));
        }
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let objects = |namespace: Option<&str>| {
            let of = |pod: &&Pod| namespace.is_none_or(|namespace| namespace == pod.0) && !query.contains("Selector=");
            self.pods.iter().filter(of).cloned().collect::<Vec<_>>()
        };
        match parts.as_slice() {
            ["api", "v1", "nodes"] => (
                200,
                list(&[json!({"metadata": {"name": "n1"}, "status": {
                "conditions": [{"type": "Ready", "status": "True"}]}})]),
            ),
            ["api", "v1", "namespaces"] => {
                let mut names: Vec<&str> = self.pods.iter().map(|pod| pod.0).collect();
                names.dedup();
                (200, list(&names.iter().map(|name| json!({"metadata": {"name": name}})).collect::<Vec<_>>()))
            }
            ["api", "v1", "pods"] => (200, self.pods(&objects(None), accept)),
            ["api", "v1", "namespaces", namespace, "pods"] => (200, self.pods(&objects(Some(namespace)), accept)),
            ["api", "v1", "namespaces", namespace, "pods", name] => {
                let pod = self.pods.iter().find(|pod| pod.0 == *namespace && pod.1 == *name).unwrap();
                (200, object(pod))
            }
            _ => (404, json!({"kind": "Status", "status": "Failure", "reason": "NotFound", "code": 404})),
        }
    }

    fn pods(&self, pods: &[Pod], accept: &str) -> Value {
        if !accept.contains("as=Table") {
            return list(&pods.iter().map(object).collect::<Vec<_>>());
        }
        let columns = ["Name", "Ready", "Status", "Restarts", "Node", "Readiness Gates"];
        let kept: Vec<usize> = (0..columns.len()).filter(|at| Some(columns[*at]) != self.without).collect();
        let row = |(_, name, status, ended): &Pod| {
            let ready = if *status == "Running" { "1/1" } else { "0/1" };
            let cells = [name.as_str(), ready, status, "0", "n1", "<none>"];
            let condition = ended.map(|ended| json!({"type": "Completed", "status": "True", "reason": ended}));
            json!({
                "cells": kept.iter().map(|at| cells[*at]).collect::<Vec<_>>(),
                "conditions": condition.into_iter().collect::<Vec<_>>(),
            })
        };
        let columns: Vec<Value> = kept.iter().map(|at| json!({"name": columns[*at]})).collect();
        json!({"kind": "Table", "columnDefinitions": columns, "rows": pods.iter().map(row).collect::<Vec<_>>()})
    }
}

fn object((namespace, name, status, ended): &Pod) -> Value {
    json!({
        "metadata": {"namespace": namespace, "name": name},
        "spec": {"nodeName": "n1"}, "status": {"phase": ended.unwrap_or("Running"), "message": status},
    })
}

fn list(items: &[Value]) -> Value {
    json!({"kind": "List", "metadata": {"resourceVersion": "7"}, "items": items})
}

/// What a survey showed, and what it asked for.
#[derive(Default)]
struct Seen {
    rows: u64,
    finished: u64,
    /// Pods by what they were shown as.
    counted: Vec<String>,
    whole: Vec<String>,
    asked: Vec<String>,
}

impl Fold for Seen {
    fn wants(&self, part: Part) -> bool {
        matches!(part, Part::Pods | Part::Nodes)
    }

    fn see(&mut self, object: Object<'_>, _: Timestamp) {
        match object {
            Object::PodRow(row) => {
                assert_eq!(row.node, "n1");
                self.rows += 1;
                self.finished += u64::from(row.finished);
            }
            Object::CountedPod(pod) => self.counted.push(format!("{}/{}", pod.meta().namespace, pod.meta().name)),
            Object::Pod(pod) => self.whole.push(format!("{}/{}", pod.meta().namespace, pod.meta().name)),
            _ => {}
        }
    }
}

fn survey(model: Model, tables: Tables) -> (Survey, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let log = Arc::clone(&asked);
    // Ends with the test process.
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (model, log) = (model.clone(), Arc::clone(&log));
            std::thread::spawn(move || serve(&stream, &model, &log));
        }
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut seen = Seen::default();
    let survey = runtime.block_on(async {
        let flags = ConnectFlags { server: Some(url), ..ConnectFlags::default() };
        let client = connect_in(&flags, &Environment::of(std::iter::empty())).await.unwrap();
        let request = Request { client: &client, scope: &Scope::Cluster, now: Timestamp::now(), tables };
        collect(request, &mut seen).await.unwrap()
    });
    seen.asked.clone_from(&asked.lock().unwrap());
    seen.counted.sort();
    (survey, seen)
}

fn serve(stream: &TcpStream, model: &Model, log: &Mutex<Vec<String>>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut out = stream;
    loop {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            if line.trim_end().is_empty() {
                break;
            }
            lines.push(line);
        }
        let path = lines[0].split(' ').nth(1)?.to_owned();
        let accept = lines.iter().find(|line| line.to_lowercase().starts_with("accept:")).cloned().unwrap_or_default();
        let (status, body) = model.answer(&path, &accept);
        log.lock().unwrap().push(path);
        let body = body.to_string();
        let length = body.len();
        let head = format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n");
        out.write_all((head + &body).as_bytes()).ok()?;
    }
}

fn named(pods: &[(&'static str, &str, &'static str, Option<&'static str>)]) -> Vec<Pod> {
    pods.iter().map(|(namespace, name, status, ended)| (*namespace, (*name).to_owned(), *status, *ended)).collect()
}

/// Requests for one pod each.
fn gets(asked: &[String]) -> usize {
    asked.iter().filter(|path| path.contains("/pods/")).count()
}

#[test]
fn every_pod_is_counted_once_and_only_what_is_in_doubt_is_read() {
    // As many as let reading one by one be the cheaper way.
    let filler: Vec<Pod> = (0..300).map(|number| ("a", format!("filler-{number}"), "Running", None)).collect();
    let mut pods = named(&[
        ("a", "db-0", "Running", None),
        ("a", "done", "Completed", Some("Succeeded")),
        ("a", "evicted", "Evicted", Some("Failed")),
        // Its containers have ended, and it runs on.
        ("a", "between", "Completed", None),
    ]);
    pods.extend(filler);
    pods.extend(named(&[("b", "db-0", "CrashLoopBackOff", None), ("b", "web", "Running", None)]));
    for (tables, read) in [
        (Tables::ByNamespace, &["a/between", "a/evicted", "b/db-0"][..]),
        // Rows of all namespaces do not tell where they live: the one of the same name is read too, and counts once.
        (Tables::Everywhere, &["a/between", "a/db-0", "a/evicted", "b/db-0"]),
    ] {
        let (survey, seen) = survey(Model { pods: pods.clone(), ..Model::default() }, tables);
        assert_eq!(survey.count(Part::Pods), Some(306), "{tables:?}");
        assert_eq!((seen.rows, seen.finished), (306, 2), "{tables:?}");
        assert_eq!(
            (seen.counted, seen.whole),
            (read.iter().map(|&name| name.to_owned()).collect(), vec![]),
            "{tables:?}"
        );
    }
}

#[test]
fn many_suspects_are_read_in_one_list() {
    let homes = ["a", "b", "c", "d", "e", "f"];
    let pods: Vec<Pod> =
        (0..600).map(|number| (homes[number / 100], format!("web-{number}"), "Pending", None)).collect();
    for (tables, requests) in [(Tables::ByNamespace, 2 * homes.len()), (Tables::Everywhere, 3)] {
        let (_, seen) = survey(Model { pods: pods.clone(), ..Model::default() }, tables);
        assert_eq!((seen.rows, seen.counted.len(), gets(&seen.asked)), (600, 600, 0), "{tables:?}");
        let lists = seen.asked.iter().filter(|path| path.contains("/pods?") && !path.contains("Selector=")).count();
        // A table and a list each; of all namespaces the list of metadata comes between.
        assert_eq!(lists, requests, "{tables:?}: {:#?}", seen.asked);
    }
}

#[test]
fn a_column_that_is_not_there_casts_doubt_on_every_row() {
    let pods = named(&[("a", "web", "Running", None), ("b", "db", "Running", None)]);
    for column in ["Ready", "Status", "Restarts", "Node", "Readiness Gates"] {
        for tables in [Tables::ByNamespace, Tables::Everywhere] {
            let (_, mut seen) = survey(Model { pods: pods.clone(), without: Some(column), ..Model::default() }, tables);
            seen.whole.sort();
            assert_eq!((seen.rows, seen.counted), (0, Vec::<String>::new()), "{column} {tables:?}");
            assert_eq!(seen.whole, ["a/web", "b/db"], "{column} {tables:?}");
        }
    }
}

#[test]
fn pods_are_read_even_where_kube_proxys_are_not() {
    let model = Model {
        pods: named(&[("a", "web", "Running", None)]),
        forbidden: Some("/api/v1/namespaces/kube-system/pods"),
        ..Model::default()
    };
    let (survey, seen) = survey(model, Tables::Everywhere);
    assert_eq!((survey.count(Part::Pods), seen.rows), (Some(1), 1));
    assert!(matches!(survey.kube_proxies, Reading::Forbidden(_)), "{:?}", survey.kube_proxies);
    let (survey, _) =
        self::survey(Model { pods: named(&[("a", "web", "Running", None)]), ..Model::default() }, Tables::Never);
    assert_eq!((survey.count(Part::Pods), survey.kube_proxies), (Some(1), Reading::NotAsked));
}
