//! Drafts on a simulated disk: whole after every crash, and gone when closed.

use karakoro_proto::domain::grounds::Grounds;
use karakoro_proto::domain::{Mode, Priority, Tlp};
use karakoro_proto::envelope::{self, Opening, Station};
use karakoro_proto::identity::Country;
use karakoro_proto::key::SecretKey;

use super::*;
use crate::entropy::Seeded;
use crate::ledger::storage::sim::{Call, Faultless, Faults, Outcome as Fate, SectorFate, SimStorage};
use crate::ledger::testing::written;

/// What the draft says, to be looked for on the disk.
const SECRET: &[u8] = b"Exemple Ould Fictif";

fn now() -> UnixMillis {
    UnixMillis::new(1_768_471_445_000).unwrap()
}

fn id(number: u8) -> MessageId {
    MessageId::new(now(), [number; 10])
}

fn key(number: u8) -> SecretKey {
    SecretKey::from_seed(&[number; 32])
}

fn draft(number: u8, text: &[u8], author: &SecretKey) -> Submission {
    let header = Header {
        id: id(number),
        origin: written(),
        recipient: Country::ML,
        station: Station::headquarters(Country::MR),
        created: now(),
        expires: None,
        kind: Kind::WatchlistUpdate,
        mode: Mode::Exercise,
        priority: Priority::Routine,
        tlp: Tlp::Red,
        refs: Vec::new(),
        grounds: Grounds::default(),
    };
    let payload = Bytes::copy_from_slice(&[SECRET, text].concat());
    let body = Body { opening: Opening([number; 32]), header: header.encode(), payload };
    let commitment = body.commitment();
    let signatures = vec![envelope::sign(&commitment, SigningPurpose::Author, author)];
    Submission { leaf: MessageLeaf { commitment, signatures }, body }
}

fn disk() -> SimStorage {
    SimStorage::new(Box::new(Faultless))
}

fn open(disk: &SimStorage) -> Drafts {
    Drafts::open(Arc::new(disk.clone()), Arc::new(Seeded::new(1)), written()).unwrap()
}

fn reopened(disk: &SimStorage) -> Drafts {
    disk.crash();
    open(disk)
}

/// Whether any file of the disk holds `bytes`.
fn holds(disk: &SimStorage, bytes: &[u8]) -> bool {
    disk.list(FOLDER).unwrap().iter().any(|name| {
        let file = disk.open(&format!("{FOLDER}/{name}")).unwrap();
        let mut content = vec![0; usize::try_from(file.len().unwrap()).unwrap()];
        file.read_at(&mut content, 0).unwrap();
        content.windows(bytes.len()).any(|window| window == bytes)
    })
}

#[test]
fn a_draft_survives_a_crash_with_every_revision_and_sealed() {
    let disk = disk();
    let mut drafts = open(&disk);
    let (first, second) = (draft(1, b"a", &key(1)), draft(1, b"b", &key(1)));
    drafts.propose(id(1), first.clone(), now()).unwrap();
    drafts.replace(id(1), second.clone()).unwrap();
    let drafts = reopened(&disk);
    assert_eq!(drafts.revision(id(1), None).unwrap(), (2, second));
    assert_eq!(drafts.revision(id(1), Some(1)).unwrap(), (1, first));
    assert!(matches!(drafts.revision(id(1), Some(3)), Err(DraftError::NoRevision { .. })));
    assert!(matches!(drafts.revision(id(1), Some(0)), Err(DraftError::NoRevision { .. })));
    let known = drafts.waiting(id(1)).unwrap();
    assert_eq!((known.revisions, known.kind, known.author), (2, Kind::WatchlistUpdate, key(1).public().id()));
    assert!(!holds(&disk, SECRET), "a body lies open");
}

