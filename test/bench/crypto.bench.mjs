// Times of wasm/crypto beside the host's own cryptography, in one run: node test/bench/crypto.bench.mjs
// Medians of several rounds; the rounds of the two sides alternate, so that a busy machine hits both.

import { createHash, webcrypto } from "node:crypto";
import { fileURLToPath } from "node:url";
import { ed25519 } from "@noble/curves/ed25519.js";
import asc from "assemblyscript/asc";

const root = fileURLToPath(new URL("../..", import.meta.url));
let binary;
const { error, stderr } = await asc.main(
  [
    "wasm/crypto/index.ts",
    "--baseDir",
    root,
    "--runtime",
    "stub",
    "-O3",
    "--enable",
    "simd",
    "--outFile",
    "crypto.wasm",
  ],
  {
    writeFile: (name, contents) => {
      if (name.endsWith(".wasm")) binary = contents;
    },
  },
);
if (error) throw new Error(stderr.toString());
const wasm = (
  await WebAssembly.instantiate(binary, {
    env: {
      abort() {
        throw new Error("abort");
      },
    },
  })
).instance.exports;

const ROUNDS = 11;
const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
const rows = [];

/** Microseconds an operation for each side, medians of alternating rounds. */
async function compare(name, operations, ours, theirs) {
  const a = [],
    b = [];
  for (let round = -2; round < ROUNDS; round++) {
    for (const [side, run] of [
      [a, ours],
      [b, theirs],
    ]) {
      if (!run) continue;
      const start = performance.now();
      await run();
      if (round >= 0) side.push(((performance.now() - start) * 1000) / operations);
    }
  }
  const us = median(a),
    reference = theirs ? median(b) : undefined;
  rows.push({
    what: name,
    "wasm us": +us.toFixed(3),
    "host us": reference && +reference.toFixed(3),
    ratio: reference && +(reference / us).toFixed(2),
  });
}

const put = (at, bytes) => new Uint8Array(wasm.memory.buffer).set(bytes, at);

// --- signatures ---
const COUNT = 1024,
  MESSAGE = 200;
const signers = Array.from({ length: COUNT }, () => {
  const secret = ed25519.utils.randomSecretKey();
  return { secret, publicKey: ed25519.getPublicKey(secret) };
});
const makeSigned = (signer) => {
  const message = webcrypto.getRandomValues(new Uint8Array(MESSAGE));
  return { message, publicKey: signer.publicKey, signature: ed25519.sign(message, signer.secret) };
};
const distinct = signers.map(makeSigned);
const repeated = Array.from({ length: COUNT }, (_, i) => makeSigned(signers[i % 16]));
for (const one of [...distinct, ...repeated])
  one.key = await webcrypto.subtle.importKey("raw", one.publicKey, "Ed25519", false, ["verify"]);

const STRIDE = 512;
const load = (all) => {
  const base = wasm.cryptoScratch(COUNT * STRIDE),
    table = wasm.cryptoScratch(COUNT * 16),
    verdicts = wasm.cryptoScratch(COUNT);
  all.forEach((one, i) => {
    const at = base + i * STRIDE;
    put(at, one.publicKey);
    put(at + 32, one.signature);
    put(at + 96, one.message);
    new Uint32Array(wasm.memory.buffer).set([at + 96, MESSAGE, at + 32, at], (table >> 2) + 4 * i);
  });
  return { base, table, verdicts };
};
const d = load(distinct),
  r = load(repeated);
const hostVerify = (all, n) => async () => {
  for (let i = 0; i < n; i++)
    if (!(await webcrypto.subtle.verify("Ed25519", all[i].key, all[i].signature, all[i].message)))
      throw new Error("host refuses");
};
await compare(
  "ed25519 single, 200 B",
  64,
  () => {
    for (let i = 0; i < 64; i++)
      if (!wasm.ed25519Verify(d.base + i * STRIDE + 96, MESSAGE, d.base + i * STRIDE + 32, d.base + i * STRIDE))
        throw new Error("wasm refuses");
  },
  hostVerify(distinct, 64),
);
const batch = (set, n) => () => {
  wasm.ed25519KeyCacheClear?.();
  if (wasm.ed25519VerifyBatch(set.table, n, set.verdicts) !== n) throw new Error("wasm refuses");
};
const batchWarm = (set, n) => () => {
  if (wasm.ed25519VerifyBatch(set.table, n, set.verdicts) !== n) throw new Error("wasm refuses");
};
for (const n of [4, 16, 64, 128, 256, 512, 1024]) {
  await compare(
    `ed25519 batch of ${n}, distinct signers, cold keys`,
    n,
    batch(d, n),
    n >= 64 ? hostVerify(distinct, n) : undefined,
  );
}
for (const n of [64, 256, 1024])
  await compare(`ed25519 batch of ${n}, distinct signers, keys cached`, n, batchWarm(d, n));
for (const n of [64, 256, 1024])
  await compare(`ed25519 batch of ${n}, 16 signers, keys cached`, n, batchWarm(r, n), hostVerify(repeated, n));

// --- hashes ---
const message = webcrypto.getRandomValues(new Uint8Array(1 << 16));
const input = wasm.cryptoScratch(1 << 16),
  out = wasm.cryptoScratch(256),
  pointers = wasm.cryptoScratch(64);
put(input, message);
for (const [name, hash] of [
  ["sha256", "sha256"],
  ["sha512", "sha512"],
  ["blake3", undefined],
]) {
  for (const length of [32, 200, 1024, 65536]) {
    const n = length > 10000 ? 20 : 2000;
    const slice = message.subarray(0, length);
    await compare(
      `${name}, ${length} B`,
      n,
      () => {
        for (let i = 0; i < n; i++) wasm[name](input, length, out);
      },
      hash &&
        (() => {
          for (let i = 0; i < n; i++) createHash(hash).update(slice).digest();
        }),
    );
  }
}
new Uint32Array(wasm.memory.buffer).set(
  [input, input + 1024, input + 2048, input + 3072, out, out + 32, out + 64, out + 96],
  pointers >> 2,
);
for (const length of [32, 64, 200, 1024]) {
  await compare(`blake3Many4, ${length} B, each`, 8000, () => {
    for (let i = 0; i < 2000; i++) wasm.blake3Many4(pointers, length, pointers + 16);
  });
}
await compare("isOnCurve", 500, () => {
  for (let i = 0; i < 500; i++) wasm.isOnCurve(input + i * 32);
});
console.table(rows);
