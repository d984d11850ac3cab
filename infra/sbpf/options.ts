/** The command line of `npm run sbpf`. */
import { parseCommandLine, usage } from "../network/command-line.ts";
import { Failure } from "../network/failure.ts";
import type { SbpfVersion } from "./opcodes.ts";

export const HELP = `Assembles, disassembles and runs sBPF programs.

Usage: ${usage("sbpf")} asm FILE.s [--out FILE.so] [--version N]
       ${usage("sbpf")} dis FILE.so [--out FILE.s]
       ${usage("sbpf")} run FILE [--input HEX] [--units N] [--heap N] [--version N]

  asm                assembly text to an ELF file that the loaders deploy (FILE.so next to FILE.s)
  dis                an ELF file to text that asm takes, on standard output
  run                one run of an ELF file, or of text (FILE.s), without a transaction around it: result or fault, compute
                     units, registers, and the input region where it was changed
  --out FILE         where to write; - is standard output
  --version N        sBPF version of assembly text: 0, 1, 2 or 3 (0)
  --input HEX        bytes of the input region, where r1 points (none)
  --units N          compute units, 0 to 1400000 (200000)
  --heap N           bytes of heap, 0 to 262144 (32768)
  --help             print this

  entrypoint:
    lddw r1, message        ; registers r0 to r10; r1 is the input, r10 the end of the stack frame
    mov64 r2, 5
    call sol_log_           ; a name that is no label is a system call
    mov64 r0, 0             ; 0: success
    exit
  .rodata
  message: .ascii "hello"

Instructions have solana-sbpf's names (dis shows them); directives: infra/sbpf/assemble.ts.

Exit code 0: done, or the program returned 0; 1: the program failed or returned something else; 2: refused, the one line on
standard error says why.
`;

export interface SbpfOptions {
  readonly command: "asm" | "dis" | "run" | "help";
  readonly file: string;
  readonly out: string | undefined;
  readonly version: SbpfVersion;
  readonly input: Uint8Array;
  readonly units: number;
  readonly heap: number;
}

const bad = (message: string) => new Failure("bad-option", message);
/** Which options go with which command. */
const TAKES = { asm: ["out", "version"], dis: ["out"], run: ["version", "input", "units", "heap"] } as const;

function whole(flag: string, text: string, high: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value <= high) return value;
  throw bad(`${flag} takes a whole number from 0 to ${high}, not "${text}"`);
}

function bytes(text: string): Uint8Array {
  const digits = text.replace(/^0x/, "");
  if (digits.length % 2 || !/^[0-9a-fA-F]*$/.test(digits)) throw bad(`--input takes bytes in hex, not "${text}"`);
  return new Uint8Array(Buffer.from(digits, "hex"));
}

const OPTIONS = {
  out: { type: "string" },
  version: { type: "string" },
  input: { type: "string" },
  units: { type: "string" },
  heap: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

/** Throws Failure "bad-option". */
export function parseOptions(args: readonly string[]): SbpfOptions {
  const { values, positionals } = parseCommandLine("sbpf", args, OPTIONS, true);
  const [command, file, ...more] = positionals;
  const common = {
    file: file ?? "",
    out: values.out,
    version: whole("--version", values.version ?? "0", 3) as SbpfVersion,
    input: bytes(values.input ?? ""),
    units: whole("--units", values.units ?? "200000", 1_400_000),
    heap: whole("--heap", values.heap ?? "32768", 262_144),
  };
  if (values.help) return { command: "help", ...common };
  if (command !== "asm" && command !== "dis" && command !== "run")
    throw bad(`the command is asm, dis or run${command === undefined ? "" : `, not "${command}"`}; --help says more`);
  if (file === undefined) throw bad(`${command} takes a file`);
  if (more.length) throw bad(`${command} takes one file, not also "${more[0]}"`);
  for (const flag of ["out", "version", "input", "units", "heap"] as const) {
    if (values[flag] !== undefined && !(TAKES[command] as readonly string[]).includes(flag))
      throw bad(`--${flag} does not go with ${command}`);
  }
  return { command, ...common };
}
