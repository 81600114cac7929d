//! What the API server itself says of its work: CPU time, and the bytes of its answers.

use std::fs;

use anyhow::Context as _;

use quicktour_testkit::cluster::{Cluster, Component};

/// The CPU seconds that the running API server has used so far, user and system.
pub(crate) fn cpu_seconds(cluster: &Cluster) -> anyhow::Result<f64> {
    let name = Component::ApiServer.program();
    let processes = cluster.processes()?;
    let running = processes.iter().rev().find(|process| process.name == name && process.ended.is_none());
    let pid = running.context("the API server does not run")?.pid;
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).context("reading the API server's CPU time")?;
    let ticks = cpu_ticks(&stat).context("understanding /proc/PID/stat")?;
    #[expect(clippy::cast_precision_loss, reason = "a fraction of a second in days of CPU time does not matter")]
    Ok(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
}

/// Fields 14 and 15, counted from behind the program's name, which may hold anything.
fn cpu_ticks(stat: &str) -> Option<u64> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    Some(fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?)
}

/// The bytes of all answers to reads so far, as they went over the wire (compressed where they were), without headers
/// and TLS. Answers to plain paths such as `/metrics` are not among them.
pub(crate) fn answered_bytes(cluster: &Cluster) -> anyhow::Result<f64> {
    Ok(sum(&cluster.kubectl(&["get", "--raw=/metrics"])?.success()?))
}

fn sum(metrics: &str) -> f64 {
    let lines = metrics.lines().filter(|line| line.starts_with("apiserver_response_sizes_sum"));
    // A comma before it, lest `subresource` be taken for it.
    let lists = lines.filter(|line| !line.contains(",resource=\"\""));
    lists.filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_cpu_time_behind_any_name() {
        let stat = "42 (a) b) (c) S 1 2 3 4 5 6 7 8 9 10 70 30 0 0 20";
        assert_eq!(cpu_ticks(stat), Some(100));
        assert_eq!(cpu_ticks("42 (a"), None);
    }

    #[test]
    fn adds_up_the_answers_of_resources() {
        let metrics = "# HELP apiserver_response_sizes x
apiserver_response_sizes_sum{group=\"\",resource=\"pods\",subresource=\"\",verb=\"LIST\"} 1.5e+06
apiserver_response_sizes_sum{group=\"\",resource=\"nodes\",subresource=\"\",verb=\"LIST\"} 500
apiserver_response_sizes_sum{group=\"\",resource=\"\",subresource=\"/metrics\",verb=\"GET\"} 77
apiserver_response_sizes_count{group=\"\",resource=\"pods\",subresource=\"\",verb=\"LIST\"} 3
";
        assert!((sum(metrics) - 1_500_500.0).abs() < f64::EPSILON);
    }
}
