//! `latency`: one message at a time, on an idle link, from its submission until the sender knows the
//! peer's cosignature over it.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::bail;
use karakoro_node::service::client::Client;
use karakoro_proto::service::{Fact, Request, Response};

use crate::limits::{Limits, PingProbe, SyncProbe};
use crate::officer::Officer;
use crate::pair::Pair;
use crate::report::{Report, quantile, sorted};

/// Messages before those that are measured.
const WARM_UP: usize = 20;

/// Between two messages: long enough for both nodes to fall idle.
const PAUSE: Duration = Duration::from_millis(15);

pub(crate) fn measure(folder: &Path, messages: usize) -> anyhow::Result<Report> {
    let limits = Limits::measure(folder)?;
    let pair = Pair::create(folder)?;
    let mut ping = PingProbe::open(&pair)?;
    let round_trip_in_a_row = ping.median_us()?;
    let [mr, ml] = pair.start()?;
    let mut officer = Officer::of(&pair.mr)?;
    let mut client = mr.client()?;
    for _ in 0..WARM_UP {
        one(&mut client, &mut officer)?;
    }
    let mut sealed = Vec::with_capacity(messages);
    let mut in_both_logs = Vec::with_capacity(messages);
    // A line and a disk that just rested, and neighbours who come and go: what a message waits for is timed
    // alone before each message.
    let mut sync = SyncProbe::create(&folder.join("sync-beside"))?;
    let (mut syncs, mut pings) = (Vec::with_capacity(messages), Vec::with_capacity(messages));
    for _ in 0..messages {
        thread::sleep(PAUSE);
        syncs.push(sync.time_us()?);
        thread::sleep(PAUSE);
        pings.push(ping.time_us()?);
        thread::sleep(PAUSE);
        let [to_sealed, to_both] = one(&mut client, &mut officer)?;
        sealed.push(to_sealed);
        in_both_logs.push(to_both);
    }
    drop([mr, ml]);
    let (sync, round_trip) = (quantile(&sorted(syncs), 0.5), quantile(&sorted(pings), 0.5));
    let (sealed, in_both_logs) = (sorted(sealed), sorted(in_both_logs));

    let mut report = Report::new("latency");
    limits.report(&mut report);
    report.figure("limit_fdatasync_median_between_messages", sync, "µs");
    report.figure("limit_quic_round_trip_median", round_trip_in_a_row, "µs");
    report.figure("limit_quic_round_trip_median_between_messages", round_trip, "µs");
    report.figure("messages", messages as f64, "");
    report.figure("sealed_median", quantile(&sealed, 0.5), "µs");
    report.figure("in_both_logs_median", quantile(&in_both_logs, 0.5), "µs");
    report.figure("in_both_logs_p90", quantile(&in_both_logs, 0.9), "µs");
    report.figure("in_both_logs_p99", quantile(&in_both_logs, 0.99), "µs");
    let floor = 2.0 * sync + round_trip;
    report.figure("two_syncs_and_a_round_trip", floor, "µs");
    report.figure("ratio_to_two_syncs_and_a_round_trip", quantile(&in_both_logs, 0.5) / floor, "");
    report.at_most("latency, median", quantile(&in_both_logs, 0.5), 2.0 * floor, "µs");
    Ok(report)
}

/// Microseconds until one message is sealed, and until it is in both logs.
fn one(client: &mut Client, officer: &mut Officer) -> anyhow::Result<[f64; 2]> {
    let (id, submission) = officer.write()?;
    let started = Instant::now();
    let elapsed = || started.elapsed().as_secs_f64() * 1e6;
    let Response::Sealed { .. } = client.call(Request::Submit(submission))? else {
        bail!("the node answered something else than an entry");
    };
    let sealed = elapsed();
    // The node has the peer's answer only two syncs from now: asking behind the seal costs nothing.
    match client.call(Request::Wait(id, Fact::InBothLogs))? {
        Response::Message(view) if view.facts.in_both_logs.is_some() => Ok([sealed, elapsed()]),
        _ => bail!("the node answered something else than the message"),
    }
}
