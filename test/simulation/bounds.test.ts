/** Queues with limits, pushed against them. */
import { expect, it } from "vitest";
import { shardSeeds } from "../../shared/protocol/context.ts";
import {
  CONTEXT_SIZE,
  EARLY_SLOTS,
  LANE_WINDOW_BYTES,
  MAX_FRAME_BYTES,
  MAX_LANE_BYTES,
} from "../../shared/protocol/limits.ts";
import { LaneMachine } from "../../shared/scheduling/lane-machine.ts";
import { DEFAULT_CHECKPOINT } from "../../shared/state/shard-config.ts";
import { ShardEngine } from "../../shared/state/shard-engine.ts";
import { ShardMachine } from "../../shared/state/shard-machine.ts";
import { sha256, wasmModule } from "./cluster.ts";
import { SimulatedStorage } from "./storage.ts";
import { GENESIS_HASH } from "./world.ts";

it("a lane that nobody empties refuses at its limit, keeps its window, and takes again when it is emptied", () => {
  const lane = new LaneMachine(sha256);
  lane.boot(new SimulatedStorage());
  const frame = new Uint8Array(MAX_FRAME_BYTES);
  let accepted = 0;
  let refused = 0;
  let sent = 0;
  for (let token = 0; token < 50; token++) {
    const effects = [
      ...lane.step({ type: "submit", token, frame }, token * 10),
      ...lane.step({ type: "timer", name: "flush" }, token * 10 + 4),
    ];
    for (const effect of effects) {
      if (effect.type === "resolve" && effect.value.ok) accepted++;
      if (effect.type === "resolve" && !effect.value.ok) refused++;
      if (effect.type === "send" && effect.message.type === "frames") sent += effect.message.frame.length;
    }
    expect(lane.heldBytes).toBeLessThanOrEqual(MAX_LANE_BYTES);
  }
  expect(accepted).toBe(MAX_LANE_BYTES / MAX_FRAME_BYTES);
  expect(refused).toBe(50 - accepted);
  expect(sent).toBeLessThanOrEqual(LANE_WINDOW_BYTES);
  lane.step({ type: "message", from: "builder", message: { type: "taken", seq: accepted } }, 1000);
  expect(lane.heldBytes).toBe(0);
  expect(lane.step({ type: "submit", token: 99, frame }, 2000).map(({ type }) => type)).toEqual(["timer"]);
});

it("a shard keeps messages of so many slots that have not begun, and no more", () => {
  const engine = new ShardEngine(wasmModule(), { shardIndex: 0, shardCount: 2, ...shardSeeds(sha256, GENESIS_HASH) });
  const shard = new ShardMachine(engine, { ...DEFAULT_CHECKPOINT, shard: 0 }, () => new Uint8Array(8));
  shard.boot(new SimulatedStorage());
  const proposal = new Uint8Array(96 + CONTEXT_SIZE);
  // Their predecessor is not here.
  new DataView(proposal.buffer).setBigUint64(56, 1n, true);
  for (let slot = 2; slot < 200; slot++) {
    const accounts = new Uint8Array(72);
    shard.step({
      type: "message",
      from: "shard-1",
      message: { type: "loan", slot, view: 0, digest: new Uint8Array(32), accounts },
    });
    shard.step({
      type: "message",
      from: "builder",
      message: { type: "proposal", slot, view: 0, digest: new Uint8Array(32), proposal },
    });
    expect(shard.early).toBeLessThanOrEqual(EARLY_SLOTS);
  }
  expect(shard.early).toBe(EARLY_SLOTS);
});
