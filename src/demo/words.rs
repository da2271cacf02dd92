//! What the demo says beside the facts.

use std::collections::BTreeSet;

use karakoro_proto::service::Status;

use super::alerts;
use super::auditor::Finding;
use super::stage::Stage;
use crate::exit::Exit;

/// What runs where.
pub(crate) fn opening(stage: &Stage<'_>) -> String {
    let [mr, ml] = &stage.homes.both;
    let made = match stage.homes.continued {
        true => "Both countries from before, with their keys, certificates and logs:",
        false => "Keys, certificates and logs of two countries, each trusting the other’s root:",
    };
    format!(
        "{made}\n  Mauritania (MR)  {}  node at {}\n  Mali (ML)        {}  node at {}\n\
         Two nodes, and a road between them that can be cut. Times are UTC.\n",
        mr.path.display(),
        mr.listen,
        ml.path.display(),
        ml.listen,
    )
}

/// What each country holds of the other's log.
pub(crate) fn agreement(statuses: &[Status; 2]) -> String {
    let [mr, ml] = statuses;
    let line = |writer: &Status, holder: &Status| {
        let Status { country, writes, own, cosigned, .. } = writer;
        let Status { country: other, mirrored, .. } = holder;
        format!("  {writes}: {country} wrote {own} entries; {other} holds {mirrored}; both signed {cosigned}")
    };
    format!("\nBoth nodes agree:\n{}\n{}", line(mr, ml), line(ml, mr))
}

/// The auditor's own words: all of them, or the verdicts alone where both countries agree.
pub(crate) fn verdict(finding: &Finding) -> String {
    let mut lines: Vec<&str> = finding.text.lines().collect();
    if finding.exit == Exit::Yes {
        // Details are indented. Both countries' copies of one log have the same line.
        let mut told = BTreeSet::new();
        lines.retain(|line| !line.starts_with(' ') && told.insert(*line));
    }
    format!("\nThe auditor compares what both countries export:\n  {}", lines.join("\n  "))
}

/// What to do in a second terminal.
pub(crate) fn what_to_try(stage: &Stage<'_>) -> String {
    let [mr, ml] = stage.homes.both.each_ref().map(|home| home.path.display());
    let program = program();
    let folder = stage.place.folder.display();
    let (dir, afterwards) = match stage.place.is_kept() {
        true => {
            let run = format!("{program} node run --home {mr}, and the same for {ml}: they find each other");
            (format!(" --dir {folder}"), format!("both homes are kept.\n  Afterwards: {run}"))
        }
        false => (String::new(), "both homes are removed.".to_owned()),
    };
    let file = stage.examples().join(alerts::example());
    let file = file.display();
    format!(
        "\nTry, in another terminal:\n  {program} demo link down{dir}\n  {program} send --home {mr} {file}\n  \
         {program} inbox --home {ml}\n  {program} watch --home {ml}\n  {program} demo link up{dir}\n\
         Stop: Ctrl-C; {afterwards}\n"
    )
}

/// This program as the user called it.
fn program() -> String {
    std::env::args_os()
        .next()
        .map_or_else(|| "karakoro".to_owned(), |name| name.to_string_lossy().into_owned())
}
