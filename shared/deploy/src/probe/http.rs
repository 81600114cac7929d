//! One HTTP request over any stream: a socket to a load balancer, or a forwarded port.

use std::time::Duration;

use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Bytes;
use hyper::{Request, header};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::traffic::Loss;

/// More of an answer's body is not read. Source: ours; kuard's `/env/api` is about a kilobyte.
const LARGEST_BODY: usize = 64 * 1024;

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

/// Opens a connection of its own, as a new visitor would, and asks for a path.
pub(crate) async fn get(address: &str, path: &str, within: Duration) -> Result<Answer, Loss> {
    let ask = async {
        let stream = TcpStream::connect(address).await.map_err(|error| loss(&error))?;
        get_over(stream, address, path).await
    };
    timeout(within, ask).await.unwrap_or(Err(Loss::TimedOut))
}

/// Asks for a path over a stream that is open.
pub(crate) async fn get_over<S>(stream: S, host: &str, path: &str) -> Result<Answer, Loss>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|_| Loss::Reset)?;
    let request = Request::get(path)
        .header(header::HOST, host)
        .header(header::USER_AGENT, concat!("quicktour/", env!("CARGO_PKG_VERSION")))
        .header(header::CONNECTION, "close")
        .body(Empty::<Bytes>::new())
        .map_err(|_| Loss::NoWay)?;
    let ask = async {
        let answer = sender.send_request(request).await.map_err(|_| Loss::Reset)?;
        let status = answer.status().as_u16();
        let body = Limited::new(answer.into_body(), LARGEST_BODY).collect().await;
        // A body that is too long says nothing about who answered; one that breaks off is a loss.
        let body = match body {
            Ok(body) => body.to_bytes().to_vec(),
            Err(error) if error.is::<http_body_util::LengthLimitError>() => Vec::new(),
            Err(_) => return Err(Loss::Reset),
        };
        if status >= 500 { Err(Loss::Status(status)) } else { Ok(Answer { status, body }) }
    };
    // The connection is driven only as long as somebody waits for its answer.
    tokio::pin!(ask);
    tokio::select! {
        answer = &mut ask => answer,
        _ = connection => ask.await,
    }
}

fn loss(error: &std::io::Error) -> Loss {
    use std::io::ErrorKind as Kind;
    match error.kind() {
        Kind::ConnectionRefused => Loss::Refused,
        Kind::ConnectionReset | Kind::ConnectionAborted | Kind::BrokenPipe | Kind::UnexpectedEof => Loss::Reset,
        Kind::TimedOut => Loss::TimedOut,
        _ => Loss::NoWay,
    }
}

/// Who answered, as kuard says in `/env/api`: its pod's name, which is its host name.
pub(crate) fn answerer(body: &[u8]) -> Option<String> {
    let value: serde_json::Value = serde_json::from_slice(body).ok()?;
    let name = value.get("env")?.get("HOSTNAME")?.as_str()?;
    (!name.is_empty() && name.len() <= 253).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    /// A server that answers every connection with these bytes and closes it.
    async fn serve(answer: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move {
            loop {
                let (mut socket, _) = listener.accept().await.unwrap();
                let mut request = [0; 1024];
                let _ = socket.read(&mut request).await;
                let _ = socket.write_all(answer.as_bytes()).await;
            }
        });
        address
    }

    async fn asked(answer: &'static str) -> Result<Answer, Loss> {
        get(&serve(answer).await, "/env/api", Duration::from_secs(10)).await
    }

    #[tokio::test]
    async fn every_way_to_get_no_answer_has_its_name() {
        let ok = asked("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi").await.unwrap();
        assert_eq!((ok.status, ok.body.as_slice()), (200, &b"hi"[..]));
        assert_eq!(asked("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").await.unwrap().status, 404);
        let busy = asked("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n").await;
        assert_eq!(busy, Err(Loss::Status(503)));
        assert_eq!(asked("").await, Err(Loss::Reset));
        assert_eq!(asked("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi").await, Err(Loss::Reset));
        let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string();
        assert_eq!(get(&closed, "/", Duration::from_secs(10)).await, Err(Loss::Refused));
    }

    #[tokio::test]
    async fn a_server_that_never_answers_is_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        assert_eq!(get(&address, "/", Duration::from_millis(100)).await, Err(Loss::TimedOut));
    }

    #[test]
    fn kuard_names_its_pod_and_other_bodies_name_nobody() {
        assert_eq!(answerer(br#"{"commandLine":[],"env":{"HOSTNAME":"web-7d9"}}"#).as_deref(), Some("web-7d9"));
        for body in [&b""[..], b"<html>", b"[]", br#"{"env":{"HOSTNAME":""}}"#, br#"{"env":[]}"#] {
            assert_eq!(answerer(body), None);
        }
    }
}
