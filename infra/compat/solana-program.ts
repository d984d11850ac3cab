/** `solana program ...`: the commands of `npm run program` with the options and the output of Solana's. */
import { ProgramError } from "../program/errors.ts";
import { parseProgramOptions } from "../program/options.ts";
import { type Answer, Session } from "../program/session.ts";
import type { Parsed } from "./clap.ts";
import { solText } from "./dashboard.ts";

export interface Client {
  readonly url: string;
  /** Key file. */
  readonly keypair: string;
  readonly commitment: string;
  /** Whether output is JSON; "compact": on one line. */
  readonly json: boolean | "compact";
}

/** What is printed: lines for people, and an object for --output json. */
export interface Output {
  readonly text: string;
  readonly json: unknown;
}

const NO_AUTHORITY = "none";

/** Words of a command line, with the options that have a value. */
function words(operands: readonly string[], options: Readonly<Record<string, string | boolean | undefined>>): string[] {
  const flags = Object.entries(options).flatMap(([name, value]) => {
    if (value === undefined || value === false) return [];
    return value === true ? [`--${name}`] : [`--${name}`, value];
  });
  return [...operands, ...flags];
}

type Options = Parameters<typeof words>[1];

async function run(
  client: Client,
  parsed: Parsed,
  command: string,
  options: Options,
  operands: readonly string[] = parsed.operands,
): Promise<Answer> {
  const { url, keypair, json } = client;
  const payer = parsed.value("fee-payer") ?? keypair;
  const all = { url, payer, quiet: json !== false || !process.stderr.isTTY, ...options };
  const session = new Session(parseProgramOptions(words([command, ...operands], all)));
  try {
    return await session.run();
  } catch (error) {
    if (!(error instanceof ProgramError) || error.code !== "no-such-account") throw error;
    throw new ProgramError(error.code, `Unable to find the account ${parsed.operands[0]}`);
  } finally {
    session.end();
  }
}

const signer = (parsed: Parsed, client: Client, ...names: readonly string[]): string =>
  names.map((name) => parsed.value(name)).find((value) => value !== undefined) ?? client.keypair;

function amount(parsed: Parsed, lamports: unknown): string {
  return parsed.has("lamports") ? `${lamports} lamports` : `${solText(BigInt(lamports as string))} SOL`;
}

function shownProgram(parsed: Parsed, answer: Answer): Output {
  const { address, kind, owner, programData, lastDeployedInSlot, bytes, lamports } = answer;
  const authority = answer.authority ?? NO_AUTHORITY;
  const length = `${bytes} (0x${Number(bytes).toString(16)}) bytes`;
  const balance = amount(parsed, lamports);
  const number = Number(lamports);
  if (kind === "buffer") {
    const rows = [
      `Buffer Address: ${address}`,
      `Authority: ${authority}`,
      `Balance: ${balance}`,
      `Data Length: ${length}`,
    ];
    return { text: `\n${rows.join("\n")}\n`, json: { address, authority, dataLen: bytes, lamports: number } };
  }
  if (kind === "final program") {
    const rows = [`Program Id: ${address}`, `Owner: ${owner}`, `Data Length: ${length}`];
    return { text: `\n${rows.join("\n")}\n`, json: { programId: address, owner, dataLen: bytes } };
  }
  const rows = [
    `Program Id: ${address}`,
    `Owner: ${owner}`,
    `ProgramData Address: ${programData}`,
    `Authority: ${authority}`,
    `Last Deployed In Slot: ${lastDeployedInSlot}`,
    `Data Length: ${length}`,
    `Balance: ${balance}`,
  ];
  const json = {
    programId: address,
    owner,
    programdataAddress: programData,
    authority,
    lastDeploySlot: Number(lastDeployedInSlot),
    dataLen: bytes,
    lamports: number,
  };
  return { text: `\n${rows.join("\n")}\n`, json };
}

