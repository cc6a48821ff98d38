//! A disk that fails during reads and writes: what was acknowledged stays, nothing stale is served, and the server
//! goes on once the disk works again.

mod disk;
mod reads;
mod restored;
mod tampered;
mod writes;
