/** A console under fuzzing: how to ask it, what it may answer, and whether it came through. */
import { ApiContract } from "../../packages/console/dist/conformance/contract.js";
import { HttpClient } from "./http-client.mjs";
import { VitalSigns } from "./vitals.mjs";

const SAMPLE_MS = 1_000;
/** The console answers for others, or says that it is full. */
const ANSWERABLE_5XX = [502, 503, 504];

export class ConsoleSession {
  /** `target`: url, token, names(). */
  static async open(target) {
    const session = new ConsoleSession(target);
    session.contract = new ApiContract(await session.json("/api/openapi.json"));
    session.pid = (await session.json("/api/cluster")).console.pid;
    session.vitals = new VitalSigns(
      () => session.pid,
      () => session.#figures(),
    );
    return session;
  }

  constructor(target) {
    this.target = target;
    this.client = new HttpClient(target.url);
    this.authorization = `Bearer ${target.token}`;
  }

  ask(path, order = {}) {
    const headers = { authorization: this.authorization, ...order.headers };
    return this.client.send({ method: "GET", patienceMs: 15_000, ...order, target: path, headers });
  }

  async json(path) {
    const answer = await this.ask(path);
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status ?? answer.outcome} ${answer.reason ?? ""}`);
    return JSON.parse(answer.body);
  }

  async #figures() {
    const { body = "" } = await this.ask("/metrics");
    const figure = (name) => Number(new RegExp(`^${name} (\\S+)$`, "m").exec(body)?.[1]);
    return {
      heapBytes: figure("nodejs_heap_size_used_bytes") + figure("nodejs_external_memory_bytes"),
      storedBytes: figure("meshwork_console_trace_store_bytes"),
    };
  }

  watch() {
    this.vitals.start(SAMPLE_MS);
  }

  /** What an answer is that the document does not allow, or a 5xx of the console's own. */
  complaints({ method, target }, answer) {
    const { status, contentType, body } = answer;
    const paths = candidatesOf(target.split("?")[0]);
    if (status >= 500 && !ANSWERABLE_5XX.includes(status)) return [`answered ${status}: ${body.slice(0, 200)}`];
    if (isPage(paths[0])) return status < 500 ? [] : [`answered ${status}`];
    // The server's own parser answers what is no HTTP before anybody sees it.
    if (body === "" && [400, 431].includes(status)) return [];
    const verdicts = paths.map((path) => {
      // Left by its caller: judged by what had come.
      if (!answer.complete && this.contract.operationOf(method, path) !== undefined) return [];
      return this.contract.complaints({ method, path, status, contentType, body });
    });
    return verdicts.some((verdict) => verdict.length === 0) ? [] : verdicts[0];
  }

  /** Reports whether it answers, as the same process, and has not grown. */
  async close(report, isLong) {
    if (isLong) await this.vitals.judge(report);
    const health = await this.ask("/api/health");
    if (health.status === 200) report.pass("answers afterwards");
    else report.fail("answers afterwards", JSON.stringify(health).slice(0, 200));
    const pid = (await this.json("/api/cluster").catch(() => undefined))?.console.pid;
    if (pid === this.pid) report.pass("the same process", { pid });
    else report.fail("the same process", `the console's process was ${this.pid} and is ${pid}`);
    this.client.close();
  }
}

/** The path as written, decoded, and with its dots resolved: the router may see any of them. */
function candidatesOf(path) {
  const candidates = [path];
  try {
    const resolved = new URL(path, "http://x").pathname;
    candidates.push(decodeURI(path), resolved, decodeURI(resolved));
  } catch {
    // Not decodable: only as written.
  }
  return [...new Set(candidates)];
}

const isPage = (path) => path !== "/metrics" && !path.startsWith("/api/") && !path.startsWith("/v1/");
