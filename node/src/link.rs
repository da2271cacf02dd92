//! The link to the peer: dialled by either side, one session at a time, coming back by itself for ever.

use std::sync::Arc;
use std::time::Duration;

use karakoro_proto::error::CloseCode;
use karakoro_proto::identity::certificate::RootCertificate;
use karakoro_proto::service::Link;
use karakoro_proto::session::Setup;
use quinn::{Connection, ConnectionError, Incoming, VarInt};
use tokio::sync::{mpsc, watch};

use crate::accords::AccordBoard;
use crate::clock::Clock;
use crate::entropy::Entropy;
use crate::ledger::log::LogReader;
use crate::mirror;
use crate::progress::ProgressBoard;
use crate::transport::quic::LinkEndpoint;
use crate::transport::tls;
use crate::writer;

mod drive;

/// Connections that may wait to be driven.
const MAX_OFFERS: usize = 2;

/// How long a handshake may take. A post-quantum one over a bad satellite line has been seen to take 16 s.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(30);

/// Two connections that came up within this time were dialled by both sides at once.
const AT_ONCE: Duration = Duration::from_secs(3);

/// Unfinished handshakes above which a caller must first show that its address is its own.
const RETRY_ABOVE: usize = 8;

/// When to dial again.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    /// After the first failure.
    pub least: Duration,
    /// After many.
    pub most: Duration,
}

/// Connections, and handshakes under way, above which callers are turned away: the peer needs two.
const MAX_CONNECTIONS: usize = 64;

/// What the link works with.
#[derive(Clone, Debug)]
pub struct Tools {
    /// Who talks with whom, under which keys.
    pub setup: Setup,
    /// The accords that we go by.
    pub accords: AccordBoard,
    /// The root under which the peer's officers stand.
    pub peer_root: RootCertificate,
    /// Where the peer can be dialled, as `host:port`; tried in order.
    pub dial: Vec<String>,
    /// When to dial again.
    pub backoff: Backoff,
    /// Our log.
    pub own: LogReader,
    /// The peer's log as we hold it.
    pub held: LogReader,
    /// The mirror's writer.
    pub mirror: mpsc::Sender<mirror::Arrival>,
    /// Our log's writer.
    pub writer: mpsc::Sender<writer::Command>,
    /// Time for timeouts.
    pub clock: Arc<dyn Clock>,
    /// Jitter.
    pub entropy: Arc<dyn Entropy>,
    /// Where progress is shown.
    pub progress: ProgressBoard,
    /// Turns true when the node stops.
    pub stop: watch::Receiver<bool>,
}

/// A connection whose handshake is done.
#[derive(Debug)]
struct Offer {
    connection: Connection,
    /// Whether we dialled it.
    dialled: bool,
}

/// Serves the link until the node stops. Sessions are driven on the calling thread, so that checking
/// signatures never holds up the sockets.
pub fn run(tools: &Tools, endpoint: &LinkEndpoint, runtime: &tokio::runtime::Handle) {
    let (offer, offers) = mpsc::channel(MAX_OFFERS);
    runtime.spawn(accept(tools.clone(), endpoint.clone(), offer.clone()));
    runtime.spawn(dial(tools.clone(), endpoint.clone(), offer));
    runtime.block_on(drive_all(tools, offers));
    endpoint.endpoint.close(code(CloseCode::Done), b"");
    runtime.block_on(async {
        // The peer learns of the end at once instead of after its idle timeout, if the line works.
        _ = tokio::time::timeout(Duration::from_secs(1), endpoint.endpoint.wait_idle()).await;
    });
}

fn code(code: CloseCode) -> VarInt {
    VarInt::from_u32(code.number())
}

async fn stopped(stop: &watch::Receiver<bool>) {
    // An error means that the sender is gone, which also means the end.
    _ = stop.clone().wait_for(|stop| *stop).await;
}

