/**
 * Solana's PubSub: WebSockets with hibernation around shared/rpc/subscription-driver.ts. What a socket subscribes to survives
 * hibernation in its attachment, and in a table once it no longer fits there. The same blocks go to the edge's binary streams:
 * outcome-streams.ts.
 */
import { DurableObject } from "cloudflare:workers";
import { decodeBlock } from "../../shared/protocol/block.ts";
import { decodeHeader } from "../../shared/protocol/header.ts";
import type { Message, NodeId } from "../../shared/protocol/messages.ts";
import type { BlockEvent } from "../../shared/rpc/block-event.ts";
import { Postponed } from "../../shared/rpc/refusals.ts";
import { SubscriptionDriver } from "../../shared/rpc/subscription-driver.ts";
import type { SocketId, StoredSubscription } from "../../shared/rpc/subscriptions.ts";
import { Unheard } from "../../shared/rpc/unheard.ts";
import { wasmServices } from "../../shared/rpc/wasm-services.ts";
import { COST, SLICE } from "../../shared/turns/costs.ts";
import { OUTBOX_LIMITS, Outbox, sendCost } from "../../shared/turns/outbox.ts";
import { EdgeBackend } from "../../workers/edge/backend.ts";
import { ADDRESS_HEADER } from "../../workers/edge/client.ts";
import type { Actor, ActorStats } from "../host/actor.ts";
import type { Env } from "../host/env.ts";
import { type LongField, unpackMessage } from "../host/long-message.ts";
import { sharedWasm } from "../host/shared-wasm.ts";
import { storageRoom } from "../host/storage-room.ts";
import { OutcomeStreams } from "./outcome-streams.ts";
import { SocketBudget, socketLimits } from "./socket-budget.ts";
import { SubscriptionTable } from "./subscription-table.ts";

/** A socket without subscription that has been silent for so long, milliseconds, goes when there is no room; looked for so often. */
const IDLE = { ms: 5_000, looks: 8 };
/** An attachment may have 2,048 bytes; this much of it for the subscriptions. */
const MAX_ATTACHED = 1_600;
/**
 * Bytes on their way to a client that has said nothing since: after them the socket is closed. web3.js and kit ping every
 * 5 s; a client that does not must say something once in a while.
 */
const UNHEARD = { socket: 32 << 20, all: 256 << 20, spared: 1 << 20 };
/** How often at most all are looked at for pings, milliseconds. */
const PINGS_MS = 1_000;
/** Answers that wait: more of one socket are no client's calls one after the other. */
const POSTPONED = { answers: 1_000, characters: 256 << 10, charactersOfAll: 16 << 20 };
/** Characters of a message that does not wait for its turn where none does before it: a whole block. */
const WHOLE = 1 << 20;
/** While somebody waits for slots, the chain is looked at this often so that it goes on making them, milliseconds. */
const LOOK_MS = 5_000;

/** Channels of the edge's binary streams connect with this path. */
export const STREAM_PATH = "/v1/stream";

const NORMAL = 1000;
const NO_STATUS = 1005;
const LOST = 1006;
const GOING_AWAY = 1001;
const TRY_AGAIN_LATER = 1013;
const PING = JSON.stringify({ jsonrpc: "2.0", method: "ping" });
const PONG = JSON.stringify({ jsonrpc: "2.0", result: "pong", id: null });

/** What a socket carries through hibernation. `subscriptions` null: they are in the table. */
interface Attachment {
  readonly socket: SocketId;
  /** Of the client. */
  readonly address: string;
  readonly subscriptions: readonly StoredSubscription[] | null;
}

export interface SubscriptionStats extends ActorStats {
  readonly sockets: number;
  readonly subscriptions: number;
  /** Messages that wait to be sent, and their characters. */
  readonly waiting: number;
  readonly waitingCharacters: number;
  /** Characters sent to clients that have said nothing since. */
  readonly unheard: number;
  /** Sockets closed because they read too slowly or were told too much. */
  readonly dropped: number;
}

interface Connection {
  readonly webSocket: WebSocket;
  attachment: Attachment;
  heardAt: number;
}

