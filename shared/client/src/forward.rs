//! A connection to a port of a pod, through the API server.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};

use crate::client::{Client, garbled};
use crate::error::{Doing, Error, Garbled};
use crate::request::{Call, Failure};

/// Bytes to and from a port of a pod. It ends with its pod; to drop it closes it.
///
/// What the kubelet says when it cannot connect to the port (nothing listens there) comes as the error of a read.
pub struct Forward {
    stream: DuplexStream,
    /// Resolves once to what went wrong, or to nothing when nothing can go wrong any more.
    trouble: Option<Pin<Box<dyn Future<Output = Option<String>> + Send>>>,
}

impl fmt::Debug for Forward {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Forward").finish_non_exhaustive()
    }
}

impl Client {
    /// Opens a connection to a port of a pod, as `kubectl port-forward` does for each connection that it takes. Needs
    /// the right to create `pods/portforward`. The process announces it before: nothing is written, but a way is opened.
    pub async fn forward(&self, namespace: &str, pod: &str, port: u16) -> Result<Forward, Error> {
        let doing = Doing::Forward { namespace: namespace.to_owned(), pod: pod.to_owned(), port };
        let call = Call::begin(self, doing).await;
        call.retrying_reads(async || {
            let mut opened = call.forward_once(namespace, pod, port).await?;
            let trouble = opened.take_error(port);
            match (opened.take_stream(port), trouble) {
                (Some(stream), Some(trouble)) => Ok(Forward { stream, trouble: Some(Box::pin(trouble)) }),
                _ => Err(Failure::final_(garbled("/portforward", Garbled::Truncated))),
            }
        })
        .await
    }
}

impl Forward {
    /// What went wrong on the way to the port, if something has.
    fn poll_trouble(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        let Some(trouble) = &mut self.trouble else { return Poll::Pending };
        let said = ready!(trouble.as_mut().poll(context));
        self.trouble = None;
        match said {
            Some(said) => Poll::Ready(io::Error::other(said)),
            None => Poll::Pending,
        }
    }
}

impl AsyncRead for Forward {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        let has_more = matches!(read, Poll::Ready(Ok(()))) && buffer.filled().len() > before;
        if !has_more && let Poll::Ready(error) = self.poll_trouble(context) {
            return Poll::Ready(Err(error));
        }
        read
    }
}

impl AsyncWrite for Forward {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
