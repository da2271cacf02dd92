//! Certificates as reports show them.

use std::fmt;

use karakoro_proto::identity::Country;
use karakoro_proto::identity::certificate::{Certificate, RootCertificate};
use karakoro_proto::identity::fingerprint::{Fingerprint, sha256_hex};
use karakoro_proto::time::UnixMillis;
use serde::Serialize;

const DAY_SECONDS: u64 = 24 * 60 * 60;

/// What a certificate says, for a line on the screen.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct CertificateView {
    /// Its name: `spiffe://mr.karakoro.internal/node/1`.
    pub name: String,
    /// The country in the name.
    pub country: Country,
    /// The role in the name.
    pub role: &'static str,
    /// The label in the name.
    pub label: String,
    /// The short name of its key.
    pub key_id: String,
    /// The serial number in hexadecimal.
    pub serial: String,
    /// The first second of its validity.
    pub not_before: UnixMillis,
    /// The last second of its validity.
    pub not_after: UnixMillis,
    /// Whole days until it ends; negative once it has.
    pub days_left: i64,
}

impl CertificateView {
    pub(crate) fn new(certificate: &Certificate, now: UnixMillis) -> Self {
        Self {
            name: certificate.id().to_string(),
            country: certificate.country(),
            role: certificate.role().as_str(),
            label: certificate.label().to_owned(),
            key_id: certificate.key_id().to_string(),
            serial: certificate.serial().iter().map(|byte| format!("{byte:02x}")).collect(),
            not_before: certificate.not_before(),
            not_after: certificate.not_after(),
            days_left: days_between(now, certificate.not_after()),
        }
    }
}

impl fmt::Display for CertificateView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { country, role, label, key_id, not_after, days_left, .. } = self;
        write!(f, "{country}  {role:<8} {label:<8} key {key_id}  until {not_after}")?;
        match days_left {
            1 => f.write_str("  1 day left"),
            0.. => write!(f, "  {days_left} days left"),
            _ => f.write_str("  EXPIRED"),
        }
    }
}

/// Whole days from one instant to another, rounded down: negative as soon as the second is past.
fn days_between(from: UnixMillis, to: UnixMillis) -> i64 {
    let days = |seconds: u64| i64::try_from(seconds).unwrap_or(i64::MAX);
    match to.seconds().checked_sub(from.seconds()) {
        Some(ahead) => days(ahead / DAY_SECONDS),
        None => -days((from.seconds() - to.seconds()).div_ceil(DAY_SECONDS)),
    }
}

/// A root as two people compare it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct RootView {
    /// The country of the root.
    pub country: Country,
    /// What to read on the telephone.
    pub fingerprint: Fingerprint,
    /// SHA-256 of the certificate in hexadecimal, for machines.
    pub sha256: String,
}

impl RootView {
    pub(crate) fn new(root: &RootCertificate) -> Self {
        Self {
            country: root.country(),
            fingerprint: Fingerprint::of(root.der()),
            sha256: sha256_hex(root.der()),
        }
    }
}

impl fmt::Display for RootView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { country, fingerprint, sha256 } = self;
        writeln!(f, "Fingerprint of the root of {country}, to be compared by telephone:")?;
        for row in fingerprint.to_string().lines() {
            writeln!(f, "  {row}")?;
        }
        write!(f, "SHA-256, for machines: {sha256}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_that_ended_a_second_ago_has_no_days_left() {
        let at = |seconds| UnixMillis::from_seconds(seconds).unwrap();
        let end = at(10 * DAY_SECONDS);
        for (now, left) in [(at(0), 10), (at(1), 9), (end, 0), (at(10 * DAY_SECONDS + 1), -1)] {
            assert_eq!(days_between(now, end), left, "{now}");
        }
    }
}
