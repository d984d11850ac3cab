import { expect, it } from "vitest";
import { addressOf, clientOf } from "../../../workers/edge/client.ts";

const from = (address: string | undefined, cf: unknown = {}) => {
  const headers = new Headers(address === undefined ? {} : { "cf-connecting-ip": address });
  return clientOf({ headers, cf } as unknown as Request);
};

it.each([
  ["192.0.2.7", "192.0.2.7"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
  ["2001:DB8:1:2::1", "2001:db8:1:2"],
  ["2001:db8::1", "2001:db8:0:0"],
  ["::1", "0:0:0:0"],
  [undefined, "local"],
])("%s has the turns of %s", (address, client) => {
  expect(from(address)).toBe(client);
});

it("nobody chooses an address where the platform names none", () => {
  expect(clientOf({ headers: new Headers({ "cf-connecting-ip": "192.0.2.7" }) } as unknown as Request)).toBe("local");
});

const peer = (clientIp: string) =>
  ({ headers: new Headers({ "cf-connecting-ip": "198.51.100.9" }), cf: { clientIp } }) as unknown as Request;

it.each([
  ["192.0.2.1:5000", "192.0.2.1", "192.0.2.1"],
  ["[2001:db8:1:2::5]:443", "2001:db8:1:2", "2001:db8:1:2"],
  ["[::ffff:192.0.2.1]:80", "192.0.2.1", "192.0.2.1"],
  ["127.0.0.1:41532", "127.0.0.1", "127.0.0.1:41532"],
  ["[::1]:41532", "0:0:0:0", "[::1]:41532"],
])(
  "workerd's %s is believed, whatever the client sends; on loopback a connection is a client",
  (text, address, client) => {
    expect(addressOf(peer(text))).toBe(address);
    expect(clientOf(peer(text))).toBe(client);
  },
);

it("an address that nobody names is unknown", () => {
  expect(addressOf({ headers: new Headers() } as unknown as Request)).toBe("");
});
