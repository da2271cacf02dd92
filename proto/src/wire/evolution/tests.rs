//! The comparison itself: each rule broken alone.

use std::fs;

use super::*;

/// A schema of one file with this body.
fn schema(body: &str) -> FileDescriptorSet {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("syntax = \"proto3\";\npackage test;\n{body}");
    fs::write(folder.path().join("test.proto"), text).unwrap();
    protox::compile(["test.proto"], [folder.path()]).unwrap()
}

const OLD: &str = "
    message M {
      reserved 9; reserved \"gone\";
      uint32 a = 1; optional string b = 2; repeated E e = 3;
      oneof choice { bytes c = 4; N n = 5; }
      message Inner { uint64 x = 1; }
    }
    message N {}
    enum E { E_UNSPECIFIED = 0; E_ONE = 1; E_TWO = 2; }";

/// What is found where the first `from` of the old schema is now `to`.
#[track_caller]
fn found(from: &str, to: &str) -> Vec<String> {
    assert!(OLD.contains(from), "{from}");
    breaks(&schema(OLD), &schema(&OLD.replacen(from, to, 1)))
}

#[track_caller]
fn broken(from: &str, to: &str, by: &str) {
    let found = found(from, to);
    assert!(found.len() == 1 && found[0].contains(by), "{found:#?}");
}

#[test]
fn additions_break_nothing() {
    assert_eq!(found("", ""), Vec::<String>::new());
    assert_eq!(found("uint32 a = 1;", "uint32 a = 1; optional N more = 10;"), Vec::<String>::new());
    assert_eq!(found("E_TWO = 2;", "E_TWO = 2; E_THREE = 3;"), Vec::<String>::new());
    assert_eq!(found("message N {}", "message N { string s = 1; } message O {}"), Vec::<String>::new());
}

#[test]
fn a_number_keeps_its_name_type_count_and_choice() {
    broken("uint32 a = 1;", "uint32 z = 1;", "test.M.a: was");
    broken("uint32 a = 1;", "uint64 a = 1;", "test.M.a: was");
    broken("N n = 5;", "M n = 5;", "test.M.n: was");
    broken("optional string b", "string b", "test.M.b: was");
    broken("repeated E e", "E e", "test.M.e: was");
    broken("bytes c = 4; N n = 5; }", "N n = 5; } bytes c = 4;", "test.M.c: was");
}

#[test]
fn a_field_that_is_removed_is_reserved_by_number_and_name() {
    broken("uint32 a = 1;", "", "test.M.a: removed");
    broken("uint32 a = 1;", "reserved 1;", "test.M.a: removed");
    broken("uint32 a = 1;", "reserved \"a\";", "test.M.a: removed");
    assert_eq!(found("uint32 a = 1;", "reserved 1; reserved \"a\";"), Vec::<String>::new());
}

#[test]
fn what_is_reserved_is_never_used_again() {
    broken("reserved 9; reserved \"gone\";", "reserved \"gone\"; uint32 again = 9;", "a reserved number");
    broken("reserved 9; reserved \"gone\";", "reserved 9; uint32 gone = 11;", "a reserved name");
}

#[test]
fn messages_and_enums_stay() {
    broken("message Inner { uint64 x = 1; }", "", "test.M.Inner: removed");
    let without = OLD.replace("enum E {", "enum F {").replace("repeated E e", "repeated F e");
    assert!(breaks(&schema(OLD), &schema(&without)).contains(&"test.E: removed".to_owned()));
}

#[test]
fn a_value_is_never_removed_or_renumbered() {
    broken("E_TWO = 2;", "", "E_TWO was removed");
    broken("E_TWO = 2;", "reserved 2;", "E_TWO was removed");
    broken("E_TWO = 2;", "E_TWO = 3;", "E_TWO was 2, is 3");
    broken("E_TWO = 2;", "option allow_alias = true; E_TWO = 2; E_DUO = 2;", "2 stands for two values");
}

#[test]
fn a_new_enum_begins_with_unspecified() {
    broken("message N {}", "message N {} enum F { F_FIRST = 0; }", "test.F: 0 is not UNSPECIFIED");
}

#[test]
fn there_are_no_maps_and_no_floats() {
    broken("message N {}", "message N { map<string, uint32> m = 1; }", "is a map");
    broken("message N {}", "message N { float f = 1; }", "test.N.f: is a float");
    broken("message N {}", "message N { repeated double f = 1; }", "test.N.f: is a float");
}
