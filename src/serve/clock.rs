//! The machine's clock, and whether it is believed: a wall clock that jumped ahead is not, until it came back or was
//! steady for a while.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use parking_lot::Mutex;
use rollcall_engine::Timestamp;

use crate::service::ports::{Clock, Reading};

/// The most that the wall clock may gain on the monotonic one and not have jumped; see [`slack`].
const JUMP: Duration = Duration::from_secs(10);
/// How long a clock that jumped ahead must be steady to be believed.
const STEADY: Duration = Duration::from_mins(1);

/// The machine's clock.
///
/// What it shows when it is made is believed, as there is nothing yet to hold it against. The monotonic clock may stand
/// still while the machine is suspended, and then waking up is a jump ahead.
pub(crate) struct SystemClock {
    start: Instant,
    belief: Mutex<Belief>,
}

impl SystemClock {
    /// The clock, looked at for the first time.
    pub(crate) fn new() -> Self {
        Self { start: Instant::now(), belief: Mutex::new(Belief::new(wall())) }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        wall()
    }

    fn reading(&self) -> Reading {
        let (before, reading) = {
            let mut belief = self.belief.lock();
            // The monotonic clock first: a long pause between the two is then a jump that the next look takes back. The
            // other way round this look would be believed, and the next one would be the jump.
            let elapsed = self.start.elapsed();
            (belief.is_believed(), belief.look(wall(), elapsed))
        };
        match (before, reading.is_believed()) {
            (true, false) => tracing::warn!(
                gained_seconds = reading.now.since(reading.believed).as_secs(),
                "the clock jumped ahead and is not believed; nothing is written until it came back or was steady for a \
                 minute"
            ),
            (false, true) => tracing::info!("the clock is believed again"),
            _ => {}
        }
        reading
    }
}

