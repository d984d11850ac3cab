/**
 * JSON as Agave's RPC speaks it: integers are 64 bits wide, so a bigint is written as a plain integer, and an integer that
 * a double cannot hold is read as a bigint.
 */

/** A number that Rust prints as a float: whole values keep their ".0". */
export class Float {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** JSON that is written already. */
export class JsonText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type Json =
  | null
  | boolean
  | number
  | bigint
  | string
  | Float
  | JsonText
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };

/**
 * In one piece: parts added one to another stay as they are, a tree that the collector copies node by node as long as the text is kept, and
 * answers of a batch are kept by the thousand.
 */
export function stringify(value: Json): string {
  if (typeof value !== "object" || value === null) return scalarText(value);
  if (value instanceof JsonText) return value.text;
  const parts: string[] = [];
  write(value, parts);
  return parts.join("");
}

function scalarText(value: null | boolean | number | bigint | string): string {
  if (typeof value === "string") return JSON.stringify(value);
  return typeof value !== "number" || Number.isFinite(value) ? String(value) : "null";
}

function write(value: Json, parts: string[]): void {
  if (typeof value !== "object" || value === null) parts.push(scalarText(value));
  else if (value instanceof JsonText) parts.push(value.text);
  else if (value instanceof Float) parts.push(stringifyFloat(value.value));
  else if (Array.isArray(value)) {
    parts.push("[");
    for (let i = 0; i < value.length; i++) {
      if (i > 0) parts.push(",");
      write(value[i] as Json, parts);
    }
    parts.push("]");
  } else {
    let before = "{";
    for (const [key, member] of Object.entries(value as { readonly [key: string]: Json | undefined })) {
      if (member === undefined) continue;
      parts.push(`${before}${JSON.stringify(key)}:`);
      write(member, parts);
      before = ",";
    }
    parts.push(before === "{" ? "{}" : "}");
  }
}

function stringifyFloat(value: number): string {
  if (!Number.isFinite(value)) return "null";
  const text = String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

/** A digit run that a double may not hold: only then is the slower reviver worth it. */
const LONG_INTEGER = /[[:,\s]-?\d{16,}/;

type Reviver = (this: unknown, key: string, value: unknown, context?: { source?: string }) => unknown;

const keepLongIntegers: Reviver = (_key, value, context) => {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const source = context?.source;
  return source !== undefined && /^-?\d{1,20}$/.test(source) ? BigInt(source) : value;
};

/** Throws SyntaxError on anything that is not JSON. */
export function parse(text: string): unknown {
  return LONG_INTEGER.test(text)
    ? JSON.parse(text, keepLongIntegers as (key: string, value: unknown) => unknown)
    : JSON.parse(text);
}
