/**
 * A folder of snapshots. Pages of accounts are named by the SHA-256 of what is in them, compressed, and are there once, however many snapshots
 * have them; a snapshot is named by the SHA-256 of its manifest, which names its pages.
 *
 *   manifests/ID.json    { format, genesisHash, slot, unixTimestamp, accounts, lamports, pages: [{ hash, bytes }] }
 *   pages/HASH.zst       an account list (docs/interfaces.md section 5), Zstandard
 *   names.json           name -> ID
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import * as z from "zod";
import { decodeAccountList } from "../../shared/rpc/accounts.ts";
import type { Account } from "../../shared/state/accounts.ts";
import { Failure, systemCode } from "../network/failure.ts";

export const SNAPSHOT_FORMAT = 1;
/** Of one page: the largest account and what is around it. */
const MAX_PAGE_BYTES = 32 << 20;
const MAX_PAGES = 1_000_000;
const NAME = /^[A-Za-z0-9][\w.-]{0,63}$/;
const ID = /^[0-9a-f]{64}$/;

const hash = z.string().regex(ID);
const manifestSchema = z.object({
  format: z.literal(SNAPSHOT_FORMAT),
  genesisHash: z.string().min(32).max(44),
  slot: z.number().int().min(0),
  unixTimestamp: z.number().int().min(0),
  accounts: z.number().int().min(0),
  /** Decimal digits. */
  lamports: z.string().regex(/^\d{1,20}$/),
  pages: z.array(z.object({ hash, bytes: z.number().int().min(1).max(MAX_PAGE_BYTES) })).max(MAX_PAGES),
});
export type Manifest = z.output<typeof manifestSchema>;
export type Page = Manifest["pages"][number];

export interface Listed {
  readonly id: string;
  readonly names: readonly string[];
  readonly manifest: Manifest;
  /** Compressed; of pages that it shares with others too. */
  readonly storedBytes: number;
}

const sha256 = (bytes: Uint8Array | string): string => createHash("sha256").update(bytes).digest("hex");

function damaged(what: string): Failure {
  return new Failure("bad-snapshot", `${what} is not what was written`);
}

export class SnapshotStore {
  readonly #folder: string;

  /** Makes nothing before something is written. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Writes it where it is not there. */
  putPage(list: Uint8Array): Page {
    const page = { hash: sha256(list), bytes: list.length };
    const path = this.#pagePath(page.hash);
    if (!existsSync(path)) this.#write(path, zstdCompressSync(list));
    return page;
  }

  /** The id. `name`: a further name for it, taken from another snapshot if that has it. */
  put(manifest: Manifest, name: string | undefined): string {
    const text = `${JSON.stringify(manifest)}\n`;
    const id = sha256(text);
    if (name !== undefined) checkName(name);
    this.#write(this.#manifestPath(id), text);
    if (name !== undefined) this.#write(join(this.#folder, "names.json"), this.#namesWith(name, id));
    return id;
  }

  /** By name, by id or by the beginning of an id. Throws a Failure where there is none, or more than one. */
  find(wanted: string): { readonly id: string; readonly manifest: Manifest } {
    const named = this.#names[wanted];
    const ids = named === undefined ? this.#ids.filter((id) => id.startsWith(wanted)) : [named];
    if (ids.length === 0 || wanted === "") {
      throw new Failure("bad-snapshot", `there is no snapshot "${wanted}" in ${this.#folder}`);
    }
    if (ids.length > 1) throw new Failure("bad-snapshot", `"${wanted}" is the beginning of ${ids.length} snapshots`);
    const id = ids[0]!;
    const text = this.#read(this.#manifestPath(id)).toString("utf8");
    const parsed = sha256(text) === id ? manifestSchema.safeParse(JSON.parse(text)) : undefined;
    if (!parsed?.success) throw damaged(`the manifest of snapshot ${id}`);
    return { id, manifest: parsed.data };
  }

  /** Throws a Failure where a page is not what its name says. */
  *accounts({ pages }: Manifest): Generator<readonly Account[]> {
    for (const { hash, bytes } of pages) {
      const path = this.#pagePath(hash);
      let list: Uint8Array;
      try {
        list = new Uint8Array(zstdDecompressSync(this.#read(path), { maxOutputLength: bytes }));
      } catch (error) {
        throw error instanceof Failure ? error : damaged(path);
      }
      const accounts = sha256(list) === hash ? decodeAccountList(list) : undefined;
      if (!accounts) throw damaged(path);
      yield accounts;
    }
  }

  list(): Listed[] {
    const names = Object.entries(this.#names);
    return this.#ids.map((id) => {
      const { manifest } = this.find(id);
      const sizes = manifest.pages.map(
        ({ hash }) => statSync(this.#pagePath(hash), { throwIfNoEntry: false })?.size ?? 0,
      );
      return {
        id,
        names: names.filter(([, of]) => of === id).map(([name]) => name),
        manifest,
        storedBytes: sizes.reduce((sum, size) => sum + size, 0),
      };
    });
  }

  get #ids(): string[] {
    const folder = join(this.#folder, "manifests");
    if (!existsSync(folder)) return [];
    return readdirSync(folder)
      .map((name) => name.replace(/\.json$/, ""))
      .filter((id) => ID.test(id))
      .sort();
  }

  get #names(): Readonly<Record<string, string>> {
    const path = join(this.#folder, "names.json");
    if (!existsSync(path)) return {};
    try {
      return z.record(z.string(), hash).parse(JSON.parse(this.#read(path).toString("utf8")));
    } catch {
      throw damaged(path);
    }
  }

  #namesWith(name: string, id: string): string {
    return `${JSON.stringify({ ...this.#names, [name]: id }, null, 2)}\n`;
  }

  #pagePath(page: string): string {
    return join(this.#folder, "pages", `${page}.zst`);
  }

  #manifestPath(id: string): string {
    return join(this.#folder, "manifests", `${id}.json`);
  }

  #read(path: string): Buffer {
    try {
      return readFileSync(path);
    } catch (error) {
      const why = systemCode(error) === "ENOENT" ? "it is not there" : (error as Error).message;
      throw new Failure("bad-snapshot", `cannot read ${path}: ${why}`);
    }
  }

  /** Whole or not at all. */
  #write(path: string, content: string | Uint8Array): void {
    try {
      for (const part of ["manifests", "pages"]) mkdirSync(join(this.#folder, part), { recursive: true });
      writeFileSync(`${path}.new`, content);
      renameSync(`${path}.new`, path);
    } catch (error) {
      throw new Failure("file-unreadable", `cannot write ${path}: ${(error as Error).message}`);
    }
  }
}

export function checkName(name: string): void {
  if (NAME.test(name) && !ID.test(name)) return;
  throw new Failure("bad-option", `"${name}" is no name: letters, digits, - _ . up to 64 characters`);
}
