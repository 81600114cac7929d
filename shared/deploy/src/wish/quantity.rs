//! Amounts of CPU, memory and the like, as the API reads them, and arithmetic that loses nothing.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use quicktour_report::message::Message;
use quicktour_report::suggest;

use super::fields::is_qualified_name;
use super::flaw::{Field, Flaw};

/// Billionths in one: the finest step of the API.
const NANO: i128 = 1_000_000_000;

/// The suffixes and how many billionths each stands for. Source: `resource.Quantity` of apimachinery.
const SUFFIXES: &[(&str, i128)] = &[
    ("", NANO),
    ("n", 1),
    ("u", 1_000),
    ("m", 1_000_000),
    ("k", NANO * 1_000),
    ("M", NANO * 1_000_000),
    ("G", NANO * NANO),
    ("T", NANO * NANO * 1_000),
    ("P", NANO * NANO * 1_000_000),
    ("E", NANO * NANO * NANO),
    ("Ki", NANO << 10),
    ("Mi", NANO << 20),
    ("Gi", NANO << 30),
    ("Ti", NANO << 40),
    ("Pi", NANO << 50),
    ("Ei", NANO << 60),
];

/// An amount: `250m`, `1.5Gi`, `2e3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Quantity {
    nanos: i128,
    binary: bool,
}

impl Quantity {
    /// Nothing.
    pub const ZERO: Self = Self { nanos: 0, binary: false };

    /// That many whole ones.
    #[must_use]
    pub fn whole(count: u64) -> Self {
        Self { nanos: i128::from(count) * NANO, binary: false }
    }

    /// Reads an amount as the API does; `None` when it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, unsigned) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
        let (number, suffix) = unsigned.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
            return None;
        }
        let (factor, divisor, binary) = if let Some((name, factor)) = SUFFIXES.iter().find(|(name, _)| *name == suffix)
        {
            (*factor, 1, name.ends_with('i'))
        } else {
            let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
            let power = 10_i128.checked_pow(exponent.unsigned_abs())?;
            if exponent < 0 { (NANO, power, false) } else { (NANO.checked_mul(power)?, 1, false) }
        };
        let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
        let scale = 10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?.checked_mul(divisor)?;
        let product = digits.checked_mul(factor)?;
        // The API rounds what is finer than a billionth away from zero.
        let nanos = product / scale + i128::from(product % scale != 0);
        Some(Self { nanos: if negative { -nanos } else { nanos }, binary })
    }

    /// The sum.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { nanos: self.nanos.saturating_add(other.nanos), binary: self.binary || other.binary }
    }

    /// The difference, which may be negative.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self { nanos: self.nanos.saturating_sub(other.nanos), binary: self.binary || other.binary }
    }

    /// That many times as much.
    #[must_use]
    pub fn times(self, count: u64) -> Self {
        Self { nanos: self.nanos.saturating_mul(i128::from(count)), ..self }
    }

    /// How many whole times `part` is in it; `None` when `part` is nothing.
    #[must_use]
    pub fn holds(self, part: Self) -> Option<u64> {
        (part.nanos > 0).then(|| u64::try_from(self.nanos.max(0) / part.nanos).unwrap_or(u64::MAX))
    }

    /// Whether it is less than nothing.
    #[must_use]
    pub fn is_negative(self) -> bool {
        self.nanos < 0
    }

    /// Whether it is nothing.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.nanos == 0
    }
}

/// As the API writes it: the largest suffix that leaves a whole number.
impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = |(suffix, factor): &&(&str, i128)| {
            let right_family = suffix.is_empty() || suffix.ends_with('i') == self.binary;
            right_family && self.nanos % factor == 0
        };
        let binary_fine = self.binary && self.nanos % NANO != 0;
        let best = SUFFIXES.iter().filter(|entry| if binary_fine { entry.1 < NANO } else { fits(entry) });
        let best = best.filter(|(_, factor)| self.nanos % factor == 0).max_by_key(|(_, factor)| *factor);
        match best.filter(|_| self.nanos != 0) {
            Some((suffix, factor)) => write!(f, "{}{suffix}", self.nanos / factor),
            None => f.write_str("0"),
        }
    }
}

/// Amounts by resource: `cpu=250m,memory=64Mi`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resources(BTreeMap<String, (String, Quantity)>);

impl Resources {
    /// The amount of a resource.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Quantity> {
        self.0.get(name).map(|(_, quantity)| *quantity)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each resource with its amount as it was typed.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, (text, _))| (name.as_str(), text.as_str()))
    }

    /// Sets what is not set.
    pub(super) fn or(&mut self, name: &str, text: &str) {
        if let Some(quantity) = Quantity::parse(text) {
            self.0.entry(name.to_owned()).or_insert_with(|| (text.to_owned(), quantity));
        }
    }
}

impl FromStr for Resources {
    type Err = Flaw;

    fn from_str(text: &str) -> Result<Self, Flaw> {
        const KNOWN: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];
        let flaw = |wrong| Err(Flaw::new(Field::Requests, text, wrong));
        let mut resources = BTreeMap::new();
        for pair in text.split(',') {
            let Some((name, amount)) = pair.split_once('=') else {
                return flaw(Message::new("resources-pair").arg("part", pair));
            };
            let extended = name.contains('/') && is_qualified_name(name);
            if !KNOWN.contains(&name) && !name.starts_with("hugepages-") && !extended {
                return flaw(match suggest::nearest(name, KNOWN) {
                    Some(nearest) => {
                        Message::new("resources-unknown-nearest").arg("name", name).arg("nearest", nearest)
                    }
                    None => Message::new("resources-unknown").arg("name", name),
                });
            }
            let Some(quantity) = Quantity::parse(amount) else {
                return flaw(Message::new("resources-amount").arg("name", name).arg("amount", amount));
            };
            if quantity.is_negative() {
                return flaw(Message::new("resources-negative").arg("name", name));
            }
            if resources.insert(name.to_owned(), (amount.to_owned(), quantity)).is_some() {
                return flaw(Message::new("resources-twice").arg("name", name));
            }
        }
        Ok(Self(resources))
    }
}
