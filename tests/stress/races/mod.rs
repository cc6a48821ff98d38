//! Writes that contradict each other, sent at once: whatever comes of them, one after the other would have given it.

mod harness;
mod invitations;
mod people;
mod resources;

use crate::contrary::Contrary;

/// Every race, whatever is contrary to the server.
async fn all_against(contrary: Contrary) {
    invitations::all_against(contrary).await;
    people::all_against(contrary).await;
    resources::all_against(contrary).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_races_come_out_alike_when_every_swap_misses_once() {
    all_against(Contrary::Misses).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_races_come_out_alike_when_outcomes_are_unknown() {
    all_against(Contrary::Unknown).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_races_come_out_alike_when_the_clock_jumps() {
    all_against(Contrary::Jumps).await;
}
