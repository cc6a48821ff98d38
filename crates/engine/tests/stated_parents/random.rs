//! Random policies whose types are nested, and random tenants under them. The same seed gives the same.

use std::{fmt::Write as _, sync::Arc};

use rollcall_engine::{MemberStatus, Policy, ResourceType, Role};

use crate::support::{TENANT, TenantFacts};

/// `SplitMix64`: small, and the same everywhere.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let mixed = (mixed ^ (mixed >> 31)) % u64::try_from(limit).expect("a small number");
        usize::try_from(mixed).expect("a small number")
    }

    pub fn one_in(&mut self, every: usize) -> bool {
        self.below(every) == 0
    }

    pub fn pick<'t, T>(&mut self, from: &'t [T]) -> &'t T {
        &from[self.below(from.len())]
    }
}

/// A type before its rules are written: `t0` is the root, and each other one hangs from one before it.
struct TypeSketch {
    parent: Option<usize>,
    nested: bool,
    owned: bool,
    roles: usize,
}

/// The text of a random policy of four types, of which half are nested.
pub fn policy_text(random: &mut Random) -> String {
    let mut types = vec![TypeSketch { parent: None, nested: false, owned: false, roles: 2 }];
    for position in 1..4 {
        let parent = Some(position - 1 - random.below(position.min(2)));
        let (nested, owned) = (!random.one_in(3), random.one_in(2));
        types.push(TypeSketch { parent, nested, owned, roles: 1 + random.below(3) });
    }
    let mut text = "edition = 1\npolicy = \"random\"\nversion = 1\nroot = \"t0\"\n".to_owned();
    for position in 0..types.len() {
        write_type(&types, position, random, &mut text);
    }
    text
}

fn write_type(types: &[TypeSketch], position: usize, random: &mut Random, text: &mut String) {
    let sketch = &types[position];
    writeln!(text, "[t{position}]\nnested = {}\nowned = {}", sketch.nested, sketch.owned).unwrap();
    if let Some(parent) = sketch.parent {
        writeln!(text, "parent = \"t{parent}\"\nregistered = \"optional\"").unwrap();
    }
    writeln!(text, "[t{position}.roles]").unwrap();
    let ancestors = |position: usize| std::iter::successors(Some(position), |position| types[*position].parent);
    let within: Vec<usize> =
        (0..types.len()).filter(|below| ancestors(*below).any(|above| above == position)).collect();
    for role in 0..sketch.roles {
        let implies: Vec<String> = (0..random.below(3))
            .map(|_| {
                let below = *random.pick(&within);
                format!("\"t{below}.r{}\"", random.below(types[below].roles))
            })
            .collect();
        let reaches_down = sketch.nested && !random.one_in(3);
        writeln!(text, "r{role} = {{ implies = [{}], reaches_down = {reaches_down} }}", implies.join(", ")).unwrap();
    }
    writeln!(text, "[t{position}.actions]").unwrap();
    let mut atoms: Vec<String> = ancestors(position)
        .flat_map(|above| (0..types[above].roles).map(move |role| format!("t{above}.r{role}")))
        .collect();
    atoms.extend(["anyone".to_owned(), "operator".to_owned()]);
    atoms.extend(sketch.owned.then(|| "owner".to_owned()));
    for action in 0..4 {
        let mut rule = random.pick(&atoms).clone();
        for _ in 0..random.below(3) {
            let (sign, not) = (random.pick(&["|", "&"]), if random.one_in(4) { "!" } else { "" });
            write!(rule, " {sign} {not}{}", random.pick(&atoms)).unwrap();
        }
        let (when_locked, when_archived) = (random.one_in(4), random.one_in(3));
        let flags = format!("when_locked = {when_locked}, when_archived = {when_archived}");
        writeln!(text, "\"a{action}\" = {{ rule = \"{rule}\", {flags} }}").unwrap();
    }
}

/// A random tenant, and the names of its resources; the root's is the first.
pub fn tenant(policy: &Arc<Policy>, random: &mut Random) -> (TenantFacts, Vec<String>) {
    let mut facts = TenantFacts::of(policy);
    let mut names = vec![format!("t0:{TENANT}")];
    for number in 0..9 {
        let resource_type = random.pick(&policy.types()[1..]);
        let parents: Vec<&String> = names.iter().filter(|name| may_be_below(policy, resource_type, name)).collect();
        if parents.is_empty() {
            continue;
        }
        let (name, parent) = (format!("{}:x{number}", resource_type.name()), (*random.pick(&parents)).clone());
        let owner = random.one_in(3).then(|| format!("u{}", random.below(4)));
        facts = facts.resource(&name, &parent, owner.as_deref(), random.one_in(7));
        names.push(name);
    }
    for member in ["u0", "u1", "u2", "u3", "user:*"] {
        let status = if random.one_in(9) { MemberStatus::Invited } else { MemberStatus::Active };
        facts = facts.member(member, status, random.one_in(9));
        for _ in 0..random.below(4) {
            let at = random.pick(&names);
            let roles: Vec<&Role> = type_of(policy, at).roles().iter().map(|role| policy.role(*role)).collect();
            facts = facts.role(member, at, random.pick(&roles).name(), None);
        }
    }
    (facts, names)
}

/// The type of a resource, by its name.
pub fn type_of<'p>(policy: &'p Policy, name: &str) -> &'p ResourceType {
    let (type_name, _) = name.split_once(':').expect("a resource has a type");
    policy.find_type(type_name).expect("the policy has the type")
}

/// Whether a resource of a type may be directly below the one of this name.
pub fn may_be_below(policy: &Policy, resource_type: &ResourceType, name: &str) -> bool {
    resource_type.may_be_below(type_of(policy, name).id())
}
