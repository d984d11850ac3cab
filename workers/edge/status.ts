/** `GET /v1/status`: tip and speed, for a status line or a monitor. Does not wake an idle chain. */
import type { BuilderStatus } from "../../durable-objects/builder/builder.ts";
import { builderStub, type Env } from "../../durable-objects/host/env.ts";

/** `null`: the builder is still starting. */
export async function networkStatus(env: Env): Promise<BuilderStatus | null> {
  return await builderStub(env).status();
}
