/** Makes the membership machines of a node, one per topic: the own mesh's as a member, the observed ones' as an observer. */
import { Membership, MeshError, type RecordDescription } from "@meshwork/protocol";
import type { Identity } from "./identity.js";
import type { Hash, MeshTopic } from "./meshes.js";
import type { ResolvedOptions } from "./options.js";
import { Verifier } from "./verifier.js";

export interface MachinesOptions {
  readonly identity: Identity;
  readonly bootNonce: string;
  readonly options: ResolvedOptions;
  readonly topics: readonly MeshTopic[];
  readonly hash: Hash;
  readonly random: () => number;
  readonly lastHeardMs: (peerId: string) => number | undefined;
  readonly describe: () => RecordDescription;
}

export function membershipMachines(parts: MachinesOptions): {
  readonly machines: ReadonlyMap<string, Membership>;
  readonly verifier: Verifier;
} {
  const { identity, bootNonce, options, topics, hash, random, lastHeardMs, describe } = parts;
  const verifier = new Verifier();
  const own = {
    bootNonce,
    generation: identity.generation,
    nextGeneration: (atLeast: number) => identity.nextGeneration(atLeast),
    describe,
    sign: (message: Uint8Array) => identity.sign(message),
    // Too large to travel: the mesh keeps the last one; the operator hears why.
    unpublishable: (error: unknown) => {
      if (!(error instanceof MeshError)) throw error;
      process.emitWarning(error.message, { code: error.code });
    },
  };
  const machines = new Map<string, Membership>();
  for (const { mesh, role } of topics) {
    const machine = new Membership({
      mesh,
      self: identity.id,
      role,
      hash,
      random,
      lastHeardMs,
      verify: (id, message, signature) => verifier.verify(id, message, signature),
      stalenessMs: options.stalenessMs,
      gossipIntervalMs: options.gossipIntervalMs,
      maxMembers: options.maxMembers,
      ...(role === "member" ? { own } : {}),
    });
    machines.set(mesh, machine);
  }
  return { machines, verifier };
}
