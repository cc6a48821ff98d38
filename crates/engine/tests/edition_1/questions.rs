//! Asks the engine what a file has answers to, and compares. Whatever else the engine says of the same matter must agree
//! with it: lists, explanations, and the roles that it says somebody holds.

use rollcall_engine::{
    Facts as _, Mask, MembershipWrite, Question, Reachability, ResourceKey, ResourceRef, ResourceType, Role, Search,
    StatedFacts, Subject, SubjectRef, Target, Timestamp, View, WriteKind, actions, assigned_roles_of, decide, explain,
    locate, permit,
};

use crate::{
    file::{AnswersFile, Entry, EntryKind, WriteEntry},
    support::{key, subject},
};

impl AnswersFile {
    /// The answers that are others now, in words; adds to `count` how many there are in all.
    pub fn wrong(&self, count: &mut usize) -> Vec<String> {
        let mut wrong = Vec::new();
        for entry in &self.entries {
            let mut view = self.facts.view();
            view.expire_due(Timestamp(entry.at.into()));
            let nowhere = [String::new()];
            let resources = if matches!(entry.kind, EntryKind::Teams) { &nowhere[..] } else { &entry.on };
            assert!(!resources.is_empty(), "{}: nothing is asked", entry.what);
            for asker in &self.askers {
                for on in resources {
                    let found = answers(&view, entry, asker, on);
                    *count += found.len();
                    let differing = found.into_iter().filter(|found| found != self.expected(entry, asker));
                    wrong.extend(differing.map(|found| {
                        format!("{}: `{asker}` on `{on}`: was {}, is {found}", entry.what, self.expected(entry, asker))
                    }));
                }
            }
        }
        for (start, expected) in &self.reached {
            let reach = Reachability::new(&self.policy, *start, start.is_empty());
            let reached = self.policy.roles().iter().filter(|role| reach.is_reachable(role));
            let reached: Vec<String> = reached.map(|role| self.policy.qualified(role)).collect();
            *count += 1;
            if reached != *expected {
                wrong.push(format!("{start:?} reaches {reached:?}, and reached {expected:?}"));
            }
        }
        wrong
    }
}

/// What an asker is answered; about several targets, several answers.
fn answers(view: &View, entry: &Entry, asker: &str, on: &str) -> Vec<String> {
    let who = subject(asker);
    match &entry.kind {
        EntryKind::Action { action, stated, owner } => {
            let stated: Vec<ResourceKey> = stated.iter().map(|name| key(name)).collect();
            let stated: Vec<ResourceRef<'_>> = stated.iter().map(ResourceKey::as_ref).collect();
            let owner = owner.as_deref().map(subject);
            let stated = StatedFacts { parents: &stated, owner: owner.as_ref().map(Subject::as_ref) };
            vec![decided(view, who.as_ref(), &key(on), action, stated)]
        }
        EntryKind::Write(write) => {
            let targets = write.whom.iter().map(|whom| if whom == "self" { asker } else { whom });
            targets.map(|whom| permitted(view, &who, write, &key(on), whom)).collect()
        }
        EntryKind::Creation { created_type } => {
            let (policy, name) = (view.policy(), key(on));
            let (created_type, above) =
                (policy.find_type(created_type).unwrap(), policy.find_type(&name.kind).unwrap());
            let target = locate(view, above, &name.id, StatedFacts::default());
            let may = |action| decide(view, &Question::new(who.as_ref(), action, target)).allowed();
            let is_allowed =
                created_type.may_be_below(above.id()) && policy.create_actions(created_type, above).any(may);
            vec![if is_allowed { "ALLOWED" } else { "DENIED" }.to_owned()]
        }
        EntryKind::Roles => {
            let name = key(on);
            let resource_type = view.policy().find_type(&name.kind).unwrap();
            let target = locate(view, resource_type, &name.id, StatedFacts::default());
            vec![roles(view, who.as_ref(), resource_type, target)]
        }
        EntryKind::Teams => {
            let member = view.member_state(who.as_ref()).map(|state| state.member);
            let teams = member.map_or(&[][..], |member| view.teams(member));
            let mut teams: Vec<String> = teams.iter().map(|team| view.subject(*team).to_string()).collect();
            teams.sort();
            vec![teams.join(" ")]
        }
    }
}

