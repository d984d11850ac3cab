/** Assembly text to statements. One statement a line; comments begin with `;`, `#` or `//`. */

export class AssemblyError extends Error {
  override readonly name = "AssemblyError";
  /** From 1. */
  readonly line: number;

  constructor(line: number, message: string) {
    super(`line ${line}: ${message}`);
    this.line = line;
  }
}

export type Operand =
  | { readonly kind: "register"; readonly register: number }
  | { readonly kind: "number"; readonly value: bigint; readonly signed: boolean }
  /** `name`, `name+8`, `name@symbol`: the last is found by its name when the file is loaded. */
  | { readonly kind: "name"; readonly name: string; readonly plus: bigint; readonly symbolic: boolean }
  | { readonly kind: "memory"; readonly register: number; readonly offset: Operand | null }
  | { readonly kind: "string"; readonly bytes: Uint8Array };

export interface Statement {
  readonly line: number;
  readonly kind: "label" | "directive" | "instruction";
  readonly name: string;
  readonly operands: readonly Operand[];
}

const NAME = /^[A-Za-z_.$][\w.$]*$/;
const NUMBER = /^([+-]?)\s*(0x[0-9a-fA-F]+|0b[01]+|\d+)$/;
const ESCAPES: Record<string, number> = { n: 10, r: 13, t: 9, "0": 0, "\\": 92, '"': 34 };

/** Where a comment begins, outside strings. */
function withoutComment(line: string): string {
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const c = line[i]!;
    if (quoted && c === "\\") i++;
    else if (c === '"') quoted = !quoted;
    else if (!quoted && (c === ";" || c === "#" || line.startsWith("//", i))) return line.slice(0, i);
  }
  return line;
}

function splitOperands(text: string): string[] {
  const parts: string[] = [];
  let quoted = false;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (quoted && text[i] === "\\") i++;
    else if (text[i] === '"') quoted = !quoted;
    else if (text[i] === "," && !quoted) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  parts.push(text.slice(start));
  return parts.map((part) => part.trim());
}

function stringBytes(body: string, line: number): Uint8Array {
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  for (let i = 0; i < body.length; ) {
    if (body[i] !== "\\") {
      const character = String.fromCodePoint(body.codePointAt(i)!);
      bytes.push(...encoder.encode(character));
      i += character.length;
      continue;
    }
    const hex = /^\\x([0-9a-fA-F]{2})/.exec(body.slice(i));
    const simple = ESCAPES[body[i + 1] ?? ""];
    if (!hex && simple === undefined) throw new AssemblyError(line, `unknown escape \\${body[i + 1] ?? ""}`);
    bytes.push(hex ? Number.parseInt(hex[1]!, 16) : simple!);
    i += hex ? 4 : 2;
  }
  return Uint8Array.from(bytes);
}

function register(text: string): number | null {
  const match = /^r(\d{1,2})$/.exec(text);
  return match && Number(match[1]) < 16 ? Number(match[1]) : null;
}

function numeric(text: string): { value: bigint; signed: boolean } | null {
  const match = NUMBER.exec(text);
  if (!match) return null;
  const magnitude = BigInt(match[2]!);
  return { value: match[1] === "-" ? -magnitude : magnitude, signed: match[1] !== "" };
}

function scalar(text: string, line: number): Operand {
  const number = numeric(text);
  if (number) return { kind: "number", ...number };
  const sum = /^([A-Za-z_.$][\w.$]*)(@symbol)?\s*([+-]\s*\w+)?$/.exec(text);
  const plus = sum?.[3] === undefined ? { value: 0n } : numeric(sum[3]);
  if (!sum || !plus) throw new AssemblyError(line, `"${text}" is no register, number, label or memory operand`);
  return { kind: "name", name: sum[1]!, plus: plus.value, symbolic: sum[2] !== undefined };
}

function operand(text: string, line: number): Operand {
  if (text === "") throw new AssemblyError(line, "an operand is missing");
  const string = /^"((?:[^"\\]|\\.)*)"$/.exec(text);
  if (string) return { kind: "string", bytes: stringBytes(string[1]!, line) };
  const memory = /^\[\s*(r\d{1,2})\s*([+-].*)?\]$/.exec(text);
  if (memory) {
    const base = register(memory[1]!);
    if (base === null) throw new AssemblyError(line, `there is no register ${memory[1]}`);
    const offset = memory[2]?.trim();
    if (offset === undefined) return { kind: "memory", register: base, offset: null };
    const named = /^\+\s*([A-Za-z_].*)$/.exec(offset);
    return { kind: "memory", register: base, offset: scalar(named ? named[1]! : offset, line) };
  }
  const number = register(text);
  return number === null ? scalar(text, line) : { kind: "register", register: number };
}

function parseLine(raw: string, line: number): Statement[] {
  let text = withoutComment(raw).trim();
  const statements: Statement[] = [];
  for (let label = /^([A-Za-z_.$][\w.$]*):/.exec(text); label; label = /^([A-Za-z_.$][\w.$]*):/.exec(text)) {
    statements.push({ line, kind: "label", name: label[1]!, operands: [] });
    text = text.slice(label[0].length).trim();
  }
  if (text === "") return statements;
  const [, name, rest] = /^(\S+)\s*(.*)$/s.exec(text)!;
  if (!NAME.test(name!)) throw new AssemblyError(line, `"${name}" is no instruction`);
  const operands = rest === "" ? [] : splitOperands(rest!).map((part) => operand(part, line));
  statements.push({ line, kind: name!.startsWith(".") ? "directive" : "instruction", name: name!, operands });
  return statements;
}

/** Throws AssemblyError with the line. */
export function parse(text: string): Statement[] {
  return text.split(/\r?\n/).flatMap((line, i) => parseLine(line, i + 1));
}
