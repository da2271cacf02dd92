//! Parts of messages: declared once, read and written in three forms.
//!
//! A kind of message is declared with `record!`: its fields, whether they must stand, how many there may
//! be. From that one declaration come the struct, its protobuf form, its JSON form and the JSON schema, and
//! every reader names the field at fault in the same way. What a single value may be is the business of
//! its type, which implements [`Part`].

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::breach::{At, Breaches};
use super::fault::excerpt;
use crate::envelope::MessageId;
use crate::time::UnixMillis;

/// A value that a message may hold.
pub trait Part: Sized {
    /// How it stands in the generated protobuf types.
    type Pb;

    /// For protobuf.
    fn to_pb(&self) -> Self::Pb;

    /// From protobuf; says what is wrong where it returns `None`.
    fn from_pb(pb: Self::Pb, at: &At<'_>, breaches: &mut Breaches) -> Option<Self>;

    /// For JSON.
    fn to_json(&self) -> Value;

    /// From JSON; says what is wrong where it returns `None`.
    fn from_json(json: &Value, at: &At<'_>, breaches: &mut Breaches) -> Option<Self>;

    /// The JSON schema of the values, in the 2020-12 dialect.
    fn schema() -> Value;
}

/// Declares a record: a struct whose fields are parts.
///
/// Each field is `one` (must stand), `rec` (a record that must stand), `opt` (may be absent) or
/// `many T[MOST]` (a list, in its order).
macro_rules! record {
    (
        $(#[$doc:meta])* $name:ident, $pb:ty {
            $($(#[doc = $fdoc:literal])+ $field:ident: $mode:ident $ty:ty $([$most:expr])?),+ $(,)?
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Debug)]
        pub struct $name {
            $($(#[doc = $fdoc])+ pub $field: $crate::domain::part::field_type!($mode $ty)),+
        }

        impl $crate::domain::part::Part for $name {
            type Pb = $pb;

            fn to_pb(&self) -> Self::Pb {
                type Pb = $pb;
                Pb { $($field: $crate::domain::part::$mode::to_pb(&self.$field)),+ }
            }

            fn from_pb(
                pb: Self::Pb,
                at: &$crate::domain::breach::At<'_>,
                breaches: &mut $crate::domain::breach::Breaches,
            ) -> Option<Self> {
                // All fields are read before any is missed, so that every fault is told at once.
                $(let $field = $crate::domain::part::$mode::from_pb(
                    pb.$field, at, $crate::domain::part::field_name(stringify!($field)), $($most,)? breaches,
                );)+
                Some(Self { $($field: $field?),+ })
            }

            fn to_json(&self) -> serde_json::Value {
                let mut object = serde_json::Map::new();
                $($crate::domain::part::$mode::to_json(
                    &self.$field, $crate::domain::part::field_name(stringify!($field)), &mut object,
                );)+
                serde_json::Value::Object(object)
            }

            fn from_json(
                json: &serde_json::Value,
                at: &$crate::domain::breach::At<'_>,
                breaches: &mut $crate::domain::breach::Breaches,
            ) -> Option<Self> {
                const NAMES: &[&str] = &[$($crate::domain::part::field_name(stringify!($field))),+];
                let object = $crate::domain::part::object(json, NAMES, at, breaches)?;
                $(let $field = $crate::domain::part::$mode::from_json(
                    object, at, $crate::domain::part::field_name(stringify!($field)), $($most,)? breaches,
                );)+
                Some(Self { $($field: $field?),+ })
            }

            fn schema() -> serde_json::Value {
                let mut schema = $crate::domain::part::ObjectSchema::default();
                $($crate::domain::part::$mode::schema::<$ty>(
                    &mut schema,
                    $crate::domain::part::field_name(stringify!($field)),
                    concat!($($fdoc),+)
                    $(, $most)?
                );)+
                schema.into_value()
            }
        }
    };
}

/// The type of a field by its mode.
macro_rules! field_type {
    (opt $ty:ty) => { Option<$ty> };
    (many $ty:ty) => { Vec<$ty> };
    ($mode:ident $ty:ty) => { $ty };
}

pub(crate) use {field_type, record};

/// The name of a field in the schema: `r#type` is `type`.
pub(crate) const fn field_name(identifier: &str) -> &str {
    match identifier.as_bytes() {
        [b'r', b'#', ..] => identifier.split_at(2).1,
        _ => identifier,
    }
}

/// The JSON schema of a record, field by field.
#[derive(Debug, Default)]
pub(crate) struct ObjectSchema {
    properties: Map<String, Value>,
    required: Vec<&'static str>,
}

impl ObjectSchema {
    fn property(&mut self, name: &str, doc: &str, mut schema: Value) {
        if let Value::Object(keywords) = &mut schema {
            keywords.insert("description".to_owned(), prose(doc).into());
        }
        self.properties.insert(name.to_owned(), schema);
    }

    pub(crate) fn into_value(self) -> Value {
        json!({
            "type": "object", "additionalProperties": false,
            "properties": self.properties, "required": self.required,
        })
    }
}

/// The text of a comment, without the marks of its links to items.
pub(crate) fn prose(doc: &str) -> String {
    doc.trim().replace("[`", "`").replace("`]", "`")
}

/// An object that has none but these keys.
pub(crate) fn object<'a>(
    json: &'a Value,
    names: &[&str],
    at: &At<'_>,
    breaches: &mut Breaches,
) -> Option<&'a Map<String, Value>> {
    let Value::Object(object) = json else {
        breaches.content(at, format!("is {}", sort(json)), "an object");
        return None;
    };
    for key in object.keys().filter(|key| !names.contains(&key.as_str())) {
        breaches.content(&at.field(&excerpt(key)), "is not a field of this object", names.join(", "));
    }
    Some(object)
}

/// What sort of JSON value this is, for people.
pub(crate) fn sort(json: &Value) -> &'static str {
    match json {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Fields that must stand.
pub(crate) mod one {
    use super::{At, Breaches, Map, ObjectSchema, Part, Value};

    pub(crate) fn to_pb<T: Part>(value: &T) -> T::Pb {
        value.to_pb()
    }

    pub(crate) fn from_pb<T: Part>(pb: T::Pb, at: &At<'_>, name: &str, breaches: &mut Breaches) -> Option<T> {
        T::from_pb(pb, &at.field(name), breaches)
    }

    pub(crate) fn to_json<T: Part>(value: &T, name: &str, object: &mut Map<String, Value>) {
        object.insert(name.to_owned(), value.to_json());
    }

    pub(crate) fn from_json<T: Part>(
        object: &Map<String, Value>,
        at: &At<'_>,
        name: &str,
        breaches: &mut Breaches,
    ) -> Option<T> {
        let at = at.field(name);
        let Some(json) = object.get(name) else {
            breaches.content(&at, "is missing", "a value: it must be given");
            return None;
        };
        T::from_json(json, &at, breaches)
    }

    pub(crate) fn schema<T: Part>(schema: &mut ObjectSchema, name: &'static str, doc: &str) {
        schema.property(name, doc, T::schema());
        schema.required.push(name);
    }
}

/// Records that must stand: protobuf always lets a message be absent.
pub(crate) mod rec {
    use super::{At, Breaches, Part};

    pub(crate) use super::one::{from_json, schema, to_json};

    #[expect(clippy::unnecessary_wraps, reason = "the form of a message field in the generated types")]
    pub(crate) fn to_pb<T: Part>(value: &T) -> Option<T::Pb> {
        Some(value.to_pb())
    }

    pub(crate) fn from_pb<T: Part>(
        pb: Option<T::Pb>,
        at: &At<'_>,
        name: &str,
        breaches: &mut Breaches,
    ) -> Option<T> {
        let at = at.field(name);
        if pb.is_none() {
            breaches.content(&at, "is missing", "a value: it must be given");
        }
        T::from_pb(pb?, &at, breaches)
    }
}

/// Fields that may be absent.
pub(crate) mod opt {
    use super::{At, Breaches, Map, ObjectSchema, Part, Value};

    pub(crate) fn to_pb<T: Part>(value: &Option<T>) -> Option<T::Pb> {
        value.as_ref().map(Part::to_pb)
    }

    pub(crate) fn from_pb<T: Part>(
        pb: Option<T::Pb>,
        at: &At<'_>,
        name: &str,
        breaches: &mut Breaches,
    ) -> Option<Option<T>> {
        pb.map_or(Some(None), |pb| T::from_pb(pb, &at.field(name), breaches).map(Some))
    }

    pub(crate) fn to_json<T: Part>(value: &Option<T>, name: &str, object: &mut Map<String, Value>) {
        if let Some(value) = value {
            object.insert(name.to_owned(), value.to_json());
        }
    }

    pub(crate) fn from_json<T: Part>(
        object: &Map<String, Value>,
        at: &At<'_>,
        name: &str,
        breaches: &mut Breaches,
    ) -> Option<Option<T>> {
        let json = object.get(name);
        json.map_or(Some(None), |json| T::from_json(json, &at.field(name), breaches).map(Some))
    }

    pub(crate) fn schema<T: Part>(schema: &mut ObjectSchema, name: &'static str, doc: &str) {
        schema.property(name, doc, T::schema());
    }
}

/// Lists, up to a number of values.
pub(crate) mod many {
    use super::{At, Breaches, Map, ObjectSchema, Part, Value, json, sort};

    pub(crate) fn to_pb<T: Part>(values: &[T]) -> Vec<T::Pb> {
        values.iter().map(Part::to_pb).collect()
    }

    pub(crate) fn from_pb<T: Part>(
        pb: Vec<T::Pb>,
        at: &At<'_>,
        name: &str,
        most: usize,
        breaches: &mut Breaches,
    ) -> Option<Vec<T>> {
        few(pb.len(), &at.field(name), most, breaches)?;
        let read = pb.into_iter().enumerate();
        // Read to the end, then judged: every value at fault is named.
        let read: Vec<_> = read.map(|(index, pb)| T::from_pb(pb, &at.item(name, index), breaches)).collect();
        read.into_iter().collect()
    }

    pub(crate) fn to_json<T: Part>(values: &[T], name: &str, object: &mut Map<String, Value>) {
        if !values.is_empty() {
            object.insert(name.to_owned(), values.iter().map(Part::to_json).collect());
        }
    }

    pub(crate) fn from_json<T: Part>(
        object: &Map<String, Value>,
        at: &At<'_>,
        name: &str,
        most: usize,
        breaches: &mut Breaches,
    ) -> Option<Vec<T>> {
        let Some(json) = object.get(name) else { return Some(Vec::new()) };
        let Value::Array(values) = json else {
            breaches.content(&at.field(name), format!("is {}", sort(json)), "a list");
            return None;
        };
        few(values.len(), &at.field(name), most, breaches)?;
        let read = values.iter().enumerate();
        let read: Vec<_> =
            read.map(|(index, json)| T::from_json(json, &at.item(name, index), breaches)).collect();
        read.into_iter().collect()
    }

    pub(crate) fn schema<T: Part>(schema: &mut ObjectSchema, name: &'static str, doc: &str, most: usize) {
        let list = json!({ "type": "array", "items": T::schema(), "maxItems": most });
        schema.property(name, doc, list);
    }

    fn few(count: usize, at: &At<'_>, most: usize, breaches: &mut Breaches) -> Option<()> {
        if count > most {
            breaches.content(at, format!("has {count} values"), format!("at most {most}"));
            return None;
        }
        Some(())
    }
}

/// Reads a JSON string with the type's own parser.
pub(crate) fn parsed_json<T>(
    json: &Value,
    at: &At<'_>,
    breaches: &mut Breaches,
    parse: impl FnOnce(&str) -> Result<T, (String, String)>,
) -> Option<T> {
    let Value::String(text) = json else {
        breaches.content(at, format!("is {}", sort(json)), "a string");
        return None;
    };
    match parse(text) {
        Ok(value) => Some(value),
        Err((problem, expected)) => {
            breaches.content(at, problem, expected);
            None
        }
    }
}

/// Makes a [`Part`] of a type that is a string in protobuf and in JSON: it has `FromStr` with an error of
/// `(problem, expected)` form, `Display`, and a JSON schema.
macro_rules! text_part {
    ($ty:ty, $schema:expr $(, $($generics:tt)+)?) => {
        impl $(<$($generics)+>)? $crate::domain::part::Part for $ty {
            type Pb = String;

            fn to_pb(&self) -> String {
                self.to_string()
            }

            fn from_pb(
                pb: String,
                at: &$crate::domain::breach::At<'_>,
                breaches: &mut $crate::domain::breach::Breaches,
            ) -> Option<Self> {
                match pb.parse::<Self>() {
                    // A reader that repairs what it reads would make two texts of one message.
                    Ok(value) if value.to_string() == pb => Some(value),
                    Ok(value) => {
                        let expected = format!("`{}`", $crate::domain::fault::excerpt(&value.to_string()));
                        breaches.content(at, "is not in its one form", expected);
                        None
                    }
                    Err(error) => {
                        let $crate::domain::fault::ValueError { message, expected } = error.into();
                        breaches.content(at, message, expected);
                        None
                    }
                }
            }

            fn to_json(&self) -> serde_json::Value {
                self.to_string().into()
            }

            fn from_json(
                json: &serde_json::Value,
                at: &$crate::domain::breach::At<'_>,
                breaches: &mut $crate::domain::breach::Breaches,
            ) -> Option<Self> {
                $crate::domain::part::parsed_json(json, at, breaches, |text| {
                    text.parse::<Self>().map_err(|error| {
                        let error = $crate::domain::fault::ValueError::from(error);
                        (error.message, error.expected)
                    })
                })
            }

            fn schema() -> serde_json::Value {
                $schema
            }
        }
    };
}

pub(crate) use text_part;

impl Part for bool {
    type Pb = Self;

    fn to_pb(&self) -> Self {
        *self
    }

    fn from_pb(pb: Self, _: &At<'_>, _: &mut Breaches) -> Option<Self> {
        Some(pb)
    }

    fn to_json(&self) -> Value {
        (*self).into()
    }

    fn from_json(json: &Value, at: &At<'_>, breaches: &mut Breaches) -> Option<Self> {
        if json.as_bool().is_none() {
            breaches.content(at, format!("is {}", sort(json)), "true or false");
        }
        json.as_bool()
    }

    fn schema() -> Value {
        json!({ "type": "boolean" })
    }
}

impl Part for u32 {
    type Pb = Self;

    fn to_pb(&self) -> Self {
        *self
    }

    fn from_pb(pb: Self, _: &At<'_>, _: &mut Breaches) -> Option<Self> {
        Some(pb)
    }

    fn to_json(&self) -> Value {
        (*self).into()
    }

    fn from_json(json: &Value, at: &At<'_>, breaches: &mut Breaches) -> Option<Self> {
        let number = json.as_u64().and_then(|number| Self::try_from(number).ok());
        if number.is_none() {
            breaches.content(at, format!("is {}", sort(json)), "a whole number from 0 to 4294967295");
        }
        number
    }

    fn schema() -> Value {
        json!({ "type": "integer", "minimum": 0, "maximum": Self::MAX })
    }
}

impl Part for UnixMillis {
    type Pb = u64;

    fn to_pb(&self) -> u64 {
        self.millis()
    }

    fn from_pb(pb: u64, at: &At<'_>, breaches: &mut Breaches) -> Option<Self> {
        let time = Self::new(pb);
        if time.is_none() {
            breaches.content(at, "lies past the year 9999", "milliseconds since 1970, UTC");
        }
        time
    }

    fn to_json(&self) -> Value {
        self.to_string().into()
    }

    fn from_json(json: &Value, at: &At<'_>, breaches: &mut Breaches) -> Option<Self> {
        parsed_json(json, at, breaches, |text| {
            let expected = || "a time in UTC such as 2027-03-01T00:00:00Z".to_owned();
            text.parse().map_err(|_| (format!("`{}` is no time", excerpt(text)), expected()))
        })
    }

    fn schema() -> Value {
        json!({ "type": "string", "format": "date-time" })
    }
}

impl Part for MessageId {
    type Pb = Bytes;

    fn to_pb(&self) -> Bytes {
        Bytes::copy_from_slice(self.as_bytes())
    }

    fn from_pb(pb: Bytes, at: &At<'_>, breaches: &mut Breaches) -> Option<Self> {
        let id = Self::from_bytes(&pb).ok();
        if id.is_none() {
            breaches.content(at, "is no id", "a UUID of version 7, 16 bytes");
        }
        id
    }

    fn to_json(&self) -> Value {
        self.to_string().into()
    }

    fn from_json(json: &Value, at: &At<'_>, breaches: &mut Breaches) -> Option<Self> {
        parsed_json(json, at, breaches, |text| {
            let problem = || format!("`{}` is no id", excerpt(text));
            text.parse().map_err(|_| (problem(), "a UUID of version 7".to_owned()))
        })
    }

    fn schema() -> Value {
        json!({ "type": "string", "format": "uuid" })
    }
}