async fn drive_all(tools: &Tools, mut offers: mpsc::Receiver<Offer>) {
    let mut next: Option<Offer> = None;
    loop {
        let offer = match next.take() {
            Some(offer) => offer,
            None => tokio::select! {
                offer = offers.recv() => match offer { Some(offer) => offer, None => return },
                () = stopped(&tools.stop) => return,
            },
        };
        let (end, newer) = drive::drive(tools, offer, &mut offers).await;
        report(&end, tools);
        next = newer;
        if matches!(end, End::Stopping) {
            return;
        }
    }
}

/// How a session ended.
#[derive(Debug)]
enum End {
    /// The node stops.
    Stopping,
    /// A newer connection took over.
    Replaced,
    /// A message was erased before it was sent: the next session's hello covers the entry that says so.
    Anew,
    /// An accord was installed: the next hello tells the peer of it.
    AccordInstalled,
    /// The connection was lost or closed by the peer.
    Lost(ConnectionError),
    /// The peer ended its stream.
    StreamEnded,
    /// The session found fault, and the connection was closed with its code.
    Session(karakoro_proto::error::Error),
}

/// One line for the operator, without any content, and what is shown of the link.
fn report(end: &End, tools: &Tools) {
    if !matches!(end, End::Replaced) {
        let now = tools.clock.wall();
        tools.progress.update(|progress| progress.link = Link::Down(now));
    }
    let peer = tools.setup.peer;
    match end {
        End::Stopping => tracing::info!(%peer, "link closed: this node stops"),
        End::Anew => tracing::info!(%peer, "link closed: it begins anew behind an erasure"),
        End::Replaced => tracing::info!(%peer, "link taken over by a newer connection"),
        End::AccordInstalled => tracing::info!(%peer, "link closed to tell the peer of a new accord"),
        End::StreamEnded => tracing::info!(%peer, "link ended by the peer"),
        End::Lost(ConnectionError::ApplicationClosed(close)) => {
            let code = CloseCode::from_number(close.error_code.into_inner());
            match code {
                Some(CloseCode::Done) => tracing::info!(%peer, "link closed by the peer"),
                Some(code @ CloseCode::Accord) => {
                    let (ours, theirs) = (tools.accords.now().standing, tools.progress.now().peer_accords);
                    tracing::warn!(%peer, %code, %ours, %theirs, "link closed by the peer: the accords differ");
                }
                Some(code) => tracing::warn!(%peer, %code, "link closed by the peer, which found fault"),
                None => tracing::warn!(%peer, "link closed by the peer with an unknown code"),
            }
        }
        End::Lost(error) => tracing::info!(%peer, %error, "link lost"),
        End::Session(error) => {
            let code = error.close_code();
            tracing::error!(%peer, %code, %error, "link closed by us");
        }
    }
}

async fn accept(tools: Tools, endpoint: LinkEndpoint, offer: mpsc::Sender<Offer>) {
    loop {
        let incoming = tokio::select! {
            incoming = endpoint.endpoint.accept() => incoming,
            () = stopped(&tools.stop) => return,
        };
        let Some(incoming) = incoming else { return };
        if endpoint.endpoint.open_connections() >= MAX_CONNECTIONS {
            incoming.refuse();
            continue;
        }
        if endpoint.endpoint.open_connections() > RETRY_ABOVE && incoming.may_retry() {
            // An error would mean that it may not retry after all: it is dropped like the answer.
            _ = incoming.retry();
            continue;
        }
        tokio::spawn(shake_hands(tools.clone(), incoming, offer.clone()));
    }
}

async fn shake_hands(tools: Tools, incoming: Incoming, offer: mpsc::Sender<Offer>) {
    let from = incoming.remote_address();
    match tokio::time::timeout(HANDSHAKE_TIMEOUT, incoming).await {
        Ok(Ok(connection)) => {
            if let Err(mpsc::error::TrySendError::Full(offered)) =
                offer.try_send(Offer { connection, dialled: false })
            {
                offered.connection.close(code(CloseCode::Unavailable), b"");
            }
        }
        Ok(Err(error)) => tracing::warn!(peer = %tools.setup.peer, %from, %error, "a caller was refused"),
        Err(_) => tracing::warn!(peer = %tools.setup.peer, %from, "a caller did not finish its handshake"),
    }
}

