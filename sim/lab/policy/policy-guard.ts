/**
 * Stands between the coordinator and a user's policy: what goes wrong in there comes back as a message about the user's file (line,
 * surface, request, machine, simulated time) instead of as a failure of ours, and a question that is never answered ends.
 * Steps are counted, not seconds, so that the same policy fails in the same place on every machine.
 */
import { BadInputError, type Problem } from '../../base/result.ts'
import type { Policy } from '../../plug/index.ts'
import { isMap, isPromise, RETURNS, shown } from './policy-shape.ts'

/** The bundler puts a call of this into every loop and every function. */
export const STEP = 'fleetlabStep'
/** Of one question: loops' rounds and calls. A scan of a thousand machines against each other is a million; this takes a tenth of a second. */
export const STEPS_MAX = 10_000_000

export class TooManyStepsError extends Error {
  override readonly name = 'TooManyStepsError'
}

export class StepCounter {
  private steps = 0

  readonly step = (): void => {
    if (++this.steps > STEPS_MAX) throw new TooManyStepsError()
  }

  begin(): void {
    this.steps = 0
  }

  /** Also when the policy caught the error that said so. */
  get isOver(): boolean {
    return this.steps > STEPS_MAX
  }
}

/** From a place in the evaluated script to one in the user's files. */
export interface SourcePlaces {
  /** undefined: it is none of the user's. */
  ofError(error: unknown): Pick<Problem, 'file' | 'line'> | undefined
  ofMember(name: string): Pick<Problem, 'file' | 'line'> | undefined
}

export const messageOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error)

type Method = (this: unknown, ...args: unknown[]) => unknown

/** Who is asked about what, and when: from what the policy was handed. */
function circumstances(args: readonly unknown[]): string {
  const [first, second] = args
  const parts: string[] = []
  const request = isMap(first) && 'promptTokens' in first ? first : undefined
  if (request !== undefined) parts.push(`request ${String(request['id'])}`)
  const question = isMap(first) ? first : {}
  const machine = isMap(second) && 'serial' in second ? second : 'serial' in question ? question : question['provider']
  if (isMap(machine)) parts.push(`machine ${String(machine['serial'])}`)
  else if (isMap(second) && isMap(second['machine'])) parts.push(`machine ${String(second['machine']['serial'])}`)
  if (Array.isArray(second)) parts.push(`${second.length} candidates`)
  if (Array.isArray(first)) parts.push(`${first.length} waiting`)
  const view = args.at(-1)
  const now = isMap(view) ? view['now'] : undefined
  if (typeof now === 'number') parts.push(`at ${(now / 1e6).toFixed(6)} s`)
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`
}

/** The same policy, guarded. */
export function guarded(policy: Policy, file: string, steps: StepCounter, places: SourcePlaces): Policy {
  const members: PropertyDescriptorMap = {}
  // Keys of an object and those that a class instance keeps on its prototype, out of sight of Object.keys.
  for (const name of new Set([...Object.keys(policy), ...Object.keys(RETURNS)])) {
    const method: unknown = policy[name as keyof Policy]
    if (typeof method !== 'function') continue
    members[name] = { value: guardedMethod(policy, name, method as Method, { file, steps, places }), enumerable: true }
  }
  return Object.create(policy, members) as Policy
}

interface Guard {
  readonly file: string
  readonly steps: StepCounter
  readonly places: SourcePlaces
}

function guardedMethod(policy: Policy, name: string, method: Method, { file, steps, places }: Guard): Method {
  const returns = RETURNS[name]

  function fail(place: Pick<Problem, 'file' | 'line'> | undefined, what: string, args: readonly unknown[]): never {
    throw new BadInputError([{ file, ...place, message: `${name}() ${what}${circumstances(args)}` }])
  }
  function tooMany(args: readonly unknown[], error?: unknown): never {
    const most = STEPS_MAX.toLocaleString('en')
    return fail(
      places.ofError(error) ?? places.ofMember(name),
      `takes more than ${most} steps; does one of its loops never end?`,
      args,
    )
  }
  function threw(error: unknown, args: readonly unknown[]): never {
    if (error instanceof TooManyStepsError) return tooMany(args, error)
    const place = places.ofError(error) ?? places.ofMember(name)
    if (!(error instanceof BadInputError)) return fail(place, `threw ${messageOf(error)}`, args)
    if (error.problems.some((problem) => problem.file !== undefined)) throw error
    return fail(place, `is wrong: ${error.problems.map(({ message }) => message).join('; ')}`, args)
  }
  function checked(answer: unknown, args: readonly unknown[]): unknown {
    if (steps.isOver) return tooMany(args)
    if (returns === undefined || returns[0](answer, args)) return answer
    const hint = isPromise(answer) ? '; a policy answers at once, so no surface may be async' : ''
    return fail(places.ofMember(name), `must return ${returns[1]}, not ${shown(answer)}${hint}`, args)
  }

  // Asked about every candidate of every decision: without a list of arguments, and numbers and switches pass at once.
  if (name === 'score' || name === 'filter') {
    return (request: unknown, machine: unknown, view: unknown): unknown => {
      let answer: unknown
      steps.begin()
      try {
        answer = method.call(policy, request, machine, view)
      } catch (error) {
        return threw(error, [request, machine, view])
      }
      if (!steps.isOver && (answer === true || answer === false) && name === 'filter') return answer
      if (!steps.isOver && name === 'score' && Number.isFinite(answer)) return answer
      return checked(answer, [request, machine, view])
    }
  }
  return (...args: unknown[]): unknown => {
    let answer: unknown
    steps.begin()
    try {
      answer = method.apply(policy, args)
    } catch (error) {
      return threw(error, args)
    }
    return checked(answer, args)
  }
}
