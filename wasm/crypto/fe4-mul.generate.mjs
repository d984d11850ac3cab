// Writes fe4-mul.ts: the unrolled column sums of the four-lane multiplication. Run it after a change:
//   node wasm/crypto/fe4-mul.generate.mjs
// A test compares the file with what this prints. AssemblyScript has no macros and keeps no array in registers, so the
// 210 and 120 multiply-adds have to be text.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const WORD = 16; // bytes a v128
const WORDS = 10; // v128 an element; 20 limbs
const BLOCK = 4; // columns summed at a time: with their operands they fill the 16 registers of x86-64

const at = (base, k) => `v128.load(${base}, ${k * WORD})`;

/** Sums of products: `columns[c]` lists the [left, right] operands; the order lets a block share what it has loaded. */
function columnSums(columns) {
	const lines = [];
	let names = 0;
	for (const parity of [0, 1]) {
		const mine = Object.keys(columns)
			.map(Number)
			.filter((c) => c % 2 === parity)
			.sort((a, b) => a - b);
		for (let i = 0; i < mine.length; i += BLOCK) {
			const block = mine.slice(i, i + BLOCK);
			const terms = block.flatMap((c) => columns[c].map((term) => ({ c, ...term }))).sort((x, y) => x.k - y.k || x.c - y.c);
			const loaded = new Map();
			const begun = new Set();
			const operand = (text) => {
				if (!loaded.has(text)) {
					loaded.set(text, `w${names++}`);
					lines.push(`    const ${loaded.get(text)} = ${text};`);
				}
				return loaded.get(text);
			};
			lines.push("  {", `    let ${block.map((c) => `c${c}: v128`).join(", ")};`);
			for (const { c, left, right } of terms) {
				const product = `i32x4.dot_i16x8_s(${operand(left)}, ${operand(right)})`;
				lines.push(`    c${c} = ${begun.has(c) ? `i32x4.add(c${c}, ${product})` : product};`);
				begun.add(c);
			}
			for (const c of block) lines.push(`    v128.store(column, c${c}, ${c * WORD});`);
			lines.push("  }");
		}
	}
	return lines;
}

/** Stores the turned pairs of the right operand, leaving its words in p0 .. p9. */
function turnedPairs(operand) {
	const lines = [];
	for (let k = 0; k < WORDS; k++) lines.push(`  const p${k} = ${at(operand, k)};`);
	for (let k = 0; k < WORDS; k++) lines.push(`  v128.store(odd, i16x8.shuffle(p${k}, p${k}, 1, 0, 3, 2, 5, 4, 7, 6), ${k * WORD});`);
	lines.push("  v128.store(even, v128.and(p0, i32x4.splat(0xffff)));");
	for (let k = 1; k < WORDS; k++) lines.push(`  v128.store(even, i16x8.shuffle(p${k}, p${k - 1}, 0, 9, 2, 11, 4, 13, 6, 15), ${k * WORD});`);
	lines.push(`  v128.store(even, v128.and(p9, i32x4.splat(0xffff0000)), ${WORDS * WORD});`);
	return lines;
}

/**
 * Columns 0 .. 38 to ten words of limbs. Two carry chains run side by side, from limb 0 and from limb 10; what is done is
 * packed and stored at once, so that everything alive fits the registers.
 */
function reduction() {
	const lines = [
		"  const mask = v128.load(constants), bias = v128.load(constants, 16), fold = v128.load(constants, 32), bothBiases = v128.load(constants, 48);",
		"  let carry: v128;",
	];
	for (const c of [20, 29]) lines.push(`  const c${c} = ${at("column", c)};`);
	const limb = (i) => {
		// Limb i + 20 of the product weighs 608 times limb i.
		if (i < 19 && i !== 0 && i !== 9) lines.push(`  const c${20 + i} = ${at("column", 20 + i)};`);
		const high = [];
		if (i < 19) high.push(`v128.and(c${20 + i}, mask)`);
		if (i > 0) high.push(`i32x4.shr_s(c${19 + i}, 13)`);
		const sum = high.length === 2 ? `i32x4.add(${high.join(", ")})` : high[0];
		lines.push(`  let x${i} = i32x4.add(i32x4.add(${at("column", i)}, bias), i32x4.mul(${sum}, fold));`);
		if (i % 10 > 0) lines.push(`  x${i} = i32x4.add(x${i}, carry${i >= 10 ? "High" : "Low"}${i - 1});`);
	};
	const step = (i, chain) => lines.push(`  const carry${chain}${i} = i32x4.shr_s(x${i}, 13); x${i} = v128.and(x${i}, mask);`);
	// A negative x2 has ones in its upper half, so the halves are blended, not joined by "or".
	const pack = (k) =>
		lines.push(`  v128.store(out, i16x8.sub(i16x8.shuffle(x${2 * k}, i32x4.shl(x${2 * k + 1}, 16), 0, 9, 2, 11, 4, 13, 6, 15), bothBiases), ${k * WORD});`);
	for (let i = 0; i < 10; i++) {
		limb(i);
		limb(i + 10);
		step(i, "Low");
		step(i + 10, "High");
		if (i % 2 === 1 && i > 3) pack((i - 1) / 2);
		if (i % 2 === 1 && i > 1) pack((i + 9) / 2);
	}
	lines.push(
		"  x10 = i32x4.add(x10, carryLow9); carry = i32x4.shr_s(x10, 13); x10 = v128.and(x10, mask); x11 = i32x4.add(x11, carry);",
		"  x0 = i32x4.add(x0, i32x4.mul(carryHigh19, fold)); carry = i32x4.shr_s(x0, 13); x0 = v128.and(x0, mask);",
		"  x1 = i32x4.add(x1, carry); carry = i32x4.shr_s(x1, 13); x1 = v128.and(x1, mask); x2 = i32x4.add(x2, carry);",
	);
	for (const k of [0, 1, 5]) pack(k);
	return lines;
}