async function show(client: Client, parsed: Parsed): Promise<Output> {
  const { programs, buffers } = { programs: parsed.has("programs"), buffers: parsed.has("buffers") };
  const authority = signer(parsed, client, "buffer-authority");
  const answer = await run(client, parsed, "show", { programs, buffers, ...((programs || buffers) && { authority }) });
  if (!programs && !buffers) return shownProgram(parsed, answer);
  const kind = programs ? "programs" : "buffers";
  const all = (answer[kind] as Answer[]).map((one) => shownProgram(parsed, one));
  return { text: all.map(({ text }) => text).join(""), json: { [kind]: all.map(({ json }) => json) } };
}

async function close(client: Client, parsed: Parsed): Promise<Output> {
  const buffers = parsed.has("buffers");
  const answer = await run(client, parsed, "close", {
    buffers,
    authority: signer(parsed, client, "authority"),
    recipient: parsed.value("recipient"),
    "bypass-warning": parsed.has("bypass-warning"),
  });
  const closed = buffers ? (answer.closed as Answer[]) : [answer];
  const lines = closed.map(({ address, what, lamports }) => {
    const name = String(what).includes("buffer") ? "Closed Buffer" : "Closed Program Id";
    return `${name} ${address}, ${amount(parsed, lamports)} reclaimed`;
  });
  const json = closed.map(({ address, lamports }) => ({ address, lamports: Number(lamports) }));
  return { text: lines.join("\n"), json };
}

function deployed({ program, signature }: Answer): Output {
  return { text: `Program Id: ${program}\n\nSignature: ${signature}\n`, json: { programId: program, signature } };
}

async function setAuthority(client: Client, parsed: Parsed, kind: "Program" | "Buffer", name: string): Promise<Output> {
  const { authority } = await run(client, parsed, "set-authority", {
    authority: signer(parsed, client, name),
    "new-authority": parsed.value(`new-${name}`),
    final: parsed.has("final"),
  });
  const shown = authority ?? NO_AUTHORITY;
  return { text: `Account Type: ${kind}\nAuthority: ${shown}`, json: { authority: shown, accountType: kind } };
}

type Run = (client: Client, parsed: Parsed) => Promise<Output>;

export const PROGRAM_COMMANDS: Readonly<Record<string, Run>> = {
  async "program deploy"(client, parsed) {
    const options = {
      "program-id": parsed.value("program-id"),
      buffer: parsed.value("buffer"),
      authority: signer(parsed, client, "upgrade-authority"),
      "max-len": parsed.value("max-len"),
      final: parsed.has("final"),
    };
    return deployed(await run(client, parsed, "deploy", options));
  },
  async "program upgrade"(client, parsed) {
    const [file = "", id] = parsed.operands;
    const options = { "program-id": id, authority: signer(parsed, client, "upgrade-authority") };
    return deployed(await run(client, parsed, "upgrade", options, [file]));
  },
  async "program write-buffer"(client, parsed) {
    const authority = signer(parsed, client, "buffer-authority");
    const { buffer } = await run(client, parsed, "write-buffer", { authority, buffer: parsed.value("buffer") });
    return { text: `Buffer: ${buffer}`, json: { buffer } };
  },
  "program show": show,
  "program close": close,
  async "program dump"(client, parsed) {
    await run(client, parsed, "dump", {});
    const text = `Wrote program to ${parsed.operands[1]}`;
    return { text, json: text };
  },
  async "program extend"(client, parsed) {
    await run(client, parsed, "extend", {});
    const [programId, bytes] = parsed.operands;
    return {
      text: `Extended Program Id ${programId} by ${bytes} bytes`,
      json: { programId, additionalBytes: Number(bytes) },
    };
  },
  "program set-upgrade-authority": (client, parsed) => setAuthority(client, parsed, "Program", "upgrade-authority"),
  "program set-buffer-authority": (client, parsed) => setAuthority(client, parsed, "Buffer", "buffer-authority"),
};
