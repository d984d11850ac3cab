/** The worker in which the benchmarks of single stages run: `POST /name` with the options, answers with the result. */
import cryptoModule from "../../../build/bench-crypto.wasm";
import engineModule from "../../../build/infinisvm.wasm";
import { benchCrypto } from "./crypto.ts";
import { benchPlatform, type PlatformObject } from "./platform.ts";
import { benchSbpf, type SbpfOptions } from "./sbpf.ts";
import { benchExecute, benchParse, benchPlan, type ExecuteOptions, type PlanOptions } from "./stages.ts";

export { PlatformObject } from "./platform.ts";

interface BenchEnv {
  readonly PLATFORM: DurableObjectNamespace<PlatformObject>;
}

const parts = {
  crypto: (options: { rounds: number }) => benchCrypto(cryptoModule, options.rounds),
  parse: (options: { rounds: number }) => benchParse(engineModule, options.rounds),
  plan: (options: PlanOptions) => benchPlan(engineModule, options),
  execute: (options: ExecuteOptions) => benchExecute(engineModule, options),
  sbpf: (options: SbpfOptions) => benchSbpf(engineModule, options),
  platform: (options: { rounds: number }, env: BenchEnv) => benchPlatform(env.PLATFORM, options.rounds),
};
export type WorkerParts = typeof parts;

export default {
  async fetch(request: Request, env: BenchEnv): Promise<Response> {
    const name = new URL(request.url).pathname.slice(1) as keyof WorkerParts;
    const part = parts[name] as (options: unknown, env: BenchEnv) => Promise<unknown>;
    try {
      return Response.json(await part(await request.json(), env));
    } catch (error) {
      return new Response(error instanceof Error ? (error.stack ?? error.message) : String(error), { status: 500 });
    }
  },
};
