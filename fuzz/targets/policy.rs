//! Feeds text to `rollcall_fuzz::policy`: it is compiled as a policy file.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        rollcall_fuzz::policy(text);
    }
});
