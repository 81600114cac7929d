//! What every Kubernetes object carries: metadata, conditions, references and selectors.

use std::collections::BTreeMap;

use prost::bytes::{Buf, BufMut};
use prost::encoding::{self, DecodeContext, WireType};
use prost::{DecodeError, Message};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use super::scalar::{Time, nullable};

/// `metadata`, without managed fields: nothing here reads them.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ObjectMeta {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub name: String,
    #[prost(string, tag = "3")]
    #[serde(deserialize_with = "nullable")]
    pub namespace: String,
    #[prost(string, tag = "5")]
    #[serde(deserialize_with = "nullable")]
    pub uid: String,
    #[prost(string, tag = "6")]
    #[serde(deserialize_with = "nullable")]
    pub resource_version: String,
    #[prost(int64, tag = "7")]
    #[serde(deserialize_with = "nullable")]
    pub generation: i64,
    #[prost(message, optional, tag = "8")]
    pub creation_timestamp: Option<Time>,
    #[prost(message, optional, tag = "9")]
    pub deletion_timestamp: Option<Time>,
    #[prost(int64, optional, tag = "10")]
    pub deletion_grace_period_seconds: Option<i64>,
    #[prost(btree_map = "string, string", tag = "11")]
    #[serde(deserialize_with = "nullable")]
    pub labels: BTreeMap<String, String>,
    /// Only those that something reads.
    #[prost(message, optional, tag = "12")]
    pub annotations: Option<Annotations>,
    #[prost(message, repeated, tag = "13")]
    #[serde(deserialize_with = "nullable")]
    pub owner_references: Vec<OwnerReference>,
    #[prost(string, repeated, tag = "14")]
    #[serde(deserialize_with = "nullable")]
    pub finalizers: Vec<String>,
}

/// The owner of an object; the controlling one has `controller` set.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OwnerReference {
    #[prost(string, tag = "5")]
    #[serde(deserialize_with = "nullable")]
    pub api_version: String,
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub kind: String,
    #[prost(string, tag = "3")]
    #[serde(deserialize_with = "nullable")]
    pub name: String,
    #[prost(string, tag = "4")]
    #[serde(deserialize_with = "nullable")]
    pub uid: String,
    #[prost(bool, tag = "6")]
    #[serde(deserialize_with = "nullable")]
    pub controller: bool,
}

/// The condition type newer APIs share.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Condition {
    #[prost(string, tag = "1")]
    #[serde(rename = "type", deserialize_with = "nullable")]
    pub type_: String,
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    pub status: String,
    #[prost(string, tag = "5")]
    #[serde(deserialize_with = "nullable")]
    pub reason: String,
    #[prost(string, tag = "6")]
    #[serde(deserialize_with = "nullable")]
    pub message: String,
    #[prost(message, optional, tag = "4")]
    pub last_transition_time: Option<Time>,
}

/// The condition type of some kinds that are older than the shared one: the same fields under other tags.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EarlyCondition {
    #[prost(string, tag = "1")]
    #[serde(rename = "type", deserialize_with = "nullable")]
    pub type_: String,
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    pub status: String,
    #[prost(string, tag = "4")]
    #[serde(deserialize_with = "nullable")]
    pub reason: String,
    #[prost(string, tag = "5")]
    #[serde(deserialize_with = "nullable")]
    pub message: String,
    #[prost(message, optional, tag = "3")]
    pub last_transition_time: Option<Time>,
}

/// Labels and expressions over them, all of which must hold.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LabelSelector {
    #[prost(btree_map = "string, string", tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub match_labels: BTreeMap<String, String>,
    #[prost(message, repeated, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    pub match_expressions: Vec<LabelSelectorRequirement>,
}

/// One expression of a selector.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LabelSelectorRequirement {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub key: String,
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    pub operator: String,
    #[prost(string, repeated, tag = "3")]
    #[serde(deserialize_with = "nullable")]
    pub values: Vec<String>,
}

impl LabelSelector {
    /// The selector as `labelSelector=` and `kubectl -l` take it.
    #[must_use]
    pub fn query(&self) -> String {
        let equal = self.match_labels.iter().map(|(key, value)| format!("{key}={value}"));
        let others = self.match_expressions.iter().map(|LabelSelectorRequirement { key, operator, values }| {
            match operator.as_str() {
                "In" => format!("{key} in ({})", values.join(",")),
                "NotIn" => format!("{key} notin ({})", values.join(",")),
                "DoesNotExist" => format!("!{key}"),
                _ => key.clone(),
            }
        });
        equal.chain(others).collect::<Vec<_>>().join(",")
    }
}

/// The annotations that something reads. All others, which may be large, are skipped and not copied.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Annotations {
    /// `deployment.kubernetes.io/revision`, of a deployment and of its replica sets.
    pub revision: String,
    /// `volume.kubernetes.io/selected-node`, of a claim: the node that the scheduler chose for its first pod.
    pub selected_node: String,
    /// Of which annotation the protobuf map entry is that is being read.
    reading: String,
}

