/** Outputs of the machines that go to the driver as they are, in the driver's words. Pure; used by membership.ts alone. */
import { buriedBitmap, type SignedMerged, signMerged } from "../wire/merged.js";
import type { AuditOutput } from "./audit.js";
import type { DetectorOutput } from "./detector-events.js";
import type { Directory } from "./directory.js";
import type { MembershipOutput } from "./membership-events.js";

type ForDriver = Extract<
  DetectorOutput | AuditOutput,
  { readonly kind: "send-probe" | "tell-accused" | "repair-link" | "drop-link" }
>;

export function carriedOver(output: ForDriver): MembershipOutput {
  const { peer } = output;
  switch (output.kind) {
    case "send-probe":
      return { kind: "ping", peer, dial: output.dial };
    case "tell-accused":
      return { kind: "tell", peer, obituary: output.obituary };
    case "repair-link":
      return { kind: "repair", peer };
    case "drop-link":
      return { kind: "drop", peer, cut: output.reason === "silent" };
  }
}

/** The signed news that `contact` was found again, with all whom this directory holds for dead. */
export function announcement(
  directory: Directory,
  { contact, nonce }: { readonly contact: string; readonly nonce: number },
  sign: (message: Uint8Array) => Uint8Array,
): SignedMerged {
  const buried = buriedBitmap(directory.deadIds());
  return signMerged({ mesh: directory.mesh, issuer: directory.self, contact, nonce, buried }, sign);
}
