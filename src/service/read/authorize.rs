//! May this subject do this here? One at a time, many at a time, and the two lists that turn the question round.

use rollcall_engine::{
    self as engine, Decision, Explanation, Node, Policy, ResourceKey, ResourceRef, ResourceType, Revision, Search,
    Stated, SubjectRef, Target,
};

use crate::service::{
    Service,
    error::{Error, Result},
    page::PageToken,
    ports::TenantView,
    read::consistency::Consistency,
    resolve::types::{find_action, find_type, known_id},
};

/// One question: may `subject` do `action` on `resource`?
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Who wants to act.
    pub subject: SubjectRef<'a>,
    /// An action of the resource's type.
    pub action: &'a str,
    /// What it is done to; an empty id of the root type means the tenant.
    pub resource: ResourceRef<'a>,
    /// What the caller says about a resource that is not registered.
    pub stated: Stated<'a>,
}

/// What was decided, and at which revision.
#[derive(Debug)]
pub struct Answer {
    /// The decision.
    pub decision: Decision,
    /// Why, when that was asked for.
    pub explanation: Option<Explanation>,
    /// The revision of the facts.
    pub revision: Revision,
}

/// A page of resources.
#[derive(Debug)]
pub struct ResourcePage {
    /// The resources, in order of their id.
    pub resources: Vec<ResourceKey>,
    /// Asks for the next page.
    pub next: Option<String>,
    /// The revision of the facts.
    pub revision: Revision,
}

impl Service {
    /// Decides about one question.
    ///
    /// # Errors
    /// `TENANT_NOT_FOUND`, `UNKNOWN_ACTION`, `UNKNOWN_RESOURCE_TYPE`, and what freshness and loading bring.
    pub async fn check(
        &self,
        tenant: &str,
        consistency: Consistency<'_>,
        question: &Question<'_>,
        explain: bool,
    ) -> Result<Answer> {
        let view = self.view(tenant, consistency).await?;
        view.with(|facts, revision| {
            let asked = look_up(facts.policy(), tenant, question)?;
            let target = engine::locate(facts, asked.of, asked.id, question.stated);
            let decision = engine::decide(facts, question.subject, asked.action, target);
            let explanation = explain.then(|| {
                let named = ResourceKey::new(asked.of.name(), asked.id);
                engine::explain(facts, question.subject, asked.of, &named, asked.action, target, &decision)
            });
            Ok(Answer { decision, explanation, revision })
        })
    }

