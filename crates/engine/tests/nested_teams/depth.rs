//! Which nestings are refused, for chains of every form.

use rollcall_engine::{
    Facts as _, MAX_TEAM_DEPTH, MembershipWrite, Nesting, Refusal, WriteKind, nesting_refusals, permit,
};

use crate::{
    firm::{chain, crews, firm, given, nested, node},
    support::subject,
};

#[test]
fn a_chain_of_teams_has_an_end_at_both_ends() {
    let long = crews("a", MAX_TEAM_DEPTH);
    let all = [long.clone(), crews("b", 1)].concat();
    let short = firm(&all, &chain(&long[..MAX_TEAM_DEPTH - 1]));
    let (last, first) = (&long[MAX_TEAM_DEPTH - 2], &long[0]);
    assert_eq!(nested(&short, last, "crew:b1"), Ok(()), "64, longer at the top");
    assert_eq!(nested(&short, "crew:b1", first), Ok(()), "64, longer at the bottom");
    let full = firm(&all, &chain(&long));
    let (last, first) = (&long[MAX_TEAM_DEPTH - 1], &long[0]);
    assert_eq!(nested(&full, last, "crew:b1"), Err(Refusal::TeamsTooDeep), "65, longer at the top");
    assert_eq!(nested(&full, "crew:b1", first), Err(Refusal::TeamsTooDeep), "65, longer at the bottom");
    assert_eq!(nested(&full, "crew:b1", &long[1]), Ok(()), "a side branch that is no longer");
    assert_eq!(nested(&full, last, first), Err(Refusal::TeamCycle), "a circle is no depth");
    assert_eq!(nested(&full, first, first), Err(Refusal::TeamCycle));
}

#[test]
fn two_chains_are_joined_where_both_are_short_enough() {
    let (inner, outer) = (crews("a", 40), crews("b", 40));
    let view = firm(&[inner.clone(), outer.clone()].concat(), &[chain(&inner), chain(&outer)].concat());
    // 40 crews up to the inner one, and from the outer one those that remain above it.
    assert_eq!(nested(&view, "crew:a40", "crew:b17"), Ok(()), "40 + 24");
    assert_eq!(nested(&view, "crew:a40", "crew:b16"), Err(Refusal::TeamsTooDeep), "40 + 25");
    assert_eq!(nested(&view, "crew:a24", "crew:b1"), Ok(()), "24 + 40, though the inner one is in further ones");
    assert_eq!(nested(&view, "crew:a25", "crew:b1"), Err(Refusal::TeamsTooDeep), "25 + 40");
}

#[test]
fn what_nests_no_team_is_not_bounded() {
    let long = crews("a", MAX_TEAM_DEPTH);
    let view = firm(&long, &chain(&long));
    let last = &long[MAX_TEAM_DEPTH - 1];
    assert_eq!(given(&view, "bob", &long[0], "hand"), Ok(()), "a person");
    assert_eq!(given(&view, last, "site:yard", "keeper"), Ok(()), "a role elsewhere");
    assert_eq!(given(&view, &long[0], &long[1], "help"), Ok(()), "a second role where a team is already");
    let help = view.policy().find_role(view.policy().find_type("crew").unwrap(), "help").unwrap().id();
    let change = MembershipWrite::giving(WriteKind::Change, help);
    assert!(permit(&view, subject("ada").as_ref(), node(&view, last), subject(&long[62]).as_ref(), change).is_ok());
}

/// 40 layers of two crews each, of which both are in both of the next layer: 2⁴⁰ ways from the first to the last.
#[test]
fn ways_that_meet_again_are_walked_once() {
    let layers: Vec<Vec<String>> = (1..=40).map(|layer| crews(&format!("{layer}-"), 2)).collect();
    let pairs = layers.windows(2).flat_map(|pair| {
        let inner = pair[0].clone();
        inner.into_iter().flat_map(|inner| pair[1].clone().into_iter().map(move |outer| (inner.clone(), outer)))
    });
    let further = crews("b", 25);
    let all = [layers.concat(), further.clone()].concat();
    let view = firm(&all, &pairs.chain(chain(&further)).collect::<Vec<_>>());
    assert_eq!(nested(&view, "crew:40-1", "crew:b2"), Ok(()), "40 + 24");
    assert_eq!(nested(&view, "crew:40-2", "crew:b1"), Err(Refusal::TeamsTooDeep), "40 + 25");
    assert_eq!(nested(&view, "crew:b24", "crew:1-2"), Ok(()), "24 + 40");
    assert_eq!(nested(&view, "crew:b25", "crew:1-1"), Err(Refusal::TeamsTooDeep), "25 + 40");
    assert_eq!(nested(&view, "crew:40-2", "crew:1-1"), Err(Refusal::TeamCycle));
}

#[test]
fn what_was_too_deep_before_stays_and_grows_no_further() {
    let long = crews("a", 200);
    let all = [long.clone(), crews("b", 3)].concat();
    let circle = ["crew:b1", "crew:b2"].map(str::to_owned);
    let around = [(circle[0].clone(), circle[1].clone()), (circle[1].clone(), circle[0].clone())];
    let view = firm(&all, &[chain(&long), around.to_vec()].concat());
    assert_eq!(nested(&view, "crew:b3", &long[0]), Err(Refusal::TeamsTooDeep));
    assert_eq!(nested(&view, "crew:b3", &long[137]), Ok(()), "the last 64 of the chain, with this one");
    assert_eq!(nested(&view, "crew:b3", &long[136]), Err(Refusal::TeamsTooDeep));
    assert_eq!(nested(&view, &long[199], "crew:b3"), Err(Refusal::TeamsTooDeep));
    // What no write makes any more: a circle has no end, and a team outside of it is not in it.
    assert_eq!(nested(&view, "crew:b3", "crew:b1"), Err(Refusal::TeamsTooDeep));
    assert_eq!(nested(&view, "crew:b2", "crew:b3"), Err(Refusal::TeamsTooDeep));
}

#[test]
fn teams_that_are_put_in_teams_together_are_decided_together() {
    let long = crews("a", MAX_TEAM_DEPTH + 1);
    let view = firm(&long, &[]);
    let found = |pairs: &[(String, String)]| -> Vec<Option<Refusal>> {
        let nesting = |(inner, outer): &(String, String)| {
            Nesting::find(&view, node(&view, outer), subject(inner).as_ref()).unwrap()
        };
        nesting_refusals(&view, &pairs.iter().map(nesting).collect::<Vec<_>>())
    };
    assert_eq!(found(&chain(&long[..MAX_TEAM_DEPTH])), vec![None; 63]);
    assert_eq!(found(&chain(&long)), vec![Some(Refusal::TeamsTooDeep); 64]);
    let circle = [(long[0].clone(), long[1].clone()), (long[1].clone(), long[0].clone())];
    let beside = (long[2].clone(), long[3].clone());
    let cycle = Some(Refusal::TeamCycle);
    assert_eq!(found(&[circle.to_vec(), vec![beside]].concat()), [cycle.clone(), cycle, None]);
}
