//! Compiles `proto/` without a `protoc` on the machine: the messages and services, the descriptor set for server
//! reflection, and what the contract says of each reason of an error and of the right that each method needs.

use std::{env, error::Error, fmt::Write as _, fs, path::PathBuf};

use prost_reflect::{DescriptorPool, EnumValueDescriptor, Kind};

const FILES: [&str; 9] = [
    "rollcall/v1/audit.proto",
    "rollcall/v1/authorization.proto",
    "rollcall/v1/error.proto",
    "rollcall/v1/invitation.proto",
    "rollcall/v1/membership.proto",
    "rollcall/v1/resource.proto",
    "rollcall/v1/right.proto",
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
    fs::write(out.join("methods.rs"), methods(&compiler.descriptor_pool())?)?;
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

/// The table of the methods and the rights that they need, as Rust. A method that says none does not compile, nor does one whose
/// request names no tenant.
fn methods(pool: &DescriptorPool) -> Result<String, Box<dyn Error>> {
    let option = pool.get_extension_by_name("rollcall.v1.required_right").ok_or("no required_right")?;
    let rights = pool.get_enum_by_name("rollcall.v1.Right").ok_or("the contract has no Right")?;
    let mut table = "&[\n".to_owned();
    for method in pool.services().flat_map(|service| service.methods().collect::<Vec<_>>()) {
        let name = method.full_name();
        let number = method.options().get_extension(&option).as_enum_number().unwrap_or_default();
        let right = rights.get_value(number).filter(|_| number != 0);
        let right = right.ok_or_else(|| format!("{name} does not say which right it needs"))?;
        let request = method.input();
        let tenant = request.get_field_by_name("tenant").filter(|field| field.kind() == Kind::String);
        tenant.ok_or_else(|| format!("the request of {name} has no tenant"))?;
        let (path, right) =
            (format!("/{}/{}", method.parent_service().full_name(), method.name()), right.name().to_owned());
        writeln!(table, "    MethodInfo {{ path: {path:?}, request: {:?}, right: {right:?} }},", request.name())?;
    }
    table.push(']');
    Ok(table)
}
