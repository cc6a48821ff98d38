/** The change log: read in pages, and watched as it grows. */
import assert from "node:assert/strict";
import { timestampMs } from "@bufbuild/protobuf/wkt";

import { requestId } from "./client.js";
import { anna, mara, pages, type Stage } from "./stage.js";
import { ChangeKind, ChangeOrder } from "./stubs/rollcall/v1/audit_pb.js";

/** Lists every change from the first on, and those of one kind about one person. */
export async function read({ tenant, shop }: Stage) {
  const listing = { tenant, orderBy: ChangeOrder.OLDEST_FIRST, pageSize: 7 };
  const listed = await pages((pageToken) => shop.audit.listChanges({ ...listing, pageToken }));
  const changes = listed.flatMap((page) => page.changes);
  const [first, last] = [changes[0], changes.at(-1)];
  assert.ok(first?.time && last?.time);
  assert.ok(timestampMs(last.time) >= timestampMs(first.time));
  assert.ok(first.change.case === "tenantCreated");
  assert.equal(first.change.value.tenant?.id, tenant);
  assert.deepEqual([first.actor?.id, first.caller, ...first.rules], ["oskar", "operations", "operator"]);
  assert.equal(new Set(changes.map(({ token, index }) => `${token} ${index}`)).size, changes.length);

  const one = await shop.audit.listChanges({ tenant, subject: anna, kinds: [ChangeKind.ROLE_CHANGED] });
  assert.equal(one.changes.length, 1);
  const change = one.changes[0]?.change;
  assert.ok(change?.case === "roleChanged");
  assert.deepEqual([change.value.previousRole, change.value.role], ["guest", "lead"]);

  const updated = await shop.audit.listChanges({ tenant, kinds: [ChangeKind.MEMBER_UPDATED] });
  const [locked, ...others] = updated.changes.filter(({ reason }) => reason !== "");
  assert.ok(locked?.change.case === "memberUpdated" && others.length === 0);
  assert.deepEqual([locked.change.value.after?.locked, locked.reason], [true, "a lost laptop"]);
}

/** Follows the log from its beginning, then from now on. */
export async function watch({ tenant, shop }: Stage) {
  let token = "";
  // To leave the loop is to cancel the call.
  for await (const response of shop.watch.watchChanges({ tenant, start: { case: "fromBeginning", value: true } })) {
    assert.equal(response.reset, undefined);
    token = response.token || token;
    if (response.changes.length > 0) {
      assert.equal(response.changes[0]?.change.case, "tenantCreated");
      break;
    }
  }
  assert.notEqual(token, "");

  const short = { type: "project", id: "short" };
  let createdAt = "";
  for await (const response of shop.watch.watchChanges({ tenant, kinds: [ChangeKind.RESOURCE_CREATED] })) {
    if (createdAt === "") {
      // The first response comes at once, and its token is where to go on after a break.
      assert.equal(response.changes.length, 0);
      const create = { tenant, actor: mara, requestId: requestId(), resource: short };
      createdAt = (await shop.resources.createResource(create)).token;
    } else if (response.changes.length > 0) {
      assert.equal(response.token, createdAt);
      const change = response.changes[0]?.change;
      assert.ok(change?.case === "resourceCreated");
      assert.equal(change.value.resource?.key?.id, short.id);
      return;
    }
  }
  assert.fail("the watch ended by itself");
}
