//! `--plan`: a cluster that does not exist yet.

use quicktour_report::message::Message;

use super::tier::Amount;
use crate::limits::amount;

/// What can be planned.
const PLANNED: [&str; 5] = ["nodes", "pods", "clients", "requests", "data"];

/// How large a cluster is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    amounts: Vec<(&'static str, u64)>,
}

impl Plan {
    /// Reads `nodes=500,pods=20000`; there can be `clients`, `requests` (in a second) and `data` (in bytes) as well.
    ///
    /// # Errors
    /// What is wrong, and what is expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut amounts: Vec<(&'static str, u64)> = Vec::new();
        for part in text.split(',') {
            let (key, value) = part
                .split_once('=')
                .ok_or_else(|| format!("expected `nodes=500,pods=20000`, and `{part}` is no `NAME=NUMBER`"))?;
            let known = PLANNED.iter().find(|known| **known == key.trim());
            let key = *known.ok_or_else(|| format!("`{key}` cannot be planned: there are {}", PLANNED.join(", ")))?;
            if amounts.iter().any(|(other, _)| *other == key) {
                return Err(format!("`{key}` is given twice"));
            }
            let value = value.trim();
            let number = if key == "data" {
                amount::parse(key, value).filter(|_| !value.contains('.')).and_then(|bytes| u64::try_from(bytes).ok())
            } else {
                value.parse().ok()
            };
            let number = number.filter(|number| *number > 0);
            amounts.push((key, number.ok_or_else(|| format!("`{value}` is no number of {key} above 0"))?));
        }
        Ok(Self { amounts })
    }

    /// The quantities to compare.
    #[must_use]
    pub(super) fn amounts(&self) -> Vec<Amount> {
        let amount =
            |(id, value): &(&'static str, u64)| Amount { id, value: *value, read_from: Message::new("etcd-from-plan") };
        self.amounts.iter().map(amount).collect()
    }

    /// One of them.
    #[must_use]
    pub(super) fn get(&self, id: &str) -> Option<u64> {
        self.amounts.iter().find(|(key, _)| *key == id).map(|(_, value)| *value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_are_read_and_what_is_none_is_refused() {
        let plan = Plan::parse("nodes=500, pods=20000,data=2Gi").unwrap();
        assert_eq!((plan.get("nodes"), plan.get("pods"), plan.get("data")), (Some(500), Some(20_000), Some(2 << 30)));
        assert_eq!(plan.amounts().len(), 3);
        for wrong in [
            "",
            "nodes",
            "nodes=",
            "nodes=0",
            "nodes=-1",
            "nodes=many",
            "nodes=1,nodes=2",
            "cows=3",
            "nodes=1,",
            "data=1.5Gi",
            "nodes=1.5",
            "nodes=99999999999999999999",
            "data=lots",
        ] {
            assert!(Plan::parse(wrong).is_err(), "{wrong}");
        }
    }
}
