/**
 * `jsonParsed` of the upgradeable loader: its accounts (Agave account-decoder/src/parse_bpf_loader.rs) and its instructions, and those
 * of loader v2 (transaction-status/src/parse_bpf_loader.rs). Variants by number: solana-loader-v3-interface, -v2-interface.
 */
import { viewOf } from "../protocol/bytes.ts";
import { encodeBase58 } from "./base58.ts";
import { encodeBase64 } from "./base64.ts";
import type { Fields, Shape } from "./instruction-fields.ts";
import type { Json } from "./json.ts";

/** u8 tag and 32 bytes; without a key Agave takes the data to begin right after the tag. */
function authorityAt(data: Uint8Array, at: number): { authority: Json; data: Json } | null {
  const tag = data[at];
  if (tag === 0) {
    return { authority: null, data: [encodeBase64(data.subarray(at + 1)), "base64"] };
  }
  if (tag !== 1 || data.length < at + 33) return null;
  const authority = encodeBase58(data.subarray(at + 1, at + 33));
  return { authority, data: [encodeBase64(data.subarray(at + 33)), "base64"] };
}

/** u32 kind: 0 uninitialized, 1 buffer, 2 program, 3 programdata. `null`: none of them. */
export function parseLoaderAccount(data: Uint8Array): Json {
  if (data.length < 4) return null;
  const view = viewOf(data);
  switch (view.getUint32(0, true)) {
    case 0:
      return { type: "uninitialized" };
    case 1: {
      const info = authorityAt(data, 4);
      return info && { type: "buffer", info };
    }
    case 2:
      if (data.length < 36) return null;
      return { type: "program", info: { programData: encodeBase58(data.subarray(4, 36)) } };
    case 3: {
      const info = data.length < 12 ? null : authorityAt(data, 12);
      return info && { type: "programData", info: { slot: view.getBigUint64(4, true), ...info } };
    }
    default:
      return null;
  }
}

/** bincode's byte vector: u64 length, bytes. */
function bytes(f: Fields): string {
  const length = f.u64();
  const rest = f.rest();
  if (length > BigInt(rest.length)) throw new RangeError("instruction data end too early");
  return encodeBase64(rest.subarray(0, Number(length)));
}

/** Of loader v2, which takes none of them any more: they stay readable in transactions that failed. */
export const LOADER_2_INSTRUCTIONS: readonly Shape[] = [
  ["write", 1, (f, a) => ({ offset: f.u32(), bytes: bytes(f), account: a[0] })],
  ["finalize", 2, (_, a) => ({ account: a[0] })],
];

export const LOADER_INSTRUCTIONS: readonly Shape[] = [
  ["initializeBuffer", 1, (_, a) => ({ account: a[0], authority: a[1] })],
  ["write", 2, (f, a) => ({ offset: f.u32(), bytes: bytes(f), account: a[0], authority: a[1] })],
  [
    "deployWithMaxDataLen",
    8,
    (f, a) => ({
      maxDataLen: f.u64(),
      payerAccount: a[0],
      programDataAccount: a[1],
      programAccount: a[2],
      bufferAccount: a[3],
      rentSysvar: a[4],
      clockSysvar: a[5],
      systemProgram: a[6],
      authority: a[7],
    }),
  ],
  [
    "upgrade",
    7,
    (_, a) => ({
      programDataAccount: a[0],
      programAccount: a[1],
      bufferAccount: a[2],
      spillAccount: a[3],
      rentSysvar: a[4],
      clockSysvar: a[5],
      authority: a[6],
    }),
  ],
  ["setAuthority", 2, (_, a) => ({ account: a[0], authority: a[1], newAuthority: a[2] ?? null })],
  ["close", 3, (_, a) => ({ account: a[0], recipient: a[1], authority: a[2], programAccount: a[3] ?? null })],
  [
    "extendProgram",
    2,
    (f, a) => ({
      additionalBytes: f.u32(),
      programDataAccount: a[0],
      programAccount: a[1],
      systemProgram: a[2] ?? null,
      payerAccount: a[3] ?? null,
    }),
  ],
  ["setAuthorityChecked", 3, (_, a) => ({ account: a[0], authority: a[1], newAuthority: a[2] })],
  ["migrate", 3, (_, a) => ({ programDataAccount: a[0], programAccount: a[1], authority: a[2] })],
  [
    "extendProgramChecked",
    3,
    (f, a) => ({
      additionalBytes: f.u32(),
      programDataAccount: a[0],
      programAccount: a[1],
      authority: a[2],
      systemProgram: a[3] ?? null,
      payerAccount: a[4] ?? null,
    }),
  ],
];
