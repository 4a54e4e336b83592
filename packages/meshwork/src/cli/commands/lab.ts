/** `mesh lab`: a network of hosts on this machine, what it can do here, and its removal. */
import {
  type AbilityReport,
  isLeftOver,
  Lab,
  type LabHost,
  type LedgerState,
  NAT_KINDS,
  type NatKind,
  probeAbilities,
  readLedgers,
  removeLab,
} from "@meshwork/chaos";
import type { Command } from "commander";
import { type CommandContext, collectOf, examples, jsonOption, numberWithin, printJson } from "../command.js";
import { EXIT, usage } from "../failure.js";
import { table } from "../table.js";

interface LabFlags {
  readonly json?: boolean;
  readonly hosts: number;
  readonly nat?: readonly NatKind[];
}

export function addLab(program: Command, context: CommandContext): void {
  const lab = program
    .command("lab")
    .description("a network of hosts on this machine, for chaos and for your own tests")
    .addHelpText(
      "after",
      examples([
        "mesh lab doctor",
        "mesh lab up --hosts 4",
        "mesh lab up --nat symmetric --nat full-cone",
        "mesh lab status",
        "mesh lab down",
      ]),
    );
  lab
    .command("up")
    .description("bring up hosts on a network of their own; they stay until `mesh lab down`")
    .option("--hosts <n>", "how many", numberWithin(1, 200, true), 4)
    .option(
      `--nat <kind>`,
      `puts a host behind a NAT of its own; again: the next host (${NAT_KINDS.join(", ")})`,
      collectOf(NAT_KINDS),
    )
    .addOption(jsonOption())
    .action((flags: LabFlags) => up(context, flags));
  lab
    .command("down")
    .description("remove a lab, or all that no running command owns")
    .argument("[id]", "as `mesh lab status` prints it")
    .addOption(jsonOption())
    .action((id: string | undefined, flags: LabFlags) => down(context, id, flags));
  lab
    .command("status")
    .description("the labs of this machine")
    .addOption(jsonOption())
    .action((flags: LabFlags) => status(context, flags));
  lab
    .command("doctor")
    .description("what this machine can do, what it lacks, and the line that installs it")
    .addOption(jsonOption())
    .action((flags: LabFlags) => doctor(context, flags));
}

async function up(context: CommandContext, flags: LabFlags): Promise<void> {
  const kinds = flags.nat ?? [];
  if (kinds.length > flags.hosts) throw usage(`--nat is given ${kinds.length} times for ${flags.hosts} hosts`);
  const nats = kinds.map((kind, host) => ({ kind, hosts: [host] }));
  const lab = await Lab.up({ hosts: flags.hosts, nats, owned: false });
  const hosts = lab.hosts.map((host) => ({ ...pick(host), behind: natOf(lab, host) }));
  if (flags.json) {
    printJson(context, { id: lab.id, hosts });
    return;
  }
  context.io.out(
    table(
      [
        { title: "host", cell: ({ name }) => name },
        { title: "address", cell: ({ address }) => address },
        ...(nats.length > 0
          ? [
              {
                title: "behind",
                cell: ({ behind }: (typeof hosts)[number]) => (behind ? `${behind.kind} ${behind.address}` : ""),
              },
            ]
          : []),
        { title: "run there", cell: ({ namespace }) => `ip netns exec ${namespace} COMMAND` },
      ],
      hosts,
    ),
  );
  context.io.err(`lab ${lab.id} is up; \`mesh lab down ${lab.id}\` removes it\n`);
}

const pick = ({ name, namespace, address }: LabHost) => ({ name, namespace, address });

function natOf({ nats }: Lab, { router }: LabHost) {
  const nat = nats.find((one) => one.router === router);
  return nat && { ...pick(nat.router), kind: nat.kind };
}

async function down(context: CommandContext, id: string | undefined, flags: LabFlags): Promise<void> {
  const labs = readLedgers();
  const chosen =
    id === undefined
      ? labs.filter((state) => state.owner === undefined || isLeftOver(state))
      : labs.filter((state) => state.id === id);
  if (id !== undefined && chosen.length === 0) throw usage(`there is no lab ${id}; \`mesh lab status\` lists them`);
  const left = (await Promise.all(chosen.map(removeLab))).flat();
  if (flags.json) printJson(context, { removed: chosen.map((state) => state.id), left });
  else {
    context.io.out(`removed ${chosen.length} ${chosen.length === 1 ? "lab" : "labs"}\n`);
    for (const what of left) context.io.err(`still there: ${what}\n`);
  }
  context.setExitCode(left.length === 0 ? EXIT.ok : EXIT.failed);
}

function status(context: CommandContext, flags: LabFlags): void {
  const labs = readLedgers();
  if (flags.json) {
    printJson(context, { labs: labs.map((state) => ({ ...state, state: stateOf(state) })) });
    return;
  }
  if (labs.length === 0) context.io.out("no labs\n");
  else
    context.io.out(
      table(
        [
          { title: "lab", cell: ({ id }) => id },
          { title: "namespaces", cell: ({ namespaces }) => `${namespaces.length}`, align: "right" },
          { title: "since", cell: ({ createdAt }) => createdAt },
          { title: "", cell: stateOf },
        ],
        labs,
      ),
    );
}

function stateOf(state: LedgerState): string {
  if (state.owner === undefined) return "kept";
  return isLeftOver(state) ? "left over" : `owned by process ${state.owner.pid}`;
}

function doctor(context: CommandContext, flags: LabFlags): void {
  const abilities = Object.values(probeAbilities());
  if (flags.json) {
    printJson(context, { abilities });
    return;
  }
  context.io.out(
    table<AbilityReport>(
      [
        { title: "", cell: ({ ok }) => (ok ? "yes" : "no") },
        { title: "ability", cell: ({ ability }) => ability },
        { title: "how, or why not", cell: ({ detail }) => detail },
        { title: "to install", cell: ({ install }) => install ?? "" },
      ],
      abilities,
    ),
  );
}
