//! What this machine can do at best: one core, this disk, this loopback.

use std::fs::File;
use std::hint::black_box;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use karakoro_node::node::Profile;
use karakoro_node::transport::quic::{self, LinkEndpoint, Silence};
use karakoro_node::transport::tls::{KeyExchange, TlsIdentity};
use karakoro_proto::identity::home::Slot;
use karakoro_proto::key::SecretKey;
use quinn::{RecvStream, SendStream};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;
use sha2::{Digest as _, Sha256};
use tokio::runtime::Runtime;

use crate::pair::Pair;
use crate::report::{Report, quantile, sorted};

/// The processor's limits are the best of so many spells of this length: what a neighbour takes of a core
/// is not the core's limit.
const SPELLS: usize = 40;
const SPELL: Duration = Duration::from_millis(8);

/// Syncs that are measured.
const SYNCS: usize = 400;

/// Round trips that are measured in a row.
const PINGS: usize = 500;

/// Bytes of a ping: about what one small message puts on the wire.
const PING_BYTES: usize = 512;

/// The limits of disk and processor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) sync_median_us: f64,
    pub(crate) sync_p99_us: f64,
    pub(crate) signs: f64,
    pub(crate) verifies: f64,
    pub(crate) sha256_mb: f64,
}

impl Limits {
    /// Measures beside the homes, on their disk.
    pub(crate) fn measure(folder: &Path) -> anyhow::Result<Self> {
        let mut probe = SyncProbe::create(&folder.join("sync-limit"))?;
        let syncs = sorted((0..SYNCS).map(|_| probe.time_us()).collect::<anyhow::Result<_>>()?);
        let key = SecretKey::from_seed(&[7; 32]);
        let (message, signature) = ([7; 64], key.sign(&[7; 64]));
        let public = key.public();
        let block = vec![7; 1 << 20];
        Ok(Self {
            sync_median_us: quantile(&syncs, 0.5),
            sync_p99_us: quantile(&syncs, 0.99),
            signs: rate(|| _ = black_box(key.sign(black_box(&message)))),
            verifies: rate(|| _ = black_box(public.verify(black_box(&message), &signature))),
            sha256_mb: rate(|| _ = black_box(Sha256::digest(black_box(&block)))) * (1 << 20) as f64 / 1e6,
        })
    }

    pub(crate) fn report(&self, report: &mut Report) {
        report.figure("limit_fdatasync_median", self.sync_median_us, "µs");
        report.figure("limit_fdatasync_p99", self.sync_p99_us, "µs");
        report.figure("limit_ed25519_sign", self.signs, "/s on one core");
        report.figure("limit_ed25519_verify_strict", self.verifies, "/s on one core");
        report.figure("limit_sha256", self.sha256_mb, "MB/s on one core");
    }
}

/// A file to which 512 bytes are appended and made durable, as often as asked.
#[derive(Debug)]
pub(crate) struct SyncProbe(File);

impl SyncProbe {
    pub(crate) fn create(path: &Path) -> anyhow::Result<Self> {
        Ok(Self(File::create_new(path).with_context(|| path.display().to_string())?))
    }

    /// How long it takes now, in microseconds.
    pub(crate) fn time_us(&mut self) -> anyhow::Result<f64> {
        let started = Instant::now();
        self.0.write_all(&[7; 512])?;
        self.0.sync_data()?;
        Ok(started.elapsed().as_secs_f64() * 1e6)
    }
}

/// How often a second `act` can be done.
fn rate(mut act: impl FnMut()) -> f64 {
    (0..SPELLS).map(|_| rate_of_spell(&mut act)).fold(0.0, f64::max)
}

fn rate_of_spell(act: &mut impl FnMut()) -> f64 {
    let started = Instant::now();
    let mut count = 0_u32;
    while started.elapsed() < SPELL {
        (0..8).for_each(|_| act());
        count += 8;
    }
    f64::from(count) / started.elapsed().as_secs_f64()
}

/// A small frame and its echo, over QUIC with mutual TLS, between two endpoints like those of the nodes.
#[derive(Debug)]
pub(crate) struct PingProbe {
    runtime: Runtime,
    connection: Connection,
    // An endpoint ends with its last handle.
    _ends: [LinkEndpoint; 2],
}

/// The dialler's end of the one stream.
#[derive(Debug)]
struct Connection {
    send: SendStream,
    receive: RecvStream,
}

impl PingProbe {
    pub(crate) fn open(pair: &Pair) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let (connection, ends) = runtime.block_on(async {
            let (mr, ml) = (endpoint(&pair.mr)?, endpoint(&pair.ml)?);
            tokio::spawn(echo(ml.clone()));
            let to = ml.endpoint.local_addr()?;
            let dialled = mr.endpoint.connect_with(mr.client.clone(), to, &pair.peer_name())?.await?;
            let (send, receive) = dialled.open_bi().await?;
            anyhow::Ok((Connection { send, receive }, [mr, ml]))
        })?;
        Ok(Self { runtime, connection, _ends: ends })
    }

    /// How long it takes now, in microseconds.
    pub(crate) fn time_us(&mut self) -> anyhow::Result<f64> {
        let Connection { send, receive } = &mut self.connection;
        self.runtime.block_on(async {
            let mut ping = [7; PING_BYTES];
            let started = Instant::now();
            send.write_all(&ping).await?;
            receive.read_exact(&mut ping).await?;
            Ok(started.elapsed().as_secs_f64() * 1e6)
        })
    }

    /// The median of many in a row.
    pub(crate) fn median_us(&mut self) -> anyhow::Result<f64> {
        let times = (0..PINGS).map(|_| self.time_us()).collect::<anyhow::Result<_>>()?;
        Ok(quantile(&sorted(times), 0.5))
    }
}

fn endpoint(home: &Path) -> anyhow::Result<LinkEndpoint> {
    let profile = Profile::load(home)?;
    let identity = TlsIdentity {
        certificate: profile.ours.node.clone(),
        key: PrivateKeyDer::from_pem_file(home.join(Slot::Node.key_path()))?,
        peer_root: profile.peer.root.clone(),
        key_exchange: KeyExchange::Hybrid,
    };
    let silence = Silence { keep_alive: Duration::from_secs(5), idle: Duration::from_secs(15) };
    Ok(quic::open("127.0.0.1:0".parse()?, &identity, silence)?)
}

async fn echo(endpoint: LinkEndpoint) -> anyhow::Result<()> {
    let incoming = endpoint.endpoint.accept().await.context("the endpoint was closed")?;
    let (mut send, mut receive) = incoming.await?.accept_bi().await?;
    let mut ping = [0; PING_BYTES];
    loop {
        receive.read_exact(&mut ping).await?;
        send.write_all(&ping).await?;
    }
}
