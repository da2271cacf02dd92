//! Any content of a kind, by the JSON schema that is published for it.

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::BoxedStrategy;
use proptest::string::string_regex;
use serde_json::{Map, Value};

/// Values that a schema admits: every keyword that ours use is heeded, an unknown one is a panic.
pub(crate) fn values(schema: &Value) -> BoxedStrategy<Value> {
    if let Some(choices) = schema["enum"].as_array() {
        return select(choices.clone()).boxed();
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        return proptest::strategy::Union::new(choices.iter().map(values)).boxed();
    }
    match schema["type"].as_str().unwrap() {
        "object" => objects(schema),
        "array" => {
            let most = usize::try_from(schema["maxItems"].as_u64().unwrap()).unwrap();
            vec(values(&schema["items"]), 0..=most.min(3)).prop_map(Value::from).boxed()
        }
        "string" => strings(schema),
        "integer" => {
            let bound = |keyword: &str| schema[keyword].as_u64().unwrap();
            (bound("minimum")..=bound("maximum")).prop_map(Value::from).boxed()
        }
        "boolean" => any::<bool>().prop_map(Value::from).boxed(),
        other => panic!("type {other}"),
    }
}

fn objects(schema: &Value) -> BoxedStrategy<Value> {
    let required: Vec<_> =
        schema["required"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    let mut fields = Just(Map::new()).boxed();
    for (name, schema) in schema["properties"].as_object().unwrap() {
        let value = if required.contains(&name.as_str()) {
            values(schema).prop_map(Some).boxed()
        } else {
            of(values(schema)).boxed()
        };
        let name = name.clone();
        fields = (fields, value)
            .prop_map(move |(mut fields, value)| {
                fields.extend(value.map(|value| (name.clone(), value)));
                fields
            })
            .boxed();
    }
    fields.prop_map(Value::Object).boxed()
}

fn strings(schema: &Value) -> BoxedStrategy<Value> {
    let most = schema["maxLength"].as_u64();
    let text = |regex: &str| string_regex(regex).unwrap().prop_map(Value::from).boxed();
    match (schema["format"].as_str(), schema["pattern"].as_str(), most) {
        (Some("date-time"), ..) => (0..crate::time::UnixMillis::MAX.millis())
            .prop_map(|millis| crate::time::UnixMillis::new(millis).unwrap().to_string().into())
            .boxed(),
        (Some("uuid"), ..) => text("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}"),
        (None, Some("^[A-Z0-9 ./-]+$"), Some(most)) => text(&format!("[A-Z0-9]{{1,{most}}}")),
        (None, Some("^[A-Z]{2}-[A-Z0-9][A-Z0-9-]*$"), _) => text("(MR|ML)-[A-Z0-9][A-Z0-9-]{0,9}"),
        (None, Some(pattern), None) => text(pattern.trim_start_matches('^').trim_end_matches('$')),
        // The tag of a language is the one short text that must be in Latin letters.
        (None, None, Some(35)) => text("fr|ar|en|ff-Latn"),
        (None, None, Some(most)) => {
            // Bounds count bytes.
            let regex =
                format!("[A-Za-zé0-9ء-ي]([A-Za-zé ء-ي]{{0,{}}}[a-z])?", (most.min(80) / 2).saturating_sub(4));
            text(&regex)
        }
        other => panic!("string {other:?}"),
    }
}
