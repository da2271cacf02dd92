//! The fields of a message as a list, and what differs between two: for people, and so that a change is told field
//! by field.

use std::collections::BTreeMap;

use serde_json::Value;

/// One field, by its path: `subject.person.names[0].value`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field {
    /// Counted from zero.
    pub path: String,
    /// As it stands.
    pub value: String,
}

/// A field that is not the same in two contents.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// Counted from zero.
    pub path: String,
    /// As it stood; `None` where it did not.
    pub old: Option<String>,
    /// As it stands; `None` where it does no longer.
    pub new: Option<String>,
}

/// Every value of a JSON tree with its path, in order.
#[must_use]
pub fn list(json: &Value) -> Vec<Field> {
    let mut fields = Vec::new();
    walk(json, String::new(), &mut fields);
    fields
}

fn walk(json: &Value, path: String, fields: &mut Vec<Field>) {
    match json {
        Value::Object(object) => {
            for (key, value) in object {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                walk(value, path, fields);
            }
        }
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                walk(value, format!("{path}[{index}]"), fields);
            }
        }
        Value::String(text) => fields.push(Field { path, value: text.clone() }),
        other => fields.push(Field { path, value: other.to_string() }),
    }
}

/// What was changed from `old` to `new`, by path.
#[must_use]
pub fn difference(old: &Value, new: &Value) -> Vec<Difference> {
    let map = |json| list(json).into_iter().map(|field| (field.path, field.value)).collect();
    let (old, mut new): (BTreeMap<String, String>, BTreeMap<String, String>) = (map(old), map(new));
    let mut found: Vec<Difference> = old
        .into_iter()
        .filter_map(|(path, old)| {
            let new = new.remove(&path);
            (new.as_ref() != Some(&old)).then_some(Difference { path, old: Some(old), new })
        })
        .collect();
    found.extend(new.into_iter().map(|(path, new)| Difference { path, old: None, new: Some(new) }));
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_difference_names_what_changed_came_and_went() {
        let old = json!({ "a": { "b": [1, 2] }, "c": "x", "same": true });
        let new = json!({ "a": { "b": [1, 3, 4] }, "same": true });
        let told: Vec<_> = difference(&old, &new)
            .into_iter()
            .map(|Difference { path, old, new }| (path, old.unwrap_or_default(), new.unwrap_or_default()))
            .collect();
        let expected = [("a.b[1]", "2", "3"), ("a.b[2]", "", "4"), ("c", "x", "")];
        assert_eq!(told, expected.map(|(path, old, new)| (path.to_owned(), old.to_owned(), new.to_owned())));
        assert!(difference(&old, &old).is_empty());
    }
}
