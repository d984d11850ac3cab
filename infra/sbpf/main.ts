/** `npm run sbpf -- asm|dis|run`. Options: options.ts. */
import { readFileSync, writeFileSync } from "node:fs";
import { INSTRUCTION_ERRORS } from "../../shared/errors/transaction-error.ts";
import { deploymentRefusal, type RawRun, runRaw } from "../../shared/svm/raw-run.ts";
import { WasmInstance } from "../../shared/svm/wasm-instance.ts";
import { Failure, systemCode } from "../network/failure.ts";
import { WASM } from "../package/files.ts";
import { assemble } from "./assemble.ts";
import { disassemble } from "./disassemble.ts";
import { ElfError } from "./elf-read.ts";
import { HELP, parseOptions, type SbpfOptions } from "./options.ts";
import { AssemblyError } from "./parse.ts";

const EXIT_REFUSED = 2;

function read(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new Failure("file-unreadable", `${path} cannot be read (${systemCode(error) || (error as Error).message})`);
  }
}

function write(path: string, content: Uint8Array | string): void {
  if (path === "-") {
    process.stdout.write(content);
    return;
  }
  try {
    writeFileSync(path, content);
  } catch (error) {
    throw new Failure(
      "file-unreadable",
      `${path} cannot be written (${systemCode(error) || (error as Error).message})`,
    );
  }
}

/** What is wrong with the file is the user's to know: one line. */
function refusing<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof AssemblyError || error instanceof ElfError)
      throw new Failure("program-refused", `${file}: ${error.message}`);
    throw error;
  }
}

function assembled({ file, version }: SbpfOptions): Uint8Array {
  const text = new TextDecoder().decode(read(file));
  return refusing(file, () => assemble(text, { version }));
}

const isText = (file: string): boolean => /\.(s|asm)$/i.test(file);

/** The types of a Worker forbid what Node allows: to compile at run time. */
function machine(): WasmInstance {
  const Module = WebAssembly.Module as unknown as new (bytes: Uint8Array) => WebAssembly.Module;
  return new WasmInstance(new Module(read(WASM)));
}

function report(run: RawRun, { units, input }: SbpfOptions): string {
  const why = {
    returned: () => `returned 0x${run.r0.toString(16)}`,
    machine: () => `stopped at instruction ${run.instruction}: ${run.text}`,
    "system-call": () => `stopped in a system call: ${run.text}`,
    instruction: () => `failed: ${INSTRUCTION_ERRORS[run.error - 1] ?? run.error}`,
  }[run.kind]();
  const registers = run.registers.map((value, i) => `r${i} 0x${value.toString(16)}`);
  const changed = Buffer.compare(run.input, input) !== 0;
  return [
    why,
    `${BigInt(units) - run.unitsLeft} of ${units} compute units`,
    registers.join("  "),
    ...(changed ? [`input is now ${Buffer.from(run.input).toString("hex")}`] : []),
    "",
  ].join("\n");
}

function run(options: SbpfOptions): number {
  const elf = isText(options.file) ? assembled(options) : read(options.file);
  const { input, heap, units } = options;
  const result = runRaw(machine(), elf, { input, heap, units: BigInt(units) });
  if (typeof result === "string") throw new Failure("program-refused", `${options.file}: ${result}`);
  process.stdout.write(report(result, options));
  return result.kind === "returned" && result.r0 === 0n ? 0 : 1;
}

/** Says on standard error why loaders would refuse the file: a name that is no system call, for one. */
function warn(file: string, elf: Uint8Array): void {
  const refused = deploymentRefusal(machine(), elf);
  if (refused !== undefined) process.stderr.write(`infinisvm sbpf: ${file} cannot be deployed: ${refused}\n`);
}

function asm(options: SbpfOptions): number {
  const path = options.out ?? `${options.file.replace(/\.(s|asm)$/i, "")}.so`;
  const elf = assembled(options);
  write(path, elf);
  if (path !== "-") process.stdout.write(`${path}, ${elf.length} bytes\n`);
  warn(path, elf);
  return 0;
}

function main(): number {
  const options = parseOptions(process.argv.slice(2));
  const { file, out } = options;
  switch (options.command) {
    case "help":
      process.stdout.write(HELP);
      return 0;
    case "asm":
      return asm(options);
    case "dis":
      write(
        out ?? "-",
        refusing(file, () => disassemble(read(file))),
      );
      return 0;
    case "run":
      return run(options);
  }
}

try {
  process.exitCode = main();
} catch (error) {
  process.stderr.write(`infinisvm sbpf: ${(error as Error).message}\n`);
  process.exitCode = error instanceof Failure ? EXIT_REFUSED : 1;
}
