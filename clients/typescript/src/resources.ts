/** Resources: registered, read, archived, restored, moved, given away and deleted. */
import assert from "node:assert/strict";

import { requestId } from "./client.js";
import { anna, film, mara, series, storyboard, type Stage } from "./stage.js";
import { Reason } from "./stubs/rollcall/v1/authorization_pb.js";
import type { ResourceRef } from "./stubs/rollcall/v1/common_pb.js";

/** Registers two projects, and a board in one of them. */
export async function create(stage: Stage) {
  const { tenant, shop } = stage;
  for (const [project, displayName] of [[film, "The film"], [series, "The series"]] as const) {
    const request = { tenant, actor: mara, requestId: requestId(), resource: project, displayName };
    const { resource } = await shop.resources.createResource(request);
    assert.deepEqual(resource?.key, project);
    assert.equal(resource.owner?.id, "mara");
    assert.equal(resource.parent?.type, "studio");
  }

  const request = { tenant, actor: mara, requestId: requestId(), resource: storyboard, parent: film };
  const { resource } = await shop.resources.createResource(request);
  assert.deepEqual(await get(stage, storyboard), resource);
  assert.equal(resource?.owner, undefined);
}

/** Archives, restores, moves, gives away and deletes. */
export async function live(stage: Stage) {
  const { resources, authorization } = stage.shop;
  const write = () => ({ tenant: stage.tenant, actor: mara, requestId: requestId() });

  const { etag } = await get(stage, film);
  const archived = await resources.archiveResource({ ...write(), resource: film, etag });
  assert.equal(archived.resource?.archived, true);
  const question = { tenant: stage.tenant, subject: anna, action: "draft.view", resource: film };
  assert.equal((await authorization.check(question)).reason, Reason.RESOURCE_ARCHIVED);
  const restored = await resources.restoreResource({ ...write(), resource: film, etag: archived.resource.etag });
  assert.equal(restored.resource?.archived, false);

  const moved = await resources.moveResource({ ...write(), resource: storyboard, parent: series });
  assert.deepEqual(moved.resource?.parent, series);

  const given = await resources.transferOwnership({ ...write(), resource: film, owner: anna });
  assert.equal(given.resource?.owner?.id, "anna");
  assert.deepEqual(await get(stage, film), given.resource);

  const { deleted } = await resources.deleteResource({ ...write(), resource: series });
  assert.deepEqual(deleted, [storyboard, series]);
}

/** One resource, as it is registered. */
async function get({ tenant, shop }: Stage, resource: ResourceRef) {
  const got = await shop.resources.getResource({ tenant, resource });
  assert.ok(got.resource);
  return got.resource;
}
