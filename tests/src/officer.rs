//! An officer at a desk: writes and signs messages without the command line, for tests that need many.

use karakoro_node::entropy::{Entropy as _, OsEntropy};
use karakoro_node::home::read_key;
use karakoro_node::service::client::{CallError, Client};
use karakoro_proto::domain::alert::Alert;
use karakoro_proto::domain::grounds::Grounds;
use karakoro_proto::domain::{Mode, Priority, Tlp};
use karakoro_proto::envelope::{self, Body, Header, Kind, MessageId, Opening, Station};
use karakoro_proto::identity::Origin;
use karakoro_proto::key::SecretKey;
use karakoro_proto::leaf::{MessageLeaf, SigningPurpose};
use karakoro_proto::service::{Request, Response, Submission};

use crate::countries::{Home, now};

/// An officer with their key.
#[derive(Debug)]
pub struct Officer {
    home: Home,
    key: SecretKey,
}

/// A signed message that was not submitted yet.
#[derive(Clone, Debug)]
pub struct Signed {
    /// Its id.
    pub id: MessageId,
    /// What the node is given.
    pub submission: Submission,
}

impl Officer {
    /// The first officer of a home.
    #[must_use]
    pub fn of(home: &Home) -> Self {
        let key = read_key(&home.path.join("keys/officer-hq-1.key")).expect("a home has an officer");
        Self { home: home.clone(), key }
    }

    /// Writes and signs an alert that says `text`.
    #[must_use]
    pub fn alert(&self, text: &str) -> Signed {
        self.signed(self.header(), alert(text).encode())
    }

    /// A header as `send` makes it.
    #[must_use]
    pub fn header(&self) -> Header {
        let mut random = [0; 10];
        OsEntropy.fill(&mut random);
        Header {
            id: MessageId::new(now(), random),
            origin: Origin::link(self.home.country, self.home.peer),
            recipient: self.home.peer,
            station: Station::headquarters(self.home.country),
            created: now(),
            expires: None,
            kind: Kind::Alert,
            mode: Mode::Exercise,
            // What the alerts of `alert` say of themselves.
            priority: Priority::Priority,
            tlp: Tlp::AmberStrict,
            refs: Vec::new(),
            grounds: Grounds::default(),
        }
    }

    /// Signs a message.
    #[must_use]
    pub fn signed(&self, header: Header, payload: Vec<u8>) -> Signed {
        let mut opening = [0; 32];
        OsEntropy.fill(&mut opening);
        let body = Body { opening: Opening(opening), header: header.encode(), payload: payload.into() };
        let commitment = body.commitment();
        let signatures = vec![envelope::sign(&commitment, SigningPurpose::Author, &self.key)];
        Signed {
            id: header.id,
            submission: Submission { leaf: MessageLeaf { commitment, signatures }, body },
        }
    }
}

impl Signed {
    /// Has the node seal it; returns its entry, and whether it was there before.
    pub fn submit(&self, client: &mut Client) -> Result<(u64, bool), CallError> {
        match client.call(Request::Submit(self.submission.clone()))? {
            Response::Sealed { index, again } => Ok((index, again)),
            _ => Err(CallError::Unexpected),
        }
    }
}

/// An exercise alert of usual size.
#[must_use]
pub fn alert(text: &str) -> Alert {
    let json = serde_json::json!({
        "identifier": format!("urn:example:{}", text.replace(' ', "-")),
        "sender": "hq@border.example",
        "sent": "2026-01-15T10:04:05-00:00",
        "status": "Exercise",
        "msgType": "Alert",
        "scope": "Restricted",
        "restriction": "TLP:AMBER+STRICT",
        "info": [{
            "language": "fr",
            "category": ["Security"],
            "event": "Vol de bétail",
            "urgency": "Expected",
            "severity": "Moderate",
            "certainty": "Likely",
            "headline": text,
            "area": [{ "areaDesc": "Adel Bagrou", "circle": ["15.495,-7.03 25"] }],
        }],
    });
    Alert::from_json(&json.to_string()).expect("a sound alert")
}
