//! The members of a view: adding, changing and removing them.

use crate::{
    domain::{Member, MemberStatus, Subject, SubjectRef},
    facts::MemberKey,
    view::{
        apply::Diverged,
        facts::{MemberRow, SubjectType, View},
    },
};

impl View {
    /// Adds a member who has no roles yet.
    pub(crate) fn add_member(&mut self, subject: SubjectRef<'_>, status: MemberStatus, locked: bool) {
        let subject_type = self.find_subject_type(subject.kind).unwrap_or_else(|| {
            let (is_team, is_people) = (self.policy.is_team(subject), self.policy.is_type_of_people(subject.kind));
            self.subject_types.push(SubjectType { name: subject.kind.into(), is_team, is_people, everybody: None });
            u16::try_from(self.subject_types.len() - 1).unwrap_or(u16::MAX)
        });
        let member = MemberRow { id: subject.id.into(), assignments: Vec::new(), subject_type, status, locked };
        let free = self.free_members.pop();
        let row = free.or_else(|| u32::try_from(self.members.len()).ok()).unwrap_or(u32::MAX);
        match self.members.get_mut(row as usize) {
            Some(slot) => *slot = member,
            None => self.members.push(member),
        }
        self.member_index.insert((subject_type, subject.id), row, Self::member_key(&self.members));
        if subject.is_everybody() {
            self.set_everybody(subject_type, Some(MemberKey(row)));
        }
    }

    pub(crate) fn update_member(&mut self, member: &Member) -> Result<(), Diverged> {
        let row = self.find_member(member.subject.as_ref()).ok_or(Diverged)?;
        self.count_holder_everywhere(row, false);
        let slot = self.members.get_mut(row as usize).ok_or(Diverged)?;
        slot.status = member.status;
        slot.locked = member.locked;
        self.count_holder_everywhere(row, true);
        Ok(())
    }

    pub(crate) fn remove_member(&mut self, subject: &Subject) -> Result<(), Diverged> {
        let row = self.find_member(subject.as_ref()).ok_or(Diverged)?;
        self.count_holder_everywhere(row, false);
        let member = self.members.get_mut(row as usize).ok_or(Diverged)?;
        let subject_type = member.subject_type;
        self.member_index.remove((subject_type, &*member.id), row);
        member.id = Box::default();
        for assignment in std::mem::take(&mut member.assignments) {
            self.expirations.remove(row, assignment);
        }
        if subject.as_ref().is_everybody() {
            self.set_everybody(subject_type, None);
        }
        self.forget_teams(row);
        self.free_members.push(row);
        Ok(())
    }

    fn set_everybody(&mut self, subject_type: u16, everybody: Option<MemberKey>) {
        if let Some(subject_type) = self.subject_types.get_mut(usize::from(subject_type)) {
            subject_type.everybody = everybody;
        }
    }
}
