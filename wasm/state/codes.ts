/** What the shard engine answers instead of 0. Append-only; the TypeScript twin is shared/state/engine-codes.ts. */
/** Truncated, trailing bytes, bad header or not canonical. */
export const ENGINE_MALFORMED: i32 = -2001;
/** engineInit has not run, or its arguments are out of range. */
export const ENGINE_NOT_INITIALISED: i32 = -2002;
/** Another slot is open. */
export const ENGINE_BUSY: i32 = -2003;
/** That slot is not open (yet). */
export const ENGINE_NOT_OPEN: i32 = -2004;
/** The slot is not the one that is open, or not after the applied one. */
export const ENGINE_WRONG_SLOT: i32 = -2005;
/** Same slot, other digest or view. */
export const ENGINE_WRONG_DIGEST: i32 = -2006;
/** A key or a message belongs to another shard. */
export const ENGINE_WRONG_SHARD: i32 = -2007;
/** prevSlot is not the slot this shard applied last. */
export const ENGINE_WRONG_PREVIOUS: i32 = -2008;
/** The slot is applied already: ask engineResultsAt. */
export const ENGINE_APPLIED: i32 = -2009;
/** The plan has no such message, or the message has not exactly the keys of the plan. */
export const ENGINE_UNEXPECTED: i32 = -2010;
export const ENGINE_LOANS_MISSING: i32 = -2011;
export const ENGINE_NOT_EXECUTED: i32 = -2012;
export const ENGINE_RETURNS_MISSING: i32 = -2013;
/** A transaction needs an account that the plan neither leaves here nor leases (or not writable), or the plan lends one twice. */
export const ENGINE_PLAN_BROKEN: i32 = -2014;
/** Lamports before are not lamports after + fees. */
export const ENGINE_UNBALANCED: i32 = -2015;
/** The slot's undo data are gone. */
export const ENGINE_TOO_OLD: i32 = -2016;
/** The answer is larger than the caller allows. */
export const ENGINE_TOO_LARGE: i32 = -2017;
/** A log row that does not match its own hash or sums. */
export const ENGINE_CORRUPT: i32 = -2018;
/** Data that the input has only hashes for are not here: give them with engineKeepCode. */
export const ENGINE_CODE_MISSING: i32 = -2019;
/** The epoch record that the slot context names is not here: give it with engineEpoch. */
export const ENGINE_EPOCH_MISSING: i32 = -2020;
