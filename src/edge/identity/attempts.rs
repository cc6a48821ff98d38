//! Attempts that failed: credentials that are of nobody, and invitation tokens that were never issued. They are counted, logged
//! within bounds, and their answers are slowed. Keys and tokens have 256 bits, so slowing is for the log and for others who
//! use the same processor, and nobody is ever locked out.

use std::{
    hash::{BuildHasher as _, RandomState},
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{self, Instant},
};

/// How many sources are told apart; more share what is counted.
const SOURCES: usize = 4096;
/// For how long failures of a source count, and how often it is logged.
const WINDOW: Duration = Duration::from_mins(1);
/// How many failures of a source in a window are not slowed.
const FREE: u64 = 5;
/// What each further one adds to the wait before its answer, and the longest wait.
const STEP: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_secs(1);
/// How many answers wait at a time; beyond, they are sent at once.
const WAITING: usize = 1024;
/// How many lines of a kind are logged in a window, whatever happens.
const LINES: u64 = 60;
/// How many kinds of attempts there are.
const KINDS: usize = 5;

/// What was tried and failed; each is counted, logged and slowed apart from the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// A key, a JSON Web Token, or a certificate in a request.
    Credentials,
    /// A certificate in a handshake.
    Certificate,
    /// An invitation token that was never issued, or is of another email.
    InvitationToken,
    /// A right that the caller has not.
    Right,
    /// A connection that the system could not take.
    Connection,
}

/// Counts the attempts that failed.
pub struct Attempts {
    started: Instant,
    hasher: RandomState,
    /// The window in the upper half, the failures in it in the lower.
    sources: Vec<AtomicU64>,
    /// The same of the lines that were logged, by kind.
    lines: [AtomicU64; KINDS],
    totals: [AtomicU64; KINDS],
    waiting: Arc<Semaphore>,
}

/// How long an answer waits, and the room that it takes meanwhile: of all answers, and of those of its connection.
#[derive(Debug)]
pub struct Penalty {
    delay: Duration,
    _room: OwnedSemaphorePermit,
    _own_room: Option<OwnedSemaphorePermit>,
}

impl Penalty {
    /// The same for an answer over a connection, if there is room among those of it that may wait: the other streams are for its
    /// other requests.
    pub fn within(self, own_room: Option<&Arc<Semaphore>>) -> Option<Self> {
        let Some(own_room) = own_room else { return Some(self) };
        let own_room = Arc::clone(own_room).try_acquire_owned().ok()?;
        Some(Self { _own_room: Some(own_room), ..self })
    }

    /// Waits for as long.
    pub async fn wait(self) {
        time::sleep(self.delay).await;
    }
}

impl Default for Attempts {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            hasher: RandomState::new(),
            sources: (0..SOURCES).map(|_| AtomicU64::new(0)).collect(),
            lines: Default::default(),
            totals: Default::default(),
            waiting: Arc::new(Semaphore::new(WAITING)),
        }
    }
}

impl Attempts {
    /// Notes that an attempt failed, where it came from, and why; neither may have a secret in it. Returns how its answer is to
    /// be slowed; none: not at all.
    pub fn note(&self, attempt: Attempt, source: &str, cause: &str) -> Option<Penalty> {
        if let Some(total) = self.totals.get(attempt as usize) {
            total.fetch_add(1, Ordering::Relaxed);
        }
        let index = usize::try_from(self.hasher.hash_one((attempt as u8, source))).unwrap_or_default() % SOURCES;
        let counter = self.sources.get(index)?;
        let (failures, before) = self.count(counter);
        if failures == 1 {
            self.log(attempt, source, cause, before);
        }
        let delay = STEP.saturating_mul(u32::try_from(failures.saturating_sub(FREE)).unwrap_or(u32::MAX)).min(LONGEST);
        if delay.is_zero() || matches!(attempt, Attempt::Right | Attempt::Connection) {
            return None;
        }
        let room = Arc::clone(&self.waiting).try_acquire_owned().ok()?;
        Some(Penalty { delay, _room: room, _own_room: None })
    }

