/** The people and places of the conversation, and the clients that speak of them. */
import { create } from "@bufbuild/protobuf";

import type { Client } from "./client.js";
import { ResourceRefSchema, SubjectSchema } from "./stubs/rollcall/v1/common_pb.js";

/** A tenant, a caller that may speak for operators, and one that may not. */
export interface Stage {
  tenant: string;
  operations: Client;
  shop: Client;
}

export const operator = create(SubjectSchema, { type: "operator", id: "oskar" });
export const mara = create(SubjectSchema, { id: "mara" });
export const anna = create(SubjectSchema, { id: "anna" });
export const ben = create(SubjectSchema, { id: "ben" });

export const studio = create(ResourceRefSchema, { type: "studio" });
export const film = create(ResourceRefSchema, { type: "project", id: "film" });
export const series = create(ResourceRefSchema, { type: "project", id: "series" });
export const storyboard = create(ResourceRefSchema, { type: "board", id: "storyboard" });

/** The email of somebody of the conversation. */
export function email(name: string): string {
  return `${name}@studio.example`;
}

/** The profile of somebody whose email the caller has verified. */
export function profile(name: string) {
  const displayName = `${name[0]?.toUpperCase()}${name.slice(1)}`;
  return { displayName, emails: [{ email: email(name), verified: true }] };
}

/** Every page of a list, one call each. */
export async function pages<Page extends { nextPageToken: string }>(
  call: (pageToken: string) => Promise<Page>,
): Promise<Page[]> {
  const found: Page[] = [];
  let pageToken = "";
  do {
    const page = await call(pageToken);
    found.push(page);
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  return found;
}
