//! Two countries set up to exchange: homes with keys, each other's certificates, and empty logs.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use karakoro_certs::import::Consent;
use karakoro_certs::{Days, bundle, import, init};
use karakoro_node::accords;
use karakoro_node::config::FILE_NAME;
use karakoro_node::node::Profile;
use karakoro_proto::accord::AccordFile;
use karakoro_proto::identity::home::Slot;
use karakoro_proto::identity::{Country, Origin};
use karakoro_proto::time::UnixMillis;
use tempfile::TempDir;
use toml_edit::{DocumentMut, Item, value};

/// A country's home, and where its node listens.
#[derive(Clone, Debug)]
pub struct Home {
    /// The country.
    pub country: Country,
    /// The other one.
    pub peer: Country,
    /// The folder.
    pub path: PathBuf,
    /// An address of this machine that no other test uses.
    pub address: SocketAddr,
}

/// Two countries that trust each other. Their folders are removed with this value.
#[derive(Debug)]
pub struct Countries {
    /// Mauritania.
    pub mr: Home,
    /// Mali.
    pub ml: Home,
    folder: TempDir,
}

impl Countries {
    /// Two countries whose certificates are valid from now on.
    #[must_use]
    pub fn new() -> Self {
        Self::since(now(), Days::DEFAULT)
    }

    /// Two countries that were set up at `since`, with certificates for so many days.
    #[must_use]
    pub fn since(since: UnixMillis, days: Days) -> Self {
        let countries = Self::strangers(since, days);
        countries.ml.import(&countries.mr.bundle(since), since);
        countries.mr.import(&countries.ml.bundle(since), since);
        for home in countries.both() {
            home.create_logs();
        }
        countries.agree(&karakoro_proto::accord::example_effective(UnixMillis::default()));
        countries
    }

    /// Two countries that do not trust each other yet, and have no logs.
    #[must_use]
    pub fn strangers(since: UnixMillis, days: Days) -> Self {
        let folder = tempfile::tempdir().expect("a folder for temporary files");
        let home = |country, peer| Home {
            country,
            peer,
            path: folder.path().join(country_folder(country)),
            address: fresh_address(),
        };
        let (mr, ml) = (home(Country::MR, Country::ML), home(Country::ML, Country::MR));
        for home in [&mr, &ml] {
            home.create_keys(since, days);
        }
        Self { mr, ml, folder }
    }

    /// The file of an accord of this text, signed by both roots.
    #[must_use]
    pub fn signed_accord(&self, text: &str) -> PathBuf {
        let mut accord = AccordFile::parse(text.as_bytes()).expect("a text of an accord");
        for home in self.both() {
            let key = karakoro_node::home::Home::new(&home.path).key(&Slot::Root).expect("a root key");
            accord.sign(home.country, &key);
        }
        let file = self.folder().join("accord.toml");
        fs::write(&file, accord.to_string()).expect("the folder takes files");
        file
    }

    /// Installs an accord of this text in both homes.
    pub fn agree(&self, text: &str) {
        let file = self.signed_accord(text);
        for home in self.both() {
            let profile = Profile::load(&home.path).expect("a whole home");
            let roots = [&profile.ours.root, &profile.peer.root];
            accords::install(&home.path, &file, roots, now()).expect("an accord that both have signed");
        }
    }

    /// Both homes.
    #[must_use]
    pub fn both(&self) -> [&Home; 2] {
        [&self.mr, &self.ml]
    }

    /// A place for other files of the test.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Default for Countries {
    fn default() -> Self {
        Self::new()
    }
}

impl Home {
    fn create_keys(&self, since: UnixMillis, days: Days) {
        let mut options = init::Options::new(self.path.clone(), self.country, since);
        options.days = days;
        init::run(&options).expect("an empty folder takes keys");
    }

    /// Writes what the other country needs; returns the file.
    #[must_use]
    pub fn bundle(&self, now: UnixMillis) -> PathBuf {
        let out = self.path.with_extension("bundle");
        let options = bundle::Options { home: self.path.clone(), out: Some(out.clone()), now };
        bundle::run(&options).expect("a home with keys makes a bundle");
        out
    }

    /// Trusts a bundle.
    pub fn import(&self, bundle: &Path, now: UnixMillis) {
        let options = import::Options { home: self.path.clone(), bundle: bundle.to_owned(), now };
        import::run(&options, Consent::Ask(&mut |_| true)).expect("a bundle is imported");
    }

    /// Writes the settings and creates both logs.
    pub fn create_logs(&self) {
        let options = karakoro_node::init::Options {
            home: self.path.clone(),
            country: self.country,
            peer: self.peer,
            listen: Some(self.address),
            dial: Vec::new(),
        };
        karakoro_node::init::run(&options).expect("a home with keys takes logs");
        self.set("link", "retry_min_ms", 20);
        self.set("link", "retry_max_ms", 250);
        self.set("link", "keep_alive_seconds", 1);
        self.set("link", "idle_seconds", 5);
        self.set("log", "format", "json");
    }

    /// Changes a setting.
    pub fn set(&self, section: &str, key: &str, to: impl Into<toml_edit::Value>) {
        let path = self.path.join(FILE_NAME);
        let text = fs::read_to_string(&path).expect("the settings were written");
        let mut document: DocumentMut = text.parse().expect("the settings are TOML");
        let table = document.entry(section).or_insert(Item::Table(toml_edit::Table::new()));
        table[key] = value(to);
        fs::write(&path, document.to_string()).expect("the settings can be written");
    }

    /// The file into which the node's log goes.
    #[must_use]
    pub fn log_file(&self) -> PathBuf {
        self.path.with_extension("log")
    }

    /// The folder of the log that this country writes.
    #[must_use]
    pub fn own_log(&self) -> PathBuf {
        self.path.join("data/logs").join(Origin::link(self.country, self.peer).folder())
    }
}

fn country_folder(country: Country) -> String {
    country.as_str().to_ascii_lowercase()
}

/// The time, as the set-up tools are told it.
#[must_use]
pub fn now() -> UnixMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    let millis = u64::try_from(since.as_millis()).expect("a clock of this age");
    UnixMillis::new(millis).expect("a clock of this age")
}

/// An address that nobody else uses: every address of 127.0.0.0/8 is this machine, so that process and
/// counter name one without asking; the same one serves again after a restart.
#[must_use]
pub fn fresh_address() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(1);
    let [_, _, second, third] = process::id().to_be_bytes();
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let [page, last] = (number + 1).to_be_bytes();
    let ip = Ipv4Addr::new(127, second, third, last);
    SocketAddr::from((ip, 7443 + u16::from(page)))
}
