/** Who may call what changes the chain without a signature: names, pages and content types. */
import { describe, expect, it } from "vitest";
import { type AccessList, AccessPolicy, isLoopbackName, normalHost } from "../../../shared/rpc/access.ts";

const NONE: AccessList = { hosts: ["127.0.0.1"], origins: [] };
const JSON_TYPE = "application/json";

function obstacle(
  {
    host = "127.0.0.1:8899",
    origin = null,
    type = JSON_TYPE,
  }: { host?: string | null; origin?: string | null; type?: string | null },
  list: AccessList = NONE,
): string | null {
  return new AccessPolicy(list).refusal({ host, origin, contentType: type })?.obstacle ?? null;
}

describe("the content type", () => {
  it.for([JSON_TYPE, "application/json; charset=utf-8", "Application/JSON", "application/json;charset=UTF-8"])(
    "%s",
    (type) => {
      expect(obstacle({ type })).toBeNull();
    },
  );

  // What a page may send anywhere without asking (simple requests of CORS), and what only looks like JSON.
  it.for([
    "text/plain",
    "text/plain; application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "",
    "application/json-patch+json",
    "application/jsonp",
    "text/plain, application/json",
    null,
  ])("%s is refused", (type) => {
    expect(obstacle({ type })).toBe("contentType");
  });
});

describe("the Host", () => {
  it.for([
    "localhost",
    "localhost:8899",
    "LOCALHOST:1",
    "localhost.",
    "a.b.localhost:8899",
    "127.0.0.1",
    "127.9.8.7:8899",
    "127.1",
    "0x7f.1",
    "[::1]:8899",
  ])("%s is a name of this machine", (host) => {
    expect(obstacle({ host })).toBeNull();
  });

  it.for([
    "evil.example:8899",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "127.evil.example",
    "evillocalhost",
    "localhost@evil.example",
    "localhost/evil",
    "evil.example#localhost",
    "evil.example?localhost",
    "evil.example\\localhost",
    "128.0.0.1",
    "192.168.1.5:8899",
    "0.0.0.0:8899",
    "[::]",
    "[fe80::1]",
    "validator",
    "",
    "local host",
    ":8899",
    null,
  ])("%s is refused where it listens on loopback", (host) => {
    expect(obstacle({ host })).toBe("host");
  });

  it("the address asked for, and names that were added, with any port", () => {
    const list = { hosts: ["192.168.1.5", "Net.Example", "fd00::7"], origins: [] };
    for (const host of ["192.168.1.5:8899", "net.example", "NET.example:80", "net.example.", "[fd00::7]:1"]) {
      expect(obstacle({ host }, list)).toBeNull();
    }
    for (const host of ["192.168.1.6", "sub.net.example", "[fd00::8]"]) expect(obstacle({ host }, list)).toBe("host");
  });

  it.for(["0.0.0.0", "::"])("listening on %s: every address, and names that no public DNS has", (every) => {
    const list = { hosts: [every], origins: [] };
    for (const host of [
      "192.168.1.5:8899",
      "[fd00::7]",
      "validator:8899",
      "host.docker.internal",
      "my-mac.local:8899",
    ]) {
      expect(obstacle({ host }, list)).toBeNull();
    }
    for (const host of ["evil.example", "internal.example", "local.evil.example"]) {
      expect(obstacle({ host }, list)).toBe("host");
    }
  });
});

describe("the Origin", () => {
  it("none: no browser, or a page that asks for itself", () => {
    expect(obstacle({ origin: null })).toBeNull();
  });

  it.for([
    "http://localhost:3000",
    "https://localhost",
    "http://127.0.0.1:5173",
    "http://[::1]:3000",
    "http://app.localhost:8080",
    "chrome-extension://bfnaelmomeimhlpmgjnjophhpkkoljpa",
    "moz-extension://0d5b5a5e-1111-2222-3333-444455556666",
  ])("%s is on the list from the start", (origin) => {
    expect(obstacle({ origin })).toBeNull();
  });

  it.for([
    "https://evil.example",
    "http://evil.example:8899",
    "http://localhost.evil.example",
    "https://localhost@evil.example",
    "ftp://localhost",
    "file://",
    "null",
    "",
    "localhost",
    "https://evil.example/chrome-extension://abc",
    "http://192.168.1.5:8899",
  ])("%s is refused", (origin) => {
    expect(obstacle({ origin })).toBe("origin");
  });

  it("the page's own, where its name is ours", () => {
    const list = { hosts: ["net.example", "192.168.1.5"], origins: [] };
    expect(obstacle({ host: "net.example", origin: "https://net.example" }, list)).toBeNull();
    expect(obstacle({ host: "192.168.1.5:8899", origin: "http://192.168.1.5:8899" }, list)).toBeNull();
    expect(obstacle({ host: "192.168.1.5:8899", origin: "http://192.168.1.5:3000" }, list)).toBe("origin");
    // DNS rebinding: Host and Origin agree, and are another's.
    expect(obstacle({ host: "evil.example:8899", origin: "http://evil.example:8899" }, list)).toBe("host");
  });

  it("what was added, whatever its case and with or without a slash; all of them by *", () => {
    const list = { hosts: [], origins: ["https://App.example/", "null"] };
    expect(obstacle({ origin: "https://app.example" }, list)).toBeNull();
    expect(obstacle({ origin: "null" }, list)).toBeNull();
    for (const origin of ["http://app.example", "https://app.example:444", "https://a.app.example"]) {
      expect(obstacle({ origin }, list)).toBe("origin");
    }
    expect(obstacle({ origin: "https://any.example" }, { hosts: [], origins: ["*"] })).toBeNull();
    expect(obstacle({ host: "evil.example", origin: "https://any.example" }, { hosts: [], origins: ["*"] })).toBe(
      "host",
    );
  });
});

it("a refusal says what would help, and quotes no more than a name's length", () => {
  const policy = new AccessPolicy(NONE);
  const of = (host: string, origin: string | null) => policy.pageRefusal({ host, origin })!.why;
  expect(of("evil.example", null)).toBe(
    "the Host header names evil.example, which is no name of this network (--allow-host NAME makes it one)",
  );
  expect(of("localhost", "https://app.example")).toBe(
    "pages of https://app.example may not call it (--allow-origin https://app.example lets them)",
  );
  expect(of("x".repeat(5_000), null).length).toBeLessThan(300);
});

it("names as they are compared", () => {
  expect([normalHost("::1"), normalHost("EXAMPLE.com."), normalHost("127.1")]).toEqual([
    "[::1]",
    "example.com",
    "127.0.0.1",
  ]);
  expect([normalHost("a:80"), normalHost("a/b"), normalHost(""), normalHost("a b")]).toEqual([null, null, null, null]);
  expect(["localhost", "127.0.0.1", "x.localhost", "[::1]"].every(isLoopbackName)).toBe(true);
  expect(["localhosts", "128.0.0.1", "127.0.0.1.example", "::1"].some(isLoopbackName)).toBe(false);
});
