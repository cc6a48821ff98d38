//! The scenarios that are explored: a few calls each, and how often what may go wrong in them.

use super::state::Chances;

/// A call that a client makes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request {
    pub(super) tenant: usize,
    /// Whether it is allowed by a role that may end.
    pub(super) relies: bool,
    /// The call of which it is a repeat, under the same request id.
    pub(super) repeats: Option<usize>,
}

/// Calls, and the bounds within which every history of them is explored.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scenario {
    pub(super) requests: &'static [Request],
    pub(super) chances: Chances,
    /// Whether a repeat is planned only when the first call with its request id is not under way.
    pub(super) repeats_wait: bool,
}

/// How many calls a tenant's queue has room for, the one at its head included.
pub(super) const QUEUE_LIMIT: usize = 2;
/// How often a call is planned again because its commit could not follow on its plan.
pub(super) const REPLANS: u8 = 1;
/// How often the `COMMIT` of a call alone is tried.
pub(super) const TRIES: u8 = 1;
/// How many calls one transaction carries out.
pub(super) const GROUP_LIMIT: usize = 2;

const NOTHING: Chances = Chances {
    ends: 0,
    clocks: 0,
    departures: 0,
    foreign: 0,
    statements: 0,
    commits: 0,
    barriers: 0,
    views: 0,
    kills: 0,
};

/// Of the first tenant, and allowed by a role that may end.
const RELIES: Request = Request { tenant: 0, relies: true, repeats: None };
/// Of the first tenant.
const OTHER: Request = Request { tenant: 0, relies: false, repeats: None };
/// Of the second tenant.
const NEIGHBOUR: Request = Request { tenant: 1, relies: false, repeats: None };
/// The first call once more.
const REPEAT: Request = Request { tenant: 0, relies: true, repeats: Some(0) };

const fn scenario(requests: &'static [Request], chances: Chances) -> Scenario {
    Scenario { requests, chances, repeats_wait: true }
}

/// One write.
pub(super) const ALONE: Scenario = scenario(
    &[RELIES],
    Chances {
        ends: 1,
        clocks: 1,
        departures: 1,
        foreign: 2,
        statements: 1,
        commits: 2,
        barriers: 2,
        views: 1,
        kills: 1,
    },
);

/// One write and its repeat.
pub(super) const REPEATED: Scenario = scenario(
    &[RELIES, REPEAT],
    Chances { ends: 1, departures: 1, foreign: 1, commits: 1, barriers: 1, kills: 1, ..NOTHING },
);

/// The same, and the process may be killed once more.
pub(super) const RECOVERED: Scenario =
    scenario(&[RELIES, REPEAT], Chances { departures: 1, commits: 1, kills: 2, ..NOTHING });

/// Two writes of a tenant, one of them with a repeat.
pub(super) const PAIR: Scenario =
    scenario(&[RELIES, OTHER, REPEAT], Chances { departures: 1, commits: 1, kills: 1, ..NOTHING });

/// More writes of a tenant than its queue has room for.
pub(super) const QUEUE: Scenario = scenario(&[RELIES, OTHER, OTHER], Chances { ends: 1, departures: 1, ..NOTHING });

/// Two tenants in one transaction.
pub(super) const GROUP: Scenario = scenario(
    &[RELIES, NEIGHBOUR],
    Chances { ends: 1, departures: 1, statements: 1, commits: 1, barriers: 1, kills: 1, ..NOTHING },
);

/// Two tenants in one transaction, in which one may miss.
pub(super) const SHARED: Scenario = scenario(
    &[RELIES, NEIGHBOUR],
    Chances { ends: 1, departures: 1, foreign: 1, statements: 1, commits: 1, ..NOTHING },
);

pub(super) const ALL: [Scenario; 7] = [ALONE, REPEATED, RECOVERED, PAIR, QUEUE, GROUP, SHARED];
