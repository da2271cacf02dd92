//! `karakoro.toml`: what an operator may decide, read once at the start.
//!
//! Every key has one home, the table in `config/schema.rs`: its name, default, allowed values, meaning and
//! reason. The file that `karakoro node init` writes, the checks and the manual's reference all come from it.
//!
//! All faults of a file are reported at once, each with its line, and a file with a fault is not used in
//! part: a key that was misspelt must not silently leave its default in force. The file holds no secrets.

mod address;
mod form;
mod read;
mod render;
mod schema;

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use karakoro_proto::envelope::Station;
use karakoro_proto::identity::Country;
use karakoro_proto::toml::{self, Fault};
use thiserror::Error;

pub use address::{DialAddress, HomePath, NotADialAddress, NotAHomePath};
use read::{Found, Reader};

/// The name of the file, in the home.
pub const FILE_NAME: &str = "karakoro.toml";

/// Largest file that is read, in bytes: ten times the commented file of `karakoro node init`.
const MAX_FILE_BYTES: u64 = 64 * 1024;

/// What the operator decided; every value is in its range, and they fit each other.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Config {
    /// Whose node this is.
    pub country: Country,
    /// The country that it exchanges with; never [`Config::country`].
    pub peer: Country,
    /// The road to the peer.
    pub link: Link,
    /// The logs on disk.
    pub ledger: Ledger,
    /// What this country's own tools connect to.
    pub service: Service,
    /// Where messages of this node are written.
    pub station: StationSettings,
    /// What the node says of itself.
    pub log: Log,
}

/// `[link]`: the road to the peer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Link {
    /// The UDP address at which the peer is awaited.
    pub listen: SocketAddr,
    /// Where the peer is called, in this order; empty to wait for its call.
    pub dial: Vec<DialAddress>,
    /// Which key exchange is accepted.
    pub key_exchange: KeyExchange,
    /// How long the link may be silent before a sign of life is sent.
    pub keep_alive: Duration,
    /// How long the peer may be silent before the link counts as lost; over twice `keep_alive`.
    pub idle: Duration,
    /// The pause after the first failed call; each further one doubles it.
    pub retry_min: Duration,
    /// The longest pause between two calls; at least `retry_min`.
    pub retry_max: Duration,
}

/// Which key exchange the link accepts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum KeyExchange {
    /// The hybrid of X25519 and ML-KEM-768, and nothing else.
    RequireX25519MlKem768,
    /// The hybrid first, X25519 alone from a peer without it.
    PreferX25519MlKem768,
}

/// `[ledger]`: the logs on disk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ledger {
    /// The folder of the guards; never within the logs' own folder.
    pub guard_folder: HomePath,
}

/// `[service]`: what this country's own tools connect to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Service {
    /// The Unix socket, mode 0600.
    pub socket: HomePath,
}

/// `[station]`: where messages of this node are written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StationSettings {
    /// The station's name; always one of [`Config::country`].
    pub name: Station,
}

/// `[log]`: what the node says of itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Log {
    /// The least important lines that are written.
    pub level: tracing::Level,
    /// How they are written.
    pub format: LogFormat,
}

/// How lines of the node's own log are written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LogFormat {
    /// Text to a terminal, JSON to anything else.
    Auto,
    /// For people.
    Text,
    /// One object a line, for programs.
    Json,
}

/// Why a home has no usable settings.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// No file.
    #[error("there is no {}: `karakoro node init` creates it", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A file that cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A folder, a device or a pipe.
    #[error("{} is not a file", path.display())]
    NotAFile {
        /// What was found.
        path: PathBuf,
    },
    /// Far larger than any set of settings.
    #[error("{} is larger than the {MAX_FILE_BYTES} bytes that are read", path.display())]
    TooLarge {
        /// Which file.
        path: PathBuf,
    },
    /// Bytes that are no text.
    #[error("{} line {line} is not UTF-8: save the file as UTF-8", path.display())]
    NotUtf8 {
        /// Which file.
        path: PathBuf,
        /// The first line that is not.
        line: usize,
    },
    /// A file with faults: all of them, one a line.
    #[error("{}", lines(faults))]
    Faults {
        /// In the order of their lines.
        faults: Vec<Fault>,
    },
}

/// Faults for people, one a line.
pub(crate) fn lines(faults: &[Fault]) -> String {
    faults.iter().map(|fault| fault.in_file(FILE_NAME)).collect::<Vec<_>>().join("\n")
}

impl Config {
    /// The commented file of a new home: every key, its default, what is allowed and why.
    #[must_use]
    pub fn template(country: Country, peer: Country) -> String {
        render::template(country, peer)
    }

    /// The reference of all keys, in Markdown.
    #[must_use]
    pub fn reference() -> String {
        render::reference()
    }

    /// Reads the settings of a home.
    pub fn load(home: &Path) -> Result<Self, ConfigError> {
        let text = read_file(&home.join(FILE_NAME))?;
        Self::parse(&text).map_err(|faults| ConfigError::Faults { faults })
    }

    /// Reads settings; on failure, every fault in the order of the lines, and at least one.
    pub fn parse(text: &str) -> Result<Self, Vec<Fault>> {
        let parsed = toml::parse(text);
        let mut reader = Reader::new(&parsed);
        reader.refuse_unknown_keys();
        let config = build(&mut reader);
        let faults = reader.into_faults();
        match config {
            Some(config) if faults.is_empty() => Ok(config),
            _ => Err(faults),
        }
    }
}

