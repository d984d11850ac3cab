/** Wire transactions (legacy and version 1) built byte by byte: thousands a second, and able to say what no client library would. */
export interface Meta {
  key: Uint8Array;
  signer?: boolean;
  writable?: boolean;
}

export interface Ix {
  program: Uint8Array;
  accounts: Meta[];
  data: Uint8Array | number[];
}

/** Signs `message` with the secret of `key`. */
export type Sign = (key: Uint8Array, message: Uint8Array) => Uint8Array;

export const u16 = (v: number): number[] => [v & 255, (v >>> 8) & 255];
export const u32 = (v: number): number[] => [v & 255, (v >>> 8) & 255, (v >>> 16) & 255, v >>> 24];
export function u64(v: bigint | number): number[] {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, BigInt(v)), true);
  return [...bytes];
}

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

function compactU16(v: number): number[] {
  if (v < 0x80) return [v];
  return v < 0x4000 ? [(v & 0x7f) | 0x80, v >> 7] : [(v & 0x7f) | 0x80, ((v >> 7) & 0x7f) | 0x80, v >> 14];
}

interface Key {
  key: Uint8Array;
  signer: boolean;
  writable: boolean;
}

function collectKeys(payer: Uint8Array, instructions: readonly Ix[]): Key[] {
  const keys = new Map<string, Key>();
  const add = (key: Uint8Array, signer: boolean, writable: boolean): void => {
    const known = keys.get(hex(key));
    if (!known) keys.set(hex(key), { key, signer, writable });
    else {
      known.signer ||= signer;
      known.writable ||= writable;
    }
  };
  add(payer, true, true);
  for (const { program, accounts } of instructions) {
    for (const meta of accounts) add(meta.key, meta.signer ?? false, meta.writable ?? false);
    add(program, false, false);
  }
  const rank = (k: Key): number => (k.signer ? 0 : 2) + (k.writable ? 0 : 1);
  return [...keys.values()].sort((a, b) => rank(a) - rank(b));
}

/** Config of a version 1 message (SIMD-0385): its mask and its values, in the order of the bits. */
export interface V1Config {
  readonly mask: number;
  readonly values: readonly number[];
}

export function v1Config(given: { priorityFee?: bigint; units?: number; loaded?: number; heap?: number }): V1Config {
  const { priorityFee, units, loaded, heap } = given;
  const bit = (value: number | undefined, mask: number): number => (value === undefined ? 0 : mask);
  return {
    mask: (priorityFee === undefined ? 0 : 3) | bit(units, 4) | bit(loaded, 8) | bit(heap, 16),
    values: [
      ...(priorityFee === undefined ? [] : u64(priorityFee)),
      ...[units, loaded, heap].flatMap((value) => (value === undefined ? [] : u32(value))),
    ],
  };
}

/** The message and the keys that must sign it, in order; of version 1 with a config. */
export function encodeMessage(
  payer: Uint8Array,
  instructions: readonly Ix[],
  blockhash: Uint8Array,
  config?: V1Config,
): { message: Uint8Array; signers: Uint8Array[] } {
  const keys = collectKeys(payer, instructions);
  const signers = keys.filter((k) => k.signer);
  const index = new Map(keys.map((k, i) => [hex(k.key), i]));
  const header = [
    signers.length,
    signers.filter((k) => !k.writable).length,
    keys.filter((k) => !k.signer && !k.writable).length,
  ];
  const signerKeys = signers.map((k) => k.key);
  if (config) {
    const message = Uint8Array.from([
      0x81,
      ...header,
      ...u32(config.mask),
      ...blockhash,
      instructions.length,
      keys.length,
      ...keys.flatMap(({ key }) => [...key]),
      ...config.values,
      ...instructions.flatMap((i) => [index.get(hex(i.program))!, i.accounts.length, ...u16(i.data.length)]),
      ...instructions.flatMap((i) => [...i.accounts.map(({ key }) => index.get(hex(key))!), ...i.data]),
    ]);
    return { message, signers: signerKeys };
  }
  const bytes: number[] = [...header, ...compactU16(keys.length)];
  for (const { key } of keys) bytes.push(...key);
  bytes.push(...blockhash, ...compactU16(instructions.length));
  for (const { program, accounts, data } of instructions) {
    bytes.push(index.get(hex(program))!, ...compactU16(accounts.length));
    for (const { key } of accounts) bytes.push(index.get(hex(key))!);
    bytes.push(...compactU16(data.length), ...data);
  }
  return { message: Uint8Array.from(bytes), signers: signerKeys };
}

export function encodeTransaction(
  payer: Uint8Array,
  instructions: readonly Ix[],
  blockhash: Uint8Array,
  sign: Sign,
  config?: V1Config,
): Uint8Array {
  const { message, signers } = encodeMessage(payer, instructions, blockhash, config);
  if (config) return Uint8Array.from([...message, ...signers.flatMap((key) => [...sign(key, message)])]);
  const prefix = compactU16(signers.length);
  const wire = new Uint8Array(prefix.length + 64 * signers.length + message.length);
  wire.set(prefix);
  for (const [i, key] of signers.entries()) wire.set(sign(key, message), prefix.length + 64 * i);
  wire.set(message, prefix.length + 64 * signers.length);
  return wire;
}
