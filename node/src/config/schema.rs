//! The table of all keys: the one home of each name, default, range, meaning and reason.

use karakoro_proto::toml::Form;
use tracing::Level;

use super::form::{CountryCode, DialList, FolderApart, OneOf, SocketPath, StationName, Time};
use super::form::{UdpAddress, Unit, Word};
use super::{KeyExchange, LogFormat};

/// What stands for this node's country in a default.
pub(super) const COUNTRY_MARK: &str = "<country>";

/// A key with the form of its values.
pub(super) struct Key<F> {
    facts: Facts,
    /// What its value may be.
    pub(super) form: F,
}

/// What is said of a key.
pub(super) struct Facts {
    /// Its full name: `section.name`, or the name alone at the top of the file.
    pub(super) path: &'static str,
    /// Its default as TOML; `None` for a key that must be there.
    pub(super) default: Option<&'static str>,
    /// What it decides.
    pub(super) meaning: &'static str,
    /// Why this default, or why it is asked for.
    pub(super) reason: &'static str,
}

impl Facts {
    /// The section; empty at the top of the file.
    pub(super) fn section(&self) -> &'static str {
        self.path.rsplit_once('.').map_or("", |(section, _)| section)
    }

    /// The name within the section.
    pub(super) fn name(&self) -> &'static str {
        self.path.rsplit_once('.').map_or(self.path, |(_, name)| name)
    }
}

/// A key of any form.
pub(super) trait Entry: Sync {
    /// What is said of it.
    fn facts(&self) -> &Facts;

    /// What its value may be, for people.
    fn expected(&self) -> String;
}

impl<F: Form + Sync> Entry for Key<F> {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn expected(&self) -> String {
        self.form.expected()
    }
}

/// A section, and what its keys are about.
pub(super) struct Section {
    /// Its name; empty for the top of the file.
    pub(super) name: &'static str,
    /// What it is about.
    pub(super) about: &'static str,
}

/// All sections, in the order of the file.
pub(super) static SECTIONS: [Section; 6] = [
    Section { name: "", about: "Who exchanges with whom." },
    Section {
        name: "link",
        about: "The road to the peer: QUIC over UDP, both sides proven by certificates.",
    },
    Section { name: "ledger", about: "The logs on disk." },
    Section { name: "service", about: "What this country's own tools connect to." },
    Section { name: "station", about: "Where messages of this node are written." },
    Section { name: "log", about: "What the node says of itself; never contents or keys." },
];

/// All keys, in the order of the file.
pub(super) static KEYS: [&dyn Entry; 14] = [
    &COUNTRY,
    &PEER,
    &LISTEN,
    &DIAL,
    &KEY_EXCHANGE,
    &KEEP_ALIVE,
    &IDLE,
    &RETRY_MIN,
    &RETRY_MAX,
    &GUARD_FOLDER,
    &SOCKET,
    &STATION_NAME,
    &LOG_LEVEL,
    &LOG_FORMAT,
];

/// The keys of one section.
pub(super) fn keys_of(section: &str) -> impl Iterator<Item = &'static dyn Entry> {
    KEYS.into_iter().filter(move |key| key.facts().section() == section)
}

pub(super) static COUNTRY: Key<CountryCode> = Key {
    facts: Facts {
        path: "country",
        default: None,
        meaning: "The country whose node this is. Its keys are in keys/, its certificates in trust/.",
        reason: "It names the logs that this node writes, so it is never guessed, and it cannot change once \
                 logs exist.",
    },
    form: CountryCode,
};

pub(super) static PEER: Key<CountryCode> = Key {
    facts: Facts {
        path: "peer",
        default: None,
        meaning: "The country that this node exchanges with; another than `country`.",
        reason: "An exchange has two parties. Only certificates of this country are accepted on the link.",
    },
    form: CountryCode,
};

pub(super) static LISTEN: Key<UdpAddress> = Key {
    facts: Facts {
        path: "link.listen",
        default: Some("\"0.0.0.0:7443\""),
        meaning: "The UDP address at which the peer is awaited. Port 0 takes any free port, for a node that \
                  only calls.",
        reason: "All IPv4 addresses of the machine, at a port that needs no privileges; strangers fail at \
                 the certificate. Name one address where the machine also stands in other networks.",
    },
    form: UdpAddress,
};

pub(super) static DIAL: Key<DialList> = Key {
    facts: Facts {
        path: "link.dial",
        default: Some("[]"),
        meaning: "Where the peer is called, each address in its turn; empty to wait for the peer's call.",
        reason: "Where the peer can be reached is agreed between the countries and cannot be guessed. At \
                 least one of the two nodes must call; both may.",
    },
    form: DialList { most: 8 },
};

pub(super) static KEY_EXCHANGE: Key<OneOf<KeyExchange>> = Key {
    facts: Facts {
        path: "link.key_exchange",
        default: Some("\"x25519mlkem768\""),
        meaning: "Which key exchange is accepted when the link is made.",
        reason: "What is recorded today must stay closed to the quantum computers of tomorrow. Prefer is \
                 for a road whose equipment loses the larger first datagrams; both countries should agree \
                 to it in writing.",
    },
    form: OneOf(&[
        Word {
            word: "x25519mlkem768",
            value: KeyExchange::RequireX25519MlKem768,
            meaning: "require the post-quantum hybrid",
        },
        Word {
            word: "prefer",
            value: KeyExchange::PreferX25519MlKem768,
            meaning: "offer it first, accept X25519 alone",
        },
    ]),
};

