/** npm run sbpf -- asm|dis|run as a user calls it: what it prints, what it writes, and with which code it ends. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Failure } from "../../../infra/network/failure.ts";
import { assemble } from "../../../infra/sbpf/assemble.ts";
import { disassemble } from "../../../infra/sbpf/disassemble.ts";
import { HELP, parseOptions } from "../../../infra/sbpf/options.ts";

const main = join(import.meta.dirname, "../../../infra/sbpf/main.ts");
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sbpf-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function sbpf(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { cwd: folder });
  return { status, out: stdout.toString(), err: stderr.toString(), bytes: new Uint8Array(stdout) };
}
function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const DOUBLE = "ldxb r2, [r1+1]\nadd64 r2, r2\nstxb [r1+1], r2\nmov64 r0, 0\nexit\n";

describe("npm run sbpf", () => {
  it("assembles next to the text, or where --out says", () => {
    const path = file("double.s", DOUBLE);
    const elf = join(folder, "double.so");
    expect(sbpf("asm", path)).toMatchObject({ status: 0, out: `${elf}, ${assemble(DOUBLE).length} bytes\n`, err: "" });
    expect(new Uint8Array(readFileSync(join(folder, "double.so")))).toEqual(assemble(DOUBLE));
    expect(sbpf("asm", path, "--version", "3", "--out", "-").bytes).toEqual(assemble(DOUBLE, { version: 3 }));
  });

  it("says what loaders would refuse: a call of no system call, no code at all", () => {
    const typo = sbpf("asm", file("typo.s", "call sol_lgo_\nexit\n"));
    expect(typo.status).toBe(0);
    expect(typo.err).toMatch(/typo\.so cannot be deployed: .*sol_lgo_/);
    expect(sbpf("asm", file("nothing.s", "")).err).toMatch(/nothing\.so cannot be deployed: /);
  });

  it("disassembles to standard output", () => {
    const elf = assemble(DOUBLE);
    expect(sbpf("dis", file("dis.so", elf))).toEqual(expect.objectContaining({ status: 0, out: disassemble(elf) }));
  });

  it("runs text and files: result, units, registers, what became of the input", () => {
    const text = file("run.s", DOUBLE);
    const said = sbpf("run", text, "--input", "0203", "--units", "100");
    expect(said).toMatchObject({ status: 0, err: "" });
    const [result, units, registers, input] = said.out.split("\n");
    expect([result, units, input]).toEqual(["returned 0x0", "5 of 100 compute units", "input is now 0206"]);
    expect(registers).toMatch(/^r0 0x0 {2}r1 0x400000000 {2}r2 0x6 .* r10 0x200001000$/);
    expect(sbpf("run", file("run.so", assemble(DOUBLE, { version: 2 })), "--input", "0x0205").out).toContain("020a");
  });

  it("ends with 1 where the program fails, and says how", () => {
    expect(sbpf("run", file("five.s", "mov64 r0, 5\nexit"))).toMatchObject({ status: 1, err: "" });
    const fault = sbpf("run", file("fault.s", "mov64 r1, 0\nldxdw r1, [r1]\nexit"));
    expect(fault.status).toBe(1);
    expect(fault.out).toMatch(/^stopped at instruction 1: Access violation reading 8 bytes at address 0x0 /);
    const endless = sbpf("run", file("loop.s", "ja -1"), "--units", "1000");
    expect(endless.out).toMatch(/exceeded CUs meter at BPF instruction\n1000 of 1000 compute units\n/);
  });

  it("refuses with one line and code 2", () => {
    const refused = (...args: string[]) => {
      const { status, out, err } = sbpf(...args);
      expect([status, out, err.split("\n").length]).toEqual([2, "", 2]);
      return err;
    };
    expect(refused("asm", join(folder, "none.s"))).toContain("cannot be read (ENOENT)");
    expect(refused("asm", file("bad.s", "exit\nfrob r1"))).toContain("bad.s: line 2: sBPF v0 has no instruction frob");
    expect(refused("run", file("bad.so", "no ELF"))).toContain("bad.so: Offset or value is out of bounds");
  });

  it("says what is wrong with the command line", () => {
    const refused = (...args: string[]) => {
      try {
        return parseOptions(args).command;
      } catch (error) {
        expect((error as Failure).code).toBe("bad-option");
        return (error as Error).message;
      }
    };
    expect(refused()).toBe("the command is asm, dis or run; --help says more");
    expect(refused("link")).toContain('not "link"');
    expect(refused("asm")).toBe("asm takes a file");
    expect(refused("asm", "a", "b")).toBe('asm takes one file, not also "b"');
    expect(refused("dis", "x", "--units", "1")).toBe("--units does not go with dis");
    expect(refused("run", "x.s", "--version", "4")).toBe('--version takes a whole number from 0 to 3, not "4"');
    expect(refused("run", "x.s", "--heap", "262145")).toBe(
      '--heap takes a whole number from 0 to 262144, not "262145"',
    );
    expect(refused("run", "x.s", "--input", "0g")).toBe('--input takes bytes in hex, not "0g"');
    expect(refused("run", "x.s", "--frob")).toContain("--frob");
  });

  it("explains itself", () => {
    expect(sbpf("asm", "--help")).toMatchObject({ status: 0, out: HELP, err: "" });
  });
});
