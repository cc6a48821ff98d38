//! Random tenants, asked once with a chain of resources registered and once with it stated.

use rollcall_engine::{
    Decision, Facts as _, Policy, Question, ResourceKey, ResourceRef, StatedFacts, Subject, View, actions,
    assigned_roles_of, decide, is_archived, locate,
};

use crate::{
    random::{Random, may_be_below, policy_text, tenant},
    support::{TenantFacts, compiled, key, subject},
};

/// The names of a chain of resources, from the target up to one that is registered.
struct Chain {
    target: String,
    owner: Option<String>,
    /// The nearest first; the last one is registered.
    parents: Vec<String>,
}

impl Chain {
    /// A random chain below a registered resource, as long as types allow.
    fn random(policy: &Policy, registered: &[String], random: &mut Random) -> Option<Self> {
        let mut chain = vec![random.pick(registered).clone()];
        for number in 0..=random.below(4) {
            let lowest = chain.last()?;
            let types: Vec<_> = policy.types().iter().filter(|it| may_be_below(policy, it, lowest)).collect();
            if types.is_empty() {
                break;
            }
            chain.push(format!("{}:n{number}", random.pick(&types).name()));
        }
        let target = chain.pop().filter(|_| !chain.is_empty())?;
        chain.reverse();
        let owner = random.one_in(2).then(|| format!("u{}", random.below(4)));
        Some(Self { target, owner, parents: chain })
    }

    /// The facts with the first `count` resources of the chain registered, from the top; with all of them, the target
    /// is.
    fn registered(&self, facts: &TenantFacts, count: usize) -> TenantFacts {
        let whole: Vec<&String> = std::iter::once(&self.target).chain(&self.parents).collect();
        let pairs = whole.windows(2).rev().take(count);
        pairs.fold(facts.clone(), |facts, pair| {
            let owner = self.owner.as_deref().filter(|_| *pair[0] == self.target);
            facts.resource(pair[0], pair[1], owner, false)
        })
    }
}

/// What a view decides about everything that a subject could do on a target.
fn decisions(view: &View, subject: &Subject, chain: &Chain, stated: StatedFacts<'_>) -> Vec<String> {
    let name = key(&chain.target);
    let resource_type = view.policy().find_type(&name.kind).unwrap();
    let target = locate(view, resource_type, &name.id, stated);
    let who = subject.as_ref();
    let decide = |action| {
        let Decision { outcome, reason, effective_roles, term, .. } = decide(view, &Question::new(who, action, target));
        format!("{outcome:?} {reason:?} {effective_roles:?} {term:?}")
    };
    let mut found: Vec<String> = resource_type.actions().iter().map(decide).collect();
    found.extend(actions(view, who, resource_type, target).into_iter().map(|action| action.name().to_owned()));
    found.push(format!("{:?} {}", assigned_roles_of(view, who, target), is_archived(view, target)));
    found
}

#[test]
fn what_is_stated_decides_as_what_is_registered() {
    let subjects = ["u0", "u1", "u2", "u3", "stranger", "operator:op"].map(subject);
    let (mut allowed, mut denied, mut long) = (0, 0, 0);
    for seed in 0..600 {
        let random = &mut Random(seed);
        let text = policy_text(random);
        let policy = compiled(&text);
        let (facts, names) = tenant(&policy, random);
        for _ in 0..6 {
            let Some(chain) = Chain::random(&policy, &names, random) else { continue };
            long += usize::from(chain.parents.len() > 2);
            let keys: Vec<ResourceKey> = chain.parents.iter().map(|name| key(name)).collect();
            let mut parents: Vec<ResourceRef<'_>> = keys.iter().map(ResourceKey::as_ref).collect();
            // What is stated above a registered one counts for nothing, whatever it is.
            let above =
                [ResourceKey::new("t1", "elsewhere"), ResourceKey::new("none", ""), key(random.pick(&names).as_str())];
            parents.extend(above.iter().take(random.below(4)).map(ResourceKey::as_ref));
            let owner = chain.owner.as_deref().map(subject);
            let stated = StatedFacts { parents: &parents, owner: owner.as_ref().map(Subject::as_ref) };
            // None, some or all of those in between are registered; last, the target itself is.
            let views: Vec<View> =
                (0..=chain.parents.len()).map(|count| chain.registered(&facts, count).view()).collect();
            let (registered, rest) = views.split_last().unwrap();
            for subject in &subjects {
                let expected = decisions(registered, subject, &chain, StatedFacts::default());
                for (count, view) in rest.iter().enumerate() {
                    let found = decisions(view, subject, &chain, stated);
                    assert_eq!(found, expected, "{subject} {} {:?} {count}\n{text}", chain.target, chain.parents);
                }
                allowed += expected.iter().filter(|found| found.starts_with("Allowed")).count();
                denied += expected.iter().filter(|found| found.starts_with("Denied")).count();
            }
        }
    }
    assert!(long > 500, "{long} chains have resources in between");
    // Were nearly all denied, the two would agree without having understood each other.
    assert!(allowed * 6 > denied && denied * 6 > allowed, "{allowed} allowed, {denied} denied");
}
