#![no_main]
//! See `rollcall_fuzz::tokens`.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        rollcall_fuzz::tokens(text);
    }
});
