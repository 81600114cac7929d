//! Lists: paged, handed on object by object, never held as a whole.

use crate::client::{Client, ListOptions, Listed, Size, garbled};
use crate::error::{Doing, Error, Garbled, Scope};
use crate::path;
use crate::request::{Call, Failure};
use crate::views::View;
use crate::wire::{ListBody, ListMeta};

/// A page that is being read, perhaps for the second time because the connection broke in the middle of it.
#[derive(Default)]
struct Page {
    /// Where it begins; empty for the first.
    next: String,
    /// How many of its objects have been handed on.
    delivered: u64,
    /// The moment that a repeated first page must be of, so that its first `delivered` objects are the same ones.
    pinned: Option<String>,
}

/// How a page ended.
enum End {
    Whole(ListMeta),
    /// The server has forgotten the moment of the list and offers to go on with a later one.
    Stale(String),
    /// The list is longer than was asked for; its length.
    Larger(u64),
}

impl Client {
    /// Lists objects and hands each to `each` as it arrives.
    ///
    /// Large lists are read in pages of one moment. When reading takes so long that the server forgets that moment, the
    /// list goes on after the last object as of now, as client-go's pager does: no object is delivered twice, and
    /// [`Listed::consistent`] is false. Only a server that offers no way on ends the list with an error for which
    /// [`Error::is_stale_list`] holds: then start over with a fresh fold.
    pub async fn list<T: View>(
        &self,
        scope: &Scope,
        options: &ListOptions,
        each: &mut (dyn FnMut(T) + '_),
    ) -> Result<Listed, Error> {
        match self.list_at_most(scope, options, u64::MAX, each).await? {
            Size::Whole(listed) => Ok(listed),
            // No list is that long.
            Size::Larger(count) => Ok(Listed { count, resource_version: String::new(), consistent: true }),
        }
    }

    /// [`list`](Self::list), unless the server says with the first page that there are more objects than `at_most`: then
    /// none is handed on, and their number comes back. Costs the begin of one page.
    ///
    /// Best effort: with a selector the server does not say how many more there are, and what fits into the first page
    /// is handed on whatever `at_most` says. Then the answer is [`Size::Whole`], however long the list is.
    pub async fn list_at_most<T: View>(
        &self,
        scope: &Scope,
        options: &ListOptions,
        at_most: u64,
        each: &mut (dyn FnMut(T) + '_),
    ) -> Result<Size, Error> {
        let resource = T::RESOURCE;
        let path = path::collection(&resource, scope);
        let call = Call::begin(self, Doing::List(resource, scope.clone())).await;
        let mut listed = Listed { count: 0, resource_version: String::new(), consistent: true };
        let mut page = Page::default();
        let mut stale_in_a_row = 0;
        loop {
            let end =
                call.retrying_reads(async || self.page(&call, &path, options, at_most, &mut page, each).await).await?;
            listed.count += page.delivered;
            let next = match end {
                End::Whole(meta) => {
                    stale_in_a_row = 0;
                    // The first page's: a watch from there repeats changes, one from a later page might miss some.
                    if listed.resource_version.is_empty() {
                        self.shared.counter.expect(page.delivered + meta.remaining.unwrap_or(0));
                        listed.resource_version = meta.resource_version;
                    }
                    meta.next
                }
                End::Larger(count) => {
                    self.shared.counter.expect(count);
                    return Ok(Size::Larger(count));
                }
                End::Stale(next) => {
                    stale_in_a_row += 1;
                    listed.consistent = false;
                    next
                }
            };
            // A server that calls its own fresh token stale would be asked for ever.
            if stale_in_a_row > 1 || (!next.is_empty() && next == page.next) {
                return Err(call.error(garbled(&path, Garbled::Truncated)));
            }
            if next.is_empty() {
                return Ok(Size::Whole(listed));
            }
            page = Page { next, ..Page::default() };
        }
    }

    async fn page<T: View>(
        &self,
        call: &Call<'_>,
        path: &str,
        options: &ListOptions,
        at_most: u64,
        page: &mut Page,
        each: &mut (dyn FnMut(T) + '_),
    ) -> Result<End, Failure> {
        let limit = self.page_size.to_string();
        let url = path::query(
            path,
            &[
                // With a resourceVersion of 0 the server ignores a limit.
                ("limit", Some(limit.as_str()).filter(|_| !options.cached)),
                ("continue", Some(page.next.as_str()).filter(|next| !next.is_empty())),
                ("fieldSelector", options.field_selector.as_deref()),
                ("labelSelector", options.label_selector.as_deref()),
                ("resourceVersion", page.pinned.as_deref().or(options.cached.then_some("0"))),
                ("resourceVersionMatch", page.pinned.as_ref().map(|_| "Exact")),
            ],
        );
        let accept = if options.metadata_only { self.wire.accept_metadata() } else { self.wire.accept() };
        let mut answer = match call.get_once(&url, accept).await {
            Ok(answer) => answer,
            // After a part of the page was handed on, going on from its begin would hand that on again.
            Err(Failure { goes_on: Some(next), .. }) if !page.next.is_empty() && page.delivered == 0 => {
                return Ok(End::Stale(next.into()));
            }
            Err(failure) => return Err(failure),
        };
        let broken = |why| Failure::final_(garbled(path, why));
        let already = page.delivered;
        let first = page.next.is_empty();
        let (mut index, mut larger) = (0, None);
        let mut body = ListBody::new(answer.format(path)?);
        loop {
            let chunk = match answer.chunk().await {
                Ok(Some(chunk)) => chunk,
                Ok(None) => break,
                // Without its moment a first page cannot be asked for again without repeating or missing objects.
                Err(failure) if first && page.delivered > 0 && page.pinned.is_none() => {
                    return Err(Failure::final_(failure.situation));
                }
                Err(failure) => return Err(failure),
            };
            let outcome = body.push(&chunk, &mut |meta, object| {
                let length = meta.remaining.map_or(0, |remaining| remaining + u64::from(self.page_size));
                if first && length > at_most {
                    larger = Some(length);
                    return Err(Garbled::TooLarge);
                }
                index += 1;
                if index > already {
                    page.delivered += 1;
                    self.shared.counter.one_more();
                    each(object);
                }
                Ok(())
            });
            if let Some(length) = larger {
                return Ok(End::Larger(length));
            }
            outcome.map_err(broken)?;
            // A repeated first page must be of the same moment once something of it was handed on.
            if first && page.delivered > 0 && page.pinned.is_none() {
                page.pinned =
                    body.meta().map(|meta| meta.resource_version.clone()).filter(|version| !version.is_empty());
            }
        }
        body.finish().map(End::Whole).map_err(broken)
    }
}
