//! The QUIC endpoint of a node: one socket to dial from and to be dialled at.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use quinn::{
    ClientConfig, ConnectionId, ConnectionIdGenerator, Endpoint, EndpointConfig, IdleTimeout, ServerConfig,
    TransportConfig, VarInt,
};
use thiserror::Error;

use crate::entropy::{Entropy as _, OsEntropy};

use super::tls::{TlsError, TlsIdentity};

/// Handshakes that may wait to be looked at. quinn's own default is 65,536.
const MAX_INCOMING: usize = 64;

/// Bytes that may wait for one handshake, and for all of them.
const INCOMING_BUFFER: u64 = 32 * 1024;
const INCOMING_BUFFER_TOTAL: u64 = 2 * 1024 * 1024;

/// Bytes under way on the link's stream, and on a connection, each way. quinn's default for a connection
/// is unlimited.
const STREAM_WINDOW: u32 = 2 * 1024 * 1024;
const CONNECTION_WINDOW: u32 = 4 * 1024 * 1024;

/// First guess of the round trip. A satellite line takes 600 ms; guessing much less would send the
/// handshake again and again before the first answer can be there.
const INITIAL_RTT: Duration = Duration::from_millis(333);

/// How long a line may be silent.
#[derive(Clone, Copy, Debug)]
pub struct Silence {
    /// A sign of life is sent this often.
    pub keep_alive: Duration,
    /// After this, the connection counts as lost.
    pub idle: Duration,
}

/// Why an endpoint cannot be opened.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// The address is taken or not ours.
    #[error("cannot listen on UDP {address}: {source}")]
    Bind {
        /// Which address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// Keys or certificates.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// rustls lacks what QUIC needs.
    #[error("TLS cannot be used for QUIC: {0}")]
    Quic(String),
}

/// An endpoint with the configuration to dial the peer.
#[derive(Clone, Debug)]
pub struct LinkEndpoint {
    /// The socket.
    pub endpoint: Endpoint,
    /// For dialling.
    pub client: ClientConfig,
}

/// Opens the endpoint on a UDP address. Must be called within a tokio runtime.
pub fn open(
    address: SocketAddr,
    identity: &TlsIdentity,
    silence: Silence,
) -> Result<LinkEndpoint, EndpointError> {
    let transport = Arc::new(transport(silence));
    let crypto = QuicServerConfig::try_from(identity.server()?)
        .map_err(|error| EndpointError::Quic(error.to_string()))?;
    let mut server = ServerConfig::with_crypto(Arc::new(crypto));
    server
        .transport_config(transport.clone())
        // Two fixed nodes: an address that changes shows as a new connection.
        .migration(false)
        .max_incoming(MAX_INCOMING)
        .incoming_buffer_size(INCOMING_BUFFER)
        .incoming_buffer_size_total(INCOMING_BUFFER_TOTAL);
    let crypto = QuicClientConfig::try_from(identity.client()?)
        .map_err(|error| EndpointError::Quic(error.to_string()))?;
    let mut client = ClientConfig::new(Arc::new(crypto));
    client.transport_config(transport);
    let bind = |source| EndpointError::Bind { address, source };
    let socket = std::net::UdpSocket::bind(address).map_err(bind)?;
    let runtime = Arc::new(quinn::TokioRuntime);
    let mut config = EndpointConfig::new(Arc::new(identity.reset_key()));
    config.cid_generator(|| Box::new(RandomIds));
    let endpoint = Endpoint::new(config, Some(server), socket, runtime).map_err(bind)?;
    Ok(LinkEndpoint { endpoint, client })
}

/// Length of connection ids, in bytes.
const ID_BYTES: usize = 8;

/// Connection ids at random, none of which is taken for garbage: quinn's own generator marks its ids with a
/// secret that is gone after a restart, and would leave packets of an earlier life without a reset.
#[derive(Clone, Copy, Debug)]
struct RandomIds;

impl ConnectionIdGenerator for RandomIds {
    fn generate_cid(&mut self) -> ConnectionId {
        let mut id = [0; ID_BYTES];
        OsEntropy.fill(&mut id);
        ConnectionId::new(&id)
    }

    fn cid_len(&self) -> usize {
        ID_BYTES
    }

    fn cid_lifetime(&self) -> Option<Duration> {
        None
    }
}

fn transport(silence: Silence) -> TransportConfig {
    let mut transport = TransportConfig::default();
    let idle = IdleTimeout::try_from(silence.idle).unwrap_or_else(|_| VarInt::MAX.into());
    transport
        .max_concurrent_bidi_streams(VarInt::from_u32(1))
        .max_concurrent_uni_streams(VarInt::from_u32(0))
        .datagram_receive_buffer_size(None)
        .stream_receive_window(VarInt::from_u32(STREAM_WINDOW))
        .receive_window(VarInt::from_u32(CONNECTION_WINDOW))
        .send_window(u64::from(CONNECTION_WINDOW))
        .initial_rtt(INITIAL_RTT)
        .keep_alive_interval(Some(silence.keep_alive))
        .max_idle_timeout(Some(idle));
    transport
}
