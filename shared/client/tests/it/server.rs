use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Names in lower case, in the order they came.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    pub(crate) at: Instant,
}

impl Seen {
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(header, _)| header == name).map(|(_, value)| value.as_str()).collect()
    }
}

/// What to do with a request.
pub(crate) enum Reply {
    /// Answer it.
    Answer(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// Say that so many bytes follow, send these, and close.
    Broken(&'static str, usize, Vec<u8>),
    /// Close without a word.
    Close,
    /// Never answer.
    Hang,
    /// Send one byte of the headers now and then.
    Drip,
    /// Send these bytes as they are, and close.
    Bytes(Vec<u8>),
}

impl Reply {
    pub(crate) fn json(status: u16, body: &str) -> Self {
        Self::Answer(status, vec![("content-type", "application/json".into())], body.as_bytes().to_vec())
    }

    pub(crate) fn protobuf(status: u16, body: &[u8]) -> Self {
        Self::Answer(status, vec![("content-type", "application/vnd.kubernetes.protobuf".into())], body.to_vec())
    }

    pub(crate) fn header(self, name: &'static str, value: &str) -> Self {
        match self {
            Self::Answer(status, mut headers, body) => {
                headers.push((name, value.to_owned()));
                Self::Answer(status, headers, body)
            }
            other => other,
        }
    }
}

/// A server on loopback; its threads end with the test process.
pub(crate) struct Server {
    pub(crate) address: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

type Script = dyn Fn(&Seen, usize) -> Reply + Send + Sync;

impl Server {
    /// Answers each request by the script, which gets the request and how many came before it.
    pub(crate) fn start(script: impl Fn(&Seen, usize) -> Reply + Send + Sync + 'static) -> Self {
        Self::listen(None, Arc::new(script))
    }

    /// The same over TLS.
    pub(crate) fn start_tls(
        (certificate, key): (CertificateDer<'static>, PrivateKeyDer<'static>),
        script: impl Fn(&Seen, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let config =
            rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate], key).unwrap();
        Self::listen(Some(Arc::new(config)), Arc::new(script))
    }

    fn listen(tls: Option<Arc<rustls::ServerConfig>>, script: Arc<Script>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (tls, script, log) = (tls.clone(), Arc::clone(&script), Arc::clone(&log));
                std::thread::spawn(move || {
                    // A client that hangs up is part of many tests.
                    let _ = match tls {
                        None => serve(stream, &*script, &log),
                        Some(config) => {
                            let connection = rustls::ServerConnection::new(config).unwrap();
                            serve(rustls::StreamOwned::new(connection, stream), &*script, &log)
                        }
                    };
                });
            }
        });
        Self { address, seen }
    }

    pub(crate) fn http(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn https(&self) -> String {
        format!("https://{}", self.address)
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

fn serve(stream: impl Read + Write, script: &Script, log: &Mutex<Vec<Seen>>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let mut words = line.split(' ').map(str::to_owned);
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            stream.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.push((name.to_lowercase(), value.trim().to_owned()));
        }
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let mut body = vec![0; length.and_then(|(_, length)| length.parse().ok()).unwrap_or(0)];
        stream.read_exact(&mut body)?;
        let body = String::from_utf8_lossy(&body).into_owned();
        let seen = Seen { method, path, headers, body, at: Instant::now() };
        let before = {
            let mut log = log.lock().unwrap();
            log.push(seen.clone());
            log.len() - 1
        };
        let out = stream.get_mut();
        match script(&seen, before) {
            Reply::Answer(status, headers, body) => {
                write!(out, "HTTP/1.1 {status} X\r\ncontent-length: {}\r\n", body.len())?;
                for (name, value) in headers {
                    write!(out, "{name}: {value}\r\n")?;
                }
                out.write_all(b"\r\n")?;
                out.write_all(&body)?;
                out.flush()?;
            }
            Reply::Broken(format, length, body) => {
                write!(out, "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\ncontent-type: {format}\r\n\r\n")?;
                out.write_all(&body)?;
                return out.flush();
            }
            Reply::Close => return Ok(()),
            Reply::Hang => std::thread::sleep(Duration::from_mins(10)),
            Reply::Drip => loop {
                out.write_all(b"H")?;
                out.flush()?;
                std::thread::sleep(Duration::from_millis(100));
            },
            Reply::Bytes(bytes) => {
                out.write_all(&bytes)?;
                return out.flush();
            }
        }
    }
}

/// An address of this machine at which nobody listens.
pub(crate) fn nobody() -> String {
    // The port was free a moment ago, and the system hands out others first.
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// An address whose queue of connections is full, so that a new one gets no answer.
pub(crate) struct Deaf {
    pub(crate) address: String,
    _held: (TcpListener, Vec<TcpStream>),
}

impl Deaf {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let mut held = Vec::new();
        while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(300)) {
            held.push(stream);
            assert!(held.len() < 10_000, "the queue of {address} does not fill");
        }
        Self { address: address.to_string(), _held: (listener, held) }
    }
}
