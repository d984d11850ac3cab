/** `solana logs`: what transactions log, as they are confirmed. Until the network or the launcher ends it. */
import { clusterUrl } from "./cluster.ts";
import { websocketUrl } from "./config.ts";

interface LogsNotification {
  readonly method?: string;
  readonly id?: number;
  readonly error?: { readonly message: string };
  readonly params?: {
    readonly result: {
      readonly context: { readonly slot: number };
      readonly value: { readonly signature: string; readonly err: unknown; readonly logs: readonly string[] };
    };
  };
}

function print({ params }: LogsNotification): void {
  const { context, value } = params!.result;
  const status = value.err === null ? "Ok" : JSON.stringify(value.err);
  const lines = [
    `Transaction executed in slot ${context.slot}:`,
    `  Signature: ${value.signature}`,
    `  Status: ${status}`,
    "  Log Messages:",
    ...value.logs.map((line) => `    ${line}`),
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}

/** Resolves with the exit code once the connection is closed. */
export function streamLogs(url: string, address: string | undefined, commitment: string): Promise<number> {
  const shown = commitment[0]!.toUpperCase() + commitment.slice(1);
  return new Promise((resolve) => {
    const socket = new WebSocket(websocketUrl(clusterUrl(url)));
    let exitCode = 1;
    socket.addEventListener("open", () => {
      const filter = address === undefined ? "all" : { mentions: [address] };
      const params = [filter, { commitment }];
      socket.send(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "logsSubscribe", params }));
    });
    socket.addEventListener("message", ({ data }) => {
      const message = JSON.parse(String(data)) as LogsNotification;
      if (message.id === 1 && message.error) {
        process.stderr.write(`Error: ${message.error.message}\n`);
        socket.close();
      } else if (message.id === 1) {
        exitCode = 0;
        const what = address === undefined ? "" : ` mentioning ${address}`;
        process.stdout.write(`Streaming transaction logs${what}. ${shown} commitment\n`);
      } else if (message.method === "logsNotification") {
        print(message);
      }
    });
    socket.addEventListener("error", () => process.stderr.write(`Error: no WebSocket at ${socket.url}\n`));
    socket.addEventListener("close", () => resolve(exitCode));
  });
}
