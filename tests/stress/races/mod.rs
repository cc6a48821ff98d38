//! Writes that contradict each other, sent at once: whatever comes of them, one after the other would have given it.

mod harness;
mod invitations;
mod people;
mod resources;
