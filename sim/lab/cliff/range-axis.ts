/** A setting between two values, such as `demand[0].arrivals.load=0.5..4` or `fleet[0].count=10..60`. */
import { fail, ok, type Problem, type Result } from '../../base/result.ts'
import type { LoadedScenario } from '../../scenario/index.ts'
import { loadWithSettings } from '../runs/job.ts'
import type { Files } from '../runs/ports.ts'

export interface RangeAxis {
  readonly path: string
  readonly low: number
  readonly high: number
  /** What follows the number, such as `/s`. */
  readonly unit: string
}

/** A range is looked at in so many equal steps, each a power of two of the others. */
export const LEVELS = 32

const NUMBER = String.raw`-?\d+(?:\.\d+)?`
const RANGE = new RegExp(
  String.raw`^([^=]+)=\s*(${NUMBER})([^\d.\s-][^.\s]*|)\s*\.\.\s*(${NUMBER})([^\d.\s-][^\s]*|)$`,
  'i',
)

export function parseRangeAxis(text: string): Result<RangeAxis, string> {
  const match = RANGE.exec(text)
  const example = 'must be path=low..high, such as demand[0].arrivals.load=0.5..4'
  if (match === null) return fail(`${example}, not "${text}"`)
  const [path, low, unit, high, other] = [match[1]!.trim(), Number(match[2]), match[3]!, Number(match[4]), match[5]!]
  if (unit !== '' && unit !== other) return fail(`${example}, both ends in one unit, not "${text}"`)
  if (!(low < high)) return fail(`must have the lower end first, not "${text}"`)
  return ok({ path, low, high, unit: other })
}

/** The setting at a place from 0 to LEVELS; whole where both ends are whole and a step is more than 1. */
export function levelText({ low, high, unit }: RangeAxis, place: number): string {
  const value = low + ((high - low) * place) / LEVELS
  const isWhole = Number.isInteger(low) && Number.isInteger(high) && high - low >= LEVELS
  const text = isWhole ? String(Math.round(value)) : String(Number(value.toPrecision(6)))
  return `${text}${unit}`
}

/** `fleet=50%..200%`: every entry of the fleet in proportion. */
const isFleet = ({ path }: RangeAxis): boolean => path === 'fleet'

/** As written, entry by entry; undefined: one Mac with a name of its own. */
function countsOf({ origin: { raw } }: LoadedScenario): readonly (number | undefined)[] {
  const { fleet } = raw
  if (!Array.isArray(fleet)) return []
  return fleet.map((entry: unknown) => {
    const count = typeof entry === 'object' && entry !== null && 'count' in entry ? entry.count : undefined
    return typeof count === 'number' ? count : undefined
  })
}

/** `path=value` for what varies at a place. */
export function levelSettings(axis: RangeAxis, place: number, loaded: LoadedScenario): readonly string[] {
  if (!isFleet(axis)) return [`${axis.path}=${levelText(axis, place)}`]
  const share = (axis.low + ((axis.high - axis.low) * place) / LEVELS) / 100
  return countsOf(loaded).flatMap((count, entry) =>
    count === undefined ? [] : [`fleet[${entry}].count=${Math.max(1, Math.round(count * share))}`],
  )
}

/** What is wrong with either end, so that a slip in the path or a value nobody may have costs no simulation. */
export async function axisProblem(
  path: string,
  settings: readonly string[],
  axis: RangeAxis,
  loaded: LoadedScenario,
  files: Files,
): Promise<readonly Problem[] | undefined> {
  if (isFleet(axis) && axis.unit !== '%') return [{ message: 'fleet= must be two shares, such as fleet=50%..200%' }]
  if (isFleet(axis) && axis.low <= 0)
    return [{ message: 'fleet= must leave some of the fleet, such as fleet=50%..200%' }]
  if (isFleet(axis) && levelSettings(axis, 0, loaded).length === 0)
    return [{ message: 'fleet= varies counts, and no entry of the fleet has a count' }]
  for (const place of [0, LEVELS]) {
    const end = await loadWithSettings(path, [...settings, ...levelSettings(axis, place, loaded)], files)
    if (!end.ok) return end.error
  }
  return undefined
}
