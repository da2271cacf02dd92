//! What a change of the protobuf schema may not do, as a comparison of two schemas: `docs/schema.md` states the
//! policy, `schema/released` holds what it is kept against.

use std::collections::BTreeMap;

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorSet};

#[cfg(test)]
mod released;
#[cfg(test)]
mod tests;

/// Messages and enums of a schema by their full names, without the files that they stand in: a reader does not
/// see those.
#[derive(Default)]
struct Schema<'s> {
    messages: BTreeMap<String, &'s DescriptorProto>,
    enums: BTreeMap<String, &'s EnumDescriptorProto>,
}

impl<'s> Schema<'s> {
    fn of(files: &'s FileDescriptorSet) -> Self {
        let mut schema = Self::default();
        for file in &files.file {
            schema.add(file.package(), &file.message_type, &file.enum_type);
        }
        schema
    }

    fn add(&mut self, within: &str, messages: &'s [DescriptorProto], enums: &'s [EnumDescriptorProto]) {
        for list in enums {
            self.enums.insert(format!("{within}.{}", list.name()), list);
        }
        for message in messages {
            let name = format!("{within}.{}", message.name());
            self.add(&name, &message.nested_type, &message.enum_type);
            self.messages.insert(name, message);
        }
    }
}

/// Everything by which `new` breaks what was promised when `old` was released, or what no schema may hold.
fn breaks(old: &FileDescriptorSet, new: &FileDescriptorSet) -> Vec<String> {
    let (old, new) = (Schema::of(old), Schema::of(new));
    let mut found = Vec::new();
    for (name, message) in &old.messages {
        match new.messages.get(name) {
            Some(now) => compare_messages(name, message, now, &mut found),
            None => found.push(format!("{name}: removed")),
        }
    }
    for (name, list) in &old.enums {
        match new.enums.get(name) {
            Some(now) => compare_enums(name, list, now, &mut found),
            None => found.push(format!("{name}: removed")),
        }
    }
    new.messages.iter().for_each(|(name, message)| no_maps_no_floats(name, message, &mut found));
    new.enums.iter().for_each(|(name, list)| zero_is_unspecified(name, list, &mut found));
    found
}

fn compare_messages(name: &str, old: &DescriptorProto, new: &DescriptorProto, found: &mut Vec<String>) {
    for field in &old.field {
        match new.field.iter().find(|now| now.number() == field.number()) {
            Some(now) => {
                let (was, is) = (meaning(field, old), meaning(now, new));
                if was != is {
                    found.push(format!("{name}.{}: was {was:?}, is {is:?}", field.name()));
                }
            }
            None if !reserved(new, field) => {
                found.push(format!("{name}.{}: removed, but number and name are not reserved", field.name()));
            }
            None => {}
        }
    }
    for range in &old.reserved_range {
        let reused = new.field.iter().filter(|now| (range.start()..range.end()).contains(&now.number()));
        found.extend(reused.map(|now| format!("{name}.{}: has a reserved number", now.name())));
    }
    let reused = new.field.iter().filter(|now| old.reserved_name.iter().any(|name| name == now.name()));
    found.extend(reused.map(|now| format!("{name}.{}: has a reserved name", now.name())));
}

/// What a field's number means: its name, type, how often it stands, and the choice that it belongs to.
fn meaning<'f>(
    field: &'f FieldDescriptorProto,
    of: &'f DescriptorProto,
) -> (&'f str, Type, &'f str, Label, bool, Option<&'f str>) {
    let choice = field.oneof_index.and_then(|index| of.oneof_decl.get(usize::try_from(index).ok()?));
    let choice = choice.map(|choice| choice.name());
    (field.name(), field.r#type(), field.type_name(), field.label(), field.proto3_optional(), choice)
}

fn reserved(message: &DescriptorProto, field: &FieldDescriptorProto) -> bool {
    let ranges = &message.reserved_range;
    ranges.iter().any(|range| (range.start()..range.end()).contains(&field.number()))
        && message.reserved_name.iter().any(|name| name == field.name())
}

fn compare_enums(name: &str, old: &EnumDescriptorProto, new: &EnumDescriptorProto, found: &mut Vec<String>) {
    for value in &old.value {
        match new.value.iter().find(|now| now.name() == value.name()) {
            None => found.push(format!("{name}: {} was removed", value.name())),
            Some(now) if now.number() != value.number() => {
                found.push(format!("{name}: {} was {}, is {}", value.name(), value.number(), now.number()));
            }
            Some(_) => {}
        }
    }
    let numbers: Vec<_> = new.value.iter().map(|value| value.number()).collect();
    let twice = numbers.iter().enumerate().filter(|(at, number)| numbers[..*at].contains(number));
    found.extend(twice.map(|(_, number)| format!("{name}: {number} stands for two values")));
}

fn no_maps_no_floats(name: &str, message: &DescriptorProto, found: &mut Vec<String>) {
    if message.options.as_ref().is_some_and(|options| options.map_entry()) {
        found.push(format!("{name}: is a map, which has no one encoding"));
    }
    let floats = message.field.iter().filter(|field| matches!(field.r#type(), Type::Float | Type::Double));
    found.extend(floats.map(|field| format!("{name}.{}: is a float", field.name())));
}

fn zero_is_unspecified(name: &str, list: &EnumDescriptorProto, found: &mut Vec<String>) {
    let zero = list.value.iter().find(|value| value.number() == 0);
    if !zero.is_some_and(|zero| zero.name().ends_with("_UNSPECIFIED")) {
        found.push(format!("{name}: 0 is not UNSPECIFIED"));
    }
}
