//! Writes to the store: whole or not at all, one after the other, and refused when they fit nothing.

mod refused;
mod revisions;
mod transactions;
