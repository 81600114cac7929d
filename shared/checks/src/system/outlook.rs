//! What will stop working: deprecated APIs that somebody still asks for, and certificates that end soon.

use std::collections::BTreeSet;

use jiff::Timestamp;
use quicktour_report::finding::{Finding, Severity};
use quicktour_report::message::Message;
use quicktour_report::system::{Certificate, DeprecatedApi};
use quicktour_survey::views::View as _;
use quicktour_survey::{Sample, SystemObject, certificates_in};

use super::gather::Gathered;
use super::{Ground, finding};
use crate::figures::Limits;

/// A certificate, and where it was seen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SeenCertificate {
    /// In words.
    pub seen: Message,
    /// Its subject's common name.
    pub subject: String,
    /// When it ends.
    pub ends: Timestamp,
}

/// What is kept of objects and metrics for this.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Outlook {
    deprecated: BTreeSet<DeprecatedApi>,
    certificates: Vec<SeenCertificate>,
}

impl Outlook {
    pub(super) fn see(&mut self, object: SystemObject<'_>) {
        match object {
            SystemObject::ApiService(it) => {
                let bundle = it.spec.as_ref().map_or(&[][..], |spec| &spec.ca_bundle);
                self.keep(bundle, &Message::new("certificate-api").arg("name", &it.meta().name));
            }
            SystemObject::Validating(it) => self.webhooks(&it.meta().name, &it.webhooks),
            SystemObject::Mutating(it) => self.webhooks(&it.meta().name, &it.webhooks),
            SystemObject::SigningRequest(it) => {
                let certificate = it.status.as_ref().map_or(&[][..], |status| &status.certificate);
                let signer = it.spec.as_ref().map(|spec| spec.signer_name.clone()).unwrap_or_default();
                self.keep(certificate, &Message::new("certificate-request").arg("signer", signer));
            }
            _ => {}
        }
    }

    fn webhooks(&mut self, name: &str, webhooks: &[quicktour_survey::views::system::TrustedWebhook]) {
        for webhook in webhooks {
            let bundle = webhook.client_config.as_ref().map_or(&[][..], |config| &config.ca_bundle);
            self.keep(bundle, &Message::new("certificate-webhook").arg("name", name));
        }
    }

    fn keep(&mut self, pem: &[u8], seen: &Message) {
        self.certificates.extend(certificates_in(pem).into_iter().map(|found| SeenCertificate {
            seen: seen.clone(),
            subject: found.subject,
            ends: found.ends,
        }));
    }

    pub(super) fn measure(&mut self, sample: &Sample<'_>) {
        if sample.name == "apiserver_requested_deprecated_apis" && sample.value > 0.0 {
            let label = |name| sample.label(name).map(std::borrow::Cow::into_owned).unwrap_or_default();
            self.deprecated.insert(DeprecatedApi {
                removed: label("removed_release"),
                group: label("group"),
                version: label("version"),
                resource: label("resource"),
                subresource: label("subresource"),
            });
        }
    }
}

/// Deprecated APIs, those that go first first.
pub(super) fn deprecated(gathered: &Gathered) -> Vec<DeprecatedApi> {
    let mut apis: Vec<DeprecatedApi> = gathered.outlook.deprecated.iter().cloned().collect();
    apis.sort_by_key(|api| (quicktour_survey::minor(&api.removed).unwrap_or((u32::MAX, 0)), api.clone()));
    apis
}

/// All certificates, each once for each place that it was seen at.
pub(super) fn certificates(gathered: &Gathered, others: &[SeenCertificate], now: Timestamp) -> Vec<Certificate> {
    let all: BTreeSet<&SeenCertificate> = gathered.outlook.certificates.iter().chain(others).collect();
    let mut certificates: Vec<Certificate> = all
        .into_iter()
        .map(|it| Certificate {
            seen: it.seen.clone(),
            subject: it.subject.clone(),
            ends: it.ends,
            days_left: it.ends.duration_since(now).as_secs().div_euclid(24 * 3600),
        })
        .collect();
    certificates.sort_by(|a, b| (a.ends, &a.subject, &a.seen).cmp(&(b.ends, &b.subject, &b.seen)));
    certificates
}

pub(super) fn findings(apis: &[DeprecatedApi], certificates: &[Certificate], ground: &Ground<'_>) -> Vec<Finding> {
    let days = Limits::published().value("system-certificate-days");
    let asked = apis.iter().filter(|api| !api.removed.is_empty()).map(|api| {
        let version = if api.group.is_empty() { api.version.clone() } else { format!("{}/{}", api.group, api.version) };
        let title = Message::new("deprecated-title")
            .arg("resource", &api.resource)
            .arg("version", &version)
            .arg("removed", &api.removed);
        let words = (title, Message::new("deprecated-why"), Message::new("deprecated-fix"));
        let owner = format!("{version}/{}", api.resource);
        let command = ground.command(&["get", "--raw", "/metrics"]);
        let source = "the metric apiserver_requested_deprecated_apis";
        finding("deprecated-api-requested", &owner, Severity::Warning, words, Some(command), source)
    });
    let ending = certificates.iter().filter(|it| it.days_left < i64::from(days)).map(|it| {
        let ended = it.ends <= ground.now;
        let left = it.ends.duration_since(ground.now).unsigned_abs();
        let (title, severity) =
            if ended { ("certificate-ended-title", Severity::Error) } else { ("certificate-title", Severity::Warning) };
        let title = Message::new(title).arg("subject", &it.subject).arg("left", left);
        let why = Message::new("certificate-why").arg("seen", it.seen.clone());
        let words = (title, why, Message::new("certificate-fix"));
        // Where it was seen tells two of the same name apart.
        let owner = format!("{}/{}", it.seen.id.trim_start_matches("certificate-"), it.subject);
        finding("certificate-expires", &owner, severity, words, None, "notAfter of the certificate")
    });
    asked.chain(ending).collect()
}
