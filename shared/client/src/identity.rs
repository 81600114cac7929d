//! Which cluster this is, whatever its context is called.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::client::Client;
use crate::error::Situation;
use crate::views::core::Namespace;

/// What tells one cluster from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// A hash of the server's address and the authorities that it is trusted by.
    pub endpoint: String,
    /// The UID of the namespace `kube-system`, which lives as long as its cluster; `None` where it may not be read.
    pub uid: Option<String>,
}

impl Client {
    /// Which cluster this is. Only failures that would also stop everything else are errors; not being allowed to read
    /// a namespace is none.
    pub async fn identity(&self) -> Result<Identity, crate::Error> {
        let uid = match self.get::<Namespace>(None, "kube-system").await {
            Ok(namespace) => namespace.metadata.map(|meta| meta.uid).filter(|uid| !uid.is_empty()),
            Err(error) => match error.situation() {
                Situation::Forbidden { .. } | Situation::NotFound { .. } => None,
                _ => return Err(error),
            },
        };
        Ok(Identity { endpoint: self.endpoint_hash(), uid })
    }

    fn endpoint_hash(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(self.target().server.trim_end_matches('/'));
        for authority in self.shared.login.authorities() {
            hash.update([0]);
            hash.update(authority);
        }
        hash.finalize().iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}
