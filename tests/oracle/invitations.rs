//! What becomes of an invitation after its issue, and when that is refused.

use std::collections::BTreeSet;

use super::{
    facts::{AssignedRole, Key, Member, ModelFacts, Profile},
    renewal::Renewed,
    rules::{Evaluation, MembershipWrite},
};

/// Roles that were offered, and where.
type Offers = Vec<(Key, AssignedRole)>;

impl Evaluation<'_> {
    pub fn accept(&mut self, token: &str, profile: &Profile) {
        let who = self.actor.clone();
        let is_no_person = who.1 == "*" || who.0 == "operator" || who.0 == "email" || self.policy.is_team(&who.0);
        self.refuse_if(is_no_person, "FIELD_INVALID");
        let Some((id, email)) = self.answerable_invitation(token, profile.email.as_deref()) else { return };
        let stand_in = ("email".to_owned(), email);
        let invited = self.remove_invited(&stand_in);
        if let Some(member) = self.member(&who) {
            let (deactivated, locked) = (member.status == "DEACTIVATED", member.locked);
            self.refuse_if(deactivated, "ACTOR_DEACTIVATED");
            self.refuse_if(locked, "ACTOR_LOCKED");
            if let Some(member) = self.after.members.get_mut(&who) {
                member.locked |= invited.locked;
            }
        } else {
            let mut profile = profile.clone();
            if profile.display_name.is_empty() {
                profile.display_name.clone_from(&invited.profile.display_name);
            }
            self.require_free_identifiers(&stand_in, &Profile { email: None, ..profile.clone() });
            let member = Member { status: "ACTIVE".to_owned(), locked: invited.locked, profile };
            self.after.members.insert(who.clone(), member);
        }
        let offered = self.facts.bindings.iter().filter(|((holder, _), _)| *holder == stand_in);
        let offered = offered.map(|((_, at), assigned)| (at, assigned));
        let offered = offered.filter(|(at, _)| !self.facts.is_lapsed(&stand_in, at));
        // A role that they have stays as it is, and what protects them keeps others from giving them more.
        let free = offered.filter(|(at, _)| {
            self.facts.assigned_role(&who, at).is_none() && !self.facts.protected(self.policy, &who, at)
        });
        let (mut given, mut failed) = self.given_in_turn(&who, free.collect());
        let is_new = self.member(&who).is_none();
        if is_new {
            self.join(&mut given, &mut failed);
        }
        self.refuse_if(given.is_empty() && (!failed.is_empty() || is_new), "INVITATION_VOID");
        for (at, assigned) in given {
            self.after.bindings.insert((who.clone(), at), assigned);
        }
        self.close(&id, "ACCEPTED");
    }

    /// To somebody new a joining role comes with a role that brings it, and ends with the last of these.
    fn join(&self, given: &mut Vec<(Key, AssignedRole)>, failed: &mut Vec<(Key, AssignedRole)>) {
        let joins_as = |at: &Key| self.policy.resource_type(&at.0).joins_as.clone();
        let root = self.root();
        for (at, assigned) in std::mem::take(failed) {
            let mut bringing = given.iter().filter(|(brings, _)| joins_as(brings).as_ref() == Some(&assigned.role));
            let first = bringing.next().filter(|_| at == root);
            let Some((_, longest)) = first.map(|first| {
                let lasts_longer = |one: &AssignedRole, other: &AssignedRole| {
                    one.end.is_some_and(|end| other.end.is_none_or(|other| other > end))
                };
                bringing.fold(first, |one, other| if lasts_longer(&one.1, &other.1) { other } else { one })
            }) else {
                failed.push((at, assigned));
                continue;
            };
            let end = [assigned.end, longest.end].into_iter().flatten().min();
            let joining = AssignedRole::new(&assigned.role, end, &longest.by, None);
            given.push((at, joining));
        }
        if !given.iter().any(|(at, _)| *at == root) {
            let joining = given.iter().filter_map(|(at, assigned)| Some((joins_as(at)?, assigned)));
            let longest = joining.reduce(|one, other| {
                let lasts_longer = one.1.end.is_some_and(|end| other.1.end.is_none_or(|other| other > end));
                if lasts_longer { other } else { one }
            });
            if let Some((role, brings)) = longest {
                let joining = AssignedRole::new(&role, brings.end, &brings.by, None);
                given.push((root, joining));
            }
        }
    }

    /// Whether whoever offered a role to somebody invited can give it to nobody any more who is they.
    pub fn is_void(&self, invited: &Key, at: &Key) -> bool {
        let Some(assigned) = self.facts.assigned_role(invited, at) else { return false };
        // Whoever accepts as somebody new holds nothing yet.
        let new = &("email".to_owned(), String::new());
        let offered = self.facts.bindings.iter().filter(|((holder, _), _)| holder == invited);
        let (given, _) = self.given_in_turn(new, offered.map(|((_, at), assigned)| (at, assigned)).collect());
        let joins_as = |at: &Key| self.policy.resource_type(&at.0).joins_as.clone();
        let is_brought = given.iter().any(|(other, _)| joins_as(other).as_ref() == Some(&assigned.role));
        let is_given = given.iter().any(|(other, _)| other == at) || *at == self.root() && is_brought;
        !is_given
    }

    /// The offers that are given to somebody, each beside those before it, the root's first; and those that are not.
    fn given_in_turn(&self, target: &Key, mut offered: Vec<(&Key, &AssignedRole)>) -> (Offers, Offers) {
        let root = self.root();
        offered.sort_by_key(|(at, _)| **at != root);
        let (mut given, mut beside) = (Vec::new(), Vec::new());
        loop {
            let before = offered.len();
            offered.retain(|(at, assigned)| {
                let is_given = self.gives_still(target, at, assigned, &beside);
                if is_given {
                    beside.push(((*at).clone(), assigned.role.clone()));
                    given.push(((*at).clone(), (*assigned).clone()));
                }
                !is_given
            });
            if offered.is_empty() || offered.len() == before {
                return (given, offered.into_iter().map(|(at, assigned)| (at.clone(), assigned.clone())).collect());
            }
        }
    }

    /// Whether whoever offered a role may offer it now, to somebody and for as long; or may change another offer to it, whose maker
    /// may make that one.
    pub fn gives_still(&self, target: &Key, at: &Key, assigned: &AssignedRole, beside: &[(Key, String)]) -> bool {
        let links: Vec<&AssignedRole> = assigned.before.0.iter().chain([assigned]).collect();
        self.stands((target, beside), at, &links, links.len() > 1)
    }

    fn stands(&self, target: (&Key, &[(Key, String)]), at: &Key, links: &[&AssignedRole], is_changed: bool) -> bool {
        let (last, before) = links.split_last().expect("there is an offer");
        if self.may_make(target, at, last, None) {
            return true;
        }
        // What came along with others, and was changed, stands while one of them is given.
        let brings =
            |(other, _): &(Key, String)| self.policy.resource_type(&other.0).joins_as.as_ref() == Some(&last.role);
        let is_brought = || last.rule.is_none() && *at == self.root() && target.1.iter().any(brings);
        match before.last() {
            None => is_changed && is_brought(),
            Some(from) => self.may_make(target, at, last, Some(from)) && self.stands(target, at, before, is_changed),
        }
    }

    /// Whether the giver of a role may offer it now, or change another offer to it.
    pub fn may_make(
        &self,
        (target, beside): (&Key, &[(Key, String)]),
        at: &Key,
        assigned: &AssignedRole,
        from: Option<&AssignedRole>,
    ) -> bool {
        let giver =
            Evaluation { actor: &assigned.by, refusals: BTreeSet::new(), after: ModelFacts::default(), ..*self };
        if giver.actor_refusal().is_some() || self.facts.protected(self.policy, target, at) {
            return false;
        }
        let verb = if from.is_some() { "change" } else { "invite" };
        let from_role = from.map(|from| from.role.as_str());
        let to = Some(&*assigned.role);
        let write = MembershipWrite { from: from_role, to, beside, ..MembershipWrite::plain(verb) };
        let ends_by = |latest: i64| assigned.end.is_some_and(|end| end <= latest);
        let narrows = from.is_some_and(|from| {
            let had = (at.0.clone(), from.role.clone());
            self.policy.includes_role(&had, &at.0, &assigned.role) && from.end.is_none_or(ends_by)
        });
        giver.is_permitted(at, target, &write)
            && (narrows || giver.permission_ends_at(at, target, &write).is_none_or(ends_by))
    }

    pub fn decline(&mut self, token: &str, email: &str) {
        self.refuse_if(self.actor.0 == "email" && self.actor.1 != email, "FIELD_INVALID");
        if let Some((id, email)) = self.answerable_invitation(token, Some(email)) {
            self.remove_invited(&("email".to_owned(), email));
            self.close(&id, "DECLINED");
        }
    }

    /// Allowed to whoever may send it again at one of the resources that they are invited to.
    pub fn resend(&mut self, id: &str) {
        let Some(invited) = self.pending_invitee(id) else { return };
        let resend = MembershipWrite::plain("resend");
        let resources = self.invited_to(&invited);
        let refused =
            resources.iter().map(|at| self.refusals_of(|evaluation| evaluation.permit(at, &invited, &resend)));
        let refused = refused.collect::<Vec<_>>();
        if refused.iter().all(|reasons| !reasons.is_empty()) {
            self.refusals.extend(refused.into_iter().flatten());
        }
        self.refuse_if(self.facts.suppressed.contains(&invited.1), "ADDRESS_SUPPRESSED");
        let renewed = self.renew(&invited, &[], None);
        // Whoever may have nothing go on may give none of it, or not for as long.
        if let Renewed::Nothing = renewed {
            self.refusals.extend(["NOT_PERMITTED", "OUTLASTS_GRANTER"]);
        }
        let expires_at = self.expiry(&invited, &renewed);
        self.after.invitations.entry(id.to_owned()).and_modify(|row| {
            row.token_hash.clear();
            "PENDING".clone_into(&mut row.status);
            row.expires_at = expires_at;
        });
    }

    /// Allowed to whoever may remove them from the tenant, or from every resource that they are invited to.
    pub fn revoke(&mut self, id: &str) {
        let Some(invited) = self.pending_invitee(id) else { return };
        let permit = |evaluation: &mut Self, at: &Key, from: Option<&str>| {
            evaluation.permit(at, &invited, &MembershipWrite { from, ..MembershipWrite::plain("remove") });
        };
        let resources = self.invited_to(&invited);
        let root = self.root();
        let from = |at: &Key| self.facts.assigned_role(&invited, at).map(|assigned| assigned.role.as_str());
        let from_the_tenant = self.refusals_of(|evaluation| permit(evaluation, &root, from(&root)));
        let from_the_resources =
            self.refusals_of(|evaluation| resources.iter().for_each(|at| permit(evaluation, at, from(at))));
        if !from_the_tenant.is_empty() && !from_the_resources.is_empty() {
            self.refusals.extend(from_the_tenant.into_iter().chain(from_the_resources));
        }
        self.remove_invited(&invited);
        self.close(id, "REVOKED");
    }

    pub fn suppress(&mut self, email: &str, suppressed: bool) {
        self.refuse_if(!self.is_operator(), "NOT_PERMITTED");
        let changed = if suppressed {
            self.after.suppressed.insert(email.to_owned())
        } else {
            self.after.suppressed.remove(email)
        };
        self.refuse_if(!changed, if suppressed { "ALREADY_SUPPRESSED" } else { "NOT_SUPPRESSED" });
    }

    /// The id and the email of the open invitation of a token; the actor's email must be the invited one.
    fn answerable_invitation(&mut self, token: &str, email: Option<&str>) -> Option<(String, String)> {
        let id = self.facts.invitation_of_token(token).cloned().unwrap_or_default();
        let invited = self.pending_invitee(&id)?;
        self.refuse_if(self.facts.invitations[&id].status == "EXPIRED", "INVITATION_EXPIRED");
        self.refuse_if(email != Some(&invited.1), "EMAIL_MISMATCH");
        Some((id, invited.1))
    }

    /// The invited member of an invitation, if that exists and is open.
    fn pending_invitee(&mut self, id: &str) -> Option<Key> {
        let found = self.facts.invitations.get(id);
        let reason = match found.map(|row| row.status.as_str()) {
            None => "INVITATION_NOT_FOUND",
            Some("ACCEPTED") => "INVITATION_USED",
            Some("REVOKED") => "INVITATION_REVOKED",
            Some("DECLINED") => "INVITATION_DECLINED",
            Some(_) => return found.map(|row| ("email".to_owned(), row.email.clone())),
        };
        self.refusals.insert(reason);
        None
    }

    /// Removes an invited member and their roles.
    fn remove_invited(&mut self, stand_in: &Key) -> Member {
        self.after.bindings.retain(|(holder, _), _| holder != stand_in);
        self.after.members.remove(stand_in).expect("somebody invited is there")
    }

    pub fn close(&mut self, id: &str, status: &str) {
        self.after.invitations.entry(id.to_owned()).and_modify(|row| status.clone_into(&mut row.status));
    }

    /// The resources that somebody is invited to; the root, if they have no role at all.
    fn invited_to(&self, invited: &Key) -> Vec<Key> {
        let resources = self.facts.bindings.keys().filter(|(holder, _)| holder == invited).map(|(_, at)| at.clone());
        let resources = resources.collect::<Vec<_>>();
        if resources.is_empty() { vec![self.root()] } else { resources }
    }
}
