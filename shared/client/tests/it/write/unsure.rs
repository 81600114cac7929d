use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::time::Duration;

use quicktour_client::{Deadline, Error, Lost, RequestTimeout, Situation, Writing};
use serde_json::json;

use super::{REAL, TRIAL, deployment, done, pod};
use crate::server::{Deaf, Reply, Server, nobody};
use crate::{client_of, told};

type Script = Box<dyn Fn() -> Reply + Send + Sync>;

/// Sends one write to a server that answers by `script`; how it failed and how many requests came.
async fn lost(how: Writing, script: impl Fn(usize) -> Reply + Send + Sync + 'static) -> (Result<(), Error>, usize) {
    let server = Server::start(move |seen, before| {
        assert_eq!(seen.method, "PATCH");
        assert!(seen.body.contains(r#""kind":"Deployment""#), "{}", seen.body);
        script(before)
    });
    let client = client_of(&server.http()).await.with_silence_limit(Duration::from_millis(600));
    let outcome = client.apply(&deployment("shop", "web", &json!({})), how).await.map(drop);
    (outcome, server.seen().len())
}

fn answer() -> Reply {
    Reply::json(200, &deployment("shop", "web", &json!({})).value().to_string())
}

#[tokio::test]
async fn a_write_that_may_have_taken_place_is_never_sent_again() {
    let given_up = |status| Lost::GivenUp { status, message: "busy".to_owned() };
    let silence = Lost::TimedOut { deadline: Deadline::Silence, after: Duration::from_millis(800) };
    let busy = |status| Reply::json(status, r#"{"kind":"Status","message":"busy"}"#).header("retry-after", "0");
    let broken = || Reply::Broken("application/json", 100, b"{".to_vec());
    let cases: [(&str, Script, Lost); 8] = [
        ("closed", Box::new(|| Reply::Close), Lost::Closed),
        ("silent", Box::new(|| Reply::Hang), silence),
        ("half an answer", Box::new(broken), Lost::Closed),
        ("half a header", Box::new(|| Reply::Bytes(b"HTTP/1.1 20".to_vec())), Lost::Closed),
        ("500", Box::new(move || busy(500)), given_up(500)),
        ("502", Box::new(move || busy(502)), given_up(502)),
        ("503", Box::new(move || busy(503)), given_up(503)),
        ("504", Box::new(move || busy(504)), given_up(504)),
    ];
    for (name, reply, lost) in cases {
        let (outcome, requests) = self::lost(REAL, move |_| reply()).await;
        let error = outcome.unwrap_err();
        assert_eq!((error.situation(), requests), (&Situation::OutcomeUnknown { lost }, 1), "{name}");
        assert!(error.is_outcome_unknown() && !error.is_refused_write(), "{name}");
        assert_eq!(error.exit_code().code(), 3, "{name}");
    }
    // A webhook that could not be called: nothing took place, and the message says why.
    let webhook = r#"{"kind":"Status","reason":"InternalError","message":"failed calling webhook"}"#;
    let (outcome, requests) = lost(REAL, move |_| Reply::json(500, webhook)).await;
    let error = outcome.unwrap_err();
    assert!(matches!(error.situation(), Situation::ServerError { status: 500, .. }), "{:?}", error.situation());
    assert_eq!(requests, 1);
}

#[tokio::test]
async fn a_users_own_deadline_tells_more_than_that_the_outcome_is_unknown() {
    let server = Server::start(|_, _| Reply::Hang);
    let half = Duration::from_millis(500);
    let client = client_of(&server.http()).await.with_request_timeout(RequestTimeout::After(half));
    let error = client.create(&pod("shop", "p"), REAL).await.unwrap_err();
    assert_eq!(
        told(&error)[1],
        "it is not known whether this took place: no complete answer within the 500 ms that `--request-timeout` gives it"
    );
    assert_eq!((error.exit_code().code(), error.is_outcome_unknown(), server.seen().len()), (4, true, 1));
}

#[tokio::test]
async fn a_write_is_sent_again_only_when_the_server_surely_did_nothing() {
    // Put off by the server, which says until when.
    let (outcome, requests) = lost(REAL, |before| match before {
        0 => Reply::json(429, "{}").header("retry-after", "1"),
        _ => answer(),
    })
    .await;
    done(outcome);
    assert_eq!(requests, 2);
    // Refused for being too many, without a word about later.
    let (outcome, requests) = lost(REAL, |_| Reply::json(429, "{}")).await;
    assert!(matches!(outcome.unwrap_err().situation(), Situation::ServerError { status: 429, .. }));
    assert_eq!(requests, 1);
    // A trial may be repeated, for it changes nothing.
    let (outcome, requests) = lost(TRIAL, |before| if before < 2 { Reply::Close } else { answer() }).await;
    done(outcome);
    assert_eq!(requests, 3);

    // Nobody listens: nothing can have been sent.
    let client = client_of(&format!("http://{}", nobody())).await;
    let error = client.apply(&deployment("shop", "web", &json!({})), REAL).await.unwrap_err();
    assert!(matches!(error.situation(), Situation::Unreachable { .. }), "{:?}", error.situation());
    // Nor when the deadline passes before there is a connection.
    let deaf = Deaf::start();
    let client = client_of(&format!("http://{}", deaf.address)).await;
    let client = client.with_request_timeout(RequestTimeout::After(Duration::from_millis(500)));
    let error = client.apply(&deployment("shop", "web", &json!({})), REAL).await.unwrap_err();
    assert!(matches!(error.situation(), Situation::TimedOut { .. }), "{:?}", error.situation());
}

#[tokio::test]
async fn a_restart_between_two_writes_is_waited_for() {
    // A port that is free until the second try.
    let address = nobody();
    let client = client_of(&format!("http://{address}")).await;
    let listen = address.clone();
    let server = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        let listener = TcpListener::bind(listen).unwrap();
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 4096]).unwrap();
        let body = deployment("shop", "web", &json!({})).value().to_string();
        write!(
            stream,
            "HTTP/1.1 201 X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
    });
    assert!(done(client.apply(&deployment("shop", "web", &json!({})), REAL).await).created);
    server.join().unwrap();
}
