/**
 * Who may call what changes the chain without a signature: the faucet, and the methods of a network for development.
 *
 *   a page's script ──simple POST (text/plain)──▶ 127.0.0.1   the browser asks nobody: content-type has to be JSON
 *   a page's script ──POST with JSON, WebSocket──▶ 127.0.0.1   sent with the page's Origin: it has to be on the list
 *   evil.example, which now resolves to 127.0.0.1             "same origin" for the browser: Host tells the name
 *
 * A browser sends the first two whoever the page belongs to, and the third (DNS rebinding) as if the page were ours. Programs that are
 * no browser send no Origin and pass; they can reach the network anyway.
 */

export interface AccessList {
  /** Names that the network is asked under beside those of loopback. "0.0.0.0" and "::": it listens on every address. */
  readonly hosts: readonly string[];
  /** Origins of pages beside those of loopback, browser extensions and the network's own. "*": all. */
  readonly origins: readonly string[];
}

/** What of the request is in the way. */
export type Obstacle = "host" | "origin" | "contentType";

export interface Refusal {
  readonly obstacle: Obstacle;
  /** Why, and what would help; goes behind "METHOD is refused: ". */
  readonly why: string;
}

/** Null where the request has no such header. */
export interface AccessHeaders {
  readonly host: string | null;
  readonly origin: string | null;
  readonly contentType: string | null;
}

/** Longest name in an answer. */
const SHOWN = 100;
const EVERY_ADDRESS = ["0.0.0.0", "::", "[::]"];
/** Not of a page: browsers give it to their extensions only. */
const EXTENSION = /^(chrome|moz|safari-web)-extension:\/\/[\w-]+$/i;
/** With or without parameters behind it. */
const JSON_TYPE = /^\s*application\/json\s*(;|$)/i;
const IPV4 = /^\d+\.\d+\.\d+\.\d+$/;
/** Names that no public DNS server answers: machines of a local network, containers. */
const PRIVATE_NAME = /^[^.]+$|\.(internal|local)$/;

const shown = (text: string): string => (text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text);

/** Host and port of a Host header as URLs have them; null for what is none. */
function parseHost(host: string): URL | null {
  if (host === "" || /[\s/\\?#@]/.test(host)) return null;
  return URL.parse(`http://${host}/`);
}

/** Without the dot that ends an absolute name. */
const nameOf = ({ hostname }: URL): string => hostname.replace(/\.$/, "");

/** Names of this machine for itself (RFC 6761 section 6.3 for `localhost` and what is below it). `name` as URL.hostname has it. */
export function isLoopbackName(name: string): boolean {
  if (name === "localhost" || name.endsWith(".localhost") || name === "[::1]") return true;
  return IPV4.test(name) && name.startsWith("127.");
}

/** As it is compared: an origin in lower case, without a slash at its end. */
export const normalOrigin = (origin: string): string => origin.trim().replace(/\/$/, "").toLowerCase();

/** As it is compared: a name in lower case, an IPv6 address in brackets. Null for what is no name or address. */
export function normalHost(host: string): string | null {
  const isBare = host.includes(":") && !host.startsWith("[");
  const url = parseHost(isBare ? `[${host}]` : host);
  return url === null || url.port !== "" ? null : nameOf(url);
}

export class AccessPolicy {
  readonly #hosts: ReadonlySet<string>;
  readonly #origins: ReadonlySet<string>;
  readonly #listensEverywhere: boolean;

  constructor({ hosts, origins }: AccessList) {
    this.#hosts = new Set(hosts.map((host) => normalHost(host) ?? host));
    this.#origins = new Set(origins.map(normalOrigin));
    this.#listensEverywhere = hosts.some((host) => EVERY_ADDRESS.includes(host));
  }

  /** What keeps the request from a method that is guarded; null: nothing. */
  refusal(headers: AccessHeaders): Refusal | null {
    if (!JSON_TYPE.test(headers.contentType ?? "")) {
      return { obstacle: "contentType", why: "the request's content-type must be application/json" };
    }
    return this.pageRefusal(headers);
  }

  /** The same for what has no body: the upgrade to a WebSocket. */
  pageRefusal({ host, origin }: Omit<AccessHeaders, "contentType">): Refusal | null {
    const asked = host === null ? null : parseHost(host);
    if (asked === null || !this.#isOurs(nameOf(asked))) {
      const name = host === null ? "nothing" : shown(host);
      const why = `the Host header names ${name}, which is no name of this network (--allow-host NAME makes it one)`;
      return { obstacle: "host", why };
    }
    if (origin === null || this.#isListed(origin, asked)) return null;
    const page = shown(origin);
    return { obstacle: "origin", why: `pages of ${page} may not call it (--allow-origin ${page} lets them)` };
  }

  /** Whether pages of this origin may read answers of a network for development, asked as `host`. */
  lets(origin: string, host: string | null): boolean {
    const asked = host === null ? null : parseHost(host);
    return asked !== null && this.#isListed(origin, asked);
  }

  #isOurs(name: string): boolean {
    if (isLoopbackName(name) || this.#hosts.has(name)) return true;
    return this.#listensEverywhere && (IPV4.test(name) || name.startsWith("[") || PRIVATE_NAME.test(name));
  }

  #isListed(origin: string, asked: URL): boolean {
    if (this.#origins.has("*") || this.#origins.has(normalOrigin(origin)) || EXTENSION.test(origin)) return true;
    const page = /^https?:\/\//i.test(origin) ? URL.parse(origin) : null;
    if (page === null) return false;
    return isLoopbackName(nameOf(page)) || (this.#isOurs(nameOf(asked)) && page.host === asked.host);
  }
}
