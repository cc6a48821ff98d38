/** Invitations: issued, accepted, declined, sent again, taken back and listed. */
import assert from "node:assert/strict";

import { refused, requestId } from "./client.js";
import { anna, ben, email, film, mara, pages, profile, series, type Stage } from "./stage.js";
import { ErrorReason } from "./stubs/rollcall/v1/error_pb.js";
import { InvitationOrder, InvitationStatus } from "./stubs/rollcall/v1/invitation_pb.js";
import { InviteOutcome, MemberStatus, type InviteResult } from "./stubs/rollcall/v1/membership_pb.js";

/** Invites four people: two accept, one declines, one is sent the invitation again and has it taken back. */
export async function run(stage: Stage) {
  const { tenant, shop } = stage;
  const [annas, bens, cleos, doras] = await invite(stage);
  assert.ok(annas && bens && cleos && doras);
  await accept(stage, anna.id, annas.invitationToken);
  await accept(stage, ben.id, bens.invitationToken);

  const listing = { tenant, statuses: [InvitationStatus.PENDING], orderBy: InvitationOrder.EMAIL, pageSize: 1 };
  const listed = await pages((pageToken) => shop.membership.listInvitations({ ...listing, pageToken }));
  const entries = listed.flatMap((page) => page.invitations);
  assert.deepEqual(entries.map((entry) => entry.invitation?.email), [email("cleo"), email("dora")]);
  assert.equal(entries[0]?.totalGrants, 2);

  // Cleo has no account: the token and her email are what she has.
  const declined = await shop.membership.declineInvitation({
    tenant,
    actor: { type: "email", id: email("cleo") },
    requestId: requestId(),
    invitationToken: cleos.invitationToken,
    email: email("cleo"),
  });
  assert.equal(declined.invitation?.status, InvitationStatus.DECLINED);
  await takeBack(stage, doras);

  const got = await shop.membership.getInvitation({ tenant, invitation: annas.invitation?.id ?? "" });
  assert.equal(got.invitation?.invitation?.status, InvitationStatus.ACCEPTED);
  assert.equal(got.invitation.invitation.acceptedBy?.id, "anna");
  assert.ok(got.invitation.invitation.acceptTime);
}

/** Invites Anna to two projects, and three others to one. */
async function invite({ tenant, shop }: Stage) {
  const guest = { resource: film, role: "guest" };
  const invitees = ["ben", "cleo", "dora"].map((name) => ({
    who: { case: "email" as const, value: email(name) },
    displayName: name,
    grants: [guest],
  }));
  const annas = {
    who: { case: "email" as const, value: email("anna") },
    displayName: "Anna",
    grants: [{ resource: film, role: "lead" }, { resource: series, role: "guest" }],
  };
  const request = { tenant, actor: mara, requestId: requestId(), invitees: [annas, ...invitees] };
  const answer = await shop.membership.invite(request);
  assert.deepEqual(await shop.membership.invite(request), answer);
  for (const result of answer.results) {
    assert.equal(result.outcome, InviteOutcome.INVITED);
    assert.equal(result.invitation?.inviter?.id, "mara");
    assert.notEqual(result.invitationToken, "");
  }
  return answer.results;
}

/** Turns an invitation into the membership of a person. */
async function accept({ tenant, shop }: Stage, id: string, invitationToken: string) {
  const write = { tenant, actor: { id }, requestId: requestId() };
  const answer = await shop.membership.acceptInvitation({ ...write, invitationToken, profile: profile(id) });
  assert.equal(answer.member?.status, MemberStatus.ACTIVE);
  const role = answer.grants.find((grant) => grant.resource?.id === film.id)?.role;
  assert.equal(role, id === anna.id ? "lead" : "guest");
}

/** Sends an invitation again, which makes the old token unknown, and takes it back. */
async function takeBack(stage: Stage, { invitation, invitationToken }: InviteResult) {
  const { membership } = stage.shop;
  const write = () => ({ tenant: stage.tenant, actor: mara, requestId: requestId(), invitation: invitation?.id ?? "" });
  const resent = await membership.resendInvitation(write());
  assert.notEqual(resent.invitationToken, invitationToken);
  await refused(ErrorReason.INVITATION_NOT_FOUND, accept(stage, "dora", invitationToken));

  const stale = membership.revokeInvitation({ ...write(), etag: invitation?.etag ?? "" });
  const { current_etag: etag } = await refused(ErrorReason.ETAG_MISMATCH, stale);
  const revoked = await membership.revokeInvitation({ ...write(), etag: etag ?? "" });
  assert.equal(revoked.invitation?.status, InvitationStatus.REVOKED);
  assert.deepEqual(new Set(revoked.revoked.map((grant) => grant.resource?.type)), new Set(["studio", "project"]));
  assert.equal(revoked.totalRevoked, 2);
}
