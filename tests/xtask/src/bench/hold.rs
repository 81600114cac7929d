//! `cargo xtask bench stage`: a seeded cluster to profile a plugin on.

use std::io::{Read as _, Write as _};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use quicktour_testkit::talk::say;

use super::seed::{Shape, Size};
use super::stage::Stage;

/// How often kubelets renew their leases.
const RENEWAL: Duration = Duration::from_secs(10);

/// The cluster ends when standard input does (Ctrl-D, or Ctrl-C).
#[derive(clap::Args)]
pub(crate) struct Args {
    /// How many nodes
    #[arg(long, default_value_t = Size::SMALL.nodes)]
    nodes: u32,
    /// How many pods; at least ten for each node
    #[arg(long, default_value_t = Size::SMALL.pods)]
    pods: u32,
    /// How they lie in namespaces
    #[arg(long, value_enum, default_value_t = Shape::Even)]
    shape: Shape,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let stage = Stage::build(Size { nodes: args.nodes, pods: args.pods, shape: args.shape })?;
    writeln!(std::io::stdout(), "export KUBECONFIG={}", stage.cluster.kubeconfig().display())?;
    say(&format!("planted: {:?}", stage.planted.findings));
    say(&format!("its kubectl: {}", stage.cluster.binaries().path("kubectl").display()));
    let (ended, end) = mpsc::channel::<()>();
    thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        drop(ended);
    });
    while end.recv_timeout(RENEWAL) == Err(RecvTimeoutError::Timeout) {
        stage.refresh()?;
    }
    Ok(())
}
