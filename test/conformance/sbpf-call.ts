/**
 * Assembly for programs that call others: the structures of a call as an image that is copied from read-only data to the heap.
 * All addresses are known beforehand, because a test knows the accounts of its instruction.
 */
import { type Key, keyBytes } from "./harness.ts";
import { u64 } from "./harness-system.ts";

export const INPUT = 0x4_0000_0000n;
export const HEAP = 0x3_0000_0000n;

export interface InputAccount {
  readonly len: number;
  /** Place of the first mention of the same account. */
  readonly first?: number;
}
export interface Place {
  key: bigint;
  owner: bigint;
  lamports: bigint;
  dataLen: bigint;
  data: bigint;
}

/** Where the accounts of an instruction are in a program's input. */
export function places(accounts: readonly InputAccount[], aligned = true): Place[] {
  const out: Place[] = [];
  let at = INPUT + 8n;
  for (const { len, first } of accounts) {
    if (first !== undefined) {
      out.push(out[first]!);
      at += aligned ? 8n : 1n;
    } else if (aligned) {
      out.push({ key: at + 8n, owner: at + 40n, lamports: at + 72n, dataLen: at + 80n, data: at + 88n });
      at += 96n + BigInt(len + 10_240 + (-len & 7));
    } else {
      const data = at + 51n;
      out.push({ key: at + 3n, owner: data + BigInt(len), lamports: at + 35n, dataLen: at + 43n, data });
      at += BigInt(92 + len);
    }
  }
  return out;
}

export interface CallSpec {
  readonly abi?: "c" | "rust";
  readonly program: Key;
  /** Accounts of the called instruction: key, and "r", "w", "rs", "ws". */
  readonly metas?: readonly (readonly [Key, string])[];
  /** Account infos: place in the input and length of the data; a bare place has the lengths of `places`. */
  readonly infos?: readonly (Place & { len: number })[];
  readonly data?: ArrayLike<number>;
  readonly seeds?: readonly (readonly ArrayLike<number>[])[];
  /** Overrides of the call's own arguments. */
  readonly numInfos?: bigint;
  readonly numSeeds?: bigint;
  readonly numMetas?: bigint;
  readonly dataLen?: bigint;
}

/** Bytes that begin at an address of the heap; structures are appended and answer where they are. */
export class Image {
  readonly bytes: number[] = [];
  readonly base: bigint;
  constructor(base = HEAP) {
    this.base = base;
  }
  put(bytes: ArrayLike<number>): bigint {
    while (this.bytes.length % 8) this.bytes.push(0);
    const at = this.base + BigInt(this.bytes.length);
    this.bytes.push(...Array.from(bytes));
    return at;
  }
}

const flags = (role: string): { signer: number; writable: number } => ({
  signer: role.endsWith("s") ? 1 : 0,
  writable: role.startsWith("w") ? 1 : 0,
});
const slices = (image: Image, items: readonly (readonly [bigint, number])[]): bigint =>
  image.put(items.flatMap(([at, length]) => [...u64(at), ...u64(BigInt(length))]));

export interface Prepared {
  instruction: bigint;
  infos: bigint;
  /** Of info i: where the program keeps the length of the data, and its info's own fields. */
  lengths: bigint[];
  seeds: bigint;
}

