/**
 * Whether the requests of two arms are the same ones, numbered alike. They are while demand is drawn before anybody sees it; users
 * who wait for their answers ask when they are answered, and an arm that changes arrivals has others.
 */
import type { LoadedScenario } from '../../scenario/index.ts'
import type { CompareResult } from './compare.ts'

interface SetArm {
  readonly name: string
  /** `path=value` */
  readonly settings: readonly string[]
}

/** Settings that move, add or leave out requests; others of `demand` change what the same requests are. */
const MOVES_REQUESTS = /^\s*demand(?:\[\d+\](?:\.(?:arrivals|from|until|requests)\b.*)?)?\s*=/

const movesRequests = ({ settings }: SetArm): readonly string[] =>
  settings.filter((text) => MOVES_REQUESTS.test(text)).map((text) => text.slice(0, text.indexOf('=')).trim())

/** The comparison without the pairs that are none, and why. */
export function withTruePairs(
  result: CompareResult,
  { scenario }: LoadedScenario,
  arms: readonly SetArm[],
): CompareResult {
  const waiting = scenario.demand.flatMap((stream, place) =>
    'arrivals' in stream && ('users' in stream.arrivals || 'sessions' in stream.arrivals) ? [`demand[${place}]`] : [],
  )
  if (waiting.length > 0) {
    const text = `${waiting.join(', ')} ${waiting.length === 1 ? 'waits' : 'wait'} for answers, so arms do not face the same requests: none is paired one by one, and counts of requests differ; look at shares`
    return { ...result, both_served: {}, warnings: [...result.warnings, text] }
  }
  const moved = arms.flatMap((arm) => movesRequests(arm).map((path) => ({ name: arm.name, path })))
  if (moved.length === 0) return result
  const isMoved = (name: string): boolean => moved.some((arm) => arm.name === name)
  const pairs = Object.entries(result.both_served).filter(([name]) => !isMoved(name) && !isMoved(result.baseline))
  const names = [...new Set(moved.map(({ name }) => name))]
  const paths = [...new Set(moved.map(({ path }) => path))]
  const text = `${names.length === 1 ? 'arm' : 'arms'} ${names.join(', ')} ${names.length === 1 ? 'changes' : 'change'} ${paths.join(', ')}: other requests than those of the other arms, none of which is paired one by one`
  return { ...result, both_served: Object.fromEntries(pairs), warnings: [...result.warnings, text] }
}
