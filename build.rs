//! Compiles `proto/` without a `protoc` on the machine, and keeps the descriptor set for server reflection.

use std::{env, error::Error, fs, path::PathBuf};

use prost::Message as _;

const FILES: [&str; 7] = [
    "rollcall/v1/audit.proto",
    "rollcall/v1/authorization.proto",
    "rollcall/v1/invitation.proto",
    "rollcall/v1/membership.proto",
    "rollcall/v1/resource.proto",
    "rollcall/v1/tenant.proto",
    "rollcall/v1/watch.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    let descriptors = protox::compile(FILES, ["proto"])?;
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    fs::write(out.join("rollcall.v1.bin"), descriptors.encode_to_vec())?;
    let build = tonic_prost_build::configure().build_transport(false);
    build.codec_path("crate::proto::codec::BoundedCodec").compile_fds(descriptors)?;
    Ok(())
}
