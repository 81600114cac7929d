//! The client against real sockets and a real API server.
#![expect(clippy::unwrap_used, reason = "tests and their helpers fail by panicking")]

/// Everything that is proven on a real control plane.
mod cluster;
/// Credential plugins: programs in a temporary folder.
mod exec;
/// Connections to ports of real pods.
mod forward;
/// Whose kubeconfig counts, and what of it.
mod kubeconfig;
/// What real containers wrote.
mod logs;
/// What is asked again, how often and when; what deadlines end.
mod retries;
/// A server whose every answer the test decides.
mod server;
/// The table of all situations: what a user is told in each.
mod situations;
mod tables;
/// Writes: what the server makes of them, what it refuses, and what is never sent twice.
mod write;

use std::path::Path;

use quicktour_client::{Client, ConnectFlags, Environment, Error, connect_in};
use quicktour_report::catalogue::Catalogue;
use quicktour_report::message::Message;

/// The words of a message; a key without text or an argument without use fails the test.
pub(crate) fn words(message: &Message) -> String {
    Catalogue::english().check(message).unwrap_or_else(|errors| panic!("{message:?}: {errors:?}"))
}

/// What a user is told: what was being done, the cause, the hint.
pub(crate) fn told(error: &Error) -> [String; 3] {
    let problem = error.problem();
    [words(&problem.doing), words(&problem.cause), problem.hint.as_ref().map(words).unwrap_or_default()]
}

/// A machine without kubeconfig, home folder or proxies.
pub(crate) fn bare_machine() -> Environment {
    Environment::of(std::env::var("PATH").map(|path| ("PATH".to_owned(), path)))
}

/// A client for a server that needs no login.
pub(crate) async fn client_of(url: &str) -> Client {
    let flags = ConnectFlags { server: Some(url.to_owned()), ..ConnectFlags::default() };
    connect_in(&flags, &bare_machine()).await.unwrap_or_else(|error| panic!("{:?}", told(&error)))
}

/// A client with a kubeconfig of the test's own.
pub(crate) async fn client_with(kubeconfig: &Path) -> Result<Client, Error> {
    let flags = ConnectFlags { kubeconfig: Some(kubeconfig.to_owned()), ..ConnectFlags::default() };
    connect_in(&flags, &bare_machine()).await
}
