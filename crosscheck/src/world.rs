//! A random tenant, and random things to ask about it: what both sides are told.

use rollcall_engine::{MemberStatus, ResourceKey, Subject, kind};

use crate::{model::{Model, Type}, random::Random};

/// The root resource, which is the tenant.
pub const TENANT: &str = "acme";
const NOWHERE: &str = "nowhere";
const USERS: usize = 8;
const OF_EACH_TYPE: usize = 3;

/// A tenant, and what callers may state beside it.
pub struct World {
    /// Who is a member.
    pub members: Vec<Member>,
    /// Everything that can be found; the root comes first, and each comes after what is above it.
    pub places: Vec<Place>,
    /// Which member, by place in the list, holds which role (`job_site.editor`) at which place.
    pub bindings: Vec<(usize, String, usize)>,
}

/// A member.
pub struct Member {
    /// Who.
    pub subject: Subject,
    /// Their status.
    pub status: MemberStatus,
    /// Whether they are locked.
    pub locked: bool,
}

/// A resource that can be found.
pub struct Place {
    /// Its type and id.
    pub key: ResourceKey,
    /// What is above it; none for the root.
    pub above: Option<usize>,
    /// Its owner.
    pub owner: Option<Subject>,
    /// Whether it is archived itself.
    pub archived: bool,
    /// How it is found.
    pub found: Found,
}

/// How a resource is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// It is registered.
    Registered,
    /// Whoever asks states its parent and owner.
    Stated,
    /// It is a member's record.
    Record,
}

/// What is asked.
#[derive(Debug)]
pub struct Question {
    /// Who would act.
    pub subject: Subject,
    /// The action.
    pub action: String,
    /// On what.
    pub resource: ResourceKey,
    /// The parent that is stated; with an empty id it is the root.
    pub stated_parent: Option<ResourceKey>,
    /// The owner that is stated.
    pub stated_owner: Option<Subject>,
}

impl World {
    /// A random tenant of this model.
    ///
    /// # Errors
    /// When the model has no root type.
    pub fn random(model: &Model, random: &mut Random) -> Result<Self, String> {
        let mut world = Self { members: members(random), places: Vec::new(), bindings: Vec::new() };
        let root = ResourceKey::new(&model.root()?.name, TENANT);
        world.places.push(Place { key: root, above: None, owner: None, archived: false, found: Found::Registered });
        let mut rest: Vec<&Type> = model.types.iter().filter(|of| of.parent.is_some()).collect();
        // Types from the top down, so that there is something to hang each resource from.
        rest.sort_by_key(|of| model.up_from(of).count());
        for of in rest {
            if of.member_records {
                world.add_records(of);
            } else {
                world.add_places(of, random);
            }
        }
        world.bind(model, random);
        Ok(world)
    }

    fn add_records(&mut self, of: &Type) {
        for member in self.members.iter().filter(|member| member.subject.kind == kind::USER) {
            let key = ResourceKey::new(&of.name, member.subject.id.as_str());
            let place = Place { key, above: Some(0), owner: None, archived: false, found: Found::Record };
            self.places.push(place);
        }
    }

    fn add_places(&mut self, of: &Type, random: &mut Random) {
        let is_above = |place: &Place| place.found == Found::Registered && Some(&place.key.kind) == of.parent.as_ref();
        let all_above: Vec<usize> =
            self.places.iter().enumerate().filter(|(_, place)| is_above(place)).map(|(at, _)| at).collect();
        for (found, word) in [(Found::Registered, "is"), (Found::Stated, "said")] {
            for number in 0..OF_EACH_TYPE {
                let place = Place {
                    key: ResourceKey::new(&of.name, format!("{word}-{number}")),
                    above: random.pick(&all_above).copied(),
                    owner: if random.percent(75) { Some(self.somebody(random)) } else { None },
                    archived: found == Found::Registered && random.percent(20),
                    found,
                };
                self.places.push(place);
            }
        }
    }

