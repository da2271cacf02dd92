//! The homes of both countries, made with the same functions as by `karakoro certs` and `karakoro node init`.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};

use karakoro_certs::import::{self, Consent};
use karakoro_certs::{RootView, bundle, init};
use karakoro_node::accords;
use karakoro_node::config::{Config, FILE_NAME};
use karakoro_node::home::Home as NodeHome;
use karakoro_node::node::Profile;
use karakoro_proto::accord::{AccordFile, example_effective};
use karakoro_proto::identity::Country;
use karakoro_proto::identity::home::{Slot, bundle_name};
use toml_edit::{DocumentMut, value};

use super::place::cannot;
use crate::cmd::now;
use crate::exit::{Exit, Failure};

/// Settings that differ from the defaults, so that a person can watch a line be lost and come back:
/// it is noticed within seconds and called again every second.
const HASTE: [(&str, i64); 3] = [("keep_alive_seconds", 1), ("idle_seconds", 5), ("retry_max_ms", 1000)];

/// A country's home.
#[derive(Clone, Debug)]
pub(crate) struct Home {
    pub(crate) country: Country,
    pub(crate) path: PathBuf,
    /// Where its node listens.
    pub(crate) listen: SocketAddr,
}

/// Both homes, and whether they were here before.
#[derive(Debug)]
pub(crate) struct Homes {
    /// Mauritania, then Mali.
    pub(crate) both: [Home; 2],
    pub(crate) continued: bool,
}

impl Homes {
    /// The homes in `folder`: those from before, or new ones.
    pub(crate) fn prepare(folder: &Path) -> Result<Self, Failure> {
        let paths = [folder.join("mr"), folder.join("ml")];
        let continued = paths.iter().any(|path| path.exists());
        if !continued {
            create(&paths)?;
        }
        let [mr, ml] = paths;
        Ok(Self {
            both: [opened(mr, Country::MR, Country::ML)?, opened(ml, Country::ML, Country::MR)?],
            continued,
        })
    }

    /// The home of a country.
    pub(crate) fn of(&self, country: Country) -> &Home {
        if country == Country::MR { &self.both[0] } else { &self.both[1] }
    }
}

/// The country on the other side.
pub(crate) fn other(country: Country) -> Country {
    if country == Country::MR { Country::ML } else { Country::MR }
}

/// Reads a home as its node will.
fn opened(path: PathBuf, country: Country, peer: Country) -> Result<Home, Failure> {
    let profile = Profile::load(&path).map_err(|error| {
        let text = format!("{} is no complete home; remove the demo's folder and begin anew", path.display());
        Failure::new(Exit::Usage, anyhow::Error::new(error).context(text))
    })?;
    let Config { country: found, peer: with, link, .. } = &profile.config;
    if (*found, *with) != (country, peer) {
        let path = path.display();
        return Err(Failure::usage(format!(
            "{path} is a home of {found} with {with}, not of {country} with {peer}"
        )));
    }
    // Whatever address it listens at, the road reaches it on this machine.
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, link.listen.port()));
    Ok(Home { country, path, listen })
}

fn create(paths: &[PathBuf; 2]) -> Result<(), Failure> {
    let [mr, ml] = paths;
    let roots = [keys(mr, Country::MR)?, keys(ml, Country::ML)?];
    trust(ml, mr, &roots[0])?;
    trust(mr, ml, &roots[1])?;
    let listen = free_addresses()?;
    node(mr, [Country::MR, Country::ML], listen)?;
    node(ml, [Country::ML, Country::MR], [listen[1], listen[0]])?;
    agree(paths)
}

/// The example, in force from now on, signed by both roots: as two headquarters would agree on one.
fn agree(paths: &[PathBuf; 2]) -> Result<(), Failure> {
    let mut accord = AccordFile::parse(example_effective(now()).as_bytes()).map_err(|faults| {
        Failure::usage(faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    })?;
    for (path, country) in paths.iter().zip([Country::MR, Country::ML]) {
        accord.sign(country, &NodeHome::new(path).key(&Slot::Root)?);
    }
    for path in paths {
        let profile = Profile::load(path)?;
        let file = path.join("accord.toml");
        fs::write(&file, accord.to_string()).map_err(|error| cannot("write", &file, &error))?;
        accords::install(path, &file, [&profile.ours.root, &profile.peer.root], now())?;
    }
    Ok(())
}

fn keys(home: &Path, country: Country) -> Result<RootView, Failure> {
    Ok(init::run(&init::Options::new(home.to_owned(), country, now()))?.root)
}

/// What two people do with a file and a telephone.
fn trust(home: &Path, peer: &Path, root: &RootView) -> Result<(), Failure> {
    let file = peer.join(bundle_name(root.country));
    bundle::run(&bundle::Options { home: peer.to_owned(), out: Some(file.clone()), now: now() })?;
    let options = import::Options { home: home.to_owned(), bundle: file, now: now() };
    import::run(&options, Consent::Fingerprint(root.fingerprint))?;
    Ok(())
}

/// Two UDP addresses of this machine that nobody uses now.
fn free_addresses() -> Result<[SocketAddr; 2], Failure> {
    let failed =
        |error| Failure::new(Exit::CouldNotCheck, anyhow::Error::new(error).context("no free UDP port"));
    let bind = || UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).map_err(failed);
    // Both are held until both are known, so that they differ.
    let sockets = [bind()?, bind()?];
    Ok([sockets[0].local_addr().map_err(failed)?, sockets[1].local_addr().map_err(failed)?])
}

/// Configures a node that listens at the first address and dials the second, without any demo.
fn node(home: &Path, [country, peer]: [Country; 2], [ours, theirs]: [SocketAddr; 2]) -> Result<(), Failure> {
    let dial = vec![theirs.to_string()];
    karakoro_node::init::run(&karakoro_node::init::Options {
        home: home.to_owned(),
        country,
        peer,
        listen: Some(ours),
        dial,
    })?;
    hasten(&home.join(FILE_NAME))
}

fn hasten(path: &Path) -> Result<(), Failure> {
    let text = fs::read_to_string(path).map_err(|error| cannot("read", path, &error))?;
    let mut document: DocumentMut = text.parse().map_err(|error| Failure::new(Exit::Usage, error))?;
    for (key, number) in HASTE {
        document["link"][key] = value(number);
    }
    fs::write(path, document.to_string()).map_err(|error| cannot("write", path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn homes_are_made_once_face_each_other_and_are_continued() {
        let folder = tempfile::tempdir().unwrap();
        let made = Homes::prepare(folder.path()).unwrap();
        assert!(!made.continued);
        let [mr, ml] =
            [Country::MR, Country::ML].map(|country| Config::load(&made.of(country).path).unwrap());
        assert_eq!(mr.link.dial[0].to_string(), ml.link.listen.to_string());
        assert_eq!(ml.link.dial[0].to_string(), mr.link.listen.to_string());
        let again = Homes::prepare(folder.path()).unwrap();
        assert!(again.continued);
        assert_eq!(again.of(Country::ML).listen, made.of(Country::ML).listen);
    }

    #[test]
    fn half_a_demo_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("mr")).unwrap();
        assert_eq!(Homes::prepare(folder.path()).unwrap_err().exit, Exit::Usage);
    }
}
