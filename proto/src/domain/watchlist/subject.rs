//! Whom or what an entry or a request is about: one of the six categories.

use serde_json::{Map, Value, json};

use super::{Document, Firearm, Livestock, Person, Vehicle, Vessel};
use crate::domain::breach::{At, Breaches};
use crate::domain::part::{Part, object};
use crate::domain::terms::Category;
use crate::wire::pb;

macro_rules! subject {
    ($($(#[$doc:meta])* $variant:ident $field:literal),+ $(,)?) => {
        /// Whom or what an entry or a request is about.
        #[derive(Clone, PartialEq, Eq, Debug)]
        pub enum Subject {
            $($(#[$doc])* $variant(Box<$variant>)),+
        }

        impl Subject {
            /// Its category.
            #[must_use]
            pub fn category(&self) -> Category {
                match self {
                    $(Self::$variant(_) => Category::$variant),+
                }
            }
        }

        impl Part for Subject {
            type Pb = pb::Subject;

            fn to_pb(&self) -> pb::Subject {
                let subject = match self {
                    $(Self::$variant(value) => pb::subject::Subject::$variant(value.to_pb())),+
                };
                pb::Subject { subject: Some(subject) }
            }

            fn from_pb(pb: pb::Subject, at: &At<'_>, breaches: &mut Breaches) -> Option<Self> {
                match pb.subject {
                    $(Some(pb::subject::Subject::$variant(value)) => {
                        $variant::from_pb(value, &at.field($field), breaches).map(Box::new).map(Self::$variant)
                    })+
                    None => {
                        breaches.content(at, "is about nothing", NAMES.join(", "));
                        None
                    }
                }
            }

            fn to_json(&self) -> Value {
                let (name, value) = match self {
                    $(Self::$variant(value) => ($field, value.to_json())),+
                };
                Value::Object(Map::from_iter([(name.to_owned(), value)]))
            }

            fn from_json(json: &Value, at: &At<'_>, breaches: &mut Breaches) -> Option<Self> {
                let object = object(json, NAMES, at, breaches)?;
                let mut entries = object.iter();
                let (Some((name, value)), None) = (entries.next(), entries.next()) else {
                    breaches.content(at, format!("has {} fields", object.len()), NAMES.join(" or "));
                    return None;
                };
                match name.as_str() {
                    $($field => {
                        $variant::from_json(value, &at.field($field), breaches).map(Box::new).map(Self::$variant)
                    })+
                    _ => None,
                }
            }

            fn schema() -> Value {
                let one = |name: &str, schema: Value| json!({
                    "type": "object", "additionalProperties": false,
                    "properties": { name: schema }, "required": [name],
                });
                json!({ "oneOf": [$(one($field, $variant::schema())),+] })
            }
        }

        const NAMES: &[&str] = &[$($field),+];
    };
}

subject! {
    /// A person.
    Person "person",
    /// A document, apart from its holder.
    Document "document",
    /// A vehicle, trailer or engine.
    Vehicle "vehicle",
    /// A firearm.
    Firearm "firearm",
    /// A boat.
    Vessel "vessel",
    /// Animals.
    Livestock "livestock",
}
