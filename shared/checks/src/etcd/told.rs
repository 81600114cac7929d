//! What etcd's own metrics tell, and what the API server's tell of etcd.

use std::collections::BTreeMap;

use quicktour_survey::Sample;

use crate::limits::{self, Buckets, whole};

/// One member's metrics.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Member {
    /// `3.6.8`.
    pub version: Option<String>,
    /// The database on the disk, in bytes.
    pub size: Option<u64>,
    /// What of it holds something.
    pub in_use: Option<u64>,
    /// As the member says it: 0 stands for the default, what is negative for none.
    pub quota: Option<f64>,
    /// Whether it knows a leader.
    pub has_leader: Option<bool>,
    /// How long the log took to reach the disk: microseconds, and how many were at most as slow.
    pub fsync: Buckets,
    /// How long the database took to.
    pub commit: Buckets,
    /// How long the way to the other members took, all together.
    pub peer: Buckets,
    /// Counters and gauges by the names in [`COUNTED`].
    pub counted: BTreeMap<&'static str, u64>,
    /// Members that this one knows, itself included.
    pub known: u64,
    /// Other members that it is connected to.
    pub active: u64,
    /// Requests that were answered, streams left out.
    pub handled: u64,
    /// Alarms that are raised.
    pub alarms: Vec<String>,
    /// When the process was started, in seconds of the epoch.
    pub started: Option<f64>,
}

/// Further metrics that are kept as they are.
const COUNTED: [&str; 12] = [
    "etcd_server_leader_changes_seen_total",
    "etcd_server_proposals_failed_total",
    "etcd_server_proposals_pending",
    "etcd_server_proposals_committed_total",
    "etcd_server_proposals_applied_total",
    "etcd_server_slow_apply_total",
    "etcd_server_slow_read_indexes_total",
    "etcd_server_heartbeat_send_failures_total",
    "etcd_debugging_mvcc_watch_stream_total",
    "process_open_fds",
    "process_max_fds",
    "etcd_server_is_learner",
];

/// Those of [`COUNTED`] that only grow.
const GROWING: [&str; 5] = [
    "etcd_server_leader_changes_seen_total",
    "etcd_server_proposals_failed_total",
    "etcd_server_slow_apply_total",
    "etcd_server_slow_read_indexes_total",
    "etcd_server_heartbeat_send_failures_total",
];

impl Member {
    /// Takes one sample.
    pub fn see(&mut self, sample: &Sample<'_>) {
        let label = |name: &str| sample.label(name).unwrap_or_default().into_owned();
        match sample.name {
            "etcd_mvcc_db_total_size_in_bytes" => self.size = Some(whole(sample.value)),
            // Before 3.4.
            "etcd_debugging_mvcc_db_total_size_in_bytes" => self.size = self.size.or(Some(whole(sample.value))),
            "etcd_mvcc_db_total_size_in_use_in_bytes" => self.in_use = Some(whole(sample.value)),
            "etcd_server_quota_backend_bytes" => self.quota = Some(sample.value),
            "etcd_server_has_leader" => self.has_leader = Some(sample.value > 0.0),
            "etcd_server_version" => self.version = Some(label("server_version")),
            "etcd_disk_wal_fsync_duration_seconds_bucket" => bucket(&mut self.fsync, sample),
            "etcd_disk_backend_commit_duration_seconds_bucket" => bucket(&mut self.commit, sample),
            "etcd_network_peer_round_trip_time_seconds_bucket" => bucket(&mut self.peer, sample),
            "etcd_network_known_peers" => self.known += whole(sample.value),
            "etcd_network_active_peers" => self.active += whole(sample.value),
            "grpc_server_handled_total" if label("grpc_type") == "unary" => self.handled += whole(sample.value),
            "etcd_debugging_server_alarms" if sample.value > 0.0 => self.alarms.push(label("alarm_type")),
            "process_start_time_seconds" => self.started = Some(sample.value),
            name => {
                if let Some(name) = COUNTED.iter().find(|counted| **counted == name) {
                    self.counted.insert(name, whole(sample.value));
                }
            }
        }
    }

    /// Whether these were etcd's metrics at all.
    #[must_use]
    pub fn is_etcd(&self) -> bool {
        self.has_leader.is_some() || !self.fsync.is_empty()
    }

    /// A metric of [`COUNTED`].
    #[must_use]
    pub fn count(&self, metric: &str) -> Option<u64> {
        self.counted.get(metric).copied()
    }

    /// What came about since an earlier reading: counters and histograms as differences, all else as it is now. `None`
    /// when the member was started anew in between.
    #[must_use]
    pub fn since(&self, before: &Self) -> Option<Self> {
        if self.started != before.started {
            return None;
        }
        let mut since = self.clone();
        for name in GROWING {
            if let (Some(now), Some(then)) = (since.counted.get_mut(name), before.counted.get(name)) {
                *now = now.checked_sub(*then)?;
            }
        }
        since.handled = self.handled.checked_sub(before.handled)?;
        for (now, then) in
            [(&mut since.fsync, &before.fsync), (&mut since.commit, &before.commit), (&mut since.peer, &before.peer)]
        {
            for (bound, count) in now.iter_mut() {
                *count = count.checked_sub(then.get(bound).copied().unwrap_or(0))?;
            }
        }
        Some(since)
    }
}

