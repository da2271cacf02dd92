use proptest::prelude::*;

use super::super::{Cell, Writer};
use super::*;

#[track_caller]
fn rows(text: &str) -> Vec<(u32, Vec<String>)> {
    let table = read(text.as_bytes()).unwrap();
    table.rows().iter().map(|row| (row.line(), row.cells().to_vec())).collect()
}

#[track_caller]
fn faults(text: impl AsRef<[u8]>) -> Vec<Fault> {
    read(text.as_ref()).unwrap_err()
}

#[track_caller]
fn assert_fault(text: impl AsRef<[u8]>, line: u32, element: &str, message: &str) {
    let faults = faults(text);
    assert_eq!(faults.len(), 1, "{faults:?}");
    let fault = &faults[0];
    assert_eq!((fault.line, fault.element.as_str()), (line, element), "{fault}");
    assert!(fault.message.contains(message), "{fault}");
}

fn row(line: u32, cells: &[&str]) -> (u32, Vec<String>) {
    (line, cells.iter().map(ToString::to_string).collect())
}

#[test]
fn rows_have_their_lines_and_cells() {
    let expected = vec![row(2, &["1", "Adel Bagrou"]), row(3, &["2", "عدل بكرو"])];
    assert_eq!(rows("id,place\n1,Adel Bagrou\n2,عدل بكرو\n"), expected);
    assert_eq!(rows("\u{feff}id,place\r\n1,Adel Bagrou\r\n2,عدل بكرو"), expected);
    assert_eq!(rows("id;place\n1;Adel Bagrou\n2;عدل بكرو\n"), expected);
    assert_eq!(rows("id,place\n"), vec![]);
}

#[test]
fn quoted_cells_hold_separators_quotes_and_line_ends() {
    let text = "a,b\r\n\"1,\"\"x\"\"\",\"two\r\nlines\"\r\n3,\"\"\r\n";
    assert_eq!(rows(text), [row(2, &["1,\"x\"", "two\r\nlines"]), row(4, &["3", ""])]);
}

#[test]
fn columns_are_found_by_name() {
    let table = read(b" plate ,\"colour\"\nx,y\n").unwrap();
    assert_eq!(table.columns(), ["plate", "colour"]);
    assert_eq!((table.column("colour"), table.column("Plate")), (Some(1), None));
}

#[test]
fn rows_without_content_are_left_out() {
    assert_eq!(rows("a,b\n\n,\n1,2\n\r\n"), [row(4, &["1", "2"])]);
}

#[test]
fn a_header_names_every_column_once() {
    assert_fault("", 1, "header", "empty");
    assert_fault("\u{feff}", 1, "header", "empty");
    assert_fault("a,,c\n", 1, "header, column 2", "no name");
    assert_fault("a,b, a\n", 1, "header, column 3", "second time");
}

#[test]
fn rows_have_as_many_cells_as_the_header() {
    assert_fault("a,b\n1\n", 2, "row", "has 1 cells");
    assert_fault("a,b\n1,2,3\n", 2, "row", "has 3 cells");
    assert_fault("a;b\n1,2\n", 2, "row", "has 1 cells");
}

#[test]
fn misplaced_quotation_marks_are_told_where_they_stand() {
    assert_fault("a,b\n1,x\"y\n", 2, "column 2", "within `x`");
    assert_fault("a,b\n\"1\"x,2\n", 2, "column 1", "goes on");
    assert_fault("a,b\n1,2\n3,\"x\n4,5\n", 3, "column 2", "not closed");
}

#[test]
fn a_lone_carriage_return_is_no_line_end() {
    assert_fault("a,b\r1,2\n", 1, "column 2", "carriage return");
    assert_fault("a,b\n1\r,2\n", 2, "column 1", "carriage return");
}

#[test]
fn every_fault_is_told_with_its_line() {
    let lines: Vec<u32> =
        faults("a,b\n1\n2,x\"\n\"two\nlines\",4\n5,6,7\n8,9\n").iter().map(|fault| fault.line).collect();
    assert_eq!(lines, [2, 3, 6]);
    assert_eq!(faults(format!("a,b\n{}", "1\n".repeat(1000))).len(), MAX_FAULTS);
}

#[test]
fn other_encodings_are_refused_with_what_to_do() {
    assert_fault(b"a,b\n1,caf\xe9\n", 2, "file", "not UTF-8");
    assert_fault(b"\xff\xfea\0", 1, "file", "UTF-16");
    assert!(faults(b"\xe9")[0].expected.contains("CSV UTF-8"));
}

#[test]
fn every_limit_holds() {
    assert_fault(vec![b'a'; MAX_BYTES + 1], 0, "file", "more than");
    let wide = vec!["a"; MAX_COLUMNS + 1].join(",");
    assert_fault(&wide, 1, "row", "cells");
    let cell = "x".repeat(MAX_CELL_BYTES);
    assert_eq!(rows(&format!("a,b\n{cell},\"{cell}\"\n")).len(), 1);
    assert_fault(format!("a,b\n{cell}x,1\n"), 2, "column 1", "more than");
    assert_fault(format!("a,b\n1,\"{cell}x\"\n"), 2, "column 2", "not closed");
    assert_eq!(rows(&format!("a\n{}", "1\n".repeat(MAX_ROWS))).len(), MAX_ROWS);
    assert_fault(format!("a\n{}", "1\n".repeat(MAX_ROWS + 1)), 0, "table", "rows");
}

proptest! {
    #[test]
    fn any_bytes_are_answered_without_panic(bytes in any::<Vec<u8>>()) {
        let _ = read(&bytes);
    }

    #[test]
    fn anything_like_a_table_is_answered_with_whole_rows(text in "[ab,;\"\r\n é\u{feff}]{0,60}") {
        match read(text.as_bytes()) {
            Ok(table) => {
                prop_assert!(table.rows().iter().all(|row| row.cells().len() == table.columns().len()));
            }
            Err(faults) => {
                let lines = u32::try_from(text.matches('\n').count() + 1).unwrap();
                prop_assert!(!faults.is_empty());
                prop_assert!(faults.iter().all(|fault| (1..=lines).contains(&fault.line)), "{faults:?}");
            }
        }
    }

    #[test]
    fn what_is_written_is_read_back(cells in prop::collection::vec(("x.{0,20}", "x[ab,;\"\r\n]{0,9}"), 0..9)) {
        let mut written = Writer::new(&["a", "b"]);
        for (a, b) in &cells {
            written.row(&[Cell::Text(a), Cell::Text(b)]);
        }
        let table = read(&written.finish()).unwrap();
        let read: Vec<_> = table.rows().iter().map(|row| (row.cells()[0].clone(), row.cells()[1].clone())).collect();
        prop_assert_eq!(read, cells);
    }
}
