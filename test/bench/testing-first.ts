/** The first network of a process, in a process of its own: prints milliseconds, of loading the module and of starting. */
const begun = performance.now();
const { startNetwork } = await import("../../testing/index.ts");
const loaded = performance.now();
const network = await startNetwork();
console.log(JSON.stringify({ loadMs: loaded - begun, startMs: performance.now() - loaded }));
await network.close();

export {};
