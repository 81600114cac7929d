//! How many objects of a kind there are, without reading them, and bodies of lines that are never held as a whole.

use crate::client::{Client, garbled};
use crate::error::{Doing, Error, Garbled, Scope};
use crate::path;
use crate::request::{Call, Failure};
use crate::views::Resource;
use crate::views::core::Namespace;
use crate::wire::{ListBody, ListMeta};

/// Objects per page where the server does not say how many remain. Source: ours; only their metadata comes.
const UNCOUNTED_PAGE: u32 = 1000;
/// The longest line that is taken. Source: ours; a sample of a metric takes a few hundred bytes.
const LONGEST_LINE: usize = 64 * 1024;

impl Client {
    /// How many objects of a kind there are: asks for the metadata of one and takes the server's word for the rest
    /// (`remainingItemCount`). A server that does not say is asked for the metadata of all, page by page.
    ///
    /// `resource` may be any kind, also one that no view reads.
    pub async fn count(&self, resource: Resource, scope: &Scope) -> Result<u64, Error> {
        let path = path::collection(&resource, scope);
        let call = Call::begin(self, Doing::List(resource, scope.clone())).await;
        let (mut count, mut next, mut limit) = (0, String::new(), 1);
        loop {
            let (seen, meta) = call.retrying_reads(async || self.heads(&call, &path, limit, &next).await).await?;
            count += seen;
            if meta.next.is_empty() || meta.remaining.is_some() {
                return Ok(count + meta.remaining.unwrap_or(0));
            }
            if meta.next == next {
                return Err(call.error(garbled(&path, Garbled::Truncated)));
            }
            (next, limit) = (meta.next, UNCOUNTED_PAGE);
        }
    }

    /// One page of metadata: how many objects it holds, and what it says of itself.
    async fn heads(&self, call: &Call<'_>, path: &str, limit: u32, next: &str) -> Result<(u64, ListMeta), Failure> {
        let limit = limit.to_string();
        let next = Some(next).filter(|next| !next.is_empty());
        let url = path::query(path, &[("limit", Some(&limit)), ("continue", next)]);
        let mut answer = call.get_once(&url, self.wire.accept_metadata()).await?;
        let broken = |why| Failure::final_(garbled(path, why));
        let mut body = ListBody::new(answer.format(path)?);
        let mut seen = 0;
        while let Some(chunk) = answer.chunk().await? {
            // Metadata looks the same whatever the kind.
            let mut each = |_: &ListMeta, _: Namespace| {
                seen += 1;
                Ok(())
            };
            body.push(&chunk, &mut each).map_err(broken)?;
        }
        Ok((seen, body.finish().map_err(broken)?))
    }

    /// Asks for a path whose answer is lines of text (`/metrics`) and hands on each line as it arrives; no more than one
    /// is held. `each` says whether it wants more: what it does not want is not read.
    ///
    /// # Errors
    /// As for [`raw`](Self::raw), and any status but success. When the connection breaks after lines were handed on, they
    /// are not repeated: the answer is incomplete, and the call fails.
    pub async fn lines(&self, path: &str, each: &mut (dyn FnMut(&str) -> bool + '_)) -> Result<(), Error> {
        let call = Call::begin(self, Doing::Ask(path.to_owned())).await;
        let mut begun = false;
        call.retrying_reads(async || {
            let mut answer = call.get_once(path, "text/plain").await?;
            let mut rest: Vec<u8> = Vec::new();
            loop {
                let chunk = match answer.chunk().await {
                    Ok(chunk) => chunk,
                    Err(failure) if begun => return Err(Failure::final_(failure.situation)),
                    Err(failure) => return Err(failure),
                };
                let Some(chunk) = chunk else { break };
                begun = true;
                rest.extend_from_slice(&chunk);
                let mut used = 0;
                while let Some(end) = rest[used..].iter().position(|byte| *byte == b'\n') {
                    let more = each(&String::from_utf8_lossy(&rest[used..used + end]));
                    used += end + 1;
                    if !more {
                        return Ok(());
                    }
                }
                rest.drain(..used);
                if rest.len() > LONGEST_LINE {
                    return Err(Failure::final_(garbled(path, Garbled::TooLarge)));
                }
            }
            if !rest.is_empty() {
                each(&String::from_utf8_lossy(&rest));
            }
            Ok(())
        })
        .await
    }
}
