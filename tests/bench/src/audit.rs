//! `audit`: the verification of an export beside the bare verification of as many signatures, with as
//! many threads.

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use karakoro_audit::{Verdict, VerifyOptions};
use karakoro_node::node::Profile;
use karakoro_proto::envelope::signed_bytes;
use karakoro_proto::identity::home::Slot;
use karakoro_proto::key::{PublicKey, SecretKey};
use karakoro_proto::leaf::{Leaf, MessageLeaf};
use karakoro_proto::log::checkpoint::{Checkpoint, SignedCheckpoint};
use karakoro_proto::log::cosignature::Cosignature;
use karakoro_proto::log::policy::{PolicyDraft, PolicyLog, PolicyWitness, Quorum};
use karakoro_proto::log::tile::{Tile, TileBuilder};

use crate::limits::Limits;
use crate::officer::Officer;
use crate::pair::{Pair, now};
use crate::report::Report;

pub(crate) fn measure(folder: &Path, messages: usize) -> anyhow::Result<Report> {
    let limits = Limits::measure(folder)?;
    let pair = Pair::create(folder)?;
    let threads = thread::available_parallelism()?;
    let leaves = leaves(&mut Officer::of(&pair.mr)?, messages)?;
    let officer = officer_key(&pair.mr)?;
    let export = Export::of(&pair)?.write(&folder.join("export"), &leaves)?;

    // Before and after, so that a neighbour who comes or goes meanwhile weighs less.
    let before = bare(&leaves, &officer, threads)?;
    let audit = audit(&export, threads)?;
    let after = bare(&leaves, &officer, threads)?;
    let bare = f64::midpoint(before, after);

    let mut report = Report::new("audit");
    limits.report(&mut report);
    report.figure("entries", messages as f64, "");
    report.figure("threads", threads.get() as f64, "");
    report.figure("bare_signature_checks", bare, "s");
    report.figure("audit", audit, "s");
    report.figure("audit_entries_per_second", messages as f64 / audit, "/s");
    report.figure("ratio_to_bare_signature_checks", audit / bare, "");
    report.at_most("audit beside bare signature checks", audit / bare, 1.5, "times");
    Ok(report)
}

fn leaves(officer: &mut Officer, messages: usize) -> anyhow::Result<Vec<MessageLeaf>> {
    (0..messages).map(|_| Ok(officer.write()?.1.leaf)).collect()
}

fn officer_key(home: &Path) -> anyhow::Result<PublicKey> {
    let profile = Profile::load(home)?;
    let officers = profile.home.officers(&profile.ours.root)?;
    Ok(officers.first().context("a home has an officer")?.public_key().clone())
}

/// Seconds to verify every signature, and nothing else.
fn bare(leaves: &[MessageLeaf], key: &PublicKey, threads: NonZero<usize>) -> anyhow::Result<f64> {
    let started = Instant::now();
    let sound = thread::scope(|scope| {
        let share = leaves.len().div_ceil(threads.get()).max(1);
        let workers: Vec<_> =
            leaves.chunks(share).map(|leaves| scope.spawn(|| all_verify(leaves, key))).collect();
        workers.into_iter().all(|worker| worker.join().unwrap_or(false))
    });
    ensure!(sound, "a signature does not verify");
    Ok(started.elapsed().as_secs_f64())
}

fn all_verify(leaves: &[MessageLeaf], key: &PublicKey) -> bool {
    leaves.iter().all(|leaf| {
        leaf.signatures.iter().all(|signature| {
            key.verify(&signed_bytes(signature.purpose, &leaf.commitment), &signature.signature).is_ok()
        })
    })
}

fn audit(export: &Path, threads: NonZero<usize>) -> anyhow::Result<f64> {
    let options = VerifyOptions { threads: Some(threads), ..VerifyOptions::default() };
    let started = Instant::now();
    let report = karakoro_audit::verify_path(export, &options);
    let seconds = started.elapsed().as_secs_f64();
    ensure!(report.verdict == Verdict::Agree, "the audit does not agree:\n{report}");
    Ok(seconds)
}

/// What signs an export: the log's key and the other country's receipt key.
struct Export {
    profile: Profile,
    log: SecretKey,
    receipt: SecretKey,
}

impl Export {
    fn of(pair: &Pair) -> anyhow::Result<Self> {
        let (profile, peer) = (Profile::load(&pair.mr)?, Profile::load(&pair.ml)?);
        let log = profile.home.key_pair(&profile.ours.root, &Slot::Log)?.0;
        let receipt = peer.home.key_pair(&peer.ours.root, &Slot::Receipt)?.0;
        Ok(Self { profile, log, receipt })
    }

    /// Writes the log's first entries, which publish its keys, and these messages.
    fn write(&self, folder: &Path, leaves: &[MessageLeaf]) -> anyhow::Result<PathBuf> {
        let folder = folder.join(self.profile.writes().folder());
        let mut builder = TileBuilder::new();
        let [own, _] = self.profile.view()?;
        for entry in own.entries(0) {
            write_tiles(&folder, builder.push(&entry?.leaf)?)?;
        }
        for leaf in leaves {
            write_tiles(&folder, builder.push(&Leaf::Message(leaf.clone()).encode())?)?;
        }
        let checkpoint =
            Checkpoint { origin: self.profile.writes(), size: builder.size(), root: builder.root() };
        write_tiles(&folder, builder.finish())?;
        std::fs::write(folder.join("checkpoint"), self.sign(checkpoint)?.to_string())?;
        std::fs::write(folder.join("policy"), self.policy()?)?;
        Ok(folder)
    }

    fn sign(&self, checkpoint: Checkpoint) -> anyhow::Result<SignedCheckpoint> {
        let [keys, _] = self.profile.log_keys();
        let signed = SignedCheckpoint::sign(checkpoint, &self.log);
        let cosignature = Cosignature::sign(signed.note().text(), &self.receipt, now().seconds())?;
        Ok(signed.with_cosignature(&keys.cosigner, &cosignature)?)
    }

    fn policy(&self) -> anyhow::Result<String> {
        let [keys, _] = self.profile.log_keys();
        let name = self.profile.config.peer.to_string();
        let mut draft = PolicyDraft::default();
        draft.add_log(PolicyLog { key: keys.log.to_verifier_key(), url: None })?;
        draft.add_witness(PolicyWitness {
            name: name.clone(),
            key: keys.cosigner.to_verifier_key(),
            url: None,
        })?;
        Ok(draft.finish(Quorum::Name(name))?.to_string())
    }
}

fn write_tiles(folder: &Path, tiles: Vec<Tile>) -> anyhow::Result<()> {
    for tile in tiles {
        let path = folder.join(tile.path.to_string());
        std::fs::create_dir_all(path.parent().context("a tile lies in a folder")?)?;
        std::fs::write(path, tile.bytes)?;
    }
    Ok(())
}
