//! The handshake of the road: post-quantum or nothing, every connection shown its certificates anew.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use karakoro_proto::identity::home::Slot;
use karakoro_tests::countries::{Countries, Home};
use karakoro_tests::hostile::{endpoint, identity, runtime};
use karakoro_tests::running::Node;
use karakoro_tests::wait;
use quinn::crypto::rustls::QuicClientConfig;
use quinn::{ClientConfig, Connection, ConnectionError};
use rustls::client::{
    ClientSessionStore, Resumption, Tls12ClientSessionValue, Tls13ClientSessionValue, WantsClientCert,
};
use rustls::crypto::{CryptoProvider, SupportedKxGroup, aws_lc_rs};
use rustls::{ConfigBuilder, NamedGroup, RootCertStore};
use rustls_pki_types::{CertificateDer, ServerName};

/// A TLS client with Mali's certificate that offers these groups and would resume if it could.
fn client(home: &Home, groups: &[&'static dyn SupportedKxGroup], alpn: &[u8]) -> rustls::ClientConfig {
    let identity = identity(home, &Slot::Node);
    let chain = vec![CertificateDer::from(identity.certificate.der().to_vec())];
    let mut config = trusting(home, groups).with_client_auth_cert(chain, identity.key).unwrap();
    config.alpn_protocols = vec![alpn.to_vec()];
    config.enable_early_data = true;
    config
}

/// A TLS client that trusts whom Mali trusts, before it has a certificate of its own.
fn trusting(
    home: &Home,
    groups: &[&'static dyn SupportedKxGroup],
) -> ConfigBuilder<rustls::ClientConfig, WantsClientCert> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(identity(home, &Slot::Node).peer_root.der().to_vec())).unwrap();
    let provider = CryptoProvider { kx_groups: groups.to_vec(), ..aws_lc_rs::default_provider() };
    rustls::ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots)
}

/// Connects, and stays until the node has opened its side, or has refused.
fn connect(home: &Home, node: &Home, config: rustls::ClientConfig) -> Result<(), ConnectionError> {
    let config = ClientConfig::new(Arc::new(QuicClientConfig::try_from(config).unwrap()));
    let runtime = runtime();
    let endpoint = endpoint(&runtime, &identity(home, &Slot::Node));
    runtime.block_on(async {
        let name = node.country.node_dns_name();
        let connecting = endpoint.endpoint.connect_with(config, node.address, &name).unwrap();
        let Err(connecting) = connecting.into_0rtt() else {
            panic!("the node has let us keep what early data needs")
        };
        let connection = tokio::time::timeout(wait::DEADLINE, connecting).await.unwrap()?;
        greeted(&connection).await
    })
}

/// Waits for the node's hello, which it sends once our stream shows itself.
async fn greeted(connection: &Connection) -> Result<(), ConnectionError> {
    let (mut send, mut receive) = connection.open_bi().await?;
    _ = send.write_all(&[0]).await;
    let mut hello = [0; 64];
    match tokio::time::timeout(wait::DEADLINE, receive.read_exact(&mut hello)).await.unwrap() {
        Ok(()) => Ok(()),
        Err(_) => Err(connection.closed().await),
    }
}

fn hybrid() -> Vec<&'static dyn SupportedKxGroup> {
    vec![aws_lc_rs::kx_group::X25519MLKEM768]
}

#[test]
fn a_peer_that_offers_no_post_quantum_key_exchange_is_refused() {
    let countries = Countries::new();
    let _node = Node::start(&countries.mr, &[]);
    let (mali, mauritania) = (&countries.ml, &countries.mr);
    for group in [aws_lc_rs::kx_group::X25519, aws_lc_rs::kx_group::SECP256R1] {
        let refused = connect(mali, mauritania, client(mali, &[group], b"karakoro/1"));
        let Err(ConnectionError::ConnectionClosed(close)) = refused else { panic!("{refused:?}") };
        // TLS alert 40: handshake_failure.
        assert_eq!(u64::from(close.error_code), 0x100 + 40, "{close}");
    }
    connect(mali, mauritania, client(mali, &hybrid(), b"karakoro/1")).unwrap();
}

#[test]
fn a_home_that_prefers_hybrid_takes_x25519_too() {
    let countries = Countries::new();
    countries.mr.set("link", "key_exchange", "prefer");
    let _node = Node::start(&countries.mr, &[]);
    let groups = [aws_lc_rs::kx_group::X25519];
    connect(&countries.ml, &countries.mr, client(&countries.ml, &groups, b"karakoro/1")).unwrap();
}

#[test]
fn a_caller_of_another_protocol_is_refused() {
    let countries = Countries::new();
    let _node = Node::start(&countries.mr, &[]);
    let refused = connect(&countries.ml, &countries.mr, client(&countries.ml, &hybrid(), b"h3"));
    assert!(refused.unwrap_err().to_string().contains("protocol"));
}

#[test]
fn a_caller_without_a_certificate_is_refused() {
    let countries = Countries::new();
    let _node = Node::start(&countries.mr, &[]);
    let mut config = trusting(&countries.ml, &hybrid()).with_no_client_auth();
    config.alpn_protocols = vec![b"karakoro/1".to_vec()];
    connect(&countries.ml, &countries.mr, config).unwrap_err();
}

/// Counts the tickets that a server hands out.
#[derive(Debug, Default)]
struct Tickets(AtomicUsize);

impl ClientSessionStore for Tickets {
    fn set_kx_hint(&self, _server: ServerName<'static>, _group: NamedGroup) {}

    fn kx_hint(&self, _server: &ServerName<'_>) -> Option<NamedGroup> {
        None
    }

    fn set_tls12_session(&self, _server: ServerName<'static>, _value: Tls12ClientSessionValue) {}

    fn tls12_session(&self, _server: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        None
    }

    fn remove_tls12_session(&self, _server: &ServerName<'static>) {}

    fn insert_tls13_ticket(&self, _server: ServerName<'static>, _value: Tls13ClientSessionValue) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    fn take_tls13_ticket(&self, _server: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        None
    }
}

#[test]
fn no_ticket_is_handed_out_so_that_no_session_outlives_its_certificate() {
    let countries = Countries::new();
    let _node = Node::start(&countries.mr, &[]);
    let tickets = Arc::new(Tickets::default());
    for _ in 0..2 {
        let mut config = client(&countries.ml, &hybrid(), b"karakoro/1");
        config.resumption = Resumption::store(tickets.clone());
        connect(&countries.ml, &countries.mr, config).unwrap();
    }
    assert_eq!(tickets.0.load(Ordering::SeqCst), 0);
}
