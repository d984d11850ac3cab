/** Whose request it is: what one address asks for has its turns and its limits together. */

/** Header from the edge to the subscriptions object; what a client sends under this name is overwritten. */
export const ADDRESS_HEADER = "x-client-address";

/** Where nobody says where requests come from. */
const LOCAL = "local";
/** Of an IPv6 address this much is one household's. */
const V6_GROUPS = 4;

/** "[fe80::1]:80", "127.0.0.1:80", and the same without ports. */
function withoutPort(text: string): string {
  const bracketed = /^\[([^\]]+)\]/.exec(text);
  if (bracketed) return bracketed[1]!;
  return /^[^:]+:\d+$/.test(text) ? text.slice(0, text.lastIndexOf(":")) : text;
}

/** The groups of an IPv6 address, "::" written out. */
function v6Groups(address: string): string[] {
  const [head = "", tail] = address.split("::");
  const before = head === "" ? [] : head.split(":");
  if (tail === undefined) return before;
  const after = tail === "" ? [] : tail.split(":");
  return [...before, ...Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => "0"), ...after];
}

/** An IPv4 address, or the network of an IPv6 address. */
function keyOf(text: string): string {
  const address = withoutPort(text.trim().toLowerCase());
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address);
  if (mapped) return mapped[1]!;
  return address.includes(":") ? v6Groups(address).slice(0, V6_GROUPS).join(":") : address;
}

/** What workerd says of a connection to a network on this machine (infra/network/sockets-plugin.ts): "127.0.0.1:41532". */
function peerOf(request: Request): string | undefined {
  const { clientIp } = (request.cf ?? {}) as { readonly clientIp?: unknown };
  return typeof clientIp === "string" ? clientIp : undefined;
}

/**
 * The address of a client, "" where it is not known. Cloudflare's header counts only on the platform, which sets it itself and says so
 * by `cf`: elsewhere anybody could write one, and with it take the turns of many.
 */
export function addressOf(request: Request): string {
  const peer = peerOf(request);
  if (peer !== undefined) return keyOf(peer);
  return request.cf === undefined ? "" : keyOf(request.headers.get("cf-connecting-ip") ?? "");
}

/** Who has turns together: an address, and on loopback, where all clients have the same one, a connection. */
export function clientOf(request: Request): string {
  const peer = peerOf(request);
  const isLoopback = peer !== undefined && /^(127\.|\[::1\])/.test(peer);
  return isLoopback ? peer : addressOf(request) || LOCAL;
}
