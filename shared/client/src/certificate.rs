//! What a certificate says of itself: whom it is for, and when it ends. No signature is looked at: whoever trusts it does
//! that.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

/// A certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The common name of its subject; empty where it has none.
    pub subject: String,
    /// When it ends.
    pub ends: Timestamp,
}

/// The certificates of a PEM text. What is none is left out.
#[must_use]
pub fn certificates_in(pem: &[u8]) -> Vec<Certificate> {
    CertificateDer::pem_slice_iter(pem).filter_map(|der| certificate(&der.ok()?)).collect()
}

/// Reads a certificate (DER); `None` where it is none.
#[must_use]
pub fn certificate(der: &[u8]) -> Option<Certificate> {
    let (_, outer, _) = value(der)?;
    let (_, mut rest, _) = value(outer)?;
    // The version stands first, where it is not the oldest.
    let (tag, _, after) = value(rest)?;
    if tag == CONTEXT_0 {
        rest = after;
    }
    // Serial number, signature algorithm, issuer.
    for _ in 0..3 {
        rest = value(rest)?.2;
    }
    let (_, validity, rest) = value(rest)?;
    let (_, subject, _) = value(rest)?;
    let (_, _, after) = value(validity)?;
    let (tag, ends, _) = value(after)?;
    Some(Certificate { subject: common_name(subject).unwrap_or_default(), ends: time(tag, ends)? })
}

const CONTEXT_0: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
/// `2.5.4.3`.
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];

/// Takes one value of DER: its tag, its content, and what comes after it.
fn value(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, mut rest) = rest.split_first()?;
    let length = match first {
        0..=0x7f => usize::from(first),
        0x81..=0x84 => {
            let (bytes, after) = rest.split_at_checked(usize::from(first & 0x7f))?;
            rest = after;
            bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte))
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

fn common_name(mut name: &[u8]) -> Option<String> {
    while let Some((_, set, rest)) = value(name) {
        let (_, pair, _) = value(set)?;
        let (_, kind, after) = value(pair)?;
        if kind == COMMON_NAME {
            return Some(String::from_utf8_lossy(value(after)?.1).into_owned());
        }
        name = rest;
    }
    None
}

/// `YYMMDDHHMMSSZ`, or the same with four digits for the year (RFC 5280, 4.1.2.5).
fn time(tag: u8, text: &[u8]) -> Option<Timestamp> {
    let digits = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let (year, rest) = digits.split_at_checked(if tag == UTC_TIME { 2 } else { 4 })?;
    let mut year: i16 = year.parse().ok()?;
    if tag == UTC_TIME {
        year += if year < 50 { 2000 } else { 1900 };
    }
    let part = |at: usize| rest.get(at..at + 2)?.parse::<i8>().ok();
    let at = DateTime::new(year, part(0)?, part(2)?, part(4)?, part(6)?, part(8)?, 0).ok()?;
    Some(at.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(name: &str, year: i32) -> String {
        let mut params = rcgen::CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(rcgen::DnType::OrganizationName, "system:nodes");
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        params.not_after = rcgen::date_time_ymd(year, 2, 28);
        let key = rcgen::KeyPair::generate().unwrap();
        params.self_signed(&key).unwrap().pem()
    }

    #[test]
    fn the_end_and_the_subject_are_read() {
        // From 2050 on times are written with four digits.
        for (year, ends) in
            [(2027, "2027-02-28T00:00:00Z"), (2049, "2049-02-28T00:00:00Z"), (2061, "2061-02-28T00:00:00Z")]
        {
            let found = certificates_in(made("system:node:a", year).as_bytes());
            let expected = Certificate { subject: "system:node:a".to_owned(), ends: ends.parse().unwrap() };
            assert_eq!(found, [expected]);
        }
    }

    #[test]
    fn all_of_a_bundle_are_read_and_nothing_else() {
        let bundle = format!("{}not a certificate\n{}", made("a", 2030), made("b", 2031));
        let names: Vec<String> = certificates_in(bundle.as_bytes()).into_iter().map(|it| it.subject).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(certificates_in(b""), []);
        assert_eq!(certificates_in(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), []);
    }

    #[test]
    fn a_broken_certificate_is_none() {
        let pem = made("a", 2030);
        let der = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap().to_vec();
        for length in 0..der.len() {
            // Whatever comes of it, nothing panics.
            let _ = certificate(&der[..length]);
        }
        assert_eq!(certificate(&der[..40]), None);
        assert!(certificate(&der).is_some());
    }
}
