//! Two countries' homes, made as people make them, and their nodes.

use std::net::{SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use karakoro_certs::import::{self, Consent};
use karakoro_certs::{bundle, init as certs};
use karakoro_node::home::Home;
use karakoro_node::node::Profile;
use karakoro_node::{accords, init};
use karakoro_proto::accord::{AccordFile, example_effective};
use karakoro_proto::identity::Country;
use karakoro_proto::identity::fingerprint::Fingerprint;
use karakoro_proto::identity::home::{Slot, bundle_name};
use karakoro_proto::time::UnixMillis;

use crate::node::{Link, Node};

/// The homes of both countries.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) mr: PathBuf,
    pub(crate) ml: PathBuf,
}

impl Pair {
    /// Makes keys, exchanges bundles, creates the logs.
    pub(crate) fn create(folder: &Path) -> anyhow::Result<Self> {
        let (mr, ml) = (folder.join("mr"), folder.join("ml"));
        let mr_fingerprint = make_keys(&mr, Country::MR)?;
        let ml_fingerprint = make_keys(&ml, Country::ML)?;
        trust(&mr, &ml, Country::ML, ml_fingerprint)?;
        trust(&ml, &mr, Country::MR, mr_fingerprint)?;
        let (mr_port, ml_port) = free_ports()?;
        init_node(&mr, [Country::MR, Country::ML], mr_port, vec![ml_port.to_string()])?;
        init_node(&ml, [Country::ML, Country::MR], ml_port, Vec::new())?;
        agree(&mr, &ml)?;
        Ok(Self { mr, ml })
    }

    /// Starts both nodes and waits until their link is up: Mauritania's first.
    pub(crate) fn start(&self) -> anyhow::Result<[Node; 2]> {
        let ml = Node::start(&self.ml)?;
        ml.wait_until(Link::Any)?;
        let mr = Node::start(&self.mr)?;
        mr.wait_until(Link::Up)?;
        Ok([mr, ml])
    }

    /// The name that Mali's node presents.
    pub(crate) fn peer_name(&self) -> String {
        Country::ML.node_dns_name()
    }
}

pub(crate) fn now() -> UnixMillis {
    let millis = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    u64::try_from(millis).ok().and_then(UnixMillis::new).unwrap_or(UnixMillis::MAX)
}

fn make_keys(home: &Path, country: Country) -> anyhow::Result<Fingerprint> {
    let report = certs::run(&certs::Options::new(home.to_owned(), country, now()))?;
    let out = Some(home.join(bundle_name(country)));
    bundle::run(&bundle::Options { home: home.to_owned(), out, now: now() })?;
    Ok(report.root.fingerprint)
}

fn trust(home: &Path, of: &Path, country: Country, fingerprint: Fingerprint) -> anyhow::Result<()> {
    let bundle = of.join(bundle_name(country));
    let options = import::Options { home: home.to_owned(), bundle, now: now() };
    import::run(&options, Consent::Fingerprint(fingerprint))?;
    Ok(())
}

fn init_node(
    home: &Path,
    [country, peer]: [Country; 2],
    listen: SocketAddr,
    dial: Vec<String>,
) -> anyhow::Result<()> {
    let home = home.to_owned();
    Ok(init::run(&init::Options { home, country, peer, listen: Some(listen), dial })?)
}

/// The example, signed by both roots.
fn agree(mr: &Path, ml: &Path) -> anyhow::Result<()> {
    let text = example_effective(UnixMillis::default());
    let mut accord = AccordFile::parse(text.as_bytes()).map_err(|faults| anyhow::anyhow!("{faults:?}"))?;
    for (home, country) in [(mr, Country::MR), (ml, Country::ML)] {
        accord.sign(country, &Home::new(home).key(&Slot::Root)?);
    }
    for home in [mr, ml] {
        let profile = Profile::load(home)?;
        let file = home.join("accord.toml");
        std::fs::write(&file, accord.to_string())?;
        accords::install(home, &file, [&profile.ours.root, &profile.peer.root], now())?;
    }
    Ok(())
}

/// Two that are free now, both held until both are known.
fn free_ports() -> anyhow::Result<(SocketAddr, SocketAddr)> {
    let bind = || UdpSocket::bind("127.0.0.1:0").context("no free port on the loopback");
    let (one, other) = (bind()?, bind()?);
    Ok((one.local_addr()?, other.local_addr()?))
}
