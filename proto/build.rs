//! Compiles the protobuf schema without protoc.

use std::io::Result;

const SCHEMA: [&str; 7] = [
    "schema/terms.proto",
    "schema/envelope.proto",
    "schema/alert.proto",
    "schema/watchlist.proto",
    "schema/kinds.proto",
    "schema/link.proto",
    "schema/service.proto",
];

fn main() -> Result<()> {
    println!("cargo:rerun-if-changed=schema");
    let descriptors = protox::compile(SCHEMA, ["schema"]).map_err(std::io::Error::other)?;
    prost_build::Config::new().bytes(["."]).compile_fds(descriptors)
}
