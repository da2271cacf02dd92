//! What others make of an XML text under `CAP-v1.2.xsd`: xmllint, or lxml. Neither they nor the schema, whose terms
//! keep it out of this repository, need be there; a test that misses them says so and does less.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const LXML: &str = "
import json, sys
from lxml import etree
schema = etree.XMLSchema(etree.parse(sys.argv[1]))
def valid(text):
    try:
        return schema.validate(etree.fromstring(text.encode()))
    except etree.XMLSyntaxError:
        return False
json.dump([valid(text) for text in json.load(sys.stdin)], sys.stdout)
";

/// Folder of the schema and of real alerts, beside the workspace.
pub(super) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/cap")
}

enum Tool {
    Xmllint,
    Lxml,
}

pub(super) struct Validator {
    tool: Tool,
    schema: PathBuf,
}

impl Validator {
    /// The validator of this machine; without one, `test` is said to do less.
    pub(super) fn find(test: &str) -> Option<Self> {
        let schema = folder().join("CAP-v1.2.xsd");
        let works = |program: &str, arguments: &[&str]| {
            Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
        };
        let tool = if works("xmllint", &["--version"]) {
            Some(Tool::Xmllint)
        } else if works("python3", &["-c", "import lxml.etree"]) {
            Some(Tool::Lxml)
        } else {
            None
        };
        match tool {
            Some(tool) if schema.exists() => Some(Self { tool, schema }),
            Some(_) => skipped(test, "CAP-v1.2.xsd is not in ../shared/data/cap"),
            None => skipped(test, "neither xmllint nor python3 with lxml is here"),
        }
    }

    /// Whether the schema accepts each of the texts.
    pub(super) fn accepts(&self, texts: &[String]) -> Vec<bool> {
        match self.tool {
            Tool::Xmllint => texts.iter().map(|text| self.xmllint(text)).collect(),
            Tool::Lxml => self.lxml(texts),
        }
    }

    fn xmllint(&self, text: &str) -> bool {
        let mut command = Command::new("xmllint");
        command.args(["--noout", "--nonet", "--schema"]).arg(&self.schema).arg("-");
        let output = run(&mut command, text);
        // 1: not well-formed; 3 and 4: not valid.
        let code = output.status.code();
        assert!(matches!(code, Some(0 | 1 | 3 | 4)), "{}", String::from_utf8_lossy(&output.stderr));
        code == Some(0)
    }

    fn lxml(&self, texts: &[String]) -> Vec<bool> {
        let mut command = Command::new("python3");
        command.args(["-c", LXML]).arg(&self.schema);
        let output = run(&mut command, &serde_json::to_string(texts).unwrap());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

fn skipped(test: &str, why: &str) -> Option<Validator> {
    eprintln!("skipped: the schema's part of {test}: {why}");
    None
}

fn run(command: &mut Command, input: &str) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Dropped at once, which ends the input; both tools read all of it before they say anything.
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}
