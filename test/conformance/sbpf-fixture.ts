/** Programs at addresses of their own: the real ELF files that litesvm carries, and small ones from assembly. */
import type { Address, Instruction } from "@solana/kit";
import { assemble } from "../../infra/sbpf/assemble.ts";
import type { SbpfVersion } from "../../infra/sbpf/opcodes.ts";
import type { TransactionErrorJson } from "../../shared/errors/transaction-error.ts";
import { type Comparison, Conformance, instruction, type Key, keyBytes, testKey } from "./harness.ts";
import type { Accounts } from "./harness-system.ts";
import {
  LOADER,
  LOADER_V1,
  LOADER_V2,
  PROGRAMDATA_METADATA,
  programData,
  programdataData,
  programdataOf,
  rent,
} from "./loader-fixture.ts";

export type Loader = "v1" | "v2" | "v3";

export const payer = testKey(1);
/** Programs of the tests. */
export const first = testKey(101);
export const second = testKey(102);
export const third = testKey(103);
const SOL = 10n ** 9n;

export const compile = (source: string, version: SbpfVersion = 0): Uint8Array => assemble(source, { version });

export class SbpfWorld {
  readonly c: Conformance;

  static async create(): Promise<SbpfWorld> {
    return new SbpfWorld(await Conformance.create());
  }

  /** Around a world that is there already. */
  static of(c: Conformance): SbpfWorld {
    return new SbpfWorld(c);
  }

  private constructor(c: Conformance) {
    this.c = c;
    c.fund(payer, 1_000n * SOL);
  }

  /** ELF file of a program that litesvm has. */
  async elf(program: string): Promise<Uint8Array> {
    const account = this.c.agave.account(keyBytes(program))!;
    if (account.data.length !== 36) return account.data;
    const programdata = this.c.agave.account(keyBytes(await programdataOf(program as Address)))!;
    return programdata.data.slice(PROGRAMDATA_METADATA);
  }

  /** A program that was deployed in an earlier slot. */
  async deploy(key: Address, elf: Uint8Array, loader: Loader = "v2", slot = this.c.currentSlot() - 1): Promise<void> {
    if (loader !== "v3") {
      const owner = loader === "v2" ? LOADER_V2 : LOADER_V1;
      this.c.setAccount(key, { lamports: rent(elf.length), owner, data: elf, executable: true });
      return;
    }
    const programdata = await programdataOf(key);
    const data = programdataData(slot, null, elf);
    this.c.setAccount(programdata, { lamports: rent(data.length), owner: LOADER, data });
    this.c.setAccount(key, { lamports: rent(36), owner: LOADER, data: programData(programdata), executable: true });
  }

  /** From assembly, under loader v2. */
  program(key: Address, source: string, version: SbpfVersion = 0, loader: Loader = "v2"): Promise<void> {
    return this.deploy(key, compile(source, version), loader);
  }

  run(instructions: Instruction | Instruction[], error: TransactionErrorJson | null): Comparison {
    return this.c.expect(this.c.transaction({ payer, instructions: [instructions].flat() }), error);
  }

  /** One call of a program. */
  call(program: Key, accounts: Accounts, data: ArrayLike<number>, error: TransactionErrorJson | null): Comparison {
    return this.run(instruction(program, accounts, data), error);
  }
}
