//! The sentences of the contract that no test can hold a store to, by the reason why.

/// A reason, and the sentences of which it is true.
pub(super) const UNTESTED: &[(&str, &[&str])] = &[
    (
        "it says what a type is for, and its members say the rest",
        &[
            "Store: Where tenants' facts and their change logs are kept.",
            "StoreIdentity: What a store is.",
            "Committed: What became of a commit that did not fail.",
            "Glance: What is read of a tenant at a glance.",
            "Feed: What follows on a commit in a tenant's log.",
            "Batch: Everything that one write commits at once.",
            "AllowedChange: A change with what allows it.",
            "StoreError: Why the store could not do what it was asked.",
            "StoreResult: The result of asking the store.",
            "MemberBy: What a member is looked up by.",
            "MemberRecord: A member as the store has them.",
            "ResourceRecord: A resource as the store has it.",
        ],
    ),
    (
        "it introduces the sentences that follow",
        &["store: What holds for every method here and in `Snapshot`, on every database:"],
    ),
    (
        "it says what callers should do, or may not rely on",
        &[
            "Store::heads: The commits of one call may be of several instants.",
            "Store::due: A hint only, of no one instant: what is due is read again in a snapshot.",
            "Gate: Called from any task; must neither block nor call the store.",
            "Snapshot: A database keeps what was there for as long as a snapshot of it is open, so it is dropped soon.",
            "Snapshot::load: After an error a part may have been fed, and the sink is of no use.",
        ],
    ),
    (
        "it takes a failing disk, or a file that is moved away: `tests/stress/faults` has them",
        &[
            "Store::commit: Where it is unknown whether a commit has happened, that is found out first, and what has not \
             happened is tried again.",
            "Store::commit: Meanwhile, no write of the database or of the tenant begins.",
            "Store::commit: Nor was anything after `StoreError::Unavailable`.",
            "Store::commit: It ends in `StoreError::Unknown` when the store was closed or lost before the outcome was known: \
             it may have happened.",
            "StoreError::Unknown: The store was closed before it could be found out whether a commit has happened.",
            "StoreError::ReadOnly: The store can be read and not written: this file is read-only, or the disk is.",
            "StoreError::Lost: The store is no more this process's to read or write, for this reason: its file was moved, \
             deleted or replaced, or another process took it over.",
            "StoreError::Copied: This file is a copy of the one that the store is in, and may be started with only where that \
             is said.",
            "Store::check_owned: Whether this process may answer from what it knows of the store, by the last look that \
             `Store::ping` or a commit took.",
            "Store::check_owned: Does no I/O.",
            "Store::check_owned: Ends in `StoreError::Lost` alone.",
            "Store::can_commit: Whether the store takes commits, by what the last ones came to.",
            "Store::can_commit: Does little I/O.",
            "Store::can_commit: Ends as a commit would now.",
        ],
    ),
    (
        "it is what the service does with what the store gives",
        &["StoreIdentity::page_key: Page tokens are sealed with it."],
    ),
];
