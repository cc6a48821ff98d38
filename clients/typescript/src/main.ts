/** Talks to a server about a studio, calls every RPC of the contract, and prints what was called and filled. */
import assert from "node:assert/strict";

import * as addresses from "./addresses.js";
import * as changes from "./changes.js";
import { connect, known } from "./client.js";
import { counted, files } from "./fields.js";
import * as invitations from "./invitations.js";
import * as members from "./members.js";
import * as questions from "./questions.js";
import * as refusals from "./refusals.js";
import * as resources from "./resources.js";
import { ErrorReasonSchema } from "./stubs/rollcall/v1/error_pb.js";
import * as tenants from "./tenants.js";

const { CLIENTS_ADDRESS, CLIENTS_OPERATIONS_KEY, CLIENTS_SHOP_KEY } = process.env;
assert.ok(CLIENTS_ADDRESS && CLIENTS_OPERATIONS_KEY && CLIENTS_SHOP_KEY, "clients/check sets them");

const called = new Set<string>();
const operations = connect(CLIENTS_ADDRESS, CLIENTS_OPERATIONS_KEY, called);
const shop = connect(CLIENTS_ADDRESS, CLIENTS_SHOP_KEY, called);

// In order, since each scene goes on from the one before.
for (const scene of [
  tenants.create,
  resources.create,
  invitations.run,
  questions.run,
  members.changeRoles,
  refusals.write,
  refusals.notSupported,
  tenants.setPolicy,
  members.read,
  members.live,
  resources.live,
  addresses.run,
  changes.read,
  changes.watch,
]) {
  await scene({ tenant: "typescript", operations, shop });
}
operations.close();
shop.close();

for (const { name, number } of ErrorReasonSchema.values) {
  assert.ok(number === 0 || known(number).remedy !== "", name);
}
const methods = files
  .flatMap((file) => file.services)
  .flatMap((service) => service.methods.map((method) => `/${service.typeName}/${method.name}`));
const missed = methods.filter((method) => !called.has(method));
assert.deepEqual(missed, [], "the conversation calls every RPC");
console.log(`${called.size} RPCs, ${counted}`);
