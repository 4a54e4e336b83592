/**
 * Senders' queues: on a host's device a class for each destination that has a rate, or a delay where the kernel has netem.
 * Owner: Links. Classes stay, unlimited, when a link is perfect again.
 */
import { MeshError } from "@meshwork/protocol";
import { run, tryRun } from "./command.js";
import type { LabHost } from "./host.js";
import { isDelayed, type LinkShape, netemWords } from "./shape.js";

const UNLIMITED_RATE = "10gbit";
const MAX_CLASSES = 4_000;

export class Queues {
  readonly #netem: boolean;
  /** Per host and device: the classes, by destination. */
  readonly #classes = new Map<string, Map<string, number>>();

  constructor(netem: boolean) {
    this.#netem = netem;
  }

  /** Of packets to the one destination. */
  shape(from: LabHost, device: string, to: LabHost, shape: LinkShape): void {
    const tc = (...words: string[]) => run("tc", ["-n", from.namespace, ...words]);
    const classes = this.#classesOf(from, device, tc);
    const known = classes.get(to.address);
    const number = known ?? classes.size + 2;
    if (number > MAX_CLASSES) throw new MeshError("MESH_E_LAB_BUSY", `${from.name} has ${classes.size} shaped links`);
    const id = `1:${number.toString(16)}`;
    const rate = shape.rateKbit === undefined ? UNLIMITED_RATE : `${shape.rateKbit}kbit`;
    const place = ["dev", device, "parent", "1:"];
    tc("class", known === undefined ? "add" : "change", ...place, "classid", id, "htb", "rate", rate);
    if (known === undefined) {
      const match = ["u32", "match", "ip", "dst", to.address, "flowid", id];
      tc("filter", "add", ...place, "protocol", "ip", "prio", "1", ...match);
      classes.set(to.address, number);
    }
    if (!this.#netem) return;
    tryRun("tc", ["-n", from.namespace, "qdisc", "del", "dev", device, "parent", id]);
    if (isDelayed(shape)) tc("qdisc", "add", "dev", device, "parent", id, "netem", ...netemWords(shape));
  }

  #classesOf(from: LabHost, device: string, tc: (...words: string[]) => void): Map<string, number> {
    const key = `${from.namespace} ${device}`;
    let classes = this.#classes.get(key);
    if (classes === undefined) {
      classes = new Map();
      this.#classes.set(key, classes);
      tc("qdisc", "add", "dev", device, "root", "handle", "1:", "htb", "default", "1", "r2q", "1000");
      tc("class", "add", "dev", device, "parent", "1:", "classid", "1:1", "htb", "rate", UNLIMITED_RATE);
    }
    return classes;
  }
}
