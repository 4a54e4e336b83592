import { type DirectoryChange, MeshError } from "@meshwork/protocol";
import { expect, test } from "vitest";
import { SilentConnections } from "./silent-connections.js";

interface Link {
  nonce: string | undefined;
  readonly answer: () => Promise<number>;
}

function transportOf(link: Link) {
  const disconnected: string[] = [];
  let probes = 0;
  const transport = {
    peers: () => (link.nonce === undefined ? [] : [{ id: "peer", hello: { bootNonce: link.nonce } }]),
    peer: () => (link.nonce === undefined ? undefined : { hello: { bootNonce: link.nonce } }),
    probe: () => {
      probes += 1;
      return link.answer();
    },
    disconnect: (id: string) => void disconnected.push(id),
  };
  return { transport: transport as never, disconnected, probes: () => probes };
}

const told = (bootNonce: string, kind = "updated") =>
  ({ kind, entry: { id: "peer", record: { bootNonce } } }) as unknown as DirectoryChange;
const silence = () => Promise.reject(new MeshError("MESH_E_TIMEOUT", ""));
const settled = () => new Promise((resolve) => setImmediate(resolve));

test("a connection of a former life that gives no sign is closed", async () => {
  const { transport, disconnected } = transportOf({ nonce: "old", answer: silence });
  new SilentConnections(transport).onChange(told("new"));
  await settled();
  expect(disconnected).toEqual(["peer"]);
});

test("one that answers stays, and so does one of the present life, which is not even asked", async () => {
  const alive = transportOf({ nonce: "old", answer: async () => 1 });
  new SilentConnections(alive.transport).onChange(told("new"));
  const present = transportOf({ nonce: "new", answer: silence });
  new SilentConnections(present.transport).onChange(told("new", "joined"));
  await settled();
  expect([alive.disconnected, alive.probes(), present.disconnected, present.probes()]).toEqual([[], 1, [], 0]);
});

test("a connection that the next life made meanwhile is left alone, and one question at a time is enough", async () => {
  const link: Link = {
    nonce: "old",
    answer: async () => {
      await settled();
      link.nonce = "new";
      throw new MeshError("MESH_E_TIMEOUT", "");
    },
  };
  const { transport, disconnected, probes } = transportOf(link);
  const lives = new SilentConnections(transport);
  lives.onChange(told("new"));
  lives.onChange(told("new"));
  expect(lives.size).toBe(1);
  await settled();
  await settled();
  expect([disconnected, probes(), lives.size]).toEqual([[], 1, 0]);
});

test("who has no connection, or is gone, is no matter", async () => {
  const { transport, probes } = transportOf({ nonce: undefined, answer: silence });
  const lives = new SilentConnections(transport);
  lives.onChange(told("new"));
  lives.onChange(told("new", "dead"));
  await settled();
  expect(probes()).toBe(0);
});

test("when the own addresses change, every connection is asked", async () => {
  const silent = transportOf({ nonce: "same", answer: silence });
  new SilentConnections(silent.transport).onOwnAddresses();
  const alive = transportOf({ nonce: "same", answer: async () => 1 });
  new SilentConnections(alive.transport).onOwnAddresses();
  await settled();
  expect([silent.disconnected, alive.disconnected]).toEqual([["peer"], []]);
});

test("a question that could not be put is no silence", async () => {
  const answer = () => Promise.reject(new MeshError("MESH_E_OVERLOADED", ""));
  const { transport, disconnected } = transportOf({ nonce: "old", answer });
  new SilentConnections(transport).onChange(told("new"));
  await settled();
  expect(disconnected).toEqual([]);
});