/// What the API server that answered tells of etcd and of objects.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ApiServer {
    /// Objects and their estimated bytes.
    pub told: limits::Told,
    /// The size of each etcd by its name, in bytes.
    sizes: BTreeMap<String, u64>,
    old_sizes: BTreeMap<String, u64>,
    requests: Option<u64>,
    durations: Option<u64>,
}

impl ApiServer {
    /// Takes one sample.
    pub fn see(&mut self, sample: &Sample<'_>) {
        let label = |name: &str| sample.label(name).unwrap_or_default().into_owned();
        // Several samples of one name are several endpoints of one etcd, or a size read twice: never a sum.
        let largest = |sizes: &mut BTreeMap<String, u64>, name: String| {
            let size = sizes.entry(name).or_default();
            *size = (*size).max(whole(sample.value));
        };
        match sample.name {
            "apiserver_storage_size_bytes" => largest(&mut self.sizes, label("storage_cluster_id")),
            // 1.26 and 1.27, and before.
            "apiserver_storage_db_total_size_in_bytes" | "etcd_db_total_size_in_bytes" => {
                largest(&mut self.old_sizes, String::new());
            }
            "etcd_requests_total" => self.requests = Some(self.requests.unwrap_or(0) + whole(sample.value)),
            // Before 1.28.
            "etcd_request_duration_seconds_count" => {
                self.durations = Some(self.durations.unwrap_or(0) + whole(sample.value));
            }
            _ => self.told.see(sample),
        }
    }

    /// The size of the largest etcd behind the server.
    #[must_use]
    pub fn size(&self) -> Option<u64> {
        self.sizes.values().max().or_else(|| self.old_sizes.values().max()).copied()
    }

    /// How many requests it has sent to etcd since its start.
    #[must_use]
    pub fn requests(&self) -> Option<u64> {
        self.requests.or(self.durations)
    }

    /// Which metric told the size.
    #[must_use]
    pub fn size_metric(&self) -> &'static str {
        if self.sizes.is_empty() { "apiserver_storage_db_total_size_in_bytes" } else { "apiserver_storage_size_bytes" }
    }
}

/// Adds a histogram's bucket; those of several labels are one.
fn bucket(buckets: &mut Buckets, sample: &Sample<'_>) {
    let bound = match sample.label("le").unwrap_or_default().parse::<f64>() {
        Ok(seconds) if seconds.is_finite() => whole(seconds * 1e6),
        Ok(_) => u64::MAX,
        Err(_) => return,
    };
    *buckets.entry(bound).or_default() += whole(sample.value);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(lines: &str) -> Member {
        let mut member = Member::default();
        lines.lines().filter_map(Sample::parse).for_each(|sample| member.see(&sample));
        member
    }

    #[test]
    fn a_window_is_what_came_about_in_it() {
        let at = |failed: u64, fast: u64, start: u64| {
            member(&format!(
                "etcd_server_has_leader 1\netcd_server_proposals_failed_total {failed}\n\
                 etcd_disk_wal_fsync_duration_seconds_bucket{{le=\"0.001\"}} {fast}\n\
                 etcd_disk_wal_fsync_duration_seconds_bucket{{le=\"+Inf\"}} {}\n\
                 etcd_mvcc_db_total_size_in_bytes {failed}000\nprocess_start_time_seconds {start}\n",
                fast + 3
            ))
        };
        let window = at(7, 90, 1).since(&at(5, 40, 1)).unwrap();
        assert_eq!(window.count("etcd_server_proposals_failed_total"), Some(2));
        assert_eq!((window.size, window.fsync.clone()), (Some(7000), Buckets::from([(1000, 50), (u64::MAX, 50)])));
        assert_eq!(at(7, 90, 2).since(&at(5, 40, 1)), None, "started anew");
        assert_eq!(at(1, 90, 1).since(&at(5, 40, 1)), None, "another member");
    }

    #[test]
    fn other_metrics_are_not_etcds() {
        assert!(member("etcd_server_has_leader 1").is_etcd());
        assert!(!member("process_open_fds 3\nnode_load1 0.5").is_etcd());
    }

    #[test]
    fn sizes_are_read_by_the_name_that_the_version_has_and_never_added() {
        let size = |lines: &str| {
            let mut server = ApiServer::default();
            lines.lines().filter_map(Sample::parse).for_each(|sample| server.see(&sample));
            server.size()
        };
        let events = "apiserver_storage_size_bytes{storage_cluster_id=\"etcd-0\"} 50\n\
                      apiserver_storage_size_bytes{storage_cluster_id=\"etcd-1\"} 70\n";
        assert_eq!(size(events), Some(70));
        let endpoints =
            "etcd_db_total_size_in_bytes{endpoint=\"a\"} 5\netcd_db_total_size_in_bytes{endpoint=\"b\"} 6\n";
        assert_eq!(size(endpoints), Some(6));
        assert_eq!(size("apiserver_storage_db_total_size_in_bytes{endpoint=\"a\"} 9"), Some(9));
        assert_eq!(size("apiserver_request_total 4"), None);
    }
}
