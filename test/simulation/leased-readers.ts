/** Edges that were told of the tip with a lease, and use it as long as that runs: nobody may be told of a newer block meanwhile. */
import type { BuilderMachine } from "../../shared/scheduling/builder-machine.ts";
import { demand } from "./failure.ts";
import type { SimulatedHost } from "./host.ts";

interface Lease {
  readonly slot: number;
  /** By the reader's clock, and by the builder's, which may be set: a lease runs while both say so, as neither vouches for the other. */
  readonly from: number;
  readonly fromBuilder: number;
  readonly ms: number;
}

export class LeasedReaders {
  #leases: Lease[] = [];

  /** `told`: the newest slot that anybody was told of. `from`: the reader's clock. */
  look(builder: SimulatedHost<BuilderMachine>, told: number, from: number): void {
    const fromBuilder = builder.clock;
    const tip = builder.machine?.tipSince(told, -1, fromBuilder);
    if (!tip || tip.leaseMs === 0) return;
    const { slot } = tip.header;
    demand(slot >= told, "stale", `the tip is ${slot} with a lease, and ${told} was told`);
    this.#leases.push({ slot, from, fromBuilder, ms: tip.leaseMs });
  }

  told(builder: SimulatedHost<BuilderMachine>, slot: number, now: number): void {
    const passed = (lease: Lease) => builder.clock - lease.fromBuilder;
    this.#leases = this.#leases.filter(
      (lease) => now - lease.from < lease.ms && passed(lease) >= 0 && passed(lease) < lease.ms,
    );
    const older = this.#leases.find((lease) => lease.slot < slot);
    demand(!older, "stale", `slot ${slot} is told while the tip is ${older?.slot} by a lease`);
  }
}
