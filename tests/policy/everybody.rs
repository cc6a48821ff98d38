//! A file of cases in which everybody asks everything, made from a policy. What it says comes out is mostly wrong: it is
//! there to be asked.

use std::fmt::Write as _;

use rollcall_engine::{Policy, ResourceType, Role};

/// One who holds some roles, each at every resource of its type.
struct Person<'p> {
    name: String,
    roles: Vec<&'p Role>,
    locked: bool,
}

/// The cases: for every one, two or no roles that somebody may hold there is one who holds just these, and owns one
/// resource of each type that has owners.
pub fn everybody_asks_everything(policy: &Policy) -> String {
    let people = people(policy);
    let written_to: Vec<&Person> = people.iter().filter(|person| person.roles.len() < 2 && !person.locked).collect();
    let types: Vec<&ResourceType> = policy.types().iter().filter(|of| !of.has_member_records()).collect();
    let owners = |of: &ResourceType| if of.parent().is_some() { people.as_slice() } else { &[] };

    let mut text = "tenant = \"top\"\nnon_members = [\"nora\"]\n[resources]\n".to_owned();
    for of in types.iter().filter(|of| of.parent().is_some()) {
        let parent = place(policy, policy.resource_type(of.parent().unwrap()));
        let (nested, of) = (of.is_nested(), of.name());
        writeln!(text, "a_{of} = {{ type = \"{of}\", parent = \"{parent}\" }}").unwrap();
        writeln!(text, "z_{of} = {{ type = \"{of}\", parent = \"{parent}\", archived = true }}").unwrap();
        let above = if nested { format!("a_{of}") } else { parent.clone() };
        writeln!(text, "b_{of} = {{ type = \"{of}\", parent = \"{above}\" }}").unwrap();
        for owner in &people {
            let owner = &owner.name;
            writeln!(text, "{owner}_{of} = {{ type = \"{of}\", parent = \"{parent}\", owner = \"{owner}\" }}").unwrap();
        }
    }
    text.push_str("[members]\n");
    for person in &people {
        let mut held: Vec<String> = vec![format!("locked = {}", person.locked)];
        for of in &types {
            let roles: Vec<String> =
                person.roles.iter().filter(|role| role.of() == of.id()).map(|role| quoted(role)).collect();
            // Of a nested type, one of two roles is held above the other.
            if let ([above, below], true) = (roles.as_slice(), of.is_nested()) {
                held.push(format!("a_{0} = {above}, b_{0} = {below}", of.name()));
                continue;
            }
            let own = owners(of).iter().map(|owner| format!("{}_{}", owner.name, of.name()));
            // Those who are written to are known everywhere, the others where they ask.
            let known = written_to.iter().any(|other| other.name == person.name);
            let own = own.filter(|at| known || at.starts_with(&format!("{}_", person.name)));
            let others = of.parent().map(|_| ["b", "z"].map(|prefix| format!("{prefix}_{}", of.name())));
            for at in own.chain(others.into_iter().flatten()).chain([place(policy, of)]).filter(|_| !roles.is_empty()) {
                held.push(format!("{at} = [{}]", roles.join(", ")));
            }
        }
        writeln!(text, "{} = {{ {} }}", person.name, held.join(", ")).unwrap();
    }
    for (name, status) in [("ida", "invited"), ("dora", "deactivated")] {
        let roles = types.iter().filter_map(|of| Some((place(policy, of), of.roles().first()?)));
        let held: Vec<String> = roles.map(|(at, role)| format!("{at} = {}", quoted(policy.role(*role)))).collect();
        writeln!(text, "{name} = {{ {}, status = \"{status}\" }}", held.join(", ")).unwrap();
    }

    let whom: Vec<String> = written_to.iter().map(|person| format!("\"{}\"", person.name)).collect();
    let whom =
        format!("[\"self\", \"user:*\", \"nora\", \"ida\", \"dora\", \"{}\", {}]", locked(&people), whom.join(", "));
    for of in policy.types() {
        if of.has_member_records() {
            let on = format!("[\"{0}:self\", \"{0}:ida\"]", of.name());
            case(&mut text, of, &on, "everybody", None);
            continue;
        }
        case(&mut text, of, &format!("\"{}\"", place(policy, of)), "everybody", Some(&whom));
        if of.is_nested() {
            case(&mut text, of, &format!("\"b_{}\"", of.name()), "everybody", Some(&whom));
        }
        if of.holds_several() {
            takings(&mut text, policy, of, &people);
        }
        for owner in owners(of) {
            case(&mut text, of, &format!("\"{}_{}\"", owner.name, of.name()), &owner.name, Some(&whom));
        }
        if of.parent().is_some() {
            case(&mut text, of, &format!("\"z_{}\"", of.name()), "everybody", None);
        }
    }
    text
}

