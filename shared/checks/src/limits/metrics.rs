//! What the API server's metrics tell of sizes and latencies. One reading: everything is since the server's start, and of
//! the one instance that answered.

use std::collections::BTreeMap;

use quicktour_survey::Sample;

/// A kind of objects: group and plural.
pub(super) type Kind = (String, String);

/// Subresources whose calls last as long as their user wants. Source: kubernetes/perf-tests,
/// `api_responsiveness_prometheus.go`.
const STREAMS: [&str; 5] = ["log", "exec", "portforward", "attach", "proxy"];

/// The sorts of calls that an objective is given for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    /// POST, PUT, PATCH and DELETE of one object.
    Mutating,
    /// GET of one object.
    ReadObject,
    /// LIST of a namespace or of the cluster.
    ReadCollection,
}

/// Calls by bucket: the upper bound in milliseconds, and how many were at most as slow. The last bound is [`u64::MAX`].
pub type Buckets = BTreeMap<u64, u64>;

/// What was told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    /// Objects of each kind.
    pub objects: BTreeMap<Kind, u64>,
    /// Their estimated bytes in the store.
    pub bytes: BTreeMap<Kind, u64>,
    /// Calls of each sort by verb and resource.
    pub calls: BTreeMap<Sort, BTreeMap<String, Buckets>>,
    /// Writes of pods, and when counting began (seconds of the epoch).
    pub pod_changes: u64,
    /// When the server was started, in seconds of the epoch.
    pub started: Option<f64>,
    old_objects: BTreeMap<Kind, u64>,
}

impl Told {
    /// Takes one sample.
    pub fn see(&mut self, sample: &Sample<'_>) {
        match sample.name {
            "apiserver_resource_objects" => insert(&mut self.objects, sample),
            "apiserver_resource_size_estimate_bytes" => insert(&mut self.bytes, sample),
            // Servers before 1.34.
            "apiserver_storage_objects" => {
                let resource = sample.label("resource").unwrap_or_default();
                let (plural, group) = resource.split_once('.').unwrap_or((&resource, ""));
                put(&mut self.old_objects, group, plural, sample.value);
            }
            "apiserver_request_sli_duration_seconds_bucket" => self.see_call(sample),
            "apiserver_request_total" => {
                let is = |name: &str, value: &str| sample.label(name).as_deref() == Some(value);
                let writes = ["POST", "PUT", "PATCH", "DELETE", "DELETECOLLECTION"].iter().any(|verb| is("verb", verb));
                if writes && is("resource", "pods") && is("subresource", "") && is("group", "") {
                    self.pod_changes = self.pod_changes.saturating_add(whole(sample.value));
                }
            }
            "process_start_time_seconds" => self.started = Some(sample.value),
            _ => {}
        }
    }

    /// Objects of a kind.
    #[must_use]
    pub fn count(&self, group: &str, plural: &str) -> Option<u64> {
        let kind = (group.to_owned(), plural.to_owned());
        self.objects.get(&kind).or_else(|| self.old_objects.get(&kind)).copied()
    }

    /// Every kind that is counted, by the newer metric where there is one.
    pub fn kinds(&self) -> impl Iterator<Item = (&Kind, u64)> {
        let counted = if self.objects.is_empty() { &self.old_objects } else { &self.objects };
        counted.iter().map(|(kind, count)| (kind, *count))
    }

    fn see_call(&mut self, sample: &Sample<'_>) {
        let label = |name: &str| sample.label(name).unwrap_or_default();
        // Custom and aggregated resources have no objective.
        if !is_builtin(&label("group")) || STREAMS.contains(&label("subresource").as_ref()) {
            return;
        }
        let (verb, scope) = (label("verb"), label("scope"));
        let sort = match (verb.as_ref(), scope.as_ref()) {
            ("POST" | "PUT" | "PATCH" | "DELETE" | "APPLY", _) => Sort::Mutating,
            ("GET", "resource") => Sort::ReadObject,
            ("LIST" | "GET", "namespace" | "cluster") => Sort::ReadCollection,
            _ => return,
        };
        let bound = match label("le").parse::<f64>() {
            Ok(seconds) if seconds.is_finite() => whole(seconds * 1000.0),
            Ok(_) => u64::MAX,
            Err(_) => return,
        };
        let (resource, sub) = (label("resource"), label("subresource"));
        let name = if sub.is_empty() { format!("{verb} {resource}") } else { format!("{verb} {resource}/{sub}") };
        // Versions and scopes of one verb and resource are one.
        let buckets = self.calls.entry(sort).or_default().entry(name).or_default();
        *buckets.entry(bound).or_default() += whole(sample.value);
    }
}

