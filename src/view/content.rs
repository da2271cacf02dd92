//! Headers, references, grounds and fields of any kind, for people and programs.

use karakoro_proto::domain::fields;
use karakoro_proto::envelope::Header;
use serde_json::{Value, json};

/// What a header says beside references and grounds.
pub(crate) fn header_json(header: &Header) -> Value {
    json!({
        "kind": header.kind.as_str(),
        "station": header.station.to_string(),
        "recipient": header.recipient.to_string(),
        "created": header.created,
        "expires": header.expires,
        "mode": header.mode,
        "priority": header.priority,
        "tlp": header.tlp,
    })
}

/// The messages that a header refers to.
pub(crate) fn references_json(header: &Header) -> Vec<Value> {
    let told = |reference: &karakoro_proto::envelope::Reference| {
        json!({
            "id": reference.id.to_string(), "relation": reference.relation.as_str(),
        })
    };
    header.refs.iter().map(told).collect()
}

/// Every field on a line of its own, indented; lines of a text stay below each other.
pub(crate) fn fields_text(json: &Value) -> String {
    let mut text = String::new();
    for fields::Field { path, value } in fields::list(json) {
        text.push_str(&format!("    {path}: {}\n", value.replace('\n', "\n      ")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_stands_on_a_line_of_its_own() {
        let json = json!({ "subject": { "names": [{ "value": "Exemple" }] }, "text": "une\ndeux" });
        assert_eq!(fields_text(&json), "    subject.names[0].value: Exemple\n    text: une\n      deux\n");
    }
}
