//! A disk that fails during reads and writes: what was acknowledged stays, nothing stale is served, and the server
//! goes on once the disk works again.

pub mod disk;
mod owned;
mod reads;
mod restored;
mod tampered;
mod unsettled;
mod writes;
