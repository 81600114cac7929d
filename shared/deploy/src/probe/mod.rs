//! Bounded traffic through the way that users take, and what came of it.

mod blame;
mod first;
mod http;
mod run;
mod traffic;
mod way;

pub use blame::{Timeline, Transition, Weakness, weaknesses};
pub use first::{events_of, first_answer};
pub use run::{FASTEST, LONGEST, Pace, send};
pub use traffic::{ENOUGH, Loss, Sample, Stretch, Traffic};
pub use way::{Way, load_balancer};
