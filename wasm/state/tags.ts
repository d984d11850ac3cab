/**
 * Tags of transactions that run on another shard than the one that owns their fee payer.
 *
 *   proposal ─▶ lender: known? ─▶ loan: tags, a flag each ─▶ borrower: executes, marks what lands ─▶ return: flags ─▶ lender: landed
 *
 * The lender answers as of before the slot and keeps its answer, so a repeated loan has the bytes of the first one. The borrower makes the tag
 * of each record itself: one that the lender has not answered for breaks the plan, it is never taken for new.
 */
import { assertThat } from "../memory/assert";
import { heapAlloc, heapFree } from "../memory/heap";
import { outAt, outLen, outU64, outZeros } from "../memory/io";
import { contextHashHeight } from "../svm/sysvars";
import { recordKey } from "../transaction/record";
import { messageTag } from "../transaction/tag";
import { ACC_STATE, ST_LEASED } from "./account";
import { knownHas, landedAdd } from "./known";
import { flagBytes } from "./lease-format";
import { PROP_NUM_TAGS, proposalTags, TAG_HEIGHT, TAG_KNOWN, TAG_SHARD, TAG_SIZE, TAG_VALUE } from "./proposal";
import { shardSeed0, shardSeed1 } from "./shard";
import { SLOT_BORROWED, SLOT_NUM_TAGS, SLOT_TAGS, slotAlloc, slotCopy } from "./undo";
import { slotAccount, workspaceFaultTag, workspaceSlot } from "./workspace";

// ── lender ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Takes the tags of the proposal in hand and answers them. */
export function tagsBegin(slot: usize, proposal: usize): void {
  const n = load<u32>(proposal, PROP_NUM_TAGS);
  if (!n) return;
  let tag = slotCopy(slot, proposalTags(proposal), n * TAG_SIZE);
  store<u32>(slot, <u32>tag, SLOT_TAGS);
  store<u32>(slot, n, SLOT_NUM_TAGS);
  for (let left = n; left; left--, tag += TAG_SIZE) {
    store<u8>(tag, <u8>knownHas(load<u32>(tag, TAG_HEIGHT), load<u64>(tag, TAG_VALUE)), TAG_KNOWN);
  }
}

/** Appends the tags of what runs on shard `to`, u64 each, then a byte each: whether it is known; padded to 8. Returns how many. */
export function outTags(slot: usize, to: u32): u32 {
  const start = outLen();
  let n: u32 = 0;
  const all: u32 = load<u32>(slot, SLOT_NUM_TAGS);
  let tag: usize = load<u32>(slot, SLOT_TAGS);
  for (let left = all; left; left--, tag += TAG_SIZE) {
    if (<u32>load<u16>(tag, TAG_SHARD) != to) continue;
    outU64(load<u64>(tag, TAG_VALUE));
    n++;
  }
  if (!n) return 0;
  const flags = outLen();
  outZeros(flagBytes(n));
  let at = outAt(flags);
  tag = load<u32>(slot, SLOT_TAGS);
  for (let left = all; left; left--, tag += TAG_SIZE) {
    if (<u32>load<u16>(tag, TAG_SHARD) == to) store<u8>(at++, load<u8>(tag, TAG_KNOWN));
  }
  assertThat(outLen() == start + tagsBytes(n));
  return n;
}

/** Bytes of `n` tags with their flags. */
export function tagsBytes(n: u32): u32 {
  return n * 8 + flagBytes(n);
}
/** Tags of the slot that shard `to` was to answer for. */
export function tagsOf(slot: usize, to: u32): u32 {
  let n: u32 = 0;
  let tag: usize = load<u32>(slot, SLOT_TAGS);
  for (let left = load<u32>(slot, SLOT_NUM_TAGS); left; left--, tag += TAG_SIZE) {
    if (<u32>load<u16>(tag, TAG_SHARD) == to) n++;
  }
  return n;
}

/** Takes the flags of a return, checked, one for each tag that runs on shard `from`: those messages landed. */
export function tagsLanded(slot: usize, from: u32, flags: usize): void {
  let tag: usize = load<u32>(slot, SLOT_TAGS);
  for (let left = load<u32>(slot, SLOT_NUM_TAGS); left; left--, tag += TAG_SIZE) {
    if (<u32>load<u16>(tag, TAG_SHARD) != from) continue;
    if (load<u8>(flags++)) landedAdd(slot, load<u32>(tag, TAG_HEIGHT), load<u64>(tag, TAG_VALUE));
  }
}

// ── borrower ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** What a lender said: u32 next, u32 shard, u32 count, u32 0, then for each tag u64 tag, u32 flags, u32 0. */
const SAID_SHARD: usize = 4;
const SAID_COUNT: usize = 8;
const SAID_HEAD: usize = 16;
const SAID_ENTRY: u32 = 16;
const SAID_FLAGS: usize = 8;
const KNOWN: u32 = 1;
const LANDED: u32 = 2;

