/** Suppressed addresses: an operator says that mail to one came back, and clears it again. */
import assert from "node:assert/strict";

import { refused, requestId } from "./client.js";
import { email, film, mara, operator, pages, type Stage } from "./stage.js";
import { ErrorReason } from "./stubs/rollcall/v1/error_pb.js";

/** Suppresses two addresses, to which nobody is invited then, and clears one. */
export async function run({ tenant, operations, shop }: Stage) {
  const write = () => ({ tenant, actor: operator, requestId: requestId() });
  const detail = "550 no such mailbox";
  for (const name of ["frida", "gustav"]) {
    const { address } = await operations.membership.suppressAddress({ ...write(), email: email(name), detail });
    assert.equal(address?.email, email(name));
  }

  const listed = await pages((pageToken) =>
    shop.membership.listSuppressedAddresses({ tenant, pageSize: 1, pageToken }),
  );
  const addresses = listed.flatMap((page) => page.addresses);
  assert.deepEqual(addresses.map((address) => address.email), [email("frida"), email("gustav")]);
  assert.equal(addresses[0]?.detail, detail);

  const who = { case: "email" as const, value: email("frida") };
  const invitees = [{ who, grants: [{ resource: film, role: "guest" }] }];
  const invite = shop.membership.invite({ tenant, actor: mara, requestId: requestId(), invitees });
  assert.equal((await refused(ErrorReason.ADDRESS_SUPPRESSED, invite)).email, email("frida"));

  const cleared = await operations.membership.clearAddress({ ...write(), email: email("frida") });
  assert.deepEqual(cleared.address, addresses[0]);
  const again = operations.membership.clearAddress({ ...write(), email: email("frida") });
  await refused(ErrorReason.NOT_SUPPRESSED, again);
}
