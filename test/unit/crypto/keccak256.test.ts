// Keccak-256 against the known answers of the Keccak submission (KeccakKAT, ShortMsgKAT_256.txt) and against an independent
// implementation (@noble/hashes) at every length around the block boundaries.
import { keccak_256 } from "@noble/hashes/sha3.js";
import { beforeAll, describe, expect, it } from "vitest";
import { fromHex, hex, loadCrypto, randomSource } from "./compile";

let crypto: Awaited<ReturnType<typeof loadCrypto>>;
beforeAll(async () => {
  crypto = await loadCrypto();
});

/** The digest of a message that comes in slices of these lengths (the last one repeated). */
function digest(message: Uint8Array, slices: readonly number[] = [message.length]): string {
  const { wasm, scratch } = crypto;
  crypto.put(scratch + 64, message);
  wasm.keccak256Init();
  for (let at = 0, i = 0; at < message.length; i++) {
    const length = Math.min(message.length - at, slices[Math.min(i, slices.length - 1)]!);
    wasm.keccak256Update(scratch + 64 + at, length);
    at += length;
  }
  wasm.keccak256Final(scratch);
  return hex(crypto.take(scratch, 32));
}

describe("keccak256", () => {
  it.each([
    ["", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"],
    ["cc", "eead6dbfc7340a56caedc044696a168870549a6a7f6f56961e84a54bd9970b8a"],
    ["41fb", "a8eaceda4d47b3281a795ad9e1ea2122b407baf9aabcb9e18b5717b7873537d2"],
    ["1f877c", "627d7bc1491b2ab127282827b8de2d276b13d7d70fb4c5957fdf20655bc7ac30"],
    [
      "3a3a819c48efde2ad914fbf00e18ab6bc4f14513ab27d0c178a188b61431e7f5623cb66b23346775d386b50e982c493adbbfc54b9a3cd383382336a1a0b2150a15358f336d03ae18f666c7573d55c4fd181c29e6ccfde63ea35f0adf5885cfc0a3d84a2b2e4dd24496db789e663170cef74798aa1bbcd4574ea0bba40489d764b2f83aadc66b148b4a0cd95246c127d5871c4f11418690a5ddf01246a0c80a43c70088b6183639dcfda4125bd113a8f49ee23ed306faac576c3fb0c1e256671d817fc2534a52f5b439f72e424de376f4c565cca82307dd9ef76da5b7c4eb7e085172e328807c02d011ffbf33785378d79dc266f6a5be6bb0e4a92eceebaeb1",
      "348fb774adc970a16b1105669442625e6adaa8257a89effdb5a802f161b862ea",
    ],
  ])("gives the digest of the known answer %#", (message, expected) => {
    expect(digest(fromHex(message))).toBe(expected);
  });

  it("agrees with an independent implementation at every length up to four blocks", () => {
    const random = randomSource(11);
    for (let length = 0; length <= 4 * 136 + 1; length++) {
      const message = random(length);
      expect(digest(message), `${length} bytes`).toBe(hex(keccak_256(message)));
    }
  });

  it("gives the same digest however the message is sliced", () => {
    const message = randomSource(12)(1_000);
    const whole = digest(message);
    for (let step = 1; step <= 300; step++) expect(digest(message, [step]), `slices of ${step}`).toBe(whole);
    expect(digest(message, [135, 1, 136, 137, 271, 1])).toBe(whole);
  });

  it("is not disturbed by what an unfinished digest left behind", () => {
    crypto.wasm.keccak256Init();
    crypto.wasm.keccak256Update(crypto.scratch, 77);
    expect(digest(new Uint8Array(0))).toBe("c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
  });
});
