//! The faults found so far, and where each element of the alert stood in the file.

use std::collections::{HashMap, HashSet};

use super::Fault;
use super::source::Lines;
use crate::domain::alert::limits::MAX_FAULTS;
use crate::domain::fault::{Finding, Path, ValueError};

pub(super) struct Report {
    pub(super) lines: Lines,
    pub(super) notices: Vec<String>,
    faults: Vec<Fault>,
    /// Elements already reported: what the rules of content say of them means nothing.
    blamed: HashSet<String>,
    /// Where the elements of the alert stood in the file, by their paths in the alert.
    places: HashMap<String, Place>,
}

struct Place {
    /// The path in the file: it counts elements that are left out of the alert for being empty.
    element: String,
    line: u32,
}

impl Report {
    pub(super) fn new(lines: Lines) -> Self {
        Self { lines, notices: vec![], faults: vec![], blamed: HashSet::new(), places: HashMap::new() }
    }

    /// Remembers that `model`, a path in the alert, stood at `element` of the file.
    pub(super) fn place(&mut self, model: &Path, element: &Path, line: u32) {
        self.places.insert(model.to_string(), Place { element: element.to_string(), line });
    }

    /// The line of an element that was placed.
    pub(super) fn line_of(&self, model: &Path) -> u32 {
        self.located(model).1
    }

    pub(super) fn fault(&mut self, element: String, line: u32, error: ValueError) {
        let ValueError { message, expected } = error;
        self.faults.push(Fault { element, line, message, expected });
    }

    /// Reports an element that could not be read into the alert.
    pub(super) fn blame(&mut self, model: &Path, error: ValueError) {
        let (element, line) = self.located(model);
        self.blamed.insert(model.to_string());
        self.fault(element, line, error);
    }

    /// Reports an element that is missing where `line` should have it.
    pub(super) fn missing(&mut self, model: &Path, line: u32, error: ValueError) {
        self.blamed.insert(model.to_string());
        self.fault(model.to_string(), line, error);
    }

    /// Reports what the rules of content found, but for elements that could not be read anyway.
    pub(super) fn findings(&mut self, findings: Vec<Finding>) {
        for finding in findings {
            let blamed = |path: &Path| self.blamed.contains(&path.to_string());
            if blamed(&finding.path) || finding.also.as_ref().is_some_and(blamed) {
                continue;
            }
            let (element, line) = self.located(&finding.path);
            self.fault(element, line, finding.error);
        }
    }

    /// The element in the file, with its line or the line of the nearest element around it.
    fn located(&self, model: &Path) -> (String, u32) {
        let path = model.to_string();
        if let Some(place) = self.places.get(&path) {
            return (place.element.clone(), place.line);
        }
        let mut around = path.as_str();
        while let Some((parent, _)) = around.rsplit_once('/') {
            if let Some(place) = self.places.get(parent) {
                return (path.clone(), place.line);
            }
            around = parent;
        }
        (path, 0)
    }

    /// The faults in the order of the file, as many as are worth reading.
    pub(super) fn into_faults(mut self) -> Vec<Fault> {
        self.faults.sort_by_key(|fault| fault.line);
        self.faults.truncate(MAX_FAULTS);
        self.faults
    }
}
