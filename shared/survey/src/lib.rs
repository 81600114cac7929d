//! What was read from a cluster, as plain data.
//!
//! [`collect`] asks a cluster for the parts that somebody wants, several at a time, and hands each object to a
//! [`Fold`] as it arrives; no list is ever held. What could not be read is a value ([`Reading`]), never an empty list.
//!
//! To read another kind: give it a [`Part`], a variant of [`Object`] and a line in `collect.rs`.

mod collect;
mod endpoints;
mod large;
mod part;
mod read;
mod reading;

pub use quicktour_client::{Scope, Target, views};

pub use collect::{Fold, Object, Request, Survey, Tables, collect};
pub use endpoints::{ServerVersion, SubCheck, minor, sub_checks};
pub use large::PodRow;
pub use part::Part;
pub use reading::Reading;