const REVISION: &str = "deployment.kubernetes.io/revision";
const SELECTED_NODE: &str = "volume.kubernetes.io/selected-node";

impl Annotations {
    /// Where the value of an annotation is kept; `None` for those that nobody reads.
    fn place(&mut self, key: &str) -> Option<&mut String> {
        match key {
            REVISION => Some(&mut self.revision),
            SELECTED_NODE => Some(&mut self.selected_node),
            _ => None,
        }
    }

    fn found(&self) -> impl Iterator<Item = (&'static str, &String)> {
        let all = [(REVISION, &self.revision), (SELECTED_NODE, &self.selected_node)];
        all.into_iter().filter(|(_, value)| !value.is_empty())
    }
}

/// A map is a repeated message of key (1) and value (2); here all entries are merged into one value.
impl Message for Annotations {
    fn encode_raw(&self, buffer: &mut impl BufMut) {
        for (key, value) in self.found() {
            encoding::string::encode(1, &key.to_owned(), buffer);
            encoding::string::encode(2, value, buffer);
        }
    }

    fn merge_field(
        &mut self,
        tag: u32,
        wire: WireType,
        buffer: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        match tag {
            1 => {
                self.reading.clear();
                encoding::string::merge(wire, &mut self.reading, buffer, context)
            }
            2 => {
                let key = std::mem::take(&mut self.reading);
                match self.place(&key) {
                    Some(place) => encoding::string::merge(wire, place, buffer, context),
                    None => encoding::skip_field(wire, tag, buffer, context),
                }
            }
            _ => encoding::skip_field(wire, tag, buffer, context),
        }
    }

    fn encoded_len(&self) -> usize {
        let length = |(key, value): (&str, &String)| {
            encoding::string::encoded_len(1, &key.to_owned()) + encoding::string::encoded_len(2, value)
        };
        self.found().map(length).sum()
    }

    fn clear(&mut self) {
        *self = Self::default();
    }
}

impl<'de> Deserialize<'de> for Annotations {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pick;

        impl<'de> Visitor<'de> for Pick {
            type Value = Annotations;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("annotations")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Annotations, A::Error> {
                let mut found = Annotations::default();
                while let Some(key) = map.next_key::<std::borrow::Cow<'_, str>>()? {
                    match found.place(&key) {
                        Some(place) => *place = map.next_value()?,
                        None => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(found)
            }
        }

        deserializer.deserialize_map(Pick)
    }
}

impl ObjectMeta {
    /// The number of a deployment's or replica set's revision, once its controller has written it.
    #[must_use]
    pub fn revision(&self) -> Option<u64> {
        self.annotations.as_ref()?.revision.parse().ok()
    }

    /// Whether the scheduler has chosen a node for the first pod of a claim, so that its volume can be made there.
    #[must_use]
    pub fn has_selected_node(&self) -> bool {
        self.annotations.as_ref().is_some_and(|annotations| !annotations.selected_node.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, PartialEq, Message)]
    struct Written {
        #[prost(btree_map = "string, string", tag = "12")]
        annotations: BTreeMap<String, String>,
    }

    #[test]
    fn what_is_read_is_found_among_other_annotations_on_both_wires() {
        let last = ("kubectl.kubernetes.io/last-applied-configuration", "{}");
        let all = [("a", "1"), (REVISION, "7"), last, (SELECTED_NODE, "n1"), ("z", "9")];
        let annotations: BTreeMap<String, String> = all.map(|(key, value)| (key.into(), value.into())).into();
        let json = serde_json::json!({"annotations": annotations}).to_string();
        let protobuf = Written { annotations }.encode_to_vec();
        assert_eq!(ObjectMeta::decode(protobuf.as_slice()).unwrap().revision(), Some(7));
        assert_eq!(serde_json::from_str::<ObjectMeta>(&json).unwrap().revision(), Some(7));
        assert_eq!(serde_json::from_str::<ObjectMeta>(r#"{"annotations":null}"#).unwrap().revision(), None);
        let again = ObjectMeta::decode(protobuf.as_slice()).unwrap().encode_to_vec();
        let again = ObjectMeta::decode(again.as_slice()).unwrap();
        assert_eq!((again.revision(), again.has_selected_node()), (Some(7), true));
        assert!(!ObjectMeta::default().has_selected_node());
    }

    #[test]
    fn a_selector_is_written_as_queries_take_it() {
        let selector: LabelSelector = serde_json::from_value(serde_json::json!({
            "matchLabels": {"app": "web"},
            "matchExpressions": [
                {"key": "tier", "operator": "In", "values": ["a", "b"]},
                {"key": "old", "operator": "DoesNotExist"},
                {"key": "new", "operator": "Exists"},
            ],
        }))
        .unwrap();
        assert_eq!(selector.query(), "app=web,tier in (a,b),!old,new");
    }
}
