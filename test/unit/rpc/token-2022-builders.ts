/** What the tests of Token-2022's instructions share: the published client's builders by name, and accounts. */
import { type Address, address, createNoopSigner, type Instruction } from "@solana/kit";
import * as client from "@solana-program/token-2022";
import { encodeBase58 } from "../../../shared/rpc/base58.ts";
import { Float } from "../../../shared/rpc/json.ts";
import { parsedInstruction } from "../../../shared/rpc/parse-instruction.ts";

export const [a, b, c, d, e, m1, m2] = Array.from({ length: 7 }, (_, i) =>
  address(encodeBase58(new Uint8Array(32).fill(i + 1))),
) as [Address, Address, Address, Address, Address, Address, Address];
export const multiSigners = [m1, m2].map(createNoopSigner);
export const signers = [m1, m2];

export interface Built extends Instruction {
  readonly data: Uint8Array;
}

/** Without the last `cut` accounts; `data` instead of the instruction's. */
export function parse(instruction: Built, cut = 0, data = instruction.data): unknown {
  const accounts = (instruction.accounts ?? []).slice(0, (instruction.accounts?.length ?? 0) - cut);
  const keys: string[] = [...accounts.map((account) => account.address), instruction.programAddress];
  const compiled = { programIdIndex: keys.length - 1, accounts: accounts.map((_, i) => i), data };
  return parsedInstruction(compiled, keys, 1);
}

export const shown = (type: string, info: Record<string, unknown>) => ({
  program: "spl-token",
  programId: client.TOKEN_2022_PROGRAM_ADDRESS,
  parsed: { type, info },
  stackHeight: 1,
});

// biome-ignore lint/suspicious/noExplicitAny: the builders' inputs differ.
export type Input = any;
export const build = (builder: string, input: Input): Built =>
  (client as unknown as Record<string, (input: Input) => Built>)[`get${builder}Instruction`]!(input);

export const amount = (raw: string, decimals: number, value: number, text: string) => ({
  uiAmount: new Float(value),
  decimals,
  amount: raw,
  uiAmountString: text,
});

export type Case = [builder: string, input: Input, type: string, info: Record<string, unknown>];
