//! The tenant that the checks are about, made through the API, and the checks.

use prost::Message as _;

use crate::support::{Api, World, names::email_of, rng::Rng};

/// The method that is measured.
pub const PATH: &str = "/rollcall.v1.AuthorizationService/Check";

const MEMBERS: usize = 1000;
const SITES: usize = 20;
const QUESTIONS: usize = 4096;
const ACTIONS: [&str; 5] = ["data.view", "data.edit", "report.view", "report.edit", "member.view"];

/// Makes a tenant of 1,000 members, each a viewer of one job site and an editor of another, and returns encoded
/// checks about it whose answers are mixed.
pub async fn furnish(api: &Api) -> Vec<Vec<u8>> {
    let world = World::bare(api, "bench").await;
    let users = (1..MEMBERS).map(|number| format!("user-{number}")).collect::<Vec<_>>();
    for group in users.chunks(100) {
        join(&world, group).await;
    }
    for site in 0..SITES {
        let name = format!("site-{site}");
        world.api.write(world.create_site("ada", &name)).await.expect("an admin may");
        for (offset, role) in [(0, "viewer"), (7, "editor")] {
            let members = users.iter().enumerate().filter(|(number, _)| (number + offset) % SITES == site);
            let members = members.map(|(_, user)| user.as_str()).collect::<Vec<_>>();
            let write = world.invite_all("ada", &members, &[(&name, role)]);
            world.api.write(write).await.expect("an admin may");
        }
    }
    questions(&world, &users).await
}

async fn join(world: &World, users: &[String]) {
    let emails = users.iter().map(|user| email_of(user)).collect::<Vec<_>>();
    let emails = emails.iter().map(String::as_str).collect::<Vec<_>>();
    let invited = world.api.write(world.invite_all("ada", &emails, &[("workspace", "user")])).await;
    let results = invited.expect("an admin may").invite().results;
    for (user, result) in users.iter().zip(results) {
        let accept = world.accept(user, &result.invitation_token);
        world.api.write(accept).await.expect("the invitation is open");
    }
}

async fn questions(world: &World, users: &[String]) -> Vec<Vec<u8>> {
    let mut rng = Rng::new(7);
    let (mut questions, mut allowed) = (Vec::new(), 0);
    for _ in 0..QUESTIONS {
        let site = format!("site-{}", rng.range(0, SITES as u64));
        let (user, action): (&String, &&str) = (rng.pick(users), rng.pick(&ACTIONS));
        let question = world.question(user, action, &site);
        allowed += usize::from(world.api.check(question.clone()).await.expect("well formed").allowed);
        questions.push(question.encode_to_vec());
    }
    assert!((QUESTIONS / 50..QUESTIONS).contains(&allowed), "{allowed} of {QUESTIONS} are allowed");
    questions
}
