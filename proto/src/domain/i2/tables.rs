//! The chart as two tables, for imports that want rows.

use super::{Chart, Entity, Link};
use crate::domain::csv::{Cell, Writer};

const ENTITY_COLUMNS: [&str; 9] =
    ["identity", "type", "label", "lat", "lon", "grade1", "grade2", "grade3", "source_ref"];
const LINK_COLUMNS: [&str; 5] = ["from", "to", "type", "datetime", "source_ref"];

impl Chart {
    /// `entities.csv`: identity, type, label, lat, lon in degrees, the three grades as their codes, message id.
    #[must_use]
    pub fn entities_csv(&self) -> Vec<u8> {
        let mut table = Writer::new(&ENTITY_COLUMNS);
        self.entities().iter().for_each(|entity| entity_row(&mut table, entity));
        table.finish()
    }

    /// `links.csv`: identities of both ends, type, time in UTC, message id.
    #[must_use]
    pub fn links_csv(&self) -> Vec<u8> {
        let mut table = Writer::new(&LINK_COLUMNS);
        self.links().for_each(|link| link_row(&mut table, link));
        table.finish()
    }
}

fn entity_row(table: &mut Writer, entity: &Entity) {
    let Entity { identity, kind, label, position: _, grades, source } = entity;
    let [lat, lon] = entity.degrees();
    table.row(&[
        Cell::Text(identity.as_str()),
        Cell::Text(kind.as_str()),
        Cell::Text(label.as_str()),
        Cell::Plain(&lat),
        Cell::Plain(&lon),
        Cell::Plain(grades.source.as_str()),
        Cell::Plain(grades.information.as_str()),
        Cell::Plain(grades.handling.as_str()),
        Cell::Plain(&source.to_string()),
    ]);
}

fn link_row(table: &mut Writer, link: &Link) {
    // Links have grades too, but no column for them: they are in the ANX.
    let Link { from, to, kind, at, grades: _, source } = link;
    table.row(&[
        Cell::Text(from.as_str()),
        Cell::Text(to.as_str()),
        Cell::Text(kind.as_str()),
        Cell::Plain(&at.map(|at| at.to_string()).unwrap_or_default()),
        Cell::Plain(&source.to_string()),
    ]);
}

#[cfg(test)]
mod tests {
    use super::super::samples::{SOURCE, chart, entity, free};
    use super::*;

    fn text(bytes: Vec<u8>) -> String {
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn entities_are_rows_with_codes_and_coordinates() {
        let expected = format!(
            "\u{feff}identity,type,label,lat,lon,grade1,grade2,grade3,source_ref\r\n\
             P-1,Person,سيدي ولد مثال,,,B,2,H2,{SOURCE}\r\n\
             V-7,Vehicle,\"Hilux, blanc\",15.495,-7.03,B,2,H2,{SOURCE}\r\n"
        );
        assert_eq!(text(chart().entities_csv()), expected);
    }

    #[test]
    fn links_are_rows_with_both_ends_and_a_time() {
        let expected = format!(
            "\u{feff}from,to,type,datetime,source_ref\r\n\
             P-1,V-7,Driver of,2026-01-15T10:04:05Z,{SOURCE}\r\n\
             V-7,P-1,Seen with,,{SOURCE}\r\n"
        );
        assert_eq!(text(chart().links_csv()), expected);
    }

    #[test]
    fn labels_that_begin_like_formulas_are_marked_as_text() {
        let mut chart = Chart::new();
        chart.add_entity(free(entity("=cmd|' /C calc'!A0", "+222"))).unwrap();
        assert!(text(chart.entities_csv()).contains("\r\n'=cmd|' /C calc'!A0,Person,'+222,"));
    }
}
