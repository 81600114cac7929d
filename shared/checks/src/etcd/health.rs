//! How a member does: its metrics against the targets of etcd's documentation, which warn, and against etcd's own alerts,
//! which fail. A single reading is since the member's start and never fails on what happened in that time.

use std::time::Duration;

use quicktour_report::etcd::{Level, Measure, Measured, Over, Quota};
use quicktour_report::message::Message;
use quicktour_report::render::limits::{bytes, grouped};
use quicktour_report::text::Text;

use super::told::Member;
use crate::limits::{Buckets, Published, percentile};

/// One member as it was read: once, or twice with some time between.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    /// Its address.
    pub address: String,
    /// The last reading.
    pub now: Member,
    /// What came about between two readings, and in which time.
    pub window: Option<(Member, Duration)>,
    /// Bytes in use at the first reading.
    pub in_use_before: Option<u64>,
}

/// The quota of a member.
#[must_use]
pub(super) fn quota(member: &Member, figures: &Published) -> Quota {
    match member.quota {
        // Before 3.4 nothing is said.
        None => Quota::Assumed(figures.count("etcd-quota")),
        Some(quota) if quota < 0.0 => Quota::Disabled,
        Some(0.0) => Quota::Read(figures.count("etcd-quota")),
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a positive size; `as` saturates")]
        Some(quota) => Quota::Read(quota as u64),
    }
}

/// How full a database is.
#[must_use]
pub(super) fn fill(size: u64, quota: Quota, metric: &'static str, figures: &Published) -> [Measure; 2] {
    let near = figures.count("etcd-size-near") * 10;
    let alert = figures.count("etcd-size-alert") * 10;
    let share = quota.bytes().map(|quota| size.saturating_mul(1000) / quota.max(1));
    let level = match (share, quota) {
        (Some(share), Quota::Read(_)) if share > alert => Level::Fails,
        // What is only assumed may be wrong: it warns.
        (Some(share), _) if share >= near => Level::Warns,
        (Some(_), _) => Level::Fine,
        (None, _) => Level::None,
    };
    let target = quota.bytes().map(|quota| below(bytes(quota * figures.count("etcd-size-near") / 100)));
    let most = figures.count("etcd-quota-most");
    let size = Measure { target, level, ..plain("database-size", "etcd-measure-size", Measured::Bytes(size), metric) };
    let (value, level) = match quota {
        Quota::Read(bytes) | Quota::Assumed(bytes) if bytes > most => (Measured::Bytes(bytes), Level::Warns),
        Quota::Read(bytes) | Quota::Assumed(bytes) => (Measured::Bytes(bytes), Level::Fine),
        Quota::Disabled => (Measured::Off, Level::Warns),
        Quota::Unknown => (Measured::Off, Level::None),
    };
    let title = if matches!(quota, Quota::Assumed(_)) { "etcd-measure-quota-assumed" } else { "etcd-measure-quota" };
    let target = Some(Message::new("etcd-at-most").arg("value", Text::new(&bytes(most))));
    [size, Measure { target, level, ..plain("quota", title, value, "etcd_server_quota_backend_bytes") }]
}

/// Everything that is measured of a member, in the order in which it is told.
#[must_use]
pub(super) fn measures(seen: &Seen, now_seconds: f64, figures: &Published) -> Vec<Measure> {
    let now = &seen.now;
    let mut all = Vec::new();
    if let Some(size) = now.size {
        all.extend(fill(size, quota(now, figures), "etcd_mvcc_db_total_size_in_bytes", figures));
    }
    if let (Some(size), Some(in_use)) = (now.size, now.in_use) {
        all.push(plain("in-use", "etcd-measure-in-use", Measured::Bytes(in_use), IN_USE));
        all.push(fragmentation(size, in_use, figures));
    }
    if let (Some((_, elapsed)), Some(before), Some(in_use)) = (&seen.window, seen.in_use_before, now.in_use) {
        let grown = i128::from(in_use) - i128::from(before);
        let rate = grown * 1000 / i128::try_from(elapsed.as_millis().max(1)).unwrap_or(1);
        let growth = Measured::Growth(i64::try_from(rate).unwrap_or(i64::MAX));
        all.push(Measure { over: Some(Over::Window), ..plain("growth", "etcd-measure-growth", growth, IN_USE) });
    }
    all.extend(membership(now));
    all.extend(latencies(seen, figures));
    all.extend(troubles(seen, figures));
    if let Some(rate) = requests(seen, now_seconds) {
        all.push(rate);
    }
    if let (Some(open), Some(most)) = (now.count("process_open_fds"), now.count("process_max_fds")) {
        let share = open.saturating_mul(1000) / most.max(1);
        let near = figures.count("etcd-files-near");
        let level = if share >= near * 10 { Level::Warns } else { Level::Fine };
        let target = Some(below(format!("{near} %")));
        all.push(Measure {
            target,
            level,
            ..plain("files", "etcd-measure-files", Measured::Permille(share), "process_open_fds")
        });
    }
    all
}

