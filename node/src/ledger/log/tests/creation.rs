//! Creating a log, cut off at every call.

use super::super::*;
use crate::entropy::Seeded;
use crate::ledger::storage::sim::{Call, Faultless, Faults, Outcome, SectorFate, SimStorage};
use crate::ledger::testing::{keys, log_key, message, place, written};

/// Everything works until so many calls were made, then nothing does.
#[derive(Debug)]
struct Until(u32);

impl Faults for Until {
    fn next(&mut self, _call: Call) -> Outcome {
        self.0 = self.0.saturating_sub(1);
        if self.0 > 0 { Outcome::Works } else { Outcome::Fails(io::ErrorKind::Other) }
    }

    fn sector_at_crash(&mut self) -> SectorFate {
        SectorFate::Lost
    }
}

fn create(storage: &SimStorage) -> Result<Log, LedgerError> {
    let key = log_key(written());
    let mut sign = |checkpoint| SignedCheckpoint::sign(checkpoint, &key);
    let genesis = Batch { entries: vec![message(1).1], evidence: Vec::new() };
    let storage = Arc::new(storage.clone());
    Log::create(storage, place(written()), &keys(written()), genesis, &mut sign, &Seeded::new(1))
}

#[test]
fn a_creation_that_was_cut_off_anywhere_is_begun_anew_and_a_log_is_never_replaced() {
    for calls in 1.. {
        let storage = SimStorage::new(Box::new(Until(calls)));
        let first = create(&storage);
        storage.crash();
        storage.set_faults(Box::new(Faultless));
        if first.is_ok() {
            assert!(matches!(create(&storage), Err(LedgerError::LogExists { .. })), "{calls}");
            return;
        }
        assert_eq!(create(&storage).unwrap().frontier().size(), 1, "{calls}");
    }
}
