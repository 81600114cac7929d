//! Amounts of resources in whole numbers, as the scheduler adds and compares them: thousandths of a core for `cpu`,
//! bytes or pieces for everything else, rounded up.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use quicktour_survey::views::scalar::Quantity;

/// Amounts by resource name.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amounts(BTreeMap<String, i64>);

/// Reads a quantity in its smallest unit: thousandths for `cpu`, else whole pieces, rounded up as the API's `MilliValue`
/// and `Value` do. `None` when the text is no quantity.
#[must_use]
pub fn parse(resource: &str, text: &str) -> Option<i64> {
    let split = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, suffix) = text.split_at(split);
    // The value is number × numerator / denominator.
    let (numerator, denominator): (i128, i128) = match suffix {
        "" => (1, 1),
        "n" => (1, 1_000_000_000),
        "u" => (1, 1_000_000),
        "m" => (1, 1000),
        "k" => (1000, 1),
        "M" => (1_000_000, 1),
        "G" => (1_000_000_000, 1),
        "T" => (1_000_000_000_000, 1),
        "P" => (1_000_000_000_000_000, 1),
        "E" => (1_000_000_000_000_000_000, 1),
        "Ki" => (1 << 10, 1),
        "Mi" => (1 << 20, 1),
        "Gi" => (1 << 30, 1),
        "Ti" => (1 << 40, 1),
        "Pi" => (1 << 50, 1),
        "Ei" => (1 << 60, 1),
        _ => {
            let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
            let power = 10_i128.checked_pow(exponent.unsigned_abs())?;
            if exponent < 0 { (1, power) } else { (power, 1) }
        }
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = format!("{whole}{fraction}");
    let value: i128 = digits.trim_start_matches('+').parse().ok()?;
    let below = 10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?.checked_mul(denominator)?;
    let scale = if resource == "cpu" { 1000 } else { 1 };
    let above = value.checked_mul(numerator)?.checked_mul(scale)?;
    let rounded = if above > 0 { (above - 1) / below + 1 } else { above / below };
    Some(i64::try_from(rounded).unwrap_or(if rounded > 0 { i64::MAX } else { i64::MIN }))
}

impl Amounts {
    /// Reads a resource list; what is no quantity counts for nothing, as nothing can be known of it.
    #[must_use]
    pub fn of(list: &BTreeMap<String, Quantity>) -> Self {
        let amounts = list.iter().filter_map(|(name, quantity)| Some((name.clone(), parse(name, &quantity.text)?)));
        Self(amounts.collect())
    }

    /// One amount; 0 where none is given.
    #[must_use]
    pub fn get(&self, resource: &str) -> i64 {
        self.0.get(resource).copied().unwrap_or(0)
    }

    /// Sets one amount.
    pub fn set(&mut self, resource: &str, amount: i64) {
        self.0.insert(resource.to_owned(), amount);
    }

    /// Whether an amount is given, be it 0.
    #[must_use]
    pub fn has(&self, resource: &str) -> bool {
        self.0.contains_key(resource)
    }

    /// Adds another list.
    pub fn add(&mut self, other: &Self) {
        self.merge(other, i64::saturating_add);
    }

    /// Takes the larger of each amount.
    pub fn raise(&mut self, other: &Self) {
        self.merge(other, i64::max);
    }

    fn merge(&mut self, other: &Self, how: fn(i64, i64) -> i64) {
        for (name, amount) in &other.0 {
            match self.0.entry(name.clone()) {
                Entry::Vacant(entry) => {
                    entry.insert(*amount);
                }
                Entry::Occupied(mut entry) => {
                    let merged = how(*entry.get(), *amount);
                    entry.insert(merged);
                }
            }
        }
    }

    /// Every amount by its name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, i64)> {
        self.0.iter().map(|(name, amount)| (name.as_str(), *amount))
    }
}

impl FromIterator<(String, i64)> for Amounts {
    fn from_iter<T: IntoIterator<Item = (String, i64)>>(amounts: T) -> Self {
        Self(amounts.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_rounded_up_as_the_api_does() {
        for (resource, text, expected) in [
            ("cpu", "1", Some(1000)),
            ("cpu", "250m", Some(250)),
            ("cpu", "0.1", Some(100)),
            ("cpu", "1n", Some(1)),
            ("cpu", "1.0001", Some(1001)),
            ("cpu", "1e-3", Some(1)),
            ("memory", "1Ki", Some(1024)),
            ("memory", "1.5Gi", Some(1_610_612_736)),
            ("memory", "100m", Some(1)),
            ("memory", "128974848", Some(128_974_848)),
            ("memory", "129e6", Some(129_000_000)),
            ("memory", "1E", Some(1_000_000_000_000_000_000)),
            ("memory", "900E", Some(i64::MAX)),
            ("memory", "0", Some(0)),
            ("nvidia.com/gpu", "8", Some(8)),
            ("memory", "", None),
            ("memory", "lots", None),
            ("memory", "1.2.3", None),
        ] {
            assert_eq!(parse(resource, text), expected, "{resource} {text}");
        }
    }
}
