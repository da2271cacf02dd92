//! OpenSSL, an unrelated reader, accepts what the tool makes.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use karakoro_certs::{bundle, init};
use karakoro_proto::identity::Country;
use karakoro_proto::key::SecretKey;
use karakoro_proto::time::UnixMillis;

/// 2026-01-15T10:04:05Z.
const NOW_SECONDS: u64 = 1_768_471_445;

/// Runs OpenSSL in a folder; `None`, said aloud, where there is none.
fn openssl(folder: &Path, arguments: &[&str]) -> Option<Output> {
    match Command::new("openssl").args(arguments).current_dir(folder).output() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            eprintln!("skipped: openssl is absent");
            None
        }
        started => Some(started.expect("openssl starts")),
    }
}

#[track_caller]
fn assert_accepted(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn home(folder: &Path) -> PathBuf {
    let now = UnixMillis::from_seconds(NOW_SECONDS).expect("a date of this century");
    init::run(&init::Options::new(folder.to_owned(), Country::MR, now)).expect("an empty folder").home
}

/// The arguments of `openssl verify` at the time of the set-up.
fn verify<'a>(purpose: &'a str, time: &'a str, file: &'a str) -> [&'a str; 9] {
    ["verify", "-x509_strict", "-attime", time, "-purpose", purpose, "-CAfile", "trust/mr/root.crt", file]
}

#[test]
fn openssl_verifies_every_certificate_below_the_root() {
    let folder = tempfile::tempdir().unwrap();
    let home = home(folder.path());
    let time = NOW_SECONDS.to_string();
    for name in ["node", "log", "receipt", "officer-hq-1", "auditor-1"] {
        let file = format!("trust/mr/{name}.crt");
        let arguments = ["verify", "-x509_strict", "-attime", &time, "-CAfile", "trust/mr/root.crt", &file];
        let Some(output) = openssl(&home, &arguments) else { return };
        assert_accepted(&output);
    }
}

#[test]
fn openssl_takes_the_node_for_a_tls_server_and_the_log_for_none() {
    let folder = tempfile::tempdir().unwrap();
    let home = home(folder.path());
    let time = NOW_SECONDS.to_string();
    for (file, purpose, accepted) in [
        ("trust/mr/node.crt", "sslserver", true),
        ("trust/mr/node.crt", "sslclient", true),
        ("trust/mr/log.crt", "sslserver", false),
        ("trust/mr/officer-hq-1.crt", "sslclient", false),
    ] {
        let Some(output) = openssl(&home, &verify(purpose, &time, file)) else { return };
        assert_eq!(output.status.success(), accepted, "{file} as {purpose}: {output:?}");
    }
}

#[test]
fn openssl_reads_every_private_key_and_finds_the_certificates_key() {
    let folder = tempfile::tempdir().unwrap();
    let home = home(folder.path());
    for name in ["root", "node", "log", "receipt", "officer-hq-1", "auditor-1"] {
        let (key, certificate) = (format!("keys/{name}.key"), format!("trust/mr/{name}.crt"));
        let Some(from_key) = openssl(&home, &["pkey", "-in", &key, "-pubout"]) else { return };
        assert_accepted(&from_key);
        let Some(named) = openssl(&home, &["x509", "-in", &certificate, "-noout", "-pubkey"]) else { return };
        assert_eq!(from_key.stdout, named.stdout, "{name}");
    }
}

#[test]
fn a_key_that_openssl_made_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let Some(made) = openssl(folder.path(), &["genpkey", "-algorithm", "ed25519"]) else { return };
    let text = String::from_utf8(made.stdout).unwrap();
    SecretKey::from_pkcs8_pem(&text).unwrap();
}

#[test]
fn openssl_computes_the_same_sha256() {
    let folder = tempfile::tempdir().unwrap();
    let home = home(folder.path());
    let now = UnixMillis::from_seconds(NOW_SECONDS).unwrap();
    let report = bundle::run(&bundle::Options { home: home.clone(), out: None, now }).unwrap();
    let arguments = ["x509", "-in", "trust/mr/root.crt", "-noout", "-fingerprint", "-sha256"];
    let Some(output) = openssl(&home, &arguments) else { return };
    let text = String::from_utf8(output.stdout).unwrap().replace(':', "").to_ascii_lowercase();
    assert!(text.contains(&report.root.sha256), "{text}");
}
