//! JSON lists, walked so that one object at a time is alive.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::ListMeta;
use crate::error::Garbled;
use crate::views::View;
use crate::views::scalar::nullable;

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct JsonListMeta {
    #[serde(deserialize_with = "nullable")]
    resource_version: String,
    #[serde(rename = "continue", deserialize_with = "nullable")]
    next: String,
}

/// Hands on each object of a list's body.
pub(crate) fn list<T: View>(body: &[u8], each: &mut dyn FnMut(T)) -> Result<ListMeta, Garbled> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let meta = json.deserialize_map(ListVisitor { each }).map_err(|_| Garbled::Json)?;
    json.end().map_err(|_| Garbled::Json)?;
    Ok(meta)
}

struct ListVisitor<'a, T> {
    each: &'a mut dyn FnMut(T),
}

impl<'de, T: View> Visitor<'de> for ListVisitor<'_, T> {
    type Value = ListMeta;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of the API")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ListMeta, A::Error> {
        let mut meta = ListMeta::default();
        while let Some(key) = map.next_key::<std::borrow::Cow<'_, str>>()? {
            match &*key {
                "metadata" => {
                    let read: JsonListMeta = map.next_value::<Option<_>>()?.unwrap_or_default();
                    meta = ListMeta { resource_version: read.resource_version, next: read.next };
                }
                "items" => map.next_value_seed(Items { each: &mut *self.each, kind: PhantomData })?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(meta)
    }
}

struct Items<'a, T> {
    each: &'a mut dyn FnMut(T),
    kind: PhantomData<T>,
}

impl<'de, T: View> DeserializeSeed<'de> for Items<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: View> Visitor<'de> for Items<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the objects of a list")
    }

    // Go writes an empty list as `null`.
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while let Some(item) = items.next_element()? {
            (self.each)(item);
        }
        Ok(())
    }
}
