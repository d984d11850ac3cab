/**
 * What wrangler.toml says of the worker, for processes that are started without Wrangler. What is only about a deployment is left out; a
 * key that is not known here is refused, so that nothing runs without something that it has on the globe.
 */
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parse } from "smol-toml";
import * as z from "zod";
import { Failure } from "./failure.ts";

export interface ObjectBinding {
  /** In `env`. */
  readonly binding: string;
  readonly className: string;
}

export interface Deployable {
  readonly name: string;
  /** Absolute path of the main module. */
  readonly main: string;
  /** YYYY-MM-DD. */
  readonly compatibilityDate: string;
  readonly compatibilityFlags: readonly string[];
  readonly objects: readonly ObjectBinding[];
}

/** Keys that say how it is built and deployed, and nothing about how it runs. */
const DEPLOYMENT_ONLY = [
  "account_id",
  "build",
  "env",
  "keep_names",
  "limits",
  "logpush",
  "migrations",
  "observability",
  "placement",
  "preview_urls",
  "route",
  "routes",
  "rules",
  "workers_dev",
] as const;

const FILE = z.strictObject({
  name: z.string(),
  main: z.string(),
  compatibility_date: z.iso.date(),
  compatibility_flags: z.array(z.string()).default([]),
  durable_objects: z
    .strictObject({ bindings: z.array(z.strictObject({ name: z.string(), class_name: z.string() })) })
    .default({ bindings: [] }),
  ...Object.fromEntries(DEPLOYMENT_ONLY.map((key) => [key, z.unknown().optional()])),
});

/** Throws a Failure "build-failed" where the file says something that could not be followed. */
export function readDeployable(path: string): Deployable {
  const read = FILE.safeParse(parse(readFileSync(path, "utf8")));
  if (!read.success) {
    const [{ path: at, message }] = read.error.issues as [z.core.$ZodIssue, ...z.core.$ZodIssue[]];
    throw new Failure("build-failed", `${path}: ${[...at, message].join(": ")}`);
  }
  const { name, main, compatibility_date, compatibility_flags, durable_objects } = read.data;
  return {
    name,
    main: resolve(dirname(path), main),
    compatibilityDate: compatibility_date,
    compatibilityFlags: compatibility_flags,
    objects: durable_objects.bindings.map(({ name: binding, class_name: className }) => ({ binding, className })),
  };
}
