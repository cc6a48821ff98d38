//! Lume's two guides: the overview's table, and what the detailed one adds to it, a row a line.

use rollcall_engine::WriteKind::{Change, Invite, Remove, Resend, Update};

use super::{
    Guide,
    table::{
        Cell::{self, No, Yes},
        Column,
        GuideOperation::{self, Act, Write},
        Reading, Row, Whom,
        Whose::{Others, Own},
        row,
    },
};

const KINDS: [&str; 5] = ["schema", "pipeline", "result", "workshop", "job"];
const ROLES: [&str; 4] =
    ["organization.user", "organization.contributor", "organization.org_owner", "organization.admin"];
const EVERY_ROLE: [Cell; 4] = [Yes, Yes, Yes, Yes];
const FROM_CONTRIBUTORS: [Cell; 4] = [No, Yes, Yes, Yes];
const FROM_OWNERS: [Cell; 4] = [No, No, Yes, Yes];

/// The same actions of every kind of resource.
fn each(actions: &[&str]) -> Vec<GuideOperation> {
    let named = |kind: &'static str, action: &&str| Act(kind, format!("{kind}.{action}").leak());
    KINDS.iter().flat_map(|kind| actions.iter().map(move |action| named(kind, action))).collect()
}

fn overview() -> Vec<Row<4>> {
    vec![
        row("access own", EVERY_ROLE, &each(&["read", "list"])).of(Own),
        row("access all", FROM_CONTRIBUTORS, &each(&["read", "list"])).of(Others),
        row("create and edit own", EVERY_ROLE, &each(&["create", "update"])).of(Own),
        row("create and edit all", FROM_CONTRIBUTORS, &each(&["create", "update"])).of(Others),
        row("delete own", EVERY_ROLE, &each(&["delete"])).of(Own),
        row("delete all", FROM_OWNERS, &each(&["delete"])).of(Others),
        row("AI learning", FROM_OWNERS, &[Act("pipeline", "pipeline.use_ai_learning")]),
        row("user information", FROM_OWNERS, &[Act("user_info", "user_info.read")]).of(Others),
        row("user management", [No, No, No, Yes], &user_management()),
    ]
}

fn user_management() -> Vec<GuideOperation> {
    let at = "organization";
    let mut operations = vec![Write(at, Update, None, Whom::Oneself), Write(at, Remove, None, Whom::Oneself)];
    for role in ROLES {
        operations.extend([
            Write(at, Invite, Some(role), Whom::New),
            Write(at, Change, Some(role), Whom::Oneself),
            Write(at, Change, None, Whom::Holder(role)),
            Write(at, Remove, None, Whom::Holder(role)),
            Write(at, Resend, None, Whom::Invited(role)),
            Write(at, Update, None, Whom::Holder(role)),
        ]);
    }
    operations
}

fn detail() -> Vec<Row<4>> {
    let at = "organization";
    let all = |kind: &str| Act(at, format!("{kind}.list_all").leak());
    vec![
        row("read own user information", EVERY_ROLE, &[Act("user_info", "user_info.read")]).of(Own),
        row("list everything", FROM_CONTRIBUTORS, &KINDS.map(all)),
        row("list users", FROM_CONTRIBUTORS, &[Act(at, "user.list")]),
    ]
}

#[test]
fn lume_decides_as_its_guides_say() {
    let reading = |row, column, only| Reading { row, column, only, cell: No };
    let guide = Guide {
        file: "policies/lume.toml",
        policy: include_str!("../../../policies/lume.toml"),
        columns: [("User", 0), ("Contributor", 1), ("Owner", 2), ("Admin", 3)].map(|(name, role)| Column {
            name,
            roles: std::slice::from_ref(&ROLES[role]),
            everywhere: false,
        }),
        rows: overview().into_iter().chain(detail()).collect(),
        readings: vec![
            // The detailed guide has neither of these in what a contributor does for all.
            reading("create and edit all", "Contributor", "result.create"),
            reading("create and edit all", "Contributor", "result.update"),
            // It takes deleting pipelines from contributors.
            reading("delete own", "Contributor", "pipeline.delete"),
            // It leaves user management to the platform, as does the overview below its table.
            reading("user management", "Admin", ""),
        ],
    };
    guide.verify();
}
