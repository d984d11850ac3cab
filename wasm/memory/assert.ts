/** Stops the instance on a programmer error (never on bad input). The code is visible in the trap's stack by the caller's name. */
// @ts-ignore: decorator
@inline
export function assertThat(condition: bool): void {
  if (!condition) unreachable();
}
