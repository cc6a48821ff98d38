//! Decisions: one question, many questions at one revision, the actions on a resource, and the resources for an action.

use rollcall_engine::{
    self as engine, Decision, Explanation, Facts, Moment, Node, Policy, Question, ResourceKey, ResourceRef,
    ResourceType, Search, StatedFacts, SubjectRef, Target, Timestamp,
};

use crate::service::{
    Service,
    error::{Error, Result},
    input::id_required,
    ports::TenantView,
    read::{consistency::Consistency, people::ResolvedSubjects, question::CheckQuestion},
    resolve::types::{find_action, find_action_only, find_type, find_type_only, known_id},
};

/// The decision about one question, and the revision of the facts behind it.
#[derive(Debug)]
pub struct CheckOutcome {
    /// Whether it is allowed, and the reason.
    pub decision: Decision,
    /// The roles and rules behind the decision; none unless requested.
    pub explanation: Option<Explanation>,
    /// The facts that it was decided on.
    pub basis: Basis,
}

/// The facts that an answer rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Basis {
    /// The moment that they are of.
    pub moment: Moment,
    /// When the answer may be another though nothing is written, for a role of the tenant ends then; none where no role
    /// has an end to come, and for an answer about the past, which stays.
    pub valid_until: Option<Timestamp>,
}

/// A page of the resources of a type on which a subject may do an action.
#[derive(Debug)]
pub struct ResourcePage {
    /// At most `limit` resources, by id, bytewise.
    pub resources: Vec<ResourceKey>,
    /// The page token of the next page; none after the last page.
    pub next: Option<String>,
    /// The facts that all of the page was decided on.
    pub basis: Basis,
}

impl Service {
    /// Decides about one question.
    ///
    /// # Errors
    /// `TENANT_NOT_FOUND`, `UNKNOWN_ACTION`, `UNKNOWN_RESOURCE_TYPE`, `FIELD_REQUIRED` for a resource without an id,
    /// `FIELD_INVALID` for a stated parent of a type that can't be one, and the errors of consistency and loading.
    pub async fn check(
        &self,
        tenant: &str,
        consistency: Consistency<'_>,
        question: &CheckQuestion<'_>,
        explain: bool,
    ) -> Result<CheckOutcome> {
        let people = self.resolved(tenant, [question]).await?;
        let (view, question) = (self.view(tenant, consistency).await?, &people.in_question(question));
        view.with(|facts, moment| {
            let resolved = look_up(facts.policy(), tenant, question, true)?;
            let target = engine::locate(facts, resolved.resource_type, resolved.id, question.stated);
            let question_in_policy = Question::new(question.subject, resolved.action, target);
            let decision = engine::decide(facts, &question_in_policy);
            let explanation = explain.then(|| {
                let named = ResourceKey::new(resolved.resource_type.name(), resolved.id);
                engine::explain(facts, &question_in_policy, resolved.resource_type, &named, &decision)
            });
            Ok(CheckOutcome { decision, explanation, basis: Basis::of(facts, moment, consistency) })
        })
    }

