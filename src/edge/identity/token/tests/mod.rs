//! Tokens and key sets as a test issuer makes them, and as nobody should.

mod algorithms;
mod claims;
mod forgeries;
mod issuer;
mod key_sets;
mod random;
