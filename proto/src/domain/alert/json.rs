//! The JSON form, for `karakoro cap check`, `karakoro send` and the gateway. Its shape is told in the
//! module above.

mod lines;

use serde_json::error::Category;

use super::Alert;
use super::limits::MAX_JSON_BYTES;
use crate::domain::fault::{Fault, harmless};
use lines::Lines;

/// The longest message of the JSON library lists the keys of an info.
const MAX_MESSAGE_CHARS: usize = 500;

impl Alert {
    /// Reads the JSON form, and accepts it only if [`Self::validate`] finds nothing.
    ///
    /// # Errors
    /// One fault where the text is not the JSON of an alert, else every fault of the content; with
    /// their lines.
    pub fn from_json(text: &str) -> Result<Self, Vec<Fault>> {
        if text.len() > MAX_JSON_BYTES {
            let message = format!("has {} bytes", text.len());
            return Err(vec![fault(0, message, format!("at most {MAX_JSON_BYTES}"))]);
        }
        let alert: Self = serde_json::from_str(text).map_err(|error| vec![unreadable(&error)])?;
        let mut faults = alert.validate();
        if faults.is_empty() {
            return Ok(alert);
        }
        let lines = Lines::of(text);
        for fault in &mut faults {
            fault.line = lines.at(&fault.element);
        }
        faults.sort_by_key(|fault| fault.line);
        Err(faults)
    }

    /// The JSON form, indented for people; [`Self::from_json`] reads it back.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("strings and numbers under string keys always serialise")
    }
}

fn unreadable(error: &serde_json::Error) -> Fault {
    let line = u32::try_from(error.line()).unwrap_or(0);
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
    if let Some((message, expected)) = text.rsplit_once("; expected ") {
        return fault(line, message.to_owned(), expected.to_owned());
    }
    let expected = match error.classify() {
        Category::Data => "the JSON form of an alert, as `karakoro cap check` prints it",
        Category::Syntax | Category::Eof | Category::Io => "one JSON object and nothing after it",
    };
    // The library quotes keys and values as they stand, at any length.
    let message = harmless(text, MAX_MESSAGE_CHARS);
    fault(line, format!("{message} (column {})", error.column()), expected.to_owned())
}

fn fault(line: u32, message: String, expected: String) -> Fault {
    Fault { element: "alert".to_owned(), line, message, expected }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{alerts, sample};
    use super::*;
    use proptest::prelude::*;

    fn only_fault(text: &str) -> Fault {
        let faults = Alert::from_json(text).unwrap_err();
        assert_eq!(faults.len(), 1, "{faults:?}");
        faults.into_iter().next().unwrap()
    }

    fn spoiled(from: &str, to: &str) -> Fault {
        let json = sample().to_json();
        assert!(json.contains(from), "{json}");
        only_fault(&json.replacen(from, to, 1))
    }

    #[test]
    fn the_json_form_has_the_keys_of_cap() {
        let json = sample().to_json();
        for part in [
            r#""msgType": "Alert""#,
            r#""sent": "2026-01-15T10:04:05-00:00""#,
            r#""areaDesc": "Adel Bagrou""#,
            r#""15.495,-7.03 25""#,
            r#""derefUri": "aGVsbG8=""#,
            r#""responseType": ["#,
        ] {
            assert!(json.contains(part), "{part} in {json}");
        }
        assert!(!json.contains("null") && !json.contains("[]"));
    }

    #[test]
    fn a_repeated_key_is_refused_with_its_line() {
        let fault = spoiled(r#""sender":"#, "\"sender\": \"x\",\n  \"sender\":");
        assert_eq!(fault.line, 4);
        assert!(fault.message.contains("duplicate field `sender`"), "{fault}");
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line() {
        let fault = spoiled(r#""scope":"#, "\"colour\": 1, \"scope\":");
        assert!(fault.line > 1 && fault.message.contains("unknown field `colour`"), "{fault}");
    }

    #[test]
    fn hostile_keys_do_not_reach_the_terminal() {
        let fault = spoiled(r#""scope":"#, r#""\u001b[31m\u202e": 1, "scope":"#);
        assert!(fault.message.contains(r"\u{1b}[31m\u{202e}"), "{fault}");
        let long = spoiled(r#""scope":"#, &format!("\"{}\": 1, \"scope\":", "x".repeat(10_000)));
        assert!(long.message.len() < 600);
    }

    #[test]
    fn lone_surrogates_huge_numbers_and_deep_nesting_are_refused() {
        assert!(spoiled("Vol de", r"\ud800 de").message.contains("hex escape"));
        assert!(spoiled(r#""size": 5"#, r#""size": 1e999"#).message.contains("number out of range"));
        assert!(spoiled(r#""size": 5"#, r#""size": -5"#).line > 1);
        only_fault(&"[".repeat(100_000));
        only_fault(&format!("{{\"note\": {}", "{\"a\":".repeat(10_000)));
    }

    #[test]
    fn text_after_the_alert_is_refused() {
        let json = format!("{} {{}}", sample().to_json());
        assert!(only_fault(&json).message.contains("trailing"));
        only_fault("");
        only_fault("null");
    }

    #[test]
    fn a_time_with_z_is_refused_with_its_line_and_the_right_form() {
        let fault = spoiled("10:04:05-00:00", "10:04:05Z");
        assert_eq!((fault.line, fault.expected.as_str()), (4, "`2026-01-15T10:04:05-00:00`"));
    }

    #[test]
    fn content_is_held_to_the_rules_of_cap() {
        let fault = spoiled("hq.dst@mr.border.example", "hq dst");
        assert_eq!((fault.element.as_str(), fault.line), ("alert/sender", 3));
        let fault = spoiled("Adel Bagrou", "<b>Adel</b>");
        assert_eq!(fault.element, "alert/info[1]/area[1]/areaDesc");
        let line = sample().to_json().lines().position(|line| line.contains("Adel Bagrou")).unwrap();
        assert_eq!(usize::try_from(fault.line).unwrap(), line + 1);
    }

    #[test]
    fn oversize_json_is_refused_unread() {
        assert!(only_fault(&" ".repeat(MAX_JSON_BYTES + 1)).message.contains("bytes"));
    }

    proptest! {
        #[test]
        fn alerts_survive_their_json(alert in alerts()) {
            prop_assert_eq!(Alert::from_json(&alert.to_json()), Ok(alert));
        }

        #[test]
        fn any_text_is_answered_without_panic(text in ".*") {
            let _ = Alert::from_json(&text);
        }
    }
}
