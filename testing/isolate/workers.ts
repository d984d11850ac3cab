/** Stands for the module cloudflare:workers in an in-process network. */
export class DurableObject<Env> {
  protected readonly ctx: DurableObjectState;
  protected readonly env: Env;

  constructor(ctx: DurableObjectState, env: Env) {
    this.ctx = ctx;
    this.env = env;
  }
}

/** Work goes on by itself here, whatever becomes of its request. */
export function waitUntil(_work: Promise<unknown>): void {}
