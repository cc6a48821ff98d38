//! Lumi's guide of its user levels, in its two editions: their tables, and after each the lines of the text that say
//! more of the levels.

use rollcall_engine::WriteKind::{self, Change, Deactivate, Invite, Reactivate, Remove, Resend, Transfer, Update};

use super::{
    Guide,
    table::{
        Cell::{self, Empty, IfOwner, No, Yes},
        Column,
        GuideOperation::{self, Act, Write},
        Reading, Row, Whom,
        Whose::Others,
        row,
    },
};

const TEAM: Column = Column { name: "Team", roles: &[MEMBER], everywhere: false };
const PROJECT_ADMIN: Column = Column { name: "Project Admin", roles: &[ADMIN], everywhere: false };
/// With a level in each project, for what the guide says about changing one's own.
const ACCOUNT_ADMIN: Column = Column { name: "Account Admin", roles: &[ACCOUNT, MEMBER], everywhere: true };

const MEMBER: &str = "project.team_member";
const ADMIN: &str = "project.project_admin";
const ACCOUNT: &str = "organization.account_admin";

const ALL: [Cell; 3] = [Yes, Yes, Yes];
const ADMINS: [Cell; 3] = [No, Yes, Yes];
const ACCOUNT_ADMINS: [Cell; 3] = [No, No, Yes];
const NONE: [Cell; 3] = [No, No, No];

/// A row that stands for actions on a project.
fn project(says: &'static str, cells: [Cell; 3], actions: &[&'static str]) -> Row<3> {
    row(says, cells, &actions.iter().map(|action| Act("project", action)).collect::<Vec<_>>())
}

fn in_project(kind: WriteKind, to: Option<&'static str>, whom: &[Whom]) -> Vec<GuideOperation> {
    whom.iter().map(|whom| Write("project", kind, to, *whom)).collect()
}

fn in_organization(kind: WriteKind, to: Option<&'static str>, whom: &[Whom]) -> Vec<GuideOperation> {
    whom.iter().map(|whom| Write("organization", kind, to, *whom)).collect()
}

const ANYBODY: [Whom; 2] = [Whom::Holder(MEMBER), Whom::Holder(ADMIN)];
const ANYBODY_INVITED: [Whom; 2] = [Whom::Invited(MEMBER), Whom::Invited(ADMIN)];
const NOT_YET_IN: [Whom; 2] = [Whom::New, Whom::NoRoles];

/// What both editions say of vaults, but for who changes an owner.
fn vaults(change_owner: [Cell; 3]) -> Vec<Row<3>> {
    let owner = [Act("vault", "vault.change_owner"), Write("vault", Transfer, None, Whom::Holder(MEMBER))];
    let users = [
        Write("vault", Invite, Some("vault_member"), Whom::Holder(MEMBER)),
        Write("vault", Remove, None, Whom::Holder("vault.vault_member")),
    ];
    let oneself =
        [Write("vault", Invite, Some("vault_member"), Whom::Oneself), Write("vault", Transfer, None, Whom::Oneself)];
    vec![
        project("create a vault", ADMINS, &["vault.create"]),
        row("change a vault's owner", change_owner, &owner),
        row("add and remove users of a vault", [No, IfOwner, IfOwner], &users),
        row("add oneself to somebody else's vault", NONE, &oneself).of(Others),
        // The text in the first of these cells.
        project("create a personal vault", ALL, &["vault.create_personal"]),
        row("see into a vault", [IfOwner, IfOwner, IfOwner], &[Act("vault", "vault.view")]),
    ]
}

/// What the text of both editions says.
fn text() -> Vec<Row<3>> {
    let delete = [Whom::Holder(MEMBER), Whom::Holder(ACCOUNT), Whom::NoRoles, Whom::Deactivated, Whom::Invited(MEMBER)];
    vec![
        project("see who is in the project", ALL, &["member.list"]),
        row("see the organization's page of users", ACCOUNT_ADMINS, &[Act("organization", "user.list")]),
        row("make an Account Admin", ACCOUNT_ADMINS, &in_organization(Invite, Some("account_admin"), &NOT_YET_IN)),
        row(
            "send an Account Admin's invitation again",
            ACCOUNT_ADMINS,
            &in_organization(Resend, None, &[Whom::Invited(ACCOUNT)]),
        ),
        row("delete from the organization", ACCOUNT_ADMINS, &in_organization(Remove, None, &delete)),
    ]
}

