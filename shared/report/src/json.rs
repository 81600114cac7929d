//! The report as programs read it: a contract of its own, apart from the structs that the rooms use among themselves.
//!
//! To add a field: add it here, fill it in `From`, review the schema's snapshot, and say so in the changelog.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::{Deserialize, Serialize};

mod convert;
mod etcd;
mod limits;
mod parse;
mod system;
#[cfg(test)]
mod tests;

pub use etcd::{JsonDiskReport, JsonSizingReport};
pub use limits::JsonLimitsReport;
pub use parse::ParseError;
pub use system::JsonSystemReport;

/// The version of the contract, which every report names.
pub const API_VERSION: &str = "quicktour/v1";

/// A report of the cluster's health.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "ClusterHealthReport")]
pub struct JsonReport {
    /// The version of this format.
    pub api_version: ApiVersion,
    /// Which report this is.
    pub kind: Kind,
    /// Which cluster was looked at.
    pub cluster: JsonCluster,
    /// When the reading was done (RFC 3339, UTC).
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub generated_at: Timestamp,
    /// The sum of it.
    pub verdict: JsonVerdict,
    /// Facts about the cluster, a line each, in words; the first says what was looked at.
    pub summary: Vec<String>,
    /// What was found, worst first.
    pub findings: Vec<JsonFinding>,
    /// What was asked for and could not be read.
    pub not_checked: Vec<JsonNotChecked>,
    /// What was found and counts for nothing because the user's ignore file says so.
    pub ignored: Vec<JsonIgnored>,
    /// What changed since the report given with `--compare`; null without one.
    pub comparison: Option<JsonComparison>,
    /// What the process ended with.
    pub exit_code: u8,
}

/// The version of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum ApiVersion {
    /// The first.
    #[serde(rename = "quicktour/v1")]
    V1,
}

/// Which report it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum Kind {
    /// `kubectl cluster-health`.
    ClusterHealthReport,
}

/// Which cluster was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Cluster")]
pub struct JsonCluster {
    /// The kubeconfig's context; null inside a cluster.
    pub context: Option<String>,
    /// The API server's URL.
    pub server: String,
    /// The server's version; null if it could not be read.
    pub version: Option<String>,
}

/// The sum of a report: an error makes it failing, else a warning degraded, else something unread unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Verdict", inline)]
pub enum JsonVerdict {
    /// Nothing is wrong.
    Healthy,
    /// At least one warning.
    Degraded,
    /// At least one error.
    Failing,
    /// Something could not be read.
    Unknown,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Severity", inline)]
pub enum JsonSeverity {
    /// Something does not work.
    Error,
    /// Something will stop working, or works badly.
    Warning,
    /// Worth knowing.
    Info,
}

/// One finding; equal troubles are one finding with a count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Finding")]
pub struct JsonFinding {
    /// The rule, stable across releases.
    #[schemars(regex(pattern = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"))]
    pub id: String,
    /// Rule, cause and owner: the same in two reports that speak of the same thing.
    pub key: String,
    /// How bad.
    pub severity: JsonSeverity,
    /// What, how many, where, in one line.
    pub title: String,
    /// The cause or consequence.
    pub why: String,
    /// The next step.
    pub fix: JsonFix,
    /// How many objects are concerned; always the true number.
    pub count: u64,
    /// The first of the objects, sorted.
    #[schemars(length(max = 50))]
    pub objects: Vec<JsonObject>,
    /// The field or threshold that the rule judged by, and where that comes from.
    pub source: String,
    /// Findings that follow from this one.
    pub effects: Vec<JsonFinding>,
}

/// A next step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Fix")]
pub struct JsonFix {
    /// A command line for a POSIX shell; null where no command helps.
    pub command: Option<String>,
    /// What to do, in words.
    pub advice: String,
}

/// The name of an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Object")]
pub struct JsonObject {
    /// Group and version, as in a manifest.
    pub api_version: String,
    /// The kind.
    pub kind: String,
    /// The namespace; null for objects of the cluster's scope.
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
}

/// Something that was asked for and could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "NotChecked")]
pub struct JsonNotChecked {
    /// What stays unknown.
    pub what: String,
    /// Why it could not be read. Absent (this cluster has no such part, or its provider hides it) worsens nothing.
    pub why: JsonNotCheckedWhy,
    /// The cause in more words; null where there are none.
    pub detail: Option<String>,
    /// The permission that is missing; null where none is.
    pub rule: Option<JsonRule>,
}

/// Why something could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum JsonNotCheckedWhy {
    /// The user may not read it.
    Forbidden,
    /// There is no such thing here.
    Absent,
    /// The read failed.
    Failed,
}