#[test]
fn what_is_closed_stays_closed_and_leaves_nothing_of_what_it_said() {
    let disk = disk();
    let mut drafts = open(&disk);
    for number in 1..=3 {
        drafts.propose(id(number), draft(number, b"", &key(1)), now()).unwrap();
    }
    let sealed: Vec<Bytes> = (1..=2)
        .map(|number| {
            let Content::Open(revisions) = drafts.read(id(number)).unwrap().0.content else { panic!() };
            Bytes::copy_from_slice(&*revisions[0].body.key)
        })
        .collect();
    assert!(sealed.iter().all(|key| holds(&disk, key)));
    let old = disk.open(&path(id(1))).unwrap();
    drafts.seal(id(1), now()).unwrap();
    drafts.refuse(id(2), key(2).public().id(), "le nom manque".to_owned(), now()).unwrap();
    let mut left = vec![0; usize::try_from(old.len().unwrap()).unwrap()];
    old.read_at(&mut left, 0).unwrap();
    assert!(left.iter().all(|byte| *byte == 0), "the unlinked file can still be read");
    let drafts = reopened(&disk);
    assert!(sealed.iter().all(|key| !holds(&disk, key)), "a key is left");
    assert_eq!(drafts.known(id(1)).unwrap().state, State::Sealed(now()));
    let State::Refused { by, reason, .. } = &drafts.known(id(2)).unwrap().state else { panic!() };
    assert_eq!((*by, reason.as_str()), (key(2).public().id(), "le nom manque"));
    for (number, word) in [(1, "sealed"), (2, "refused")] {
        let error = drafts.revision(id(number), None).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
    drafts.waiting(id(3)).unwrap();
}

#[test]
fn only_its_author_writes_a_draft_anew_and_only_so_often() {
    let disk = disk();
    let mut drafts = open(&disk);
    drafts.propose(id(1), draft(1, b"", &key(1)), now()).unwrap();
    let again = drafts.propose(id(1), draft(1, b"x", &key(1)), now());
    assert!(matches!(again, Err(DraftError::Exists(_))));
    let other = drafts.replace(id(1), draft(1, b"x", &key(2)));
    assert!(matches!(other, Err(DraftError::NotTheAuthor(_))));
    for _ in 1..MAX_REVISIONS {
        drafts.replace(id(1), draft(1, b"x", &key(1))).unwrap();
    }
    assert!(matches!(drafts.replace(id(1), draft(1, b"x", &key(1))), Err(DraftError::Full { .. })));
    assert!(matches!(drafts.replace(id(2), draft(2, b"x", &key(1))), Err(DraftError::Unknown(_))));
}

#[test]
fn a_draft_ends_by_itself_and_is_forgotten_later() {
    let disk = disk();
    let mut drafts = open(&disk);
    drafts.propose(id(1), draft(1, b"", &key(1)), now()).unwrap();
    let after = |life: Duration| now().saturating_add(u64::try_from(life.as_millis()).unwrap());
    drafts.sweep(UnixMillis::new(after(LIFE).millis() - 1).unwrap()).unwrap();
    drafts.waiting(id(1)).unwrap();
    drafts.sweep(after(LIFE)).unwrap();
    let mut drafts = reopened(&disk);
    assert_eq!(drafts.known(id(1)).unwrap().state, State::Expired(after(LIFE)));
    assert!(drafts.waiting(id(1)).unwrap_err().to_string().contains("in time"));
    drafts.sweep(after(LIFE + MEMORY)).unwrap();
    assert_eq!(reopened(&disk).iter().count(), 0);
    assert_eq!(disk.list(FOLDER).unwrap(), Vec::<String>::new());
}

#[test]
fn a_damaged_draft_is_left_alone_and_the_others_are_read() {
    let disk = disk();
    let mut drafts = open(&disk);
    for number in 1..=2 {
        drafts.propose(id(number), draft(number, b"", &key(1)), now()).unwrap();
    }
    disk.flip(&path(id(1)), 100, 3);
    let drafts = reopened(&disk);
    assert!(matches!(drafts.known(id(1)), Err(DraftError::Unknown(_))));
    drafts.waiting(id(2)).unwrap();
    assert!(disk.exists(&path(id(1))).unwrap());
}

/// One call fails, and every sector that was not synced has the same fate.
#[derive(Debug)]
struct FailAt {
    calls: usize,
    at: usize,
    outcome: Fate,
    sectors: SectorFate,
}

impl Faults for FailAt {
    fn next(&mut self, _: Call) -> Fate {
        self.calls += 1;
        if self.calls == self.at { self.outcome } else { Fate::Works }
    }

    fn sector_at_crash(&mut self) -> SectorFate {
        self.sectors
    }
}

/// The draft as a reader sees it.
fn seen(drafts: &Drafts) -> Option<(u32, State)> {
    let known = drafts.known(id(1)).ok()?;
    if matches!(known.state, State::Open(_)) {
        drafts.revision(id(1), None).expect("an open draft is whole");
    }
    Some((known.revisions, known.state.clone()))
}

/// More than any step makes.
const MOST_CALLS: usize = 12;

type Step = fn(&mut Drafts) -> Result<(), DraftError>;

#[test]
fn a_fault_at_any_call_leaves_a_draft_as_before_or_as_after() {
    let steps: [Step; 4] = [
        |drafts| drafts.propose(id(1), draft(1, &[b'a'; 2000], &key(1)), now()),
        |drafts| drafts.replace(id(1), draft(1, &[b'b'; 3000], &key(1))),
        |drafts| drafts.refuse(id(1), key(2).public().id(), "non".to_owned(), now()),
        |drafts| drafts.sweep(now().saturating_add(u64::try_from(MEMORY.as_millis()).unwrap())),
    ];
    let outcomes = [Fate::Fails(io::ErrorKind::Other), Fate::FailsButPersisted(io::ErrorKind::Other)];
    let fates = [SectorFate::Lost, SectorFate::Kept, SectorFate::Torn(100)];
    let mut failed = 0;
    for (number, step) in steps.iter().enumerate() {
        for outcome in outcomes {
            for sectors in fates {
                for at in 1..=MOST_CALLS {
                    let disk = disk();
                    let mut drafts = open(&disk);
                    steps[..number].iter().for_each(|earlier| earlier(&mut drafts).unwrap());
                    let before = seen(&drafts);
                    disk.set_faults(Box::new(FailAt { calls: 0, at, outcome, sectors }));
                    let done = step(&mut drafts);
                    if let Err(error) = &done {
                        failed += 1;
                        // Where the error leaves open what the disk holds, the process ends; else all is as it was.
                        let doubt = matches!(error, DraftError::Storage(LedgerError::Sync { .. }));
                        let same = doubt || number == 3 || seen(&drafts) == before;
                        assert!(same, "step {number} call {at}: {error}");
                    }
                    let mut after = reopened(&disk);
                    disk.set_faults(Box::new(Faultless));
                    let left = seen(&after);
                    match done {
                        Ok(()) => {
                            assert_eq!(left, seen(&drafts), "step {number} call {at}: an answer was lost")
                        }
                        Err(_) => {
                            // The step can be done now, unless it was done.
                            if left == before {
                                step(&mut after).unwrap();
                            }
                        }
                    }
                }
            }
        }
    }
    assert!(failed > 50, "only {failed} faults were met");
}
