//! Readers of Kubernetes' own wording, for all who must tell one trouble from another: what the scheduler, the kubelet,
//! registries and admission say, taken apart.

pub use crate::pods::{End, PullCause, Reason, breakdown, how_ended, is_image_reason, pull_cause, pull_error, stable};
pub use crate::refusal::{Refusal, classify as refusal};
