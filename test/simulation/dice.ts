/**
 * All chance of a simulation, from its seed. A throw is a pure function of the seed and of a name ("drop lane-0>builder#17"), not of the
 * throws before it: so one fault can be taken out of a run without changing what chance says to all the others.
 */
function mix(h: number): number {
  let x = h;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

export class Dice {
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = mix(seed ^ 0x9e3779b9);
  }

  /** 0 .. 2^32 - 1 */
  u32(name: string): number {
    let h = this.#seed;
    for (let i = 0; i < name.length; i++) h = Math.imul(h ^ name.charCodeAt(i), 0x01000193);
    return mix(h);
  }

  /** 0 .. n - 1 */
  below(name: string, n: number): number {
    return Math.floor((this.u32(name) / 0x1_0000_0000) * n);
  }

  /** from .. to, both included */
  between(name: string, from: number, to: number): number {
    return from + this.below(name, to - from + 1);
  }

  chance(name: string, probability: number): boolean {
    return this.u32(name) < probability * 0x1_0000_0000;
  }

  pick<T>(name: string, from: readonly T[]): T {
    return from[this.below(name, from.length)]!;
  }
}
