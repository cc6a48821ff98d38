/** Questions: one, many at once, what somebody may do at a place, and where they may do something. */
import assert from "node:assert/strict";

import { refused } from "./client.js";
import { anna, ben, film, mara, pages, series, studio, type Stage } from "./stage.js";
import { Reason } from "./stubs/rollcall/v1/authorization_pb.js";
import { ErrorReason } from "./stubs/rollcall/v1/error_pb.js";

/** Asks everything that can be asked. */
export async function run(stage: Stage) {
  const { tenant, shop } = stage;
  await check(stage);
  await batchCheck(stage);

  const { actions } = await shop.authorization.listActions({ tenant, subject: ben, resource: film });
  assert.deepEqual(actions, ["draft.view"]);

  const listing = { tenant, subject: mara, action: "draft.edit", resourceType: "project", pageSize: 1 };
  const listed = await pages((pageToken) => shop.authorization.listResources({ ...listing, pageToken }));
  assert.deepEqual(listed.map((page) => page.resources), [[film], [series]]);
}

/** One question, with the reasons, as fresh as a write, and as of an earlier moment. */
async function check({ tenant, shop }: Stage) {
  const question = { tenant, action: "draft.edit", resource: film, explain: true };
  const yes = await shop.authorization.check({ ...question, subject: anna });
  assert.ok(yes.allowed);
  assert.equal(yes.reason, Reason.GRANTED_BY_ROLE);
  const decisive = yes.explanation?.effectiveRoles.filter((role) => role.decisive) ?? [];
  assert.deepEqual(decisive.map((role) => [role.role, role.resource]), [["project.lead", film]]);
  assert.equal(yes.validUntil, undefined);

  const no = await shop.authorization.check({ ...question, subject: ben });
  assert.equal(no.allowed, false);
  assert.equal(no.reason, Reason.NOT_GRANTED);
  assert.equal(no.explanation?.policyLine?.policy, "studio");
  assert.equal(no.explanation.waysIn[0]?.role, "project.lead");

  for (const requirement of [
    { case: "minimizeLatency", value: true },
    { case: "atLeastAsFresh", value: no.token },
    { case: "fullyConsistent", value: true },
    { case: "atExactSnapshot", value: no.token },
  ] as const) {
    const answer = await shop.authorization.check({ ...question, subject: ben, consistency: { requirement } });
    assert.equal(answer.allowed, false);
  }

  // A board that nobody has registered: the caller says where it is.
  const stated = { parents: [film, { type: studio.type, id: tenant }] };
  const sketch = { type: "board", id: "sketch" };
  const answer = await shop.authorization.check({ tenant, subject: anna, action: "board.edit", resource: sketch, stated });
  assert.ok(answer.allowed);
}

/** Two questions at one revision, one of which has a mistake in it. */
async function batchCheck({ tenant, shop }: Stage) {
  const items = ["draft.edit", "draft.edti"].map((action) => ({ subject: anna, action, resource: film }));
  const { results } = await shop.authorization.batchCheck({ tenant, items });
  assert.equal(results.length, 2);
  for (const { result } of results) {
    switch (result.case) {
      case "decision":
        assert.ok(result.value.allowed);
        assert.equal(result.value.reason, Reason.GRANTED_BY_ROLE);
        break;
      case "error":
        assert.equal(result.value.reason, ErrorReason.UNKNOWN_ACTION);
        assert.equal(result.value.field, "action");
        assert.match(result.value.message, /draft\.edit/);
        break;
      default:
        assert.fail("neither a decision nor an error");
    }
  }
  assert.deepEqual(results.map(({ result }) => result.case), ["decision", "error"]);

  // Alone, the same mistake is the call's.
  const alone = shop.authorization.check({ tenant, subject: anna, action: "draft.edti", resource: film });
  assert.equal((await refused(ErrorReason.UNKNOWN_ACTION, alone)).nearest, "draft.edit");
}
