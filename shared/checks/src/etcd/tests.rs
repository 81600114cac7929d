//! The sizing as a whole, from readings to findings.

use std::time::Duration;

use jiff::SignedDuration;
use quicktour_report::etcd::Tier;
use quicktour_report::finding::Severity;
use quicktour_survey::Sample;

use super::*;

const GIB: u64 = 1 << 30;

fn now() -> Timestamp {
    "2026-11-23T21:00:00Z".parse().unwrap()
}

fn member(text: &str) -> Member {
    let mut member = Member::default();
    text.lines().filter_map(Sample::parse).for_each(|sample| member.see(&sample));
    member
}

fn seen(text: &str) -> Seen {
    Seen { address: "http://e:2381".to_owned(), now: member(text), ..Seen::default() }
}

fn ids(read: &Read<'_>) -> Vec<(&'static str, Severity)> {
    let mut ids: Vec<_> =
        assess(read, now(), "kubectl").findings.iter().map(|finding| (finding.id, finding.severity)).collect();
    ids.sort_by_key(|(id, _)| *id);
    ids
}

fn server(text: &str) -> ApiServer {
    let mut server = ApiServer::default();
    text.lines().filter_map(Sample::parse).for_each(|sample| server.see(&sample));
    server
}

const HEALTHY: &str = "etcd_server_has_leader 1\netcd_network_known_peers{Remote=\"a\"} 1\n\
    etcd_network_known_peers{Remote=\"b\"} 1\netcd_network_known_peers{Remote=\"c\"} 1\n\
    etcd_network_active_peers{Remote=\"b\"} 1\netcd_network_active_peers{Remote=\"c\"} 1\n\
    etcd_mvcc_db_total_size_in_bytes 300000000\netcd_mvcc_db_total_size_in_use_in_bytes 250000000\n\
    etcd_server_quota_backend_bytes 2147483648\netcd_debugging_mvcc_watch_stream_total 40\n";

#[test]
fn data_decides_where_it_asks_for_most() {
    let read = Read { members: vec![seen(HEALTHY)], ..Read::default() };
    let sizing = assess(&read, now(), "kubectl").sizing;
    assert_eq!(sizing.tier, Some(Tier::Medium));
    let decides: Vec<_> = sizing.criteria.iter().filter(|c| c.decides).map(|c| (c.id, c.value)).collect();
    assert_eq!(decides, [("data", 250_000_000)]);
    assert_eq!(ids(&read), []);
}

#[test]
fn the_member_with_the_largest_database_counts_not_the_sum() {
    let larger = HEALTHY.replace("250000000", "290000000").replace("300000000", "400000000");
    let read = Read { members: vec![seen(HEALTHY), seen(&larger)], ..Read::default() };
    let sizing = assess(&read, now(), "kubectl").sizing;
    assert_eq!((sizing.database.size, sizing.tier), (Some(400_000_000), Some(Tier::Medium)));
    assert!(sizing.measures.iter().all(|measure| measure.member.is_some()));
}

#[test]
fn a_control_plane_that_is_too_small_is_named_with_what_it_lacks() {
    let machine = |node: &str, cores: u64, memory: u64| KnownMachine {
        node: node.to_owned(),
        type_: None,
        millicores: cores * 1000,
        memory,
    };
    let nodes = Machines { nodes: 600, control_plane: vec![machine("a", 8, 32_000_000_000), machine("b", 4, GIB)] };
    let read = Read { members: vec![seen(HEALTHY)], nodes: Some(&nodes), ..Read::default() };
    let expected = [("etcd-machine-small", Severity::Warning), ("etcd-memory-below-quota", Severity::Warning)];
    assert_eq!(ids(&read), expected);
    let found = assess(&read, now(), "kubectl").findings;
    assert_eq!(found[0].objects.iter().map(|object| object.name.as_str()).collect::<Vec<_>>(), ["b"]);
    assert_eq!(found[0].fix.command.as_deref(), Some("kubectl describe nodes b"));
}

#[test]
fn without_its_own_metrics_the_quota_is_assumed_and_only_warns() {
    let of = |size: u64| {
        let server = server(&format!("apiserver_storage_size_bytes{{storage_cluster_id=\"etcd-0\"}} {size}"));
        let read = Read { apiserver: Some(&server), ..Read::default() };
        (assess(&read, now(), "kubectl").sizing.database.quota, ids(&read))
    };
    assert_eq!(of(GIB), (Quota::Assumed(2 * GIB), Vec::new()));
    assert_eq!(of(2 * GIB - 1), (Quota::Assumed(2 * GIB), vec![("etcd-nearly-full", Severity::Warning)]));
    assert_eq!(of(3 * GIB), (Quota::Unknown, Vec::new()), "larger than the default: the quota is another");
}

