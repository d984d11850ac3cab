/** Stands for testing/isolate/build.ts in the package: the script is built already. */
export async function buildIsolate(): Promise<void> {}
