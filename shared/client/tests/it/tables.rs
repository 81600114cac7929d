//! Tables, lists that turn out to be long, and the server's clock, on real sockets.

use jiff::{SignedDuration, Timestamp};
use quicktour_client::views::pod::Pod;
use quicktour_client::{Cell, Client, Error, ListOptions, Scope, Size};

use crate::server::{Reply, Server};
use crate::{client_of, told};

const HEAD: &str = r#""kind":"Table","columnDefinitions":[{"name":"Name"},{"name":"Restarts"},{"name":"Status"}]"#;

/// Name, restarts and status of each row, as far as they are words and numbers.
async fn rows(client: &Client) -> Result<Vec<String>, Error> {
    let mut rows = Vec::new();
    client
        .table::<Pod>(&Scope::Cluster, &mut |row| {
            let restarts = match row.cell("restarts") {
                Some(Cell::Number(restarts)) => restarts.to_string(),
                Some(Cell::Text(text)) => format!("`{text}`"),
                Some(Cell::Other) => "?".to_owned(),
                None => "-".to_owned(),
            };
            let (name, status) = (row.text("name").unwrap_or("-"), row.text("status").unwrap_or("-"));
            rows.push(format!("{name} {restarts} {status}"));
        })
        .await
        .map(|count| {
            assert_eq!(count, rows.len() as u64);
            rows
        })
}

#[tokio::test]
async fn rows_arrive_with_the_names_of_their_columns() {
    let body = format!(
        r#"{{{HEAD},"rows":[{{"cells":["a",3,"Running"]}},{{"cells":["b\u0000","3 (5m ago)",null]}},{{"cells":["c",1.5]}}]}}"#
    );
    let server = Server::start(move |_, _| Reply::json(200, &body));
    let got = rows(&client_of(&server.http()).await).await.unwrap();
    assert_eq!(got, ["a 3 Running", "b\u{0} `3 (5m ago)` -", "c ? -"]);
    let asked = &server.seen()[0];
    assert!(asked.all("accept")[0].contains("as=Table"), "{:?}", asked.all("accept"));
}

#[tokio::test]
async fn a_row_tells_whether_its_object_has_ended() {
    // As kube-apiserver 1.36.3 prints pods: the words of the second row are those of a pod whose containers have ended
    // and that has not.
    let body = format!(
        r#"{{{HEAD},"rows":[
            {{"cells":["a",0,"Completed"],"conditions":[{{"type":"Completed","status":"True","reason":"Succeeded","message":"The pod has completed successfully."}}]}},
            {{"cells":["b",0,"Completed"]}},
            {{"cells":["c",0,"Error"],"conditions":[{{"type":"Completed","status":"True","reason":"Failed","message":"The pod failed."}}]}}
        ]}}"#
    );
    let server = Server::start(move |_, _| Reply::json(200, &body));
    let client = client_of(&server.http()).await;
    let mut ended = Vec::new();
    client.table::<Pod>(&Scope::Cluster, &mut |row| ended.push(row.ended().map(str::to_owned))).await.unwrap();
    assert_eq!(ended, [Some("Succeeded".to_owned()), None, Some("Failed".to_owned())]);
}

#[tokio::test]
async fn an_empty_table_has_no_rows_and_a_list_is_no_table() {
    let empty = format!(r#"{{{HEAD},"rows":[]}}"#);
    let server = Server::start(move |_, _| Reply::json(200, &empty));
    assert!(rows(&client_of(&server.http()).await).await.unwrap().is_empty());

    // A server that does not know tables answers with objects: that must not look like an empty cluster.
    let server = Server::start(|_, _| Reply::json(200, r#"{"kind":"PodList","metadata":{},"items":[]}"#));
    let error = rows(&client_of(&server.http()).await).await.unwrap_err();
    assert!(told(&error)[1].contains("not"), "{:?}", told(&error));
}

#[tokio::test]
async fn a_table_that_breaks_off_is_not_read_twice() {
    let body = format!(r#"{{{HEAD},"rows":[{{"cells":["a",0,"Running"]}}"#).into_bytes();
    let server = Server::start(move |_, _| Reply::Broken("application/json", body.len() + 100, body.clone()));
    rows(&client_of(&server.http()).await).await.unwrap_err();
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_list_longer_than_asked_for_delivers_nothing() {
    let body = r#"{"metadata":{"resourceVersion":"7","continue":"c","remainingItemCount":9500},"items":[{"metadata":{"name":"a"}}]}"#;
    let server = Server::start(move |_, _| Reply::json(200, body));
    let client = client_of(&server.http()).await;
    let mut delivered = 0;
    let size = client
        .list_at_most::<Pod>(&Scope::Cluster, &ListOptions::default(), 5000, &mut |_| delivered += 1)
        .await
        .unwrap();
    assert_eq!((size, delivered), (Size::Larger(10_000), 0));
    assert_eq!(server.seen().len(), 1, "no further page");
}

#[tokio::test]
async fn the_servers_clock_counts_when_it_differs() {
    for (ahead, told) in [(0, 0), (2, 0), (-2, 0), (600, 600), (-3600, -3600)] {
        let server = Server::start(move |_, _| {
            let now = Timestamp::now() + SignedDuration::from_secs(ahead);
            let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&now).unwrap();
            Reply::json(200, "{}").header("date", &date)
        });
        let client = client_of(&server.http()).await;
        assert_eq!(client.clock_ahead(), SignedDuration::ZERO, "nothing is known before the first answer");
        client.raw("/version").await.unwrap();
        let off = (client.clock_ahead() - SignedDuration::from_secs(told)).abs();
        assert!(off <= SignedDuration::from_secs(2), "{ahead}: {off}");
        assert_eq!(client.clock_ahead().is_zero(), told == 0, "{ahead}");
    }
}
