/**
 * Writes montgomery.ts: Montgomery multiplication, sums and differences for two widths of numbers, every loop unrolled.
 * Usage: node wasm/crypto/montgomery.generate.mjs
 */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Columns of products must stay below 2^64: 2 n products of 2 `bits` bits. */
const WIDTHS = [
  { n: 9, bits: 29 },
  { n: 14, bits: 28 },
];

export function generate() {
  const lines = [];
  const emit = (line = "") => lines.push(line);
  const range = (from, to) => Array.from({ length: to - from }, (_, i) => from + i);

  emit(`/**
 * Written by montgomery.generate.mjs: arithmetic modulo an odd m, for numbers of up to 256 bits (nine limbs of 29 bits, R = 2^261) and of up
 * to 384 bits (fourteen limbs of 28 bits, R = 2^392). A number is its limbs, u32 each, and stands for itself times R; it is in [0, 2m), every
 * limb below 2^bits. Products: Montgomery, "Modular multiplication without trial division" (1985), column by column; as 4m < R, the
 * product of two numbers below 2m is below 2m again.
 *
 * modulus: m, then 2m (limbs), then -1/m modulo 2^bits (u32).
 */`);

  for (const { n, bits } of WIDTHS) {
    const mask = `0x${((1 << bits) - 1).toString(16)}`;
    const at = (base, i) => (i ? `${base}, ${4 * i}` : base);
    emit();
    emit(`/** out = a b / R, ${n} limbs. out may be a or b. */`);
    emit(`export function montMul${n}(out: usize, a: usize, b: usize, modulus: usize): void {`);
    for (const name of ["a", "b"]) {
      emit(`  const ${range(0, n).map((i) => `${name}${i} = <u64>load<u32>(${at(name, i)})`).join(", ")};`);
    }
    emit(`  const ${range(0, n).map((i) => `m${i} = <u64>load<u32>(${at("modulus", i)})`).join(", ")};`);
    emit(`  const inverse = <u64>load<u32>(modulus, ${8 * n});`);
    emit("  let t: u64 = 0;");
    for (const column of range(0, 2 * n - 1)) {
      const first = Math.max(0, column - n + 1);
      const products = range(first, Math.min(n, column + 1)).map((i) => `a${i} * b${column - i}`);
      const reductions = range(first, Math.min(n, column)).map((i) => `q${i} * m${column - i}`);
      emit(`  t += ${[...products, ...reductions].join(" + ")};`);
      if (column < n) {
        emit(`  const q${column} = (t * inverse) & ${mask};`);
        emit(`  t = (t + q${column} * m0) >> ${bits};`);
      } else {
        emit(`  store<u32>(${column - n ? `out, <u32>t & ${mask}, ${4 * (column - n)}` : `out, <u32>t & ${mask}`});`);
        emit(`  t >>= ${bits};`);
      }
    }
    emit(`  store<u32>(out, <u32>t, ${4 * (n - 1)});`);
    emit("}");

    const store = (i, value) => `store<u32>(out, ${value}${i ? `, ${4 * i}` : ""});`;
    const chain = (term) => {
      emit("  let c: i32 = 0;");
      for (const i of range(0, n)) {
        emit(`  c += ${term(i)};`);
        emit(`  const r${i} = ${i < n - 1 ? `c & ${mask}` : "c"};`);
        if (i < n - 1) emit(`  c >>= ${bits};`);
      }
    };
    emit();
    emit(`/** out = a + b. */`);
    emit(`export function montAdd${n}(out: usize, a: usize, b: usize, modulus: usize): void {`);
    emit(`  const ${range(0, n).map((i) => `s${i} = load<i32>(${at("a", i)}) + load<i32>(${at("b", i)})`).join(", ")};`);
    chain((i) => `s${i} - load<i32>(modulus, ${4 * (n + i)})`);
    emit(`  if (r${n - 1} >= 0) {`);
    for (const i of range(0, n)) emit(`    ${store(i, `r${i}`)}`);
    emit("    return;");
    emit("  }");
    emit("  c = 0;");
    for (const i of range(0, n)) {
      emit(`  c += s${i};`);
      emit(`  ${store(i, i < n - 1 ? `c & ${mask}` : "c")}`);
      if (i < n - 1) emit(`  c >>= ${bits};`);
    }
    emit("}");
    emit();
    emit(`/** out = a - b. */`);
    emit(`export function montSub${n}(out: usize, a: usize, b: usize, modulus: usize): void {`);
    chain((i) => `load<i32>(${at("a", i)}) - load<i32>(${at("b", i)})`);
    emit(`  if (r${n - 1} >= 0) {`);
    for (const i of range(0, n)) emit(`    ${store(i, `r${i}`)}`);
    emit("    return;");
    emit("  }");
    emit("  c = 0;");
    for (const i of range(0, n)) {
      emit(`  c += r${i} + load<i32>(modulus, ${4 * (n + i)});`);
      emit(`  ${store(i, i < n - 1 ? `c & ${mask}` : "c")}`);
      if (i < n - 1) emit(`  c >>= ${bits};`);
    }
    emit("}");
  }
  return `${lines.join("\n")}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(new URL("./montgomery.ts", import.meta.url), generate());
}
