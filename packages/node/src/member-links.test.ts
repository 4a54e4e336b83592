import type { DirectoryEntry } from "@meshwork/protocol";
import type { PeerInfo } from "@meshwork/transport";
import { expect, test } from "vitest";
import { MemberLinks } from "./member-links.js";
import type { MeshTopic } from "./meshes.js";

const topic = (mesh: string, role: MeshTopic["role"]): MeshTopic => ({
  mesh,
  role,
  topic: mesh,
  topicBytes: new Uint8Array(32),
});

function look(neighbors: Record<string, string[]>, meshOf: Record<string, string | undefined>, members: string[]) {
  const joined: [string, readonly string[]][] = [];
  new MemberLinks({
    self: "self",
    topics: [topic("mesh1", "member"), topic("mesh2", "observer")],
    transport: {
      peer: (id) =>
        id in meshOf ? ({ hello: meshOf[id] === undefined ? undefined : { mesh: meshOf[id] } } as PeerInfo) : undefined,
      learnAddresses: () => {},
    },
    directories: {
      entries: (filter) =>
        filter?.mesh === "mesh2"
          ? members.map((id) => ({ id, record: { addresses: [] } }) as unknown as DirectoryEntry)
          : [],
    },
    neighbors: (mesh) => neighbors[mesh] ?? [],
    join: (mesh, peers) => joined.push([mesh.mesh, peers]),
    random: () => 0,
  }).look();
  return joined;
}

test("observers that are linked to one another alone join through members", () => {
  expect(look({ mesh2: ["gw"] }, { gw: "mesh1" }, ["a", "b", "c"])).toEqual([["mesh2", ["a", "b"]]]);
});

test("one member among the neighbours is enough, and so is one whose connection is being made", () => {
  expect(look({ mesh2: ["gw", "m"] }, { gw: "mesh1", m: "mesh2" }, ["a"])).toEqual([]);
  expect(look({ mesh2: ["dialled"] }, {}, ["a"])).toEqual([]);
});

test("peers of another make have no directory: with them alone, a node joins through members", () => {
  expect(look({ mesh2: ["rust"] }, { rust: undefined }, ["a"])).toEqual([["mesh2", ["a"]]]);
});

test("who knows no member joins nobody, itself included", () => {
  expect(look({}, {}, [])).toEqual([]);
  expect(look({}, {}, ["self"])).toEqual([]);
});
