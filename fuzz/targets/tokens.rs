//! Feeds text to `rollcall_fuzz::tokens`: it is decoded as the tokens that callers send back.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        rollcall_fuzz::tokens(text);
    }
});
