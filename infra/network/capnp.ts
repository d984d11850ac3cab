/**
 * Cap'n Proto's text format, as far as a configuration of workerd needs it. The fields are those of workerd.capnp, which the package
 * workerd has beside its binary; a union is the one field of it that is set.
 */

/** The value of a field that says all by being there. */
export const VOID = Symbol("void");

/** The content of a file, as Text or as Data. */
export class Embed {
  readonly path: string;

  /** `path`: absolute. */
  constructor(path: string) {
    this.path = path;
  }
}

export type CapnpValue = string | number | boolean | typeof VOID | Embed | readonly CapnpValue[] | CapnpStruct;
/** Fields without a value are left out. */
export interface CapnpStruct {
  readonly [field: string]: CapnpValue | undefined;
}

const ESCAPED = /["\\]|\p{Cc}/gu;

/** Bytes below 128 can be written by their number; all others of a text stand for themselves. */
const escapeOne = (one: string): string => {
  const code = one.codePointAt(0)!;
  if (one === '"' || one === "\\") return `\\${one}`;
  return code < 0x80 ? `\\x${code.toString(16).padStart(2, "0")}` : one;
};
const quoted = (text: string): string => `"${text.replace(ESCAPED, escapeOne)}"`;

function written(value: CapnpValue): string {
  if (value === VOID) return "void";
  if (typeof value === "string") return quoted(value);
  if (typeof value !== "object") return String(value);
  if (value instanceof Embed) return `embed ${quoted(value.path)}`;
  if (Array.isArray(value)) return `[${value.map(written).join(", ")}]`;
  const fields = Object.entries(value as CapnpStruct).filter(([, field]) => field !== undefined);
  return `(${fields.map(([name, field]) => `${name} = ${written(field!)}`).join(", ")})`;
}

/** A file whose only constant is a Config of workerd's. */
export function configText(config: CapnpStruct): string {
  return `using Workerd = import "/workerd/workerd.capnp";\nconst config :Workerd.Config = ${written(config)};\n`;
}
