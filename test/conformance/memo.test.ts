// The Memo program at both addresses, against the real ELFs in litesvm: texts, signers, errors, logs, compute units.
import fc from "fast-check";
import { beforeAll, describe, it } from "vitest";
import { Conformance, instruction, testKey } from "./harness.ts";

const V3 = "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr";
const V1 = "Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo";
const payer = testKey(1);
const text = (s: string): Uint8Array => new TextEncoder().encode(s);
type Meta = [ReturnType<typeof testKey>, string];
const signer = (n: number): Meta => [testKey(n), "rs"];
const bystander = (n: number): Meta => [testKey(n + 20), "r"];

let c: Conformance;
beforeAll(async () => {
  c = await Conformance.create();
  c.fund(payer, 10n ** 12n);
});
const send = (program: string, accounts: Meta[], data: Uint8Array) => {
  c.advance();
  return c.transaction({ payer, instructions: [instruction(program, accounts, data)] });
};
const MISSING = { InstructionError: [0, "MissingRequiredSignature"] } as const;
const FAILED = { InstructionError: [0, "ProgramFailedToComplete"] } as const;
const INVALID = { InstructionError: [0, "InvalidInstructionData"] } as const;

describe("memo v3", () => {
  it.each([0, 1, 9, 10, 99, 100, 101, 150, 566, 999, 1000])("logs a text of %i bytes", (length) => {
    c.expect(send(V3, [], text("m".repeat(length))), null);
  });
  it("logs any UTF-8", () => {
    for (const s of ["héllo", "☃", "😀", "a\u0000b", "line\nbreak", "퟿\uE000", "\u{10FFFF}"])
      c.expect(send(V3, [], text(s)), null);
  });
  it.each([
    ["one", [signer(1)]],
    ["two", [signer(1), signer(2)]],
    ["five", [1, 2, 3, 4, 5].map(signer)],
    ["repeated at the end", [signer(1), signer(1)]],
    ["repeated twice", [signer(1), signer(1), signer(1)]],
    ["repeated in between", [signer(1), signer(1), signer(2)]],
    ["a writable one", [[payer, "ws"] as Meta]],
  ])("logs its signers: %s", (_, accounts) => {
    c.expect(send(V3, accounts, text("hi")), null);
    c.expect(send(V3, accounts, new Uint8Array(0)), null);
  });
  it.each([
    ["alone", [bystander(1)]],
    ["three", [1, 2, 3].map(bystander)],
    ["first", [bystander(1), signer(1)]],
    ["last", [signer(1), bystander(1)]],
    ["in between", [signer(1), bystander(1), signer(2)]],
    ["twice", [bystander(1), signer(1), bystander(2), signer(2)]],
    ["repeated", [bystander(1), bystander(1)]],
    ["repeated before a signer", [bystander(1), bystander(1), signer(1)]],
  ])("refuses an account that did not sign: %s", (_, accounts) => {
    c.expect(send(V3, accounts, text("hi")), MISSING);
  });
  it.each([
    ["a byte that never occurs", [104, 0xff, 105]],
    ["a lone continuation", [0x80]],
    ["an overlong form", [0xc0, 0x80]],
    ["an overlong form of three", [0xe0, 0x80, 0x80]],
    ["a surrogate", [0xed, 0xa0, 0x80]],
    ["above U+10FFFF", [0xf4, 0x90, 0x80, 0x80]],
    ["cut after two", [104, 0xe2, 0x82]],
    ["cut after one", [0xf0]],
    ["third byte wrong", [0xf0, 0x9f, 0x41, 0x41]],
    ["fourth byte wrong", [0xf0, 0x9f, 0x98, 0x41]],
  ])("stops on what is no UTF-8: %s", (_, bytes) => {
    c.expect(send(V3, [], Uint8Array.from(bytes)), FAILED);
    c.expect(send(V1, [], Uint8Array.from(bytes)), INVALID);
  });
  it("agrees on random bytes and accounts", () => {
    const account = fc
      .tuple(fc.integer({ min: 1, max: 4 }), fc.boolean())
      .map(([n, signs]) => (signs ? signer(n) : bystander(n)));
    const bytes = fc.oneof(fc.string({ unit: "grapheme", maxLength: 60 }).map(text), fc.uint8Array({ maxLength: 60 }));
    fc.assert(
      fc.property(fc.array(account, { maxLength: 6 }), bytes, (accounts, data) => {
        c.expectSame(send(V3, accounts, data));
      }),
      { numRuns: 300 },
    );
  });
});

describe("memo v1", () => {
  it.each([0, 1, 15, 16, 17, 31, 32, 33, 100, 566])("takes %i ASCII bytes for the real price", (length) => {
    c.expect(send(V1, [], text("m".repeat(length))), null);
    c.expect(send(V1, [signer(1), signer(2)], text("m".repeat(length))), null);
  });
  it("does not ask for signatures and logs nothing", () => {
    c.expect(send(V1, [signer(1), bystander(1)], text("hi")), null);
    c.expect(send(V1, [bystander(1)], text("hi")), null);
    c.expect(send(V1, [], text("héllo ☃ 😀")), null);
  });
});
