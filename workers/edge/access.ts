/** Who may use what a network guards, from a request's headers. Rules: shared/rpc/access.ts. */
import { ErrorCode } from "../../shared/errors/codes.ts";
import type { Network } from "../../shared/protocol/network.ts";
import { type AccessHeaders, AccessPolicy } from "../../shared/rpc/access.ts";
import type { Asker } from "../../shared/rpc/call.ts";
import { problem } from "./problem.ts";

/** How long a browser may remember the answer to OPTIONS, seconds; Agave's value. */
const CORS_MAX_AGE_S = 86_400;
/** Set by Cloudflare, on the globe and by `wrangler dev`. */
const CLIENT_ADDRESS = "cf-connecting-ip";
const IS_ADDRESS = /^[0-9a-f.:]{2,45}$/i;
/** As Agave's faucet: this machine's own clients are told apart by the recipient only. */
const IS_LOOPBACK = /^127\.|^::1$|^::ffff:127\./i;

const headersOf = ({ headers }: Request): AccessHeaders => ({
  host: headers.get("host"),
  origin: headers.get("origin"),
  contentType: headers.get("content-type"),
});

function addressOf(request: Request): string | undefined {
  const address = request.headers.get(CLIENT_ADDRESS);
  return address !== null && IS_ADDRESS.test(address) && !IS_LOOPBACK.test(address) ? address : undefined;
}

export class EdgeAccess {
  readonly #policy: AccessPolicy;
  readonly #dev: boolean;

  constructor({ access, dev = false }: Pick<Network, "access" | "dev">) {
    this.#policy = new AccessPolicy(access);
    this.#dev = dev;
  }

  /** Of a request with JSON-RPC. Its headers are read when somebody asks: most methods do not. */
  asker(request: Request): Asker {
    const policy = this.#policy;
    return {
      get refusal() {
        return policy.refusal(headersOf(request));
      },
      get address() {
        return addressOf(request);
      },
    };
  }

  /**
   * The answer to an upgrade that is refused; null: it is fine. Subscriptions are reads, and what a stream takes is signed: on an ordinary
   * network every page may open them, as with Agave. A network for development is one developer's, and for his pages.
   */
  refuseUpgrade(request: Request): Response | null {
    if (!this.#dev || this.#policy.pageRefusal(headersOf(request)) === null) return null;
    return problem(ErrorCode.EDGE_FORBIDDEN);
  }

  /** Which page may read an answer: on an ordinary network every one, as with Agave; on one for development those that are listed. */
  corsHeaders(request: Request): Record<string, string> {
    if (!this.#dev) return { "access-control-allow-origin": "*" };
    const { origin, host } = headersOf(request);
    const vary = { vary: "origin" };
    if (origin === null || !this.#policy.lets(origin, host)) return vary;
    return { "access-control-allow-origin": origin, ...vary };
  }
}

/** The answer to OPTIONS. Without an allowed origin the browser does not send the page's request. */
export function preflight(request: Request, cors: Record<string, string>): Response {
  const headers = {
    ...cors,
    ...(cors["access-control-allow-origin"] !== undefined && {
      "access-control-allow-methods": "OPTIONS, GET, POST",
      "access-control-allow-headers": request.headers.get("access-control-request-headers") ?? "*",
      "access-control-max-age": String(CORS_MAX_AGE_S),
    }),
  };
  return new Response(null, { status: 204, headers });
}
