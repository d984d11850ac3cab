/**
 * Instructions of the interfaces for metadata and groups, which Token-2022 takes too (spl-token-metadata-interface,
 * spl-token-group-interface): eight bytes of a hash of the name, then Borsh or a fixed layout.
 */
import { type Accounts, apply, Fields, type Members, type Shape } from "./instruction-fields.ts";
import type { Json } from "./json.ts";
import { exact } from "./token-shapes.ts";

const DISCRIMINATOR_SIZE = 8;
/** Fields of the metadata that have a number; any other is named by a text. */
const METADATA_FIELDS = ["name", "symbol", "uri"];

function metadataField(f: Fields): string {
  const index = f.u8();
  if (index > METADATA_FIELDS.length) throw new RangeError("not a field");
  return METADATA_FIELDS[index] ?? f.borshText();
}

function borshFlag(f: Fields): boolean {
  const byte = f.u8();
  if (byte > 1) throw new RangeError("not a flag");
  return byte === 1;
}

const metadata = (a: Accounts): Members => ({ metadata: a[0], updateAuthority: a[1] });
const group = (a: Accounts): Members => ({ group: a[0], updateAuthority: a[1] });

/** By the discriminator, hex: the first bytes of SHA-256 of "spl_token_metadata_interface:…" and "spl_token_group_interface:…". */
const INTERFACES: Readonly<Record<string, Shape>> = {
  // initialize_account
  d2e11ea258b84d8d: [
    "initializeTokenMetadata",
    4,
    (f, a) => ({
      ...metadata(a),
      mint: a[2],
      mintAuthority: a[3],
      name: f.borshText(),
      symbol: f.borshText(),
      uri: f.borshText(),
    }),
  ],
  // updating_field
  dde9312db5cadcc8: [
    "updateTokenMetadataField",
    2,
    (f, a) => ({ ...metadata(a), field: metadataField(f), value: f.borshText() }),
  ],
  // remove_key_ix
  ea122038598d25b5: [
    "removeTokenMetadataKey",
    2,
    (f, a) => ({ ...metadata(a), idempotent: borshFlag(f), key: f.borshText() }),
  ],
  // update_the_authority
  d7e4a6e45464567b: ["updateTokenMetadataAuthority", 2, (f, a) => ({ ...metadata(a), newAuthority: f.keyOrNull() })],
  // emitter
  faa6b4fa0d0cb846: [
    "emitTokenMetadata",
    1,
    (f, a) => ({
      metadata: a[0],
      start: f.option(() => f.u64()) ?? undefined,
      end: f.option(() => f.u64()) ?? undefined,
    }),
  ],
  // initialize_token_group
  "79716c2736330004": [
    "initializeTokenGroup",
    3,
    (f, a) => ({
      group: a[0],
      mint: a[1],
      mintAuthority: a[2],
      updateAuthority: f.keyOrNull(),
      maxSize: f.u64(),
    }),
  ],
  // update_group_max_size
  "6c25ab8ff81e126e": ["updateTokenGroupMaxSize", 2, (f, a) => ({ ...group(a), maxSize: f.u64() })],
  // update_authority
  a1695801edddd8cb: ["updateTokenGroupAuthority", 2, (f, a) => ({ ...group(a), newAuthority: f.keyOrNull() })],
  // initialize_member
  "9820deb0dfed7486": [
    "initializeTokenGroupMember",
    5,
    (_, a) => ({
      member: a[0],
      memberMint: a[1],
      memberMintAuthority: a[2],
      group: a[3],
      groupUpdateAuthority: a[4],
    }),
  ],
};

/** `null`: no instruction of these interfaces. */
export function parseTokenInterface(data: Uint8Array, accounts: Accounts): Json {
  if (data.length < DISCRIMINATOR_SIZE) return null;
  const name = Array.from(data.subarray(0, DISCRIMINATOR_SIZE), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const shape = INTERFACES[name];
  return shape === undefined ? null : apply(exact(shape), new Fields(data.subarray(DISCRIMINATOR_SIZE)), accounts);
}
