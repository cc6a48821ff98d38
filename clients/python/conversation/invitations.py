"""Invitations: issued, accepted, declined, sent again, taken back and listed."""

from conversation.client import refused, request_id
from conversation.stage import ANNA, BEN, FILM, MARA, SERIES, STUDIO, email, pages, profile
from rollcall.v1 import error_pb2
from rollcall.v1.common_pb2 import Grant, RoleGrant, Subject
from rollcall.v1.invitation_pb2 import (
    INVITATION_ORDER_EMAIL,
    INVITATION_STATUS_ACCEPTED,
    INVITATION_STATUS_DECLINED,
    INVITATION_STATUS_PENDING,
    INVITATION_STATUS_REVOKED,
    DeclineInvitationRequest,
    GetInvitationRequest,
    ListInvitationsRequest,
    ResendInvitationRequest,
    RevokeInvitationRequest,
)
from rollcall.v1.membership_pb2 import (
    INVITE_OUTCOME_INVITED,
    MEMBER_STATUS_ACTIVE,
    AcceptInvitationRequest,
    Invitee,
    InviteRequest,
)


def run(stage):
    """Invites four people: two accept, one declines, one is sent the invitation again and has it taken back."""
    anna, ben, cleo, dora = invite(stage)
    accept(stage, ANNA, anna)
    accept(stage, BEN, ben)

    listing = ListInvitationsRequest(
        tenant=stage.tenant, statuses=[INVITATION_STATUS_PENDING], order_by=INVITATION_ORDER_EMAIL, page_size=1
    )
    listed = [entry for page in pages(stage.shop.membership.ListInvitations, listing) for entry in page.invitations]
    assert [entry.invitation.email for entry in listed] == [email("cleo"), email("dora")]
    assert listed[0].total_grants == 2 and not listed[0].failing_grants
    offer = next(grant for grant in listed[0].grants if grant.role == "guest" and grant.resource == FILM)
    assert offer.granted_by.subject.id and offer.granted_by.rule

    # Cleo has no account: the token and her email are what she has.
    cleo_by_email = Subject(type="email", id=email("cleo"))
    declined = stage.shop.membership.DeclineInvitation(
        DeclineInvitationRequest(
            tenant=stage.tenant,
            actor=cleo_by_email,
            request_id=request_id(),
            invitation_token=cleo.invitation_token,
            email=email("cleo"),
        )
    )
    assert declined.invitation.status == INVITATION_STATUS_DECLINED
    take_back(stage, dora)

    request = GetInvitationRequest(tenant=stage.tenant, invitation=anna.invitation.id)
    got = stage.shop.membership.GetInvitation(request).invitation.invitation
    assert got.status == INVITATION_STATUS_ACCEPTED
    assert got.accepted_by.id == "anna" and got.HasField("accept_time")


def invite(stage):
    """Invites Anna to two projects, and three others to one."""
    film_guest = RoleGrant(resource=FILM, role="guest")
    anna = [RoleGrant(resource=FILM, role="lead"), RoleGrant(resource=SERIES, role="guest")]
    invitees = [Invitee(email=email("anna"), display_name="Anna", grants=anna)]
    invitees += [Invitee(email=email(name), grants=[film_guest]) for name in ("ben", "cleo", "dora")]
    request = InviteRequest(tenant=stage.tenant, actor=MARA, request_id=request_id(), invitees=invitees)
    answer = stage.shop.membership.Invite(request)
    assert stage.shop.membership.Invite(request) == answer
    for result in answer.results:
        assert result.outcome == INVITE_OUTCOME_INVITED
        assert result.invitation.inviter.id == "mara"
        assert result.invitation_token
    return answer.results


def accept(stage, person, result):
    """Turns an invitation into the membership of a person."""
    answer = stage.shop.membership.AcceptInvitation(
        AcceptInvitationRequest(
            tenant=stage.tenant,
            actor=person,
            request_id=request_id(),
            invitation_token=result.invitation_token,
            profile=profile(person.id),
        )
    )
    assert answer.member.status == MEMBER_STATUS_ACTIVE
    assert Grant(resource=FILM, role="lead" if person == ANNA else "guest") in answer.grants


def take_back(stage, result):
    """Sends an invitation again, which makes the old token unknown, and takes it back."""
    write = {"tenant": stage.tenant, "actor": MARA, "invitation": result.invitation.id}
    resent = stage.shop.membership.ResendInvitation(ResendInvitationRequest(**write, request_id=request_id()))
    assert resent.invitation_token != result.invitation_token
    with refused(error_pb2.INVITATION_NOT_FOUND):
        accept(stage, Subject(id="dora"), result)

    revoke = RevokeInvitationRequest(**write, request_id=request_id(), etag=result.invitation.etag)
    with refused(error_pb2.ETAG_MISMATCH) as metadata:
        stage.shop.membership.RevokeInvitation(revoke)
    revoke.etag = metadata["current_etag"]
    revoked = stage.shop.membership.RevokeInvitation(revoke)
    assert revoked.invitation.status == INVITATION_STATUS_REVOKED
    assert {grant.resource.type for grant in revoked.revoked} == {STUDIO.type, FILM.type}
    assert revoked.total_revoked == 2
