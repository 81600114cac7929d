//! A real API server over a seeded etcd: no controllers, so nothing changes what was planted.

use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use quicktour_testkit::cluster::{Cluster, Component, Options};
use quicktour_testkit::talk::say;
use quicktour_testkit::wait::wait_for;

use super::seed::{Planted, Seed, Size};

/// How long the API server may take to read 150,000 pods from etcd while a compiler is at work beside it.
const PATIENCE: Duration = Duration::from_mins(4);
/// What the API server gets to take in the renewed leases before it is measured.
const SETTLE: Duration = Duration::from_millis(300);

/// How much garbage the API server lets lie about, in percent of what it needs (Go's default: 100). At 150,000 pods it
/// needs 7 GB, and with the default took 16 of 24: no rival found room beside it. A limit (`GOMEMLIMIT`) was tried and
/// made it collect garbage nearly all the time.
const GARBAGE: &str = "50";

/// The cluster, and what is in it.
pub(crate) struct Stage {
    pub(crate) cluster: Cluster,
    pub(crate) planted: Planted,
    /// The administrator's token, for curl.
    pub(crate) token: String,
    seed: Seed,
}

impl Stage {
    /// Starts etcd, fills it, and starts the API server on what is there.
    pub(crate) fn build(size: Size) -> anyhow::Result<Self> {
        say(&format!("making a cluster of {}", size.words()));
        let begun = Instant::now();
        let options = Options::new()
            .without(Component::ControllerManager)
            .without(Component::Scheduler)
            .arg(Component::Etcd, "--quota-backend-bytes=8589934592")
            .arg(Component::Etcd, "--max-txn-ops=2000")
            .env(Component::ApiServer, "GOGC", GARBAGE);
        let cluster = Cluster::start(&options)?;
        cluster.stop(Component::ApiServer)?;
        let seed = Seed::new(&cluster.etcd_client_url(), size)?;
        let seeding = Instant::now();
        let planted = seed.write()?;
        let seeded = seeding.elapsed();
        cluster.restart(Component::ApiServer)?;
        let ready = |path: &str| cluster.kubectl(&["get", "--raw", path]).is_ok_and(|output| output.code == 0);
        wait_for("the API server to read everything", PATIENCE, || {
            (ready("/readyz") && ready("/api/v1/pods?limit=1&resourceVersion=0")).then_some(())
        })?;
        let objects: u64 = planted.objects.values().sum();
        say(&format!(
            "{objects} objects written in {:.1} s, ready after {:.1} s",
            seeded.as_secs_f64(),
            begun.elapsed().as_secs_f64()
        ));
        let kubeconfig = fs::read_to_string(cluster.kubeconfig())?;
        let token = kubeconfig.lines().find_map(|line| line.trim().strip_prefix("token: "));
        let token = token.context("the administrator has no token")?.to_owned();
        Ok(Self { cluster, planted, token, seed })
    }

    /// Renews the leases and lets the API server come to rest.
    pub(crate) fn refresh(&self) -> anyhow::Result<()> {
        self.seed.renew()?;
        thread::sleep(SETTLE);
        Ok(())
    }

    /// Where measured programs leave what they say.
    pub(crate) fn folder(&self) -> PathBuf {
        self.cluster.dir().join("home")
    }
}
