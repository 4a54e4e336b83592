/**
 * Membership of one topic, whole: directory, publishing, failure detection, audit, healing and sync planning behind one pure
 * machine. Node and simulator drive the same: events and the time go in, what is to be sent, dialled and joined comes out.
 *
 * Key, hash and ear are handed in: `sign`, `verify` (67 µs, asked only for what could change something), and `lastHeardMs`, the
 * time of the last byte of a peer over a connection of ours.
 *
 * 1. A record that is wanted, and whose neighbour has not brought too many new identities, is verified, then applied; who shows a
 *    buried one is answered with the leave or the obituary: by those whom it came to first-hand, and by three of the others.
 * 2. An obituary is judged by obituary-rules.ts. Applied, the accused is out of directory, detector and views at once.
 * 3. Held for dead oneself: the next record has a higher sequence and goes out at once; a second waits for half a second to end.
 * 4. An observer listens: it publishes nothing, accuses and vouches for nobody, and announces no merge. What it doubts it dials.
 *
 * Bounds: those of the machines. Owner: the shell, one per topic; it ends with the topic.
 */
import { decodeBroadcast, readable } from "../wire/broadcast.js";
import { verifyEnvelope } from "../wire/envelope.js";
import { type SignedMerged, verifyMerged } from "../wire/merged.js";
import { type Obituary, signObituary, verifyObituary } from "../wire/obituary.js";
import { carriedAge, type RecordSource } from "./apply-outcome.js";
import { Audit, type AuditEvent, type AuditOutput } from "./audit.js";
import { answerToBuried, carriedOver, cutFormerLife, newsOfDeath } from "./carry-over.js";
import { Detector } from "./detector.js";
import type { DetectorEvent, DetectorOutput, IssueObituary } from "./detector-events.js";
import { Directory } from "./directory.js";
import { ExpiryClock } from "./expiry-clock.js";
import type { HealingEvent } from "./healing.js";
import { Inquiries, type InquiryEnd } from "./inquiries.js";
import type { MembershipDecision, MembershipEvent, MembershipOutput } from "./membership-events.js";
import type { MembershipOptions } from "./membership-options.js";
import { Merging, type MergingOutput } from "./merging.js";
import { Neighbors } from "./neighbors.js";
import type { ObituarySource } from "./obituary-rules.js";
import { OwnFloods } from "./own-floods.js";
import { OwnRecord } from "./own-record.js";
import type { PublisherEvent } from "./publishing.js";
import { Republishing } from "./republishing.js";
import { ThinView } from "./thin-view.js";
import type { DirectoryChange, NodeRecord, SignedRecord } from "./types.js";
import { WitnessDesk } from "./witness.js";

/** How many members are offered to gossip as contacts for re-joining. */
const MAX_CONTACTS = 16;

export class Membership {
  readonly directory: Directory;
  readonly #options: MembershipOptions;
  readonly #own: OwnRecord | undefined;
  readonly #sign: (message: Uint8Array) => Uint8Array;
  readonly #detector: Detector;
  readonly #inquiries: Inquiries;
  readonly #audit: Audit;
  readonly #thin: ThinView;
  readonly #merging: Merging;
  readonly #floods = new OwnFloods();
  readonly #expiry = new ExpiryClock();
  readonly #republishing = new Republishing();
  readonly #neighbors = new Neighbors();
  #outputs: MembershipOutput[] = [];
  #due = { publisher: NEVER, detector: NEVER, audit: NEVER };
  #rejected = 0;

  constructor(options: MembershipOptions) {
    const { self, mesh, role, random, own } = options;
    this.#options = options;
    this.directory = new Directory(options);
    this.#own = own === undefined ? undefined : new OwnRecord({ ...options, ...own, id: self, mesh });
    this.#sign = own?.sign ?? (() => new Uint8Array(64));
    this.#detector = new Detector({ members: this.directory, role, random, lastHeardMs: options.lastHeardMs });
    const { health } = this.#detector;
    const desk = new WitnessDesk(this.directory, health);
    this.#inquiries = new Inquiries({ desk, sign: this.#sign, verify: options.verify });
    const isWatched = (peer: string) => this.#detector.isWatched(peer);
    this.#audit = new Audit({ members: this.directory, role, health, random, isWatched });
    this.#thin = new ThinView(random);
    this.#merging = new Merging({ directory: this.directory, random, sign: this.#sign });
  }

