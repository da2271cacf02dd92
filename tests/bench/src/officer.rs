//! An officer's client: writes small alerts of one size and signs them.

use std::path::Path;

use anyhow::{Context as _, ensure};
use karakoro_node::entropy::{Entropy as _, OsEntropy};
use karakoro_node::home::read_key;
use karakoro_node::node::Profile;
use karakoro_proto::domain::alert::Alert;
use karakoro_proto::domain::grounds::Grounds;
use karakoro_proto::envelope::{Body, Header, Kind, MessageId, Opening, sign};
use karakoro_proto::identity::Origin;
use karakoro_proto::identity::home::Slot;
use karakoro_proto::key::SecretKey;
use karakoro_proto::leaf::{MessageLeaf, SigningPurpose};
use karakoro_proto::service::Submission;

use crate::pair::now;

/// Bytes of header and payload together.
pub(crate) const MESSAGE_BYTES: usize = 400;

const ALERT: &str = r#"{ "identifier": "urn:uuid:00000000-0000-0000-0000-000000000000",
  "sender": "hq@mr.example", "sent": "2026-01-15T10:04:05-00:00", "status": "Exercise",
  "msgType": "Alert", "scope": "Restricted", "restriction": "TLP:AMBER",
  "info": [ { "language": "fr", "category": ["Security"], "event": "Vol de bétail",
    "urgency": "Expected", "severity": "Moderate", "certainty": "Likely",
    "description": "Environ 40 bovins.",
    "area": [ { "areaDesc": "Adel Bagrou", "circle": ["15.495,-7.03 25"] } ] } ] }"#;

/// Writes and signs.
#[derive(Debug)]
pub(crate) struct Officer {
    key: SecretKey,
    origin: Origin,
    profile: Profile,
    alert: Alert,
    next: u64,
}

impl Officer {
    /// The officer of a home, with alerts of [`MESSAGE_BYTES`].
    pub(crate) fn of(home: &Path) -> anyhow::Result<Self> {
        let slot = Slot::from_stem("officer-hq-1").context("the officer that every home begins with")?;
        let profile = Profile::load(home)?;
        let alert = Alert::from_json(ALERT).ok().context("the sample is an alert")?;
        let key = read_key(&home.join(slot.key_path()))?;
        let mut officer = Self { key, origin: profile.writes(), profile, alert, next: 0 };
        officer.fill()?;
        Ok(officer)
    }

    /// Lengthens the description until messages have the wanted size.
    fn fill(&mut self) -> anyhow::Result<()> {
        loop {
            let bytes = size(&self.write()?.1);
            if bytes == MESSAGE_BYTES {
                return Ok(());
            }
            ensure!(bytes < MESSAGE_BYTES, "the sample has {bytes} bytes without any filling");
            let description = self.alert.infos.first_mut().and_then(|info| info.description.as_mut());
            description.context("the sample has a description")?.push('.');
        }
    }

    /// The next message, signed.
    pub(crate) fn write(&mut self) -> anyhow::Result<(MessageId, Submission)> {
        self.next += 1;
        self.alert.identifier = format!("urn:uuid:00000000-0000-7000-8000-{:012x}", self.next);
        let header = self.header()?;
        let mut opening = [0; 32];
        OsEntropy.fill(&mut opening);
        let payload = self.alert.encode().into();
        let body = Body { opening: Opening(opening), header: header.encode(), payload };
        let commitment = body.commitment();
        let signatures = vec![sign(&commitment, SigningPurpose::Author, &self.key)];
        Ok((header.id, Submission { leaf: MessageLeaf { commitment, signatures }, body }))
    }

    fn header(&self) -> anyhow::Result<Header> {
        let mut random = [0; 10];
        OsEntropy.fill(&mut random);
        let now = now();
        Ok(Header {
            id: MessageId::new(now, random),
            origin: self.origin,
            recipient: self.profile.config.peer,
            station: self.profile.config.station.name.clone(),
            created: now,
            expires: self.alert.expires(),
            kind: Kind::Alert,
            mode: self.alert.mode().map_err(|fault| anyhow::anyhow!("{fault}"))?,
            priority: self.alert.priority(),
            tlp: self.alert.tlp(),
            refs: Vec::new(),
            grounds: Grounds::default(),
        })
    }
}

fn size(submission: &Submission) -> usize {
    submission.body.header.len() + submission.body.payload.len()
}
