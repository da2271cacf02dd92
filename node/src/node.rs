//! A node from start to stop: read the home, open the ledger, serve, and end in order.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use karakoro_proto::identity::home::Slot;
use karakoro_proto::identity::{Country, Origin};
use karakoro_proto::key::SecretKey;
use karakoro_proto::leaf::{KeyAction, KeyLeaf, Leaf};
use karakoro_proto::log::cosignature::CosignerVerifier;
use karakoro_proto::log::note::KeyName;
use karakoro_proto::service::Link;
use karakoro_proto::session::{Beside, Setup};
use karakoro_proto::time::UnixMillis;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;
use thiserror::Error;
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, watch};

use crate::accords::{self, AccordBoard, AccordsError};
use crate::clock::{Clock, SystemClock};
use crate::config::{Config, ConfigError, KeyExchange};
use crate::drafts::Drafts;
use crate::entropy::{Entropy, OsEntropy};
use crate::erasure::Erasers;
use crate::home::{CountryCertificates, Home, HomeError};
use crate::indexer::IndexView;
use crate::ledger::log::{Batch, LedgerError, Log, LogKeys, LogReader, NewEntry};
use crate::ledger::storage::real::RealStorage;
use crate::ledger::storage::{Lock, Storage};
use crate::link::{self, Backoff};
use crate::mirror;
use crate::progress::{Progress, ProgressBoard};
use crate::retention;
use crate::service::{self, Answers, DraftDesk, Keyrings, RecentlySealed, ServiceSocket, Station};
use crate::transport::quic::{self, EndpointError, LinkEndpoint, Silence};
use crate::transport::tls::{self, TlsIdentity};
use crate::writer;

/// The lock of a home, relative to it.
const LOCK: &str = "data/lock";

/// How long an orderly end may take.
const STOP_DEADLINE: Duration = Duration::from_secs(3);

