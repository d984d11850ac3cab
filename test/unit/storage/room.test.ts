/** What is taken, and what is held, while the storage refuses writes; how much is said of it. */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Disk, type DiskSpace, describeDisk, diskWarning, RESERVE_FILE, roomOf } from "../../../infra/network/disk.ts";
import { storageLines } from "../../../infra/network/storage-lines.ts";
import { isStorageFault, RoomKeeper } from "../../../shared/storage/room.ts";

const SQLITE = "database or disk is full: SQLITE_FULL";
const IO = "jsg.Error: disk I/O error: SQLITE_IOERR (extended: SQLITE_IOERR_WRITE)";
const OPAQUE = "internal error; reference = abc";
const MB = 1 << 20;

describe("a storage that refuses writes", () => {
  it("is known by the errors of SQLite", () => {
    for (const text of [SQLITE, IO, "SQLITE_READONLY", "unable to open database file: SQLITE_CANTOPEN"]) {
      expect(isStorageFault(text)).toBe(true);
    }
    for (const text of ["SQLITE_CONSTRAINT", "SQLITE_BUSY", "SQLITE_FULLER", OPAQUE, ""]) {
      expect(isStorageFault(text)).toBe(false);
    }
  });

  it("a write fails: nothing is taken for a second, twice as long after each further failure, at most eight", () => {
    const keeper = new RoomKeeper();
    let now = 1_000_000;
    const pauses: number[] = [];
    for (let i = 0; i < 6; i++) {
      expect(keeper.takesNew(now)).toBe(true);
      expect(keeper.fault(SQLITE, now)).toBe(true);
      const from = now;
      while (keeper.isHeld(now)) {
        // Objects that run into it meanwhile do not make it longer.
        keeper.fault(SQLITE, now);
        now += 100;
      }
      pauses.push(now - from);
    }
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
    now += 3_000;
    keeper.fault(SQLITE, now);
    expect([keeper.isHeld(now + 999), keeper.isHeld(now + 1_000)]).toEqual([true, false]);
  });

  it("an error that says nothing is its fault in times of trouble only", () => {
    const keeper = new RoomKeeper();
    expect(keeper.fault(OPAQUE, 0)).toBe(false);
    expect(keeper.fault("TypeError: x", 0)).toBe(false);
    keeper.fault(SQLITE, 0);
    expect(keeper.fault(OPAQUE, 500)).toBe(true);
    expect(keeper.fault("TypeError: x", 500)).toBe(false);
    expect(keeper.fault(OPAQUE, 1_500)).toBe(true);
    expect(keeper.isHeld(1_500)).toBe(true);
    expect(keeper.fault(OPAQUE, 60_000)).toBe(false);
    keeper.told("none");
    expect(keeper.fault(OPAQUE, 60_000)).toBe(true);
  });

  it("little room: work under way goes on, new work is refused; none: all is held", () => {
    const keeper = new RoomKeeper();
    const states = (["plenty", "low", "none", "low", "plenty"] as const).map((room) => {
      keeper.told(room);
      return [keeper.takesNew(0), keeper.isHeld(0)];
    });
    expect(states).toEqual([
      [true, false],
      [false, false],
      [false, true],
      [false, false],
      [true, false],
    ]);
  });

  it("is said once, then once a minute, and when it is over", () => {
    const keeper = new RoomKeeper();
    expect(keeper.line(0)).toBeUndefined();
    const lines: [number, string][] = [];
    for (let now = 0; now <= 150_000; now += 500) {
      if (now < 130_000) keeper.fault(IO, now);
      const line = keeper.line(now);
      if (line) lines.push([now, line]);
    }
    expect(lines.map(([now]) => now).slice(0, 3)).toEqual([0, 60_000, 120_000]);
    expect(lines[0]![1]).toContain("storage refuses writes (SQLITE_IOERR)");
    expect(lines).toHaveLength(4);
    expect(lines[3]![1]).toBe("storage: there is room again; transactions are taken");
  });
});

