// SHA-256 and SHA-512 against the FIPS 180-4 examples (NIST CSRC "Cryptographic Standards and Guidelines: examples"),
// and against Node's at every length around the block boundaries.
import { createHash } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { hex, loadCrypto, randomSource } from "./compile";

let crypto: Awaited<ReturnType<typeof loadCrypto>>;
beforeAll(async () => {
  crypto = await loadCrypto();
});

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

for (const { name, size, vectors } of [
  {
    name: "sha256" as const,
    size: 32,
    vectors: [
      ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
      ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
      [
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
      ],
    ],
  },
  {
    name: "sha512" as const,
    size: 64,
    vectors: [
      [
        "abc",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
      ],
      [
        "",
        "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
      ],
      [
        "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
        "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909",
      ],
    ],
  },
]) {
  describe(name, () => {
    const oneShot = (message: Uint8Array): string => {
      crypto.put(crypto.scratch + 64, message);
      crypto.wasm[name](crypto.scratch + 64, message.length, crypto.scratch);
      return hex(crypto.take(crypto.scratch, size));
    };

    it.each(vectors)("gives the FIPS digest of %j", (message, digest) => {
      expect(oneShot(text(message as string))).toBe(digest);
    });

    it("gives the digest of a million a's", () => {
      expect(oneShot(new Uint8Array(1_000_000).fill(0x61))).toBe(
        createHash(name).update("a".repeat(1_000_000)).digest("hex"),
      );
    });

    it("agrees with Node at every length up to four blocks", () => {
      const random = randomSource(1);
      for (let length = 0; length <= 520; length++) {
        const message = random(length);
        expect(oneShot(message)).toBe(createHash(name).update(message).digest("hex"));
      }
    });

    it("gives the same digest however the message is sliced", () => {
      const random = randomSource(2);
      const message = random(700);
      const whole = oneShot(message);
      for (let run = 0; run < 200; run++) {
        crypto.wasm[`${name}Init`]();
        for (let at = 0; at < message.length; ) {
          const step = Math.min(message.length - at, (random(1)[0] as number) % (run + 2));
          crypto.wasm[`${name}Update`](crypto.scratch + 64 + at, step);
          at += step;
        }
        crypto.wasm[`${name}Final`](crypto.scratch);
        expect(hex(crypto.take(crypto.scratch, size))).toBe(whole);
      }
    });
  });
}
