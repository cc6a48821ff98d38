"""The change log: read in pages, and watched as it grows."""

from conversation.client import request_id
from conversation.stage import ANNA, MARA, pages
from rollcall.v1.audit_pb2 import (
    CHANGE_KIND_MEMBER_UPDATED,
    CHANGE_KIND_RESOURCE_CREATED,
    CHANGE_KIND_ROLE_CHANGED,
    CHANGE_ORDER_OLDEST_FIRST,
    ListChangesRequest,
)
from rollcall.v1.common_pb2 import ResourceRef
from rollcall.v1.resource_pb2 import CreateResourceRequest
from rollcall.v1.watch_pb2 import WatchChangesRequest


def read(stage):
    """Lists every change from the first on, and those of one kind about one person."""
    listing = ListChangesRequest(tenant=stage.tenant, order_by=CHANGE_ORDER_OLDEST_FIRST, page_size=7)
    changes = [change for page in pages(stage.shop.audit.ListChanges, listing) for change in page.changes]
    first, last = changes[0], changes[-1]
    assert first.WhichOneof("change") == "tenant_created"
    assert first.tenant_created.tenant.id == stage.tenant
    assert first.actor.id == "oskar" and first.caller == "operations" and list(first.rules) == ["operator"]
    assert last.time.ToDatetime() >= first.time.ToDatetime()
    assert len({(change.token, change.index) for change in changes}) == len(changes)

    listing = ListChangesRequest(tenant=stage.tenant, subject=ANNA, kinds=[CHANGE_KIND_ROLE_CHANGED])
    [change] = stage.shop.audit.ListChanges(listing).changes
    assert (change.role_changed.previous_role, change.role_changed.role) == ("guest", "lead")
    assert change.rules[0].startswith("studio@1:") and change.caller == "shop"

    listing = ListChangesRequest(tenant=stage.tenant, kinds=[CHANGE_KIND_MEMBER_UPDATED])
    [locked] = [change for change in stage.shop.audit.ListChanges(listing).changes if change.reason]
    assert locked.member_updated.after.locked and locked.reason == "a lost laptop"


def watch(stage):
    """Follows the log from its beginning, then from now on."""
    request = WatchChangesRequest(tenant=stage.tenant, from_beginning=True)
    responses = stage.shop.watch.WatchChanges(request)
    token = ""
    for response in responses:
        assert not response.HasField("reset")
        token = response.token or token
        if response.changes:
            assert response.changes[0].HasField("tenant_created")
            break
    responses.cancel()
    assert token

    request = WatchChangesRequest(tenant=stage.tenant, kinds=[CHANGE_KIND_RESOURCE_CREATED])
    responses = stage.shop.watch.WatchChanges(request)
    # The first response comes at once, and its token is where to go on after a break.
    assert not next(responses).changes
    short = ResourceRef(type="project", id="short")
    create = CreateResourceRequest(tenant=stage.tenant, actor=MARA, request_id=request_id(), resource=short)
    created = stage.shop.resources.CreateResource(create)
    seen = next(response for response in responses if response.changes)
    responses.cancel()
    assert seen.token == created.token
    [change] = seen.changes
    assert change.resource_created.resource.key == short
