/** Bad input returns. A Problem is one message for the user: what is wrong, where, and what would be right. */

export interface Problem {
  /** What is wrong and what would be right, one line, no trailing full stop. */
  readonly message: string
  /** File as the user named it, if the problem is in a file. */
  readonly file?: string
  /** 1-based. */
  readonly line?: number
  /** 1-based. */
  readonly column?: number
  /** Where in the document, e.g. `fleet[0].machine.memory`. */
  readonly path?: string
}

export type Result<T, E = readonly Problem[]> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: E }

export const ok = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value })
export const fail = <E>(error: E): { readonly ok: false; readonly error: E } => ({ ok: false, error })

/** One line: `smoke.yaml:4:15 fleet[0].machine.memory must be more than 0`. */
export function formatProblem(problem: Problem): string {
  const place = [problem.file, problem.line, problem.column].filter((part) => part !== undefined).join(':')
  return spelt([place, problem.path, problem.message].filter((part) => part !== undefined && part !== '').join(' '))
}

/** Control characters of what somebody wrote must not act on the terminal that shows it. */
const spelt = (text: string): string =>
  text.replaceAll(
    /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)!.toString(16).toUpperCase()}}`,
  )

/** Bad input found where returning a Result is impossible (deep in a run). Carries problems; exit code 2. */
export class BadInputError extends Error {
  override readonly name = 'BadInputError'
  constructor(readonly problems: readonly Problem[]) {
    super(problems.map(formatProblem).join('\n'))
  }
}
