//! Whose signatures count: the auditor's own keys, or those that came with the files.

use std::path::Path;

use karakoro_proto::identity::certificate::{CertificateError, MAX_CERTIFICATE_LEN, RootCertificate};
use karakoro_proto::identity::pem::{PemLabel, decode_one_pem};
use karakoro_proto::identity::{Country, Course, Origin, Role};
use karakoro_proto::log::checkpoint::Checkpoint;
use karakoro_proto::log::note::{MAX_NOTE_LEN, Note, Signature, VerifierKey};
use karakoro_proto::log::policy::{MAX_POLICY_LEN, Policy, PolicyWitness, Quorum, Standing};

use crate::fault::{Fault, Finding, Place};
use crate::files::{self, CHECKPOINT, POLICY};
use crate::report::{Cosigned, Head};
use crate::signatures::Published;
use crate::verify::VerifyOptions;

/// What the auditor brought, read once.
#[derive(Debug)]
pub(crate) struct Brought {
    policy: Option<Trust>,
    roots: Vec<RootCertificate>,
}

impl Brought {
    /// Reads the auditor's own files. With one of them unusable, nothing can be checked.
    pub(crate) fn read(options: &VerifyOptions<'_>) -> Result<Self, Finding> {
        let policy = options.policy.map(Trust::read_own).transpose()?;
        let roots = options.roots.iter().map(|path| read_root(path)).collect::<Result<_, _>>()?;
        Ok(Self { policy, roots })
    }

    /// The auditor's own policy, or else the one that `files` brought.
    pub(crate) fn policy_or(&self, files: impl FnOnce() -> Result<Trust, Finding>) -> Result<Trust, Finding> {
        self.policy.clone().map_or_else(files, Ok)
    }

    /// The auditor's root certificate of a country, if any root certificates were given.
    pub(crate) fn root(&self, country: Country) -> Result<Option<&RootCertificate>, Fault> {
        let root = self.roots.iter().find(|root| root.country() == country);
        if root.is_none() && !self.roots.is_empty() { Err(Fault::NoRootOf(country)) } else { Ok(root) }
    }
}

fn read_root(path: &Path) -> Result<RootCertificate, Finding> {
    let at = |fault| Finding::new(Place::file(path.display()), fault);
    // PEM is a third longer than DER, and has a first and a last line.
    let bytes = files::read_own(path, 2 * MAX_CERTIFICATE_LEN).map_err(at)?;
    parse_root(&bytes).map_err(|error| at(Fault::OwnRoot(error)))
}

fn parse_root(bytes: &[u8]) -> Result<RootCertificate, String> {
    let parse = |der: &[u8]| RootCertificate::parse(der).map_err(|error: CertificateError| error.to_string());
    match std::str::from_utf8(bytes) {
        Ok(text) if text.starts_with("-----BEGIN") => {
            parse(&decode_one_pem(text, PemLabel::Certificate).map_err(|error| error.to_string())?)
        }
        _ => parse(bytes),
    }
}

/// A policy, and where it came from.
#[derive(Clone, Debug)]
pub(crate) struct Trust {
    policy: Policy,
    source: Source,
    place: Place,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Source {
    Auditor,
    Files,
}

/// What signatures on a checkpoint come to.
#[derive(Debug)]
pub(crate) struct Judged {
    pub(crate) head: Head,
    pub(crate) log_key: VerifierKey,
    pub(crate) cosigners: Vec<VerifierKey>,
    pub(crate) faults: Vec<Finding>,
    pub(crate) notices: Vec<String>,
}

impl Trust {
    fn read_own(path: &Path) -> Result<Self, Finding> {
        let place = Place::file(path.display());
        let at = |fault| Finding::new(place.clone(), fault);
        let bytes = files::read_own(path, MAX_POLICY_LEN).map_err(at)?;
        let policy = Policy::parse(&bytes).map_err(|error| at(Fault::OwnPolicy(error)))?;
        Ok(Self { policy, source: Source::Auditor, place: place.clone() })
    }

    /// The policy of an export. It has one form only, so that no byte of it can change unnoticed.
    pub(crate) fn read_exported(log: &Path) -> Result<Self, Finding> {
        let at = |fault| Finding::new(Place::file(POLICY), fault);
        let bytes = files::read(&log.join(POLICY), MAX_POLICY_LEN).map_err(at)?;
        let policy = Policy::parse(&bytes).map_err(|error| at(error.into()))?;
        let urls = policy.logs().iter().map(|log| &log.url).chain(policy.witnesses().iter().map(|w| &w.url));
        if urls.flatten().next().is_some() || policy.to_string().as_bytes() != bytes {
            return Err(at(Fault::PolicySpelling));
        }
        Ok(Self { policy, source: Source::Files, place: Place::file(POLICY) })
    }

    /// The policy inside an evidence file.
    pub(crate) fn enclosed(policy: Policy, file: Place) -> Self {
        Self { policy, source: Source::Files, place: file }
    }

    /// What a reader should know about where the keys came from.
    pub(crate) fn notice(&self) -> &'static str {
        match self.source {
            Source::Auditor => "the policy given was used; one that came with the files was not looked at",
            Source::Files => {
                "the keys relied on came with the files: compare them with those that each country \
                 published, or give a policy of your own"
            }
        }
    }

