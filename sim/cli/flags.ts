/** Values of options, strictly: what looks like a slip of the keyboard is refused with what would be right. */
import { availableParallelism } from 'node:os'
import { InvalidArgumentError } from 'commander'
import { parseInstant, parseShare } from '../base/quantity.ts'
import type { Result } from '../base/result.ts'
import type { Micros } from '../base/time.ts'
import { parseRequestQuestion, type RequestQuestion } from '../lab/story/find-request.ts'
import { parseRangeAxis, type RangeAxis } from '../lab/cliff/range-axis.ts'
import type { Axis } from '../lab/compare/sweep.ts'
import { parseSeedList } from '../scenario/index.ts'

/** More workers than this are a slip; the largest Mac Studio has 32 cores. */
const JOBS_MAX = 256

function orRefuse<T>(parsed: Result<T, string>): T {
  if (!parsed.ok) throw new InvalidArgumentError(`It ${parsed.error}.`)
  return parsed.value
}

/** No sign, no exponent, no blanks, no hexadecimal: `Number` would take them all. */
export function seedFlag(text: string): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new InvalidArgumentError(`It must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}, not "${text}".`)
  }
  return value
}

const PORT_MAX = 65_535

export function portFlag(text: string): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value > PORT_MAX)
    throw new InvalidArgumentError(`It must be a whole number from 0 to ${PORT_MAX}, not "${text}".`)
  return value
}

export function seedsFlag(text: string): readonly number[] {
  const seeds = parseSeedList(text)
  if (seeds === undefined) {
    throw new InvalidArgumentError(
      `It must be seeds such as 1-10 or 1,2,5, each once and at most 10,000, not "${text}".`,
    )
  }
  return seeds
}

export const explainFlag = (text: string): RequestQuestion => orRefuse(parseRequestQuestion(text))

export function jobsFlag(text: string): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < 1 || value > JOBS_MAX) {
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${JOBS_MAX}, not "${text}".`)
  }
  return value
}

/** More runs than this are a slip: they take days. */
const RUNS_MAX = 100_000

export function countFlag(text: string): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < 1 || value > RUNS_MAX) {
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${RUNS_MAX}, not "${text}".`)
  }
  return value
}

export function rangeFlag(text: string): RangeAxis {
  const axis = parseRangeAxis(text)
  if (!axis.ok) throw new InvalidArgumentError(`It ${axis.error}.`)
  return axis.value
}

/** `1pp` or `1%`: percentage points of a share, as a share. */
export function pointsFlag(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(?:pp|%)$/.exec(text)
  const points = match === null ? 0 : Number(match[1])
  if (points <= 0 || points > 100) {
    throw new InvalidArgumentError(`It must be percentage points such as 1pp, not "${text}".`)
  }
  return points / 100
}

/** `5%`, more than nothing. */
export function shareFlag(text: string): number {
  const share = parseShare(text)
  if (share === undefined || share <= 0 || share > 1) {
    throw new InvalidArgumentError(`It must be a share in per cent such as 5%, not "${text}".`)
  }
  return share
}

/** One worker per core. */
export const defaultJobs = (): number => Math.min(JOBS_MAX, availableParallelism())

/** `a,b,./mine.ts` */
export function policiesFlag(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim())
  if (names.includes('')) throw new InvalidArgumentError(`It must be names or paths between commas, not "${text}".`)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw new InvalidArgumentError(`It names ${twice} twice.`)
  return names
}

export interface Instant {
  readonly at: Micros
  readonly text: string
}

/** Collects every `--state-at`. Whether the run lasts that long is the scenario's business. */
export function instantFlag(text: string, before: readonly Instant[]): readonly Instant[] {
  const at = parseInstant(text)
  if (at === undefined || !Number.isSafeInteger(at)) {
    throw new InvalidArgumentError(
      `It must be a time of the run such as 843s, 14m3s, 14:03 (minutes and seconds) or 1:14:03, not "${text}".`,
    )
  }
  const twice = before.find((instant) => instant.at === at)
  if (twice !== undefined) throw new InvalidArgumentError(`It is the same time as ${twice.text}; give it once.`)
  return [...before, { at, text }]
}

/** Collects every `--set path=value`. What the path means is the scenario's business. */
export function setFlag(text: string, before: readonly string[]): readonly string[] {
  if (!/^[^=]+=/.test(text))
    throw new InvalidArgumentError(`It must be path=value, such as duration=10m, not "${text}".`)
  return [...before, text]
}

/** Splits at commas outside brackets, braces and quotes, so that a value may be a list. */
function splitValues(text: string): readonly string[] {
  const values: string[] = []
  let depth = 0
  let quote = ''
  let value = ''
  for (const character of text) {
    if (quote !== '') quote = character === quote ? '' : quote
    else if (character === '"' || character === "'") quote = character
    else if ('[{('.includes(character)) depth++
    else if (']})'.includes(character)) depth--
    if (character === ',' && depth === 0 && quote === '') {
      values.push(value.trim())
      value = ''
    } else value += character
  }
  return [...values, value.trim()]
}

/** Collects every `--vary path=v1,v2`. */
export function varyFlag(text: string, before: readonly Axis[]): readonly Axis[] {
  const match = /^([^=]+)=(.*)$/s.exec(text)
  const values = match === null ? [] : splitValues(match[2]!)
  if (match === null || values.includes('')) {
    throw new InvalidArgumentError(
      `It must be path=value,value,…, such as demand[0].arrivals.load=0.5,1,2, not "${text}".`,
    )
  }
  const path = match[1]!.trim()
  if (before.some((axis) => axis.path === path))
    throw new InvalidArgumentError(`It varies ${path} twice; give one list of values.`)
  if (new Set(values).size < values.length) throw new InvalidArgumentError(`It gives ${path} the same value twice.`)
  return [...before, { path, values }]
}
