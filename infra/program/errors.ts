/** What keeps a deployment from its end, in words and with a code; exit code 2 where nothing was sent. */
export type ProgramErrorCode =
  | "unreachable"
  | "insufficient-funds"
  | "no-such-account"
  | "not-a-program-account"
  | "program-closed"
  | "wrong-authority"
  | "final"
  | "buffer-in-use"
  | "buffer-too-small"
  | "program-too-large"
  | "needs-key"
  | "needs-consent"
  | "refused"
  | "failed"
  | "not-written";

export class ProgramError extends Error {
  override readonly name = "ProgramError";
  readonly code: ProgramErrorCode;

  constructor(code: ProgramErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
