/** Addresses of the programs that every new network has (standard-programs.ts), and of the configuration of stakes. */
import { ALL_REAL_PROGRAMS, realProgramAddresses } from "../../shared/protocol/real-programs.ts";
import { STAKE_CONFIG, STAKE_PROGRAM, TOKEN_2022_PROGRAM } from "../../shared/rpc/keys.ts";

export const STANDARD_PROGRAMS: readonly string[] = [
  TOKEN_2022_PROGRAM,
  STAKE_PROGRAM,
  STAKE_CONFIG,
  ...realProgramAddresses(ALL_REAL_PROGRAMS),
];
