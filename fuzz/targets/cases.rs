//! Feeds text to `rollcall_fuzz::cases`: it is read as a file of cases.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        rollcall_fuzz::cases(text);
    }
});
