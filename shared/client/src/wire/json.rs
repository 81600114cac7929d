//! What JSON lists say of themselves; their objects are taken out by [`elements`](super::elements).

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::ListMeta;
use crate::error::Garbled;
use crate::views::scalar::nullable;

/// The key of a list's objects.
pub(crate) const ITEMS: &[u8] = b"\"items\"";

#[derive(Deserialize)]
struct JsonList {
    #[serde(default, deserialize_with = "nullable")]
    metadata: JsonListMeta,
    /// Empty or `null` once the objects are taken out; anything else was no list.
    #[serde(default, rename = "items")]
    _items: Option<Vec<IgnoredAny>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct JsonListMeta {
    #[serde(deserialize_with = "nullable")]
    resource_version: String,
    #[serde(rename = "continue", deserialize_with = "nullable")]
    next: String,
    remaining_item_count: Option<u64>,
}

/// Reads a list without its objects.
pub(crate) fn meta(rest: &[u8]) -> Result<ListMeta, Garbled> {
    let list: JsonList = serde_json::from_slice(rest).map_err(|_| Garbled::Json)?;
    let JsonListMeta { resource_version, next, remaining_item_count: remaining } = list.metadata;
    Ok(ListMeta { resource_version, next, remaining })
}