/// Dials whenever there is no link.
async fn dial(tools: Tools, endpoint: LinkEndpoint, offer: mpsc::Sender<Offer>) {
    if tools.dial.is_empty() {
        return;
    }
    let mut progress = tools.progress.watch();
    let mut wait = tools.backoff.least;
    loop {
        let down = async {
            _ = progress.wait_for(|progress| !matches!(progress.link, Link::Up(_))).await;
        };
        tokio::select! { () = down => {}, () = stopped(&tools.stop) => return }
        let connected = tokio::select! {
            connected = dial_once(&tools, &endpoint) => connected,
            () = stopped(&tools.stop) => return,
        };
        if let Some(connection) = connected {
            let since = tools.clock.monotonic();
            let closed = connection.clone();
            if offer.send(Offer { connection, dialled: true }).await.is_err() {
                return;
            }
            tokio::select! { _ = closed.closed() => {}, () = stopped(&tools.stop) => return }
            if tools.clock.monotonic().saturating_sub(since) > AT_ONCE {
                wait = tools.backoff.least;
            }
        } else if tools.progress.now().link == Link::Unknown {
            let now = tools.clock.wall();
            tools.progress.update(|progress| {
                if progress.link == Link::Unknown {
                    progress.link = Link::Down(now);
                }
            });
        }
        let pause = jittered(wait, &*tools.entropy);
        tokio::select! { () = tokio::time::sleep(pause) => {}, () = stopped(&tools.stop) => return }
        wait = (wait * 2).min(tools.backoff.most);
    }
}

/// Between half of `wait` and all of it, so that two nodes do not dial in step.
fn jittered(wait: Duration, entropy: &dyn Entropy) -> Duration {
    let mut byte = [0];
    entropy.fill(&mut byte);
    wait / 2 + wait.mul_f64(f64::from(byte[0]) / 512.0)
}

async fn dial_once(tools: &Tools, endpoint: &LinkEndpoint) -> Option<Connection> {
    let name = tools.setup.peer.node_dns_name();
    if tls::server_name(tools.setup.peer).is_err() {
        return None;
    }
    for target in &tools.dial {
        let addresses = match tokio::net::lookup_host(target).await {
            Ok(addresses) => addresses,
            Err(error) => {
                tracing::info!(target, %error, "the peer's address is not known");
                continue;
            }
        };
        for address in addresses {
            let connecting = endpoint.endpoint.connect_with(endpoint.client.clone(), address, &name);
            let connecting = match connecting {
                Ok(connecting) => connecting,
                Err(error) => {
                    tracing::warn!(%address, %error, "the peer cannot be dialled");
                    continue;
                }
            };
            match tokio::time::timeout(HANDSHAKE_TIMEOUT, connecting).await {
                Ok(Ok(connection)) => return Some(connection),
                Ok(Err(error)) => tracing::info!(%address, %error, "the peer was not reached"),
                Err(_) => tracing::info!(%address, "the peer did not answer in time"),
            }
        }
    }
    None
}

/// Which of two connections stays: a newer one means that the peer has lost the older, unless both sides
/// dialled at once; then the one dialled by the country that comes first in the alphabet.
fn newer_stays(tools: &Tools, current: (&Offer, Duration), newer: &Offer) -> bool {
    let (current, since) = current;
    let at_once = tools.clock.monotonic().saturating_sub(since) < AT_ONCE;
    if !at_once || current.dialled == newer.dialled || current.connection.close_reason().is_some() {
        return true;
    }
    let ours_first = tools.setup.us < tools.setup.peer;
    newer.dialled == ours_first
}
