/** The workerd processes of a network: one that has everything, or two that share the objects (split/). */
import { randomBytes } from "node:crypto";
import { type Half, splitHalfOf } from "./split/setup.ts";
import { Workerd, type WorkerdOptions } from "./workerd.ts";

export interface ProcessesOptions extends Omit<WorkerdOptions, "split" | "onChange" | "onProcess"> {
  readonly processes: 1 | 2;
  readonly objectNames: readonly string[];
  /** The processes that run now. */
  readonly onProcesses: (pids: readonly number[]) => void;
}

export class Processes {
  readonly #all: Workerd[] = [];
  #introduced: Promise<void> = Promise.resolve();

  static async start({ processes, objectNames, onProcesses, ...options }: ProcessesOptions): Promise<Processes> {
    const started = new Processes();
    const pids: number[] = [];
    const token = randomBytes(32).toString("hex");
    const halves: (Half | undefined)[] = processes === 2 ? ["back", "front"] : [undefined];
    try {
      for (const [i, half] of halves.entries()) {
        const workerd = await Workerd.start({
          ...options,
          ...(half && { split: { half, objectNames, token }, onChange: () => started.#introduce() }),
          onProcess(pid) {
            pids[i] = pid;
            onProcesses(pids);
          },
        });
        // The front is the first.
        started.#all.unshift(workerd);
      }
      started.#introduce();
      return started;
    } catch (error) {
      await started.stop();
      throw error;
    }
  }

  /** Of the processes that run now, the one with the edge first. */
  get pids(): (number | undefined)[] {
    return this.#all.map(({ pid }) => pid);
  }

  get count(): number {
    return this.#all.length;
  }

  /** Each hears where the other is, or that it is down, after every start and every end of one of them. */
  #introduce(): void {
    const [front, back] = this.#all;
    if (!front || !back) return;
    this.#introduced = this.#introduced.then(async () => {
      // One that is down is told when it is up.
      await Promise.all([front.meet(back.debugAddress), back.meet(front.debugAddress)]).catch(() => {});
    });
  }

  /** SIGKILL to all, or to one. */
  async kill(which?: number): Promise<void> {
    const chosen = which === undefined ? this.#all : [this.#all[which]!];
    await Promise.all(chosen.map((workerd) => workerd.kill()));
  }

  async ready(): Promise<void> {
    await Promise.all(this.#all.map((workerd) => workerd.ready()));
    await this.#introduced;
  }

  async evict(className: string, name: string): Promise<void> {
    const half = splitHalfOf(name);
    const workerd = this.#all.length === 1 || half === "front" ? this.#all[0] : this.#all[1];
    await workerd!.evict(className, name);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#all.map((workerd) => workerd.stop()));
  }
}
