//! From rows to a file, in UTF-8 with a byte order mark, without which spreadsheets take accents and Arabic for
//! another encoding. Lines end in CR LF.

use super::BYTE_ORDER_MARK;

/// One value of a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Cell<'a> {
    /// Somebody's words. What a spreadsheet would run as a formula gets an apostrophe before it, which is how
    /// spreadsheets themselves mark text.
    Text(&'a str),
    /// Ours by its form: a number, whose minus sign is no formula, a date, or nothing.
    Plain(&'a str),
}

/// A table in the making.
#[derive(Debug)]
pub(crate) struct Writer {
    text: String,
    columns: usize,
}

impl Writer {
    /// A table with these columns.
    pub(crate) fn new(columns: &[&str]) -> Self {
        let mut table = Self { text: BYTE_ORDER_MARK.to_owned(), columns: columns.len() };
        table.row(&columns.iter().map(|name| Cell::Plain(name)).collect::<Vec<_>>());
        table
    }

    /// Adds a row, which has a cell for each column.
    pub(crate) fn row(&mut self, cells: &[Cell<'_>]) {
        assert_eq!(cells.len(), self.columns, "a cell for each column");
        for (index, cell) in cells.iter().enumerate() {
            if index > 0 {
                self.text.push(',');
            }
            self.cell(*cell);
        }
        self.text.push_str("\r\n");
    }

    /// The file.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.text.into_bytes()
    }

    fn cell(&mut self, cell: Cell<'_>) {
        let (mark, text) = match cell {
            Cell::Text(text) if begins_formula(text) => ("'", text),
            Cell::Text(text) | Cell::Plain(text) => ("", text),
        };
        let quoted = text.contains([',', '"', '\r', '\n']) || text.trim() != text;
        let quote = if quoted { "\"" } else { "" };
        self.text.extend([quote, mark, &text.replace('"', "\"\""), quote]);
    }
}

/// Whether a spreadsheet could take `text` for a formula: by its first character, also in the full width of
/// East Asian keyboards, which some spreadsheets accept; or after a tab or line end, which some skip.
fn begins_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_cell(cell: Cell<'_>, expected: &str) {
        let mut table = Writer::new(&["a", "b"]);
        table.row(&[cell, Cell::Plain("")]);
        let text = String::from_utf8(table.finish()).unwrap();
        assert_eq!(text, format!("\u{feff}a,b\r\n{expected},\r\n"));
    }

    #[test]
    fn an_equals_sign_is_no_formula() {
        assert_cell(Cell::Text("=1+1"), "'=1+1");
        assert_cell(Cell::Text("=HYPERLINK(\"x\",\"y\")"), "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\"");
        assert_cell(Cell::Text("＝1"), "'＝1");
    }

    #[test]
    fn a_plus_sign_is_no_formula() {
        assert_cell(Cell::Text("+222 00 00 00 00"), "'+222 00 00 00 00");
        assert_cell(Cell::Text("＋1"), "'＋1");
    }

    #[test]
    fn a_minus_sign_is_no_formula_but_a_negative_number_stays_one() {
        assert_cell(Cell::Text("-1+1|x"), "'-1+1|x");
        assert_cell(Cell::Text("－1"), "'－1");
        assert_cell(Cell::Plain("-7.03"), "-7.03");
    }

    #[test]
    fn an_at_sign_is_no_formula() {
        assert_cell(Cell::Text("@SUM(A1)"), "'@SUM(A1)");
        assert_cell(Cell::Text("＠SUM"), "'＠SUM");
    }

    #[test]
    fn a_tab_is_no_formula() {
        assert_cell(Cell::Text("\t=1"), "\"'\t=1\"");
    }

    #[test]
    fn a_carriage_return_is_no_formula_and_no_new_row() {
        assert_cell(Cell::Text("\r=1"), "\"'\r=1\"");
        assert_cell(Cell::Text("\n=1"), "\"'\n=1\"");
    }

    #[test]
    fn commas_quotes_line_ends_and_outer_spaces_are_quoted() {
        assert_cell(Cell::Text("a,b"), "\"a,b\"");
        assert_cell(Cell::Text("a \"b\""), "\"a \"\"b\"\"\"");
        assert_cell(Cell::Text("a\r\nb"), "\"a\r\nb\"");
        assert_cell(Cell::Text(" a"), "\" a\"");
        assert_cell(Cell::Text("عدل بكرو"), "عدل بكرو");
        assert_cell(Cell::Text("a=b"), "a=b");
    }
}
