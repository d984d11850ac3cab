/**
 * One system call a transaction, with any five arguments: a small program takes them from its instruction data, calls, and hands back r0
 * and what was written as return data. Run here and on Agave's runtime; everything is compared, compute units too.
 */
import { type Comparison, Conformance, instruction, testKey } from "./harness.ts";
import { LOADER_V2, rent } from "./loader-fixture.ts";
import { compile } from "./sbpf-fixture.ts";

const payer = testKey(1);
const blobAccount = testKey(2);
const COMPUTE_BUDGET = "ComputeBudget111111111111111111111111111111";

/** Where the bytes given to a call are: behind six numbers of the instruction data, or in an account where they are too many. */
export const BLOB = 0x4_0000_0040n;
export const LARGE_BLOB = 0x4_0000_0060n;
/** Where a call may write: the heap, behind the place of r0. */
export const RESULT = 0x3_0000_0008n;
export const NOWHERE = 0x9_0000_0000n;
const SMALL = 900;

const source = (name: string): string => `
entrypoint:
  mov64 r6, r2
  ldxdw r1, [r6]
  ldxdw r2, [r6+8]
  ldxdw r3, [r6+16]
  ldxdw r4, [r6+24]
  ldxdw r5, [r6+32]
  syscall ${name}
  lddw r1, 0x300000000
  stxdw [r1], r0
  ldxdw r2, [r6+40]
  add64 r2, 8
  syscall sol_set_return_data
  mov64 r0, 0
  exit
`;

export interface Answer {
  /** null: the program was stopped. */
  r0: bigint | null;
  /** Hexadecimal. */
  result: string;
  units: number;
  logs: readonly string[];
}

export class CryptoCall {
  private readonly c: Conformance;
  private readonly program = testKey(300);

  /** For the system call of this name; `version` of sBPF. */
  static async create(name: string): Promise<CryptoCall> {
    return new CryptoCall(await Conformance.create(), name);
  }

  private constructor(c: Conformance, name: string) {
    this.c = c;
    c.fund(payer, 10n ** 13n);
    const data = compile(source(name));
    c.setAccount(this.program, { lamports: rent(data.length), owner: LOADER_V2, data, executable: true });
  }

  /** At most five arguments; the last 0 to four may be left out. */
  call(args: readonly (bigint | number)[], bytes: Uint8Array, resultLength: number, unitLimit = 1_400_000): Answer {
    const numbers = [...args.map(BigInt), 0n, 0n, 0n, 0n, 0n].slice(0, 5);
    const large = bytes.length > SMALL;
    const data = new Uint8Array(48 + (large ? 0 : bytes.length));
    const view = new DataView(data.buffer);
    for (const [i, value] of numbers.entries()) view.setBigUint64(i * 8, BigInt.asUintN(64, value), true);
    view.setBigUint64(40, BigInt(resultLength), true);
    if (large) this.c.setAccount(blobAccount, { lamports: 10n ** 12n, data: bytes });
    else data.set(bytes, 48);
    const limit = new Uint8Array(5);
    limit[0] = 2;
    new DataView(limit.buffer).setUint32(1, unitLimit, true);
    const transaction = this.c.transaction({
      payer,
      instructions: [
        instruction(COMPUTE_BUDGET, [], limit),
        instruction(this.program, large ? [[blobAccount, "r"]] : [], data),
      ],
    });
    return answer(this.c.expectSame(transaction));
  }
}

function answer({ ours }: Comparison): Answer {
  const { computeUnits: units, logs } = ours;
  if (ours.error !== null) return { r0: null, result: "", units, logs };
  const data = ours.returnData!.data;
  return {
    r0: new DataView(data.buffer, data.byteOffset).getBigUint64(0, true),
    result: Buffer.from(data.slice(8)).toString("hex"),
    units,
    logs,
  };
}

/** Units of the instructions around a call: what a call costs is the rest. */
export const AROUND = 150 + 14;
/** Units of handing back `length` bytes. */
export const returnCost = (length: number): number => 100 + Math.floor((length + 8) / 250);

export const fromHex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replace(/\s/g, ""), "hex"));
export const concat = (...parts: ArrayLike<number>[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((p) => Array.from(p)));
