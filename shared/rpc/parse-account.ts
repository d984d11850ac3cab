/** `jsonParsed` account data, as Agave's account-decoder gives it. What it cannot parse is answered in base64. */
import { viewOf } from "../protocol/bytes.ts";
import type { Account } from "./accounts.ts";
import { encodeBase58 } from "./base58.ts";
import { Fields } from "./instruction-fields.ts";
import { Float, type Json } from "./json.ts";
import * as key from "./keys.ts";
import { parseConfigAccount } from "./parse-config.ts";
import { parseLoaderAccount } from "./parse-loader.ts";
import { parseStakeAccount } from "./parse-stake.ts";
import { parseTokenData } from "./parse-token-account.ts";
import { parseVoteAccount } from "./parse-vote.ts";
import type { MintScale } from "./ui-amount.ts";

const U64_MAX = 0xffff_ffff_ffff_ffffn;
const LOOKUP_TABLE_META_SIZE = 56;

/** `null`: not parsable. `scale`: of a token account's mint, where it is known. */
export function parseAccountData(account: Account, scale: MintScale | undefined): Json {
  const owner = encodeBase58(account.owner);
  const parser = PARSERS[owner];
  const parsed = parser?.parse(account, scale) ?? null;
  if (parsed === null || parser === undefined) return null;
  return { program: parser.program, parsed, space: account.data.length };
}

interface Parser {
  readonly program: string;
  parse(account: Account, scale: MintScale | undefined): Json;
}

const PARSERS: Readonly<Record<string, Parser>> = {
  [key.SYSTEM_PROGRAM]: { program: "nonce", parse: (account) => parseNonce(account.data) },
  [key.TOKEN_PROGRAM]: { program: "spl-token", parse: (account, scale) => parseTokenData(account.data, scale) },
  [key.TOKEN_2022_PROGRAM]: {
    program: "spl-token-2022",
    parse: (account, scale) => parseTokenData(account.data, scale),
  },
  [key.CONFIG_PROGRAM]: { program: "config", parse: (account) => parseWhole(account, parseConfigAccount) },
  [key.SYSVAR_OWNER]: { program: "sysvar", parse: (account) => parseSysvar(encodeBase58(account.key), account.data) },
  [key.ADDRESS_LOOKUP_TABLE_PROGRAM]: {
    program: "address-lookup-table",
    parse: (account) => parseLookupTable(account.data),
  },
  [key.BPF_LOADER_UPGRADEABLE]: {
    program: "bpf-upgradeable-loader",
    parse: (account) => parseLoaderAccount(account.data),
  },
  [key.STAKE_PROGRAM]: { program: "stake", parse: (account) => parseWhole(account, parseStakeAccount) },
  [key.VOTE_PROGRAM]: { program: "vote", parse: (account) => parseWhole(account, parseVoteAccount) },
};

