/** The options that say what a new network begins with: programs, account files, wallets. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { genesisAccounts } from "../../../infra/genesis/accounts.ts";
import { programDataAddress } from "../../../infra/genesis/program-accounts.ts";
import { Failure } from "../../../infra/network/failure.ts";
import { generateKeypair } from "../../../infra/network/keypair.ts";
import { takeGenesisOptions } from "../../../infra/start/many-values.ts";
import { decodeBase58, encodeBase58 } from "../../../shared/rpc/base58.ts";
import { BPF_LOADER_2, BPF_LOADER_UPGRADEABLE, TOKEN_PROGRAM } from "../../../shared/rpc/keys.ts";
import { PROGRAM_DATA_HEADER } from "../../../shared/rpc/program-data.ts";
import { type Account, decodeAccountList } from "../../../shared/state/accounts.ts";

const U64_MAX = (1n << 64n) - 1n;
const folder = mkdtempSync(join(tmpdir(), "infinisvm-genesis-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const rent = (bytes: number): bigint => BigInt(128 + bytes) * 6_960n;
const address = (seed: number): string => encodeBase58(new Uint8Array(32).fill(seed));
let files = 0;
function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, `${files++}-${name}`);
  writeFileSync(path, content);
  return path;
}

/** The smallest thing that passes for a program's file: the header of a 64-bit ELF. */
function elf(bytes = 100, machine = 247): Uint8Array {
  const out = new Uint8Array(bytes).fill(9);
  out.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  out.set([machine & 0xff, machine >> 8], 18);
  return out;
}

/** A folder with these files. */
function filesIn(name: string, contents: Record<string, string>): string {
  const dir = join(folder, name);
  mkdirSync(dir);
  for (const [file, text] of Object.entries(contents)) writeFileSync(join(dir, file), text);
  return dir;
}

interface Fields {
  readonly pubkey?: unknown;
  readonly lamports?: unknown;
  readonly data?: unknown;
  readonly owner?: unknown;
  readonly executable?: unknown;
  readonly rentEpoch?: string;
  readonly space?: number;
}
function accountJson(fields: Fields = {}): string {
  const { pubkey = address(1), lamports = 1e9, data = ["AQID", "base64"], owner = address(2) } = fields;
  const { executable = false, rentEpoch = "18446744073709551615", space } = fields;
  const text = JSON.stringify({ pubkey, account: { lamports, data, owner, executable, space } });
  return text.replace(/}}$/, `,"rentEpoch":${rentEpoch}}}`);
}

function load(...args: string[]): Account[] {
  const { rest, options } = takeGenesisOptions(args);
  expect(rest).toEqual([]);
  const { list } = genesisAccounts(options);
  return list ? decodeAccountList(list)! : [];
}
const warnings = (...args: string[]): readonly string[] => genesisAccounts(takeGenesisOptions(args).options).warnings;