const IN_USE: &str = "etcd_mvcc_db_total_size_in_use_in_bytes";

fn plain(id: &'static str, title: &'static str, value: Measured, metric: &'static str) -> Measure {
    let title = Message::new(title);
    Measure { id, title, member: None, value, target: None, level: Level::None, over: None, metric }
}

fn below(value: impl AsRef<str>) -> Message {
    Message::new("etcd-below").arg("value", Text::new(value.as_ref()))
}

/// The share of the file that holds something.
fn fragmentation(size: u64, in_use: u64, figures: &Published) -> Measure {
    let share = in_use.saturating_mul(1000) / size.max(1);
    let least = figures.count("etcd-in-use-alert");
    // As etcd's own alert: a small database may be as empty as it likes.
    let fails = share < least * 10 && in_use > figures.count("etcd-in-use-least");
    let level = if fails { Level::Fails } else { Level::Fine };
    let target = Some(Message::new("etcd-at-least").arg("value", Text::new(&format!("{least} %"))));
    Measure { target, level, ..plain("in-use-share", "etcd-measure-in-use-share", Measured::Permille(share), IN_USE) }
}

fn membership(now: &Member) -> Vec<Measure> {
    let mut all = Vec::new();
    if let Some(has) = now.has_leader {
        let level = if has { Level::Fine } else { Level::Fails };
        all.push(Measure {
            level,
            ..plain("leader", "etcd-measure-leader", Measured::Yes(has), "etcd_server_has_leader")
        });
    }
    if now.known > 0 {
        all.push(plain("members", "etcd-measure-members", Measured::Count(now.known), "etcd_network_known_peers"));
    }
    if now.known > 1 {
        let reached = now.active + 1;
        let level = if reached < now.known / 2 + 1 {
            Level::Fails
        } else if reached < now.known {
            Level::Warns
        } else {
            Level::Fine
        };
        let value = Measured::Count(reached);
        all.push(Measure {
            level,
            ..plain("members-reached", "etcd-measure-reached", value, "etcd_network_active_peers")
        });
    }
    all.push(Measure {
        level: if now.alarms.is_empty() { Level::Fine } else { Level::Fails },
        ..plain(
            "alarms",
            "etcd-measure-alarms",
            Measured::Count(now.alarms.len() as u64),
            "etcd_debugging_server_alarms",
        )
    });
    all
}

fn latencies(seen: &Seen, figures: &Published) -> Vec<Measure> {
    let of = seen.window.as_ref().map_or(&seen.now, |(window, _)| window);
    let over = if seen.window.is_some() { Over::Window } else { Over::SinceStart };
    let one = |id, title, buckets: &Buckets, target: Option<&str>, alert: &str, metric| {
        let alert = figures.count(alert) * 1000;
        let target = target.map(|id| figures.count(id) * 1000);
        let wanted = target.unwrap_or(alert);
        let (value, level) = match percentile(buckets, 99) {
            None => (Measured::NoSamples, Level::None),
            Some(((least, most), _)) => {
                let level = if least >= alert {
                    if over == Over::Window { Level::Fails } else { Level::Warns }
                } else if least >= wanted {
                    Level::Warns
                } else if most.is_some_and(|most| most <= wanted) {
                    Level::Fine
                } else {
                    Level::Unclear
                };
                (Measured::Between(Duration::from_micros(least), most.map(Duration::from_micros)), level)
            }
        };
        let target = Some(below(format!("{} ms", wanted / 1000)));
        Measure { target, level, over: Some(over), ..plain(id, title, value, metric) }
    };
    let mut all = vec![
        one(
            "fsync",
            "etcd-measure-fsync",
            &of.fsync,
            Some("etcd-fsync"),
            "etcd-fsync-alert",
            "etcd_disk_wal_fsync_duration_seconds",
        ),
        one(
            "commit",
            "etcd-measure-commit",
            &of.commit,
            Some("etcd-commit"),
            "etcd-commit-alert",
            "etcd_disk_backend_commit_duration_seconds",
        ),
    ];
    if seen.now.known > 1 {
        let metric = "etcd_network_peer_round_trip_time_seconds";
        all.push(one("peer", "etcd-measure-peer", &of.peer, None, "etcd-peer-alert", metric));
    }
    all
}

