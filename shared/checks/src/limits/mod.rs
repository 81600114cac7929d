//! How near a cluster is to the published scalability limits, and what still fits on its nodes. Pure, like all rules.

pub mod amount;
mod published;
pub mod requests;

pub use published::{FigureScope, Published, PublishedFigure, Source};