function failure(...args: string[]): { code: string; message: string } {
  try {
    load(...args);
  } catch (error) {
    if (error instanceof Failure) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("programs of the genesis", () => {
  it("a final program is an executable account of loader v2 that holds the ELF", () => {
    const [program, ...others] = load("--program", address(7), file("p.so", elf()));
    expect(others).toEqual([]);
    expect(program).toEqual({
      key: decodeBase58(address(7)),
      owner: decodeBase58(BPF_LOADER_2),
      lamports: rent(100),
      rentEpoch: U64_MAX,
      executable: true,
      data: elf(),
    });
  });

  it("an upgradeable program is two accounts of loader v3: the program, and its data with the authority", () => {
    const accounts = load("--upgradeable-program", address(7), file("p.so", elf()), address(8));
    const program = accounts.find(({ executable }) => executable)!;
    const data = accounts.find(({ executable }) => !executable)!;
    expect(accounts.length).toBe(2);
    expect(encodeBase58(program.owner)).toBe(BPF_LOADER_UPGRADEABLE);
    expect(Buffer.from(program.data).toString("hex")).toBe(`02000000${Buffer.from(data.key).toString("hex")}`);
    expect(program.lamports).toBe(rent(36));
    expect(encodeBase58(data.owner)).toBe(BPF_LOADER_UPGRADEABLE);
    expect(data.key).toEqual(programDataAddress(decodeBase58(address(7))!));
    expect(Buffer.from(data.data.subarray(0, 45)).toString("hex")).toBe(
      `03000000${"00".repeat(8)}01${"08".repeat(32)}`,
    );
    expect(data.data.subarray(PROGRAM_DATA_HEADER)).toEqual(elf());
    expect(data.lamports).toBe(rent(145));
  });

  it('the authority "none" leaves an upgradeable program that nobody can upgrade', () => {
    const accounts = load("--upgradeable-program", address(7), file("p.so", elf()), "none");
    const data = accounts.find(({ executable }) => !executable)!;
    expect(Buffer.from(data.data.subarray(0, 45)).toString("hex")).toBe(`03000000${"00".repeat(41)}`);
  });

  it("the program data address is the one that the loader derives", () => {
    // Program and program data of a well-known deployment on mainnet-beta: Metaplex Token Metadata.
    const id = decodeBase58("metaqbxxUerdq28cj1RbAWkYQm3ybzjb6a8bt518x1s")!;
    expect(encodeBase58(programDataAddress(id))).toBe("PwDiXFxQsGra4sFFTT8r1QWRMd4vfumiWC1jfWNfdYT");
  });

  it("an id can be the key file of the Solana CLI", () => {
    const keypair = generateKeypair();
    const keyFile = file("id.json", JSON.stringify([...decodeBase58(keypair.secretKey)!]));
    expect(load("--bpf-program", keyFile, file("p.so", elf(64, 263)))[0]!.key).toEqual(keypair.publicKey);
  });

  it.for([
    ["not-a-program", "text, not an ELF", () => file("p.so", "#!/bin/sh")],
    ["not-a-program", "an ELF for x86-64", () => file("p.so", elf(100, 62))],
    ["not-a-program", "an empty file", () => file("p.so", "")],
    ["account-too-large", "10 MiB and a byte", () => file("p.so", elf(10 * 1024 * 1024 + 1))],
    ["file-unreadable", "no such file", () => join(folder, "nothing.so")],
    ["file-unreadable", "a folder", () => folder],
  ] as const)("%s: %s", ([code, , path]) => {
    expect(failure("--program", address(7), path()).code).toBe(code);
  });

  it("account-too-large: an upgradeable program's ELF must leave room for the header of its data", () => {
    const path = file("p.so", elf(10 * 1024 * 1024 - 44));
    expect(failure("--upgradeable-program", address(7), path, "none").code).toBe("account-too-large");
  });

  it.each(["Config1111111111111111111111111111111111111", "Stake11111111111111111111111111111111111111"])(
    "%s can be brought along: it is reserved, but stored like any account",
    (id) => {
      expect(load("--program", id, file("x.so", elf())).map(({ key }) => encodeBase58(key))).toEqual([id]);
    },
  );

  it.for([
    ["bad-key", "not an address"],
    ["bad-key", "111"],
    ["file-unreadable", "missing.json"],
    ["account-built-in", TOKEN_PROGRAM],
    ["account-built-in", "SysvarC1ock11111111111111111111111111111111"],
  ] as const)("%s: the id %s", ([code, id]) => {
    expect(failure("--program", id, file("p.so", elf())).code).toBe(code);
  });

  it("bad-key: a key file whose halves do not belong together", () => {
    const bytes = [...decodeBase58(generateKeypair().secretKey)!];
    bytes[63]! ^= 1;
    expect(failure("--program", file("id.json", JSON.stringify(bytes)), file("p.so", elf())).code).toBe("bad-key");
    expect(failure("--program", file("id.json", "[1,2]"), file("p.so", elf())).code).toBe("bad-key");
  });
});

describe("account files", () => {
  const data = Uint8Array.of(1, 2, 3);
  it.for([
    ["base64", "AQID"],
    ["base58", encodeBase58(data)],
    ["base64+zstd", zstdCompressSync(data).toString("base64")],
  ])("data in %s", ([encoding, text]) => {
    const [account] = load("--account", file("a.json", accountJson({ data: [text, encoding], space: 3 })));
    expect(account).toEqual({
      key: new Uint8Array(32).fill(1),
      owner: new Uint8Array(32).fill(2),
      lamports: 1_000_000_000n,
      rentEpoch: U64_MAX,
      executable: false,
      data,
    });
  });

  it("numbers that a double cannot hold are kept", () => {
    const text = accountJson({ rentEpoch: "361" }).replace("1000000000", "9007199254740993");
    const [account] = load("--account", file("a.json", text));
    expect([account!.lamports, account!.rentEpoch]).toEqual([9007199254740993n, 361n]);
  });

  it("an address in front of the file replaces the one in it; a dash does not", () => {
    const path = file("a.json", accountJson());
    expect(encodeBase58(load("--account", address(5), path)[0]!.key)).toBe(address(5));
    expect(encodeBase58(load("--account", "-", path)[0]!.key)).toBe(address(1));
  });

  it("a program cloned from another network was deployed in slot 0: else it would not be visible before that network's slot", () => {
    const data = new Uint8Array(PROGRAM_DATA_HEADER + 8).fill(9);
    data.set([3, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
    const json = (fields: Fields) => accountJson({ ...fields, data: [Buffer.from(data).toString("base64"), "base64"] });
    const zeroed = data.slice().fill(0, 4, 12);
    const cloned = file("a.json", json({ owner: BPF_LOADER_UPGRADEABLE }));
    expect(load("--account", cloned)[0]!.data).toEqual(zeroed);
    expect(load("--account", address(5), cloned)[0]!.data).toEqual(zeroed);
    const dir = join(folder, "cloned");
    mkdirSync(dir);
    writeFileSync(join(dir, "a.json"), json({ owner: BPF_LOADER_UPGRADEABLE }));
    expect(load("--clone-from", dir)[0]!.data).toEqual(zeroed);
    expect(load("--account", file("b.json", json({})))[0]!.data).toEqual(data);
    data[0] = 1; // a buffer
    expect(load("--account", file("c.json", json({ owner: BPF_LOADER_UPGRADEABLE })))[0]!.data).toEqual(data);
  });

  it("a folder gives all its .json files, in order of the addresses", () => {
    const dir = join(folder, "accounts");
    mkdirSync(dir);
    for (const seed of [9, 3, 6]) writeFileSync(join(dir, `${seed}.json`), accountJson({ pubkey: address(seed) }));
    writeFileSync(join(dir, "README"), "not an account");
    for (const option of ["--account-dir", "--clone-from"]) {
      expect(load(option, dir).map(({ key }) => key[0])).toEqual([3, 6, 9]);
    }
  });

  it.for([
    ["bad-account-file", "not JSON", "pubkey: 1"],
    ["bad-account-file", "a JSON array", "[]"],
    ["bad-account-file", "no owner", accountJson().replace("owner", "Owner")],
    ["bad-account-file", "a bad address", accountJson({ pubkey: "0OIl" })],
    ["bad-account-file", "an unknown encoding", accountJson({ data: ["AQID", "hex"] })],
    ["bad-account-file", "bad base64", accountJson({ data: ["AQI", "base64"] })],
    ["bad-account-file", "bad base58", accountJson({ data: ["0", "base58"] })],
    ["bad-account-file", "bad zstd", accountJson({ data: ["AQID", "base64+zstd"] })],
    ["bad-account-file", "negative lamports", accountJson({ lamports: -1 })],
    ["bad-account-file", "lamports beyond a u64", accountJson().replace("1000000000", "18446744073709551616")],
    ["bad-account-file", "data of another length than it says", accountJson({ space: 4 })],
    ["account-built-in", "a sysvar", accountJson({ pubkey: "SysvarRent111111111111111111111111111111111" })],
    [
      "account-too-large",
      "zstd that becomes too large",
      accountJson({ data: [zstdCompressSync(new Uint8Array(11 << 20)).toString("base64"), "base64+zstd"] }),
    ],
  ])("%s: %s", ([code, , text]) => {
    expect(failure("--account", file("a.json", text!)).code).toBe(code);
  });

  it("an error names the file and the member", () => {
    const path = file("a.json", accountJson({ lamports: "1" }));
    expect(failure("--account", path).message).toContain(path);
    expect(failure("--account", path).message).toContain("account.lamports");
  });

  it("account-twice: the same address by two options, which the error names, of a folder the file", () => {
    const path = file("a.json", accountJson());
    expect(failure("--account", path, "--mint", address(1)).code).toBe("account-twice");
    const dir = filesIn("twice", { "b.json": accountJson(), "c.json": accountJson({ pubkey: address(9) }) });
    const text = `${address(1)} is there twice: by --account ${path} and by ${join(dir, "b.json")}`;
    expect(failure("--account", path, "--clone-from", dir)).toEqual({ code: "account-twice", message: text });
  });

  it("file-unreadable: no such folder", () => {
    expect(failure("--account-dir", join(folder, "no-such")).code).toBe("file-unreadable");
  });
});

describe("folders of accounts as solana-test-validator takes them", () => {
  it("of two files for one address the last one by name is taken, and one warning names both", () => {
    const dir = filesIn("same-address", {
      "b.json": accountJson({ lamports: 2e9 }),
      "a.json": accountJson({ lamports: 3e9 }),
      "c.json": accountJson({ pubkey: address(3) }),
    });
    expect(load("--clone-from", dir).map(({ lamports }) => lamports)).toEqual([2_000_000_000n, 1_000_000_000n]);
    expect(warnings("--clone-from", dir)).toEqual([
      `--clone-from ${dir}: several files for one address, of which the last one by name is taken: ` +
        `${join(dir, "a.json")}, ${join(dir, "b.json")} (${address(1)})`,
    ]);
  });

  it("accounts below rent exemption are loaded as they are, and one warning lists their files", () => {
    const least = rent(3);
    const dir = filesIn("below-rent", {
      "a.json": accountJson({ lamports: 1 }),
      "b.json": accountJson({ pubkey: address(2), lamports: Number(least) - 1 }),
      "c.json": accountJson({ pubkey: address(3), lamports: Number(least) }),
    });
    expect(load("--account-dir", dir).map(({ lamports }) => lamports)).toEqual([1n, least - 1n, least]);
    expect(warnings("--account-dir", dir)).toEqual([
      `--account-dir ${dir}: fewer lamports than rent exemption takes; loaded as they are: ` +
        `${join(dir, "a.json")} (${address(1)}: 1 of ${least}); ` +
        `${join(dir, "b.json")} (${address(2)}: ${least - 1n} of ${least})`,
    ]);
    const one = join(dir, "a.json");
    expect(load("--account", one)[0]!.lamports).toBe(1n);
    expect(warnings("--account", one)[0]).toContain(one);
  });

  it("what is built in is left out of a folder, and an account without lamports is none; a warning for each kind", () => {
    const clock = "SysvarC1ock11111111111111111111111111111111";
    const dir = filesIn("left-out", {
      "a.json": accountJson({ pubkey: clock }),
      "b.json": accountJson({ pubkey: TOKEN_PROGRAM }),
      "c.json": accountJson({ pubkey: address(3), lamports: 0 }),
      "d.json": accountJson({ pubkey: address(4) }),
    });
    expect(load("--clone-from", dir).map(({ key }) => key[0])).toEqual([4]);
    expect(warnings("--clone-from", dir)).toEqual([
      expect.stringMatching(new RegExp(`built in, and left out: .*a\\.json \\(${clock}\\); .*b\\.json`)),
      expect.stringMatching(/no lamports, so that there is no account: .*c\.json/),
    ]);
  });

  it("a folder without account files is empty: a warning; names that only begin with .json, and folders, are none", () => {
    const dir = filesIn("none", { README: "", ".json": "x" });
    mkdirSync(join(dir, "folder.json"));
    expect(load("--clone-from", dir)).toEqual([]);
    expect(warnings("--clone-from", dir)).toEqual([
      `--clone-from ${dir}: no account in the .json files of this folder: nothing is loaded from it`,
    ]);
  });

  it("nothing unusual: no warning", () => {
    expect(warnings("--clone-from", filesIn("usual", { "a.json": accountJson() }), "--mint", address(7))).toEqual([]);
  });
});

describe("wallets and the command line", () => {
  it("a mint address gets 500 million SOL", () => {
    expect(load("--mint", address(4))).toEqual([
      {
        key: new Uint8Array(32).fill(4),
        owner: new Uint8Array(32),
        lamports: 500_000_000_000_000_000n,
        rentEpoch: U64_MAX,
        executable: false,
        data: new Uint8Array(0),
      },
    ]);
  });

  it("too-many-lamports: more than a u64 holds in all", () => {
    const mints = Array.from({ length: 36 }, (_, i) => ["--mint", address(i + 1)]).flat();
    expect(failure(...mints).code).toBe("too-many-lamports");
    expect(load(...mints.slice(0, 60)).length).toBe(30);
  });

  it("options may be repeated and mixed with others, which are left", () => {
    const args = ["--quiet", "--mint", "a", "--port", "1", "--account", "b", "c", "--mint", "d", "--account", "e"];
    expect(takeGenesisOptions(args)).toEqual({
      rest: ["--quiet", "--port", "1"],
      options: [
        { flag: "mint", values: ["a"] },
        { flag: "account", values: ["b", "c"] },
        { flag: "mint", values: ["d"] },
        { flag: "account", values: ["e"] },
      ],
    });
  });

  it.for([
    ["--program"],
    ["--program", "a"],
    ["--program", "a", "--quiet"],
    ["--upgradeable-program", "a", "b"],
    ["--account"],
    ["--mint", ""],
  ])("bad-option: %s", (args) => {
    expect(failure(...args).code).toBe("bad-option");
  });
});