    fn bind(&mut self, model: &Model, random: &mut Random) {
        for member in 0..self.members.len() {
            for (at, place) in self.places.iter().enumerate().filter(|(_, place)| place.found == Found::Registered) {
                let roles = model.find(&place.key.kind).map(|of| of.roles.as_slice()).unwrap_or_default();
                let (chance, again) = if at == 0 { (45, 10) } else { (25, 10) };
                if random.percent(chance) {
                    let count = 1 + usize::from(random.percent(again));
                    let held = (0..count).filter_map(|_| random.pick(roles));
                    self.bindings.extend(held.map(|role| (member, role.name.clone(), at)));
                }
            }
        }
    }

    /// Mostly a member, at times a stranger or an operator.
    fn somebody(&self, random: &mut Random) -> Subject {
        let member = random.pick(&self.members).map(|member| member.subject.clone());
        match random.below(100) {
            0..5 => Subject::user("stranger"),
            5..12 => Subject::new(kind::OPERATOR, "u0"),
            _ => member.unwrap_or_else(|| Subject::user("stranger")),
        }
    }

    /// Something to ask.
    pub fn question(&self, model: &Model, random: &mut Random) -> Option<Question> {
        let actions: Vec<(&Type, &str)> =
            model.types.iter().flat_map(|of| of.actions.iter().map(move |action| (of, &*action.name))).collect();
        let (of, action) = random.pick(&actions)?;
        let mut question = Question {
            subject: self.somebody(random),
            action: (*action).to_owned(),
            resource: ResourceKey::new(&of.name, NOWHERE),
            stated_parent: None,
            stated_owner: None,
        };
        let places: Vec<&Place> = self.places.iter().filter(|place| place.key.kind == of.name).collect();
        match random.pick(&places).filter(|_| random.percent(92)) {
            Some(place) => self.ask_about(place, &mut question, random),
            None => self.ask_in_vain(of, &mut question, random),
        }
        Some(question)
    }

    fn ask_about(&self, place: &Place, question: &mut Question, random: &mut Random) {
        question.resource = place.key.clone();
        let own =
            if place.found == Found::Record { Some(Subject::user(place.key.id.as_str())) } else { place.owner.clone() };
        if let Some(own) = own.filter(|_| random.percent(25)) {
            question.subject = own;
        }
        if place.found == Found::Stated {
            question.stated_owner.clone_from(&place.owner);
            question.stated_parent =
                place.above.and_then(|above| self.places.get(above)).map(|above| above.key.clone());
            if let Some(parent) = question.stated_parent.as_mut().filter(|key| key.id == TENANT && random.percent(50)) {
                parent.id.clear();
            }
        } else if random.percent(25) {
            // What is stated of a resource that is registered, or of a record, counts for nothing.
            question.stated_owner = Some(question.subject.clone());
            question.stated_parent = random.pick(&self.places).map(|place| place.key.clone());
        }
    }

    /// Asks about what is not there, with no parent, one that is not registered, or one of a type that it can't have.
    fn ask_in_vain(&self, of: &Type, question: &mut Question, random: &mut Random) {
        let misfits: Vec<&Place> = self
            .places
            .iter()
            .filter(|place| place.found != Found::Registered || Some(&place.key.kind) != of.parent.as_ref())
            .collect();
        question.stated_owner = Some(question.subject.clone());
        question.stated_parent = match random.below(3) {
            0 => None,
            1 => of.parent.as_ref().map(|kind| ResourceKey::new(kind, NOWHERE)),
            _ => random.pick(&misfits).map(|place| place.key.clone()),
        };
    }
}

/// Users, and beside them members of other kinds whose ids are the same.
fn members(random: &mut Random) -> Vec<Member> {
    let users = (0..USERS).map(|number| Subject::user(format!("u{number}")));
    let others = [Subject::new(kind::SERVICE, "u1"), Subject::new(kind::EMAIL, "u2")];
    let member = |subject| {
        let status = match random.below(100) {
            0..80 => MemberStatus::Active,
            80..90 => MemberStatus::Invited,
            _ => MemberStatus::Deactivated,
        };
        Member { subject, status, locked: random.percent(15) }
    };
    users.chain(others).map(member).collect()
}
