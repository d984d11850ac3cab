/** Wire transactions (legacy messages) built byte by byte: thousands a second, and able to say what no client library would. */
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

/** The message and the keys that must sign it, in order. */
export function encodeMessage(payer: Uint8Array, instructions: readonly Ix[], blockhash: Uint8Array) {
  const keys = collectKeys(payer, instructions);
  const signers = keys.filter((k) => k.signer);
  const index = new Map(keys.map((k, i) => [hex(k.key), i]));
  const bytes: number[] = [
    signers.length,
    signers.filter((k) => !k.writable).length,
    keys.filter((k) => !k.signer && !k.writable).length,
    ...compactU16(keys.length),
  ];
  for (const { key } of keys) bytes.push(...key);
  bytes.push(...blockhash, ...compactU16(instructions.length));
  for (const { program, accounts, data } of instructions) {
    bytes.push(index.get(hex(program))!, ...compactU16(accounts.length));
    for (const { key } of accounts) bytes.push(index.get(hex(key))!);
    bytes.push(...compactU16(data.length), ...data);
  }
  return { message: Uint8Array.from(bytes), signers: signers.map((k) => k.key) };
}

export function encodeTransaction(payer: Uint8Array, instructions: readonly Ix[], blockhash: Uint8Array, sign: Sign) {
  const { message, signers } = encodeMessage(payer, instructions, blockhash);
  const prefix = compactU16(signers.length);
  const wire = new Uint8Array(prefix.length + 64 * signers.length + message.length);
  wire.set(prefix);
  for (const [i, key] of signers.entries()) wire.set(sign(key, message), prefix.length + 64 * i);
  wire.set(message, prefix.length + 64 * signers.length);
  return wire;
}