/// What the wall clock shows; the epoch if it is before that.
#[expect(clippy::disallowed_methods, reason = "this is the clock that everything else is given")]
fn wall() -> Timestamp {
    Timestamp::default().plus(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}

/// The rule of what is believed, over looks at both clocks in the order in which they were taken.
struct Belief {
    /// The last look that was believed. Each one is the next one's measure, so that drift never adds up to a jump.
    /// Steps below a jump are thereby believed, however many.
    last: Look,
    /// While the clock is not believed, the look since which it has been steady.
    jumped: Option<Look>,
}

impl Belief {
    /// Believes `wall`, at the start of the monotonic time.
    fn new(wall: Timestamp) -> Self {
        Self { last: Look { wall, elapsed: Duration::ZERO }, jumped: None }
    }

    /// Whether the last look was believed.
    fn is_believed(&self) -> bool {
        self.jumped.is_none()
    }

    /// Takes a look: the wall clock shows `wall` when `elapsed` has passed on the monotonic clock since its start.
    /// Going back is always believed, as the times in a log go back by nothing else.
    fn look(&mut self, wall: Timestamp, elapsed: Duration) -> Reading {
        let look = Look { wall, elapsed };
        let expected = self.last.expects(elapsed);
        if wall.since(expected) <= slack(look.after(self.last)) || self.was_steady(look) {
            *self = Self { last: look, jumped: None };
            return Reading { now: wall, believed: wall };
        }
        Reading { now: wall, believed: expected }
    }

    /// Whether the clock, which is ahead, was steady long enough up to `look`. The time starts anew when it jumped
    /// again, in either direction.
    fn was_steady(&mut self, look: Look) -> bool {
        let first = *self.jumped.get_or_insert(look);
        let (expected, span) = (first.expects(look.elapsed), look.after(first));
        if look.wall.since(expected).max(expected.since(look.wall)) > slack(span) {
            self.jumped = Some(look);
            return false;
        }
        span >= STEADY
    }
}

/// What both clocks show at one instant.
#[derive(Clone, Copy)]
struct Look {
    wall: Timestamp,
    elapsed: Duration,
}

impl Look {
    /// What the wall clock shows at `elapsed` if it goes on as the monotonic one does.
    fn expects(self, elapsed: Duration) -> Timestamp {
        self.wall.plus(elapsed.saturating_sub(self.elapsed))
    }

    /// The monotonic time since `earlier`.
    fn after(self, earlier: Self) -> Duration {
        self.elapsed.saturating_sub(earlier.elapsed)
    }
}

/// How far the clocks may part over `span` without a jump. A thousandth of the span is added, as a healthy clock that
/// is corrected by the usual 500 ppm would otherwise have jumped after six hours without a look.
fn slack(span: Duration) -> Duration {
    JUMP.saturating_add(span / 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 1_795_676_400_000_000;
    const SECOND: i64 = 1_000_000;
    const HOUR: i64 = 3600 * SECOND;

    /// Looks one after the other: what the monotonic clock shows, what the wall clock does, and what is to be believed,
    /// all in microseconds since the start.
    fn looks(table: &[(i64, i64, i64)]) {
        let mut belief = Belief::new(Timestamp(START));
        for (row, &(elapsed, wall, believed)) in table.iter().enumerate() {
            let expected = Reading { now: Timestamp(START + wall), believed: Timestamp(START + believed) };
            let reading = belief.look(expected.now, Duration::from_micros(elapsed.unsigned_abs()));
            assert_eq!((reading.now, reading.believed), (expected.now, expected.believed), "row {row}");
            assert_eq!(belief.is_believed(), reading.is_believed(), "row {row}");
        }
    }

    /// As [`looks`], in seconds.
    fn looks_by_seconds(table: &[(i64, i64, i64)]) {
        let micros = |&(elapsed, wall, believed): &_| (elapsed * SECOND, wall * SECOND, believed * SECOND);
        looks(&table.iter().map(micros).collect::<Vec<_>>());
    }

    #[test]
    fn a_jump_is_more_than_ten_seconds() {
        looks(&[(0, 10 * SECOND, 10 * SECOND)]);
        looks(&[(0, 10 * SECOND + 1, 0)]);
        // And a thousandth of the time between the looks.
        looks(&[(SECOND, 11_001_000, 11_001_000)]);
        looks(&[(SECOND, 11_001_001, SECOND)]);
    }

    #[test]
    fn a_clock_that_came_back_is_believed_at_once() {
        looks_by_seconds(&[(1, 1, 1), (2, 3602, 2), (3, 3603, 3), (30, 3630, 30), (31, 31, 31), (32, 32, 32)]);
        // It need not come back all the way, and may come back further.
        looks_by_seconds(&[(2, 3602, 2), (3, 13, 13), (4, 14, 14)]);
        looks_by_seconds(&[(2, 3602, 2), (3, -50, -50), (4, -49, -49)]);
        // The next jump is measured from there, and has its own minute.
        looks_by_seconds(&[(2, 3602, 2), (50, 50, 50), (61, 3661, 61), (63, 3663, 63), (121, 3721, 3721)]);
    }

    #[test]
    fn a_clock_that_was_steady_for_a_minute_is_believed() {
        looks_by_seconds(&[(5, 3605, 5), (6, 3606, 6), (64, 3664, 64), (65, 3665, 3665), (66, 3666, 3666)]);
        // To the microsecond, and even if nobody looked meanwhile.
        looks(&[(0, HOUR, 0), (60 * SECOND - 1, HOUR + 60 * SECOND - 1, 60 * SECOND - 1)]);
        looks(&[(0, HOUR, 0), (60 * SECOND, HOUR + 60 * SECOND, HOUR + 60 * SECOND)]);
        // It may be off by what is no jump, in either direction.
        looks_by_seconds(&[(0, 3600, 0), (30, 3640, 30), (60, 3650, 3650)]);
    }

    #[test]
    fn another_jump_starts_the_minute_anew() {
        looks_by_seconds(&[(0, 3600, 0), (50, 7250, 50), (60, 7260, 60), (109, 7309, 109), (110, 7310, 7310)]);
        // Also one back that stays ahead.
        looks_by_seconds(&[(0, 7200, 0), (50, 3650, 50), (60, 3660, 60), (109, 3709, 109), (110, 3710, 3710)]);
        // And small steps that add up to one.
        looks_by_seconds(&[(0, 3600, 0), (20, 3626, 20), (40, 3652, 40), (60, 3672, 60), (100, 3712, 3712)]);
        // One that never rests is never believed.
        looks_by_seconds(&[(0, 100, 0), (60, 200, 60), (120, 300, 120), (180, 400, 180), (240, 500, 240)]);
    }

    #[test]
    fn a_clock_that_goes_back_is_believed() {
        looks_by_seconds(&[(1, 1, 1), (2, -3600, -3600), (3, -3599, -3599)]);
        // Setting it right again is then a jump.
        looks_by_seconds(&[(1, -3600, -3600), (2, 2, -3599), (62, 62, 62)]);
    }

    #[test]
    fn drift_is_no_jump() {
        // 500 ppm over a day without a look, which is 43.2 s.
        looks(&[(24 * HOUR, 24 * HOUR + 43_200_000, 24 * HOUR + 43_200_000)]);
        // But the day's allowance is used up by a look.
        let day = 24 * 3600;
        looks_by_seconds(&[(day, day, day), (day + 1, day + 40, day + 1)]);
        // What each look finds is small, and never adds up.
        let steps: Vec<_> = (1..100).map(|step| (step, step * 10, step * 10)).collect();
        looks_by_seconds(&steps);
    }

    #[test]
    fn extremes_are_no_trouble() {
        let walls = [i64::MIN, -1, 0, 1, START, i64::MAX - 1, i64::MAX].map(Timestamp);
        let spans = [Duration::ZERO, STEADY, Duration::from_micros(u64::MAX), Duration::MAX];
        for first in walls {
            for (second, third) in walls.into_iter().flat_map(|second| walls.map(|third| (second, third))) {
                for (earlier, later) in spans.into_iter().flat_map(|earlier| spans.map(|later| (earlier, later))) {
                    let mut belief = Belief::new(first);
                    for reading in [belief.look(second, earlier), belief.look(third, later)] {
                        assert!(reading.believed <= reading.now, "{first:?} {second:?} {third:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_end_of_time_and_the_epoch_follow_the_rule() {
        let (end, epoch) = (Timestamp(i64::MAX), Timestamp(0));
        let mut belief = Belief::new(epoch);
        assert_eq!(belief.look(end, Duration::ZERO).believed, epoch);
        assert_eq!(belief.look(end, STEADY).believed, end);
        assert_eq!(belief.look(end, STEADY * 2).believed, end);
        assert_eq!(belief.look(epoch, STEADY * 3).believed, epoch);
    }

    #[test]
    fn the_machines_clock_follows_the_rule() {
        let clock = SystemClock::new();
        let reading = clock.reading();
        assert!(reading.is_believed());
        assert!(clock.now().since(reading.now) < JUMP);

        let past = wall().minus(STEADY * 60);
        let clock = SystemClock { start: Instant::now(), belief: Mutex::new(Belief::new(past)) };
        let (first, second) = (clock.reading(), clock.reading());
        assert!(!first.is_believed() && !second.is_believed());
        assert!(past <= first.believed && first.believed <= second.believed);
        assert!(second.believed.since(past) < JUMP);
    }
}
