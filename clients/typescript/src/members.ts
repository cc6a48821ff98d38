/** Members: their roles, their profile, and how they are locked, deactivated, let back and removed. */
import assert from "node:assert/strict";

import { requestId } from "./client.js";
import { anna, ben, email, film, mara, pages, series, studio, type Stage } from "./stage.js";
import { Reason } from "./stubs/rollcall/v1/authorization_pb.js";
import { InviteOutcome, MemberOrder, MemberStatus } from "./stubs/rollcall/v1/membership_pb.js";

/** Makes Ben a lead, then in one write a guest again, and Anna a lead of the other project. */
export async function changeRoles({ tenant, shop }: Stage) {
  const write = () => ({ tenant, actor: mara, requestId: requestId() });
  const changed = await shop.membership.changeRole({ ...write(), member: ben, resource: film, role: "lead" });
  assert.equal(changed.previousRole, "guest");

  const etag = changed.member?.etag ?? "";
  const changes = [
    { member: ben, resource: film, role: "guest", fromRole: "lead", etag },
    { member: anna, resource: series, role: "lead" },
  ];
  const { results } = await shop.membership.batchChangeRole({ ...write(), changes });
  const exchanged = results.map((result) => [result.member?.subject?.id, result.previousRole]);
  assert.deepEqual(exchanged, [["ben", "lead"], ["anna", "guest"]]);
}

/** Lists the members of a project, and reads one with all their roles, a page at a time. */
export async function read({ tenant, shop }: Stage) {
  const listing = { tenant, resource: film, orderBy: MemberOrder.NAME, pageSize: 2 };
  const listed = await pages((pageToken) => shop.membership.listMembers({ ...listing, pageToken }));
  const members = listed.flatMap((page) => page.members);
  assert.deepEqual(members.map((entry) => entry.member?.subject?.id), ["anna", "ben", "mara"]);
  // Mara leads the film by her own role there, and as the studio's manager; whoever leads it is a guest of it, too.
  const leads = members[2]?.memberships.filter((membership) => membership.role === "project.lead") ?? [];
  assert.deepEqual(leads.map((membership) => membership.impliedBy), ["", "studio.manager"]);
  assert.equal(members[2]?.totalMemberships, members[2]?.memberships.length);

  const member = { case: "email" as const, value: email("anna") };
  const got = await pages((pageToken) => shop.membership.getMember({ tenant, member, pageSize: 1, pageToken }));
  assert.ok(got.every((page) => page.member?.subject?.id === "anna"));
  const memberships = got.flatMap((page) => page.memberships);
  assert.deepEqual(memberships.map(({ role }) => role), ["project.lead", "project.lead", "studio.artist"]);
}

/** Changes Anna's profile; locks, unlocks, deactivates, reactivates and removes Ben. */
export async function live(stage: Stage) {
  const { tenant, shop } = stage;
  const { member } = await shop.membership.getMember({ tenant, member: { case: "subject", value: anna } });
  assert.ok(member?.profile);
  const profile = { ...member.profile, displayName: "Anna Ahlgren" };
  const update = { tenant, actor: anna, requestId: requestId(), member: anna, profile, etag: member.etag };
  assert.deepEqual((await shop.membership.updateMember(update)).member?.profile, profile);

  const write = () => ({ tenant, actor: mara, requestId: requestId(), member: ben });
  assert.equal((await shop.membership.lockMember({ ...write(), reason: "a lost laptop" })).member?.locked, true);
  assert.equal(await reason(stage), Reason.MEMBER_LOCKED);
  assert.equal((await shop.membership.unlockMember(write())).member?.locked, false);

  const deactivated = await shop.membership.deactivateMember(write());
  assert.equal(deactivated.member?.status, MemberStatus.DEACTIVATED);
  assert.equal(await reason(stage), Reason.MEMBER_DEACTIVATED);
  const reactivated = await shop.membership.reactivateMember(write());
  assert.equal(reactivated.member?.status, MemberStatus.ACTIVE);

  // Ben is a member, so a role is his at once.
  const invitee = { who: { case: "subject" as const, value: ben }, grants: [{ resource: film, role: "guest" }] };
  const invite = { tenant, actor: mara, requestId: requestId(), invitees: [invitee] };
  const { results } = await shop.membership.invite(invite);
  assert.equal(results[0]?.outcome, InviteOutcome.ADDED);
  assert.equal(results[0].invitationToken, "");

  const removed = await shop.membership.removeMember({ ...write(), resource: studio });
  assert.deepEqual(removed.revoked.map(({ resource, role }) => [resource, role]), [[film, "guest"]]);
  assert.equal(removed.totalRevoked, 1);
}

/** Why Ben may view the drafts of the film, or not. */
async function reason({ tenant, shop }: Stage) {
  const question = { tenant, subject: ben, action: "draft.view", resource: film };
  return (await shop.authorization.check(question)).reason;
}