fn read_file(path: &Path) -> Result<String, ConfigError> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => ConfigError::Missing { path: path.to_owned() },
        _ => ConfigError::Read { path: path.to_owned(), source },
    };
    // Before it is opened: opening a pipe would wait for its writer.
    if !fs::metadata(path).map_err(failed)?.is_file() {
        return Err(ConfigError::NotAFile { path: path.to_owned() });
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed)?;
    let length = file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if length as u64 > MAX_FILE_BYTES {
        return Err(ConfigError::TooLarge { path: path.to_owned() });
    }
    String::from_utf8(bytes)
        .map_err(|error| ConfigError::NotUtf8 { path: path.to_owned(), line: line_of_first_bad_byte(&error) })
}

fn line_of_first_bad_byte(error: &std::string::FromUtf8Error) -> usize {
    let sound = &error.as_bytes()[..error.utf8_error().valid_up_to()];
    1 + sound.iter().filter(|byte| **byte == b'\n').count()
}

// Below, every key is taken before any `?`: a fault in one must not hide the fault in the next.

fn build(reader: &mut Reader<'_>) -> Option<Config> {
    let (country, peer) = countries(reader);
    let link = link(reader);
    let ledger = ledger(reader);
    let service = service(reader);
    let station = station(reader, country);
    let log = log(reader);
    Some(Config {
        country: country?,
        peer: peer?,
        link: link?,
        ledger: ledger?,
        service: service?,
        station: station?,
        log: log?,
    })
}

fn countries(reader: &mut Reader<'_>) -> (Option<Country>, Option<Country>) {
    let country = reader.take(&schema::COUNTRY).map(|found| found.value);
    reader.set_country(country);
    let peer = reader.take(&schema::PEER);
    if let Some(peer) = peer.as_ref().filter(|peer| Some(peer.value) == country) {
        let message = format!("is {}, this node's own country", peer.value);
        reader.refuse(&schema::PEER, peer, message, "the other country of the exchange");
    }
    (country, peer.map(|found| found.value))
}

fn link(reader: &mut Reader<'_>) -> Option<Link> {
    let listen = reader.take(&schema::LISTEN);
    let dial = reader.take(&schema::DIAL);
    let key_exchange = reader.take(&schema::KEY_EXCHANGE);
    let silence = silence(reader);
    let retry = retry(reader);
    let (keep_alive, idle) = silence?;
    let (retry_min, retry_max) = retry?;
    Some(Link {
        listen: listen?.value,
        dial: dial?.value,
        key_exchange: key_exchange?.value,
        keep_alive,
        idle,
        retry_min,
        retry_max,
    })
}

/// Two signs of life are sent before the link is given up, so that one may be lost.
fn silence(reader: &mut Reader<'_>) -> Option<(Duration, Duration)> {
    let keep_alive = reader.take(&schema::KEEP_ALIVE);
    let idle = reader.take(&schema::IDLE);
    let (keep_alive, idle) = (keep_alive?, idle?);
    if idle.value <= keep_alive.value * 2 {
        let (idle_seconds, keep_alive_seconds) = (idle.value.as_secs(), keep_alive.value.as_secs());
        let message = format!(
            "is {idle_seconds}{}, not more than twice link.keep_alive_seconds, which is {keep_alive_seconds}",
            idle.by_default(),
        );
        let expected = format!("at least {}, or a shorter keep-alive", keep_alive_seconds * 2 + 1);
        reader.refuse(&schema::IDLE, &idle.or_line_of(&keep_alive), message, &expected);
    }
    Some((keep_alive.value, idle.value))
}

fn retry(reader: &mut Reader<'_>) -> Option<(Duration, Duration)> {
    let min = reader.take(&schema::RETRY_MIN);
    let max = reader.take(&schema::RETRY_MAX);
    let (min, max) = (min?, max?);
    if min.value > max.value {
        let (least, most) = (min.value.as_millis(), max.value.as_millis());
        let message = format!("is {most}{}, less than link.retry_min_ms, {least}", max.by_default());
        let expected = format!("at least {least}");
        reader.refuse(&schema::RETRY_MAX, &max.or_line_of(&min), message, &expected);
    }
    Some((min.value, max.value))
}

fn ledger(reader: &mut Reader<'_>) -> Option<Ledger> {
    let guard_folder = reader.take(&schema::GUARD_FOLDER);
    Some(Ledger { guard_folder: guard_folder?.value })
}

fn service(reader: &mut Reader<'_>) -> Option<Service> {
    let socket = reader.take(&schema::SOCKET);
    Some(Service { socket: socket?.value })
}

fn station(reader: &mut Reader<'_>, country: Option<Country>) -> Option<StationSettings> {
    let name: Found<Station> = reader.take(&schema::STATION_NAME)?;
    if let Some(country) = country.filter(|country| *country != name.value.country()) {
        let message = format!("is {}, a station of {}", name.value, name.value.country());
        let expected = format!("a station of {country}, such as {}", Station::headquarters(country));
        reader.refuse(&schema::STATION_NAME, &name, message, &expected);
    }
    Some(StationSettings { name: name.value })
}

fn log(reader: &mut Reader<'_>) -> Option<Log> {
    let level = reader.take(&schema::LOG_LEVEL);
    let format = reader.take(&schema::LOG_FORMAT);
    Some(Log { level: level?.value, format: format?.value })
}

#[cfg(test)]
mod tests;
