//! Errors as clients read them: status code, reason, field path and metadata of every way to be refused.

mod fields;
mod page_tokens;
mod unknown_names;
mod writes;
