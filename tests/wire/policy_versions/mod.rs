//! Tenants that change to another version of their policy, and policy files that change under a running server.

mod depot;
mod effects;
mod moving;
mod refusals;
mod reload;
mod switching;
