//! `rollcall policy explain`: questions and what it prints for them, in `printed/explained.txt`.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use clap::Parser as _;
use rollcall::{
    cli::policy::{Output, PolicyArgs, run_to},
    policy::{Mask, Role, table::ask},
};

use super::{
    bench::{Bench, Holding, compiled},
    golden::compare,
    table::{SKETCH, stored},
};

const QUESTIONS: [&str; 19] = [
    "--type project --action card.seal",
    "--type project --action card.burn",
    "--type organization --action card.print",
    "--type vault --action vault.change_owner",
    "--type vault --action vault.change_owner --role team_member",
    "--type vault --action vault.change_owner --role account_admin",
    "--type vault --action vault.change_owner --role account_admin --owner",
    "--type vault --action vault.peek --role vault_member --role project.guest_reviewer --role project_admin",
    "--type vault --action vault.close --role vault_member",
    "--type vault --action vault.view --owner",
    "--type project --action card.view --role guest",
    "--type project --action card.delete --role organization.account_admin",
    "--type organization --action user.list --role guest",
    "--type record --action record.read --role guest --self",
    "--type vaultt --action vault.view",
    "--type vault --action vault.veiw",
    "--type vault --action vault.view --role vault_membr",
    "--type vault --action vault.view --role sky",
    "--type project --action card.view --role guest_reviewer --role vault_member",
];

const RECORD: &str =
    "\n[record]\nparent = \"organization\"\nmember_records = true\n[record.actions]\n\"record.read\" = \"self\"\n";

#[derive(clap::Parser)]
struct Line {
    #[command(flatten)]
    args: PolicyArgs,
}

fn answer(file: &Path, question: &str) -> String {
    let words = ["policy", "explain", file.to_str().unwrap()].into_iter().chain(question.split(' '));
    let args = Line::try_parse_from(words).unwrap_or_else(|error| panic!("{error}")).args;
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut output = Output { out: &mut out, err: &mut err, styled: false };
    let well = run_to(&args, &mut output).unwrap();
    assert!(well == err.is_empty() && well != out.is_empty());
    String::from_utf8(out).unwrap() + &String::from_utf8(err).unwrap()
}

#[test]
fn answers_are_as_stored() {
    let dir = tempfile::tempdir().unwrap();
    let file: PathBuf = dir.path().join("sketch.toml");
    fs::write(&file, format!("{SKETCH}{RECORD}")).unwrap();
    let mut text = String::new();
    for question in QUESTIONS {
        writeln!(text, "$ {question}\n{}", answer(&file, question)).unwrap();
    }
    assert_eq!(compare(&stored("explained.txt"), &text), None);
}

#[test]
fn a_name_that_several_roles_have_is_asked_back() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("twice.toml");
    let twice = SKETCH.replace("vault_member & !guest)", "vault_member)").replace("!(guest & ", "!(");
    fs::write(&file, twice.replace("team_member", "guest")).unwrap();
    let asked = answer(&file, "--type vault --action vault.view --role guest");
    assert_eq!(asked, "error: `guest` could be any of several roles; write `project.guest` or `organization.guest`\n");
    let own = answer(&file, "--type project --action card.view --role guest");
    assert!(own.starts_with("`guest`: may do"), "{own}");
}

#[test]
fn an_answer_is_what_the_engine_decides() {
    let policy = compiled(SKETCH);
    let roles: Vec<Mask> = policy.roles().iter().map(Role::mask).collect();
    let mut held: Vec<Mask> = roles.iter().flat_map(|one| roles.iter().map(move |other| *one | *other)).collect();
    held.push(Mask::EMPTY);
    held.extend(held.clone().into_iter().map(|mask| mask | Mask::OWNER));
    let holdings: BTreeSet<Holding> = held.iter().map(|mask| Holding::new(&policy, *mask)).collect();
    let bench = Bench::new(SKETCH, holdings.into_iter().collect());
    for of in policy.types() {
        for action in of.actions() {
            for mask in &held {
                let answer = ask(&policy, of, action, *mask);
                let may = bench.may(&Holding::new(&policy, *mask), of.name(), action.name());
                // A role of a type beside or below is held, but counts for nothing here.
                let counts = policy.roles_in(*mask).all(|role| policy.way_up(of).iter().any(|up| up.id() == role.of()));
                // Nobody owns the tenant itself.
                if counts && !(mask.contains(Mask::OWNER) && of.parent().is_none()) {
                    assert_eq!(answer.allowed, may, "{}: {mask:?}", action.name());
                    assert!(!may || answer.ways_in.is_empty());
                }
            }
        }
    }
}
