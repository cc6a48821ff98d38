//! LumiCon's guide: it has lists for each role, and they are a table all the same.

use rollcall_engine::WriteKind::{self, Change, Invite, Lock, Remove, Resend, Unlock, Update};

use super::{
    Guide,
    table::{
        Cell::{self, No, Yes},
        Column,
        GuideOperation::{self, Act, Write},
        Row, Whom,
        Whose::{Others, Own},
        row,
    },
};

const ADMIN: &str = "workspace.admin";
const USER: &str = "workspace.user";
const EDITOR: &str = "job_site.editor";
const VIEWER: &str = "job_site.viewer";

const ALL: [Cell; 4] = [Yes, Yes, Yes, Yes];
const ADMINS: [Cell; 4] = [Yes, No, No, No];
const EDITORS: [Cell; 4] = [Yes, Yes, No, No];
const VIEWERS: [Cell; 4] = [Yes, Yes, Yes, No];
const NONE: [Cell; 4] = [No, No, No, No];

fn columns() -> [Column; 4] {
    [
        // With a binding in each job site, which their being an ADMIN protects.
        Column { name: "ADMIN", roles: &[ADMIN, EDITOR], everywhere: true },
        Column { name: "EDITOR", roles: &[USER, EDITOR], everywhere: false },
        Column { name: "VIEWER", roles: &[USER, VIEWER], everywhere: false },
        Column { name: "other USER", roles: &[USER], everywhere: false },
    ]
}

fn site(kind: WriteKind, to: Option<&'static str>, whom: &[Whom]) -> Vec<GuideOperation> {
    whom.iter().map(|whom| Write("job_site", kind, to, *whom)).collect()
}

fn workspace() -> Vec<Row<4>> {
    let at = "workspace";
    let users_page = [Act(at, "user_management.view"), Write(at, Invite, Some("user"), Whom::New)];
    let reset = [Act(at, "user.force_password_reset"), Write(at, Lock, None, Whom::Holder(USER))];
    let roles = [Write(at, Change, None, Whom::Holder(USER)), Write(at, Change, None, Whom::Holder(ADMIN))];
    let account = ["account.update", "units.update", "time_zone.update", "password.change"];
    let account = account.map(|action| Act("profile", action));
    vec![
        row("create a job site", ALL, &[Act(at, "job_site.create")]),
        row("open the page and invite users", ADMINS, &users_page),
        row("send an invitation again", ADMINS, &[Write(at, Resend, None, Whom::Invited(USER))]),
        row("make an ADMIN of somebody new", NONE, &[Write(at, Invite, Some("admin"), Whom::New)]),
        row("make an ADMIN of a USER, or the reverse", NONE, &roles),
        row("remove users", ADMINS, &[Write(at, Remove, None, Whom::Holder(USER))]),
        row("remove ADMINs", ADMINS, &[Write(at, Remove, None, Whom::Holder(ADMIN))]),
        row("force a password reset", ADMINS, &reset),
        row("end the lock before it is complete", NONE, &[Write(at, Unlock, None, Whom::Locked)]),
        row("edit memberships from profiles", ADMINS, &[Act(at, "user.edit_memberships")]),
        row("one's own profile", ALL, &account).of(Own),
        row("another's profile", NONE, &account).of(Others),
        row("one's own name and numbers", ALL, &[Write(at, Update, None, Whom::Oneself)]),
        row("another's name and numbers", NONE, &[Write(at, Update, None, Whom::Holder(USER))]),
    ]
}

fn job_site() -> Vec<Row<4>> {
    let others = [Whom::Holder(EDITOR), Whom::Holder(VIEWER)];
    let admins = [Whom::Holder(ADMIN), Whom::Holder("ADMIN")];
    let new = [Whom::New, Whom::NoRoles, Whom::Holder(USER)];
    let invite: Vec<GuideOperation> =
        ["editor", "viewer"].into_iter().flat_map(|to| site(Invite, Some(to), &new)).collect();
    let act = |action| Act("job_site", action);
    vec![
        row("every feature", EDITORS, &[act("data.edit"), act("report.edit")]),
        row("view data and reports", VIEWERS, &[act("data.view"), act("report.view")]),
        row("view member settings", VIEWERS, &[act("member.view")]),
        row("add new and existing users", EDITORS, &invite),
        row("send an invitation again", EDITORS, &site(Resend, None, &[Whom::Invited(EDITOR), Whom::Invited(VIEWER)])),
        // An ADMIN is an EDITOR for good.
        row("change one's own access", [No, Yes, No, No], &site(Change, None, &[Whom::Oneself])),
        row("change others' access", EDITORS, &site(Change, None, &others)),
        row("change an ADMIN's access", NONE, &site(Change, None, &admins)),
        row("remove oneself", [No, Yes, Yes, No], &site(Remove, None, &[Whom::Oneself])),
        row("remove others", EDITORS, &site(Remove, None, &others)),
        row("remove an ADMIN", NONE, &site(Remove, None, &admins)),
    ]
}

#[test]
fn lumicon_decides_as_its_guide_says() {
    let guide = Guide {
        file: "policies/lumicon.toml",
        policy: include_str!("../../../policies/lumicon.toml"),
        columns: columns(),
        rows: workspace().into_iter().chain(job_site()).collect(),
        readings: Vec::new(),
    };
    guide.verify();
}
