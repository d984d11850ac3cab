/**
 * What the sBPF benchmark runs: five real programs that litesvm carries, with an instruction each that needs nothing of the transaction
 * around it, and three loops. The same accounts and data on both sides.
 */
import { type Address, address, getAddressEncoder, getProgramDerivedAddress } from "@solana/kit";
import { Account, LiteSvm } from "litesvm/dist/internal.js";
import { assemble } from "../../infra/sbpf/assemble.ts";

export interface BenchAccount {
  readonly key: Uint8Array;
  readonly owner: Uint8Array;
  readonly data: Uint8Array;
  readonly signer: boolean;
  readonly writable: boolean;
}

export interface BenchProgram {
  readonly name: string;
  readonly program: Uint8Array;
  readonly elf: Uint8Array;
  readonly accounts: readonly BenchAccount[];
  readonly data: Uint8Array;
  /** A loop runs until its units end, an instruction of a real program until it is done. */
  readonly loop: boolean;
  /** Loader v1: values of the input are not aligned. */
  readonly aligned: boolean;
}

const TOKEN = address("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
const TOKEN_2022 = address("TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb");
const ATA = address("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL");
const MEMO = address("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr");
const MEMO_V1 = address("Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo");
const LOADER = address("BPFLoaderUpgradeab1e11111111111111111111111");
const SYSTEM = address("11111111111111111111111111111111");
const PROGRAMDATA_META = 45;
const LAMPORTS = 10n ** 9n;

const bytesOf = (key: Address): Uint8Array => new Uint8Array(getAddressEncoder().encode(key));
const keyOf = (n: number): Uint8Array => new Uint8Array(32).fill(n);
/** Who pays and signs. */
export const PAYER = keyOf(9);

async function elfOf(svm: LiteSvm, program: Address): Promise<Uint8Array> {
  const account = svm.getAccount(bytesOf(program))!;
  if (account.data().length !== 36) return new Uint8Array(account.data());
  const [programdata] = await getProgramDerivedAddress({ programAddress: LOADER, seeds: [bytesOf(program)] });
  return new Uint8Array(svm.getAccount(bytesOf(programdata))!.data().slice(PROGRAMDATA_META));
}

function tokenAccount(mint: Uint8Array, owner: Uint8Array, amount: bigint): Uint8Array {
  const data = new Uint8Array(165);
  data.set(mint);
  data.set(owner, 32);
  new DataView(data.buffer).setBigUint64(64, amount, true);
  data[108] = 1;
  return data;
}

function mintAccount(authority: Uint8Array): Uint8Array {
  const data = new Uint8Array(82);
  data[0] = 1;
  data.set(authority, 4);
  data[44] = 6;
  data[45] = 1;
  return data;
}

const account = (key: Uint8Array, owner: Address, data: Uint8Array, role: "r" | "w" | "s" = "w"): BenchAccount => ({
  key,
  owner: bytesOf(owner),
  data,
  signer: role === "s",
  writable: role !== "r",
});

/** `u8 number, u64 amount` and what follows. */
function tokenInstruction(number: number, amount: bigint, ...rest: number[]): Uint8Array {
  const data = new Uint8Array(9 + rest.length);
  data[0] = number;
  new DataView(data.buffer).setBigUint64(1, amount, true);
  data.set(rest, 9);
  return data;
}

const LOOPS: Record<string, string> = {
  arithmetic: `
loop:
  add64 r1, r2
  xor64 r2, r3
  mul64 r3, 1103515245
  add64 r3, 12345
  mov64 r4, r3
  rsh64 r4, 7
  and64 r4, 255
  add64 r1, r4
  ja loop`,
  memory: `
start:
  lddw r1, 0x300000000
  lddw r2, 0x400000000
  mov64 r3, 64
copy:
  ldxdw r4, [r2+0]
  stxdw [r1+0], r4
  ldxb r5, [r2+3]
  stxdw [r10-16], r5
  ldxdw r6, [r10-16]
  add64 r1, 8
  add64 r2, 8
  add64 r3, -1
  jne r3, 0, copy
  ja start`,
  calls: `
loop:
  mov64 r1, 10
  call outer
  ja loop
outer:
  stxdw [r10-8], r1
  mov64 r7, r1
  add64 r1, -1
  call inner
  ldxdw r0, [r10-8]
  add64 r0, r7
  exit
inner:
  mov64 r8, r1
  lsh64 r8, 3
  mov64 r0, r8
  exit`,
};

/** A litesvm without checks of signatures and blockhashes that has all the accounts, and the programs. */
export async function benchPrograms(): Promise<{ svm: LiteSvm; programs: BenchProgram[] }> {
  const svm = new LiteSvm();
  svm.setSigverify(false);
  svm.setBlockhashCheck(false);
  svm.setTransactionHistory(0n);
  const real = async (
    name: string,
    id: Address,
    accounts: BenchAccount[],
    data: Uint8Array,
  ): Promise<BenchProgram> => ({
    name,
    program: bytesOf(id),
    elf: await elfOf(svm, id),
    accounts,
    data,
    loop: false,
    aligned: id !== MEMO_V1,
  });
  const payer = account(PAYER, SYSTEM, new Uint8Array(0), "s");
  const transfer = (id: Address, first: number, mint: BenchAccount[]): BenchAccount[] => {
    const mintKey = mint[0]?.key ?? keyOf(20);
    const [from, to] = [keyOf(first), keyOf(first + 1)];
    return [
      account(from, id, tokenAccount(mintKey, PAYER, 10n ** 12n)),
      ...mint,
      account(to, id, tokenAccount(mintKey, keyOf(8), 1n)),
      payer,
    ];
  };
  const mint = account(keyOf(21), TOKEN_2022, mintAccount(keyOf(7)), "r");
  const wallet = account(keyOf(30), SYSTEM, new Uint8Array(0), "r");
  const ataMint = account(keyOf(31), TOKEN, mintAccount(keyOf(7)), "r");
  const seeds = [wallet.key, bytesOf(TOKEN), ataMint.key];
  const ata = bytesOf((await getProgramDerivedAddress({ programAddress: ATA, seeds }))[0]);
  const program = (id: Address) =>
    account(bytesOf(id), LOADER, new Uint8Array(svm.getAccount(bytesOf(id))!.data()), "r");
  const system = account(
    bytesOf(SYSTEM),
    address("NativeLoader1111111111111111111111111111111"),
    new TextEncoder().encode("system_program"),
    "r",
  );
  const text = new TextEncoder().encode("Zürich, 東京, naïve café: a memo of some length. ".repeat(8));
  const programs = [
    await real("Token, Transfer", TOKEN, transfer(TOKEN, 10, []), tokenInstruction(3, 1n)),
    await real(
      "Token-2022, TransferChecked",
      TOKEN_2022,
      transfer(TOKEN_2022, 12, [mint]),
      tokenInstruction(12, 1n, 6),
    ),
    await real(
      "Associated Token, CreateIdempotent",
      ATA,
      [payer, account(ata, TOKEN, tokenAccount(ataMint.key, wallet.key, 0n)), wallet, ataMint, system, program(TOKEN)],
      Uint8Array.of(1),
    ),
    await real(`Memo, ${text.length} bytes`, MEMO, [], text),
    await real(`Memo v1, ${text.length} bytes`, MEMO_V1, [], text),
  ];
  for (const [index, [name, source]] of Object.entries(LOOPS).entries()) {
    const elf = assemble(source, { version: 0 });
    const key = keyOf(100 + index);
    svm.addProgram(key, elf);
    const data = account(keyOf(40), SYSTEM, new Uint8Array(1024), "r");
    programs.push({
      name: `loop: ${name}`,
      program: key,
      elf,
      accounts: [data],
      data: new Uint8Array(0),
      loop: true,
      aligned: true,
    });
  }
  for (const each of programs.flatMap(({ accounts }) => accounts)) {
    const lamports = each.key === PAYER ? LAMPORTS * LAMPORTS : LAMPORTS;
    // Built-in programs and programs are there already.
    if (svm.getAccount(each.key) === null)
      svm.setAccount(each.key, new Account(lamports, each.data, each.owner, false, 0n));
  }
  return { svm, programs };
}

const GROWTH = 10_240;

/** The input region as Agave serializes it (programs/bpf_loader serialization): no account is named twice here. */
export function inputOf({ program, accounts, data, aligned }: BenchProgram): Uint8Array {
  const bytes: number[] = [];
  const u64 = (value: bigint) => {
    for (let i = 0n; i < 64n; i += 8n) bytes.push(Number((value >> i) & 255n));
  };
  u64(BigInt(accounts.length));
  for (const each of accounts) {
    bytes.push(255, Number(each.signer), Number(each.writable));
    if (aligned) bytes.push(Number(each.data.length === 36 || each.data.length === 14), 0, 0, 0, 0);
    bytes.push(...each.key);
    if (aligned) bytes.push(...each.owner);
    u64(each.key === PAYER ? LAMPORTS * LAMPORTS : LAMPORTS);
    u64(BigInt(each.data.length));
    for (const byte of each.data) bytes.push(byte);
    if (aligned) {
      for (let i = 0; i < GROWTH; i++) bytes.push(0);
      while (bytes.length % 8 !== 0) bytes.push(0);
    } else bytes.push(...each.owner, 0);
    u64(0n);
  }
  u64(BigInt(data.length));
  bytes.push(...data, ...program);
  return Uint8Array.from(bytes);
}

const COMPUTE_BUDGET = bytesOf(address("ComputeBudget111111111111111111111111111111"));
/** The most that a transaction can have. */
export const MAX_UNITS = 1_400_000;

/** A legacy transaction with `copies` of the program's instruction, and all the units there are. */
export function wireOf({ program, accounts, data }: BenchProgram, copies: number): Uint8Array {
  const rank = (each: BenchAccount) => (each.signer ? 0 : each.writable ? 1 : 2);
  const named = new Map<string, Uint8Array>();
  const add = (key: Uint8Array) => named.set(key.join(), key);
  add(PAYER);
  for (const each of [...accounts].sort((a, b) => rank(a) - rank(b))) add(each.key);
  add(program);
  add(COMPUTE_BUDGET);
  const keys = [...named.keys()];
  const index = (key: Uint8Array) => keys.indexOf(key.join());
  const writable = new Set([PAYER, ...accounts.filter((each) => each.writable).map(({ key }) => key)].map(index)).size;
  const compact = (n: number) => (n < 128 ? [n] : [(n & 127) | 128, n >> 7]);
  const limit = new Uint8Array(5);
  limit[0] = 2;
  new DataView(limit.buffer).setUint32(1, MAX_UNITS, true);
  const call = [
    index(program),
    accounts.length,
    ...accounts.map(({ key }) => index(key)),
    ...compact(data.length),
    ...data,
  ];
  const message = [
    ...[1, 0, keys.length - writable, keys.length],
    ...[...named.values()].flatMap((key) => [...key]),
    ...new Uint8Array(32).fill(3),
    copies + 1,
    ...[index(COMPUTE_BUDGET), 0, 5, ...limit],
    ...Array.from({ length: copies }, () => call).flat(),
  ];
  return Uint8Array.from([1, ...new Uint8Array(64), ...message]);
}