pub(super) static KEEP_ALIVE: Key<Time> = Key {
    facts: Facts {
        path: "link.keep_alive_seconds",
        default: Some("10"),
        meaning: "How long the link may be silent before a sign of life is sent.",
        reason: "Routers forget a silent UDP flow, many after 30 seconds; a call costs far more than a sign \
                 of life.",
    },
    form: Time { unit: Unit::Seconds, least: 1, most: 120 },
};

pub(super) static IDLE: Key<Time> = Key {
    facts: Facts {
        path: "link.idle_seconds",
        default: Some("30"),
        meaning: "How long the peer may be silent before the link counts as lost and is made anew; more than \
                  twice `keep_alive_seconds`. The shorter of both nodes' values counts.",
        reason: "A lost sign of life does no harm, and a dead link is noticed within half a minute.",
    },
    form: Time { unit: Unit::Seconds, least: 5, most: 600 },
};

pub(super) static RETRY_MIN: Key<Time> = Key {
    facts: Facts {
        path: "link.retry_min_ms",
        default: Some("250"),
        meaning: "The pause after the first failed call; each further failure doubles it, up to \
                  `retry_max_ms`.",
        reason: "A peer that restarts is back within a second.",
    },
    form: Time { unit: Unit::Milliseconds, least: 10, most: 60_000 },
};

pub(super) static RETRY_MAX: Key<Time> = Key {
    facts: Facts {
        path: "link.retry_max_ms",
        default: Some("30000"),
        meaning: "The longest pause between two calls; at least `retry_min_ms`.",
        reason: "After a long outage alerts flow again within half a minute, and calls into the void cost a \
                 satellite link next to nothing.",
    },
    form: Time { unit: Unit::Milliseconds, least: 100, most: 3_600_000 },
};

pub(super) static GUARD_FOLDER: Key<FolderApart> = Key {
    facts: Facts {
        path: "ledger.guard_folder",
        default: Some("\"guard\""),
        meaning: "Where the node keeps the newest checkpoint that it signed for each log. Keep it on \
                  another disk than data/, and out of backups.",
        reason: "A log that was restored from an old backup is recognised by a guard that is newer. A guard \
                 that is lost or restored together with its log can tell nothing.",
    },
    form: FolderApart,
};

pub(super) static SOCKET: Key<SocketPath> = Key {
    facts: Facts {
        path: "service.socket",
        default: Some("\"data/node.sock\""),
        meaning: "The Unix socket for this country's own tools. It is made with mode 0600: whoever runs as \
                  the node's user may use it, nobody else.",
        reason: "In the home, so that several nodes can run on one machine; not in the network at all.",
    },
    form: SocketPath,
};

pub(super) static STATION_NAME: Key<StationName> = Key {
    facts: Facts {
        path: "station.name",
        default: Some("\"<country>-HQ\""),
        meaning: "The station that messages written at this node bear; one of `country`.",
        reason: "A node stands at the headquarters.",
    },
    form: StationName,
};

pub(super) static LOG_LEVEL: Key<OneOf<Level>> = Key {
    facts: Facts {
        path: "log.level",
        default: Some("\"info\""),
        meaning: "The least important lines that are written.",
        reason: "Starts, links, and everything that an operator should act on; not each message.",
    },
    form: OneOf(&[
        Word { word: "error", value: Level::ERROR, meaning: "" },
        Word { word: "warn", value: Level::WARN, meaning: "" },
        Word { word: "info", value: Level::INFO, meaning: "" },
        Word { word: "debug", value: Level::DEBUG, meaning: "" },
        Word { word: "trace", value: Level::TRACE, meaning: "" },
    ]),
};

pub(super) static LOG_FORMAT: Key<OneOf<LogFormat>> = Key {
    facts: Facts {
        path: "log.format",
        default: Some("\"auto\""),
        meaning: "How lines are written.",
        reason: "People read a terminal; programs read everything else.",
    },
    form: OneOf(&[
        Word { word: "auto", value: LogFormat::Auto, meaning: "text to a terminal, JSON elsewhere" },
        Word { word: "text", value: LogFormat::Text, meaning: "" },
        Word { word: "json", value: LogFormat::Json, meaning: "one object a line" },
    ]),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_belongs_to_a_section_and_every_section_has_keys() {
        let sorted: Vec<_> = SECTIONS.iter().flat_map(|section| keys_of(section.name)).collect();
        let paths = |keys: &[&dyn Entry]| keys.iter().map(|key| key.facts().path).collect::<Vec<_>>();
        assert_eq!(paths(&sorted), paths(&KEYS));
        assert!(SECTIONS.iter().all(|section| keys_of(section.name).next().is_some()));
    }

    #[test]
    fn every_key_says_what_it_means_and_why() {
        for key in KEYS {
            let Facts { path, meaning, reason, .. } = key.facts();
            assert!(meaning.ends_with('.') && reason.ends_with('.') && !key.expected().is_empty(), "{path}");
            assert!(!meaning.contains("  ") && !reason.contains("  "), "{path}");
        }
    }
}
