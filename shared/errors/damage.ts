/**
 * A stored row that is not what was written. Its text goes through object calls, which keep nothing else of an error, and is read again
 * at the edge: `STORE_DAMAGED ledger-3 blocks 17: ...`.
 */
import { ErrorCode } from "./codes.ts";
import { ERROR_TEXT } from "./messages.ts";

export interface Damage {
  /** Name of the object. */
  readonly object: string;
  readonly table: string;
  /** Of the row; the slot, in the tables that have a row a slot. */
  readonly id: number;
}

const NAME = "STORE_DAMAGED";
/** Tables of which an id is a slot. */
const BY_SLOT = new Set(["blocks", "log"]);

export class StoreDamage extends Error {
  override readonly name = "StoreDamage";
  readonly damage: Damage;

  constructor(damage: Damage) {
    super(`${NAME} ${damage.object} ${damage.table} ${damage.id}: ${ERROR_TEXT[ErrorCode.STORE_DAMAGED]}`);
    this.damage = damage;
  }
}

/** What is damaged, from the text of an error or of an answer; undefined: it speaks of nothing of that kind. */
export function damageIn(text: string): Damage | undefined {
  const found = new RegExp(`${NAME} ([a-z]+(?:-\\d+)?) ([a-z-]+) (\\d+)`).exec(text);
  return found ? { object: found[1]!, table: found[2]!, id: Number(found[3]) } : undefined;
}

/** The slot that the damage is in, where its table has a row a slot. */
export function slotOf({ table, id }: Damage): number | undefined {
  return BY_SLOT.has(table) ? id : undefined;
}

/** In one line, for an operator. */
export function describeDamage(damage: Damage): string {
  const slot = slotOf(damage);
  return `${damage.object}, table ${damage.table}, ${slot === undefined ? `row ${damage.id}` : `slot ${slot}`}`;
}
