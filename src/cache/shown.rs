//! Which commits of a tenant this process has shown, so that tokens are told from those of another history.

use std::collections::VecDeque;

use rollcall_engine::{Head, Moment, Revision, Timestamp};

use crate::service::ports::Recall;

/// How many commits are remembered; older ones are looked up in the store.
const REMEMBERED: usize = 4096;

/// A commit as a token has it.
type Mark = (Revision, [u8; 4]);

/// The newest commits that were shown of one tenant, and those that were lost when its store was put back.
#[derive(Debug, Default)]
pub(super) struct ShownCommits {
    newest: Head,
    /// In the order of their revisions, of which some may be left out.
    commits: VecDeque<Mark>,
    lost: VecDeque<Mark>,
    /// The last end of a role that had passed in what was shown.
    passed_end: Timestamp,
}

impl ShownCommits {
    /// The newest commit that was shown; zero when none was.
    pub(super) fn newest(&self) -> Head {
        self.newest
    }

    /// Notes that a commit was shown. One that is not newer than the newest changes nothing.
    pub(super) fn note(&mut self, head: Head) {
        if head.revision > self.newest.revision {
            self.newest = head;
            push(&mut self.commits, (head.revision, head.write_id.prefix()));
        }
    }

    /// Notes that a role was shown as ended.
    pub(super) fn note_end(&mut self, end: Timestamp) {
        self.passed_end = self.passed_end.max(end);
    }

    /// The last end that was shown as passed, whatever the clock says now.
    pub(super) fn passed_end(&self) -> Timestamp {
        self.passed_end
    }

    /// Whether commits were lost, so that their tokens must be known as such.
    pub(super) fn has_lost(&self) -> bool {
        !self.lost.is_empty()
    }

    /// The remembered commits, the oldest first.
    pub(super) fn revisions(&self) -> Vec<Revision> {
        self.commits.iter().map(|(revision, _)| *revision).collect()
    }

    /// Whether a commit is the one that was shown of its revision.
    pub(super) fn is_shown(&self, head: Head) -> bool {
        self.mark_at(head.revision) == Some(head.write_id.prefix())
    }

    /// Notes that the history goes on from `common`, and not with what was shown after it, which is lost.
    pub(super) fn put_back(&mut self, common: Head) {
        while let Some(mark) = self.commits.pop_back_if(|(revision, _)| *revision > common.revision) {
            push(&mut self.lost, mark);
        }
        self.newest = common;
    }

    /// What is known of a moment's commit.
    pub(super) fn recall(&self, moment: &Moment) -> Recall {
        if moment.revision == Revision::default() {
            return Recall::Shown;
        }
        match self.mark_at(moment.revision) {
            Some(prefix) if prefix == moment.write_prefix => Recall::Shown,
            Some(_) => Recall::Lost,
            None if self.lost.contains(&(moment.revision, moment.write_prefix)) => Recall::Lost,
            None => Recall::Unknown,
        }
    }

    fn mark_at(&self, revision: Revision) -> Option<[u8; 4]> {
        let index = self.commits.binary_search_by_key(&revision, |(revision, _)| *revision).ok()?;
        self.commits.get(index).map(|(_, prefix)| *prefix)
    }
}

fn push(marks: &mut VecDeque<Mark>, mark: Mark) {
    if marks.len() == REMEMBERED {
        marks.pop_front();
    }
    marks.push_back(mark);
}

#[cfg(test)]
mod tests {
    use rollcall_engine::WriteId;

    use super::*;

    fn head(revision: i64, id: u8) -> Head {
        Head { revision: Revision(revision), write_id: WriteId([id; 8]) }
    }

    #[test]
    fn what_was_put_back_is_lost_and_what_comes_after_is_another_history() {
        let mut shown = ShownCommits::default();
        for revision in 1..=5 {
            shown.note(head(revision, 1));
        }
        assert_eq!(shown.recall(&head(4, 1).moment()), Recall::Shown);
        assert_eq!(shown.recall(&head(4, 2).moment()), Recall::Lost);
        assert_eq!(shown.recall(&head(6, 1).moment()), Recall::Unknown);
        shown.put_back(head(3, 1));
        assert_eq!(shown.newest(), head(3, 1));
        for (revision, expected) in [(3, Recall::Shown), (4, Recall::Lost), (5, Recall::Lost), (6, Recall::Unknown)] {
            assert_eq!(shown.recall(&head(revision, 1).moment()), expected, "{revision}");
        }
        shown.note(head(4, 2));
        assert_eq!(shown.recall(&head(4, 2).moment()), Recall::Shown);
        assert_eq!(shown.recall(&head(4, 1).moment()), Recall::Lost);
    }

    #[test]
    fn so_many_are_remembered_and_no_more() {
        let mut shown = ShownCommits::default();
        let count = i64::try_from(REMEMBERED).expect("is small") + 1;
        (1..=count).for_each(|revision| shown.note(head(revision, 1)));
        assert_eq!(shown.recall(&head(1, 1).moment()), Recall::Unknown);
        assert_eq!(shown.recall(&head(2, 1).moment()), Recall::Shown);
        assert_eq!(shown.revisions().len(), REMEMBERED);
    }
}
