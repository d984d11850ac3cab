/** What stops a network from starting through no fault of the program: one clear line for the user, exit code 2. */
export type FailureCode =
  | "bad-option"
  | "port-taken"
  | "state-unreadable"
  | "state-foreign"
  | "state-corrupt"
  | "state-other-version"
  | "state-other-genesis"
  | "state-in-use"
  | "build-failed"
  | "file-unreadable"
  | "bad-key"
  | "not-a-program"
  | "bad-account-file"
  | "account-too-large"
  | "account-built-in"
  | "account-twice"
  | "too-many-lamports"
  | "clone-failed"
  | "bad-fork-cache"
  | "bad-snapshot"
  | "network-busy"
  | "network-unreachable"
  | "no-faucet"
  | "program-refused"
  | "no-room";

export class Failure extends Error {
  override readonly name = "Failure";
  readonly code: FailureCode;

  constructor(code: FailureCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** The code of a Node system error ("ENOENT", ...), or "" for anything else. */
export function systemCode(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "";
}
