/** Connections by the thousand. */
import type { Attack, Context, End, Start } from "../attack.ts";
import { type Opening, openMany, upgradeRequest } from "./raw-socket.ts";

const IDLE: Opening = { first: () => "", answered: false };

const held =
  (context: Context, count: number, opening: Opening): Start =>
  async (end: End) => {
    await openMany(context, end, context.small ? Math.ceil(count / 100) : count, opening);
    await end.over;
  };

export const CONNECTIONS: readonly Attack[] = [
  {
    name: "idle-sockets",
    what: "10,000 WebSockets that say nothing",
    prepare: async (context) => held(context, 10_000, { first: () => upgradeRequest(context.url), answered: true }),
  },
  {
    name: "idle-tcp",
    what: "12,000 TCP connections that say nothing",
    prepare: async (context) => held(context, 12_000, IDLE),
  },
  {
    name: "connections",
    what: "20,000 connections, opened as fast as possible and kept",
    prepare: async (context) => held(context, 20_000, IDLE),
  },
];
