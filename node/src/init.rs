//! Creating a node's home: its configuration and its two logs.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use karakoro_proto::identity::Country;
use karakoro_proto::toml::Fault;
use thiserror::Error;
use toml_edit::{Array, DocumentMut, value};

use crate::config::{Config, FILE_NAME};
use crate::home::{CountryCertificates, Home};
use crate::node::{NodeError, Profile};

/// What a new home is told.
#[derive(Clone, Debug)]
pub struct Options {
    /// The home; keys and both countries' certificates are in it already.
    pub home: PathBuf,
    /// Our country.
    pub country: Country,
    /// The other country.
    pub peer: Country,
    /// Where to listen, if not where the default says.
    pub listen: Option<SocketAddr>,
    /// Where to dial the peer.
    pub dial: Vec<String>,
}

/// Why a home was not created.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum InitError {
    /// A node's home from before, or keys that are missing.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// A configuration file from before says something else.
    #[error("{} is there already and was left as it is: check it, or remove it, and run this again", .0.display())]
    ConfigExists(PathBuf),
    /// The configuration file from before cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A value that the configuration does not allow.
    #[error("{}", crate::config::lines(.0))]
    Settings(Vec<Fault>),
}

/// Writes `karakoro.toml` and creates the logs. Refuses a home that has either and differs.
pub fn run(options: &Options) -> Result<(), InitError> {
    let text = configuration(options)?;
    let home = Home::new(&options.home);
    // Before anything is written: without both countries' certificates there is no home to be made.
    for country in [options.country, options.peer] {
        CountryCertificates::load(&home, country).map_err(NodeError::from)?;
    }
    let path = options.home.join(FILE_NAME);
    match std::fs::read(&path) {
        Ok(there) if there == text.as_bytes() => {}
        Err(error) if error.kind() == ErrorKind::NotFound => write_new(&path, &text)?,
        Ok(_) => return Err(InitError::ConfigExists(path)),
        Err(source) => return Err(InitError::Read { path, source }),
    }
    Ok(Profile::load(&options.home)?.create_logs()?)
}

fn configuration(options: &Options) -> Result<String, InitError> {
    let template = Config::template(options.country, options.peer);
    let mut document: DocumentMut = template.parse().unwrap_or_default();
    if let Some(listen) = options.listen {
        document["link"]["listen"] = value(listen.to_string());
    }
    if !options.dial.is_empty() {
        document["link"]["dial"] = value(options.dial.iter().collect::<Array>());
    }
    let text = document.to_string();
    Config::parse(&text).map_err(InitError::Settings)?;
    Ok(text)
}

fn write_new(path: &Path, text: &str) -> Result<(), InitError> {
    let failed = |source| InitError::Write { path: path.to_owned(), source };
    let temporary = path.with_extension("toml.new");
    let mut options = OpenOptions::new();
    let mut file =
        options.write(true).create(true).truncate(true).mode(0o644).open(&temporary).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    std::fs::rename(&temporary, path).map_err(failed)
}
