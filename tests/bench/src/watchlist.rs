//! `watchlist`: imports of vehicles, as an officer types them, until all are in both logs; then how long the node takes
//! to say how one entry stands.
//!
//! The imports run the real executable, which lies beside this program: build it first, in the same profile.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, bail, ensure};
use karakoro_node::service::client::Client;
use karakoro_proto::envelope::MessageId;
use karakoro_proto::service::watchlist::{Answer, Query};
use karakoro_proto::service::{Fact, Request, Response};
use karakoro_proto::time::UnixMillis;
use serde_json::Value;

use crate::node::Node;
use crate::pair::{Pair, now};
use crate::report::Report;

/// Imports, one after another: with the default size of one, 200,000 entries are held at the end.
const IMPORTS: usize = 4;

/// Look-ups that are timed.
const LOOKUPS: usize = 2_000;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

pub(crate) fn measure(folder: &Path, entries: usize) -> anyhow::Result<Report> {
    let pair = Pair::create(folder)?;
    let [mr, ml] = pair.start()?;
    let mut client = mr.client()?;
    let (mut seconds, mut ids) = (Vec::with_capacity(IMPORTS), Vec::new());
    for import in 0..IMPORTS {
        let table = folder.join(format!("{import}.csv"));
        std::fs::write(&table, rows(import * entries, entries))?;
        let started = Instant::now();
        let sealed = run_import(&pair.mr, &table)?;
        let last = *sealed.last().context("an import has entries")?;
        match client.call(Request::Wait(last, Fact::InBothLogs))? {
            Response::Message(_) => seconds.push(started.elapsed().as_secs_f64()),
            _ => bail!("the node answered something else than the last entry"),
        }
        ids.extend(sealed);
    }
    ensure!(ids.len() == IMPORTS * entries, "entries are missing");
    let lookups = timed_lookups(&mut client, &ids)?;
    report(entries, &seconds, &lookups, [&mr, &ml])
}

fn report(entries: usize, seconds: &[f64], lookups: &[f64], nodes: [&Node; 2]) -> anyhow::Result<Report> {
    let mut report = Report::new("watchlist");
    let slowest = seconds.iter().copied().fold(0.0, f64::max);
    report.figure("entries_of_an_import", entries as f64, "");
    report.figure("first_import_until_in_both_logs", seconds.first().copied().unwrap_or_default(), "s");
    report.figure("slowest_import_until_in_both_logs", slowest, "s");
    report.figure("entries_held", (IMPORTS * entries) as f64, "");
    let at = |percent: usize| lookups.get(lookups.len() * percent / 100).copied().unwrap_or_default();
    report.figure("lookup_by_id_median", at(50), "ms");
    report.figure("lookup_by_id_p99", at(99), "ms");
    let mut peak = 0.0_f64;
    for (node, key) in nodes.into_iter().zip(["sender_memory_peak", "receiver_memory_peak"]) {
        let memory = node.memory_mb("VmHWM")?;
        report.figure(key, memory, "MB");
        peak = peak.max(memory);
    }
    report.at_most("slowest import", slowest, 60.0, "s");
    report.at_most("memory of a node at its peak", peak, 200.0, "MB");
    report.at_most("median look-up by id", at(50), 1.0, "ms");
    Ok(report)
}

/// Milliseconds of look-ups all over the list, in order.
fn timed_lookups(client: &mut Client, ids: &[MessageId]) -> anyhow::Result<Vec<f64>> {
    let step = (ids.len() / LOOKUPS).max(1);
    let mut lookups = Vec::with_capacity(LOOKUPS);
    for id in ids.iter().step_by(step) {
        let started = Instant::now();
        match client.call(Request::Watchlist(Query::Entry(*id)))? {
            Response::Watchlist(Answer::Entry(entry)) if entry.entry == *id => {}
            _ => bail!("the node answered something else than the entry"),
        }
        lookups.push(started.elapsed().as_secs_f64() * 1e3);
    }
    lookups.sort_by(f64::total_cmp);
    Ok(lookups)
}

/// Runs the import, and returns what it sealed.
fn run_import(home: &Path, table: &Path) -> anyhow::Result<Vec<MessageId>> {
    let program = executable()?;
    let mut command = Command::new(program);
    command.arg("--home").arg(home).args(["--json", "watchlist", "import"]).arg(table);
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
    ensure!(output.status.success(), "the import was refused: {}", String::from_utf8_lossy(&output.stdout));
    let told: Value = serde_json::from_slice(&output.stdout)?;
    let rows = told["rows"].as_array().context("the import tells its rows")?;
    rows.iter().map(|row| Ok(row["id"].as_str().unwrap_or_default().parse()?)).collect()
}

fn executable() -> anyhow::Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name("karakoro");
    ensure!(path.exists(), "{} is missing: build the workspace in this profile first", path.display());
    Ok(path)
}

/// A table of invented vehicles, each with a plate of its own.
fn rows(first: usize, count: usize) -> String {
    let day = |days: u64| {
        let time: UnixMillis = now().saturating_add(days * DAY_MS);
        time.to_string().chars().take(10).collect::<String>()
    };
    let (review, expires) = (day(100), day(200));
    let mut text = String::from(
        "mode,handling,purpose,evaluation.source,evaluation.information,basis.instrument,basis.reference,\
         basis.authority,basis.decided,action,valid_from,review_due,expires,vehicle.plate,vehicle.country,\
         vehicle.colour\n",
    );
    for row in first..first + count {
        _ = writeln!(
            text,
            "Exercise,H2,STOLEN_PROPERTY,B,2,THEFT_REPORT,EX-17,Commissariat d’exemple,2026-01-10,SEIZE,\
             2026-01-15,{review},{expires},EX {row:07},MRT,blanc"
        );
    }
    text
}
