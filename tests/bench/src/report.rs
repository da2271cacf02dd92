//! What was measured, for people and for programs.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

/// One measurement with the limits that stood beside it.
#[derive(Debug)]
pub(crate) struct Report {
    name: &'static str,
    figures: Vec<Figure>,
    targets: Vec<Target>,
}

#[derive(Debug)]
struct Figure {
    key: &'static str,
    value: f64,
    unit: &'static str,
}

#[derive(Debug)]
struct Target {
    text: String,
    met: bool,
}

impl Report {
    pub(crate) fn new(name: &'static str) -> Self {
        Self { name, figures: Vec::new(), targets: Vec::new() }
    }

    /// Adds a figure; its key is what programs look for, and reads as words for people.
    pub(crate) fn figure(&mut self, key: &'static str, value: f64, unit: &'static str) {
        self.figures.push(Figure { key, value, unit });
    }

    /// Says whether `value` is at most `limit`.
    pub(crate) fn at_most(&mut self, what: &str, value: f64, limit: f64, unit: &str) {
        let text = format!("{what}: {} {unit}, wanted at most {} {unit}", round(value), round(limit));
        self.targets.push(Target { text, met: value <= limit });
    }

    /// Says whether `value` is at least `limit`.
    pub(crate) fn at_least(&mut self, what: &str, value: f64, limit: f64, unit: &str) {
        let text = format!("{what}: {} {unit}, wanted at least {} {unit}", round(value), round(limit));
        self.targets.push(Target { text, met: value >= limit });
    }

    #[expect(clippy::print_stdout, reason = "the one place where results are printed")]
    pub(crate) fn print(&self, json: bool) {
        if json {
            println!("{}", self.to_json());
        } else {
            print!("{}", self.to_text());
        }
    }

    fn to_text(&self) -> String {
        let mut text = format!("{}\n", self.name);
        for Figure { key, value, unit } in &self.figures {
            _ = writeln!(text, "  {:<44} {:>12} {unit}", key.replace('_', " "), round(*value));
        }
        for Target { text: target, met } in &self.targets {
            _ = writeln!(text, "  {:<8} {target}", if *met { "met" } else { "not met" });
        }
        text
    }

    fn to_json(&self) -> Value {
        let figures: Map<String, Value> = self
            .figures
            .iter()
            .map(|figure| (figure.key.to_owned(), json!({ "value": figure.value, "unit": figure.unit })))
            .collect();
        let targets: Vec<Value> =
            self.targets.iter().map(|target| json!({ "text": target.text, "met": target.met })).collect();
        json!({
            "schema": format!("karakoro/bench-{}/1", self.name),
            "figures": figures,
            "targets": targets,
        })
    }
}

/// As many digits as mean something.
fn round(value: f64) -> String {
    match value.abs() {
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// The value below which `share` of the sorted values lie.
pub(crate) fn quantile(sorted: &[f64], share: f64) -> f64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the slice")]
    let position = (share * sorted.len() as f64) as usize;
    sorted.get(position.min(sorted.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}

/// Sorts, so that [`quantile`] can be asked.
pub(crate) fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}