/// Between which bounds the percentile of the calls lies, in milliseconds, and how many calls there were; `None` without
/// calls.
#[must_use]
pub fn percentile(buckets: &Buckets, percent: u64) -> Option<((u64, Option<u64>), u64)> {
    let calls = buckets.values().copied().max().filter(|calls| *calls > 0)?;
    let rank = calls.saturating_mul(percent).div_ceil(100);
    let mut below = 0;
    for (bound, count) in buckets {
        if *count >= rank {
            return Some(((below, Some(*bound).filter(|bound| *bound < u64::MAX)), calls));
        }
        below = *bound;
    }
    None
}

/// The groups of Kubernetes' own kinds: thresholds and objectives are given for these. Groups of custom resources may end
/// in `.k8s.io` too. Source: k8s.io/api v0.36.3 and the API server's own groups.
const BUILTIN: [&str; 24] = [
    "",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "apps",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "extensions",
    "flowcontrol.apiserver.k8s.io",
    "internal.apiserver.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "resource.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
    "storagemigration.k8s.io",
];

/// Whether a group is Kubernetes' own.
#[must_use]
pub(super) fn is_builtin(group: &str) -> bool {
    BUILTIN.contains(&group)
}

fn insert(into: &mut BTreeMap<Kind, u64>, sample: &Sample<'_>) {
    let label = |name: &str| sample.label(name).unwrap_or_default();
    put(into, &label("group"), &label("resource"), sample.value);
}

fn put(into: &mut BTreeMap<Kind, u64>, group: &str, plural: &str, value: f64) {
    // -1 says that the server could not find out.
    if value >= 0.0 {
        into.insert((group.to_owned(), plural.to_owned()), whole(value));
    }
}

/// A metric's value as a count or a size.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts and sizes, rounded; `as` saturates"
)]
pub(crate) fn whole(value: f64) -> u64 {
    value.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(lines: &str) -> Told {
        let mut told = Told::default();
        lines.lines().filter_map(Sample::parse).for_each(|sample| told.see(&sample));
        told
    }

    #[test]
    fn counts_are_read_by_the_name_that_the_version_has() {
        let new = told(
            "apiserver_resource_objects{group=\"apps\",resource=\"deployments\"} 15000\n\
                        apiserver_resource_objects{group=\"\",resource=\"secrets\"} -1\n",
        );
        assert_eq!((new.count("apps", "deployments"), new.count("", "secrets")), (Some(15000), None));
        let old = told(
            "apiserver_storage_objects{resource=\"deployments.apps\"} 7\n\
                        apiserver_storage_objects{resource=\"pods\"} 8\n",
        );
        assert_eq!((old.count("apps", "deployments"), old.count("", "pods")), (Some(7), Some(8)));
    }

    #[test]
    fn a_percentile_is_a_bucket_s_range() {
        let line = |le: &str, value: u64| {
            format!(
                "apiserver_request_sli_duration_seconds_bucket{{component=\"apiserver\",group=\"\",resource=\"pods\",\
                 scope=\"resource\",subresource=\"\",verb=\"POST\",version=\"v1\",le=\"{le}\"}} {value}\n"
            )
        };
        let all = [line("0.05", 90), line("0.1", 98), line("1", 99), line("+Inf", 100)].concat();
        let all = told(&all);
        let buckets = &all.calls[&Sort::Mutating]["POST pods"];
        assert_eq!(percentile(buckets, 99), Some(((100, Some(1000)), 100)));
        assert_eq!(percentile(buckets, 100), Some(((1000, None), 100)));
        assert_eq!(percentile(buckets, 50), Some(((0, Some(50)), 100)));
        let none = told(&[line("1", 0), line("+Inf", 0)].concat());
        assert_eq!(percentile(&none.calls[&Sort::Mutating]["POST pods"], 99), None);
    }

    #[test]
    fn calls_without_an_objective_are_left_out() {
        let line = |verb: &str, group: &str, sub: &str| {
            format!(
                "apiserver_request_sli_duration_seconds_bucket{{group=\"{group}\",resource=\"x\",scope=\"cluster\",\
                 subresource=\"{sub}\",verb=\"{verb}\",le=\"1\"}} 5\n"
            )
        };
        assert_eq!(told(&line("WATCH", "", "")).calls.len(), 0);
        assert_eq!(told(&line("LIST", "example.com", "")).calls.len(), 0);
        assert_eq!(told(&line("LIST", "", "log")).calls.len(), 0);
        assert_eq!(told(&line("LIST", "storage.k8s.io", "")).calls.len(), 1);
    }
}
