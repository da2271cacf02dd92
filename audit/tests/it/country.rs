//! A country with its keys, certificates and messages.

use karakoro_proto::domain::grounds::Grounds;
use karakoro_proto::domain::{Mode, Priority, Tlp};
use karakoro_proto::envelope::{Body, Header, Kind, MessageId, Opening, Station, sign};
use karakoro_proto::identity::{Country, Origin, Role};
use karakoro_proto::key::SecretKey;
use karakoro_proto::leaf::{KeyAction, KeyLeaf, Leaf, MessageLeaf, SigningPurpose};
use karakoro_proto::log::cosignature::CosignerVerifier;
use karakoro_proto::log::note::KeyName;
use karakoro_proto::time::UnixMillis;

use crate::der;

/// The keys of one country, the same in every run.
pub(crate) struct Keys {
    pub(crate) country: Country,
    seed: u8,
}

impl Keys {
    pub(crate) const MR: Self = Self { country: Country::MR, seed: 10 };
    pub(crate) const ML: Self = Self { country: Country::ML, seed: 20 };
    /// Somebody who says to be Mauritania.
    pub(crate) const FALSE_MR: Self = Self { country: Country::MR, seed: 30 };

    pub(crate) fn of(country: Country) -> Self {
        if country == Country::MR { Self::MR } else { Self::ML }
    }

    pub(crate) fn key(&self, role: Role) -> SecretKey {
        SecretKey::from_seed(&[self.seed + role as u8; 32])
    }

    pub(crate) fn certificate(&self, role: Role) -> Vec<u8> {
        self.certificate_of(role, "1", &self.key(role))
    }

    pub(crate) fn certificate_of(&self, role: Role, label: &str, key: &SecretKey) -> Vec<u8> {
        der::certificate(self.country, role, label, &key.public(), &self.key(Role::Root))
    }

    /// The leaves with which each log of this country begins.
    pub(crate) fn key_leaves(&self) -> Vec<Vec<u8>> {
        [Role::Root, Role::Log, Role::Receipt, Role::Officer]
            .map(|role| key_leaf(self.certificate(role)))
            .to_vec()
    }

    pub(crate) fn cosigner(&self) -> CosignerVerifier {
        let name = KeyName::of_receipt_key(self.country);
        CosignerVerifier { name, key: self.key(Role::Receipt).public() }
    }
}

pub(crate) fn key_leaf(certificate: Vec<u8>) -> Vec<u8> {
    Leaf::Key(KeyLeaf { action: KeyAction::Publish, certificate }).encode()
}

/// The `number`-th message of a log.
pub(crate) fn body(origin: Origin, to: Country, number: u32) -> Body {
    let created = UnixMillis::new(1_794_000_000_000 + u64::from(number)).unwrap();
    let mut random = [0; 10];
    random[6..].copy_from_slice(&number.to_be_bytes());
    let header = Header {
        id: MessageId::new(created, random),
        origin,
        recipient: to,
        station: Station::headquarters(origin.writer()),
        created,
        expires: None,
        kind: Kind::Alert,
        mode: Mode::Exercise,
        priority: Priority::Urgent,
        tlp: Tlp::Amber,
        refs: Vec::new(),
        grounds: Grounds::default(),
    };
    let mut opening = [7; 32];
    opening[..4].copy_from_slice(&number.to_be_bytes());
    let payload = format!("message {number}").into_bytes().into();
    Body { opening: Opening(opening), header: header.encode(), payload }
}

pub(crate) fn message_leaf(body: &Body, officer: &SecretKey) -> Vec<u8> {
    let commitment = body.commitment();
    let signatures = vec![sign(&commitment, SigningPurpose::Author, officer)];
    Leaf::Message(MessageLeaf { commitment, signatures }).encode()
}