fn case(text: &mut String, of: &ResourceType, on: &str, who: &str, whom: Option<&str>) {
    let whom = whom.filter(|_| !of.roles().is_empty());
    if of.actions().is_empty() && whom.is_none() {
        return;
    }
    writeln!(text, "[[case]]\nname = \"{who}\"\non = {on}").unwrap();
    if !of.actions().is_empty() {
        writeln!(text, "actions = [{{ who = \"{who}\", may = \"anything\" }}]").unwrap();
    }
    if let Some(whom) = whom {
        writeln!(text, "writes = [{{ who = \"{who}\", may = \"anything\", whom = {whom} }}]").unwrap();
    }
}

/// Whoever holds several roles takes each of them from themselves.
fn takings(text: &mut String, policy: &Policy, of: &ResourceType, people: &[Person<'_>]) {
    writeln!(text, "[[case]]\nname = \"takings\"\non = \"{}\"\nwrites = [", place(policy, of)).unwrap();
    let roles = || of.roles().iter().map(|id| policy.role(*id));
    let to = roles().map(quoted).collect::<Vec<_>>().join(", ");
    for role in roles() {
        let holds = |person: &&Person| person.roles.iter().any(|held| held.id() == role.id());
        let who: Vec<String> = people.iter().filter(holds).map(|person| format!("\"{}\"", person.name)).collect();
        let (who, from) = (who.join(", "), quoted(role));
        let row = format!("whom = \"self\", from = {from}, to = [{to}]");
        writeln!(text, "{{ who = [{who}], may = [\"change\", \"remove\"], {row} }},").unwrap();
    }
    text.push_str("]\n");
}

fn people(policy: &Policy) -> Vec<Person<'_>> {
    let roles = policy.roles();
    let mut holdings: Vec<Vec<&Role>> = vec![Vec::new()];
    holdings.extend(roles.iter().map(|role| vec![role]));
    for (at, one) in roles.iter().enumerate() {
        let together = |other: &&Role| one.of() != other.of() || policy.resource_type(one.of()).holds_several();
        holdings.extend(roles.iter().skip(at + 1).filter(together).map(|other| vec![one, other]));
        let nested = |other: &&Role| one.of() == other.of() && policy.resource_type(one.of()).is_nested();
        holdings
            .extend(roles.iter().filter(nested).filter(|other| other.id() != one.id()).map(|other| vec![one, other]));
    }
    let person = |(at, roles): (usize, Vec<_>)| Person { name: format!("p{at}"), roles, locked: false };
    let mut people: Vec<Person> = holdings.into_iter().enumerate().map(person).collect();
    people.extend(roles.iter().enumerate().map(|(at, role)| Person {
        name: format!("l{at}"),
        roles: vec![role],
        locked: true,
    }));
    people
}

fn locked(people: &[Person<'_>]) -> String {
    people.iter().find(|person| person.locked).unwrap().name.clone()
}

fn place(policy: &Policy, of: &ResourceType) -> String {
    if of.id() == policy.root().id() { "top".to_owned() } else { format!("a_{}", of.name()) }
}

fn quoted(role: &Role) -> String {
    format!("\"{}\"", role.name())
}