fn first() -> Vec<Row<3>> {
    let invite = ["project_admin", "team_member"].into_iter().flat_map(|to| in_project(Invite, Some(to), &NOT_YET_IN));
    let own_access = [Write("project", Change, None, Whom::Oneself), Write("project", Remove, None, Whom::Oneself)];
    let mut rows = vec![
        row("create a project", ACCOUNT_ADMINS, &[Act("organization", "project.create")]),
        row("invite", ADMINS, &invite.collect::<Vec<_>>()),
        row("deactivate", ACCOUNT_ADMINS, &in_organization(Deactivate, None, &ANYBODY)),
        row("change own access", ACCOUNT_ADMINS, &own_access),
        row("change others' access", ACCOUNT_ADMINS, &in_project(Change, None, &ANYBODY)),
        project("change the project's name and picture", [No, Empty, Empty], &["project.rename"]),
        project("create cards and the like", ALL, &["card.create"]),
        project("delete cards and the like", ALL, &["card.delete"]),
        project("add categories", ALL, &["category.add"]),
        project("add templates", ALL, &["template.add"]),
        project("delete templates", ALL, &["template.delete"]),
        project("export and print", ALL, &["export.single"]),
        project("export and print in bulk", [Empty, Empty, Empty], &["export.bulk"]),
        project("export and delete cards in bulk", ALL, &["card.bulk"]),
        project("change cards in bulk", ALL, &["card.bulk_change"]),
        project("delete a project", NONE, &["project.delete"]),
        project("archive a project", ACCOUNT_ADMINS, &["project.archive"]),
        project("create a team", ALL, &["team.create"]),
        project("delete a team", ALL, &["team.delete"]),
        project("send FYIs", ALL, &["fyi.send"]),
        // Of the text alone.
        row("remove from a project", ADMINS, &in_project(Remove, None, &ANYBODY)),
        row("send an invitation again", ADMINS, &in_project(Resend, None, &ANYBODY_INVITED)),
        row("reactivate", ACCOUNT_ADMINS, &in_organization(Reactivate, None, &[Whom::Deactivated])),
    ];
    rows.extend(vaults([No, IfOwner, Yes]));
    rows.extend(text());
    rows
}

fn second() -> Vec<Row<3>> {
    let as_admin = in_project(Invite, Some("project_admin"), &NOT_YET_IN);
    let own_profile = in_organization(Update, None, &[Whom::Oneself]);
    let mut rows = vec![
        row("create a project", ACCOUNT_ADMINS, &[Act("organization", "project.create")]),
        row("invite", ALL, &in_project(Invite, Some("team_member"), &NOT_YET_IN)),
        row("send an invitation again", ADMINS, &in_project(Resend, None, &ANYBODY_INVITED)),
        row("remove from a project", ADMINS, &in_project(Remove, None, &ANYBODY)),
        row("change own level", ACCOUNT_ADMINS, &in_project(Change, None, &[Whom::Oneself])),
        row("change others' level", ACCOUNT_ADMINS, &in_project(Change, None, &ANYBODY)),
        project("edit the dashboard", ADMINS, &["dashboard.edit"]),
        project("edit the settings", ALL, &["settings.edit"]),
        project("switch features", ALL, &["features.toggle"]),
        project("create cards and the like", ALL, &["card.create"]),
        project("delete cards and the like", ALL, &["card.delete"]),
        project("add categories and the like", ALL, &["catalogue.add"]),
        project("delete categories and the like", ALL, &["catalogue.delete"]),
        project("create templates", ALL, &["template.create"]),
        project("delete templates", ALL, &["template.delete"]),
        project("export and print cards, lists, rundowns", ALL, &["card.export"]),
        project("export and print boards, kanbans", NONE, &["board.export"]),
        project("export and print in bulk", NONE, &["export.bulk"]),
        project("export and delete cards in bulk", ALL, &["card.bulk"]),
        project("change cards in bulk", ALL, &["card.bulk_change"]),
        project("archive and restore in the inbox", ALL, &["inbox.archive"]),
        project("import in the inbox", ALL, &["inbox.import"]),
        project("create a team", ALL, &["team.create"]),
        project("delete a team", ALL, &["team.delete"]),
        project("send FYIs", ALL, &["fyi.send"]),
        project("restore from the recycle bin", ALL, &["recycle_bin.restore"]),
        project("archive a project", ALL, &["project.archive"]),
        project("delete a project", NONE, &["project.delete"]),
        // Of the text alone.
        row("invite as a Project Admin", ADMINS, &as_admin),
        row("set up one's own profile", ALL, &own_profile),
        row("edit people's details", NONE, &in_organization(Update, None, &ANYBODY)),
        row("deactivate", NONE, &in_organization(Deactivate, None, &ANYBODY)),
        row("reactivate", NONE, &in_organization(Reactivate, None, &[Whom::Deactivated])),
    ];
    rows.extend(vaults([No, Yes, Yes]));
    rows.extend(text());
    rows
}

#[test]
fn lumi_decides_as_the_first_edition_says() {
    let read = |column| Reading { row: "change the project's name and picture", column, only: "", cell: Yes };
    let guide = Guide {
        file: "policies/lumi-1.toml",
        policy: include_str!("../../../policies/lumi-1.toml"),
        columns: [TEAM, PROJECT_ADMIN, ACCOUNT_ADMIN],
        rows: first(),
        // The text gives a Project Admin the project to change, and an Account Admin is that anywhere.
        readings: vec![read("Project Admin"), read("Account Admin")],
    };
    guide.verify();
}

#[test]
fn lumi_decides_as_the_second_edition_says() {
    let guide = Guide {
        file: "policies/lumi-2.toml",
        policy: include_str!("../../../policies/lumi-2.toml"),
        columns: [TEAM, PROJECT_ADMIN, ACCOUNT_ADMIN],
        rows: second(),
        readings: Vec::new(),
    };
    guide.verify();
}