/// Why a node did not start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum NodeError {
    /// `karakoro.toml`.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Keys or certificates.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The road.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// The socket for our own tools.
    #[error("cannot listen at {path}: {source}")]
    Socket {
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The accords of the home.
    #[error(transparent)]
    Accords(#[from] AccordsError),
    /// Threads or timers.
    #[error("the system gives no threads: {0}")]
    Runtime(std::io::Error),
    /// Our log publishes a key that our root has not certified.
    #[error("our own log does not stand under our root: {0}")]
    Keyring(#[from] karakoro_proto::keyring::KeyringError),
}

/// How to run a node.
#[derive(Clone, Debug)]
pub struct Options {
    /// Its home.
    pub home: PathBuf,
    /// Dial the peer here instead of where the configuration says.
    pub dial: Option<Vec<String>>,
    /// Listen here instead of where the configuration says.
    pub listen: Option<SocketAddr>,
    /// Stop also when standard input ends: a node that must not outlive the process that started it.
    pub stop_with_stdin: bool,
}

/// What a home says of a node: who it is, whom it trusts, where its logs lie.
#[derive(Debug)]
pub struct Profile {
    /// The home.
    pub home: Home,
    /// Its configuration.
    pub config: Config,
    /// What we show.
    pub ours: CountryCertificates,
    /// What the peer shows.
    pub peer: CountryCertificates,
}

impl Profile {
    /// Reads a home.
    pub fn load(home: &Path) -> Result<Self, NodeError> {
        let config = Config::load(home)?;
        let home = Home::new(home);
        let ours = CountryCertificates::load(&home, config.country)?;
        let peer = CountryCertificates::load(&home, config.peer)?;
        Ok(Self { home, config, ours, peer })
    }

    /// The log that we write.
    #[must_use]
    pub fn writes(&self) -> Origin {
        Origin::link(self.config.country, self.config.peer)
    }

    /// The log that we mirror.
    #[must_use]
    pub fn mirrors(&self) -> Origin {
        Origin::link(self.config.peer, self.config.country)
    }

    /// Whose signatures make the notes of these logs: ours, then the mirrored one.
    #[must_use]
    pub fn log_keys(&self) -> [LogKeys; 2] {
        [self.ours.log_keys(self.writes(), &self.peer), self.peer.log_keys(self.mirrors(), &self.ours)]
    }

    fn place(&self, origin: Origin) -> crate::ledger::log::LogPlace {
        self.home.place(origin, self.config.ledger.guard_folder.as_str())
    }

    /// Both logs as their files stand, ours first: for readers beside a node that may be running.
    pub fn view(&self) -> Result<[LogReader; 2], LedgerError> {
        let storage: Arc<dyn Storage> = Arc::new(RealStorage::new(self.home.path()));
        let [own, mirror] = self.log_keys();
        Ok([
            LogReader::view(storage.clone(), self.place(self.writes()), &own)?,
            LogReader::view(storage, self.place(self.mirrors()), &mirror)?,
        ])
    }

    /// The accords that this home holds.
    pub fn accords(&self) -> Result<karakoro_proto::accord::Chain, AccordsError> {
        accords::load(self.home.path(), [&self.ours.root, &self.peer.root])
    }

    /// Creates both logs. Ours begins with our root and the keys that sign in it.
    pub fn create_logs(&self) -> Result<(), NodeError> {
        let storage: Arc<dyn Storage> = Arc::new(RealStorage::new(self.home.path()));
        let _lock = lock(&*storage)?;
        let key = self.home.key_pair(&self.ours.root, &Slot::Log)?.0;
        let officers = self.home.officers(&self.ours.root)?;
        let machines = [self.ours.log.der(), self.ours.receipt.der()];
        let published = std::iter::once(self.ours.root.der())
            .chain(machines)
            .chain(officers.iter().map(|officer| officer.der()))
            .map(publication)
            .collect();
        let genesis = Batch { entries: published, evidence: Vec::new() };
        let [own, mirror] = self.log_keys();
        let mut sign = |checkpoint| karakoro_proto::log::checkpoint::SignedCheckpoint::sign(checkpoint, &key);
        let (ours, theirs) = (self.place(self.writes()), self.place(self.mirrors()));
        // The mirror first: until ours has signed something, an attempt that was cut off can begin anew.
        Log::refuse_existing(&*storage, &ours)?;
        Log::create(storage.clone(), theirs, &mirror, Batch::default(), &mut sign, &OsEntropy)?;
        Log::create(storage, ours, &own, genesis, &mut sign, &OsEntropy)?;
        Ok(())
    }
}

fn publication(certificate: &[u8]) -> NewEntry {
    let leaf = KeyLeaf { action: KeyAction::Publish, certificate: certificate.to_vec() };
    NewEntry { leaf: Leaf::Key(leaf).encode().into(), beside: Beside::Nothing }
}

fn lock(storage: &dyn Storage) -> Result<Box<dyn Lock>, LedgerError> {
    let failed = |source| LedgerError::Io { doing: "create", path: LOCK.to_owned(), source };
    storage.create_folder("data").map_err(failed)?;
    storage.lock(LOCK).map_err(|error| match error.kind() {
        std::io::ErrorKind::WouldBlock => LedgerError::Locked { path: LOCK.to_owned() },
        _ => failed(error),
    })
}

/// Runs a node until it is told to stop by SIGINT or SIGTERM.
pub fn run(options: &Options) -> Result<(), NodeError> {
    let profile = Profile::load(&options.home)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
    warn_of_dates(&profile, clock.wall());
    let keys = Keys::load(&profile)?;
    let storage: Arc<dyn Storage> = Arc::new(RealStorage::new(&options.home));
    let _lock = lock(&*storage)?;
    let ledger = Ledger::open(&profile, storage)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(NodeError::Runtime)?;
    let endpoint = {
        let _within = runtime.enter();
        endpoint(&profile, options, &keys)?
    };
    let socket = {
        let _within = runtime.enter();
        let path = profile.config.service.socket.within(&options.home);
        ServiceSocket::bind(&path).map_err(|source| NodeError::Socket { path, source })?
    };
    Running::start(&profile, options, keys, ledger, runtime, endpoint, socket, clock)?.until_stopped()
}

/// Says in time what will stop the link later.
fn warn_of_dates(profile: &Profile, now: UnixMillis) {
    let ours = [&profile.ours.node, &profile.ours.log, &profile.ours.receipt];
    let theirs = [&profile.peer.node, &profile.peer.log, &profile.peer.receipt];
    for certificate in ours.into_iter().chain(theirs) {
        if let Err(error) = certificate.valid_at(now) {
            tracing::warn!(certificate = %certificate.id(), %error, "a certificate is not valid now");
        }
    }
}

struct Keys {
    log: SecretKey,
    receipt: SecretKey,
    tls: TlsIdentity,
}

impl Keys {
    fn load(profile: &Profile) -> Result<Self, NodeError> {
        let root = &profile.ours.root;
        // Read through our own reader first, for its checks of mode and of the certificate beside it.
        profile.home.key_pair(root, &Slot::Node)?;
        let path = profile.home.path().join(Slot::Node.key_path());
        let key = PrivateKeyDer::from_pem_file(&path)
            .map_err(|error| HomeError::Read { path, source: std::io::Error::other(error.to_string()) })?;
        Ok(Self {
            log: profile.home.key_pair(root, &Slot::Log)?.0,
            receipt: profile.home.key_pair(root, &Slot::Receipt)?.0,
            tls: TlsIdentity {
                certificate: profile.ours.node.clone(),
                key,
                peer_root: profile.peer.root.clone(),
                key_exchange: match profile.config.link.key_exchange {
                    KeyExchange::RequireX25519MlKem768 => tls::KeyExchange::Hybrid,
                    KeyExchange::PreferX25519MlKem768 => tls::KeyExchange::PreferHybrid,
                },
            },
        })
    }
}

fn endpoint(profile: &Profile, options: &Options, keys: &Keys) -> Result<LinkEndpoint, EndpointError> {
    let link = &profile.config.link;
    let silence = Silence { keep_alive: link.keep_alive, idle: link.idle };
    quic::open(options.listen.unwrap_or(link.listen), &keys.tls, silence)
}

struct Ledger {
    own: Log,
    mirror: Log,
    erasers: Erasers,
    index: IndexView,
    drafts: Drafts,
}

impl Ledger {
    fn open(profile: &Profile, storage: Arc<dyn Storage>) -> Result<Self, LedgerError> {
        let [own_keys, mirror_keys] = profile.log_keys();
        let open = |origin: Origin, keys: &LogKeys| {
            let started = std::time::Instant::now();
            let log = Log::open(storage.clone(), profile.place(origin), keys, &mut |_, _| {})?;
            let millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            tracing::info!(%origin, entries = log.frontier().size(), millis, "log opened");
            Ok::<_, LedgerError>(log)
        };
        let own = open(profile.writes(), &own_keys).inspect_err(|_| {
            // The mirror is not opened then, and must not keep what was erased either.
            if let Err(error) = Log::erase_again(storage.clone(), &profile.place(profile.mirrors())) {
                tracing::error!(%error, "what was erased may be there again");
            }
        })?;
        let mirror = open(profile.mirrors(), &mirror_keys)?.without_recent();
        let erasers = Erasers { own: own.eraser(), mirror: mirror.eraser() };
        erasers.settle()?;
        let index = IndexView::open(profile.home.path(), own.reader(), mirror.reader())?;
        let drafts = Drafts::open(storage, Arc::new(OsEntropy), profile.writes())?;
        Ok(Self { own, mirror, erasers, index, drafts })
    }

    fn progress(&self) -> Progress {
        let own = self.own.reader();
        let cosigned = own.cosigned();
        let (size, at) = cosigned
            .and_then(|note| own.cosigned_at(note.to_string().as_bytes()))
            .unwrap_or_else(|| (0, UnixMillis::default()));
        Progress {
            own: own.size(),
            received: size,
            received_at: at,
            cosigned: size,
            cosigned_at: at,
            mirrored: self.mirror.frontier().size(),
            link: Link::Unknown,
            frozen: None,
            peer_accords: karakoro_proto::accord::Standing::default(),
        }
    }
}

struct Running {
    runtime: Runtime,
    stop: watch::Sender<bool>,
    index: IndexView,
    stop_with_stdin: bool,
    link: JoinHandle<()>,
    mirror: JoinHandle<()>,
    writer: JoinHandle<()>,
    indexer: JoinHandle<()>,
}

impl Running {
    #[expect(clippy::too_many_arguments, reason = "each part is made once, in order, by run")]
    fn start(
        profile: &Profile,
        options: &Options,
        keys: Keys,
        ledger: Ledger,
        runtime: Runtime,
        endpoint: LinkEndpoint,
        socket: ServiceSocket,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, NodeError> {
        let entropy: Arc<dyn Entropy> = Arc::new(OsEntropy);
        let progress = ProgressBoard::new(ledger.progress());
        let accords = AccordBoard::new(profile.accords()?, clock.wall());
        let standing = accords.now().standing;
        match standing.in_force {
            Some(_) => tracing::info!(accord = %standing, "accord"),
            None => tracing::warn!(accord = %standing, "no accord is in force: nothing is exchanged"),
        }
        let (stop, stopped) = watch::channel(false);
        let (to_writer, writer_queue) = mpsc::channel(writer::QUEUE);
        let (to_mirror, mirror_queue) = mpsc::channel(mirror::QUEUE);
        let (own, held) = (ledger.own.reader(), ledger.mirror.reader());
        let (index, erasers) = (ledger.index, ledger.erasers);

        publish_new_officers(profile, &own, &to_writer)?;
        let answers = Arc::new(Answers {
            station: station(profile),
            own_root: profile.ours.root.clone(),
            officers: profile.home.officers(&profile.ours.root)?,
            peer_root: profile.peer.root.clone(),
            own: own.clone(),
            mirror: held.clone(),
            index: index.clone(),
            progress: progress.clone(),
            writer: to_writer.clone(),
            clock: clock.clone(),
            keyrings: Keyrings::default(),
            sealed: RecentlySealed::default(),
            accords: accords.clone(),
            home: profile.home.path().to_owned(),
            drafts: DraftDesk::new(ledger.drafts),
        });
        let link_tools = link::Tools {
            setup: setup(profile),
            accords: accords.clone(),
            peer_root: profile.peer.root.clone(),
            dial: options
                .dial
                .clone()
                .unwrap_or_else(|| profile.config.link.dial.iter().map(ToString::to_string).collect()),
            backoff: Backoff { least: profile.config.link.retry_min, most: profile.config.link.retry_max },
            own,
            held,
            mirror: to_mirror,
            writer: to_writer.clone(),
            clock: clock.clone(),
            entropy: entropy.clone(),
            progress: progress.clone(),
            stop: stopped.clone(),
        };
        let mirror_tools = mirror::Tools {
            origin: profile.mirrors(),
            accords: accords.clone(),
            cosigner: CosignerVerifier {
                name: KeyName::of_receipt_key(profile.config.country),
                key: keys.receipt.public(),
            },
            key: keys.receipt,
            clock: clock.clone(),
            entropy: entropy.clone(),
            index: index.clone(),
            erasers: erasers.clone(),
            progress: progress.clone(),
            writer: to_writer.clone(),
        };
        let keeping = clock.clone();
        let writer_tools = writer::Tools {
            key: keys.log,
            clock,
            accords: accords.clone(),
            entropy,
            index: index.clone(),
            erasers,
            progress,
        };

        let indexing = index.clone();
        let indexer = spawn("indexer", move || indexing.run())?;
        let own_log = ledger.own;
        let writer = spawn("writer", move || writer::run(own_log, writer_tools, writer_queue))?;
        let mirrored_log = ledger.mirror;
        let mirror = spawn("mirror", move || mirror::run(mirrored_log, mirror_tools, mirror_queue))?;
        let handle = runtime.handle().clone();
        let link = spawn("link", move || link::run(&link_tools, &endpoint, &handle))?;
        let keeper = retention::Keeper {
            us: profile.config.country,
            index: index.clone(),
            accords: accords.clone(),
            clock: keeping.clone(),
            writer: to_writer.clone(),
        };
        runtime.spawn(keeper.run(stopped.clone()));
        runtime.spawn(writer::wake_at_changes(accords.watch(), to_writer));
        runtime.spawn(accords.keep(keeping, stopped.clone()));
        runtime.spawn(service::sweep_drafts(answers.clone(), stopped.clone()));
        runtime.spawn(service::serve(socket, answers, stopped));
        let (country, listen) =
            (profile.config.country, options.listen.unwrap_or(profile.config.link.listen));
        tracing::info!(%country, %listen, "node ready");
        let stop_with_stdin = options.stop_with_stdin;
        Ok(Self { runtime, stop, index, stop_with_stdin, link, mirror, writer, indexer })
    }

    fn until_stopped(self) -> Result<(), NodeError> {
        self.runtime.block_on(told_to_stop(self.stop_with_stdin)).map_err(NodeError::Runtime)?;
        tracing::info!("stopping");
        _ = self.stop.send(true);
        join(self.link);
        // Ends the tasks that hold the queues open; the writers then finish what is in them.
        self.runtime.shutdown_timeout(STOP_DEADLINE);
        join(self.mirror);
        join(self.writer);
        self.index.stop();
        join(self.indexer);
        tracing::info!("stopped");
        Ok(())
    }
}

fn spawn(name: &'static str, act: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, NodeError> {
    // A part of the node that panics has a bug; the node must not go on without it.
    let guarded = move || {
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(act)).is_err() {
            tracing::error!(part = name, "a part of the node failed; stopping");
            std::process::exit(crate::fatal::EXIT_BUG);
        }
    };
    std::thread::Builder::new().name(name.to_owned()).spawn(guarded).map_err(NodeError::Runtime)
}

fn join(thread: JoinHandle<()>) {
    // Panics inside were turned into the process's end.
    _ = thread.join();
}

async fn told_to_stop(with_stdin: bool) -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let (ended, stdin) = tokio::sync::oneshot::channel();
    if with_stdin {
        std::thread::Builder::new().name("stdin".to_owned()).spawn(move || {
            _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
            _ = ended.send(());
        })?;
    }
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        _ = stdin, if with_stdin => {}
    }
    Ok(())
}

