/** Tenants: an operator creates one, and later moves it to another version of its policy. */
import assert from "node:assert/strict";

import { refused, requestId } from "./client.js";
import { ben, film, mara, operator, profile, type Stage } from "./stage.js";
import { ErrorReason } from "./stubs/rollcall/v1/error_pb.js";

/** Creates the tenant, with Mara as its first member. */
export async function create({ tenant, operations, shop }: Stage) {
  const request = {
    tenant,
    actor: operator,
    requestId: requestId(),
    displayName: "A studio",
    policy: "studio",
    policyVersion: 1,
    firstMember: mara,
    profile: profile("mara"),
  };
  const { caller } = await refused(ErrorReason.OPERATOR_NOT_ALLOWED, shop.tenants.createTenant(request));
  assert.equal(caller, "shop");

  const created = await operations.tenants.createTenant(request);
  assert.equal(created.tenant?.rootType, "studio");
  assert.equal(created.firstMember?.subject?.id, "mara");
  assert.equal(created.firstMember.profile?.emails[0]?.verified, true);
  // A retry with the same `requestId` and body has the same answer.
  assert.deepEqual(await operations.tenants.createTenant(request), created);

  const again = operations.tenants.createTenant({ ...request, requestId: requestId() });
  assert.equal((await refused(ErrorReason.TENANT_EXISTS, again)).tenant, tenant);

  const got = await shop.tenants.getTenant({ tenant });
  assert.deepEqual(got.tenant, created.tenant);
  await refused(ErrorReason.TENANT_NOT_FOUND, shop.tenants.getTenant({ tenant: "nowhere" }));
}

/** Asks what the second version of the policy changes, and moves to it. */
export async function setPolicy({ tenant, operations, shop }: Stage) {
  const request = { tenant, actor: operator, policyVersion: 2 };
  const planned = await operations.tenants.setPolicy({ ...request, validateOnly: true });
  const effect = planned.effects.find((effect) => effect.member?.id === ben.id);
  assert.deepEqual(effect?.resource, film);
  assert.deepEqual(effect.gained, ["draft.edit"]);
  assert.equal(planned.totalEffects, planned.effects.length);
  assert.equal((await shop.tenants.getTenant({ tenant })).tenant?.policyVersion, 1);

  const moved = await operations.tenants.setPolicy({ ...request, requestId: requestId() });
  assert.equal(moved.tenant?.policyVersion, 2);
  assert.deepEqual(moved.effects, planned.effects);
}
