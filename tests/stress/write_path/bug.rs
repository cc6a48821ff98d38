//! Mistakes in the write path, which are planted to see that the search finds them.

/// A mistake in the write path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bug {
    /// The look-up follows on a failed `COMMIT` without a barrier in between.
    SkipsBarrier,
    /// The look-up uses the connection whose `COMMIT` failed, and sees what it did not commit.
    UsesFailedConnection,
    /// What recovery finds behind the last commit that succeeded is served before it is certainly on the disk.
    TrustsRecovery,
    /// The swap does not compare the head with the plan's.
    SwapsUnchecked,
    /// The gate does not look at what has ended since the plan.
    IgnoresEnds,
    /// What may end is noted when the plan is made, and some of it may have ended since it was decided.
    NotesEndsLate,
    /// The gate is passed before the store's write lock is waited for.
    GateBeforeLock,
    /// A call that was through the gate begins anew without it.
    PassesGateOnce,
    /// The gate does not look whether the caller is still there.
    IgnoresWithdrawal,
    /// The answer goes out when the changes are applied.
    AnswersBeforeCommit,
    /// The view shows the changes when they are applied.
    ShowsBeforeCommit,
    /// The stored answer is looked up by the first plan of a call, and not when it is planned again.
    LooksUpOnce,
}