    /// Decides about many questions, all at one revision.
    ///
    /// # Errors
    /// As for [`Service::check`]; the first wrong item fails the call, and `field` names it.
    pub async fn batch_check(
        &self,
        tenant: &str,
        consistency: Consistency<'_>,
        questions: &[Question<'_>],
    ) -> Result<(Vec<Decision>, Revision)> {
        let view = self.view(tenant, consistency).await?;
        let decided = in_pieces(|piece| decide_all(&*view, tenant, questions, piece))?;
        Ok(decided.unwrap_or_default())
    }

    /// The actions that a subject may do on a resource, in the order of the policy file.
    ///
    /// # Errors
    /// `TENANT_NOT_FOUND`, `UNKNOWN_RESOURCE_TYPE`, and what freshness and loading bring.
    pub async fn list_actions(
        &self,
        tenant: &str,
        consistency: Consistency<'_>,
        subject: SubjectRef<'_>,
        resource: ResourceRef<'_>,
        stated: Stated<'_>,
    ) -> Result<(Vec<String>, Revision)> {
        let view = self.view(tenant, consistency).await?;
        view.with(|facts, revision| {
            let of = find_type(facts.policy(), resource.kind, "resource.type")?;
            check_stated(facts.policy(), of, stated)?;
            let target: Target<'_> = engine::locate(facts, of, known_id(of, tenant, resource.id)?, stated);
            let actions = engine::actions(facts, subject, of, target);
            Ok((actions.into_iter().map(|action| action.name().to_owned()).collect(), revision))
        })
    }

    /// A page of the registered resources of a type on which a subject may do an action.
    ///
    /// # Errors
    /// `TENANT_NOT_FOUND`, `UNKNOWN_ACTION`, `UNKNOWN_RESOURCE_TYPE`, `INVALID_PAGE_TOKEN`, and what freshness and
    /// loading bring.
    pub async fn list_resources(
        &self,
        tenant: &str,
        consistency: Consistency<'_>,
        (subject, action, kind): (SubjectRef<'_>, &str, &str),
        limit: u32,
        page_token: &str,
    ) -> Result<ResourcePage> {
        let page = PageToken::of(&[tenant, subject.kind, subject.id, action, kind]);
        let after = page.decode::<String>(page_token)?;
        let view = self.view(tenant, consistency).await?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let found = in_pieces(|piece| find_all(&*view, (subject, action, kind), after.as_deref(), limit, piece))?;
        let (resources, more, revision) = found.unwrap_or_default();
        let next = more.then(|| resources.last().map(|last| page.encode(&last.id))).flatten();
        Ok(ResourcePage { resources, next, revision })
    }
}

/// How much is decided at a time: some tens of microseconds' worth.
const CHUNK: usize = 256;
/// How often a reading in pieces is begun.
const ATTEMPTS: usize = 3;

/// Reads much of a view, all of one revision. A write waits for whoever reads the view, and so do the reads after it. So
/// it is read in pieces, and begun again when a write came in between; at last in one piece, for writes may never pause.
///
/// `read` takes the size of a piece, and returns none when the facts changed between two.
fn in_pieces<T>(read: impl Fn(usize) -> Result<Option<T>>) -> Result<Option<T>> {
    for _ in 0..ATTEMPTS {
        if let Some(found) = read(CHUNK)? {
            return Ok(Some(found));
        }
    }
    read(usize::MAX)
}

/// Finds the resources of a page, and whether there are more, looking at `piece` at a time; none when the facts changed
/// between two pieces.
fn find_all(
    view: &dyn TenantView,
    (subject, action, kind): (SubjectRef<'_>, &str, &str),
    after: Option<&str>,
    limit: usize,
    piece: usize,
) -> Result<Option<(Vec<ResourceKey>, bool, Revision)>> {
    let mut begun: Option<(Search<'_>, Revision)> = None;
    loop {
        let found = view.with(|facts, revision| {
            let of = find_type(facts.policy(), kind, "resource_type")?;
            let action = find_action(of, action, "action")?;
            let (search, at) =
                begun.get_or_insert_with(|| (Search::new(facts, subject, (of, action), after, limit), revision));
            if *at != revision {
                return Ok(Some(None));
            }
            let names = |nodes: &[Node]| nodes.iter().map(|node| engine::name_of(facts, *node).to_key()).collect();
            let found = search.go_on(facts, action, piece);
            Ok::<_, Error>(found.map(|(nodes, more)| Some((names(nodes), more, revision))))
        })?;
        if let Some(found) = found {
            return Ok(found);
        }
    }
}

/// Decides about questions, `piece` at a time; none when the facts changed between two pieces.
fn decide_all(
    view: &dyn TenantView,
    tenant: &str,
    questions: &[Question<'_>],
    piece: usize,
) -> Result<Option<(Vec<Decision>, Revision)>> {
    let mut decisions = Vec::with_capacity(questions.len());
    let mut at = None;
    for (number, questions) in questions.chunks(piece).enumerate() {
        let revision = view.with(|facts, revision| {
            for (index, question) in questions.iter().enumerate() {
                let asked = look_up(facts.policy(), tenant, question)
                    .map_err(|error| relocated(error, &format!("items[{}].", number * piece + index)))?;
                let target = engine::locate(facts, asked.of, asked.id, question.stated);
                decisions.push(engine::decide(facts, question.subject, asked.action, target));
            }
            Ok::<_, Error>(revision)
        })?;
        if *at.get_or_insert(revision) != revision {
            return Ok(None);
        }
    }
    Ok(at.map(|revision| (decisions, revision)))
}

/// A question's names, looked up in the policy.
struct Asked<'p, 'q> {
    of: &'p ResourceType,
    action: &'p engine::Action,
    id: &'q str,
}

fn look_up<'p, 'q>(policy: &'p Policy, tenant: &'q str, question: &Question<'q>) -> Result<Asked<'p, 'q>> {
    let of = find_type(policy, question.resource.kind, "resource.type")?;
    let action = find_action(of, question.action, "action")?;
    check_stated(policy, of, question.stated)?;
    Ok(Asked { of, action, id: known_id(of, tenant, question.resource.id)? })
}

/// A stated parent that could never be one is a mistake of the caller, not a reason to deny.
fn check_stated(policy: &Policy, of: &ResourceType, stated: Stated<'_>) -> Result<()> {
    let Some(parent) = stated.parent else { return Ok(()) };
    let found = find_type(policy, parent.kind, "stated.parent.type")?;
    if of.may_be_below(found.id()) {
        return Ok(());
    }
    let above = of.parent().map(|above| policy.resource_type(above).name());
    let description = match above {
        Some(above) => format!("is `{}`; the parent of a `{}` is a `{above}`", parent.kind, of.name()),
        None => format!("is `{}`; a `{}` has no parent", parent.kind, of.name()),
    };
    Err(Error::field("FIELD_INVALID", "stated.parent.type", description))
}

/// The same error, about the same field of an item of a list.
fn relocated(mut error: Error, at: &str) -> Error {
    error.message.insert_str(error.message.find('`').map_or(0, |quote| quote + 1), at);
    for violation in &mut error.violations {
        violation.field.insert_str(0, at);
    }
    for (_, field) in error.metadata.iter_mut().filter(|(key, _)| *key == "field") {
        field.insert_str(0, at);
    }
    error
}
