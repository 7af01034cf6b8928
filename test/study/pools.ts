/**
 * `npm run study:pools`: runs the headline variants and the sensitivity sweeps through the command line, as a user would,
 * and writes docs/pools-tables.md, whose figures docs/pools.md argues from. Results are kept as JSON in the folder given
 * (default: dist/study-results/pools) and are used again when they are there, so a study of an hour can be taken up where it stopped.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CompareResult } from '../../sim/lab/compare.ts'
import { type Grid, poolsTables, type SweepTable, type VariantTable } from './pools-tables.ts'

const CLI = 'dist/cli/fleetlab.js'
const TABLES = 'docs/pools-tables.md'
/** A comparison of six arms and five seeds is some 25 MB of JSON at most. */
const OUTPUT_MAX = 512 * 2 ** 20

const VARIANTS = ['matched', 'light', 'overload', 'flip', 'minority-burst', 'mostly-small'] as const

/** The five inputs that are assumed; memory mix is the variant mostly-small and the values of the small-memory scenario. */
const SWEEPS = [
  { name: 'load', about: 'Load (multiple of the recorded rate)', vary: 'demand[0].arrivals.load=0.5,1.25' },
  { name: 'prefill', about: 'Prefill rate (multiple of the calibrated one)', vary: 'mac.prefill_speed=0.7,1.5' },
  { name: 'patience', about: 'Patience (plus 1 ms per prompt token)', vary: 'upstream.patience.base=5s,30s' },
  {
    name: 'os',
    about: "Memory that the owner's programs hold (median)",
    vary: 'mac.os_memory.apps_median=2GiB,12GiB',
  },
] as const

const SWEEP_ARMS = 'open,open-no-floor,pools-no-floor'
const SWEEP_SEEDS = '1-3'

const folder = process.argv[2] ?? 'dist/study-results/pools'
mkdirSync(folder, { recursive: true })

function resultOf(name: string, args: readonly string[]): unknown {
  const file = join(folder, `${name}.json`)
  if (!existsSync(file)) {
    process.stderr.write(`fleetlab ${args.join(' ')}\n`)
    const output = execFileSync(process.execPath, [CLI, ...args, '--json'], { maxBuffer: OUTPUT_MAX })
    writeFileSync(file, output)
  }
  return JSON.parse(readFileSync(file, 'utf8'))
}

const variants: VariantTable[] = VARIANTS.map((name) => ({
  name,
  command: `npx fleetlab compare scenarios/headline/${name}.yaml`,
  result: resultOf(name, ['compare', `scenarios/headline/${name}.yaml`]) as CompareResult,
}))

const matched = 'scenarios/headline/matched.yaml'
const sweeps: SweepTable[] = SWEEPS.map(({ name, about, vary }) => {
  const args = ['sweep', matched, '--vary', vary, '--policies', SWEEP_ARMS, '--seeds', SWEEP_SEEDS]
  return { about, command: `npx fleetlab ${args.join(' ')}`, result: resultOf(`sw-${name}`, args) as Grid }
})

writeFileSync(TABLES, poolsTables(variants, sweeps))
process.stderr.write(`wrote ${TABLES}\n`)
