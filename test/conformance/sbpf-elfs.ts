/** The ELF files that litesvm carries, as deployed on mainnet-beta. */
import { address, getAddressDecoder } from "@solana/kit";
import { LiteSvm } from "litesvm/dist/internal.js";
import { keyBytes } from "./harness.ts";

const LOADERS = {
  v1: address("BPFLoader1111111111111111111111111111111111"),
  v2: address("BPFLoader2111111111111111111111111111111111"),
  v3: address("BPFLoaderUpgradeab1e11111111111111111111111"),
} as const;
/** Where a programdata account has its ELF. */
const PROGRAMDATA_META = 45;
const ELF_MAGIC = 0x464c457f;

export interface CarriedElf {
  /** Of the account that holds it: the program, with loader v3 its programdata. */
  readonly address: string;
  readonly loader: keyof typeof LOADERS;
  readonly elf: Uint8Array;
}

function elfIn(data: Uint8Array): Uint8Array | null {
  const begins = (at: number) =>
    data.length >= at + 4 && new DataView(data.buffer, data.byteOffset + at).getUint32(0, true) === ELF_MAGIC;
  if (begins(0)) return data;
  return begins(PROGRAMDATA_META) ? data.slice(PROGRAMDATA_META) : null;
}

export function carriedElfs(): CarriedElf[] {
  const svm = new LiteSvm();
  const found = Object.entries(LOADERS).flatMap(([loader, id]) =>
    svm.getProgramAccounts(keyBytes(id)).flatMap((entry): CarriedElf[] => {
      const elf = elfIn(new Uint8Array(entry.account().data()));
      const name = getAddressDecoder().decode(new Uint8Array(entry.address));
      return elf ? [{ address: name, loader: loader as CarriedElf["loader"], elf }] : [];
    }),
  );
  return found.sort((a, b) => (a.address < b.address ? -1 : 1));
}
