/** Refusals: read from the details of an error, or from the answer to `explain`; and what is not supported yet. */
import assert from "node:assert/strict";

import { expectKeys, known, refused, requestId } from "./client.js";
import { anna, ben, email, film, mara, studio, type Stage } from "./stage.js";
import { ErrorReason } from "./stubs/rollcall/v1/error_pb.js";

/** A guest may not make themselves a lead: as an error, then as an answer that says so. */
export async function write({ tenant, shop }: Stage) {
  const change = { tenant, actor: ben, requestId: requestId(), member: ben, resource: film, role: "lead" };
  const metadata = await refused(ErrorReason.NOT_PERMITTED, shop.membership.changeRole(change));
  assert.equal(metadata.actor, "user:ben");

  const answer = await shop.membership.changeRole({ ...change, validateOnly: true, explain: true });
  assert.equal(answer.totalRefusals, 1);
  assert.equal(answer.member, undefined);
  const [refusal] = answer.refusals;
  assert.equal(refusal?.reason, ErrorReason.NOT_PERMITTED);
  assert.notEqual(refusal.message, "");
  assert.equal(refusal.metadata.permitted_to, metadata.permitted_to);
  expectKeys(refusal.reason, refusal.metadata);

  // Several at once, each with its path in the request.
  const grants = [{ resource: film, role: "lead" }, { resource: studio, role: "manager" }];
  const invitees = [{ who: { case: "email" as const, value: email("hugo") }, grants }];
  const invite = { tenant, actor: ben, invitees, validateOnly: true, explain: true };
  const { refusals, totalRefusals } = await shop.membership.invite(invite);
  assert.equal(totalRefusals, 2);
  assert.deepEqual(refusals.map(({ field }) => field), ["invitees[0].grants[0]", "invitees[0].grants[1]"]);

  // The last manager stays.
  const remove = { tenant, actor: mara, member: mara, resource: studio, validateOnly: true, explain: true };
  const last = (await shop.membership.removeMember(remove)).refusals[0]?.reason;
  assert.equal(last, ErrorReason.LAST_HOLDER);
  assert.equal(known(last).code, "FAILED_PRECONDITION");
}

/** Each field that the contract has and this server refuses by name, rather than ignore it. */
export async function notSupported({ tenant, shop }: Stage) {
  const write = () => ({ tenant, actor: mara, requestId: requestId() });
  const hugo = { who: { case: "email" as const, value: email("hugo") }, grants: [{ resource: film, role: "guest" }] };
  const invite = (more: { lifetime?: { seconds: bigint }; locale?: string; message?: string }) =>
    shop.membership.invite({ ...write(), invitees: [{ ...hugo, ...more }] });
  for (const [path, call] of [
    ["impersonator", () => shop.membership.lockMember({ ...write(), member: anna, impersonator: ben })],
    ["invitees[0].lifetime", () => invite({ lifetime: { seconds: 3600n } })],
    ["invitees[0].locale", () => invite({ locale: "sv-SE" })],
    ["invitees[0].message", () => invite({ message: "Welcome!" })],
  ] as const) {
    assert.equal((await refused(ErrorReason.FIELD_NOT_SUPPORTED, call())).field, path);
  }
}
