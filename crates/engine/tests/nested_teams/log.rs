//! A view that follows the log finds the same chains as one that is loaded, and as a plain list of nestings has.

use std::collections::BTreeSet;

use rollcall_engine::{
    Change, Commit, Facts as _, Grant, Head, MAX_TEAM_DEPTH, Member, MemberStatus, Profile, Refusal, Resource,
    ResourceKey, Revision, Subject, SubjectRef, Timestamp, View,
};

use crate::{
    firm::{chain, crews, firm, nested},
    random::Random,
    support::{TENANT, key, subject},
};

/// Applies one commit more to a view.
fn apply(view: &mut View, changes: Vec<Change>) {
    let revision = Revision(view.revision().0 + 1);
    let head = Head { revision, ..Head::default() };
    view.follow(&[Commit { head, at: Timestamp(revision.0), changes }]).expect("the changes can be made");
}

/// The role by which the one crew is in the other, and who holds it.
fn hand(inner: &str, outer: &str) -> (Subject, Grant) {
    (subject(inner), Grant::permanent(key(outer), "hand"))
}

#[test]
fn chains_grow_and_shrink_with_the_log() {
    let long = crews("a", MAX_TEAM_DEPTH);
    let mut view = firm(&[long.clone(), crews("b", 1)].concat(), &[]);
    for (inner, outer) in chain(&long) {
        let (inner, grant) = hand(&inner, &outer);
        apply(&mut view, vec![Change::granted(&inner, &grant)]);
    }
    assert_eq!(nested(&view, "crew:b1", &long[0]), Err(Refusal::TeamsTooDeep));
    let (inner, grant) = hand(&long[30], &long[31]);
    apply(&mut view, vec![Change::revoked(&inner, &grant)]);
    assert_eq!(nested(&view, "crew:b1", &long[0]), Ok(()));
    assert_eq!(nested(&view, &long[63], "crew:b1"), Ok(()));
    let ending = Grant { expires_at: Some(Timestamp(1_000)), ..grant };
    apply(&mut view, vec![Change::granted(&inner, &ending)]);
    assert_eq!(nested(&view, &long[63], "crew:b1"), Err(Refusal::TeamsTooDeep));
    view.expire_due(Timestamp(1_000));
    assert_eq!(nested(&view, &long[63], "crew:b1"), Ok(()), "the role that joined the two has ended");
}

/// Which crew is in which, by their positions.
type Nestings = BTreeSet<(usize, usize)>;

/// How many crews lie in one another at most, by counting them one layer after the other; none where some are in a circle.
fn deepest(count: usize, nestings: &Nestings) -> Option<usize> {
    let mut remaining: BTreeSet<usize> = (0..count).collect();
    let mut layers = 0;
    while !remaining.is_empty() {
        let has_inner = |crew: usize| nestings.iter().any(|(inner, outer)| *outer == crew && remaining.contains(inner));
        let layer: Vec<usize> = remaining.iter().copied().filter(|crew| !has_inner(*crew)).collect();
        if layer.is_empty() {
            return None;
        }
        layers += 1;
        remaining.retain(|crew| !layer.contains(crew));
    }
    Some(layers)
}

/// The deletion of a crew with all roles at it and of it, and its creation anew.
fn made_anew(crew: &str, crews: &[String], position: usize, nestings: &mut Nestings) -> Vec<Change> {
    let concerns = |(inner, outer): &(usize, usize)| *inner == position || *outer == position;
    let mut changes: Vec<Change> = nestings
        .iter()
        .filter(|nesting| concerns(nesting))
        .map(|(inner, outer)| {
            let (inner, grant) = hand(&crews[*inner], &crews[*outer]);
            Change::revoked(&inner, &grant)
        })
        .collect();
    nestings.retain(|nesting| !concerns(nesting));
    let member = Member {
        subject: subject(crew),
        profile: Profile::default(),
        status: MemberStatus::Active,
        locked: false,
        created_at: Timestamp::default(),
    };
    let resource = Resource {
        key: key(crew),
        parent: Some(ResourceKey::new("firm", TENANT)),
        owner: None,
        archived: false,
        display_name: String::new(),
        created_at: Timestamp::default(),
    };
    changes.extend([
        Change::MemberRemoved { member: member.clone() },
        Change::ResourceDeleted { resource: resource.clone() },
        Change::ResourceCreated { resource },
        Change::MemberAdded { member },
    ]);
    changes
}

/// The crews to which roles are bound at each, as the view has them.
fn inner_teams(view: &View, crews: &[String]) -> Nestings {
    let position = |team: SubjectRef<'_>| crews.iter().position(|crew| subject(crew).as_ref() == team).unwrap();
    let inner = |(outer, crew): (usize, &String)| -> Vec<(usize, usize)> {
        let member = view.member_state(subject(crew).as_ref()).unwrap().member;
        view.inner_teams(member).iter().map(|team| (position(view.subject(*team)), outer)).collect()
    };
    crews.iter().enumerate().flat_map(inner).collect()
}

#[test]
fn a_nesting_is_refused_where_one_that_counts_layers_finds_too_many() {
    let crews = crews("a", 80);
    let mut counts = [0; 3];
    for seed in 0..6 {
        let random = &mut Random(seed);
        // Two chains of 40, which are longer than 64 where they are joined at their ends.
        let mut nestings: Nestings = (0..79).filter(|inner| *inner != 39).map(|inner| (inner, inner + 1)).collect();
        let mut view = firm(&crews, &[chain(&crews[..40]), chain(&crews[40..])].concat());
        for _ in 0..150 {
            let one = random.below(79);
            let other = if random.one_in(4) { one + 1 } else { random.below(80) };
            // Most of them are one way, for there are only circles the other way.
            let (inner, outer) = if random.one_in(8) { (other, one) } else { (one.min(other), one.max(other)) };
            if random.one_in(150) {
                let changes = made_anew(&crews[one], &crews, one, &mut nestings);
                apply(&mut view, changes);
            } else if nestings.contains(&(inner, outer)) {
                // Few end, or no chain grows long.
                if !random.one_in(30) {
                    continue;
                }
                let (subject, grant) = hand(&crews[inner], &crews[outer]);
                apply(&mut view, vec![Change::revoked(&subject, &grant)]);
                nestings.remove(&(inner, outer));
            } else {
                let mut after = nestings.clone();
                after.insert((inner, outer));
                let (expected, count) = match deepest(crews.len(), &after) {
                    None => (Err(Refusal::TeamCycle), 0),
                    Some(65..) => (Err(Refusal::TeamsTooDeep), 1),
                    Some(_) => (Ok(()), 2),
                };
                counts[count] += 1;
                assert_eq!(nested(&view, &crews[inner], &crews[outer]), expected, "seed {seed}: {inner} in {outer}");
                if expected.is_ok() {
                    let (subject, grant) = hand(&crews[inner], &crews[outer]);
                    apply(&mut view, vec![Change::granted(&subject, &grant)]);
                    nestings = after;
                }
            }
            assert_eq!(inner_teams(&view, &crews), nestings, "seed {seed}");
        }
    }
    assert!(counts.iter().all(|count| *count > 20), "all three come about: {counts:?}");
}
