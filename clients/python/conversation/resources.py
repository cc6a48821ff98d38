"""Resources: registered, read, archived, restored, moved, given away and deleted."""

from conversation.client import request_id
from conversation.stage import ANNA, FILM, MARA, SERIES, STORYBOARD
from rollcall.v1.authorization_pb2 import REASON_RESOURCE_ARCHIVED, CheckRequest
from rollcall.v1.resource_pb2 import (
    ArchiveResourceRequest,
    CreateResourceRequest,
    DeleteResourceRequest,
    GetResourceRequest,
    MoveResourceRequest,
    RestoreResourceRequest,
    TransferOwnershipRequest,
)


def create(stage):
    """Registers two projects, and a board in one of them."""
    for project, name in [(FILM, "The film"), (SERIES, "The series")]:
        request = CreateResourceRequest(
            tenant=stage.tenant, actor=MARA, request_id=request_id(), resource=project, display_name=name
        )
        created = stage.shop.resources.CreateResource(request).resource
        assert created.key == project
        assert created.owner.id == "mara"
        assert created.parent.type == "studio"

    request = CreateResourceRequest(
        tenant=stage.tenant, actor=MARA, request_id=request_id(), resource=STORYBOARD, parent=FILM
    )
    created = stage.shop.resources.CreateResource(request).resource
    assert get(stage, STORYBOARD) == created
    assert not created.HasField("owner")


def live(stage):
    """Archives, restores, moves, gives away and deletes."""
    write = {"tenant": stage.tenant, "actor": MARA}
    archive = ArchiveResourceRequest(**write, request_id=request_id(), resource=FILM, etag=get(stage, FILM).etag)
    archived = stage.shop.resources.ArchiveResource(archive).resource
    assert archived.archived
    question = CheckRequest(tenant=stage.tenant, subject=ANNA, action="draft.view", resource=FILM)
    assert stage.shop.authorization.Check(question).reason == REASON_RESOURCE_ARCHIVED

    restore = RestoreResourceRequest(**write, request_id=request_id(), resource=FILM, etag=archived.etag)
    assert not stage.shop.resources.RestoreResource(restore).resource.archived

    move = MoveResourceRequest(**write, request_id=request_id(), resource=STORYBOARD, parent=SERIES)
    assert stage.shop.resources.MoveResource(move).resource.parent == SERIES

    transfer = TransferOwnershipRequest(**write, request_id=request_id(), resource=FILM, owner=ANNA)
    assert stage.shop.resources.TransferOwnership(transfer).resource.owner.id == "anna"
    assert get(stage, FILM).owner.id == "anna"

    delete = DeleteResourceRequest(**write, request_id=request_id(), resource=SERIES)
    deleted = stage.shop.resources.DeleteResource(delete).deleted
    assert list(deleted) == [STORYBOARD, SERIES]


def get(stage, resource):
    """One resource, as it is registered."""
    return stage.shop.resources.GetResource(GetResourceRequest(tenant=stage.tenant, resource=resource)).resource
