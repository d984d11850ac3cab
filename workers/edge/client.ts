/** Whose request it is: what one address asks for has its turns together. */

/** Of a network on this machine nobody says where requests come from. */
const LOCAL = "local";
/** Of an IPv6 address this much is one household's. */
const V6_GROUPS = 4;

/** The groups of an IPv6 address, "::" written out. */
function v6Groups(address: string): string[] {
  const [head = "", tail] = address.split("::");
  const before = head === "" ? [] : head.split(":");
  if (tail === undefined) return before;
  const after = tail === "" ? [] : tail.split(":");
  return [...before, ...Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => "0"), ...after];
}

/**
 * The address that the platform names. Only on the platform, which sets the header itself and says so by `cf`: elsewhere anybody could write
 * one, and with it take the turns of many.
 */
export function clientOf(request: Request): string {
  const address = (request as { cf?: unknown }).cf === undefined ? null : request.headers.get("cf-connecting-ip");
  if (!address) return LOCAL;
  return address.includes(":") ? v6Groups(address.toLowerCase()).slice(0, V6_GROUPS).join(":") : address;
}
