"""Members: their roles, their profile, and how they are locked, deactivated, let back and removed."""

from conversation.client import request_id
from conversation.stage import ANNA, BEN, FILM, MARA, SERIES, STUDIO, email, pages
from rollcall.v1.authorization_pb2 import REASON_MEMBER_DEACTIVATED, REASON_MEMBER_LOCKED, CheckRequest
from rollcall.v1.common_pb2 import RoleGrant
from rollcall.v1.membership_pb2 import (
    INVITE_OUTCOME_ADDED,
    MEMBER_ORDER_NAME,
    MEMBER_STATUS_ACTIVE,
    MEMBER_STATUS_DEACTIVATED,
    BatchChangeRoleRequest,
    ChangeRoleRequest,
    DeactivateMemberRequest,
    GetMemberRequest,
    Invitee,
    InviteRequest,
    ListMembersRequest,
    LockMemberRequest,
    ReactivateMemberRequest,
    RemoveMemberRequest,
    RoleExchange,
    UnlockMemberRequest,
    UpdateMemberRequest,
)


def change_roles(stage):
    """Makes Ben a lead, then in one write a guest again, and Anna a lead of the other project."""
    write = {"tenant": stage.tenant, "actor": MARA}
    change = ChangeRoleRequest(**write, request_id=request_id(), member=BEN, resource=FILM, role="lead")
    changed = stage.shop.membership.ChangeRole(change)
    assert changed.previous_role == "guest"

    exchanges = [
        RoleExchange(member=BEN, resource=FILM, role="guest", from_role="lead", etag=changed.member.etag),
        RoleExchange(member=ANNA, resource=SERIES, role="lead"),
    ]
    batch = BatchChangeRoleRequest(**write, request_id=request_id(), changes=exchanges)
    answer = stage.shop.membership.BatchChangeRole(batch)
    assert [result.previous_role for result in answer.results] == ["lead", "guest"]
    assert [result.member.subject.id for result in answer.results] == ["ben", "anna"]


def read(stage):
    """Lists the members of a project, and reads one with all their roles, a page at a time."""
    listing = ListMembersRequest(tenant=stage.tenant, resource=FILM, order_by=MEMBER_ORDER_NAME, page_size=2)
    found = [entry for page in pages(stage.shop.membership.ListMembers, listing) for entry in page.members]
    assert [entry.member.subject.id for entry in found] == ["anna", "ben", "mara"]
    # Mara leads the film by her own role there, and as the studio's manager; whoever leads it is a guest of it, too.
    leads = [membership for membership in found[2].memberships if membership.role == "project.lead"]
    assert [membership.implied_by for membership in leads] == ["", "studio.manager"]
    assert found[2].total_memberships == len(found[2].memberships)

    request = GetMemberRequest(tenant=stage.tenant, email=email("anna"), page_size=1)
    listed = list(pages(stage.shop.membership.GetMember, request))
    assert all(page.member.subject.id == "anna" for page in listed)
    memberships = [membership for page in listed for membership in page.memberships]
    assert [membership.role for membership in memberships] == ["project.lead", "project.lead", "studio.artist"]


def live(stage):
    """Changes Anna's profile; locks, unlocks, deactivates, reactivates and removes Ben."""
    get = GetMemberRequest(tenant=stage.tenant, subject=ANNA)
    anna = stage.shop.membership.GetMember(get).member
    anna.profile.display_name = "Anna Ahlgren"
    update = UpdateMemberRequest(
        tenant=stage.tenant, actor=ANNA, request_id=request_id(), member=ANNA, profile=anna.profile, etag=anna.etag
    )
    assert stage.shop.membership.UpdateMember(update).member.profile == anna.profile

    write = {"tenant": stage.tenant, "actor": MARA, "member": BEN}
    lock = LockMemberRequest(**write, request_id=request_id(), reason="a lost laptop")
    assert stage.shop.membership.LockMember(lock).member.locked
    assert reason(stage) == REASON_MEMBER_LOCKED
    unlock = UnlockMemberRequest(**write, request_id=request_id())
    assert not stage.shop.membership.UnlockMember(unlock).member.locked

    deactivate = DeactivateMemberRequest(**write, request_id=request_id())
    assert stage.shop.membership.DeactivateMember(deactivate).member.status == MEMBER_STATUS_DEACTIVATED
    assert reason(stage) == REASON_MEMBER_DEACTIVATED
    reactivate = ReactivateMemberRequest(**write, request_id=request_id())
    assert stage.shop.membership.ReactivateMember(reactivate).member.status == MEMBER_STATUS_ACTIVE

    # Ben is a member, so a role is his at once.
    grant = RoleGrant(resource=FILM, role="guest")
    invite = InviteRequest(
        tenant=stage.tenant, actor=MARA, request_id=request_id(), invitees=[Invitee(subject=BEN, grants=[grant])]
    )
    [result] = stage.shop.membership.Invite(invite).results
    assert result.outcome == INVITE_OUTCOME_ADDED and not result.invitation_token

    remove = RemoveMemberRequest(**write, request_id=request_id(), resource=STUDIO)
    removed = stage.shop.membership.RemoveMember(remove)
    assert [(revoked.resource, revoked.role) for revoked in removed.revoked] == [(FILM, "guest")]
    assert removed.total_revoked == 1


def reason(stage):
    """Why Ben may view the drafts of the film, or not."""
    question = CheckRequest(tenant=stage.tenant, subject=BEN, action="draft.view", resource=FILM)
    return stage.shop.authorization.Check(question).reason