/// A permission, as it would stand in a `Role` or `ClusterRole`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Rule")]
pub struct JsonRule {
    /// The API group; empty for core.
    pub api_group: String,
    /// The plural resource; empty for a path.
    pub resource: String,
    /// The verb.
    pub verb: String,
    /// The path of a rule about a path; null otherwise.
    #[serde(rename = "nonResourceURL")]
    pub non_resource_url: Option<String>,
    /// The namespace; null for the whole cluster.
    pub namespace: Option<String>,
}

/// A finding that counts for nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Ignored")]
pub struct JsonIgnored {
    /// What was found.
    pub finding: JsonFinding,
    /// Why it is ignored, in the user's words.
    pub reason: String,
    /// The last day on which it is ignored; null for ever.
    #[schemars(with = "Option<String>", extend("format" = "date"))]
    pub until: Option<Date>,
}

/// What changed since an earlier report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Comparison")]
pub struct JsonComparison {
    /// Keys of the findings, effects included, that the earlier report had not.
    pub new: Vec<String>,
    /// The findings, effects included, that only the earlier report had.
    pub gone: Vec<JsonGone>,
}

/// A finding that is no longer there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Gone")]
pub struct JsonGone {
    /// Its key.
    pub key: String,
    /// Its title in the earlier report.
    pub title: String,
}

impl JsonReport {
    /// Reads a report that an earlier run wrote with `-o json`.
    pub fn parse(json: &str) -> Result<Self, ParseError> {
        parse::parse(json)
    }

    /// The title of every finding, effects included.
    #[must_use]
    pub fn titles_by_key(&self) -> BTreeMap<&str, &str> {
        fn collect<'a>(findings: &'a [JsonFinding], into: &mut BTreeMap<&'a str, &'a str>) {
            for finding in findings {
                into.insert(&finding.key, &finding.title);
                collect(&finding.effects, into);
            }
        }
        let mut titles = BTreeMap::new();
        collect(&self.findings, &mut titles);
        titles
    }

    /// The keys of the findings that were ignored, effects included.
    #[must_use]
    pub fn ignored_keys(&self) -> BTreeSet<&str> {
        fn collect<'a>(finding: &'a JsonFinding, into: &mut BTreeSet<&'a str>) {
            into.insert(&finding.key);
            finding.effects.iter().for_each(|effect| collect(effect, into));
        }
        let mut keys = BTreeSet::new();
        self.ignored.iter().for_each(|ignored| collect(&ignored.finding, &mut keys));
        keys
    }
}

/// The JSON Schema of a health report, as `--print-schema` prints it.
#[must_use]
pub fn schema() -> String {
    schema_of::<JsonReport>()
}

/// The JSON Schema of an etcd sizing report.
#[must_use]
pub fn sizing_schema() -> String {
    schema_of::<JsonSizingReport>()
}

/// The JSON Schema of a report about a disk.
#[must_use]
pub fn disk_schema() -> String {
    schema_of::<JsonDiskReport>()
}

/// The JSON Schema of a limits report.
#[must_use]
pub fn limits_schema() -> String {
    schema_of::<JsonLimitsReport>()
}

/// The JSON Schema of a system report.
#[must_use]
pub fn system_schema() -> String {
    schema_of::<JsonSystemReport>()
}

fn schema_of<T: JsonSchema>() -> String {
    // As it is written, not as it may be read: every field is there, null where there is nothing to say.
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let schema = settings.into_generator().into_root_schema_for::<T>();
    format!("{:#}\n", schema.as_value())
}
