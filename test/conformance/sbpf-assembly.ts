/**
 * Programs in assembly on Agave's runtime and on ours: one transaction that calls one, everything compared.
 *
 *   const programs = await Programs.create();
 *   programs.same("mov64 r0, 0\nexit", { version: 0 });
 */
import { assemble } from "../../infra/sbpf/assemble.ts";
import type { SbpfVersion } from "../../infra/sbpf/opcodes.ts";
import { type Comparison, Conformance, instruction, type Key, testKey } from "./harness.ts";
import { LOADER_V2 } from "./loader-fixture.ts";

export const VERSIONS: readonly SbpfVersion[] = [0, 1, 2, 3];
const COMPUTE_BUDGET = "ComputeBudget111111111111111111111111111111";
/** What an instruction of the compute budget program costs. */
export const BUDGET_INSTRUCTION_UNITS = 150;

export interface RunOptions {
  readonly version?: SbpfVersion;
  readonly loader?: Key;
  readonly accounts?: readonly [Key, string][];
  readonly data?: ArrayLike<number>;
  /** Compute units that the program has; 200,000 without. */
  readonly units?: number;
  /** Bytes of heap; 32 KiB without. */
  readonly heap?: number;
}

const u32 = (kind: number, value: number) => {
  const bytes = new Uint8Array(5);
  bytes[0] = kind;
  new DataView(bytes.buffer).setUint32(1, value, true);
  return bytes;
};

export class Programs {
  readonly c: Conformance;
  readonly payer = testKey(1);
  private next = 1_000;

  static async create(): Promise<Programs> {
    return new Programs(await Conformance.create());
  }

  constructor(c: Conformance) {
    this.c = c;
    c.fund(this.payer, 10n ** 15n);
  }

  /** Installs an ELF under a key of its own. Throws where Agave does not take it. */
  install(elf: Uint8Array, loader: Key = LOADER_V2): Key {
    const key = testKey(this.next++);
    this.c.setAccount(key, { lamports: 10n ** 10n, owner: loader, data: elf, executable: true });
    return key;
  }

  transaction(program: Key, options: RunOptions = {}): Uint8Array {
    const instructions = [instruction(program, options.accounts ?? [], options.data ?? [])];
    let settings = 0;
    if (options.heap !== undefined && ++settings)
      instructions.unshift(instruction(COMPUTE_BUDGET, [], u32(1, options.heap)));
    if (options.units !== undefined) {
      const total = options.units + BUDGET_INSTRUCTION_UNITS * ++settings;
      instructions.unshift(instruction(COMPUTE_BUDGET, [], u32(2, total)));
    }
    return this.c.transaction({ payer: this.payer, instructions });
  }

  /** Runs assembly text or a program that is installed; throws where the two runtimes differ. */
  same(source: string, options: RunOptions = {}): Comparison {
    return this.sameElf(assemble(source, { version: options.version ?? 0 }), options);
  }
  sameElf(elf: Uint8Array, options: RunOptions = {}): Comparison {
    return this.c.expectSame(this.transaction(this.install(elf, options.loader), options));
  }

  /**
   * Runs a program that writes `size` bytes of results into the data of its only account (at RESULTS), and compares them.
   * Throws where the program fails. Answers the bytes.
   */
  results(source: string, size: number, version: SbpfVersion): Uint8Array {
    const program = this.install(assemble(source, { version }));
    const account = testKey(this.next++);
    this.c.setAccount(account, { lamports: 10n ** 10n, owner: program, data: new Uint8Array(size) });
    const wire = this.transaction(program, { accounts: [[account, "w"]], units: 1_000_000 });
    this.c.expect(wire, null);
    return this.c.account(account)!.data;
  }
}

/** Where the data of the first account is in the input region (aligned serialization of loaders v2 and v3). */
export const RESULTS = 0x400000060n;
