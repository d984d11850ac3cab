/** The commands of the package `infinisvm`: the one table of them. A module begins its work when it is loaded, with the process's arguments. */

export interface Command {
  readonly summary: string;
  readonly load: () => Promise<unknown>;
}

export const COMMANDS: Readonly<Record<string, Command>> = {
  start: { summary: "a network on this machine", load: () => import("../start/main.ts") },
  demo: { summary: "what an app does, against a network that is up", load: () => import("../demo/main.ts") },
  program: { summary: "deploy, upgrade and look at programs", load: () => import("../program/main.ts") },
  load: { summary: "steady load, and how long confirmation takes", load: () => import("../load/main.ts") },
  snapshot: { summary: "networks as files: save, load, list, export", load: () => import("../snapshot/main.ts") },
  check: { summary: "read all that a stopped network has stored", load: () => import("../check/main.ts") },
  sbpf: { summary: "assemble, disassemble and run sBPF programs", load: () => import("../sbpf/main.ts") },
  genesis: { summary: "the genesis of a network that is to be deployed", load: () => import("../deploy/genesis.ts") },
};

/** Undefined: there is none of that name. */
export function commandOf(name: string | undefined): Command | undefined {
  return name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
}

export function help(): string {
  const rows = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(10)}${summary}`);
  return [
    "A local Solana network: for any Solana client, in workerd, with a state that survives.",
    "",
    "Usage: infinisvm COMMAND [options]      (infinisvm COMMAND --help lists its options)",
    "",
    ...rows,
    "",
    "  --version prints the version, --help this.",
    "",
  ].join("\n");
}