describe("lines of workerd about it", () => {
  it("are one, then one a minute; others go through", () => {
    let now = 0;
    const printed: string[] = [];
    const log = storageLines(
      (level, message) => printed.push(`${level} ${message}`),
      () => now,
    );
    for (; now < 130_000; now += 10) {
      log("error", `e = workerd/util/sqlite.c++:1827: failed: SQLite failed; ${SQLITE}\nstack: a b c`);
      log("error", "STORE_FULL: storage is full: no transactions are taken until there is room; it goes on by itself");
      log("error", `getSlot: ${OPAQUE}`);
      log("error", "exception = broken.outputGateBroken; shard-1: STORE_FULL");
    }
    log("warn", "something else");
    log("info", "storage: there is room again; transactions are taken");
    log("info", "storage: there is room again; transactions are taken");
    log("error", `getSlot: ${OPAQUE}`);
    const full = "error storage is full: no transactions are taken until there is room; it goes on by itself";
    const again = "info storage: there is room again; transactions are taken";
    expect(printed).toEqual([full, full, full, "warn something else", again, `error getSlot: ${OPAQUE}`]);
  });
});

describe("a disk", () => {
  it("is low below a hundredth of it, from 4 to 256 MB, and has none below an eighth of that", () => {
    const of = (free: number, total: number, before = "plenty" as const) => roomOf({ free, total }, before);
    expect([of(257 * MB, 1e12), of(255 * MB, 1e12), of(33 * MB, 1e12), of(31 * MB, 1e12)]).toEqual([
      "plenty",
      "low",
      "low",
      "none",
    ]);
    expect([of(5 * MB, 100 * MB), of(3 * MB, 100 * MB), of(MB / 4, 100 * MB)]).toEqual(["plenty", "low", "none"]);
    // It does not go to and fro.
    expect([roomOf({ free: 257 * MB, total: 1e12 }, "low"), roomOf({ free: 400 * MB, total: 1e12 }, "low")]).toEqual([
      "low",
      "plenty",
    ]);
    expect([roomOf({ free: 33 * MB, total: 1e12 }, "none"), roomOf({ free: 200 * MB, total: 1e12 }, "none")]).toEqual([
      "none",
      "low",
    ]);
  });

  it("keeps a reserve, gives it up when there is none, and makes it again", () => {
    const folder = mkdtempSync(join(tmpdir(), "infinisvm-room-"));
    try {
      let space: DiskSpace = { free: 50e9, total: 100e9 };
      const disk = new Disk(folder, { reserve: true, space: () => space });
      const size = () => statSync(join(folder, RESERVE_FILE), { throwIfNoEntry: false })?.size;
      expect([disk.look(), size()]).toEqual(["plenty", 16 * MB]);
      space = { free: 0, total: 100e9 };
      expect([disk.look(), size()]).toEqual(["none", undefined]);
      space = { free: 40 * MB, total: 100e9 };
      expect([disk.look(), size()]).toEqual(["none", undefined]);
      space = { free: 50e9, total: 100e9 };
      expect(disk.look()).toBe("plenty");
      expect(size()).toBe(16 * MB);
      disk.release();
      expect(size()).toBeUndefined();
      expect(new Disk(folder, { reserve: false, space: () => space }).look()).toBe("plenty");
      expect(size()).toBeUndefined();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("of which the system says nothing has room", () => {
    const silent = () => {
      throw new Error("ENOSYS");
    };
    expect(new Disk(tmpdir(), { reserve: true, space: silent }).look()).toBe("plenty");
  });

  it("is described, with a warning where the history has no room", () => {
    expect(describeDisk({ free: 41_249e6, total: 1e12 })).toBe(
      "41.2 GB free; a million transactions take about 460 MB",
    );
    expect(diskWarning({ free: 5e9, total: 1e12 }, 8e9)).toContain("the disk has 5.0 GB left, and up to 8.0 GB");
    expect([diskWarning({ free: 9e9, total: 1e12 }, 8e9), diskWarning({ free: 1, total: 2 }, undefined)]).toEqual([
      null,
      null,
    ]);
  });
});
