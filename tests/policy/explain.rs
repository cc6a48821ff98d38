//! `rollcall policy explain`: what it prints for some questions, in `printed/explained.txt`, and that its answers are
//! what the engine decides.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use clap::Parser as _;
use rollcall::cli::policy::{Output, PolicyArgs, run_to};
use rollcall_engine::{Mask, Policy, ResourceType, Role, WriteKind, writes::write_groups};
use rollcall_policy_tools::table::{Operation, ask};

use super::{
    golden::compare,
    holdings::{Holding, HoldingsFixture, compile_rules},
    table::{SKETCH, stored},
};

const QUESTIONS: [&str; 41] = [
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
    "--type project --action card.burn --role guest",
    "--type project --write change",
    "--type project --write remove",
    "--type project --write invite --to team_member",
    "--type project --write change --from team_member --to project.project_admin --role project_admin",
    "--type project --write change --from team_member --to project_admin --role project_admin --self",
    "--type project --write change --from project_admin --to team_member --role account_admin",
    "--type project --write change --from team_member --to project_admin --role team_member",
    "--type project --write remove --from team_member --role team_member --self",
    "--type project --write remove --from guest_reviewer --role project_admin",
    "--type project --write invite --to team_member --role team_member",
    "--type project --write invite --role guest",
    "--type organization --write remove",
    "--type organization --write update --role guest --self",
    "--type organization --write lock",
    "--type vault --write remove --owner --role project_admin",
    "--type project --write lock",
    "--type project --write transfer",
    "--type note --write invite",
    "--type project --write change --from team_member --to team_member",
    "--type project --write remove --to team_member",
    "--type project --write remove --from guest",
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
    let success = run_to(&args, &mut output).unwrap();
    assert!(success == err.is_empty() && success != out.is_empty());
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
    let ambiguous = answer(&file, "--type vault --action vault.view --role guest");
    assert_eq!(
        ambiguous,
        "error: `guest` could be any of several roles; write `project.guest` or `organization.guest`\n"
    );
    let clear = answer(&file, "--type project --action card.view --role guest");
    assert!(clear.starts_with("`guest`: may do"), "{clear}");
}

#[test]
fn an_action_and_a_write_are_asked_about_one_at_a_time() {
    for (question, message) in [
        ("--type a", "--action <ACTION>|--write <KIND>"),
        ("--type a --action b --write lock", "cannot be used with"),
        ("--type a --action b --from c", "cannot be used with"),
        ("--type a --write lcok", "tip: a similar value exists: 'lock'"),
    ] {
        let words = ["policy", "explain", "policy.toml"].into_iter().chain(question.split(' '));
        let refused = Line::try_parse_from(words).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(refused.contains(message), "{question}: {refused}");
    }
}

/// The name for the roles that a write removes or grants: of the first one, or `anyone`; empty when it has none.
fn name_of(policy: &Policy, roles: Mask) -> String {
    let role = policy.roles_in(roles).next().map(|role| role.name().to_owned());
    role.unwrap_or_else(|| if roles.contains(Mask::ANYONE) { "anyone".to_owned() } else { String::new() })
}

#[test]
fn an_answer_is_what_the_engine_decides() {
    let policy = compile_rules(SKETCH);
    let roles: Vec<Mask> = policy.roles().iter().map(Role::mask).collect();
    let mut masks: Vec<Mask> = roles.iter().flat_map(|one| roles.iter().map(move |other| *one | *other)).collect();
    masks.push(Mask::EMPTY);
    masks.extend(masks.clone().into_iter().map(|mask| mask | Mask::OWNER));
    masks.extend(masks.clone().into_iter().map(|mask| mask | Mask::SELF));
    let holdings: BTreeSet<Holding> = masks.iter().map(|mask| Holding::new(&policy, *mask)).collect();
    let fixture = HoldingsFixture::new(SKETCH, holdings.into_iter().collect());
    let (mut allowed, mut denied) = (0, 0);
    let mut verify = |question: Operation<'_>, resource_type: &ResourceType, mask: Mask, may: bool| {
        // A role of a type beside or below is held, but decides nothing here.
        let applies = policy
            .roles_in(mask)
            .all(|role| policy.ancestors(resource_type).iter().any(|up| up.id() == role.resource_type()));
        // Nobody owns the tenant itself.
        if applies && !(mask.contains(Mask::OWNER) && resource_type.parent().is_none()) {
            let answer = ask(&policy, resource_type, question, mask);
            assert_eq!(answer.rule.is_some(), may, "{question:?}: {mask:?}");
            assert!(!may || answer.ways_in.is_empty());
            *if may { &mut allowed } else { &mut denied } += 1;
        }
    };
    for resource_type in policy.types() {
        for mask in &masks {
            let holding = Holding::new(&policy, *mask);
            for action in resource_type.actions() {
                verify(
                    Operation::Action(action),
                    resource_type,
                    *mask,
                    fixture.decide(&holding, resource_type.name(), action.name()),
                );
            }
            for write in WriteKind::ALL.into_iter().flat_map(|kind| write_groups(resource_type, kind, None, None)) {
                let (from, to) = (name_of(&policy, write.from), name_of(&policy, write.to));
                let may = fixture.permit(&holding, resource_type.name(), (write.kind, &from, &to));
                verify(Operation::Write(&write), resource_type, *mask, may);
            }
        }
    }
    assert!(allowed > 500 && denied > 500, "{allowed} {denied}");
}
