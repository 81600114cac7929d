//! The node's address and its pods' subnet: a bridge device of its own per node.
//!
//! 198.18.0.0/15 is set aside for benchmarks (RFC 2544), so it clashes with no real network; 198.19.0.0/16 is the
//! range of Services, and 198.18.N.0/24 belongs to whoever made the device `qtnodeN`. The kernel makes a device only
//! once, so that is also what keeps two nodes of the same machine apart.

use std::net::Ipv4Addr;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail};

/// 198.18.255.1 is where the clusters' own `kubernetes` Service points.
const LAST: u8 = 254;

/// A bridge device that exists, and that the node's cleaning removes.
#[derive(Debug)]
pub(super) struct Network {
    number: u8,
}

impl Network {
    /// Makes the first device that does not exist yet; its alias tells people and the cleaning to whom it belongs.
    pub(super) fn claim(owner: &Path) -> anyhow::Result<Self> {
        for number in 1..=LAST {
            let network = Self { number };
            let link = network.link();
            let made = ip(&["link", "add", "name", &link, "type", "bridge"])?;
            if made.status.success() {
                let alias = owner.display().to_string();
                let address = format!("{}/24", network.address());
                let steps = [
                    vec!["link", "set", "dev", &link, "alias", &alias],
                    vec!["address", "add", &address, "dev", &link],
                    vec!["link", "set", "dev", &link, "up"],
                ];
                for step in steps {
                    let done = ip(&step)?;
                    if !done.status.success() {
                        let _ = ip(&["link", "delete", &link]);
                        bail!("`ip {}` failed: {}", step.join(" "), said(&done));
                    }
                }
                return Ok(network);
            }
            if !said(&made).contains("File exists") {
                bail!("making the network device `{link}` failed: {}", said(&made));
            }
        }
        bail!("all {LAST} networks for nodes are taken\nhint: `ip link` shows devices named `qtnode…` and their owners")
    }

    pub(super) fn number(&self) -> u8 {
        self.number
    }

    /// The device's name.
    pub(super) fn link(&self) -> String {
        format!("qtnode{}", self.number)
    }

    /// The node's own address, which is also its pods' gateway.
    pub(super) fn address(&self) -> Ipv4Addr {
        Ipv4Addr::new(198, 18, self.number, 1)
    }

    /// Joins the network namespace of process `init` to the device: its address there is [`Network::apart`].
    pub(super) fn lead_into(&self, init: u32) -> anyhow::Result<()> {
        let (link, init) = (self.link(), init.to_string());
        let (near, far) = (format!("{link}v"), format!("{}/24", self.apart()));
        let must = |program: &str, args: &[&str]| -> anyhow::Result<()> {
            let output = Command::new(program).args(args).output().with_context(|| format!("running `{program}`"))?;
            if !output.status.success() {
                bail!("`{program} {}` failed: {}", args.join(" "), said(&output));
            }
            Ok(())
        };
        let target = format!("--target={init}");
        let there = |args: &[&str]| must("nsenter", &[&["--net", target.as_str(), "ip"], args].concat());
        must("ip", &["link", "add", "name", &near, "type", "veth", "peer", "name", "eth0", "netns", &init])?;
        must("ip", &["link", "set", "dev", &near, "master", &link, "up"])?;
        there(&["address", "add", &far, "dev", "eth0"])?;
        there(&["link", "set", "dev", "eth0", "up"])?;
        there(&["route", "add", "default", "via", &self.address().to_string()])
    }

    /// The address of a machine that has a network of its own, behind the device.
    pub(super) fn apart(&self) -> Ipv4Addr {
        Ipv4Addr::new(198, 18, self.number, 2)
    }

    /// The addresses of the node's pods.
    pub(super) fn subnet(&self) -> String {
        format!("198.18.{}.0/24", self.number)
    }
}

fn ip(args: &[&str]) -> anyhow::Result<std::process::Output> {
    Command::new("ip").args(args).output().with_context(|| format!("running `ip {}`", args.join(" ")))
}

fn said(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stderr).trim().to_owned()
}