#[test]
fn days_are_a_range_and_need_an_hour() {
    let days = |minutes: i64, then: Option<u64>| {
        let earlier = Earlier { at: now() - SignedDuration::from_mins(minutes), in_use: then };
        let read = Read { members: vec![seen(HEALTHY)], earlier: Some(earlier), ..Read::default() };
        assess(&read, now(), "kubectl").sizing.days
    };
    assert_eq!(days(59, Some(240_000_000)), Some(Days::NotEnoughData));
    assert_eq!(days(60, None), Some(Days::NotEnoughData));
    assert_eq!(days(60, Some(250_000_000)), Some(Days::NotGrowing));
    // 10 MB in a day: 1,897 MB of room last 189.7 days, give or take five minutes at each end.
    assert_eq!(days(24 * 60, Some(240_000_000)), Some(Days::Between(189, 191)));
    // 100 MB in an hour: within a day.
    assert_eq!(days(60, Some(150_000_000)), Some(Days::Between(0, 1)));
    let read = Read { members: vec![seen(HEALTHY)], ..Read::default() };
    assert_eq!(assess(&read, now(), "kubectl").sizing.days, Some(Days::NotEnoughData));
}

#[test]
fn growth_is_only_told_of_two_readings() {
    let mut seen = seen(HEALTHY);
    seen.window = Some((seen.now.clone(), Duration::from_secs(30)));
    seen.in_use_before = Some(280_000_000);
    let read = Read { members: vec![seen], ..Read::default() };
    let sizing = assess(&read, now(), "kubectl").sizing;
    let growth = sizing.measures.iter().find(|measure| measure.id == "growth").map(|measure| measure.value);
    assert_eq!(growth, Some(Measured::Growth(-1_000_000)));
}

#[test]
fn a_plan_needs_no_cluster_and_gets_machines() {
    let plan = Plan::parse("nodes=500,pods=20000").unwrap();
    let read = Read { plan: Some(&plan), ..Read::default() };
    let sizing = assess(&read, now(), "kubectl").sizing;
    assert_eq!((sizing.tier, sizing.days), (Some(Tier::Large), None));
    assert_eq!(sizing.examples.len(), 4);
    assert!(sizing.measures.is_empty() && sizing.uses.is_empty());
}

#[test]
fn who_uses_the_database_is_sorted_by_bytes() {
    let server = server(
        "apiserver_resource_objects{group=\"\",resource=\"events\"} 20000\n\
         apiserver_resource_objects{group=\"\",resource=\"pods\"} 100\n\
         apiserver_resource_size_estimate_bytes{group=\"\",resource=\"pods\"} 400000\n\
         apiserver_resource_size_estimate_bytes{group=\"\",resource=\"events\"} -1\n",
    );
    let read = Read { apiserver: Some(&server), ..Read::default() };
    let uses = assess(&read, now(), "kubectl").sizing.uses;
    assert_eq!(uses.iter().map(|of| of.resource.as_str()).collect::<Vec<_>>(), ["pods", "events"]);
    assert_eq!((uses[1].bytes, uses[1].objects), (None, Some(20_000)));

    let sizes = Sizes { objects: 2, bytes: 3000, largest: Some(("shop/big".to_owned(), 1_400_000)) };
    let events = quicktour_survey::views::core::Event::RESOURCE;
    let read = Read { apiserver: Some(&server), sizes: BTreeMap::from([(events, sizes)]), ..Read::default() };
    let assessment = assess(&read, now(), "kubectl");
    let first = &assessment.sizing.uses[0];
    assert_eq!((first.resource.as_str(), first.bytes, first.sampled), ("events", Some(30_000_000), true));
    assert_eq!(ids(&read), [("etcd-hog", Severity::Info), ("etcd-object-large", Severity::Warning)]);
}

#[test]
fn nothing_read_is_nothing_said() {
    let assessment = assess(&Read::default(), now(), "kubectl");
    assert_eq!((assessment.sizing.tier, assessment.findings.len(), assessment.summary.len()), (None, 0, 0));
}