/// The code of a decision about an action.
fn decided(view: &View, who: SubjectRef<'_>, name: &ResourceKey, action: &str, stated: StatedFacts<'_>) -> String {
    let resource_type = view.policy().find_type(&name.kind).unwrap();
    let action = resource_type.find_action(action).unwrap();
    let target = locate(view, resource_type, &name.id, stated);
    let question = Question::new(who, action, target);
    let decision = decide(view, &question);
    let what = || format!("{who} {} {name}", action.name());
    let listed = actions(view, who, resource_type, target).iter().any(|listed| listed.name() == action.name());
    assert_eq!(listed, decision.allowed(), "{}: the list of actions", what());
    if let Target::Registered(node) = target {
        let mut search = Search::new(view, who, (resource_type, action), None, 1_000);
        let found = search.advance(view, action, 1_000).expect("there are few").0.contains(&node);
        assert_eq!(found, decision.allowed(), "{}: the list of resources", what());
    }
    let explanation = explain(view, &question, resource_type, name, &decision);
    assert_eq!(explanation.summary.contains("may not"), !decision.allowed(), "{}", explanation.summary);
    let decisive = explanation.held_roles.iter().any(|role| role.decisive);
    assert_eq!(decisive, decision.reason.code() == "GRANTED_BY_ROLE", "{}: {}", what(), explanation.summary);
    let explained: Mask = view
        .policy()
        .roles()
        .iter()
        .filter(|role| explanation.held_roles.iter().any(|known| known.role == view.policy().qualified(role)))
        .map(Role::mask)
        .collect();
    let is_member = view.member_state(who).is_some_and(|state| Some(state.member) != view.everybody(who.kind));
    if is_member && (decision.allowed() || matches!(decision.reason.code(), "NOT_GRANTED" | "EXCLUDED")) {
        assert!(decision.effective_roles.roles().eq(explained.roles()), "{}: the roles explained", what());
    }
    decision.reason.code().to_owned()
}

/// `ALLOWED`, with the end of the right if it has one, or the code of the refusal.
fn permitted(view: &View, who: &Subject, entry: &WriteEntry, name: &ResourceKey, whom: &str) -> String {
    let resource_type = view.policy().find_type(&name.kind).unwrap();
    let role = |role: &String| view.policy().find_role(resource_type, role).unwrap().id();
    let write = MembershipWrite {
        kind: WriteKind::from_name(&entry.kind).unwrap(),
        from: entry.from.as_ref().map(role),
        to: entry.to.as_ref().map(role),
        expires_at: entry.until.map(|end| Timestamp(end.into())),
        changes_expiry: entry.changes_expiry,
        is_one_of_several: false,
    };
    let node = view.find(resource_type.id(), &name.id).unwrap();
    match permit(view, who.as_ref(), node, subject(whom).as_ref(), write) {
        Ok(permission) => {
            permission.until.map_or("ALLOWED".to_owned(), |Timestamp(end)| format!("ALLOWED until {end}"))
        }
        Err(refusal) => refusal.code().to_owned(),
    }
}

/// The roles that somebody holds at a target, of its type and those above.
fn roles(view: &View, who: SubjectRef<'_>, resource_type: &ResourceType, target: Target<'_>) -> String {
    let policy = view.policy();
    let effective_roles = policy.closure(assigned_roles_of(view, who, target));
    let types = policy.ancestors(resource_type);
    let is_here = |role: &&Role| types.iter().any(|above| above.id() == role.resource_type());
    let names: Vec<String> =
        policy.roles_in(effective_roles).filter(is_here).map(|role| policy.qualified(role)).collect();
    names.join(" ")
}