    /// Judges the signatures of a checkpoint that stands at `place`.
    pub(crate) fn judge(&self, note: &Note, place: &Place) -> Result<Judged, Finding> {
        let at = |fault: Fault| Finding::new(place.clone(), fault);
        let checkpoint = Checkpoint::parse(note.text()).map_err(|error| at(error.into()))?;
        let standing = self.policy.standing(note).map_err(|error| at(error.into()))?;
        let origin = checkpoint.origin;
        let logs = self.policy.logs().iter().map(|log| &log.key);
        let log_key = logs
            .into_iter()
            .find(|key| standing.log_signed.as_ref() == Some(key.name()))
            .ok_or_else(|| at(Fault::NotSigned(origin)))?;
        let cosigners = self.cosigners(&standing);
        let cosigned = cosigners
            .iter()
            .zip(&standing.witnesses)
            .map(|(key, seen)| Cosigned {
                by: key.name().to_string(),
                time_seconds: seen.cosignature.time_seconds,
            })
            .collect();
        let head =
            Head { checkpoint, signed_by: log_key.name().to_string(), cosigned, note: note.to_string() };
        let (mut faults, mut notices) = (Vec::new(), Vec::new());
        for doubt in self.doubts(note, &standing, origin) {
            match doubt {
                Doubt::Fault(fault) => faults.push(at(fault)),
                Doubt::Notice(notice) => notices.push(notice),
            }
        }
        Ok(Judged { head, log_key: log_key.clone(), cosigners, faults, notices })
    }

    /// The keys of those who cosigned, in the standing's order.
    fn cosigners(&self, standing: &Standing) -> Vec<VerifierKey> {
        let witness = |name: &str| self.policy.witnesses().iter().find(|witness| witness.name == name);
        let found = standing.witnesses.iter().filter_map(|seen| witness(&seen.name));
        found.map(|PolicyWitness { key, .. }| key.clone()).collect()
    }

    fn doubts(&self, note: &Note, standing: &Standing, origin: Origin) -> Vec<Doubt> {
        let unknown = note.signatures().iter().filter(|signature| !self.knows(signature));
        let mut doubts: Vec<Doubt> = unknown.map(|line| self.unknown_signer(line, standing)).collect();
        let has_faults = doubts.iter().any(|doubt| matches!(doubt, Doubt::Fault(_)));
        if let Quorum::Name(quorum) = self.policy.quorum()
            && !standing.quorum_met
            && !has_faults
        {
            doubts.push(Doubt::Fault(Fault::NotCosigned(format!("`{quorum}` of the policy"))));
        } else if standing.quorum_met {
            doubts.extend(self.missing_peer(standing, origin));
        }
        doubts
    }

    fn knows(&self, signature: &Signature) -> bool {
        let logs = self.policy.logs().iter().map(|log| &log.key);
        let mut keys = logs.chain(self.policy.witnesses().iter().map(|witness| &witness.key));
        keys.any(|key| key.is_named_by(signature))
    }

    /// An unknown signature in place of one that is due, or in an export that brought its own policy,
    /// was altered or belongs to somebody else. Beyond all that is due it proves nothing either way.
    fn unknown_signer(&self, line: &Signature, standing: &Standing) -> Doubt {
        let name = format!("{}+{}", line.name(), line.key_id());
        if self.source == Source::Files || !standing.quorum_met {
            Doubt::Fault(Fault::UnknownSigner { name })
        } else {
            Doubt::Notice(format!(
                "a further signature by {name} was not checked: the policy has no such key"
            ))
        }
    }

    /// Between two countries, a log that the other one never cosigned is one country's own word. The
    /// auditor may accept that; files may not decide it for the auditor.
    fn missing_peer(&self, standing: &Standing, origin: Origin) -> Option<Doubt> {
        let Course::Link(direction) = origin.course else { return None };
        let peer = direction.to.receipt_key_name();
        if self.cosigners(standing).iter().any(|key| key.name().as_str() == peer) {
            return None;
        }
        Some(match (self.source, self.policy.quorum()) {
            (Source::Auditor, _) => Doubt::Notice(format!("the policy given does not ask for {peer}")),
            (Source::Files, Quorum::None) => Doubt::Fault(Fault::NoQuorum),
            (Source::Files, Quorum::Name(_)) => Doubt::Fault(Fault::NotCosigned(peer)),
        })
    }

    /// Whether the log's country certified the key that signs for the log.
    pub(crate) fn is_certified(judged: &Judged, published: &Published) -> bool {
        let certificate = published.certificate_of(judged.log_key.key());
        certificate.is_some_and(|certificate| certificate.role() == Role::Log)
    }

    /// A log key that the country's root must have certified, and has not.
    pub(crate) fn uncertified(&self, judged: &Judged) -> Finding {
        Finding::new(self.place.clone(), Fault::LogKeyNotCertified(judged.head.checkpoint.origin))
    }

    /// Whether the auditor knew the keys beforehand.
    pub(crate) fn is_own(&self) -> bool {
        self.source == Source::Auditor
    }

    /// Cosigners whose key the log's own country certified: nobody else has confirmed anything.
    pub(crate) fn self_cosigned(&self, judged: &Judged, published: &Published) -> Vec<Finding> {
        let own = judged.cosigners.iter().filter(|key| published.certificate_of(key.key()).is_some());
        own.map(|key| Finding::new(self.place.clone(), Fault::SelfCosigned(key.name().to_string()))).collect()
    }
}

enum Doubt {
    Fault(Fault),
    Notice(String),
}

/// Reads the note in a log's folder.
pub(crate) fn read_note(log: &Path) -> Result<Note, Finding> {
    let at = |fault| Finding::new(Place::file(CHECKPOINT), fault);
    let bytes = files::read(&log.join(CHECKPOINT), MAX_NOTE_LEN).map_err(at)?;
    Note::parse(&bytes).map_err(|error| at(error.into()))
}