fn station(profile: &Profile) -> Station {
    Station {
        country: profile.config.country,
        peer: profile.config.peer,
        name: profile.config.station.name.clone(),
        writes: profile.writes(),
        mirrors: profile.mirrors(),
    }
}

fn setup(profile: &Profile) -> Setup {
    let (us, peer): (Country, Country) = (profile.config.country, profile.config.peer);
    Setup {
        us,
        peer,
        writes: profile.writes(),
        mirrors: profile.mirrors(),
        our_log: profile.ours.log.public_key().clone(),
        peer_log: profile.peer.log.public_key().clone(),
        peer_receipt: profile.peer.receipt.public_key().clone(),
        // Stated anew for each session.
        accords: karakoro_proto::accord::Standing::default(),
    }
}

/// Officers whose certificates came into the home since the log began are published before anything
/// that they sign.
fn publish_new_officers(
    profile: &Profile,
    own: &LogReader,
    writer: &mpsc::Sender<writer::Command>,
) -> Result<(), NodeError> {
    let keyring = own.keyring(&profile.ours.root)?;
    for officer in profile.home.officers(&profile.ours.root)? {
        if keyring.certificate(officer.key_id()).is_none() {
            let publish = writer::Command::Publish(officer.der().to_vec());
            // The queue is as long as MAX_KEYS is not: more officers at once come with the next start.
            _ = writer.try_send(publish);
        }
    }
    Ok(())
}
