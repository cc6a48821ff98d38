//! Lets the oracle drive a real server: its operations as requests, and the server's tables and responses as facts.

mod facts;
mod requests;

pub use self::facts::issued_invitations;
