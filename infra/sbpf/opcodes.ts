/**
 * The instructions of sBPF v0 to v3 with their mnemonics, one table for assembler and disassembler.
 *
 *   byte 0     1            2..3        4..7
 *   opcode     src | dst    offset      immediate          (8 bytes, little-endian; lddw takes two)
 *
 * Numbers: solana-sbpf src/ebpf.rs; which version has which: src/program.rs (SIMD-0173, 0174, 0178, 0377).
 */

export type SbpfVersion = 0 | 1 | 2 | 3;

/** Which operands an instruction takes, in the order of the text. */
export type Shape =
  | "none" // exit
  | "dst" // neg64 r1
  | "endian" // be16 r1: the width is in the immediate
  | "dst,imm"
  | "dst,src"
  | "lddw" // lddw r1, imm64
  | "dst,[src+off]"
  | "[dst+off],imm"
  | "[dst+off],src"
  | "target" // ja
  | "dst,imm,target"
  | "dst,src,target"
  | "call"
  | "callx";

export interface Operation {
  readonly name: string;
  readonly shape: Shape;
  readonly opcode: number;
  /** The only immediate it can have (be16, be32, be64). */
  readonly width?: number;
}

export const INSTRUCTION_SIZE = 8;
export const LDDW = 0x18;
export const CALL = 0x85;
export const CALLX = 0x8d;
export const HOR64 = 0xf7;
export const MOV32 = 0xb4;

const ALU32 = 0x04;
const ALU64 = 0x07;
const PQR = 0x06;
const JMP32 = 0x06;
const JMP64 = 0x05;
/** Bit 3 of the opcode: the second operand is a register. */
const REGISTER = 0x08;

const ALU = { add: 0x00, sub: 0x10, or: 0x40, and: 0x50, lsh: 0x60, rsh: 0x70, xor: 0xa0, mov: 0xb0, arsh: 0xc0 };
const ALU_PRODUCT = { mul: 0x20, div: 0x30, mod: 0x90 };
const PQR_BOTH = { lmul: 0x80, udiv: 0x40, urem: 0x60, sdiv: 0xc0, srem: 0xe0 };
const PQR_64 = { uhmul: 0x20, shmul: 0xa0 };
const JUMPS = {
  jeq: 0x10,
  jgt: 0x20,
  jge: 0x30,
  jlt: 0xa0,
  jle: 0xb0,
  jset: 0x40,
  jne: 0x50,
  jsgt: 0x60,
  jsge: 0x70,
  jslt: 0xc0,
  jsle: 0xd0,
};
/** Mode and size bits of memory instructions: in v0, v1 and v3, and in v2 (SIMD-0173). */
const SIZES = { b: [0x70, 0x20], h: [0x68, 0x30], w: [0x60, 0x80], dw: [0x78, 0x90] } as const;

function both(name: string, opcode: number): Operation[] {
  return [
    { name, shape: "dst,imm", opcode },
    { name, shape: "dst,src", opcode: opcode | REGISTER },
  ];
}

function memory(version: SbpfVersion): Operation[] {
  return Object.entries(SIZES).flatMap(([suffix, [classic, moved]]): Operation[] => {
    const [load, storeImm, store] =
      version === 2
        ? [moved | ALU32 | REGISTER, moved | ALU64, moved | ALU64 | REGISTER]
        : [classic | 1, classic | 2, classic | 3];
    return [
      { name: `ldx${suffix}`, shape: "dst,[src+off]", opcode: load },
      { name: `st${suffix}`, shape: "[dst+off],imm", opcode: storeImm },
      { name: `stx${suffix}`, shape: "[dst+off],src", opcode: store },
    ];
  });
}

