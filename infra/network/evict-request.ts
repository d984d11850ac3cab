/** What the worker that evicts objects is asked. */

export const EVICT_TOKEN_HEADER = "x-evict-token";

export interface EvictRequest {
  readonly className: string;
  readonly name: string;
}
