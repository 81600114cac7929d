//! The one room that talks to a cluster: kubectl's way of finding and entering it, lists that stream, watches that
//! resume, writes that are never repeated by accident, deadlines, retries of reads, and the one translation of every
//! failure into a [`Situation`].
//!
//! Nothing above this room knows kube, HTTP or which wire format an answer came in.

mod certificate;
mod client;
mod connect;
mod count;
mod environment;
mod error;
mod exec;
mod flags;
mod forward;
mod identity;
mod kubeconfig;
mod list;
mod login;
mod logs;
mod manifest;
mod path;
pub mod process;
mod progress;
mod proxy;
mod request;
mod review;
mod table;
mod talk;
pub mod views;
mod visit;
mod watch;
mod wire;
mod write;

pub use certificate::{Certificate, certificate, certificates_in};
pub use client::{Client, ListOptions, Listed, Raw, Size, Target};
pub use connect::{connect, connect_in};
pub use environment::Environment;
pub use error::{
    Act, Contested, Credential, Deadline, Distrust, Doing, Entry, Error, ExecFailure, Flaw, Garbled, Lost, Scope,
    Situation, Unreachable,
};
pub use flags::{ConnectFlags, RequestTimeout, Token, parse_duration, parse_wait};
pub use forward::Forward;
pub use identity::Identity;
pub use logs::LogRequest;
pub use manifest::{Kind, Manifest};
pub use progress::Progress;
pub use table::{Cell, Row};
pub use watch::WatchEvent;
pub use wire::Wire;
pub use write::{Deleted, FIELD_MANAGER, Patch, Precondition, Writing, Written};
