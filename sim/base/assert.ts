/** Bugs throw. A message names the invariant that broke ("INV-4 queue bound"), because it is all a bug report has. */

/** Thrown when the simulator itself is wrong; the command line turns it into exit code 3. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError'
}

export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantError(message)
}

/** The end of an exhaustive switch: a new kind that nobody handles is a compile error here. */
export function assertNever(value: never): never {
  throw new InvariantError(`unhandled kind: ${JSON.stringify(value)}`)
}

/** The value, or a bug: for look-ups that cannot miss. */
export function must<T>(value: T | undefined | null, message: string): T {
  if (value === undefined || value === null) throw new InvariantError(message)
  return value
}
