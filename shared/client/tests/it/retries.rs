use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use quicktour_client::views::View as _;
use quicktour_client::views::pod::Pod;
use quicktour_client::{
    Client, ConnectFlags, Error, ListOptions, Listed, RequestTimeout, Scope, Situation, WatchEvent, connect_in,
};

use crate::server::{Reply, Server};
use crate::{bare_machine, client_of, told};

const EMPTY: &str = r#"{"metadata":{"resourceVersion":"1"},"items":[]}"#;

async fn list(client: &Client) -> Result<(Vec<String>, Listed), Error> {
    let mut names = Vec::new();
    let listed = client
        .list(&Scope::Cluster, &ListOptions::default(), &mut |pod: Pod| names.push(pod.meta().name.clone()))
        .await;
    listed.map(|listed| (names, listed))
}

/// A list of pods by name.
fn pods(names: &[&str], next: &str) -> String {
    let items: Vec<String> = names.iter().map(|name| format!(r#"{{"metadata":{{"name":"{name}"}}}}"#)).collect();
    format!(r#"{{"metadata":{{"resourceVersion":"7","continue":"{next}"}},"items":[{}]}}"#, items.join(","))
}

#[tokio::test]
async fn a_busy_server_is_asked_again_when_it_said() {
    let server = Server::start(|_, before| match before {
        0 => Reply::json(429, "{}").header("retry-after", "1"),
        1 => Reply::json(503, r#"{"kind":"Status","details":{"retryAfterSeconds":1}}"#),
        _ => Reply::json(200, EMPTY),
    });
    list(&client_of(&server.http()).await).await.unwrap();
    let seen = server.seen();
    assert_eq!(seen.len(), 3);
    for pair in seen.windows(2) {
        let wait = pair[1].at - pair[0].at;
        assert!(wait >= Duration::from_millis(990) && wait < Duration::from_secs(10), "{wait:?}");
    }
}

#[tokio::test]
async fn resets_and_failures_are_asked_again_after_growing_waits() {
    let server = Server::start(|_, before| match before {
        0 => Reply::Close,
        1 => Reply::json(502, ""),
        2 => Reply::json(500, "{}"),
        3 => Reply::Broken("application/json", 90, b"{".to_vec()),
        _ => Reply::json(200, EMPTY),
    });
    list(&client_of(&server.http()).await).await.unwrap();
    let seen = server.seen();
    assert_eq!(seen.len(), 5);
    // 250 ms doubled each time, of which half is chance.
    for (pair, least) in seen.windows(2).zip([125, 250, 500, 1000]) {
        let wait = pair[1].at - pair[0].at;
        assert!(wait >= Duration::from_millis(least), "{wait:?} is shorter than {least} ms");
    }
}

#[tokio::test]
async fn a_wait_beyond_the_deadline_is_not_begun() {
    let server = Server::start(|_, _| Reply::json(503, r#"{"message":"starting"}"#).header("retry-after", "3600"));
    let client = client_of(&server.http()).await;
    let begun = Instant::now();
    let error = list(&client).await.unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(10), "waited {:?}", begun.elapsed());
    assert_eq!(told(&error)[1], "the server answered with status 503: starting");
}

#[tokio::test]
async fn the_deadline_holds_for_all_tries_together() {
    let server = Server::start(|_, _| Reply::json(503, "{}"));
    let client =
        client_of(&server.http()).await.with_request_timeout(RequestTimeout::After(Duration::from_millis(900)));
    let begun = Instant::now();
    let error = list(&client).await.unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(5), "took {:?}", begun.elapsed());
    assert!(matches!(error.situation(), Situation::ServerError { status: 503, .. }), "{:?}", error.situation());
    let tries = server.seen().len();
    assert!((2..=4).contains(&tries), "{tries} tries");
}

#[tokio::test]
async fn a_handshake_that_hangs_is_left_at_the_users_deadline_and_not_before() {
    // It takes connections and says nothing; our own limit for that is 10 s.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let flags = ConnectFlags {
        server: Some(format!("https://{}", silent.local_addr().unwrap())),
        request_timeout: Some(RequestTimeout::After(Duration::from_secs(12))),
        ..ConnectFlags::default()
    };
    let error = list(&connect_in(&flags, &bare_machine()).await.unwrap()).await.unwrap_err();
    assert!(error.is_users_deadline(), "{:?}", error.situation());
}

#[tokio::test]
async fn a_server_that_was_never_there_is_tried_twice_and_one_that_was_more_often() {
    let never = client_of(&format!("http://{}", crate::server::nobody())).await;
    let begun = Instant::now();
    list(&never).await.unwrap_err();
    let took = begun.elapsed();
    assert!(took >= Duration::from_millis(200) && took < Duration::from_secs(3), "took {took:?}");

    // A listener that takes one connection and is gone: the second request finds nobody.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let client = client_of(&format!("http://{}", listener.local_addr().unwrap())).await;
    std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        let (mut stream, _) = listener.accept().unwrap();
        drop(listener);
        let _ = stream.read(&mut [0; 4096]).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok").unwrap();
    });
    assert_eq!(client.raw("/livez").await.unwrap().body, "ok");
    let begun = Instant::now();
    let error = list(&client).await.unwrap_err();
    assert!(begun.elapsed() > Duration::from_secs(1), "gave up after {:?}", begun.elapsed());
    assert!(matches!(error.situation(), Situation::Unreachable { .. }), "{:?}", error.situation());
}

#[tokio::test]
async fn what_is_not_worth_it_is_asked_once() {
    for status in [400, 403, 404, 405, 409, 410] {
        let server = Server::start(move |_, _| Reply::json(status, "{}"));
        list(&client_of(&server.http()).await).await.unwrap_err();
        assert_eq!(server.seen().len(), 1, "status {status}");
    }
    // `/readyz` fails with 500: that is its answer.
    let server = Server::start(|_, _| Reply::Answer(500, vec![], b"[-]etcd failed".to_vec()));
    let raw = client_of(&server.http()).await.raw("/readyz?verbose").await.unwrap();
    assert_eq!((raw.status, raw.body.as_str(), server.seen().len()), (500, "[-]etcd failed", 1));
    assert_eq!(server.seen()[0].path, "/readyz?verbose");
}

#[tokio::test]
async fn a_gateway_does_not_answer_for_the_health_endpoints() {
    let server = Server::start(|_, before| match before {
        0 => Reply::Answer(502, vec![], b"<html>bad gateway".to_vec()),
        1 => Reply::Answer(503, vec![], b"no healthy upstream".to_vec()),
        2 => Reply::Answer(504, vec![], vec![]),
        _ => Reply::Answer(200, vec![], b"ok".to_vec()),
    });
    let raw = client_of(&server.http()).await.raw("/readyz?verbose").await.unwrap();
    assert_eq!((raw.status, raw.body.as_str(), server.seen().len()), (200, "ok", 4));

    let server = Server::start(|_, _| Reply::Answer(503, vec![], vec![]));
    let error = client_of(&server.http()).await.raw("/livez").await.unwrap_err();
    assert_eq!(told(&error)[1], "the server answered with status 503, also when asked 5 times");
}

#[tokio::test]
async fn pages_follow_each_other() {
    let server = Server::start(|seen, _| {
        let page = match seen.path.as_str() {
            "/api/v1/pods?limit=500&fieldSelector=spec.nodeName%3Dn1&labelSelector=a%20in%20%28b%29" => {
                pods(&["a", "b"], "x/=+")
            }
            path if path.starts_with("/api/v1/pods?limit=500&continue=x%2F%3D%2B&field") => pods(&["c"], ""),
            path => panic!("{path}"),
        };
        Reply::json(200, &page)
    });
    let options = ListOptions {
        field_selector: Some("spec.nodeName=n1".into()),
        label_selector: Some("a in (b)".into()),
        ..ListOptions::default()
    };
    let (client, mut names) = (client_of(&server.http()).await, Vec::new());
    let listed =
        client.list(&Scope::Cluster, &options, &mut |pod: Pod| names.push(pod.meta().name.clone())).await.unwrap();
    assert_eq!(names, ["a", "b", "c"]);
    assert_eq!(listed, Listed { count: 3, resource_version: "7".into(), consistent: true });
    let first = &server.seen()[0];
    assert_eq!(first.all("accept"), ["application/vnd.kubernetes.protobuf, application/json;q=0.9"]);
    assert_eq!(first.all("user-agent"), [concat!("quicktour/", env!("CARGO_PKG_VERSION"))]);
}

#[tokio::test]
async fn a_stale_list_goes_on_where_it_was_or_says_that_it_cannot() {
    let gone = |next: &str| {
        Reply::json(410, &format!(r#"{{"kind":"Status","reason":"Expired","metadata":{{"continue":"{next}"}}}}"#))
    };
    let script = move |offered: &'static str| {
        move |seen: &crate::server::Seen, _: usize| match seen.path.split("continue=").nth(1) {
            None => Reply::json(200, &pods(&["a"], "old")),
            Some("old") => gone(offered),
            Some("fresh") => Reply::json(200, &pods(&["b"], "")),
            other => panic!("{other:?}"),
        }
    };
    let server = Server::start(script("fresh"));
    let (names, listed) = list(&client_of(&server.http()).await).await.unwrap();
    assert_eq!(names, ["a", "b"]);
    assert!(!listed.consistent);

    let server = Server::start(script(""));
    let error = list(&client_of(&server.http()).await).await.unwrap_err();
    assert!(error.is_stale_list(), "{:?}", error.situation());

    let server = Server::start(script("old"));
    let error = list(&client_of(&server.http()).await).await.unwrap_err();
    assert_eq!(server.seen().len(), 2, "a server that goes in circles was followed");
    assert!(!error.is_stale_list(), "{:?}", error.situation());
}

/// A protobuf list of pods by name.
fn protobuf(names: &[&str]) -> Vec<u8> {
    let field = |number: u8, bytes: &[u8]| [&[number << 3 | 2, u8::try_from(bytes.len()).unwrap()], bytes].concat();
    let items = names.iter().flat_map(|name| field(2, &field(1, &field(1, name.as_bytes()))));
    let list: Vec<u8> = field(1, &field(2, b"42")).into_iter().chain(items).collect();
    [b"k8s\0".to_vec(), field(2, &list)].concat()
}

#[tokio::test]
async fn a_page_that_breaks_off_is_taken_up_without_repeating_an_object() {
    let server = Server::start(|_, before| {
        let whole = protobuf(&["a", "b", "c"]);
        match before {
            0 => Reply::Broken("application/vnd.kubernetes.protobuf", whole.len(), whole[..whole.len() - 8].to_vec()),
            _ => Reply::protobuf(200, &whole),
        }
    });
    let (names, listed) = list(&client_of(&server.http()).await).await.unwrap();
    assert_eq!(names, ["a", "b", "c"]);
    assert_eq!(listed.count, 3);
    let paths: Vec<String> = server.seen().into_iter().map(|seen| seen.path).collect();
    let first = "/api/v1/pods?limit=500";
    assert_eq!(paths, [first.to_owned(), format!("{first}&resourceVersion=42&resourceVersionMatch=Exact")]);
}

#[tokio::test]
async fn a_first_page_of_unknown_moment_is_not_taken_up() {
    let server = Server::start(|_, _| {
        let body = r#"{"items":[{"metadata":{"name":"a"}},"#;
        Reply::Broken("application/json", body.len() + 99, body.into())
    });
    let client = client_of(&server.http()).await;
    let mut seen = 0;
    let error = client.list(&Scope::Cluster, &ListOptions::default(), &mut |_: Pod| seen += 1).await.unwrap_err();
    assert_eq!((seen, server.seen().len()), (1, 1), "{:?}", told(&error));
}

#[tokio::test]
async fn impersonation_and_tokens_travel_as_headers() {
    let server = Server::start(|_, _| Reply::json(200, EMPTY));
    let flags = ConnectFlags {
        server: Some(server.http()),
        token: Some("hush".into()),
        impersonate: Some("jo".into()),
        impersonate_groups: vec!["a".into(), "b".into()],
        impersonate_uid: Some("7".into()),
        ..ConnectFlags::default()
    };
    let client = connect_in(&flags, &bare_machine()).await.unwrap();
    list(&client).await.unwrap();
    let seen = &server.seen()[0];
    assert_eq!(seen.all("impersonate-user"), ["jo"]);
    assert_eq!(seen.all("impersonate-group"), ["a", "b"]);
    assert_eq!(seen.all("impersonate-uid"), ["7"]);
    assert_eq!(seen.all("authorization"), ["Bearer hush"]);
}

#[tokio::test]
async fn no_more_than_four_calls_are_under_way() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counter, record) = (Arc::clone(&now), Arc::clone(&most));
    let server = Server::start(move |_, _| {
        record.fetch_max(counter.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(50));
        counter.fetch_sub(1, Ordering::SeqCst);
        Reply::json(200, EMPTY)
    });
    let client = client_of(&server.http()).await;
    let lists = futures::future::join_all((0..12).map(|_| list(&client))).await;
    assert!(lists.iter().all(Result::is_ok));
    assert_eq!(most.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn a_watch_that_the_server_ends_with_errors_lists_again_after_growing_waits_until_the_deadline() {
    let error =
        || Reply::json(200, &(r#"{"type":"ERROR","object":{"code":500,"message":"no leader"}}"#.to_owned() + "\n"));
    let bookmark = r#"{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"9"}}}"#.to_owned() + "\n";
    // The first watch is open for longer than the deadline before it fails, as on a real server.
    let server = Server::start(move |seen, before| match (seen.path.contains("watch=1"), before) {
        (false, _) => Reply::json(200, &pods(&["a"], "")),
        (true, 1) => {
            std::thread::sleep(Duration::from_millis(1200));
            Reply::json(200, &(bookmark.clone() + r#"{"type":"ERROR","object":{"code":500}}"#))
        }
        (true, _) => error(),
    });
    let client = client_of(&server.http()).await.with_request_timeout(RequestTimeout::After(Duration::from_secs(2)));
    let mut restarts = 0;
    let error = client
        .watch(&Scope::Cluster, &ListOptions::default(), &mut |event: WatchEvent<Pod>| {
            restarts += u32::from(event == WatchEvent::Restarted);
            ControlFlow::Continue(())
        })
        .await
        .unwrap_err();
    assert_eq!(told(&error)[1], "the server answered with status 500: no leader");
    assert!((3..=6).contains(&restarts), "{restarts} lists");
    let lists: Vec<_> = server.seen().into_iter().filter(|seen| !seen.path.contains("watch=1")).collect();
    for (pair, least) in lists.windows(2).zip([125, 250, 500]).skip(1) {
        let wait = pair[1].at - pair[0].at;
        assert!(wait >= Duration::from_millis(least), "{wait:?} is shorter than {least} ms");
    }
}

#[tokio::test]
async fn a_watch_resumes_and_lists_again_when_it_must() {
    let event = |kind: &str, name: &str, version: u32| {
        format!(r#"{{"type":"{kind}","object":{{"metadata":{{"name":"{name}","resourceVersion":"{version}"}}}}}}"#)
            + "\n"
    };
    let server = Server::start(move |seen, _| {
        let version = seen.path.split("resourceVersion=").nth(1);
        match version {
            None => Reply::json(200, &pods(&["a"], "")),
            // An event, then the connection breaks in the middle of another.
            Some("7") => {
                let text = event("MODIFIED", "a", 8) + &event("BOOKMARK", "", 9) + r#"{"type":"ADD"#;
                Reply::Broken("application/json", text.len() + 9, text.into_bytes())
            }
            Some("9") => Reply::json(200, &(event("ADDED", "b", 10) + &event("DELETED", "a", 11))),
            Some("11") => Reply::json(200, &(r#"{"type":"ERROR","object":{"code":410}}"#.to_owned() + "\n")),
            other => panic!("{other:?}"),
        }
    });
    let (client, mut told, mut restarts) = (client_of(&server.http()).await, Vec::new(), 0);
    let options = ListOptions::default();
    let mut each = |event: WatchEvent<Pod>| {
        told.push(match event {
            WatchEvent::Restarted => {
                restarts += 1;
                "restarted".to_owned()
            }
            WatchEvent::Applied(pod) => format!("+{}", pod.meta().name),
            WatchEvent::Deleted(pod) => format!("-{}", pod.meta().name),
        });
        if restarts == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    client.watch(&Scope::Cluster, &options, &mut each).await.unwrap();
    assert_eq!(told, ["restarted", "+a", "+a", "+b", "-a", "restarted"]);
}