/** `null` where the data end too early. */
function parseWhole(account: Account, parse: (f: Fields, address: string) => Json): Json {
  try {
    return parse(new Fields(account.data), encodeBase58(account.key));
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** u32 version, u32 state, authority, durable nonce, u64 lamports per signature. */
function parseNonce(data: Uint8Array): Json {
  if (data.length < 80) return null;
  const view = viewOf(data);
  if (view.getUint32(0, true) > 1 || view.getUint32(4, true) !== 1) return null;
  return {
    type: "initialized",
    info: {
      authority: encodeBase58(data.subarray(8, 40)),
      blockhash: encodeBase58(data.subarray(40, 72)),
      feeCalculator: { lamportsPerSignature: String(view.getBigUint64(72, true)) },
    },
  };
}

/** u32 kind, u64 deactivation slot, u64 last extended slot, u8 its start index, option authority, u16 padding, addresses. */
function parseLookupTable(data: Uint8Array): Json {
  if (data.length < 4) return null;
  const view = viewOf(data);
  const kind = view.getUint32(0, true);
  if (kind === 0) return { type: "uninitialized" };
  if (
    kind !== 1 ||
    data.length < LOOKUP_TABLE_META_SIZE ||
    data[21]! > 1 ||
    (data.length - LOOKUP_TABLE_META_SIZE) % 32 !== 0
  )
    return null;
  const addresses: string[] = [];
  for (let at = LOOKUP_TABLE_META_SIZE; at < data.length; at += 32)
    addresses.push(encodeBase58(data.subarray(at, at + 32)));
  return {
    type: "lookupTable",
    info: {
      deactivationSlot: String(view.getBigUint64(4, true)),
      lastExtendedSlot: String(view.getBigUint64(12, true)),
      lastExtendedSlotStartIndex: data[20]!,
      authority: data[21] === 1 ? encodeBase58(data.subarray(22, 54)) : undefined,
      addresses,
    },
  };
}

type SysvarParser = { readonly size: number; parse(data: Uint8Array, view: DataView): Json };

/** bincode: u64 length, then the entries. `null`: the data end before the last one. */
function entries(data: Uint8Array, size: number, entry: (at: number) => Json): Json {
  const count = viewOf(data).getBigUint64(0, true);
  if (count > BigInt(Math.floor((data.length - 8) / size))) return null;
  return Array.from({ length: Number(count) }, (_, i) => entry(8 + i * size));
}

/** u8 option tag, u64 words, the bits of that many slots, u64 bits, u64 next slot. */
const SLOT_HISTORY_BITS = 1024n * 1024n;
const SLOT_HISTORY_SIZE = 131_097;
/** A digit for each bit, the lowest first. */
const BITS_OF_BYTE = Array.from({ length: 256 }, (_, byte) =>
  Array.from({ length: 8 }, (_, bit) => (byte >> bit) & 1).join(""),
);

const SYSVARS: Readonly<Record<string, SysvarParser>> = {
  [key.SYSVAR_CLOCK]: {
    size: 40,
    parse: (_, view) => ({
      type: "clock",
      info: {
        slot: view.getBigUint64(0, true),
        epoch: view.getBigUint64(16, true),
        epochStartTimestamp: view.getBigInt64(8, true),
        leaderScheduleEpoch: view.getBigUint64(24, true),
        unixTimestamp: view.getBigInt64(32, true),
      },
    }),
  },
  [key.SYSVAR_EPOCH_SCHEDULE]: {
    size: 33,
    parse: (data, view) => ({
      type: "epochSchedule",
      info: {
        slotsPerEpoch: view.getBigUint64(0, true),
        leaderScheduleSlotOffset: view.getBigUint64(8, true),
        warmup: data[16] !== 0,
        firstNormalEpoch: view.getBigUint64(17, true),
        firstNormalSlot: view.getBigUint64(25, true),
      },
    }),
  },
  [key.SYSVAR_FEES]: {
    size: 8,
    parse: (_, view) => ({
      type: "fees",
      info: { feeCalculator: { lamportsPerSignature: String(view.getBigUint64(0, true)) } },
    }),
  },
  [key.SYSVAR_RECENT_BLOCKHASHES]: {
    size: 8,
    parse: (data, view) => {
      const info = entries(data, 40, (at) => ({
        blockhash: encodeBase58(data.subarray(at, at + 32)),
        feeCalculator: { lamportsPerSignature: String(view.getBigUint64(at + 32, true)) },
      }));
      return info && { type: "recentBlockhashes", info };
    },
  },
  [key.SYSVAR_RENT]: {
    size: 17,
    parse: (data, view) => ({
      type: "rent",
      info: {
        lamportsPerByteYear: String(view.getBigUint64(0, true)),
        exemptionThreshold: new Float(view.getFloat64(8, true)),
        burnPercent: data[16]!,
      },
    }),
  },
  [key.SYSVAR_REWARDS]: {
    size: 8,
    parse: (_, view) => ({ type: "rewards", info: { validatorPointValue: new Float(view.getFloat64(0, true)) } }),
  },
  [key.SYSVAR_SLOT_HASHES]: {
    size: 8,
    parse: (data, view) => {
      const info = entries(data, 40, (at) => ({
        slot: view.getBigUint64(at, true),
        hash: encodeBase58(data.subarray(at + 8, at + 40)),
      }));
      return info && { type: "slotHashes", info };
    },
  },
  [key.SYSVAR_SLOT_HISTORY]: {
    size: SLOT_HISTORY_SIZE,
    parse: (data, view) => {
      if (data[0] !== 1 || view.getBigUint64(1, true) !== SLOT_HISTORY_BITS / 64n) return null;
      if (view.getBigUint64(SLOT_HISTORY_SIZE - 16, true) !== SLOT_HISTORY_BITS) return null;
      let bits = "";
      for (let at = 9; at < SLOT_HISTORY_SIZE - 16; at++) bits += BITS_OF_BYTE[data[at]!]!;
      return { type: "slotHistory", info: { nextSlot: view.getBigUint64(SLOT_HISTORY_SIZE - 8, true), bits } };
    },
  },
  [key.SYSVAR_STAKE_HISTORY]: {
    size: 8,
    parse: (data, view) => {
      const info = entries(data, 32, (at) => ({
        epoch: view.getBigUint64(at, true),
        stakeHistory: {
          effective: view.getBigUint64(at + 8, true),
          activating: view.getBigUint64(at + 16, true),
          deactivating: view.getBigUint64(at + 24, true),
        },
      }));
      return info && { type: "stakeHistory", info };
    },
  },
  [key.SYSVAR_LAST_RESTART_SLOT]: {
    size: 8,
    parse: (_, view) => ({ type: "lastRestartSlot", info: { lastRestartSlot: view.getBigUint64(0, true) } }),
  },
  [key.SYSVAR_EPOCH_REWARDS]: {
    size: 81,
    parse: (data, view) => ({
      type: "epochRewards",
      info: {
        distributionStartingBlockHeight: view.getBigUint64(0, true),
        numPartitions: view.getBigUint64(8, true),
        parentBlockhash: encodeBase58(data.subarray(16, 48)),
        totalPoints: String((view.getBigUint64(56, true) << 64n) | view.getBigUint64(48, true)),
        totalRewards: String(view.getBigUint64(64, true)),
        distributedRewards: String(view.getBigUint64(72, true)),
        active: data[80] !== 0,
      },
    }),
  },
};

function parseSysvar(address: string, data: Uint8Array): Json {
  const sysvar = SYSVARS[address];
  if (sysvar === undefined || data.length < sysvar.size) return null;
  return sysvar.parse(data, viewOf(data));
}

/** Whether a lookup table was never deactivated. */
export const NOT_DEACTIVATED = U64_MAX;
