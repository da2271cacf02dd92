//! TLS between two nodes: both present a certificate of role *node*, each under its country's root.
//!
//! webpki checks the chain, the dates and the DNS name; our own strict reader then checks country and role,
//! which webpki does not know. Both must agree, and nothing but the peer's root is trusted.

use std::sync::Arc;

use ::aws_lc_rs::hmac;
use karakoro_proto::identity::certificate::{Certificate, CertificateError, RootCertificate};
use karakoro_proto::identity::{Country, Role};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{
    CertificateError as TlsCertificateError, ClientConfig, DigitallySignedStruct, DistinguishedName,
    OtherError, RootCertStore, ServerConfig, SignatureScheme,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use thiserror::Error;

use super::ALPN;

/// Which key exchange a link may use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyExchange {
    /// X25519MLKEM768 or nothing: what is recorded today stays closed to a later quantum computer.
    Hybrid,
    /// X25519MLKEM768 first, X25519 where the peer has nothing better.
    PreferHybrid,
}

/// What a node presents and whom it trusts.
#[derive(Debug)]
pub struct TlsIdentity {
    /// Our node's certificate.
    pub certificate: Certificate,
    /// Its private key, PKCS#8 DER.
    pub key: PrivateKeyDer<'static>,
    /// The only root that the peer's certificate may stand under.
    pub peer_root: RootCertificate,
    /// Which key exchange.
    pub key_exchange: KeyExchange,
}

/// A TLS configuration that cannot be made from these keys.
#[derive(Debug, Error)]
#[error("the node's TLS key or certificate cannot be used: {0}")]
pub struct TlsError(String);

impl TlsError {
    fn new(error: impl std::fmt::Display) -> Self {
        Self(error.to_string())
    }
}

impl TlsIdentity {
    fn provider(&self) -> Arc<CryptoProvider> {
        let kx_groups = match self.key_exchange {
            KeyExchange::Hybrid => vec![aws_lc_rs::kx_group::X25519MLKEM768],
            KeyExchange::PreferHybrid => {
                vec![aws_lc_rs::kx_group::X25519MLKEM768, aws_lc_rs::kx_group::X25519]
            }
        };
        Arc::new(CryptoProvider { kx_groups, ..aws_lc_rs::default_provider() })
    }

    fn roots(&self) -> Result<Arc<RootCertStore>, TlsError> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(self.peer_root.der().to_vec())).map_err(TlsError::new)?;
        Ok(Arc::new(roots))
    }

    fn chain(&self) -> Vec<CertificateDer<'static>> {
        vec![CertificateDer::from(self.certificate.der().to_vec())]
    }

    /// The key of stateless resets, the same after every start: a peer whose connection was to the node
    /// before it was killed learns at its next packet that it is gone, not after its idle timeout.
    pub(super) fn reset_key(&self) -> hmac::Key {
        let own = hmac::Key::new(hmac::HMAC_SHA256, self.key.secret_der());
        hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&own, b"karakoro/quic-stateless-reset/v1").as_ref())
    }

    fn peer(&self) -> PeerRule {
        PeerRule { root: self.peer_root.clone() }
    }

    /// For connections that the peer dials. No tickets and no early data: every connection shows its
    /// certificate again, so that none outlives its revocation.
    pub fn server(&self) -> Result<ServerConfig, TlsError> {
        let provider = self.provider();
        let webpki = WebPkiClientVerifier::builder_with_provider(self.roots()?, provider.clone())
            .build()
            .map_err(TlsError::new)?;
        let verifier = Arc::new(PeerVerifier { webpki, rule: self.peer() });
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(TlsError::new)?
            .with_client_cert_verifier(verifier)
            .with_single_cert(self.chain(), self.key.clone_key())
            .map_err(TlsError::new)?;
        config.alpn_protocols = vec![ALPN.to_vec()];
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        config.max_early_data_size = 0;
        Ok(config)
    }

    /// For connections that we dial.
    pub fn client(&self) -> Result<ClientConfig, TlsError> {
        let provider = self.provider();
        let webpki = WebPkiServerVerifier::builder_with_provider(self.roots()?, provider.clone())
            .build()
            .map_err(TlsError::new)?;
        let verifier = Arc::new(PeerVerifier { webpki, rule: self.peer() });
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(TlsError::new)?
            .dangerous() // it is not: the verifier adds to webpki's checks and takes none away
            .with_custom_certificate_verifier(verifier)
            .with_client_auth_cert(self.chain(), self.key.clone_key())
            .map_err(TlsError::new)?;
        config.alpn_protocols = vec![ALPN.to_vec()];
        config.resumption = Resumption::disabled();
        config.enable_early_data = false;
        Ok(config)
    }
}

/// The name that a peer's node must present.
pub fn server_name(peer: Country) -> Result<ServerName<'static>, TlsError> {
    ServerName::try_from(peer.node_dns_name()).map_err(TlsError::new)
}

/// What our own reader asks of the peer's certificate.
#[derive(Clone, Debug)]
struct PeerRule {
    root: RootCertificate,
}

impl PeerRule {
    fn check(
        &self,
        der: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
    ) -> Result<(), rustls::Error> {
        if !intermediates.is_empty() {
            return Err(refusal(CertificateError::Issuer));
        }
        let certificate = Certificate::parse(der).map_err(refusal)?;
        certificate.expect_country(self.root.country()).map_err(refusal)?;
        certificate.expect_role(Role::Node).map_err(refusal)?;
        self.root.verify(&certificate).map_err(refusal)
    }
}

fn refusal(error: CertificateError) -> rustls::Error {
    rustls::Error::InvalidCertificate(TlsCertificateError::Other(OtherError(Arc::new(error))))
}

/// webpki's verifier with our rule after it.
#[derive(Debug)]
struct PeerVerifier<V: ?Sized> {
    rule: PeerRule,
    webpki: Arc<V>,
}

impl ServerCertVerifier for PeerVerifier<WebPkiServerVerifier> {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified =
            self.webpki.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)?;
        self.rule.check(end_entity, intermediates)?;
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.webpki.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.webpki.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.webpki.supported_verify_schemes()
    }
}

impl ClientCertVerifier for PeerVerifier<dyn ClientCertVerifier> {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.webpki.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        let verified = self.webpki.verify_client_cert(end_entity, intermediates, now)?;
        self.rule.check(end_entity, intermediates)?;
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.webpki.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.webpki.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.webpki.supported_verify_schemes()
    }
}