/// What should hardly ever happen.
fn troubles(seen: &Seen, figures: &Published) -> Vec<Measure> {
    let (of, elapsed) = match &seen.window {
        Some((window, elapsed)) => (window, Some(*elapsed)),
        None => (&seen.now, None),
    };
    let over = Some(if elapsed.is_some() { Over::Window } else { Over::SinceStart });
    let mut all = Vec::new();
    let mut one = |id, title, metric: &'static str, level: &dyn Fn(u64, Duration) -> Level| {
        let Some(count) = of.count(metric) else { return };
        // Since the start it is only told: nobody knows when it was.
        let level = elapsed.map_or(Level::None, |elapsed| level(count, elapsed));
        all.push(Measure { level, over, ..plain(id, title, Measured::Count(count), metric) });
    };
    let changes = figures.count("etcd-leader-changes-alert");
    let leader = |count: u64, _: Duration| if count >= changes { Level::Fails } else { Level::Fine };
    one("leader-changes", "etcd-measure-leader-changes", "etcd_server_leader_changes_seen_total", &leader);
    let rate = figures.value("etcd-proposals-alert");
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    let proposals = |count: u64, elapsed: Duration| match count {
        0 => Level::Fine,
        _ if count as f64 / elapsed.as_secs_f64() > rate => Level::Fails,
        _ => Level::Warns,
    };
    one("failed-proposals", "etcd-measure-failed-proposals", "etcd_server_proposals_failed_total", &proposals);
    let any = |count: u64, _: Duration| if count > 0 { Level::Warns } else { Level::Fine };
    one("slow-applies", "etcd-measure-slow-applies", "etcd_server_slow_apply_total", &any);
    one("slow-reads", "etcd-measure-slow-reads", "etcd_server_slow_read_indexes_total", &any);
    one("heartbeats", "etcd-measure-heartbeats", "etcd_server_heartbeat_send_failures_total", &any);
    let now = &seen.now;
    if let Some(pending) = now.count("etcd_server_proposals_pending") {
        let value = Measured::Count(pending);
        all.push(plain("pending-proposals", "etcd-measure-pending", value, "etcd_server_proposals_pending"));
    }
    let (committed, applied) = ("etcd_server_proposals_committed_total", "etcd_server_proposals_applied_total");
    if let (Some(ahead), Some(done)) = (now.count(committed), now.count(applied)) {
        let lag = ahead.saturating_sub(done);
        let most = figures.count("etcd-lag");
        let level = if lag > most { Level::Warns } else { Level::Fine };
        let target = Some(Message::new("etcd-at-most").arg("value", grouped(most)));
        all.push(Measure { target, level, ..plain("lag", "etcd-measure-lag", Measured::Count(lag), committed) });
    }
    all
}

/// Requests in a second: between two readings, else on average since the start.
fn requests(seen: &Seen, now_seconds: f64) -> Option<Measure> {
    let (count, elapsed, over) = match &seen.window {
        Some((window, elapsed)) => (window.handled, elapsed.as_secs_f64(), Over::Window),
        None => (seen.now.handled, now_seconds - seen.now.started?, Over::SinceStart),
    };
    let value = Measured::MilliRate(milli_rate(count, elapsed)?);
    Some(Measure { over: Some(over), ..plain("requests", "etcd-measure-requests", value, "grpc_server_handled_total") })
}

/// In thousandths of one in a second; `None` without any time.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a rate to show; `as` saturates"
)]
pub(super) fn milli_rate(count: u64, seconds: f64) -> Option<u64> {
    (seconds > 0.0).then(|| (count as f64 * 1000.0 / seconds) as u64)
}

#[cfg(test)]
mod tests {
    use quicktour_survey::Sample;

    use super::*;

    fn member(lines: &[String]) -> Member {
        let mut member = Member::default();
        lines.iter().filter_map(|line| Sample::parse(line)).for_each(|sample| member.see(&sample));
        member
    }

    fn lines(text: &str) -> Vec<String> {
        text.split(';').map(|line| line.trim().to_owned()).collect()
    }

    fn seen(text: &str, window: bool) -> Seen {
        let now = member(&lines(text));
        let window = window.then(|| (now.clone(), Duration::from_secs(30)));
        Seen { address: "http://e".to_owned(), now, window, in_use_before: None }
    }

    fn level(text: &str, window: bool, id: &str) -> Option<Level> {
        let all = measures(&seen(text, window), 100.0, Published::figures());
        all.iter().find(|measure| measure.id == id).map(|measure| measure.level)
    }

    /// A histogram of etcd's in which all of a hundred calls lie in the bucket below a bound.
    fn histogram(name: &str, bound: f64) -> String {
        let bounds = (0..14).map(|n| 0.001 * f64::from(1 << n));
        let line = |le: f64| format!("{name}_bucket{{le=\"{le}\"}} {}", if le >= bound { 100 } else { 0 });
        let all: Vec<String> = bounds.map(line).collect();
        format!("{};{name}_bucket{{le=\"+Inf\"}} 100", all.join(";"))
    }

