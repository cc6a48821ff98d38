/** A client of Rollcall: its services over one connection, the caller's key with every call, and what an error says. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { getOption } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, type Interceptor } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";

import { ErrorInfoSchema, RetryInfoSchema } from "./stubs/google/rpc/error_details_pb.js";
import { AuditService } from "./stubs/rollcall/v1/audit_pb.js";
import { AuthorizationService } from "./stubs/rollcall/v1/authorization_pb.js";
import { error_reason_info, ErrorReason, ErrorReasonSchema } from "./stubs/rollcall/v1/error_pb.js";
import { MembershipService } from "./stubs/rollcall/v1/membership_pb.js";
import { ResourceService } from "./stubs/rollcall/v1/resource_pb.js";
import { TenantService } from "./stubs/rollcall/v1/tenant_pb.js";
import { WatchService } from "./stubs/rollcall/v1/watch_pb.js";

export type Client = ReturnType<typeof connect>;

/** Every service of Rollcall, for the caller with this key. `called` collects the methods that are called. */
export function connect(address: string, key: string, called: Set<string>) {
  const caller: Interceptor = (next) => (request) => {
    called.add(`/${request.service.typeName}/${request.method.name}`);
    request.header.set("authorization", `Bearer ${key}`);
    return next(request);
  };
  const baseUrl = `http://${address}`;
  const sessionManager = new Http2SessionManager(baseUrl);
  const transport = createGrpcTransport({
    baseUrl,
    sessionManager,
    interceptors: [caller],
    defaultTimeoutMs: 20_000,
  });
  return {
    audit: createClient(AuditService, transport),
    authorization: createClient(AuthorizationService, transport),
    membership: createClient(MembershipService, transport),
    resources: createClient(ResourceService, transport),
    tenants: createClient(TenantService, transport),
    watch: createClient(WatchService, transport),
    close: () => sessionManager.abort(),
  };
}

/** The id of a new write: a retry sends it again. */
export function requestId(): string {
  return randomUUID();
}

/** What the contract says of a reason: its code, its metadata, and what mends it. */
export function known(reason: ErrorReason) {
  const value = ErrorReasonSchema.value[reason];
  assert.ok(value, `${reason} is no reason of the contract`);
  return getOption(value, error_reason_info);
}

/** Expects a call to be refused for a reason, and gives the metadata of the error. */
export async function refused(reason: ErrorReason, call: Promise<unknown>): Promise<Record<string, string>> {
  const error = await call.then(
    () => assert.fail(`nothing was refused for ${ErrorReason[reason]}`),
    (error: unknown) => ConnectError.from(error),
  );
  const [info] = error.findDetails(ErrorInfoSchema);
  if (info === undefined) throw error;
  assert.equal(info.domain, "rollcall");
  assert.equal(ErrorReason[info.reason as keyof typeof ErrorReason], reason, `${error.message}: ${info.reason}`);
  assert.equal(Code[error.code]?.toLowerCase(), known(reason).code.replaceAll("_", "").toLowerCase());
  const hasRetry = error.findDetails(RetryInfoSchema).length > 0;
  assert.ok(!hasRetry || known(reason).retryable, `${info.reason} has a RetryInfo, as if a retry helped`);
  expectKeys(reason, info.metadata);
  return info.metadata;
}

/** Sees that the metadata has the keys that the contract promises for the reason, and no others. */
export function expectKeys(reason: ErrorReason, metadata: Record<string, string>) {
  const { metadata: always, optionalMetadata: optional } = known(reason);
  const keys = Object.keys(metadata);
  assert.ok(always.every((key) => keys.includes(key)), `${ErrorReason[reason]} has ${keys}`);
  assert.ok(keys.every((key) => [...always, ...optional].includes(key)), `${ErrorReason[reason]} has ${keys}`);
}