/** u32 entry by tag, open addressing, at most half full. */
let table: usize = 0;
let places: u32 = 0;
let built: bool = false;

/** Takes `n` tags with their flags, checked, of a loan from shard `from`. */
export function tagsIn(slot: usize, from: u32, p: usize, n: u32): void {
  if (!n) return;
  const said = slotAlloc(slot, <u32>SAID_HEAD + n * SAID_ENTRY);
  store<u32>(said, load<u32>(slot, SLOT_BORROWED));
  store<u32>(said, from, SAID_SHARD);
  store<u32>(said, n, SAID_COUNT);
  store<u32>(slot, <u32>said, SLOT_BORROWED);
  for (let i: u32 = 0; i < n; i++) {
    const entry = said + SAID_HEAD + i * SAID_ENTRY;
    store<u64>(entry, load<u64>(p + i * 8));
    store<u64>(entry, load<u8>(p + n * 8 + i) ? KNOWN : 0, SAID_FLAGS);
  }
}

// @ts-ignore: decorator
@inline
function placeOf(tag: u64): usize {
  let i = <u32>(tag >> 32) & (places - 1);
  while (true) {
    const at = table + i * 4;
    const entry: usize = load<u32>(at);
    if (!entry || load<u64>(entry) == tag) return at;
    i = (i + 1) & (places - 1);
  }
}

function build(slot: usize): void {
  built = true;
  let n: u32 = 0;
  for (let said: usize = load<u32>(slot, SLOT_BORROWED); said; said = load<u32>(said)) n += load<u32>(said, SAID_COUNT);
  if (!n) return;
  places = 16;
  while (places < n * 2) places <<= 1;
  table = heapAlloc(places * 4);
  memory.fill(table, 0, places * 4);
  for (let said: usize = load<u32>(slot, SLOT_BORROWED); said; said = load<u32>(said)) {
    let entry = said + SAID_HEAD;
    for (let left = load<u32>(said, SAID_COUNT); left; left--, entry += SAID_ENTRY) {
      const at = placeOf(load<u64>(entry));
      if (!load<u32>(at)) store<u32>(at, <u32>entry);
    }
  }
}

/** What was put together for a slot goes with it. */
export function tagsClose(): void {
  if (places) heapFree(table, places * 4);
  table = 0;
  places = 0;
  built = false;
}

/** Tags that shard `from` lent, in the open slot. */
export function tagsBorrowed(slot: usize, from: u32): u32 {
  for (let said: usize = load<u32>(slot, SLOT_BORROWED); said; said = load<u32>(said)) {
    if (load<u32>(said, SAID_SHARD) == from) return load<u32>(said, SAID_COUNT);
  }
  return 0;
}

/** Writes the flags of a return to shard `to`: which of its messages landed. */
export function flagsWrite(slot: usize, to: u32, at: usize): void {
  for (let said: usize = load<u32>(slot, SLOT_BORROWED); said; said = load<u32>(said)) {
    if (load<u32>(said, SAID_SHARD) != to) continue;
    const n = load<u32>(said, SAID_COUNT);
    memory.fill(at, 0, flagBytes(n));
    for (let i: u32 = 0; i < n; i++) {
      store<u8>(at + i, <u8>((load<u32>(said + SAID_HEAD + i * SAID_ENTRY, SAID_FLAGS) & LANDED) >> 1));
    }
    return;
  }
}

// ── execution ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** Of the transaction in hand: its tag, the height of its blockhash, and what a lender said of it (0: the payer is this shard's). */
let tagInHand: u64 = 0;
let heightInHand: u64 = 0;
let saidInHand: usize = 0;

/**
 * Whether the message of a record, whose blockhash the context has just been asked for, has landed: in the state or earlier in the slot.
 * Outside of a slot (a simulation) nothing is known.
 */
export function messageLanded(record: usize): bool {
  const slot = workspaceSlot();
  if (!slot) return false;
  tagInHand = messageTag(shardSeed0(), shardSeed1(), record);
  heightInHand = contextHashHeight();
  saidInHand = 0;
  const payer = recordKey(record, 0);
  if (!(load<u8>(slotAccount(payer), ACC_STATE) & ST_LEASED)) return knownHas(heightInHand, tagInHand);
  if (!built) build(slot);
  if (places) saidInHand = load<u32>(placeOf(tagInHand));
  if (!saidInHand) {
    workspaceFaultTag(payer);
    return true;
  }
  return load<u32>(saidInHand, SAID_FLAGS) != 0;
}

/** The transaction that messageLanded was asked for lands. */
export function messageLands(): void {
  const slot = workspaceSlot();
  if (!slot) return;
  if (saidInHand) store<u32>(saidInHand, load<u32>(saidInHand, SAID_FLAGS) | LANDED, SAID_FLAGS);
  else landedAdd(slot, heightInHand, tagInHand);
}
