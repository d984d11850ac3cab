/** What the planner answers instead of a count: the numbers of shared/errors/codes.ts (range 3000..3099), negated. Append-only. */
/** Truncated, trailing bytes, a record that is not sound, or an argument out of range. */
export const PLANNER_MALFORMED: i32 = -3001;
/** plannerInit or plannerSetContext has not run. */
export const PLANNER_NOT_INITIALISED: i32 = -3002;
/** The pool has no room for the frame; nothing of it was taken. */
export const PLANNER_FULL: i32 = -3003;
