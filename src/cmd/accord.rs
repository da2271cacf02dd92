//! `karakoro accord`.

use std::path::{Path, PathBuf};

use karakoro_certs::home::Home as Keys;
use karakoro_node::accords::{self, AccordsError};
use karakoro_node::home::Home;
use karakoro_node::node::Profile;
use karakoro_proto::accord::diff::{self, Trend};
use karakoro_proto::accord::{Accord, AccordFile, EXAMPLE, NotAgreed};
use karakoro_proto::identity::Country;
use karakoro_proto::identity::home::Slot;
use karakoro_proto::key::SecretKey;
use karakoro_proto::service::{Request, Response};
use serde_json::{Value, json};

use super::{HomeArg, Output, connect, now};
use crate::cli::AccordCommand;
use crate::exit::{Exit, Failure};

pub(crate) fn run(command: &AccordCommand, home: &HomeArg<'_>, out: &Output) -> Result<Exit, Failure> {
    match command {
        AccordCommand::New { out: file } => new(file.as_deref(), out),
        AccordCommand::Sign { file } => sign(home.path()?, file, out),
        AccordCommand::Check { file } => check(home, file, out),
        AccordCommand::Diff { a, b } => compare(a, b, out),
        AccordCommand::Show { file } => show(home, file.as_deref(), out),
        AccordCommand::Install { file } => install(home.path()?, file, out),
    }
}

fn new(file: Option<&Path>, out: &Output) -> Result<Exit, Failure> {
    let Some(path) = file else {
        out.answer(
            EXAMPLE.trim_end(),
            || json!({ "schema": "karakoro/accord-new/1", "ok": true, "text": EXAMPLE }),
        );
        return Ok(Exit::Yes);
    };
    if path.exists() {
        return Err(Failure::usage(format!("{} exists and was left as it is", path.display())));
    }
    write(path, EXAMPLE)?;
    let told = format!("{} is an example: change it, then `karakoro accord check` it", path.display());
    out.answer(told, || json!({ "schema": "karakoro/accord-new/1", "ok": true, "file": path }));
    Ok(Exit::Yes)
}

/// In one step, so that a file with the other country's signature is never lost half-way.
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let temporary = path.with_extension("new");
    let written = std::fs::write(&temporary, text).and_then(|()| std::fs::rename(&temporary, path));
    written.map_err(|error| {
        Failure::new(Exit::CouldNotCheck, anyhow::anyhow!("cannot write {}: {error}", path.display()))
    })
}

fn sound(path: &Path) -> Result<(AccordFile, Accord), Failure> {
    let file = accords::read_file(path)?;
    let accord = Accord::parse(file.text())
        .map_err(|faults| AccordsError::Faults { path: path.to_owned(), faults })?;
    Ok((file, accord))
}

fn sign(home: &Path, path: &Path, out: &Output) -> Result<Exit, Failure> {
    let (mut file, accord) = sound(path)?;
    let (country, key) = root_key(home)?;
    if !accord.countries().contains(&country) {
        return Err(Failure::new(Exit::Refused, anyhow::anyhow!("{country} is no party to this accord")));
    }
    file.sign(country, &key);
    write(path, &file.to_string())?;
    let signed: Vec<Country> = file.signatures().iter().map(|signature| signature.country).collect();
    let names = signed.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    out.answer(
        format!("{}, hash {}: signed by {names}", accord.id(), accord.id().hash),
        || json!({ "schema": "karakoro/accord-sign/1", "ok": true, "version": accord.id().version, "hash": accord.id().hash.to_string(), "signed": signed }),
    );
    Ok(Exit::Yes)
}

/// The root key in a home, and whose it is by the certificate beside it.
fn root_key(home: &Path) -> Result<(Country, SecretKey), Failure> {
    let keys = Keys::new(home);
    if !home.join(Slot::Root.key_path()).exists() {
        let text =
            format!("no root key in {}: bring it from its safe for as long as this takes", home.display());
        return Err(Failure::new(Exit::Key, anyhow::anyhow!(text)));
    }
    let key = keys.load_key(&Slot::Root)?;
    for country in keys.countries()? {
        if *keys.load_root(country)?.certificate().public_key() == key.public() {
            return Ok((country, key));
        }
    }
    Err(Failure::new(
        Exit::Key,
        anyhow::anyhow!("no root certificate in {} belongs to its root key", home.display()),
    ))
}

