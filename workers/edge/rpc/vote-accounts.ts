/** getVoteAccounts and getBlockCommitment: the vote accounts there are, and the stake that counts for them. */
import * as z from "zod";
import type { Account } from "../../../shared/rpc/accounts.ts";
import { encodeBase58 } from "../../../shared/rpc/base58.ts";
import type { Call } from "../../../shared/rpc/call.ts";
import type { Json } from "../../../shared/rpc/json.ts";
import { keyBytes, VOTE_PROGRAM } from "../../../shared/rpc/keys.ts";
import { type Methods, method } from "../../../shared/rpc/method.ts";
import { commitment, config, optional, text, toKey, u64 } from "../../../shared/rpc/params.ts";
import { parseAccountData } from "../../../shared/rpc/parse-account.ts";
import { scan } from "./accounts.ts";

/** Slots without a vote after which a validator is delinquent (Agave: DELINQUENT_VALIDATOR_SLOT_DISTANCE). */
const DELINQUENT_DISTANCE = 128n;
/** Epochs of credits that are shown (Agave: MAX_RPC_VOTE_ACCOUNT_INFO_EPOCH_CREDITS_HISTORY). */
const CREDITS_SHOWN = 5;

/** What parseVoteAccount makes of an account. */
interface VoteState {
  readonly nodePubkey: string;
  readonly commission: number;
  readonly inflationRewardsCommissionBps: number;
  readonly votes: readonly { readonly slot: bigint }[];
  readonly rootSlot: bigint | null;
  readonly authorizedVoters: readonly unknown[];
  readonly epochCredits: readonly {
    readonly epoch: bigint;
    readonly credits: string;
    readonly previousCredits: string;
  }[];
}

/** Lamports that count in the epoch of the tip, by the base58 of the vote account. */
async function activeStakes(call: Call): Promise<ReadonlyMap<string, bigint>> {
  const { voters } = await call.backend.epochStakes();
  return new Map(voters.map(({ key, stake }) => [encodeBase58(key), stake]));
}

function stateOf(account: Account): VoteState | null {
  const parsed = parseAccountData(account, undefined) as { parsed: { info: VoteState } } | null;
  const state = parsed?.parsed.info;
  return state && state.authorizedVoters.length > 0 ? state : null;
}

interface VoteAccountInfo {
  readonly lastVote: bigint;
  readonly stake: bigint;
  readonly shown: Json;
}

function infoOf(account: Account, state: VoteState, stake: bigint): VoteAccountInfo {
  const lastVote = state.votes.at(-1)?.slot ?? 0n;
  const credits = state.epochCredits.slice(-CREDITS_SHOWN);
  const shown = {
    votePubkey: encodeBase58(account.key),
    nodePubkey: state.nodePubkey,
    activatedStake: stake,
    commission: state.commission,
    inflationRewardsCommissionBps: state.inflationRewardsCommissionBps,
    epochVoteAccount: stake > 0n,
    epochCredits: credits.map((entry) => [entry.epoch, BigInt(entry.credits), BigInt(entry.previousCredits)]),
    lastVote,
    rootSlot: state.rootSlot ?? 0n,
  };
  return { lastVote, stake, shown };
}

export const voteMethods: Methods = {
  getVoteAccounts: method(
    [
      config({
        commitment,
        votePubkey: optional(text),
        keepUnstakedDelinquents: optional(z.boolean()),
        delinquentSlotDistance: optional(u64),
      }),
    ],
    async (call, options) => {
      const wanted = options.votePubkey === undefined ? null : toKey(options.votePubkey);
      const head = await call.head();
      const owner = keyBytes(VOTE_PROGRAM);
      const one = wanted && (await call.account(head, wanted));
      const found = wanted ? [one].flatMap((account) => account ?? []) : await scan(call, head, owner, EVERY);
      const accounts = found.filter((account) => encodeBase58(account.owner) === VOTE_PROGRAM);
      const stakes = accounts.length > 0 ? await activeStakes(call) : new Map<string, bigint>();
      const distance = options.delinquentSlotDistance ?? DELINQUENT_DISTANCE;
      const oldest = head.slot >= distance ? head.slot - distance : 0n;
      const infos = accounts.flatMap((account) => {
        const state = stateOf(account);
        return state ? infoOf(account, state, stakes.get(encodeBase58(account.key)) ?? 0n) : [];
      });
      const delinquent = infos.filter(
        ({ lastVote, stake }) => lastVote <= oldest && (stake > 0n || options.keepUnstakedDelinquents === true),
      );
      return {
        current: infos.filter(({ lastVote }) => lastVote > oldest).map(({ shown }) => shown),
        delinquent: delinquent.map(({ shown }) => shown),
      };
    },
  ),

  /** Blocks are final without votes: none is counted. */
  getBlockCommitment: method([u64], async (call) => {
    const { totalStake } = await call.backend.epochStakes();
    return { commitment: null, totalStake };
  }),
};

const EVERY = { filter: { memcmp: [] }, accepts: () => true };