    /// Decides about many questions, all at one revision, in their order. A question that can't be decided has an error
    /// of its own, as for [`Service::check`].
    ///
    /// # Errors
    /// `TENANT_NOT_FOUND`, and the errors of consistency and loading.
    pub async fn batch_check(
        &self,
        tenant: &str,
        consistency: Consistency<'_>,
        questions: &[CheckQuestion<'_>],
    ) -> Result<(Vec<BatchItem>, Basis)> {
        let people = self.resolved(tenant, questions).await?;
        let view = self.view(tenant, consistency).await?;
        in_chunks(|chunk_size| Ok(decide_all(&*view, (tenant, consistency), (questions, &people), chunk_size)))
    }

    /// The actions that a subject may do on a resource, in the order of the policy file.
    ///
    /// # Errors
    /// As for [`Service::check`], but for `UNKNOWN_ACTION`.
    pub async fn list_actions(
        &self,
        tenant: &str,
        consistency: Consistency<'_>,
        subject: SubjectRef<'_>,
        resource: ResourceRef<'_>,
        stated: StatedFacts<'_>,
    ) -> Result<(Vec<String>, Basis)> {
        let people = self.resolved_subjects(tenant, [Some(subject), stated.owner]).await?;
        let subject = people.subject(subject);
        let stated = StatedFacts { owner: stated.owner.map(|owner| people.subject(owner)), ..stated };
        let view = self.view(tenant, consistency).await?;
        view.with(|facts, moment| {
            let resource_type = find_type(facts.policy(), resource.kind, "resource.type")?;
            check_stated(facts.policy(), resource_type, stated, true)?;
            let target: Target<'_> =
                engine::locate(facts, resource_type, known_id(resource_type, tenant, resource.id)?, stated);
            let actions = engine::actions(facts, subject, resource_type, target);
            let actions = actions.into_iter().map(|action| action.name().to_owned()).collect();
            Ok((actions, Basis::of(facts, moment, consistency)))
        })
    }

    /// A page of the registered resources of a type on which a subject may do an action, at most `limit` of them. An
    /// empty `page_token` asks for the first page, another must be the `next` of a page for the same subject, action
    /// and type.
    ///
    /// # Errors
    /// `TENANT_NOT_FOUND`, `UNKNOWN_ACTION`, `UNKNOWN_RESOURCE_TYPE`, `INVALID_PAGE_TOKEN`, and the errors of
    /// consistency and loading.
    pub async fn list_resources(
        &self,
        tenant: &str,
        consistency: Consistency<'_>,
        (subject, action, kind): (SubjectRef<'_>, &str, &str),
        limit: u32,
        page_token: &str,
    ) -> Result<ResourcePage> {
        let page = self.page_token(&["resources", tenant, subject.kind, subject.id, action, kind]);
        let after = page.decode::<String>(page_token)?;
        let people = self.resolved_subjects(tenant, [Some(subject)]).await?;
        let subject = people.subject(subject);
        let view = self.view(tenant, consistency).await?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let query = (subject, action, kind);
        let (resources, more, basis) =
            in_chunks(|chunk_size| find_all(&*view, query, consistency, (after.as_deref(), limit), chunk_size))?;
        let next = more.then(|| resources.last().map(|last| page.encode(&last.id))).flatten();
        Ok(ResourcePage { resources, next, basis })
    }
}

/// A decision of a batch, or why there is none.
pub type BatchItem = std::result::Result<Decision, Box<Error>>;

impl Basis {
    fn of(facts: &dyn Facts, moment: &Moment, consistency: Consistency<'_>) -> Self {
        let is_past = matches!(consistency, Consistency::AtExactSnapshot(_));
        Self { moment: *moment, valid_until: if is_past { None } else { facts.next_expiry() } }
    }
}

/// How much is decided under one read lock: some tens of microseconds' worth.
const CHUNK: usize = 256;
/// How many wrong items of a batch are answered with the nearest names: to find them takes much longer than a decision.
const MAX_SUGGESTIONS: usize = 20;
/// How often a read in chunks is begun before all is read at once.
const ATTEMPTS: usize = 3;

/// Reads much of a view, all of one revision. A write waits for a reader of the view, and later readers for the write,
/// so the view is read in chunks, and from the beginning again when a write came between two. At last it is read in one
/// chunk, for writes may never pause.
///
/// `read` takes the size of a chunk, and returns none when the facts changed between two.
fn in_chunks<T>(read: impl Fn(usize) -> Result<Option<T>>) -> Result<T> {
    for _ in 0..ATTEMPTS {
        if let Some(found) = read(CHUNK)? {
            return Ok(found);
        }
    }
    read(usize::MAX)?.ok_or_else(|| Error::internal("the facts changed within one look at them"))
}

/// Finds the resources of a page, and whether there are more, `chunk_size` candidates at a time; none when the facts
/// changed between two chunks.
fn find_all(
    view: &dyn TenantView,
    (subject, action, kind): (SubjectRef<'_>, &str, &str),
    consistency: Consistency<'_>,
    (after, limit): (Option<&str>, usize),
    chunk_size: usize,
) -> Result<Option<(Vec<ResourceKey>, bool, Basis)>> {
    let mut state: Option<(Search<'_>, Moment)> = None;
    loop {
        let found = view.with(|facts, moment| {
            let resource_type = find_type(facts.policy(), kind, "resource_type")?;
            let action = find_action(resource_type, action, "action")?;
            let (search, at) = state
                .get_or_insert_with(|| (Search::new(facts, subject, (resource_type, action), after, limit), *moment));
            if *at != *moment {
                return Ok(Some(None));
            }
            let names = |nodes: &[Node]| nodes.iter().map(|node| engine::name_of(facts, *node).to_key()).collect();
            let found = search.advance(facts, action, chunk_size);
            let basis = Basis::of(facts, moment, consistency);
            Ok::<_, Error>(found.map(|(nodes, more)| Some((names(nodes), more, basis))))
        })?;
        if let Some(found) = found {
            return Ok(found);
        }
    }
}

/// Decides about questions, `chunk_size` at a time; none when the facts changed between two chunks.
fn decide_all(
    view: &dyn TenantView,
    (tenant, consistency): (&str, Consistency<'_>),
    (questions, people): (&[CheckQuestion<'_>], &ResolvedSubjects),
    chunk_size: usize,
) -> Option<(Vec<BatchItem>, Basis)> {
    let mut decisions = Vec::with_capacity(questions.len());
    let (mut at, mut suggestions) = (None, MAX_SUGGESTIONS);
    // Without questions too there is a revision to answer with.
    let chunks = questions.chunks(chunk_size).chain(questions.is_empty().then_some(questions));
    for questions in chunks {
        let basis = view.with(|facts, moment| {
            for question in questions {
                let decided = decide_one(facts, tenant, &people.in_question(question), suggestions > 0);
                suggestions -= usize::from(decided.is_err() && suggestions > 0);
                decisions.push(decided);
            }
            Basis::of(facts, moment, consistency)
        });
        if at.get_or_insert(basis).moment != basis.moment {
            return None;
        }
    }
    at.map(|basis| (decisions, basis))
}

/// Decides about one question; with `suggests`, an unknown name is answered with the nearest.
fn decide_one(facts: &dyn Facts, tenant: &str, question: &CheckQuestion<'_>, suggests: bool) -> BatchItem {
    let resolved = look_up(facts.policy(), tenant, question, suggests)?;
    let target = engine::locate(facts, resolved.resource_type, resolved.id, question.stated);
    Ok(engine::decide(facts, &Question::new(question.subject, resolved.action, target)))
}

/// A question whose names were looked up in the policy.
struct ResolvedQuestion<'p, 'q> {
    resource_type: &'p ResourceType,
    action: &'p engine::Action,
    id: &'q str,
}

fn look_up<'p, 'q>(
    policy: &'p Policy,
    tenant: &'q str,
    question: &CheckQuestion<'q>,
    suggests: bool,
) -> Result<ResolvedQuestion<'p, 'q>> {
    let find_type = if suggests { find_type } else { find_type_only };
    let find_action = if suggests { find_action } else { find_action_only };
    let resource_type = find_type(policy, question.resource.kind, "resource.type")?;
    let action = find_action(resource_type, question.action, "action")?;
    check_stated(policy, resource_type, question.stated, suggests)?;
    Ok(ResolvedQuestion { resource_type, action, id: known_id(resource_type, tenant, question.resource.id)? })
}

/// A stated parent that could never be one is a mistake of the caller, not a reason to deny.
fn check_stated(policy: &Policy, resource_type: &ResourceType, stated: StatedFacts<'_>, suggests: bool) -> Result<()> {
    let find_type = if suggests { find_type } else { find_type_only };
    let mut below = resource_type;
    for (index, parent) in stated.parents.iter().enumerate() {
        let field = format!("stated.parents[{index}]");
        let found = find_type(policy, parent.kind, &format!("{field}.type"))?;
        if !below.may_be_below(found.id()) || found.has_member_records() {
            let above = below.parent().map(|above| policy.resource_type(above).name());
            let description = match above {
                Some(above) => format!("is `{}`; the parent of a `{}` is a `{above}`", parent.kind, below.name()),
                None => format!("is `{}`; a `{}` has no parent", parent.kind, below.name()),
            };
            return Err(Error::field("FIELD_INVALID", format!("{field}.type"), description));
        }
        if parent.id.is_empty() && found.parent().is_some() {
            return Err(id_required(&field, found.name()));
        }
        below = found;
    }
    Ok(())
}
