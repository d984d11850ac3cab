/** How a command that runs until a signal ends: its network is stopped, then the signal ends it as if it had not been caught. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** The first signal; a second one ends the process at once. */
export function signalled(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const caught = (signal: NodeJS.Signals) => {
      for (const name of SIGNALS) process.off(name, caught);
      resolve(signal);
    };
    for (const name of SIGNALS) process.on(name, caught);
  });
}

/** Never returns. */
export async function endBy(signal: NodeJS.Signals): Promise<never> {
  process.kill(process.pid, signal);
  // It comes in a moment; until then something must be left to wait for.
  setInterval(() => {}, 1_000);
  return await new Promise<never>(() => {});
}
