//! A peer that speaks the road's protocol with valid keys and says whatever a test wants.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use karakoro_node::node::Profile;
use karakoro_node::transport::framing::{self, Incoming};
use karakoro_node::transport::quic::{self, LinkEndpoint, Silence};
use karakoro_node::transport::tls::{KeyExchange, TlsIdentity};
use karakoro_proto::error::CloseCode;
use karakoro_proto::identity::Country;
use karakoro_proto::identity::home::Slot;
use karakoro_proto::log::checkpoint::SignedCheckpoint;
use karakoro_proto::session::{Session, Setup};
use quinn::{Connection, ConnectionError, RecvStream, SendStream};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;
use tokio::runtime::Runtime;

use karakoro_proto::accord::AccordFile;
use karakoro_proto::time::UnixMillis;

use crate::countries::Home;
use crate::wait;

/// What the keys of one slot of a home can show in a handshake.
#[must_use]
pub fn identity(home: &Home, slot: &Slot) -> TlsIdentity {
    let profile = Profile::load(&home.path).expect("a sound home");
    let certificate = profile.home.certificate(&profile.ours.root, slot).expect("a certificate");
    let key = PrivateKeyDer::from_pem_file(home.path.join(slot.key_path())).expect("a key");
    TlsIdentity { certificate, key, peer_root: profile.peer.root.clone(), key_exchange: KeyExchange::Hybrid }
}

/// A runtime for one caller.
#[must_use]
pub fn runtime() -> Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(1).enable_all().build().expect("the system has threads")
}

/// An endpoint with this identity.
#[must_use]
pub fn endpoint(runtime: &Runtime, identity: &TlsIdentity) -> LinkEndpoint {
    let _within = runtime.enter();
    let silence = Silence { keep_alive: Duration::from_secs(1), idle: Duration::from_secs(20) };
    quic::open(SocketAddr::from(([127, 0, 0, 1], 0)), identity, silence).expect("a free port")
}

/// Dials a node; `Ok` once it has said hello, so that its side of the handshake is known to be done.
pub fn knock(identity: &TlsIdentity, node: &Home) -> Result<(), ConnectionError> {
    let runtime = runtime();
    let endpoint = endpoint(&runtime, identity);
    runtime.block_on(async {
        let limit = tokio::time::timeout(wait::DEADLINE, greeted(&endpoint, node));
        limit.await.expect("the node answers or refuses")
    })
}

async fn greeted(endpoint: &LinkEndpoint, node: &Home) -> Result<(), ConnectionError> {
    let connection = connect(endpoint, node.address, node.country).await?;
    let (mut send, mut receive) = connection.open_bi().await?;
    // A stream shows itself with its first bytes.
    _ = send.write_all(&[0]).await;
    match framing::read(&mut receive).await {
        Ok(Incoming::Frame(_)) => Ok(()),
        _ => Err(connection.closed().await),
    }
}

async fn connect(
    endpoint: &LinkEndpoint,
    address: SocketAddr,
    country: Country,
) -> Result<Connection, ConnectionError> {
    let client = endpoint.client.clone();
    let connecting = endpoint.endpoint.connect_with(client, address, &country.node_dns_name());
    connecting.expect("a sound address").await
}

/// A peer with valid keys, connected to a node.
#[derive(Debug)]
pub struct Impostor {
    runtime: Runtime,
    endpoint: LinkEndpoint,
    connection: Connection,
    send: SendStream,
    receive: RecvStream,
}

impl Impostor {
    /// Dials `node` with the node key of `home`.
    #[track_caller]
    #[must_use]
    pub fn dial(home: &Home, node: &Home) -> Self {
        let runtime = runtime();
        let endpoint = endpoint(&runtime, &identity(home, &Slot::Node));
        let (connection, send, receive) = runtime.block_on(async {
            let connection = connect(&endpoint, node.address, node.country).await.expect("valid keys");
            let (send, receive) = connection.open_bi().await.expect("one stream is allowed");
            (connection, send, receive)
        });
        Self { runtime, endpoint, connection, send, receive }
    }

    /// Sends bytes as they are. The node may have closed already: what it closed with is asked later.
    pub fn send_raw(&mut self, bytes: &[u8]) {
        _ = self.runtime.block_on(self.send.write_all(bytes));
    }

    /// Sends a frame.
    pub fn send(&mut self, frame: &[u8]) {
        _ = self.runtime.block_on(framing::write(&mut self.send, frame));
    }

    /// The next frame of the node.
    #[track_caller]
    pub fn receive(&mut self) -> Bytes {
        let frame = self
            .runtime
            .block_on(async { tokio::time::timeout(wait::DEADLINE, framing::read(&mut self.receive)).await });
        let frame = frame.expect("a frame in time").expect("a stream without end");
        let Incoming::Frame(frame) = frame else { return Bytes::new() };
        frame
    }

