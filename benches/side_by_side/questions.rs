//! The questions that are asked about a tenant.

use rollcall::proto::{BatchCheckRequest, CheckItem, CheckRequest};

use crate::{
    fixture::{Fixture, chance},
    names::member,
    plan::progress,
    process::resume,
    support::rng::Rng,
};

/// The method that answers one.
pub const CHECK: &str = "/rollcall.v1.AuthorizationService/Check";
/// What a member may do at a site, as far as its role lets them.
pub const ACTIONS: [&str; 5] = ["data.view", "data.edit", "report.view", "report.edit", "member.view"];
/// As many as a batch may have, and more than enough to find out how mixed answers are.
const LONGEST_BATCH: usize = 8192;

/// Questions about members, sites and actions by chance, every other one about a site that the member belongs to. The
/// same in every run.
pub fn different(fixture: &Fixture, count: usize) -> Vec<CheckRequest> {
    let mut rng = Rng::new(7);
    let mut questions = Vec::with_capacity(count);
    for number in 0..count {
        let asker = fixture.size.any_member(&mut rng);
        let site = if number.is_multiple_of(2) {
            let sites = fixture.size.sites_of(asker).collect::<Vec<_>>();
            rng.pick(&sites).clone()
        } else {
            fixture.size.any_site(&mut rng)
        };
        let action = ACTIONS[chance(&mut rng, ACTIONS.len())];
        questions.push(fixture.world.question(&member(asker), action, &site));
    }
    questions
}

/// Makes sure that some questions are answered with yes and others with no, so that neither alone is measured.
pub async fn assert_mixed(fixture: &Fixture, questions: &[CheckRequest]) {
    let _running = resume(fixture.process.id);
    let mut allowed = 0;
    for questions in questions.chunks(LONGEST_BATCH) {
        let answer = fixture.world.api.batch_check(batch(questions)).await.expect("the questions are well formed");
        allowed += answer.results.iter().filter(|result| crate::support::is_allowed(result)).count();
    }
    let count = questions.len();
    progress(&format!("{}: {allowed} of {count} questions are answered with yes", fixture.size.name));
    assert!((count / 10..count - count / 10).contains(&allowed), "{allowed} of {count} are no mixture");
}

/// Questions of one tenant in one request.
pub fn batch(questions: &[CheckRequest]) -> BatchCheckRequest {
    let items = questions.iter().map(|question| CheckItem {
        subject: question.subject.clone(),
        action: question.action.clone(),
        resource: question.resource.clone(),
        ..CheckItem::default()
    });
    BatchCheckRequest { tenant: questions[0].tenant.clone(), items: items.collect(), ..BatchCheckRequest::default() }
}