fn check(home: &HomeArg<'_>, path: &Path, out: &Output) -> Result<Exit, Failure> {
    let (file, accord) = sound(path)?;
    let mut lines = vec![format!("{}, hash {}: no faults", accord.id(), accord.id().hash)];
    let mut parties = Vec::new();
    let mut agreed = true;
    for country in accord.countries() {
        let state = match home.path() {
            Ok(home) => {
                let root = Home::new(home).root(country)?;
                file.verify(&root).map_err(|fault| fault.to_string())
            }
            Err(_) if file.signatures().iter().any(|signature| signature.country == country) => {
                Err(format!("{country} has signed; give --home to verify it against the root trusted there"))
            }
            Err(_) => Err(format!("{country} has not signed")),
        };
        agreed &= state.is_ok();
        lines.push(state.clone().err().unwrap_or_else(|| format!("{country} has signed")));
        parties.push(json!({ "country": country, "verified": state.is_ok(), "text": state.err() }));
    }
    out.answer(lines.join("\n"), || {
        json!({ "schema": "karakoro/accord-check/1", "ok": agreed, "version": accord.id().version, "hash": accord.id().hash.to_string(), "signatures": parties })
    });
    Ok(if agreed { Exit::Yes } else { Exit::No })
}

fn compare(a: &Path, b: &Path, out: &Output) -> Result<Exit, Failure> {
    let ((a, _), (b, _)) = (sound(a)?, sound(b)?);
    let changes = diff::diff(a.text(), b.text());
    let mut lines = Vec::new();
    for trend in [Trend::Looser, Trend::Both, Trend::Stricter, Trend::Open] {
        let of: Vec<_> = changes.iter().filter(|change| change.trend == trend).collect();
        if !of.is_empty() {
            lines.push(format!("{trend}:"));
            lines.extend(of.iter().map(|change| format!("  {}: {}", change.key, change.text)));
        }
    }
    if lines.is_empty() {
        lines.push("the two say the same".to_owned());
    }
    out.answer(
        lines.join("\n"),
        || json!({ "schema": "karakoro/accord-diff/1", "ok": true, "changes": changes }),
    );
    Ok(if changes.is_empty() { Exit::Yes } else { Exit::No })
}

fn show(home: &HomeArg<'_>, file: Option<&Path>, out: &Output) -> Result<Exit, Failure> {
    let path = match file {
        Some(path) => path.to_owned(),
        None => in_force(home.path()?)?,
    };
    let (file, accord) = sound(&path)?;
    let keys = diff::keys(file.text());
    let mut text = format!("{}\nhash {}", accord.id(), accord.id().hash);
    for (key, value) in &keys {
        text.push_str(&format!("\n{key}: {value}"));
    }
    out.answer(text, || {
        let values: serde_json::Map<String, Value> =
            keys.iter().map(|(key, value)| (key.clone(), value.as_str().into())).collect();
        json!({ "schema": "karakoro/accord/1", "ok": true, "version": accord.id().version, "hash": accord.id().hash.to_string(), "effective": accord.effective(), "keys": values })
    });
    Ok(Exit::Yes)
}

fn in_force(home: &Path) -> Result<PathBuf, Failure> {
    let chain = Profile::load(home)?.accords()?;
    let accord = chain.in_force(now()).ok_or_else(|| {
        Failure::new(
            Exit::No,
            anyhow::anyhow!("no accord is in force here: `karakoro accord install` puts one in"),
        )
    })?;
    Ok(accords::path(home, accord.id().version))
}

fn install(home: &Path, file: &Path, out: &Output) -> Result<Exit, Failure> {
    let profile = Profile::load(home)?;
    let roots = [&profile.ours.root, &profile.peer.root];
    let id = accords::install(home, file, roots, now())?;
    // A node that is not running reads it when it starts.
    let told = match connect(home) {
        Ok(mut client) => matches!(client.call(Request::ReadAccords)?, Response::Status(_)),
        Err(_) => false,
    };
    let node = if told { "the running node goes by it" } else { "no node runs; the next start reads it" };
    out.answer(
        format!("{id} is installed; {node}"),
        || json!({ "schema": "karakoro/accord-install/1", "ok": true, "version": id.version, "hash": id.hash.to_string(), "node_told": told }),
    );
    Ok(Exit::Yes)
}

impl From<AccordsError> for Failure {
    fn from(error: AccordsError) -> Self {
        let exit = match &error {
            AccordsError::Io { .. } => Exit::CouldNotCheck,
            AccordsError::Faults { .. } => Exit::No,
            AccordsError::NotAgreed { source: NotAgreed::Signature(_), .. } => Exit::Key,
            _ => Exit::Refused,
        };
        Self::new(exit, error)
    }
}