    /// The code with which the node closes the connection.
    #[track_caller]
    #[must_use]
    pub fn closed_with(self) -> Option<CloseCode> {
        let closed = self
            .runtime
            .block_on(async { tokio::time::timeout(wait::DEADLINE, self.connection.closed()).await });
        let code = match closed.expect("the node closes the connection in time") {
            ConnectionError::ApplicationClosed(close) => {
                CloseCode::from_number(close.error_code.into_inner())
            }
            _ => None,
        };
        drop(self.endpoint);
        code
    }
}

/// What an honest node of this home would say first.
#[track_caller]
#[must_use]
pub fn hello(home: &Home) -> Bytes {
    let profile = Profile::load(&home.path).expect("a sound home");
    let [own, mirror] = profile.view().expect("sound logs");
    let held = mirror.held(&profile.peer.root).expect("a sound mirror");
    let newest = own.newest().expect("a log has a checkpoint");
    let mut session = Session::new(setup(&profile), Duration::ZERO, held, newest);
    session.poll_transmit(&own).expect("sound logs").expect("a session begins with a hello")
}

/// A hello with every field at will but the accord, which is that of all homes here.
#[must_use]
pub fn hello_of(version: u64, country: &str, writes: &[u8], holds: &[u8]) -> Vec<u8> {
    let text = karakoro_proto::accord::example_effective(UnixMillis::default());
    let hash = AccordFile::parse(text.as_bytes()).expect("a text of an accord").hash();
    let accord = [number(1, 1), bytes(2, &hash.0)].concat();
    let fields = [
        number(1, version),
        bytes(2, country.as_bytes()),
        bytes(3, writes),
        bytes(4, holds),
        bytes(5, &accord),
    ];
    bytes(1, &fields.concat())
}

fn setup(profile: &Profile) -> Setup {
    Setup {
        us: profile.config.country,
        peer: profile.config.peer,
        writes: profile.writes(),
        mirrors: profile.mirrors(),
        our_log: profile.ours.log.public_key().clone(),
        peer_log: profile.peer.log.public_key().clone(),
        peer_receipt: profile.peer.receipt.public_key().clone(),
        accords: profile.accords().expect("accords of a home").standing(crate::countries::now()),
    }
}

/// A frame of leaves.
#[must_use]
pub fn leaves(start: u64, leaves: &[&[u8]]) -> Vec<u8> {
    let leaves: Vec<u8> = leaves.iter().flat_map(|leaf| always(2, leaf)).collect();
    bytes(2, &[number(1, start), leaves].concat())
}

/// A frame of one body.
#[must_use]
pub fn body(index: u64, opening: &[u8], header: &[u8], payload: &[u8]) -> Vec<u8> {
    let body = [number(1, index), bytes(2, opening), bytes(3, header), bytes(4, payload)].concat();
    bytes(3, &always(1, &body))
}

/// A frame with a checkpoint.
#[must_use]
pub fn checkpoint(note: &SignedCheckpoint) -> Vec<u8> {
    bytes(4, &bytes(1, note.to_string().as_bytes()))
}

/// A frame with a receipt.
#[must_use]
pub fn receipt(start: u64, end: u64, root: &[u8], time_ms: u64, signature: &[u8]) -> Vec<u8> {
    let fields = [number(1, start), number(2, end), bytes(3, root), number(4, time_ms), bytes(5, signature)];
    bytes(5, &fields.concat())
}

/// A frame with a cosignature.
#[must_use]
pub fn cosignature(size: u64, time_s: u64, signature: &[u8]) -> Vec<u8> {
    bytes(6, &[number(1, size), number(2, time_s), bytes(3, signature)].concat())
}

// Protobuf by hand, since the product's own encoder makes no bad frames. Defaults are left out, as the
// canonical encoding demands.

/// A number.
#[must_use]
pub fn number(field: u8, value: u64) -> Vec<u8> {
    if value == 0 {
        return Vec::new();
    }
    let mut out = vec![field << 3];
    varint(value, &mut out);
    out
}

/// A byte string.
#[must_use]
pub fn bytes(field: u8, value: &[u8]) -> Vec<u8> {
    if value.is_empty() { Vec::new() } else { always(field, value) }
}

/// A byte string that is there even if it is empty.
fn always(field: u8, value: &[u8]) -> Vec<u8> {
    let mut out = vec![(field << 3) | 2];
    varint(value.len() as u64, &mut out);
    out.extend_from_slice(value);
    out
}

fn varint(mut value: u64, out: &mut Vec<u8>) {
    loop {
        let low = value.to_le_bytes()[0] & 0x7f;
        value >>= 7;
        if value == 0 {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}
