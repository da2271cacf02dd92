//! `karakoro export i2`: what leaves for analysts, through the one gate, and recorded each time.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use karakoro_node::service::client::Client;
use karakoro_proto::domain::hit::HitReport;
use karakoro_proto::domain::i2::{
    Chart, Entity, Grades, HandlingCode, InformationGrade, Link, Releasable, SourceGrade, Standing,
};
use karakoro_proto::domain::payload::Payload;
use karakoro_proto::domain::terms::{self, Action};
use karakoro_proto::domain::{Mode, Tlp};
use karakoro_proto::envelope::Header;
use karakoro_proto::service::batch::sha256;
use karakoro_proto::service::watchlist::Entries;
use karakoro_proto::time::UnixMillis;
use serde_json::json;

use super::sign::officer_key;
use super::watchlist::{ShownEntry, about, every_entry};
use super::{Output, connect, now};
use crate::cli::Lang;
use crate::cli::watchlist::ExportCommand;
use crate::exit::{Exit, Failure};
use crate::view::Shown;

/// Where exports are recorded, within a home.
const RECORD: &str = "data/exports.log";

/// What may stand on the chart.
#[derive(Clone, Copy)]
struct Filter {
    ceiling: Tlp,
    exercise: bool,
    now: UnixMillis,
}

impl Filter {
    fn admits(&self, header: &Header) -> bool {
        header.tlp <= self.ceiling && (header.mode == Mode::Actual) != self.exercise
    }
}

pub(crate) fn run(command: &ExportCommand, home: &Path, out: &Output) -> Result<Exit, Failure> {
    let ExportCommand::I2 { out: folder, tlp, exercise, signer } = command;
    let officer = officer_key(home, signer)?.public().id();
    let filter = Filter { ceiling: *tlp, exercise: *exercise, now: now() };
    let mut client = connect(home)?;
    let mut drawing = Drawing { filter, lang: out.lang, chart: Chart::new(), withheld: 0 };
    drawing.entries(&mut client)?;
    let Drawing { chart, withheld, .. } = drawing;
    let files = [
        ("chart.anx", chart.anx()),
        ("entities.csv", chart.entities_csv()),
        ("links.csv", chart.links_csv()),
    ];
    let (entities, links) = (chart.entities().len(), chart.links().len());
    // Recorded before anything leaves: an export that is not in the record must not exist.
    let digests: serde_json::Map<String, serde_json::Value> =
        files.iter().map(|(name, bytes)| ((*name).to_owned(), sha256(bytes).to_string().into())).collect();
    let record = json!({
        "time": filter.now, "officer": officer.to_string(), "format": "i2", "tlp": tlp, "exercise": exercise,
        "entities": entities, "links": links, "withheld": withheld,
        "sha256": digests,
    });
    std::fs::create_dir(folder).map_err(|error| failed(folder, &error))?;
    append(&home.join(RECORD), &record.to_string()).map_err(|error| failed(&home.join(RECORD), &error))?;
    write(folder, &files).map_err(|error| failed(folder, &error))?;
    out.answer(
        format!("{entities} entities and {links} links in {}; {withheld} entries withheld", folder.display()),
        || json!({ "schema": "karakoro/export/1", "ok": true, "export": record }),
    );
    Ok(Exit::Yes)
}

fn failed(path: &Path, error: &io::Error) -> Failure {
    let exit = if error.kind() == io::ErrorKind::AlreadyExists { Exit::Usage } else { Exit::CouldNotCheck };
    Failure::new(exit, anyhow::anyhow!("{}: {error}", path.display()))
}

/// One line more at the end of the record, durably.
fn append(path: &Path, line: &str) -> io::Result<()> {
    let mut record = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    record.write_all(format!("{line}\n").as_bytes())?;
    record.sync_all()
}

fn write(folder: &Path, files: &[(&str, Vec<u8>)]) -> io::Result<()> {
    for (name, bytes) in files {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(folder.join(name))?;
        file.write_all(bytes)?;
        file.sync_all()?;
    }
    File::open(folder)?.sync_all()
}

/// A chart in the making.
struct Drawing {
    filter: Filter,
    lang: Lang,
    chart: Chart,
    /// Entries that the gate or the filter kept back.
    withheld: usize,
}

