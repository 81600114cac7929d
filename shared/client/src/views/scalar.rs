//! The API's scalar-like types, readable from JSON and from protobuf alike.

use jiff::Timestamp;
use prost::Message;
use serde::de::{Deserialize, Deserializer, Error as _};

/// Reads `null` as the type's default, as Go's decoder does: servers write it for empty fields.
///
/// # Errors
/// The value is neither `null` nor of the type.
pub fn nullable<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// `metav1.Time` and `metav1.MicroTime`: an RFC 3339 string in JSON, seconds and nanoseconds in protobuf.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct Time {
    /// Seconds since the epoch.
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    /// Nanoseconds after `seconds`.
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}

impl Time {
    /// The instant; times that `jiff` cannot hold (before the year -9999) become the epoch.
    #[must_use]
    pub fn timestamp(self) -> Timestamp {
        Timestamp::new(self.seconds, self.nanos).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

impl From<Timestamp> for Time {
    fn from(at: Timestamp) -> Self {
        Self { seconds: at.as_second(), nanos: at.subsec_nanosecond() }
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse::<Timestamp>().map(Self::from).map_err(D::Error::custom)
    }
}

/// `resource.Quantity`, kept as written (`250m`, `1Gi`).
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Quantity {
    /// The canonical text.
    #[prost(string, tag = "1")]
    pub text: String,
}

impl Quantity {
    /// The value in base units (cores, bytes, pieces), or `None` when the text is no quantity.
    #[must_use]
    pub fn value(&self) -> Option<f64> {
        let split = self.text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(self.text.len());
        let (number, suffix) = self.text.split_at(split);
        let factor = match suffix {
            "" => 1.0,
            "n" => 1e-9,
            "u" => 1e-6,
            "m" => 1e-3,
            "k" => 1e3,
            "M" => 1e6,
            "G" => 1e9,
            "T" => 1e12,
            "P" => 1e15,
            "E" => 1e18,
            "Ki" => 1024.0,
            "Mi" => 1024.0_f64.powi(2),
            "Gi" => 1024.0_f64.powi(3),
            "Ti" => 1024.0_f64.powi(4),
            "Pi" => 1024.0_f64.powi(5),
            "Ei" => 1024.0_f64.powi(6),
            // Decimal exponents: `1e3` and `1E3`.
            _ => return self.text.parse().ok(),
        };
        number.parse::<f64>().ok().map(|number| number * factor)
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        let text = match value {
            serde_json::Value::String(text) => text,
            serde_json::Value::Number(number) => number.to_string(),
            serde_json::Value::Null => String::new(),
            _ => return Err(D::Error::custom("a quantity is a string or a number")),
        };
        Ok(Self { text })
    }
}

/// A number or a percentage.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct IntOrString {
    /// 0 for a number, 1 for text.
    #[prost(int64, tag = "1")]
    pub kind: i64,
    /// The number.
    #[prost(int32, tag = "2")]
    pub number: i32,
    /// The text, as `25%`.
    #[prost(string, tag = "3")]
    pub text: String,
}

impl IntOrString {
    /// The number, or the percentage of `whole`; rounded up or down as the field's meaning wants it.
    #[must_use]
    pub fn of(&self, whole: u32, up: bool) -> u32 {
        match self.text.strip_suffix('%').and_then(|percent| percent.parse::<u32>().ok()) {
            Some(percent) => {
                let parts = u64::from(whole) * u64::from(percent);
                let rounded = if up { parts.div_ceil(100) } else { parts / 100 };
                u32::try_from(rounded).unwrap_or(u32::MAX)
            }
            None => u32::try_from(self.number).unwrap_or_default(),
        }
    }
}

impl<'de> Deserialize<'de> for IntOrString {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::String(text) => Ok(Self { kind: 1, number: 0, text }),
            serde_json::Value::Number(number) => {
                let number = number.as_i64().and_then(|number| i32::try_from(number).ok());
                Ok(Self { kind: 0, number: number.unwrap_or_default(), text: String::new() })
            }
            _ => Err(D::Error::custom("a number or a text")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_follow_the_apimachinery_grammar() {
        for (text, value) in [
            ("0", Some(0.0)),
            ("250m", Some(0.25)),
            ("1.5", Some(1.5)),
            ("64Mi", Some(67_108_864.0)),
            ("1k", Some(1000.0)),
            ("1e3", Some(1000.0)),
            ("2E3", Some(2000.0)),
            ("1E", Some(1e18)),
            ("", None),
            ("lots", None),
        ] {
            assert_eq!(Quantity { text: text.into() }.value(), value, "{text}");
        }
    }

    #[test]
    fn a_share_is_rounded_as_its_field_wants() {
        let quarter: IntOrString = serde_json::from_str("\"25%\"").unwrap();
        assert_eq!((quarter.of(3, false), quarter.of(3, true), quarter.of(8, true)), (0, 1, 2));
        assert_eq!(serde_json::from_str::<IntOrString>("2").unwrap().of(100, false), 2);
    }

    #[test]
    fn a_time_reads_from_json() {
        let time: Time = serde_json::from_str("\"2026-01-02T03:04:05.678901Z\"").unwrap();
        assert_eq!(time.timestamp().to_string(), "2026-01-02T03:04:05.678901Z");
        assert!(serde_json::from_str::<Time>("\"yesterday\"").is_err());
    }
}
