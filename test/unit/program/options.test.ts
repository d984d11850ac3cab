/** The command line of `npm run program`, and where an ELF ends. */

import { address } from "@solana/kit";
import { LiteSVM } from "litesvm";
import { describe, expect, it } from "vitest";
import { Failure } from "../../../infra/network/failure.ts";
import { elfLength } from "../../../infra/program/elf-length.ts";
import { parseProgramOptions } from "../../../infra/program/options.ts";

describe("npm run program", () => {
  it("has a command, operands and options", () => {
    const options = parseProgramOptions(["deploy", "a.so", "--program-id", "k.json", "-u", "http://10.0.0.1:8899"]);
    expect(options).toMatchObject({ command: "deploy", operands: ["a.so"], url: "http://10.0.0.1:8899" });
    expect(options.values["program-id"]).toBe("k.json");
    expect(options.payer).toMatch(/\.config\/solana\/id\.json$/);
  });

  it("without a command, or with --help: help", () => {
    expect(parseProgramOptions([]).command).toBe("help");
    expect(parseProgramOptions(["deploy", "--help"]).command).toBe("help");
  });

  it("all of an authority's: show and close with an option instead of an address", () => {
    expect(parseProgramOptions(["show", "--programs"]).operands).toEqual([]);
    expect(parseProgramOptions(["close", "--buffers"]).operands).toEqual([]);
  });

  it.for([
    ["deploi", "a.so"],
    ["deploy"],
    ["deploy", "a.so", "b.so"],
    ["show"],
    ["show", "a", "--buffers"],
    ["dump", "a"],
    ["deploy", "a.so", "--no-such"],
    ["deploy", "a.so", "--recipient", "b"],
    ["deploy", "a.so", "--authority", "a.json", "--upgrade-authority", "b.json"],
    ["upgrade", "a.so", "--program-id", "b", "--max-len", "9"],
    ["write-buffer", "a.so", "--final"],
    ["show", "--programs", "--buffers"],
    ["close", "--programs"],
    ["extend", "a", "9", "--authority", "a.json"],
    ["keygen", "a.json", "--airdrop", "1"],
    ["deploy", "a.so", "--url", "localhost:8899"],
    ["deploy", "a.so", "--url", "ws://localhost"],
  ])("bad-option: %s", (args) => {
    expect(() => parseProgramOptions(args)).toThrow(Failure);
  });
});

describe("the length of an ELF", () => {
  const account = new LiteSVM().getAccount(address("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr"));
  const elf = account.exists ? new Uint8Array(account.data) : new Uint8Array(0);

  it("is where its tables and sections end, whatever is behind", () => {
    const padded = new Uint8Array(elf.length + 5_000);
    padded.set(elf);
    expect(elfLength(padded)).toBe(elfLength(elf));
    expect(elf.length - elfLength(elf)).toBeLessThan(8);
  });

  it("is all bytes of what is no ELF, or one that is cut off", () => {
    expect(elfLength(new Uint8Array(0))).toBe(0);
    expect(elfLength(new Uint8Array(100))).toBe(100);
    expect(elfLength(elf.subarray(0, 64))).toBe(64);
    expect(elfLength(elf.subarray(0, 1_000))).toBe(1_000);
  });
});
