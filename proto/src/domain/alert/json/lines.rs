//! Which line each element of an alert stands on in its JSON, so that faults of content have lines too.

use std::collections::HashMap;

/// Lines by element path (`alert/info[1]/area[1]/areaDesc`), of JSON that is known to be well-formed.
///
/// Nothing here is relied on but for a report: an element that is not found has line 0.
pub(super) struct Lines(HashMap<String, u32>);

impl Lines {
    pub(super) fn of(text: &str) -> Self {
        let mut scan = Scan { rest: text.as_bytes(), line: 1, lines: HashMap::new() };
        scan.value("alert".to_owned());
        Self(scan.lines)
    }

    /// The line of an element, or of the nearest one around it.
    pub(super) fn at(&self, element: &str) -> u32 {
        let mut path = element;
        loop {
            if let Some(line) = self.0.get(path) {
                return *line;
            }
            let Some((parent, _)) = path.rsplit_once('/') else { return 0 };
            path = parent;
        }
    }
}

struct Scan<'t> {
    rest: &'t [u8],
    line: u32,
    lines: HashMap<String, u32>,
}

impl Scan<'_> {
    /// Passes over one value. Its depth is bounded: JSON of an alert nests four levels.
    fn value(&mut self, path: String) {
        match self.peek() {
            Some(b'{') => {
                self.lines.insert(path.clone(), self.line);
                self.object(&path);
            }
            Some(b'[') => {
                self.lines.insert(path.clone(), self.line);
                self.array(&path);
            }
            _ => {
                self.lines.insert(path, self.line);
                self.scalar();
            }
        }
    }

    fn object(&mut self, path: &str) {
        self.next();
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    let key = self.string();
                    self.skip(b':');
                    self.value(format!("{path}/{key}"));
                }
                b',' => self.next(),
                _ => return self.next(),
            }
        }
    }

    fn array(&mut self, path: &str) {
        self.next();
        let mut count = 0;
        while let Some(byte) = self.peek() {
            match byte {
                b']' => return self.next(),
                b',' => self.next(),
                _ => {
                    count += 1;
                    self.value(format!("{path}[{count}]"));
                }
            }
        }
    }

    fn scalar(&mut self) {
        if self.peek() == Some(b'"') {
            self.string();
            return;
        }
        self.next();
        while self
            .rest
            .first()
            .is_some_and(|byte| !matches!(byte, b',' | b']' | b'}') && !byte.is_ascii_whitespace())
        {
            self.next();
        }
    }

    /// A string, without regard to what its escapes mean: the keys of an alert have none.
    fn string(&mut self) -> String {
        self.next();
        let text = self.rest;
        let mut length = 0;
        while let Some(byte) = self.rest.first().copied().filter(|byte| *byte != b'"') {
            let step = if byte == b'\\' { 2 } else { 1 };
            length += step;
            self.rest = self.rest.get(step..).unwrap_or_default();
        }
        self.next();
        String::from_utf8_lossy(text.get(..length).unwrap_or_default()).into_owned()
    }

    fn skip(&mut self, byte: u8) {
        if self.peek() == Some(byte) {
            self.next();
        }
    }

    /// The next byte that is not white space.
    fn peek(&mut self) -> Option<u8> {
        while let Some(byte) = self.rest.first().copied() {
            if !byte.is_ascii_whitespace() {
                return Some(byte);
            }
            self.next();
        }
        None
    }

    fn next(&mut self) {
        if let Some((byte, rest)) = self.rest.split_first() {
            self.line = self.line.saturating_add(u32::from(*byte == b'\n'));
            self.rest = rest;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_found_on_their_lines() {
        let text =
            "{\n\"note\": \"a\\\"\\\\\",\n\"info\": [\n{ \"size\": 12,\n\"area\": [{\"x\":[1,\n2]}]}, {}]}";
        let lines = Lines::of(text);
        assert_eq!(lines.at("alert/note"), 2);
        assert_eq!(lines.at("alert/info[1]/size"), 4);
        assert_eq!(lines.at("alert/info[1]/area[1]/x[2]"), 6);
        assert_eq!(lines.at("alert/info[2]/area[9]/y"), 6);
        assert_eq!(lines.at("alert/scope"), 1);
    }
}