export class Subscriptions extends DurableObject<Env> implements Actor {
  readonly #table: SubscriptionTable;
  readonly #backend: EdgeBackend;
  readonly #driver: SubscriptionDriver;
  readonly #connections = new Map<SocketId, Connection>();
  readonly #streams: OutcomeStreams;
  readonly #postponed = new Postponed(POSTPONED);
  readonly #outbox = new Outbox(OUTBOX_LIMITS);
  readonly #unheard = new Unheard(UNHEARD);
  #pingsSeenAt = 0;
  #isSending = false;
  /** Units of work with what clients say, since others had their turn. */
  #spent = 0;
  #dropped = 0;
  readonly #budget: SocketBudget<SocketId>;
  #nextLook: ReturnType<typeof setTimeout> | undefined;
  #calls = 0;
  #events = 0;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#table = new SubscriptionTable(ctx.storage.sql, (write) => setTimeout(() => this.#store(write), 0));
    this.#backend = new EdgeBackend(env);
    this.#streams = new OutcomeStreams(env);
    this.#budget = new SocketBudget(socketLimits(env.LIMITS?.webSockets));
    this.#driver = new SubscriptionDriver(this.#backend, wasmServices(sharedWasm()), {
      send: (socket, text, delayMs) => (delayMs ? this.#sendLater(socket, text, delayMs) : this.#send(socket, text)),
      drop: (socket, reason) => this.#dropSocket(socket, reason),
      added: (socket, stored) => this.#added(socket, stored),
      removed: (socket, id) => this.#removed(socket, id),
      worked: (cost) => this.#worked(cost),
      fault: (fault, where) =>
        console.error(`subscriptions: ${where}: ${fault instanceof Error ? fault.message : String(fault)}`),
    });
    // Answered by the platform, without waking the object.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
    for (const webSocket of ctx.getWebSockets()) this.#connect(webSocket);
    this.#forgetLost();
  }

  // --- sockets ---

  override async fetch(request: Request): Promise<Response> {
    if (request.headers.get("Upgrade")?.toLowerCase() !== "websocket") {
      return new Response("Solana's PubSub: connect with a WebSocket\n", { status: 426 });
    }
    // Only the edge comes with this path: it sends clients here with their own.
    const address = request.headers.get(ADDRESS_HEADER) ?? "";
    if (new URL(request.url).pathname === STREAM_PATH) return this.#streams.open(address, () => this.#look());
    const refusal = this.#makeRoom(address);
    if (refusal) return refusal;
    const { 0: client, 1: server } = new WebSocketPair();
    const attachment: Attachment = { socket: crypto.randomUUID(), address, subscriptions: [] };
    this.ctx.acceptWebSocket(server);
    server.serializeAttachment(attachment);
    this.#connect(server);
    return new Response(null, { status: 101, webSocket: client });
  }

  #connect(webSocket: WebSocket): Connection {
    const attachment = webSocket.deserializeAttachment() as Attachment;
    const connection = { webSocket, attachment, heardAt: Date.now() };
    this.#connections.set(attachment.socket, connection);
    this.#budget.add(attachment.socket, attachment.address);
    if (attachment.subscriptions?.length !== 0) this.#budget.heard(attachment.socket, false);
    this.#driver.opened(attachment.socket, attachment.subscriptions ?? this.#table.of(attachment.socket));
    return connection;
  }

  override async webSocketMessage(webSocket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    const { socket } = webSocket.deserializeAttachment() as Attachment;
    const connection = this.#connections.get(socket);
    if (connection === undefined) return;
    this.#unheard.heard(socket);
    connection.heardAt = Date.now();
    this.#events++;
    this.#budget.heard(socket, connection.attachment.subscriptions?.length === 0);
    const text = typeof message === "string" ? message : new TextDecoder().decode(message);
    await Promise.all([this.#driver.message(socket, text), this.#worked(COST.heard)]);
    this.#look();
  }

  /**
   * After a slice of work others get their turn: the platform hands over a socket's messages one after another without looking at any other
   * socket in between, as long as there are some. It waits while the object takes no events.
   */
  async #worked(cost: number): Promise<void> {
    this.#spent += cost;
    if (this.#spent < SLICE) return;
    this.#spent = 0;
    await this.ctx.blockConcurrencyWhile(() => new Promise<void>((resolve) => setTimeout(resolve, 0)));
  }

  override async webSocketClose(webSocket: WebSocket, code: number): Promise<void> {
    this.#disconnect((webSocket.deserializeAttachment() as Attachment).socket);
    try {
      // The client's goodbye is answered with its own code, unless that is one that may not be sent (none, lost).
      if (code !== LOST) webSocket.close(code === NO_STATUS ? NORMAL : code);
    } catch {
      // It is closed already.
    }
    await this.#worked(COST.heard);
  }
  override async webSocketError(webSocket: WebSocket): Promise<void> {
    this.#disconnect((webSocket.deserializeAttachment() as Attachment).socket);
    await this.#worked(COST.heard);
  }

  #disconnect(socket: SocketId): void {
    this.#budget.remove(socket);
    const connection = this.#connections.get(socket);
    if (connection !== undefined) this.#forgetConnection(connection);
  }

  #forgetConnection({ attachment: { socket, subscriptions } }: Connection): void {
    this.#connections.delete(socket);
    this.#outbox.drop(socket);
    this.#unheard.heard(socket);
    this.#driver.closed(socket);
    if (subscriptions === null) this.#table.forget(socket);
  }

  #send(socket: SocketId, text: string): void {
    if (!this.#connections.has(socket)) return;
    if (text.length > WHOLE && !this.#outbox.waits(socket)) this.#sendNow(socket, text);
    else if (this.#outbox.push(socket, text)) void this.#sendAll();
    else this.#dropSocket(socket, "too many notifications");
  }

  /** What waits goes out in slices, sockets in turns: in between the object hears others. */
  async #sendAll(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    // Whoever says something now has said all of it when the slice begins.
    await null;
    while (this.#outbox.messages > 0) {
      for (let spent = 0; spent < SLICE; ) {
        const next = this.#outbox.next();
        if (!next) break;
        spent += sendCost(next.text);
        this.#sendNow(next.socket, next.text);
      }
      if (this.#outbox.messages > 0) await new Promise((resolve) => setTimeout(resolve, 0));
    }
    this.#isSending = false;
  }

  #sendNow(socket: SocketId, text: string): void {
    const connection = this.#connections.get(socket);
    if (connection === undefined) return;
    if (this.#unheard.sent(socket, text.length) && !this.#answersPings(connection) && this.#isSlow(socket)) {
      this.#drop(connection);
      return;
    }
    try {
      connection.webSocket.send(text);
    } catch {
      this.#disconnect(socket);
    }
  }

  #sendLater(socket: SocketId, text: string, delayMs: number): void {
    const connection = this.#connections.get(socket);
    if (connection === undefined) return;
    if (!this.#postponed.take(socket, text.length)) {
      this.#drop(connection, "too many refused calls");
      return;
    }
    setTimeout(() => {
      this.#postponed.done(socket, text.length);
      this.#send(socket, text);
    }, delayMs);
  }

  /** Not because of bytes that others, who ping, have read long ago. */
  #isSlow(socket: SocketId): boolean {
    const now = Date.now();
    if (this.#unheard.isOver && now - this.#pingsSeenAt >= PINGS_MS) {
      this.#pingsSeenAt = now;
      for (const connection of this.#connections.values()) this.#answersPings(connection);
    }
    return this.#unheard.isSlow(socket);
  }

  /** Pings are answered without us: only the platform knows when the last one came. */
  #answersPings(connection: Connection): boolean {
    const pinged = this.ctx.getWebSocketAutoResponseTimestamp(connection.webSocket)?.getTime() ?? 0;
    if (pinged <= connection.heardAt) return false;
    connection.heardAt = pinged;
    this.#unheard.heard(connection.attachment.socket);
    return true;
  }

  #dropSocket(socket: SocketId, reason: string): void {
    const connection = this.#connections.get(socket);
    if (connection) this.#drop(connection, reason);
  }

  /** Room for a socket of that address where one that is idle can go; else why there is none. */
  #makeRoom(address: string): Response | undefined {
    for (let look = 0; look < IDLE.looks; look++) {
      const refusal = this.#budget.refusal(address);
      const socket = refusal && this.#budget.longestIdle(address);
      const connection = socket && this.#connections.get(socket);
      if (!connection) return refusal;
      if (this.#answersPings(connection)) this.#budget.heard(socket, true);
      else if (Date.now() - connection.heardAt < IDLE.ms) return refusal;
      else this.#drop(connection, "idle, and others need the room", GOING_AWAY);
    }
    return this.#budget.refusal(address);
  }

  #drop(connection: Connection, reason = "too slow", code = TRY_AGAIN_LATER): void {
    this.#dropped++;
    this.#forgetConnection(connection);
    this.#budget.leave(connection.attachment.socket);
    try {
      connection.webSocket.close(code, reason);
    } catch {
      // It is closed already.
    }
  }

  // --- what survives hibernation ---

  /** What a full disk does not take is known until the object goes. */
  #store(write: () => void): void {
    try {
      write();
    } catch (fault) {
      if (!storageRoom.blame(fault)) throw fault;
    }
  }

  #added(socket: SocketId, stored: StoredSubscription): void {
    const connection = this.#connections.get(socket);
    if (connection === undefined) return;
    this.#budget.heard(socket, false);
    const { subscriptions } = connection.attachment;
    if (subscriptions === null) this.#table.insert(socket, [stored]);
    else this.#attach(connection, [...subscriptions, stored]);
  }

  #removed(socket: SocketId, id: number): void {
    const connection = this.#connections.get(socket);
    if (connection === undefined) return;
    const { subscriptions } = connection.attachment;
    if (subscriptions === null) this.#table.remove(socket, id);
    else
      this.#attach(
        connection,
        subscriptions.filter((one) => one.id !== id),
      );
    if (connection.attachment.subscriptions?.length === 0) this.#budget.heard(socket, true);
  }

  #attach(connection: Connection, subscriptions: readonly StoredSubscription[]): void {
    const { socket, address } = connection.attachment;
    const fits = new TextEncoder().encode(JSON.stringify(subscriptions)).length <= MAX_ATTACHED;
    connection.attachment = { socket, address, subscriptions: fits ? subscriptions : null };
    connection.webSocket.serializeAttachment(connection.attachment);
    if (!fits) this.#table.insert(socket, subscriptions);
  }

  /** Sockets do not survive the process: their rows may. */
  #forgetLost(): void {
    for (const socket of this.#table.sockets()) if (!this.#connections.has(socket)) this.#table.forget(socket);
  }

  // --- blocks ---

  /** One stored block, in order; repetitions say nothing. */
  async blockStored(event: BlockEvent): Promise<void> {
    this.#events++;
    this.#look();
    await this.#driver.block(event);
  }

  async deliver(_from: NodeId, message: Message, long?: LongField): Promise<void> {
    this.#calls++;
    const whole = long ? await unpackMessage(message, long) : message;
    if (whole.type !== "blockStored") return;
    const { header, frame, results } = decodeBlock(whole.block);
    const { slot, parentSlot, height, blockhash, parentBlockhash, unixTimestamp } = decodeHeader(header);
    const streams = this.#streams.block(slot, height, frame, results);
    // Stored is final: the root is the block itself.
    await this.blockStored({
      slot: BigInt(slot),
      parentSlot: BigInt(parentSlot),
      blockHeight: BigInt(height),
      blockhash,
      previousBlockhash: parentBlockhash,
      blockTime: BigInt(unixTimestamp),
      root: BigInt(slot),
      frame,
      results,
      heardAt: BigInt(Date.now()),
    });
    await streams;
  }

  /** An idle chain makes no slots: as long as somebody waits for them, look at the tip now and then. */
  #look(): void {
    const wanted = this.#driver.machine.wantsSlots || this.#streams.waiting;
    if (!wanted || this.#nextLook !== undefined) return;
    // By the clock, not by the blocks: a builder that has lost its memory makes none until somebody looks.
    this.#nextLook = setTimeout(() => {
      this.#nextLook = undefined;
      this.#look();
    }, LOOK_MS);
    this.#backend.head().catch(() => {
      // The next look asks again.
    });
  }

  async stats(): Promise<SubscriptionStats> {
    return {
      sockets: this.#connections.size,
      subscriptions: this.#driver.machine.count,
      waiting: this.#outbox.messages,
      waitingCharacters: this.#outbox.characters,
      unheard: this.#unheard.all,
      dropped: this.#dropped,
      rowsWritten: this.#table.rowsWritten,
      bytesWritten: 0,
      messagesSent: 0,
      messagesFailed: 0,
      callsReceived: this.#calls,
      events: this.#events,
      memory: {
        databaseBytes: this.#table.databaseBytes,
        sockets: this.#connections.size,
        subscriptions: this.#driver.machine.count,
        postponedBytes: this.#postponed.characters,
        ...this.#streams.memory(),
      },
    };
  }
}