    /// How many attempts of a kind failed since the start.
    pub fn total(&self, attempt: Attempt) -> u64 {
        self.totals.get(attempt as usize).map_or(0, |total| total.load(Ordering::Relaxed))
    }

    /// Adds one to a counter: what it has in this window, and had in the last in which it had any.
    fn count(&self, counter: &AtomicU64) -> (u64, u64) {
        // 0 is a counter that was never used.
        let window = self.started.elapsed().as_secs() / WINDOW.as_secs() + 1;
        let next = |was: u64| {
            let failures = if was >> 32 == window { (was & u64::from(u32::MAX)) + 1 } else { 1 };
            Some(window << 32 | failures.min(u64::from(u32::MAX)))
        };
        let was = counter.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).unwrap_or_default();
        let now = next(was).unwrap_or_default() & u64::from(u32::MAX);
        (now, was & u64::from(u32::MAX))
    }

    /// Writes a line, for the first failure of a source in a window: with how many there were in the window before.
    fn log(&self, attempt: Attempt, source: &str, cause: &str, before: u64) {
        let Some(lines) = self.lines.get(attempt as usize) else { return };
        let (lines, _) = self.count(lines);
        if lines > LINES {
            return;
        }
        if lines == LINES {
            tracing::warn!("more failed attempts than are logged; those of the next minute are logged again");
            return;
        }
        let before_this_minute = before;
        match attempt {
            Attempt::Credentials => {
                tracing::warn!(source, cause, before_this_minute, "credentials were refused");
            }
            Attempt::Certificate => {
                tracing::warn!(source, cause, before_this_minute, "a client certificate was refused");
            }
            Attempt::InvitationToken => {
                tracing::warn!(source, cause, before_this_minute, "a wrong invitation token was sent");
            }
            Attempt::Connection => {
                tracing::warn!(source, cause, before_this_minute, "a connection could not be accepted");
            }
            Attempt::Right => {
                tracing::warn!(source, cause, before_this_minute, "a caller asked for what it has no right to");
            }
        }
    }
}

/// How an address is told apart and logged: whoever has one of IPv6 has a network of them.
pub fn source_of(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            if let Some(mapped) = address.to_ipv4_mapped() {
                return mapped.to_string();
            }
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_source_is_slowed_by_its_own_failures_and_never_locked_out() {
        let attempts = Attempts::default();
        let note = |source: &str| attempts.note(Attempt::Credentials, source, "unknown_key");
        for _ in 0..FREE {
            assert!(note("198.51.100.1").is_none());
        }
        let delays: Vec<_> = (0..100).map(|_| note("198.51.100.1").unwrap().delay).collect();
        assert!(delays.is_sorted() && delays[0] == STEP && delays[99] == LONGEST, "{delays:?}");
        assert!(note("198.51.100.2").is_none(), "another source");
        assert!(attempts.note(Attempt::InvitationToken, "198.51.100.1", "unknown").is_none(), "another kind");
        time::advance(WINDOW).await;
        assert!(note("198.51.100.1").is_none(), "another minute");
        assert_eq!(attempts.total(Attempt::Credentials), FREE + 102);
        assert_eq!(attempts.total(Attempt::InvitationToken), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn only_so_many_answers_wait() {
        let attempts = Attempts::default();
        let penalties: Vec<_> =
            (0..2 * WAITING).filter_map(|_| attempts.note(Attempt::Credentials, "a", "b")).collect();
        assert_eq!(penalties.len(), WAITING);
        drop(penalties);
        assert!(attempts.note(Attempt::Credentials, "a", "b").is_some());
    }

    #[test]
    fn a_network_of_ipv6_is_one_source() {
        let source = |text: &str| source_of(text.parse().unwrap());
        assert_eq!(source("2001:db8:1:2:3::4"), "2001:db8:1:2::/64");
        assert_eq!(source("2001:db8:1:2::5"), source("2001:db8:1:2:3::4"));
        assert_eq!(source("198.51.100.1"), "198.51.100.1");
        assert_eq!(source("::ffff:198.51.100.1"), "198.51.100.1");
    }
}
