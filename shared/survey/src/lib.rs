//! What was read from a cluster, as plain data.
//!
//! [`collect`] asks a cluster for the parts that somebody wants, several at a time, and hands each object to a
//! [`Fold`] as it arrives; no list is ever held. What could not be read is a value ([`Reading`]), never an empty list.
//!
//! To read another kind: give it a [`Part`], a variant of [`Object`] and a line in `collect.rs`.

mod collect;
mod counts;
mod endpoints;
mod etcd;
mod exposition;
mod large;
mod part;
mod read;
mod reading;
mod stream;
mod system;

pub use quicktour_client::{Scope, Target, certificates_in, views};

pub use collect::{Fold, Object, Request, Survey, Tables, collect};
pub use counts::{Counts, Late, count, server_version};
pub use endpoints::{ServerVersion, SubCheck, minor, sub_checks};
pub use etcd::{Address, Sizes, sample_sizes, scrape_address};
pub use exposition::{Sample, scrape};
pub use large::PodRow;
pub use part::Part;
pub use reading::Reading;
pub use stream::{Streamed, stream};
pub use system::{Asked, POLICIES, SystemFold, SystemObject, SystemSurvey, system};
