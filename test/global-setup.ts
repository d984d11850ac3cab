import { buildWasm } from "../infra/build/wasm.mjs";

/** Every suite runs against the module built from the sources as they are. */
export default async function setup(): Promise<void> {
  await buildWasm();
}
