//! The sentences of the contract that no test can hold a store to, by the reason why.

/// A reason, and the sentences of which it is true.
pub(super) const UNTESTED: &[(&str, &[&str])] = &[
    (
        "it says what a type is for, and its members say the rest",
        &[
            "Store: Where tenants' facts and their change logs are kept.",
            "StoreIdentity: What a store is.",
            "Committed: What became of a commit that did not fail.",
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
            "Store::commit: After any other error it is unknown whether the write happened.",
            "Snapshot: A database keeps what was there for as long as a snapshot of it is open, so it is dropped soon.",
            "Snapshot::load: After an error a part may have been fed, and the sink is of no use.",
        ],
    ),
    (
        "it is what the service does with what the store gives",
        &["StoreIdentity::page_key: Page tokens are sealed with it."],
    ),
];
