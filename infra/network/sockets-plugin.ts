/**
 * The ports of a network, as sockets of workerd's. Miniflare's own ("direct sockets") take the description of the client from a header
 * that every client can send; with these workerd gives it itself: `request.cf.clientIp`.
 */
import type { Plugin } from "miniflare";

/** Name of the plugin, and of the type of binding that carries its options. */
export const SOCKETS = "sockets";

export interface SocketOptions {
  readonly name: string;
  /** An address or a name, and the port. */
  readonly host: string;
  readonly port: number;
  /** Of the worker; the default one when absent. */
  readonly entrypoint?: string | undefined;
}

interface Binding {
  readonly type: string;
  readonly dev?: { readonly options?: { readonly service: string; readonly sockets: readonly SocketOptions[] } };
}

const at = (host: string, port: number) => (host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`);

/** A binding of the worker `workerName` that has these sockets and nothing else. */
export const socketsBinding = (workerName: string, sockets: readonly SocketOptions[]) => ({
  name: "SOCKETS",
  type: SOCKETS,
  plugin: { package: import.meta.filename, name: SOCKETS },
  options: { service: `core:user:${workerName}`, sockets },
});

export const plugins: Record<string, Plugin> = {
  [SOCKETS]: {
    getBindings: () => undefined,
    getNodeBindings: () => ({}),
    getServices({ options }) {
      const bindings = Object.values(options.config.env ?? {}) as readonly Binding[];
      const sockets = bindings.flatMap(({ type, dev }) => {
        if (type !== `unsafe:${SOCKETS}` || !dev?.options) return [];
        const { service, sockets } = dev.options;
        return sockets.map(({ name, host, port, entrypoint }) => ({
          name,
          address: at(host, port),
          service: { name: service, entrypoint },
          http: {},
        }));
      });
      return { services: [], extensions: [], sockets };
    },
  },
};