impl Drawing {
    fn entries(&mut self, client: &mut Client) -> Result<(), Failure> {
        let mut drawn = Vec::new();
        every_entry(client, Entries::default(), |held| {
            let shown = ShownEntry::new(held, self.lang)?;
            match self.entity(&shown)? {
                Some((entity, standing)) => match Releasable::check(entity, standing, self.filter.now) {
                    Ok(entity) => {
                        self.chart.add_entity(entity).map_err(|error| Failure::new(Exit::No, error))?;
                        drawn.push((shown.held.entry, standing));
                    }
                    Err(_) => self.withheld += 1,
                },
                None => self.withheld += 1,
            }
            Ok(())
        })?;
        for (entry, standing) in drawn {
            for view in about(client, entry)? {
                let Ok(message) = Shown::new(view, self.lang) else { continue };
                if let Some(Payload::HitReport(hit)) = &message.payload {
                    self.hit(hit, &message.header, standing)?;
                }
            }
        }
        Ok(())
    }

    /// The entry on a chart; `None` where it has ended, was erased, or the filter keeps it back.
    fn entity(&self, shown: &ShownEntry) -> Result<Option<(Entity, Standing)>, Failure> {
        let (Some(message), Some(entry)) = (&shown.message, shown.content()) else { return Ok(None) };
        let head = &shown.held.head;
        if head.withdrawn || !self.filter.admits(&message.header) {
            return Ok(None);
        }
        let unfit = |error: karakoro_proto::domain::fault::ValueError| Failure::new(Exit::Store, error);
        let entity = Entity {
            identity: shown.held.entry.to_string().parse().map_err(unfit)?,
            kind: kind(head.category).parse().map_err(unfit)?,
            label: entry.subject.label().parse().map_err(unfit)?,
            position: None,
            grades: grades(&message.header),
            source: message.header.id,
        };
        let protects = matches!(entry.action, Action::Protect | Action::LocateMissing);
        let standing = Standing { tlp: message.header.tlp, protects, expires: Some(head.expires) };
        Ok(Some((entity, standing)))
    }

    /// A hit as the post where it was, and a link from there to the entry. It leaves only as long as the entry may.
    fn hit(&mut self, hit: &HitReport, header: &Header, entry: Standing) -> Result<(), Failure> {
        if !self.filter.admits(header) {
            return Ok(());
        }
        let unfit = |error: karakoro_proto::domain::fault::ValueError| Failure::new(Exit::Store, error);
        let standing = Standing { tlp: header.tlp.max(entry.tlp), ..entry };
        let post = hit.post.to_string();
        let known = self.chart.entities().iter().any(|entity| entity.identity.as_str() == post);
        if !known {
            let post = Entity {
                identity: post.parse().map_err(unfit)?,
                kind: "Post".parse().map_err(unfit)?,
                label: post.parse().map_err(unfit)?,
                position: None,
                grades: grades(header),
                source: header.id,
            };
            let Ok(post) = Releasable::check(post, standing, self.filter.now) else { return Ok(()) };
            self.chart.add_entity(post).map_err(|error| Failure::new(Exit::No, error))?;
        }
        let link = Link {
            from: post.parse().map_err(unfit)?,
            to: hit.entry.to_string().parse().map_err(unfit)?,
            kind: format!("Hit {}", hit.outcome).parse().map_err(unfit)?,
            at: Some(hit.at_ms),
            grades: grades(header),
            source: header.id,
        };
        let Ok(link) = Releasable::check(link, standing, self.filter.now) else { return Ok(()) };
        self.chart.add_link(link).map_err(|error| Failure::new(Exit::No, error))
    }
}

fn kind(category: terms::Category) -> &'static str {
    match category {
        terms::Category::Person => "Person",
        terms::Category::Document => "Document",
        terms::Category::Vehicle => "Vehicle",
        terms::Category::Firearm => "Firearm",
        terms::Category::Vessel => "Vessel",
        terms::Category::Livestock => "Livestock",
    }
}

/// What is not said reads as the worst, and as the narrowest use but one that states conditions.
fn grades(header: &Header) -> Grades {
    let evaluation = header.grounds.evaluation;
    Grades {
        source: evaluation.map_or(SourceGrade::X, |evaluation| match evaluation.source {
            terms::Source::A => SourceGrade::A,
            terms::Source::B => SourceGrade::B,
            terms::Source::C => SourceGrade::C,
            terms::Source::X => SourceGrade::X,
        }),
        information: evaluation.map_or(InformationGrade::Four, |evaluation| match evaluation.information {
            terms::Information::One => InformationGrade::One,
            terms::Information::Two => InformationGrade::Two,
            terms::Information::Three => InformationGrade::Three,
            terms::Information::Four => InformationGrade::Four,
        }),
        handling: header.grounds.handling.map_or(HandlingCode::H2, |handling| match handling {
            terms::HandlingCode::H0 => HandlingCode::H0,
            terms::HandlingCode::H1 => HandlingCode::H1,
            terms::HandlingCode::H2 => HandlingCode::H2,
            terms::HandlingCode::H3 => HandlingCode::H3,
        }),
    }
}
