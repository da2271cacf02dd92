//! The road: QUIC with mutual TLS 1.3, set so that nothing is left to a default that must not stay.

pub mod framing;
pub mod quic;
pub mod tls;

/// The protocol name in the TLS handshake: another version of the wire has another name.
pub const ALPN: &[u8] = b"karakoro/1";
