//! Compiles `proto/` without a `protoc` on the machine: the messages and services, the descriptor set for server
//! reflection, and what the contract says of each reason of an error.

use std::{env, error::Error, fmt::Write as _, fs, path::PathBuf};

use prost_reflect::{DescriptorPool, EnumValueDescriptor};

const FILES: [&str; 8] = [
    "rollcall/v1/audit.proto",
    "rollcall/v1/authorization.proto",
    "rollcall/v1/error.proto",
    "rollcall/v1/invitation.proto",
    "rollcall/v1/membership.proto",
    "rollcall/v1/resource.proto",
    "rollcall/v1/tenant.proto",
    "rollcall/v1/watch.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    let mut compiler = protox::Compiler::new(["proto"])?;
    compiler.include_imports(true).open_files(FILES)?;
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    // Encoded by the compiler, which keeps the options that the contract defines itself.
    fs::write(out.join("rollcall.v1.bin"), compiler.encode_file_descriptor_set())?;
    fs::write(out.join("reasons.rs"), reasons(&compiler.descriptor_pool())?)?;
    let build = tonic_prost_build::configure().build_transport(false);
    build.codec_path("crate::proto::codec::BoundedCodec").compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}

/// The table of the reasons, as Rust.
fn reasons(pool: &DescriptorPool) -> Result<String, Box<dyn Error>> {
    let reasons = pool.get_enum_by_name("rollcall.v1.ErrorReason").ok_or("the contract has no ErrorReason")?;
    let info = pool.get_extension_by_name("rollcall.v1.error_reason_info").ok_or("no error_reason_info")?;
    let mut table = "&[\n".to_owned();
    for reason in reasons.values().filter(|reason| reason.number() != 0) {
        let said = |reason: &EnumValueDescriptor| Some(reason.options().get_extension(&info).as_message()?.clone());
        let said = said(&reason).ok_or("a reason says nothing")?;
        let text = |field: &str| said.get_field_by_name(field).and_then(|value| value.as_str().map(str::to_owned));
        let list = |field: &str| -> Vec<String> {
            let values = said.get_field_by_name(field);
            let values = values.as_ref().and_then(|values| values.as_list()).unwrap_or_default();
            values.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect()
        };
        let retryable = said.get_field_by_name("retryable").is_some_and(|value| value.as_bool() == Some(true));
        let (code, remedy) = (text("code").unwrap_or_default(), text("remedy").unwrap_or_default());
        let (metadata, optional) = (list("metadata"), list("optional_metadata"));
        writeln!(
            table,
            "    ReasonInfo {{ name: {:?}, code: {code:?}, retryable: {retryable}, metadata: &{metadata:?}, \
             optional_metadata: &{optional:?}, remedy: {remedy:?} }},",
            reason.name(),
        )?;
    }
    table.push(']');
    Ok(table)
}
