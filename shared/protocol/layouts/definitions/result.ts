/** Results of transactions. */
import { constant, key, type LayoutFile, layout, u8, u16, u32, u64, zeros } from "../schema.ts";

const RESULT = layout(
  {
    name: "Result",
    prefix: "RESULT",
    about: "Result of one transaction, padded to a multiple of 4.",
    size: 48,
    end: "HEADER",
    consensus: true,
    tail: [
      "numAccounts x u64 lamports before, numAccounts x u64 lamports after   (all of the tail only with detail)",
      "numTokenPre + numTokenPost token balances",
      "return data: key program, returnDataLen bytes, pad to 4   (absent when 0)",
      "numInner inner instructions",
      "numLogs x {u16 length, bytes}",
    ],
  },
  {
    len: u32("whole result", "bytes"),
    blockIndex: u32("place in the block"),
    landed: u8("1; 0: no fee, no effect, signature free again"),
    txError: u8("TransactionError + 1, 0 Ok, 200 deferred"),
    errorIndex: u8("instruction or account that the error is about"),
    instructionError: u8("InstructionError"),
    customCode: u32("of InstructionError::Custom"),
    fee: u64("paid", "lamports"),
    computeUnits: u32("used", "compute units"),
    loadedSize: u32("data of its accounts", "bytes"),
    numAccounts: u16("accounts with balances"),
    numLogs: u16("log lines"),
    returnDataLen: u16("return data", "bytes"),
    numInner: u16("inner instructions"),
    numTokenPre: u16("token balances before"),
    numTokenPost: u16("token balances after"),
    detail: u8("1: the parts below are there"),
    reserved: zeros(3),
  },
);

const TOKEN_BALANCE = layout(
  {
    name: "TokenBalance",
    prefix: "TOKEN_BALANCE",
    about: "Token balance of a result.",
    size: 88,
    consensus: true,
    constants: { DECIMALS_UNKNOWN: constant(255, "the mint is not among the transaction's accounts", "u8") },
  },
  {
    accountIndex: u8("account of the transaction"),
    decimals: u8("of the mint; 255: it is not among the transaction's accounts, the reader looks it up"),
    reserved: zeros(6),
    mint: key("mint"),
    owner: key("owner"),
    amount: u64("balance", "smallest unit of the token"),
    program: u8("0 Token, 1 Token-2022"),
    pad: zeros(7),
  },
);

const INNER = layout(
  {
    name: "InnerInstruction",
    prefix: "INNER",
    about: "Inner instruction of a result, padded to a multiple of 4.",
    size: 8,
    end: "HEADER",
    consensus: true,
    tail: ["numAccounts x u8 index in the transaction", "data"],
  },
  {
    outerIndex: u8("instruction of the transaction that led to it"),
    stackHeight: u8("2 at least"),
    programIndex: u8("its program in the transaction"),
    numAccounts: u8("accounts"),
    dataLen: u16("data", "bytes"),
    reserved: zeros(2),
  },
);

export const RESULT_FILE: LayoutFile = {
  file: "result",
  about: "Results.",
  layouts: [RESULT, TOKEN_BALANCE, INNER],
};
