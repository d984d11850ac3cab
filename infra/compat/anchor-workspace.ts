/**
 * What a folder has to be deployed: the programs in target/deploy, and in an Anchor workspace (Anchor.toml, Test.toml) the programs, accounts
 * and clones of its test validator. Read as Surfpool reads it (crates/cli/src/scaffold/anchor.rs).
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { parse } from "smol-toml";
import * as z from "zod";
import { readKeyFile } from "../genesis/key-file.ts";
import { Failure } from "../network/failure.ts";

const TARGET = "target/deploy";

const validator = z.object({
  url: z.string().optional(),
  account: z.array(z.object({ address: z.string(), filename: z.string() })).default([]),
  account_dir: z.array(z.object({ directory: z.string() })).default([]),
  clone: z.array(z.object({ address: z.string() })).default([]),
});
const test = z.object({
  genesis: z
    .array(z.object({ address: z.string(), program: z.string(), upgradeable: z.boolean().optional() }))
    .default([]),
  validator: validator.optional(),
});
const deployment = z.union([z.string(), z.looseObject({ address: z.string() })]);
const manifestSchema = z.looseObject({
  programs: z.record(z.string(), z.record(z.string(), deployment)).optional(),
  provider: z.looseObject({ wallet: z.string().optional() }).optional(),
  test: test.optional(),
});
const suiteSchema = z.looseObject({ test: test.optional() });

export interface WorkspaceProgram {
  readonly id: string;
  readonly file: string;
  /** Whether the wallet may upgrade it. */
  readonly upgradeable: boolean;
}

export interface Workspace {
  readonly programs: readonly WorkspaceProgram[];
  readonly accounts: readonly { readonly address: string; readonly file: string }[];
  readonly accountFolders: readonly string[];
  readonly clones: readonly string[];
  /** Key file of the provider, if it names one. */
  readonly wallet: string | undefined;
}

function readToml<T>(path: string, schema: z.ZodType<T>): T {
  let content: unknown;
  try {
    content = parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new Failure("file-unreadable", `cannot read ${path}: ${(error as Error).message.split("\n")[0]}`);
  }
  const parsed = schema.safeParse(content);
  if (parsed.success) return parsed.data;
  const { path: where, message } = parsed.error.issues[0]!;
  throw new Failure("file-unreadable", `cannot read ${path}: ${where.join(".")}: ${message}`);
}

/** The programs that were built, at the addresses that the manifest names or that their key files have. */
function builtPrograms(
  folder: string,
  addresses: ReadonlyMap<string, string>,
  notice: (line: string) => void,
): WorkspaceProgram[] {
  const target = join(folder, TARGET);
  if (!existsSync(target)) return [];
  const files = readdirSync(target).filter((name) => name.endsWith(".so"));
  return files.sort().flatMap((name) => {
    const program = basename(name, ".so");
    const keyFile = join(target, `${program}-keypair.json`);
    const id = addresses.get(program) ?? (existsSync(keyFile) ? readKeyFile(keyFile).address : undefined);
    if (id !== undefined) return [{ id, file: join(target, name), upgradeable: true }];
    notice(`${join(TARGET, name)} is not deployed: no address, neither in Anchor.toml nor as ${program}-keypair.json`);
    return [];
  });
}

/** `suites`: files Test.toml, beside the manifest. Throws a Failure for a file that cannot be read. */
export function readWorkspace(folder: string, suites: readonly string[], notice: (line: string) => void): Workspace {
  const manifestPath = join(folder, "Anchor.toml");
  const manifest = existsSync(manifestPath) ? readToml(manifestPath, manifestSchema) : {};
  const addresses = new Map(
    Object.entries(manifest.programs?.localnet ?? {}).map(([name, program]) => [
      name,
      typeof program === "string" ? program : program.address,
    ]),
  );
  const tests = [
    { base: folder, test: manifest.test },
    ...suites
      .filter((path) => basename(path) === "Test.toml")
      .map((path) => ({ base: dirname(path), test: readToml(path, suiteSchema).test })),
  ];
  const all = tests.flatMap(({ base, test }) => (test ? [{ at: (path: string) => resolve(base, path), test }] : []));
  const wallet = manifest.provider?.wallet?.replace(/^~(?=\/)/, homedir());
  return {
    programs: [
      ...builtPrograms(folder, addresses, notice),
      ...all.flatMap(({ at, test }) =>
        test.genesis.map(({ address, program, upgradeable = false }) => ({
          id: address,
          file: at(program),
          upgradeable,
        })),
      ),
    ],
    accounts: all.flatMap(({ at, test }) =>
      (test.validator?.account ?? []).map(({ address, filename }) => ({ address, file: at(filename) })),
    ),
    accountFolders: all.flatMap(({ at, test }) =>
      (test.validator?.account_dir ?? []).map(({ directory }) => at(directory)),
    ),
    clones: all.flatMap(({ test }) => (test.validator?.clone ?? []).map(({ address }) => address)),
    wallet: wallet === undefined ? undefined : resolve(folder, wallet),
  };
}
