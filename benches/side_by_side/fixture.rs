//! The tenants that questions are about, made through the API: a small one and a large one, each on a server of its
//! own.

use std::time::Instant;

use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::{
    crowd,
    names::member,
    plan::progress,
    process::Process,
    stats::whole,
    support::{WireTenant, names::email_of, rng::Rng},
};

/// The site that has as many members in every tenant.
pub const SMALL_SITE: &str = "site-small";
/// Members of the small site, and of each group that is invited to the same sites.
const GROUP: usize = 16;
/// From one site of a group to its next.
const STRIDE: usize = 61;
/// No invitation of the set-up is one too many.
pub const SETTINGS: &[&str] = &["limits.invitations_per_day=1000000000"];

/// How large a tenant is.
pub struct Size {
    pub name: &'static str,
    members: usize,
    sites: usize,
    /// How many sites a member belongs to: a viewer of every other one, an editor of the rest.
    each: usize,
}

/// Some 1,000 bindings.
pub const SMALL: Size = Size { name: "1 k bindings", members: 330, sites: 20, each: 2 };
/// Some 100,000 bindings, and one for each member of the workspace.
pub const LARGE: Size = Size { name: "100 k bindings", members: 10_000, sites: 625, each: 10 };

/// A binding for each member of the workspace, and no more.
pub const MILLION: Size = Size { name: "1 M bindings", members: 1_000_000, sites: 0, each: 0 };

/// A server with one tenant. It is stopped but while somebody resumes it.
pub struct Fixture {
    pub size: Size,
    pub process: Process,
    pub world: WireTenant,
    pub dir: TempDir,
}

/// A place for a store on the disk that the build is on: where temporary files are may be memory.
pub fn directory() -> TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("there is room for a directory")
}

impl Size {
    /// The sites of a member.
    pub fn sites_of(&self, member: usize) -> impl Iterator<Item = String> {
        let (group, sites) = (member / GROUP, self.sites);
        (0..self.each).map(move |number| format!("site-{}", (group + number * STRIDE) % sites))
    }

    /// How many sites a member has, beside the small one.
    pub fn sites_each(&self) -> usize {
        self.each
    }

    /// A member by chance.
    pub fn any_member(&self, rng: &mut Rng) -> usize {
        chance(rng, self.members)
    }

    /// A site by chance.
    pub fn any_site(&self, rng: &mut Rng) -> String {
        format!("site-{}", chance(rng, self.sites))
    }
}

/// A number below `end` by chance.
pub fn chance(rng: &mut Rng, end: usize) -> usize {
    rng.range(0, end as u64) as usize
}

impl Fixture {
    /// Makes it all.
    pub async fn new(core: usize, size: Size) -> Self {
        let start = Instant::now();
        let dir = directory();
        let process = Process::rollcall(core, dir.path(), SETTINGS).await;
        let world = WireTenant::bare(&process.api().await, "bench").await;
        let members = (0..size.members).map(member).collect::<Vec<_>>();
        for group in members.chunks(100) {
            join(&world, group).await;
        }
        for number in 0..size.sites {
            let site = format!("site-{number}");
            world.api.write(world.create_site("ada", &site)).await.expect("an admin creates a site");
        }
        world.api.write(world.create_site("ada", SMALL_SITE)).await.expect("an admin creates a site");
        for (number, group) in members.chunks(GROUP).enumerate() {
            let sites = size.sites_of(number * GROUP).collect::<Vec<_>>();
            let grants = sites.iter().map(String::as_str).zip(["viewer", "editor"].into_iter().cycle());
            invite(&world, group, &grants.collect::<Vec<_>>()).await;
        }
        invite(&world, &members[..GROUP], &[(SMALL_SITE, "viewer")]).await;
        process.stop();
        let bindings = whole((size.members * (size.each + 1) + GROUP) as f64);
        progress(&format!("{}: {bindings} bindings made in {:.1} s", size.name, start.elapsed().as_secs_f64()));
        Self { size, process, world, dir }
    }
}

impl Fixture {
    /// Makes a tenant whose members are committed to the store before the server starts.
    pub async fn crowd(core: usize, size: Size) -> Self {
        let dir = directory();
        crowd::make(dir.path(), "bench", size.members).await;
        let process = Process::rollcall(core, dir.path(), SETTINGS).await;
        let world = WireTenant { api: process.api().await, tenant: "bench".to_owned() };
        world.api.write(world.create_site("ada", SMALL_SITE)).await.expect("an admin creates a site");
        invite(&world, &(0..GROUP).map(member).collect::<Vec<_>>(), &[(SMALL_SITE, "viewer")]).await;
        process.stop();
        Self { size, process, world, dir }
    }
}

/// Makes members of the workspace, a hundred at most.
pub async fn join(world: &WireTenant, users: &[String]) {
    let emails = users.iter().map(|user| email_of(user)).collect::<Vec<_>>();
    let emails = emails.iter().map(String::as_str).collect::<Vec<_>>();
    let write = world.invite_all("ada", &emails, &[("workspace", "user")]);
    let answer = world.api.write(write).await.expect("an admin invites").invite();
    let mut accepts = JoinSet::new();
    for (user, result) in users.iter().zip(answer.results) {
        let (api, accept) = (world.api.clone(), world.accept(user, &result.invitation_token));
        accepts.spawn(async move {
            api.write(accept).await.expect("the invitation is open");
        });
    }
    accepts.join_all().await;
}

/// Gives members of the workspace roles at sites.
pub async fn invite(world: &WireTenant, users: &[String], grants: &[(&str, &str)]) {
    let users = users.iter().map(String::as_str).collect::<Vec<_>>();
    world.api.write(world.invite_all("ada", &users, grants)).await.expect("an admin invites");
}
