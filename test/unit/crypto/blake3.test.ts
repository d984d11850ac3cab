// BLAKE3 official vectors (github.com/BLAKE3-team/BLAKE3, test_vectors/test_vectors.json, field "hash", first 32 bytes;
// input byte i is i mod 251), and @noble/hashes at every length around block and chunk boundaries.
import { blake3 as reference } from "@noble/hashes/blake3.js";
import { beforeAll, expect, it } from "vitest";
import { hex, loadCrypto, randomSource } from "./compile";

let crypto: Awaited<ReturnType<typeof loadCrypto>>;
beforeAll(async () => {
  crypto = await loadCrypto();
});

const hash = (message: Uint8Array): string => {
  crypto.put(crypto.scratch + 32, message);
  crypto.wasm.blake3(crypto.scratch + 32, message.length, crypto.scratch);
  return hex(crypto.take(crypto.scratch, 32));
};

it.each([
  [0, "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"],
  [1, "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213"],
  [1023, "10108970eeda3eb932baac1428c7a2163b0e924c9a9e25b35bba72b28f70bd11"],
  [1024, "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7"],
  [1025, "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444"],
  [2048, "e776b6028c7cd22a4d0ba182a8bf62205d2ef576467e838ed6f2529b85fba24a"],
  [2049, "5f4d72f40d7a5f82b15ca2b2e44b1de3c2ef86c426c95c1af0b6879522563030"],
  [3072, "b98cb0ff3623be03326b373de6b9095218513e64f1ee2edd2525c7ad1e5cffd2"],
  [3073, "7124b49501012f81cc7f11ca069ec9226cecb8a2c850cfe644e327d22d3e1cd3"],
  [4096, "015094013f57a5277b59d8475c0501042c0b642e531b0a1c8f58d2163229e969"],
  [4097, "9b4052b38f1c5fc8b1f9ff7ac7b27cd242487b3d890d15c96a1c25b8aa0fb995"],
  [5120, "9cadc15fed8b5d854562b26a9536d9707cadeda9b143978f319ab34230535833"],
  [5121, "628bd2cb2004694adaab7bbd778a25df25c47b9d4155a55f8fbd79f2fe154cff"],
  [6144, "3e2e5b74e048f3add6d21faab3f83aa44d3b2278afb83b80b3c35164ebeca205"],
  [6145, "f1323a8631446cc50536a9f705ee5cb619424d46887f3c376c695b70e0f0507f"],
  [7168, "61da957ec2499a95d6b8023e2b0e604ec7f6b50e80a9678b89d2628e99ada77a"],
  [7169, "a003fc7a51754a9b3c7fae0367ab3d782dccf28855a03d435f8cfe74605e7817"],
])("gives the official hash of %i bytes", (length, expected) => {
  expect(hash(Uint8Array.from({ length }, (_, i) => i % 251))).toBe(expected);
});

it("agrees with noble at every length up to 3 chunks, and at larger ones", () => {
  const random = randomSource(5);
  const lengths = [
    ...Array.from({ length: 400 }, (_, i) => i),
    1023,
    1024,
    1025,
    2047,
    2048,
    2049,
    3071,
    3072,
    3073,
    5000,
    4096,
    4097,
    5121,
    8192,
    8193,
    9217,
    16384,
    16385,
    20_481,
    32_768,
    100_000,
    262_144,
    300_001,
  ];
  for (const length of lengths) {
    const message = random(length);
    expect(hash(message), `length ${length}`).toBe(hex(reference(message)));
  }
});

it("hashes four messages of one length at a time", () => {
  const random = randomSource(8);
  const { put, scratch, take, wasm } = crypto;
  for (const length of [
    ...Array.from({ length: 200 }, (_, i) => i),
    255,
    256,
    257,
    511,
    512,
    513,
    960,
    1000,
    1023,
    1024,
  ]) {
    const messages = Array.from({ length: 4 }, () => random(length));
    // Inputs and outputs at odd addresses, in no order.
    const inputs = [3, 0, 2, 1].map((place) => scratch + 1001 + place * 1101);
    const outputs = [2, 3, 0, 1].map((place) => scratch + 9001 + place * 41);
    for (const [i, message] of messages.entries()) put(inputs[i] as number, message);
    new Uint32Array(wasm.memory.buffer).set([...inputs, ...outputs], scratch / 4);
    wasm.blake3Many4(scratch, length, scratch + 16);
    for (const [i, message] of messages.entries())
      expect(hex(take(outputs[i] as number, 32)), `length ${length}`).toBe(hex(reference(message)));
  }
});
