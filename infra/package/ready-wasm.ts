/** Stands for infra/build/wasm.mjs in the package: the module is built already. */
export const isStale = (): boolean => false;

export async function buildWasm(): Promise<boolean> {
  return false;
}
