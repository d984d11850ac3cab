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

export function stringify(value: Json): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "number":
      return Number.isFinite(value) ? String(value) : "null";
    case "bigint":
    case "boolean":
      return String(value);
  }
  if (value === null) return "null";
  if (value instanceof Float) return stringifyFloat(value.value);
  if (value instanceof JsonText) return value.text;
  if (Array.isArray(value)) {
    let text = "[";
    for (let i = 0; i < value.length; i++) text += (i ? "," : "") + stringify(value[i] as Json);
    return `${text}]`;
  }
  let text = "{";
  for (const [key, member] of Object.entries(value as { readonly [key: string]: Json | undefined })) {
    if (member === undefined) continue;
    text += `${text.length > 1 ? "," : ""}${JSON.stringify(key)}:${stringify(member)}`;
  }
  return `${text}}`;
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
