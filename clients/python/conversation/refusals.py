"""Refusals: read from the details of an error, or from the answer to `explain`; and what is not supported yet."""

from google.protobuf.duration_pb2 import Duration

from conversation.client import expect_keys, known, refused, request_id
from conversation.stage import ANNA, BEN, FILM, MARA, STUDIO, email
from rollcall.v1 import error_pb2
from rollcall.v1.common_pb2 import RoleGrant
from rollcall.v1.membership_pb2 import ChangeRoleRequest, Invitee, InviteRequest, LockMemberRequest, RemoveMemberRequest


def write(stage):
    """A guest may not make themselves a lead: as an error, then as an answer that says so."""
    change = ChangeRoleRequest(
        tenant=stage.tenant, actor=BEN, request_id=request_id(), member=BEN, resource=FILM, role="lead"
    )
    with refused(error_pb2.NOT_PERMITTED) as metadata:
        stage.shop.membership.ChangeRole(change)
    assert metadata["actor"] == "user:ben" and metadata["permitted_to"]

    change.validate_only = True
    change.explain = True
    answer = stage.shop.membership.ChangeRole(change)
    assert answer.total_refusals == 1 and not answer.HasField("member")
    [refusal] = answer.refusals
    assert refusal.reason == error_pb2.NOT_PERMITTED and refusal.message
    assert refusal.metadata["permitted_to"] == metadata["permitted_to"]
    expect_keys(refusal.reason, refusal.metadata)

    # Several at once, each with its path in the request.
    grants = [RoleGrant(resource=resource, role=role) for resource, role in [(FILM, "lead"), (STUDIO, "manager")]]
    invite = InviteRequest(
        tenant=stage.tenant,
        actor=BEN,
        validate_only=True,
        explain=True,
        invitees=[Invitee(email=email("hugo"), grants=grants)],
    )
    answer = stage.shop.membership.Invite(invite)
    assert answer.total_refusals == 2
    assert [refusal.field for refusal in answer.refusals] == ["invitees[0].grants[0]", "invitees[0].grants[1]"]

    # The last manager stays.
    remove = RemoveMemberRequest(
        tenant=stage.tenant, actor=MARA, validate_only=True, explain=True, member=MARA, resource=STUDIO
    )
    [refusal] = stage.shop.membership.RemoveMember(remove).refusals
    assert refusal.reason == error_pb2.LAST_HOLDER and known(refusal.reason).code == "FAILED_PRECONDITION"


def not_supported(stage):
    """Each field that the contract has and this server refuses by name, rather than ignore it."""
    lock = {"tenant": stage.tenant, "actor": MARA, "request_id": request_id(), "member": ANNA}
    with refused(error_pb2.FIELD_NOT_SUPPORTED) as metadata:
        stage.shop.membership.LockMember(LockMemberRequest(**lock, impersonator=BEN))
    assert metadata["field"] == "impersonator", metadata

    grants = [RoleGrant(resource=FILM, role="guest")]
    for path, invitee in {
        "invitees[0].lifetime": Invitee(email=email("hugo"), grants=grants, lifetime=Duration(seconds=3600)),
        "invitees[0].locale": Invitee(email=email("hugo"), grants=grants, locale="sv-SE"),
        "invitees[0].message": Invitee(email=email("hugo"), grants=grants, message="Welcome!"),
    }.items():
        invite = InviteRequest(tenant=stage.tenant, actor=MARA, request_id=request_id(), invitees=[invitee])
        with refused(error_pb2.FIELD_NOT_SUPPORTED) as metadata:
            stage.shop.membership.Invite(invite)
        assert metadata["field"] == path, metadata
