"""Questions: one, many at once, what somebody may do at a place, and where they may do something."""

from conversation.client import refused
from conversation.stage import ANNA, BEN, FILM, MARA, SERIES, STUDIO, pages
from rollcall.v1 import error_pb2
from rollcall.v1.authorization_pb2 import (
    REASON_GRANTED_BY_ROLE,
    REASON_NOT_GRANTED,
    BatchCheckRequest,
    CheckItem,
    CheckRequest,
    ListActionsRequest,
    ListResourcesRequest,
)
from rollcall.v1.common_pb2 import Consistency, ResourceRef, StatedFacts


def run(stage):
    """Asks everything that can be asked."""
    check(stage)
    batch_check(stage)

    actions = ListActionsRequest(tenant=stage.tenant, subject=BEN, resource=FILM)
    assert list(stage.shop.authorization.ListActions(actions).actions) == ["draft.view"]

    listing = ListResourcesRequest(
        tenant=stage.tenant, subject=MARA, action="draft.edit", resource_type="project", page_size=1
    )
    found = [page.resources[0] for page in pages(stage.shop.authorization.ListResources, listing)]
    assert found == [FILM, SERIES]


def check(stage):
    """One question, with the reasons, as fresh as a write, and as of an earlier moment."""
    question = CheckRequest(tenant=stage.tenant, subject=ANNA, action="draft.edit", resource=FILM, explain=True)
    answer = stage.shop.authorization.Check(question)
    assert answer.allowed and answer.reason == REASON_GRANTED_BY_ROLE
    [decisive] = [role for role in answer.explanation.effective_roles if role.decisive]
    assert decisive.role == "project.lead" and decisive.resource == FILM
    assert not answer.HasField("valid_until")

    question.subject.CopyFrom(BEN)
    answer = stage.shop.authorization.Check(question)
    assert not answer.allowed and answer.reason == REASON_NOT_GRANTED
    assert answer.explanation.summary and answer.explanation.policy_line.policy == "studio"
    assert answer.explanation.ways_in[0].role == "project.lead"

    for fresh in [
        Consistency(minimize_latency=True),
        Consistency(at_least_as_fresh=answer.token),
        Consistency(fully_consistent=True),
        Consistency(at_exact_snapshot=answer.token),
    ]:
        question.consistency.CopyFrom(fresh)
        assert not stage.shop.authorization.Check(question).allowed

    # A board that nobody has registered: the caller says where it is.
    stated = StatedFacts(parents=[FILM, ResourceRef(type=STUDIO.type, id=stage.tenant)])
    sketch = ResourceRef(type="board", id="sketch")
    question = CheckRequest(tenant=stage.tenant, subject=ANNA, action="board.edit", resource=sketch, stated=stated)
    assert stage.shop.authorization.Check(question).allowed


def batch_check(stage):
    """Two questions at one revision, one of which has a mistake in it."""
    items = [CheckItem(subject=ANNA, action=action, resource=FILM) for action in ("draft.edit", "draft.edti")]
    answer = stage.shop.authorization.BatchCheck(BatchCheckRequest(tenant=stage.tenant, items=items))
    decided, mistaken = answer.results
    assert decided.WhichOneof("result") == "decision"
    assert decided.decision.allowed and decided.decision.reason == REASON_GRANTED_BY_ROLE
    assert mistaken.WhichOneof("result") == "error"
    assert mistaken.error.reason == error_pb2.UNKNOWN_ACTION
    assert mistaken.error.field == "action" and "draft.edit" in mistaken.error.message

    # Alone, the same mistake is the call's.
    question = CheckRequest(tenant=stage.tenant, subject=ANNA, action="draft.edti", resource=FILM)
    with refused(error_pb2.UNKNOWN_ACTION) as metadata:
        stage.shop.authorization.Check(question)
    assert metadata["nearest"] == "draft.edit"
