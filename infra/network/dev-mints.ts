/**
 * The mints that a network for development has beside those of its own: those of USDC and USDT, at their addresses on mainnet, so that
 * `surfnet_setTokenAccount` works for the tokens that most apps use. Their authorities are mainnet's: nobody here has the keys.
 */
import { ByteWriter } from "../../shared/protocol/bytes.ts";
import { keyBytes, TOKEN_PROGRAM } from "../../shared/rpc/keys.ts";
import type { Account } from "../../shared/state/accounts.ts";
import { RENT_EPOCH_EXEMPT, rentExemptLamports } from "../../shared/svm/rent.ts";
import { rpcCall } from "../start/rpc.ts";

interface MintData {
  readonly address: string;
  /** In the smallest unit, as mainnet had it in 2026. */
  readonly supply: bigint;
  readonly decimals: number;
  readonly mintAuthority: string;
  readonly freezeAuthority: string;
}

export const DEV_MINTS: readonly MintData[] = [
  {
    address: "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v",
    supply: 8_026_900_388_221_053n,
    decimals: 6,
    mintAuthority: "BJE5MMbqXjVwjAF7oxwPYXnTXDyspzZyt4vwenNw5ruG",
    freezeAuthority: "7dGbd2QZcCKcTndnHcTL8q7SMVXAkp688NTQYwrRCrar",
  },
  {
    address: "Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB",
    supply: 1_889_938_175_280_062n,
    decimals: 6,
    mintAuthority: "Q6XprfkF8RQQKoQVG33xT88H7wi8Uk1B1CC7YAs69Gi",
    freezeAuthority: "Q6XprfkF8RQQKoQVG33xT88H7wi8Uk1B1CC7YAs69Gi",
  },
];

/** Data of a mint account of the Token program: option and mint authority, supply, decimals, initialized, option and freeze authority. */
export function mintData({ supply, decimals, mintAuthority, freezeAuthority }: MintData): Uint8Array {
  const writer = new ByteWriter().u32(1).raw(keyBytes(mintAuthority)).u64(supply).u8(decimals).u8(1);
  return writer.u32(1).raw(keyBytes(freezeAuthority)).bytes();
}

/** As accounts of a genesis. */
export function devMintAccounts(): Account[] {
  return DEV_MINTS.map((mint) => {
    const data = mintData(mint);
    const lamports = rentExemptLamports(data.length);
    const standard = { owner: keyBytes(TOKEN_PROGRAM), rentEpoch: RENT_EPOCH_EXEMPT, executable: false };
    return { ...standard, key: keyBytes(mint.address), lamports, data };
  });
}

/** Sets those that are not there; what is there already stays. `url`: of a network for development that is up. */
export async function ensureDevMints(url: string): Promise<void> {
  const addresses = DEV_MINTS.map(({ address }) => address);
  const options = { encoding: "base64", dataSlice: { offset: 0, length: 0 } };
  const { value } = await rpcCall<{ value: unknown[] }>(url, "getMultipleAccounts", [addresses, options]);
  const missing = DEV_MINTS.filter((_, i) => value[i] === null);
  await Promise.all(
    missing.map((mint) => {
      const data = mintData(mint);
      const lamports = String(rentExemptLamports(data.length));
      const account = { lamports, owner: TOKEN_PROGRAM, data: [Buffer.from(data).toString("base64"), "base64"] };
      return rpcCall(url, "surfnet_setAccount", [mint.address, account]);
    }),
  );
}
