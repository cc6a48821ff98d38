"""Tenants: an operator creates one, and later moves it to another version of its policy."""

from conversation.client import refused, request_id
from conversation.stage import BEN, FILM, MARA, OPERATOR, profile
from rollcall.v1 import error_pb2
from rollcall.v1.tenant_pb2 import CreateTenantRequest, GetTenantRequest, SetPolicyRequest


def create(stage):
    """Creates the tenant, with Mara as its first member."""
    request = CreateTenantRequest(
        tenant=stage.tenant,
        actor=OPERATOR,
        request_id=request_id(),
        display_name="A studio",
        policy="studio",
        policy_version=1,
        first_member=MARA,
        profile=profile("mara"),
    )
    with refused(error_pb2.OPERATOR_NOT_ALLOWED) as metadata:
        stage.shop.tenants.CreateTenant(request)
    assert metadata["caller"] == "shop"

    created = stage.operations.tenants.CreateTenant(request)
    assert created.tenant.root_type == "studio"
    assert created.first_member.subject.id == "mara"
    assert created.first_member.profile.emails[0].verified
    # A retry with the same `request_id` and body has the same answer.
    assert stage.operations.tenants.CreateTenant(request) == created

    request.request_id = request_id()
    with refused(error_pb2.TENANT_EXISTS) as metadata:
        stage.operations.tenants.CreateTenant(request)
    assert metadata["tenant"] == stage.tenant

    answer = stage.shop.tenants.GetTenant(GetTenantRequest(tenant=stage.tenant))
    assert answer.tenant == created.tenant
    with refused(error_pb2.TENANT_NOT_FOUND):
        stage.shop.tenants.GetTenant(GetTenantRequest(tenant="nowhere"))


def set_policy(stage):
    """Asks what the second version of the policy changes, and moves to it."""
    request = SetPolicyRequest(tenant=stage.tenant, actor=OPERATOR, policy_version=2, validate_only=True)
    planned = stage.operations.tenants.SetPolicy(request)
    [effect] = [effect for effect in planned.effects if effect.member.id == BEN.id]
    assert effect.resource == FILM
    assert list(effect.gained) == ["draft.edit"]
    assert planned.total_effects == len(planned.effects)

    answer = stage.shop.tenants.GetTenant(GetTenantRequest(tenant=stage.tenant))
    assert answer.tenant.policy_version == 1

    request.validate_only = False
    request.request_id = request_id()
    moved = stage.operations.tenants.SetPolicy(request)
    assert moved.tenant.policy_version == 2
    assert moved.effects == planned.effects