/** Puts the structures of a call into the image. */
export function prepare(image: Image, call: CallSpec): Prepared {
  const rust = call.abi === "rust";
  const metas = call.metas ?? [];
  const infos = call.infos ?? [];
  const data = Array.from(call.data ?? []);
  const numMetas = call.numMetas ?? BigInt(metas.length);
  const dataLen = call.dataLen ?? BigInt(data.length);
  const dataAt = image.put(data);
  let instruction: bigint;
  if (rust) {
    const list = image.put(
      metas.flatMap(([key, role]) => [...keyBytes(key), flags(role).signer, flags(role).writable]),
    );
    instruction = image.put([
      ...[list, numMetas, numMetas, dataAt, dataLen, dataLen].flatMap(u64),
      ...keyBytes(call.program),
    ]);
  } else {
    const keys = metas.map(([key]) => image.put(keyBytes(key)));
    const list = image.put(
      metas.flatMap(([, role], i) => [...u64(keys[i]!), flags(role).writable, flags(role).signer, 0, 0, 0, 0, 0, 0]),
    );
    instruction = image.put([image.put(keyBytes(call.program)), list, numMetas, dataAt, dataLen].flatMap(u64));
  }
  const lengths: bigint[] = [];
  let infosAt: bigint;
  if (rust) {
    const cells = infos.map(({ lamports, data: at, len }) => ({
      lamports: image.put([1n, 1n, 0n, lamports].flatMap(u64)),
      data: image.put([1n, 1n, 0n, at, BigInt(len)].flatMap(u64)),
    }));
    lengths.push(...cells.map((cell) => cell.data + 32n));
    infosAt = image.put(
      infos.flatMap(({ key, owner }, i) => [key, cells[i]!.lamports, cells[i]!.data, owner, 0n, 0n].flatMap(u64)),
    );
  } else {
    infosAt = image.put(
      infos.flatMap(({ key, lamports, len, data: at, owner }) =>
        [key, lamports, BigInt(len), at, owner, 0n, 0n].flatMap(u64),
      ),
    );
    lengths.push(...infos.map((_, i) => infosAt + BigInt(i * 56 + 16)));
  }
  const seeds = slices(
    image,
    (call.seeds ?? []).map((signer) => [
      slices(
        image,
        signer.map((seed) => [image.put(seed), seed.length] as const),
      ),
      signer.length,
    ]),
  );
  return { instruction, infos: infosAt, lengths, seeds };
}

/** Instructions that copy an image from the label to its place. */
export const copyImage = (image: Image, label = "image"): string => `
  lddw r1, ${image.base}
  lddw r2, ${label}
  mov64 r3, ${image.bytes.length}
  call sol_memcpy_`;

/** The image as read-only data. */
export const imageData = (image: Image, label = "image"): string =>
  `${label}: .byte ${image.bytes.length ? image.bytes.join(", ") : "0"}`;

/** The system call itself; r0 is what it answers. */
export const invoke = (call: CallSpec, prepared: Prepared): string => `
  lddw r1, ${prepared.instruction}
  lddw r2, ${prepared.infos}
  lddw r3, ${call.numInfos ?? BigInt(call.infos?.length ?? 0)}
  lddw r4, ${prepared.seeds}
  lddw r5, ${call.numSeeds ?? BigInt(call.seeds?.length ?? 0)}
  call sol_invoke_signed_${call.abi ?? "c"}`;

/** Stores a number of 1, 2, 4 or 8 bytes. */
export const poke = (at: bigint, value: bigint | number, size: 1 | 2 | 4 | 8 = 8): string => `
  lddw r1, ${at}
  lddw r2, ${BigInt.asUintN(64, BigInt(value))}
  stx${{ 1: "b", 2: "h", 4: "w", 8: "dw" }[size]} [r1+0], r2`;

/** Logs five numbers: what is at some addresses (8 bytes each). */
export const show = (...at: bigint[]): string =>
  `${at
    .slice(0, 5)
    .map((address, i) => `\n  lddw r${i + 1}, ${address}\n  ldxdw r${i + 1}, [r${i + 1}+0]`)
    .join("")}
  call sol_log_64_`;

/** A call with instructions before and after it. */
export type Step = CallSpec & {
  readonly before?: string | ((p: Prepared) => string);
  readonly after?: string | ((p: Prepared) => string);
};

/** A whole program: some calls one after another. */
export function caller(steps: readonly Step[]): string {
  const image = new Image();
  const prepared = steps.map((step) => prepare(image, step));
  const text = (part: Step["before"], p: Prepared): string => (typeof part === "function" ? part(p) : (part ?? ""));
  return `entrypoint:
  ${copyImage(image)}
  ${steps.map((step, i) => `${text(step.before, prepared[i]!)}${invoke(step, prepared[i]!)}${text(step.after, prepared[i]!)}`).join("\n")}
  mov64 r0, 0
  exit
.rodata
${imageData(image)}`;
}
