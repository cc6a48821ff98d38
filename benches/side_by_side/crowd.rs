//! A tenant of very many members, and two versions of its policy. It is committed to the store before a server opens
//! that: through the API each of them would have to accept an invitation.

use std::{fs, path::Path, time::Instant};

use rollcall_engine::ResourceKey;

use crate::{
    names::member,
    plan::progress,
    stats::whole,
    support::{
        clock,
        fixture::{
            self,
            changes::{self, commit, granted},
        },
    },
};

/// Members of one commit, whose statements are all in memory before the first is run.
const GROUP: usize = 5000;

/// Makes a tenant on the first version of `lumicon`, with the admin `ada` and so many users of the workspace, in a
/// store that no server has open.
pub async fn make(dir: &Path, tenant: &str, members: usize) {
    let start = Instant::now();
    let store = clock::store_in(dir).await;
    let root = ResourceKey::new("workspace", tenant);
    let creation = fixture::tenant("lumicon").named(tenant).creation();
    let ada = vec![changes::member("ada"), granted("ada", root.clone(), "admin")];
    commit(&store, tenant, &[creation, ada].concat()).await;
    let users = (0..members).map(member).collect::<Vec<_>>();
    for group in users.chunks(GROUP) {
        let added = group.iter().map(|user| changes::member(user));
        let roles = group.iter().map(|user| granted(user, root.clone(), "user"));
        commit(&store, tenant, &added.chain(roles).collect::<Vec<_>>()).await;
    }
    store.close().await.expect("the store closes");
    progress(&format!("{} members made in {:.1} s", whole(members as f64), start.elapsed().as_secs_f64()));
}

/// Writes the policy in two versions, by the second of which every member may do something more. The setting with which
/// a server knows both.
pub fn write_policies(dir: &Path) -> String {
    let first = include_str!("../../policies/lumicon.toml");
    let (actions, more) = ("[workspace.actions]\n", "[workspace.actions]\n\"news.read\" = \"admin | user\"\n");
    let second = first.replacen("version = 1", "version = 2", 1).replacen(actions, more, 1);
    let policies = dir.join("policies");
    fs::create_dir(&policies).expect("the directory can be written");
    for (name, text) in [("lumicon.toml", first), ("lumicon-2.toml", &second)] {
        fs::write(policies.join(name), text).expect("there is room");
    }
    format!("policies.dir={}", policies.display())
}