    #[test]
    fn latencies_are_judged_by_their_bucket_and_fail_only_over_a_window() {
        let name = "etcd_disk_wal_fsync_duration_seconds";
        let of = |bound, window| level(&histogram(name, bound), window, "fsync").unwrap();
        assert_eq!([of(0.008, true), of(0.016, true), of(0.032, true)], [Level::Fine, Level::Unclear, Level::Warns]);
        assert_eq!([of(1.024, true), of(1.024, false)], [Level::Fails, Level::Warns]);
        let name = "etcd_disk_backend_commit_duration_seconds";
        let of = |bound| level(&histogram(name, bound), true, "commit").unwrap();
        assert_eq!(
            [of(0.016), of(0.032), of(0.064), of(0.512)],
            [Level::Fine, Level::Unclear, Level::Warns, Level::Fails]
        );
    }

    #[test]
    fn a_histogram_without_samples_says_so() {
        let empty = "etcd_server_has_leader 1;etcd_disk_wal_fsync_duration_seconds_bucket{le=\"+Inf\"} 0";
        let all = measures(&seen(empty, false), 100.0, Published::figures());
        let fsync = all.iter().find(|measure| measure.id == "fsync").unwrap();
        assert_eq!((fsync.value, fsync.level), (Measured::NoSamples, Level::None));
    }

    #[test]
    fn a_quota_is_read_or_assumed_or_off() {
        let of = |text: &str| quota(&member(&lines(text)), Published::figures());
        assert_eq!(of("etcd_server_quota_backend_bytes 8.589934592e+09"), Quota::Read(8 << 30));
        assert_eq!(of("etcd_server_quota_backend_bytes 0"), Quota::Read(2 << 30));
        assert_eq!(of("etcd_server_quota_backend_bytes -1"), Quota::Disabled);
        assert_eq!(of(""), Quota::Assumed(2 << 30));
    }

    #[test]
    fn a_database_is_judged_by_its_share_of_the_quota() {
        let of = |size: u64, quota| fill(size, quota, "m", Published::figures()).map(|measure| measure.level);
        let quota = Quota::Read(1000);
        assert_eq!(of(799, quota)[0], Level::Fine);
        assert_eq!(
            [of(800, quota)[0], of(950, quota)[0], of(951, quota)[0]],
            [Level::Warns, Level::Warns, Level::Fails]
        );
        assert_eq!(of(999, Quota::Assumed(1000))[0], Level::Warns);
        assert_eq!(of(u64::MAX, Quota::Disabled), [Level::None, Level::Warns]);
        assert_eq!([of(1, Quota::Read(8 << 30))[1], of(1, Quota::Read((8 << 30) + 1))[1]], [Level::Fine, Level::Warns]);
    }

    #[test]
    fn an_empty_file_is_fragmented_only_when_it_is_large() {
        let of = |size: u64, in_use: u64| {
            let text =
                format!("etcd_mvcc_db_total_size_in_bytes {size};etcd_mvcc_db_total_size_in_use_in_bytes {in_use}");
            level(&text, false, "in-use-share").unwrap()
        };
        assert_eq!([of(900_000_000, 440_000_000), of(900_000_000, 450_000_000)], [Level::Fails, Level::Fine]);
        assert_eq!(of(900_000_000, 100_000_000), Level::Fine, "etcd's alert needs more than 100 MiB in use");
    }

    #[test]
    fn what_happened_at_any_time_is_only_told() {
        let text = "etcd_server_leader_changes_seen_total 4;etcd_server_proposals_failed_total 200;\
                    etcd_server_slow_apply_total 1";
        for (id, expected) in
            [("leader-changes", Level::Fails), ("failed-proposals", Level::Fails), ("slow-applies", Level::Warns)]
        {
            assert_eq!([level(text, false, id), level(text, true, id)], [Some(Level::None), Some(expected)], "{id}");
        }
    }

    #[test]
    fn members_that_are_not_reached_are_missed() {
        let of = |known: u32, active: u32| {
            let peers = (0..known).map(|n| format!("etcd_network_known_peers{{Remote=\"{n}\"}} 1"));
            let active = (0..active).map(|n| format!("etcd_network_active_peers{{Remote=\"{n}\"}} 1"));
            let text: Vec<String> = peers.chain(active).collect();
            level(&text.join(";"), false, "members-reached")
        };
        assert_eq!(
            [of(1, 0), of(3, 2), of(3, 1), of(3, 0)],
            [None, Some(Level::Fine), Some(Level::Warns), Some(Level::Fails)]
        );
        assert_eq!(level("etcd_server_has_leader 0", false, "leader"), Some(Level::Fails));
    }
}
