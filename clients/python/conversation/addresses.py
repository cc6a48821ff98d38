"""Suppressed addresses: an operator says that mail to one came back, and clears it again."""

from conversation.client import refused, request_id
from conversation.stage import FILM, MARA, OPERATOR, email, pages
from rollcall.v1 import error_pb2
from rollcall.v1.common_pb2 import RoleGrant
from rollcall.v1.invitation_pb2 import ClearAddressRequest, ListSuppressedAddressesRequest, SuppressAddressRequest
from rollcall.v1.membership_pb2 import Invitee, InviteRequest


def run(stage):
    """Suppresses two addresses, to which nobody is invited then, and clears one."""
    write = {"tenant": stage.tenant, "actor": OPERATOR}
    for name in ("frida", "gustav"):
        suppress = SuppressAddressRequest(
            **write, request_id=request_id(), email=email(name), detail="550 no such mailbox"
        )
        assert stage.operations.membership.SuppressAddress(suppress).address.email == email(name)

    listing = ListSuppressedAddressesRequest(tenant=stage.tenant, page_size=1)
    listed = [page.addresses[0] for page in pages(stage.shop.membership.ListSuppressedAddresses, listing)]
    assert [address.email for address in listed] == [email("frida"), email("gustav")]
    assert listed[0].detail == "550 no such mailbox"

    invitee = Invitee(email=email("frida"), grants=[RoleGrant(resource=FILM, role="guest")])
    invite = InviteRequest(tenant=stage.tenant, actor=MARA, request_id=request_id(), invitees=[invitee])
    with refused(error_pb2.ADDRESS_SUPPRESSED) as metadata:
        stage.shop.membership.Invite(invite)
    assert metadata["email"] == email("frida")

    clear = ClearAddressRequest(**write, request_id=request_id(), email=email("frida"))
    assert stage.operations.membership.ClearAddress(clear).address == listed[0]
    with refused(error_pb2.NOT_SUPPRESSED):
        stage.operations.membership.ClearAddress(
            ClearAddressRequest(**write, request_id=request_id(), email=email("frida"))
        )