function multiplication() {
	const columns = {};
	const add = (c, k, right) => {
		columns[c] ??= [];
		columns[c].push({ k, left: at("a", k), right });
	};
	for (let k = 0; k < WORDS; k++) {
		for (let m = 0; m < WORDS; m++) add(2 * (k + m) + 1, k, at("odd", m));
		for (let m = 0; m <= WORDS; m++) add(2 * (k + m), k, at("even", m));
	}
	return ["export function fe4Multiply(out: usize, a: usize, b: usize): void {", ...turnedPairs("b"), ...columnSums(columns), ...reduction(), "}"];
}

function squaring() {
	const columns = {};
	const add = (c, k, left, right) => {
		columns[c] ??= [];
		columns[c].push({ k, left, right });
	};
	for (let k = 0; k < WORDS; k++) {
		for (let m = k; m < WORDS; m++) add(2 * (k + m) + 1, k, at(k === m ? "a" : "twice", k), at("odd", m));
		// Even columns: a whole word against itself and against the next but one share the product of their odd limbs,
		// and a word against the next holds a square: "mixed" doubles the even limb only.
		for (let m = k; m <= WORDS; m++) add(2 * (k + m), k, at(k === m ? "a" : m <= k + 2 ? "mixed" : "twice", k), at("even", m));
	}
	const doubled = [];
	for (let k = 0; k < WORDS; k++) {
		doubled.push(
			`  const d${k} = i16x8.add(p${k}, p${k});`,
			`  v128.store(twice, d${k}, ${k * WORD});`,
			`  v128.store(mixed, i16x8.shuffle(d${k}, p${k}, 0, 9, 2, 11, 4, 13, 6, 15), ${k * WORD});`,
		);
	}
	return ["export function fe4Square(out: usize, a: usize): void {", ...turnedPairs("a"), ...doubled, ...columnSums(columns), ...reduction(), "}"];
}

export function generate() {
	return `/**
 * Multiplication and squaring modulo p = 2^255 - 19 of four field elements at a time. GENERATED by
 * fe4-mul.generate.mjs; the idea is here, the loops are there.
 *
 * An element is 20 signed limbs of 13 bits, value = sum l_i 2^(13 i), so that 2^260 = 32 * 19 = 608 wraps. Four elements
 * lie side by side: word k (a v128 of ten) holds in its 32-bit lane e the limbs 2k (low half) and 2k + 1 (high half) of
 * element e. i32x4.dot_i16x8_s then does eight products and four sums in one instruction:
 *
 *   column c of the product = sum over i + j = c of a_i b_j
 *   (a_2k, a_2k+1) . (b_2m+1, b_2m)    adds to the odd column 2(k+m) + 1    "odd":  the words with their halves swapped
 *   (a_2k, a_2k+1) . (b_2m, b_2m-1)    adds to the even column 2(k+m)       "even": halves of two neighbours
 *
 * Bounds. A result has limbs in [-4096, 4096], but for limbs 2 and 11 with a last carry of at most 2 and 40. Call that
 * one unit; a sum or difference of results has as many units as terms. Column 19, the longest, stays below 2^31 as long
 * as units(a) * units(b) <= 6:  20 * 6 * 2^24 + 608 * 2^13 + 2^18 < 2^31; the wrapped part of a shorter column weighs
 * 608 / 2^13 < 1 of what it lacks. Halves are i16, so also units <= 7 each. The carries round: 4096 is added to
 * every limb first and taken off at the end.
 */

const odd: usize = memory.data(160, 16);
const even: usize = memory.data(176, 16);
const twice: usize = memory.data(160, 16);
const mixed: usize = memory.data(160, 16);
const column: usize = memory.data(624, 16);
// Vectors that stay in registers: the limb mask 0x1fff, 4096, 608, 4096 in both halves. They are
// loaded because a constant would be built anew, in three instructions, wherever it is used.
const constants: usize = memory.data<u32>([
  0x1fff, 0x1fff, 0x1fff, 0x1fff, 0x1000, 0x1000, 0x1000, 0x1000, 608, 608, 608, 608,
  0x10001000, 0x10001000, 0x10001000, 0x10001000,
], 16);

/** out = a * b; out may be a or b. units(a) * units(b) <= 6. */
${multiplication().join("\n")}

/** out = a^2; out may be a. units(a) <= 2. */
${squaring().join("\n")}
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	writeFileSync(new URL("./fe4-mul.ts", import.meta.url), generate());
}