function arithmetic(version: SbpfVersion): Operation[] {
  const widths = (table: Record<string, number>) =>
    Object.entries(table).flatMap(([name, op]) => [...both(`${name}32`, ALU32 | op), ...both(`${name}64`, ALU64 | op)]);
  if (version !== 2) {
    return [
      ...widths({ ...ALU, ...ALU_PRODUCT }),
      { name: "neg32", shape: "dst", opcode: 0x84 },
      { name: "neg64", shape: "dst", opcode: 0x87 },
    ];
  }
  return [
    ...widths(ALU),
    { name: "hor64", shape: "dst,imm", opcode: HOR64 },
    ...Object.entries(PQR_BOTH).flatMap(([name, op]) => [
      ...both(`${name}32`, PQR | op),
      ...both(`${name}64`, PQR | op | 0x10),
    ]),
    ...Object.entries(PQR_64).flatMap(([name, op]) => both(`${name}64`, PQR | op | 0x10)),
  ];
}

function jumps(version: SbpfVersion): Operation[] {
  const of = (suffix: string, class_: number) =>
    Object.entries(JUMPS).flatMap(([name, op]): Operation[] => [
      { name: name + suffix, shape: "dst,imm,target", opcode: class_ | op },
      { name: name + suffix, shape: "dst,src,target", opcode: class_ | op | REGISTER },
    ]);
  return [
    { name: "ja", shape: "target", opcode: JMP64 },
    ...of("", JMP64),
    ...(version === 3 ? of("32", JMP32) : []),
    { name: "call", shape: "call", opcode: CALL },
    { name: "callx", shape: "callx", opcode: CALLX },
    { name: "exit", shape: "none", opcode: 0x95 },
  ];
}

function endian(version: SbpfVersion): Operation[] {
  const names = version === 2 ? { be: 0xdc } : { le: 0xd4, be: 0xdc };
  return Object.entries(names).flatMap(([name, opcode]) =>
    [16, 32, 64].map((width): Operation => ({ name: name + width, shape: "endian", opcode, width })),
  );
}

/** Every instruction that a version's verifier knows. */
export const OPERATIONS: readonly (readonly Operation[])[] = ([0, 1, 2, 3] as const).map((version) => [
  ...(version === 2 ? [] : [{ name: "lddw", shape: "lddw", opcode: LDDW } as const]),
  ...memory(version),
  ...arithmetic(version),
  ...endian(version),
  ...jumps(version),
]);

const BY_NAME = OPERATIONS.map((operations) => {
  const forms = new Map<string, Operation[]>();
  for (const operation of operations) forms.set(operation.name, [...(forms.get(operation.name) ?? []), operation]);
  return forms;
});

/**
 * The forms of a mnemonic, also under the other names that solana-sbpf's assembler takes: "mov" for "mov64", "jeq64" for
 * "jeq". Empty: the version has no such instruction.
 */
export function operationsNamed(name: string, version: SbpfVersion): readonly Operation[] {
  const known = BY_NAME[version]!;
  const short = name.endsWith("64") ? name.slice(0, -2) : name;
  return known.get(name) ?? known.get(`${name}64`) ?? known.get(short) ?? [];
}

/** One instruction as its fields. `imm` is the 32 bits as stored, 0 to 2^32 - 1; `off` is signed. */
export interface Fields {
  opcode: number;
  dst: number;
  src: number;
  off: number;
  imm: number;
}

export function encode(fields: Fields): Uint8Array {
  const bytes = new Uint8Array(INSTRUCTION_SIZE);
  const view = new DataView(bytes.buffer);
  bytes[0] = fields.opcode;
  bytes[1] = (fields.src << 4) | fields.dst;
  view.setInt16(2, fields.off, true);
  view.setUint32(4, fields.imm, true);
  return bytes;
}

export function decode(bytes: Uint8Array, at: number): Fields {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, INSTRUCTION_SIZE);
  const registers = view.getUint8(1);
  return {
    opcode: view.getUint8(0),
    dst: registers & 15,
    src: registers >> 4,
    off: view.getInt16(2, true),
    imm: view.getUint32(4, true),
  };
}