  /** What the own record declares now; 0 before the first. */
  get version(): { readonly generation: number; readonly sequence: number } {
    return { generation: this.#own?.generation ?? 0, sequence: this.#own?.sequence ?? 0 };
  }

  sizes(): Record<string, number> {
    return {
      ...this.directory.sizes(),
      watchedLinks: this.#detector.size,
      localHealth: this.#detector.health.factor(0),
      auditEntries: this.#audit.size,
      ...this.#merging.sizes(),
      floodsUnheard: this.#floods.size,
      ...this.#inquiries.sizes(),
      broadcastsRejected: this.#rejected,
    };
  }

  handle(event: MembershipEvent, nowMs: number): MembershipDecision {
    this.#note(event, nowMs);
    this.#runDue(nowMs);
    if (this.#neighbors.reconnected(this.directory)) this.#look({ kind: "reconnected" }, nowMs);
    const outputs = this.#outputs;
    this.#outputs = [];
    const { publisher, detector, audit } = this.#due;
    const speaking = Math.min(publisher, this.#republishing.dueAtMs, this.#floods.nextAtMs);
    const looking = Math.min(detector, audit, this.#expiry.dueAtMs, this.#thin.dueAtMs);
    return { outputs, nextAtMs: Math.min(speaking, looking, this.#merging.nextAtMs) };
  }

  #note(event: MembershipEvent, nowMs: number): void {
    switch (event.kind) {
      case "boot":
        this.#boot(nowMs);
        break;
      case "leaving":
      case "changed":
      case "load-class":
        this.#publish(event, nowMs);
        break;
      case "seeds":
        this.#heal(event, nowMs);
        for (const { id } of event.targets) {
          if (this.directory.versionOf(id) !== undefined) this.#heal({ kind: "alive", id }, nowMs);
        }
        break;
      case "neighbor-up":
        this.#neighborUp(event.peer, event.foreign === true, nowMs);
        break;
      case "neighbor-down":
        this.#neighborDown(event.peer, nowMs);
        break;
      case "peer-lost":
      case "probed":
        this.#detect(event, nowMs);
        break;
      case "broadcast":
        this.#receive(event.content, event.deliveredBy, nowMs);
        break;
      case "obituary":
        this.#handed(event.obituary, event.from, nowMs);
        break;
      case "asked":
        this.#asked(event, nowMs);
        break;
      case "answered":
        this.#inquired(this.#inquiries.answered(event.ask, event.reply, nowMs), nowMs);
        break;
      case "tried":
        this.#inquired(this.#inquiries.tried(event.attempt, event.heardAgoMs, nowMs), nowMs);
        break;
      case "contacted":
      case "dial-failed":
        this.#heal(event, nowMs);
        break;
      case "synced-record":
        this.#apply(event.signed, { viaSync: true, ageMs: event.ageMs }, nowMs);
        break;
      case "synced-obituary":
        this.#hear(event.obituary, true, nowMs);
        break;
      case "synced":
        this.#merge(this.#merging.synced(event, this.#neighbors.partners(), nowMs), nowMs);
        break;
      case "tick":
        break;
      default:
        event satisfies never;
    }
  }

  /** What time has brought. */
  #runDue(nowMs: number): void {
    const due = this.#due;
    if (nowMs >= this.#expiry.dueAtMs) {
      if (this.#expiry.mayExpire(nowMs)) this.directory.expire(nowMs);
      this.#collect(nowMs);
    }
    if (nowMs >= this.#republishing.dueAtMs) {
      this.#republishing.done(nowMs);
      this.#send(this.#own?.now(), nowMs);
    }
    if (nowMs >= due.publisher) this.#publish({ kind: "tick" }, nowMs);
    if (nowMs >= due.detector) this.#detect({ kind: "tick" }, nowMs);
    if (nowMs >= due.audit) this.#look({ kind: "tick" }, nowMs);
    if (nowMs >= this.#merging.healAtMs) this.#heal({ kind: "tick" }, nowMs);
    if (nowMs >= this.#floods.nextAtMs) {
      const again = this.#floods.due(this.#neighbors.ids, this.#options.lastHeardMs, nowMs);
      if (this.#own?.isPublishing === true)
        for (const content of again) this.#outputs.push({ kind: "broadcast", content });
    }
    if (nowMs >= this.#thin.dueAtMs) {
      const peers = this.#thin.offer(this.directory, this.#neighbors.ids, nowMs);
      if (this.#own?.isPublishing !== false) this.#outputs.push({ kind: "replenish", peers });
    }
    if (nowMs < this.#merging.plan.nextAtMs) return;
    for (const peer of this.#merging.plan.due(this.#neighbors.partners(), nowMs))
      this.#outputs.push({ kind: "sync", peer });
  }

  #boot(nowMs: number): void {
    this.#expiry.start(nowMs);
    this.#merging.plan.start(nowMs);
    this.#publish({ kind: "boot" }, nowMs);
    if (this.#own !== undefined) this.#look({ kind: "tick" }, nowMs);
  }

  #neighborUp(peer: string, foreign: boolean, nowMs: number): void {
    const isFirst = this.#neighbors.size === 0;
    this.#neighbors.add(peer, foreign);
    this.#floods.neighborUp(nowMs);
    this.directory.markProven(peer);
    this.#sizeChanged(nowMs);
    // A broadcast without neighbours reached nobody; who joins or comes back says who it is.
    if (isFirst) this.#send(this.#own?.now(), nowMs);
    if (foreign) return;
    this.#detect({ kind: "neighbor-up", peer }, nowMs);
    this.#look({ kind: "met", peer }, nowMs);
    this.#merging.plan.neighborUp(peer, isFirst, nowMs);
  }

  #neighborDown(peer: string, nowMs: number): void {
    this.#neighbors.delete(peer);
    this.#merging.plan.neighborDown(peer);
    this.#detect({ kind: "neighbor-down", peer }, nowMs);
    const peers = this.directory.sample(MAX_CONTACTS, this.#options.random, () => true);
    if (peers.length > 0) this.#outputs.push({ kind: "contacts", peers });
    this.#sizeChanged(nowMs);
  }

  #receive(content: Uint8Array, deliveredBy: string, nowMs: number): void {
    const broadcast = readable(content, this.#options.decode ?? decodeBroadcast);
    if (broadcast === undefined) this.#rejected++;
    else if (broadcast.kind === "record") this.#apply(broadcast.signed, { deliveredBy }, nowMs);
    else if (broadcast.kind === "obituary") this.#hear(broadcast.obituary, false, nowMs);
    else if (broadcast.kind === "merged") this.#merged(broadcast.merged, nowMs);
  }

  #apply(signed: SignedRecord, source: RecordSource, nowMs: number): void {
    if (!this.directory.wants(signed) || !this.directory.admits(signed, source, nowMs)) return;
    if (!verifyEnvelope(signed, this.#options.verify)) {
      this.#rejected++;
      return;
    }
    const { record } = signed;
    const outcome = this.directory.apply(signed, source, nowMs);
    switch (outcome.kind) {
      case "self-conflict":
        this.#conflict(outcome.generation, record, nowMs);
        break;
      case "buried": {
        const share = source.deliveredBy === record.id ? 0 : this.#options.random() * this.directory.size;
        this.#outputs.push(...answerToBuried(outcome.tombstone, share));
        break;
      }
      case "accepted-newer": {
        const anew = record.generation > outcome.previous.generation;
        if (source.viaSync === true) this.#merging.broughtBySync(false, carriedAge(source));
        this.#inquiries.heardOf(record.id, nowMs - carriedAge(source));
        this.#look({ kind: "gone", peer: record.id }, nowMs);
        this.#detect({ kind: "published", peer: record.id, agoMs: carriedAge(source), anew }, nowMs);
        if (anew) this.#outputs.push(...cutFormerLife(record.id, this.#heardAgo(record.id, nowMs), this.#detector));
        break;
      }
      case "accepted-new":
        if (source.viaSync === true) this.#merging.broughtBySync(true, carriedAge(source));
        // Whose neighbours are all of other makes has nobody to sync with: it asks the first members that it hears of.
        else if (this.#neighbors.areAllForeign) this.#merging.plan.later(0, nowMs, record.id);
        break;
    }
    this.#collect(nowMs);
  }

  /** Judges an obituary from elsewhere. What has waited while this node stood still is as old as what a sync brings (`isOld`). */
  #hear(obituary: Obituary, isOld: boolean, nowMs: number): void {
    const { accused, issuer, witness } = obituary;
    const heardAgoMs = this.#heardAgo(accused, nowMs);
    const isFar = [issuer, witness].some((signer) => signer && this.directory.hasReturned(signer.id, nowMs));
    const doubted = isOld || isFar || this.#detector.health.isOutdated(nowMs);
    const judged: ObituarySource = { doubted, heardAgoMs };
    if (!this.directory.wantsObituary(obituary, judged)) return;
    if (!verifyObituary(obituary, this.#options.verify)) {
      this.#rejected++;
      return;
    }
    this.#bury(obituary, judged, nowMs);
  }

  /** From its issuer to a watcher: just issued. Else it answers a question, maybe an audit's, and may be of any age. */
  #handed(obituary: Obituary, from: string, nowMs: number): void {
    const { accused, issuer } = obituary;
    if (!this.#audit.isLookingAt(accused)) {
      this.#hear(obituary, from !== issuer.id || !this.#detector.isWatched(accused), nowMs);
      return;
    }
    if (!this.directory.wantsObituary(obituary, { doubted: true })) return;
    if (verifyObituary(obituary, this.#options.verify)) this.#look({ kind: "told", obituary }, nowMs);
    else this.#rejected++;
  }

  /** True where it took effect. */
  #bury(obituary: Obituary, source: ObituarySource, nowMs: number): boolean {
    const outcome = this.directory.applyObituary(obituary, source, nowMs);
    if (outcome.kind === "self") this.#refute(outcome.refuteAbove, nowMs);
    else if (outcome.kind === "contradicted") {
      this.#outputs.push({ kind: "tell", peer: obituary.accused, obituary });
    } else if (outcome.kind === "doubtful") {
      this.#merging.heldDeadElsewhere(obituary.accused);
      this.#look({ kind: "doubt", obituary }, nowMs);
    }
    this.#collect(nowMs);
    return outcome.kind === "applied";
  }

  #refute(above: number, nowMs: number): void {
    if (this.#own?.isPublishing !== true) return;
    this.#own.surpass(above);
    this.#detect({ kind: "accused" }, nowMs);
    this.#republishing.refute(nowMs);
  }

  #issue({ accusation, witness, tell }: IssueObituary, nowMs: number): void {
    const { self } = this.#options;
    const obituary = signObituary(accusation, self, this.#sign, witness);
    if (!this.#bury(obituary, {}, nowMs)) return;
    this.#broadcast(accusation.accused, obituary.bytes, nowMs);
    for (const peer of tell) this.#outputs.push({ kind: "tell", peer, obituary });
  }

  #merged(merged: SignedMerged, nowMs: number): void {
    const { mesh, self, verify } = this.#options;
    const known =
      this.directory.versionOf(merged.issuer) !== undefined || this.directory.tombstoneOf(merged.issuer) !== undefined;
    if (merged.mesh !== mesh || merged.issuer === self || !known) return;
    if (verifyMerged(merged, verify)) this.#heal({ kind: "merged", merged }, nowMs);
    else this.#rejected++;
  }

  #conflict(generation: number, other: NodeRecord, nowMs: number): void {
    if (this.#own?.isPublishing !== true) return;
    if (this.#own.conflict(generation, other, nowMs)) {
      this.#outputs.push({ kind: "duplicate-identity", bootNonce: other.bootNonce });
    }
    this.#publish({ kind: "changed" }, nowMs);
  }

  #asked(event: Extract<MembershipEvent, { kind: "asked" }>, nowMs: number): void {
    const { ask, accusation } = event;
    if (this.#own === undefined) this.#outputs.push({ kind: "reply", ask, reply: { outcome: "declined" } });
    else this.#outputs.push(...this.#inquiries.asked(event, this.#heardAgo(accusation.accused, nowMs), nowMs));
    this.#outputs.push(...newsOfDeath(this.directory, event));
  }

  #inquired(end: InquiryEnd, nowMs: number): void {
    if (end.to === "peer") this.#outputs.push(end.output);
    else if (end.to === "detector") this.#detect(end.event, nowMs);
    else if (end.to === "audit") this.#look(end.event, nowMs);
    else if (end.forged) this.#rejected++;
  }

  #detect(event: DetectorEvent, nowMs: number): void {
    const { outputs, nextAtMs } = this.#detector.handle(event, nowMs);
    this.#due.detector = nextAtMs;
    for (const output of outputs) this.#carryOut(output, nowMs);
  }

  #look(event: AuditEvent, nowMs: number): void {
    if (this.#own?.isPublishing === false) {
      this.#due.audit = NEVER;
      return;
    }
    const { outputs, nextAtMs } = this.#audit.handle(event, nowMs);
    this.#due.audit = nextAtMs;
    for (const output of outputs) this.#carryOut(output, nowMs);
  }

  #carryOut(output: DetectorOutput | AuditOutput, nowMs: number): void {
    switch (output.kind) {
      case "send-probe":
      case "tell-accused":
      case "repair-link":
      case "drop-link":
        this.#outputs.push(carriedOver(output));
        break;
      case "ask-indirect":
        this.#outputs.push(this.#inquiries.ask("detector", output.helper, output.accusation, output.budgetMs));
        break;
      case "ask":
        this.#outputs.push(this.#inquiries.ask("audit", output.helper, output.accusation, output.budgetMs));
        break;
      case "dial":
        this.#outputs.push(this.#inquiries.try(output.peer, output.budgetMs));
        break;
      case "suspected":
      case "refuted":
        if (output.kind === "suspected") this.directory.suspect(output.peer, nowMs);
        else this.directory.clearSuspicion(output.peer, nowMs);
        this.#collect(nowMs);
        break;
      case "issue-obituary":
        if (this.#own?.isPublishing === true) this.#issue(output, nowMs);
        break;
      case "confirm-obituary":
        if (!this.#bury(output.obituary, {}, nowMs)) break;
        this.#merging.passOn(this.#neighbors.partners(), nowMs);
        break;
      default:
        output satisfies never;
    }
  }

  #heal(event: HealingEvent, nowMs: number): void {
    this.#merge(this.#merging.heal(event, nowMs), nowMs);
  }

  #merge(outputs: readonly MergingOutput[], nowMs: number): void {
    for (const output of outputs) {
      if (output.kind === "republish") {
        if (this.#own !== undefined) this.#republishing.within(output.afterMs, nowMs);
      } else if (output.kind !== "announce") this.#outputs.push(output);
      else if (this.#own?.isPublishing === true) this.#broadcast(MERGED, output.content, nowMs);
    }
  }

  /** Tells all machines what the directory has become, and hands it on. */
  #collect(nowMs: number): void {
    const changes = this.directory.takeChanges();
    if (changes.length === 0) return;
    for (const change of changes) {
      this.#outputs.push({ kind: "change", change });
      if (change.kind !== "lagged") this.#follow(change, nowMs);
    }
    this.#sizeChanged(nowMs);
  }

  #follow(change: Exclude<DirectoryChange, { kind: "lagged" }>, nowMs: number): void {
    const { id, record } = change.entry;
    switch (change.kind) {
      case "joined":
        this.#floods.forget(id);
        this.#heal({ kind: "alive", id }, nowMs);
        break;
      case "dead":
      case "expired": {
        this.#detect({ kind: "gone", peer: id }, nowMs);
        this.#look({ kind: change.kind === "dead" ? "died" : "gone", peer: id }, nowMs);
        this.#heal({ kind: "lost", target: { id, addresses: record.addresses } }, nowMs);
        if (change.kind === "dead") this.#outputs.push({ kind: "drop", peer: id, cut: true });
        break;
      }
      case "left":
        this.#detect({ kind: "gone", peer: id }, nowMs);
        this.#look({ kind: "gone", peer: id }, nowMs);
        this.#heal({ kind: "left", id }, nowMs);
        // Its goodbye to us may be lost on a broken path, and its silence is watched no more.
        this.#outputs.push({ kind: "drop", peer: id, cut: false });
        break;
      case "updated":
      case "suspected":
      case "refuted":
        break;
      default:
        change satisfies never;
    }
  }

  /** The refresh interval and the pace of healing follow the size of the mesh. */
  #sizeChanged(nowMs: number): void {
    const live = this.directory.size;
    this.#heal({ kind: "view", neighbors: this.#neighbors.ids, live }, nowMs);
    this.#publish({ kind: "live", members: live }, nowMs);
    this.#thin.view(this.#neighbors.size, this.#own === undefined ? live + 1 : live, nowMs);
  }

  #publish(event: PublisherEvent, nowMs: number): void {
    if (this.#own === undefined) return;
    const { signed, nextAtMs } = this.#own.handle(event, nowMs);
    this.#due.publisher = nextAtMs;
    this.#send(signed, nowMs);
  }

  #send(signed: SignedRecord | undefined, nowMs: number): void {
    if (signed === undefined) return;
    this.directory.setOwn(signed, nowMs);
    this.#outputs.push({ kind: "broadcast", content: signed.bytes });
    this.#collect(nowMs);
  }

  #broadcast(subject: string, content: Uint8Array, nowMs: number): void {
    this.#outputs.push({ kind: "broadcast", content });
    this.#floods.sent(subject, content, this.#neighbors.ids, nowMs);
  }

  #heardAgo(peer: string, nowMs: number): number | undefined {
    const heardMs = this.#options.lastHeardMs(peer);
    return heardMs === undefined ? undefined : Math.max(0, nowMs - heardMs);
  }
}

/** What a merged digest is about, among the subjects of own broadcasts; the others are ids. */
const MERGED = "merged";
const NEVER = Number.POSITIVE_INFINITY;
