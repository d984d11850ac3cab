/** Shell of the ingress lane (shared/scheduling/lane-machine.ts). */
import { DurableObject } from "cloudflare:workers";
import type { SubmitAnswer } from "../../shared/protocol/actor.ts";
import type { Message, NodeId } from "../../shared/protocol/messages.ts";
import { parseNetwork } from "../../shared/protocol/network.ts";
import { LaneMachine, type SubmitEvent } from "../../shared/scheduling/lane-machine.ts";
import type { Actor, ActorStats } from "../host/actor.ts";
import type { Env } from "../host/env.ts";
import type { LongField } from "../host/long-message.ts";
import { MachineHost } from "../host/machine-host.ts";
import { sha256 } from "../host/sha256.ts";
import { sharedWasm } from "../host/shared-wasm.ts";
import { GroupVerifier, type SingleAnswer } from "./group-verifier.ts";

export interface LaneStats extends ActorStats {
  /** Bytes that are not durable yet, or that the builder has not taken. */
  readonly heldBytes: number;
}

export class IngressLane extends DurableObject<Env> implements Actor {
  readonly #host: MachineHost<SubmitEvent>;
  readonly #machine = new LaneMachine(sha256);
  readonly #verifier = new GroupVerifier(
    sharedWasm,
    (frame) => this.#host.ask((token) => ({ type: "submit", token, frame, isGathered: true })),
    (work) => setTimeout(work, 0),
  );

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const { genesisHash } = parseNetwork(env.NETWORK);
    this.#host = new MachineHost(ctx, env, ctx.id.name as NodeId, genesisHash, this.#machine);
  }

  /** A frame of verified transactions. Answers when it is durable here, or that the lane is full. */
  submit(frame: Uint8Array): Promise<SubmitAnswer> {
    return this.#host.ask((token) => ({ type: "submit", token, frame }));
  }

  /** A frame of transactions whose signatures nobody has checked yet. Answers for each when it is durable here, or why it is not. */
  submitUnverified(frame: Uint8Array): Promise<SingleAnswer[]> {
    return this.#verifier.add(frame);
  }

  deliver(from: NodeId, message: Message, long?: LongField): Promise<void> {
    return this.#host.deliver(from, message, long);
  }

  override async alarm(): Promise<void> {
    this.#host.alarm();
  }

  async stats(): Promise<LaneStats> {
    return { ...this.#host.stats(), heldBytes: this.#machine.heldBytes };
  }
}
