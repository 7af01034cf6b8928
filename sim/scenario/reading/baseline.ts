/**
 * The file of a measured baseline: what a scenario's runs gave when somebody last looked at them, how far each figure may
 * drift, and what they rested on. Made to be committed: one figure a line, in an order that does not move, no times and
 * no machine. JSON, read with the scenario's parser so that a mistake has a line.
 */
import { z } from 'zod'
import { fail, ok, type Problem, type Result } from '../../base/result.ts'
import { complaintsOf } from './complaint.ts'
import { type Tolerance, tolerance } from '../format/expectation.ts'
import type { Path } from './path.ts'
import { SourceFile, Sources } from './source.ts'

const FORMAT = 'fleetlab.baseline/1'

export interface BaselineFigure {
  /** The mean over the seeds; null: no data. */
  readonly value: number | null
  readonly tolerance: Tolerance
}

export interface BaselineArm {
  /** Seed → digest of its run. */
  readonly digests: { readonly [seed: string]: string }
  readonly figures: { readonly [figure: string]: BaselineFigure }
}

export interface Baseline {
  /** The scenario's name. */
  readonly scenario: string
  /** `law` stands for the code that results rest on. */
  readonly written_by: { readonly fleetlab: string; readonly law: string }
  /** Files the runs read, as seen from the scenario's folder → SHA-256 of what is in them. */
  readonly inputs: { readonly [file: string]: string }
  readonly arms: { readonly [arm: string]: BaselineArm }
}

export interface LoadedBaseline {
  readonly baseline: Baseline
  problemAt(path: Path, message: string): Problem
}

const SHA_WORDS = 'must be a SHA-256 of 64 hexadecimal digits'
const sha256 = () => z.string({ error: SHA_WORDS }).regex(/^[0-9a-f]{64}$/, { error: SHA_WORDS })
const text = () => z.string({ error: 'must be text' }).min(1, { error: 'must not be empty' })

const schema = z.strictObject({
  format: z.literal(FORMAT, { error: `must be ${FORMAT}` }),
  scenario: text(),
  written_by: z.strictObject({ fleetlab: text(), law: text() }),
  inputs: z.record(z.string(), sha256()),
  arms: z.record(
    z.string(),
    z.strictObject({
      digests: z.record(z.string().regex(/^\d+$/, { error: 'must be a seed' }), sha256()),
      figures: z.record(
        z.string(),
        z.strictObject({
          value: z.number({ error: 'must be a number, or null for no data' }).nullable(),
          tolerance: tolerance(),
        }),
      ),
    }),
  ),
})

/** Where the baseline of a scenario stands: `coding-day.yaml` has `coding-day.baseline.json`. */
export const BASELINE_ENDING = '.baseline.json'
export const baselineBeside = (scenario: string): string =>
  `${scenario.replace(/\.(?:ya?ml|json)$/i, '')}${BASELINE_ENDING}`

/** What git leaves when two branches wrote the same lines. */
const CONFLICT = /^(?:<{7}|={7}|>{7})(?: |$)/

export function parseBaseline(path: string, content: string): Result<LoadedBaseline> {
  const conflict = content.split(/\r?\n/).findIndex((line) => CONFLICT.test(line))
  if (conflict >= 0) {
    const message = 'holds the marks of an unsolved merge; keep one side whole, then move it with check --update'
    return fail([{ file: path, line: conflict + 1, column: 1, message }])
  }
  const source = SourceFile.parse(path, content)
  if (!source.ok) return source
  const sources = new Sources([source.value])
  const parsed = schema.safeParse(source.value.raw)
  if (!parsed.success) {
    const complaints = complaintsOf(parsed.error, source.value.raw, schema)
    return fail(complaints.map((each) => sources.problem(each.path, each.message, each.atKey)))
  }
  const { format: _, ...baseline } = parsed.data
  return ok({
    baseline,
    problemAt: (at, message) => sources.problem(at, message, true),
  })
}

export const toleranceText = (given: Tolerance): string =>
  'points' in given ? `${given.points} points` : `${given.percent}%`

const entries = (map: object, indent: string, value: (of: never) => string): string => {
  const lines = Object.entries(map).map(([key, of]) => `${indent}  ${JSON.stringify(key)}: ${value(of as never)}`)
  return lines.length === 0 ? '{}' : `{\n${lines.join(',\n')}\n${indent}}`
}

const figureText = ({ value, tolerance: off }: BaselineFigure): string =>
  `{"value": ${JSON.stringify(value)}, "tolerance": ${JSON.stringify(toleranceText(off))}}`

const armText = ({ digests, figures }: BaselineArm): string =>
  entries({ digests, figures }, '    ', (map: object) =>
    entries(map, '      ', (of: string | BaselineFigure) =>
      typeof of === 'string' ? JSON.stringify(of) : figureText(of),
    ),
  )

/** Ends with a newline. */
export function formatBaseline({ scenario, written_by, inputs, arms }: Baseline): string {
  const { fleetlab, law } = written_by
  return [
    '{',
    `  "format": ${JSON.stringify(FORMAT)},`,
    `  "scenario": ${JSON.stringify(scenario)},`,
    `  "written_by": {"fleetlab": ${JSON.stringify(fleetlab)}, "law": ${JSON.stringify(law)}},`,
    `  "inputs": ${entries(inputs, '  ', (sha: string) => JSON.stringify(sha))},`,
    `  "arms": ${entries(arms, '  ', armText)}`,
    '}',
    '',
  ].join('\n')
}
