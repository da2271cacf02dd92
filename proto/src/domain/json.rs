//! JSON as it comes from outside, read strictly: each key once, so that two readers cannot see two messages; no
//! number that is none; of bounded size and depth. What the values mean is for
//! [`crate::domain::payload::Payload::from_json`] to say.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use thiserror::Error;

use super::fault::{excerpt, harmless};

/// Largest text, in bytes: as large as the largest payload.
pub const MAX_JSON_BYTES: usize = 1024 * 1024;

/// Deepest nesting of lists and objects; the deepest kind of message nests six.
pub const MAX_JSON_DEPTH: usize = 32;

/// The longest message of the JSON library that is passed on.
const MAX_MESSAGE_CHARS: usize = 200;

/// A text that is not JSON, or not acceptable JSON.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("line {line}, column {column}: {problem}")]
pub struct JsonError {
    /// The line, from 1; 0 if the text was not read.
    pub line: usize,
    /// The byte in the line, from 1; 0 at a line's beginning or if the text was not read.
    pub column: usize,
    /// What is wrong.
    pub problem: String,
}

/// Reads one JSON value and nothing after it.
pub fn read(text: &str) -> Result<Value, JsonError> {
    if text.len() > MAX_JSON_BYTES {
        let problem = format!("has {} bytes; expected at most {MAX_JSON_BYTES}", text.len());
        return Err(JsonError { line: 0, column: 0, problem });
    }
    let depth = Cell::new(0);
    let mut json = serde_json::Deserializer::from_str(text);
    let value = Strict { depth: &depth }.deserialize(&mut json).and_then(|value| json.end().map(|()| value));
    value.map_err(|error| JsonError { line: error.line(), column: error.column(), problem: problem(&error) })
}

/// The library's words without its place, which is told apart. They may quote the text at any length.
fn problem(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
    harmless(message, MAX_MESSAGE_CHARS)
}

/// Reads a value, that much deeper than the whole.
#[derive(Clone, Copy)]
struct Strict<'d> {
    depth: &'d Cell<usize>,
}

impl Strict<'_> {
    /// Within one more list or object.
    fn deeper<T, E: serde::de::Error>(self, read: impl FnOnce(Self) -> Result<T, E>) -> Result<T, E> {
        let depth = self.depth.get() + 1;
        if depth > MAX_JSON_DEPTH {
            return Err(E::custom(format_args!("nests deeper than {MAX_JSON_DEPTH} lists and objects")));
        }
        self.depth.set(depth);
        let value = read(self);
        self.depth.set(depth - 1);
        value
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("a number out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        self.deeper(|seed| {
            let mut values = Vec::new();
            while let Some(value) = list.next_element_seed(seed)? {
                values.push(value);
            }
            Ok(Value::Array(values))
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        self.deeper(|seed| {
            let mut values = Map::new();
            while let Some(key) = object.next_key::<String>()? {
                if values.contains_key(&key) {
                    return Err(A::Error::custom(format_args!("the key `{}` stands twice", excerpt(&key))));
                }
                values.insert(key, object.next_value_seed(seed)?);
            }
            Ok(Value::Object(values))
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn refused(text: &str, line: usize, problem: &str) {
        let error = read(text).unwrap_err();
        assert!(error.line == line && error.problem.contains(problem), "{error}");
    }

    #[test]
    fn a_key_that_stands_twice_is_refused_at_any_depth() {
        refused("{\n\"a\": 1,\n\"a\": 1}", 3, "`a` stands twice");
        refused("[{\"b\":\n {\"c\": [], \"\\u0063\": []}}]", 2, "`c` stands twice");
        refused("{\"\\u001b[31m\": 1, \"\\u001b[31m\": 2}", 1, "`\\u{1b}[31m` stands twice");
    }

    #[test]
    fn the_column_is_told() {
        let error = read("{\n  \"a\": tru }").unwrap_err();
        assert_eq!((error.line, error.column), (2, 11), "{error}");
    }

    #[test]
    fn what_is_no_number_no_text_or_no_end_is_refused() {
        refused("[1e999]", 1, "out of range");
        refused("[-1e999]", 1, "out of range");
        refused(r#"["\ud800"]"#, 1, "hex escape");
        refused(r#"["\udc00\ud800"]"#, 1, "surrogate");
        refused("[NaN]", 1, "expected value");
        refused("[01]", 1, "number");
        refused("[1,]", 1, "trailing comma");
        refused("{} {}", 1, "trailing characters");
        refused("", 1, "EOF");
        refused("\u{feff}{}", 1, "expected value");
    }

    #[test]
    fn size_and_depth_are_bounded() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(read(&nested(MAX_JSON_DEPTH)).is_ok());
        refused(&nested(MAX_JSON_DEPTH + 1), 1, "nests deeper");
        refused(&"[".repeat(MAX_JSON_BYTES), 1, "nests deeper");
        refused(&format!("[{}]", vec!["[]"; 100].join(",")).replace("[]]", "[]],"), 1, "trailing");
        assert!(read(&format!("[{}]", vec!["[]"; 100].join(","))).is_ok(), "depth is not breadth");
        refused(&" ".repeat(MAX_JSON_BYTES + 1), 0, "at most 1048576");
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn sound_json_is_read_as_the_library_reads_it(value in values()) {
            prop_assert_eq!(read(&value.to_string()), Ok(value));
        }

        #[test]
        fn any_text_is_answered(text in "[\\[\\]{}\",:0-9eE.+\\\\utrfnal -]{0,60}") {
            let lenient = serde_json::from_str::<Value>(&text);
            prop_assert!(read(&text).is_err() || lenient.is_ok());
        }
    }
}
