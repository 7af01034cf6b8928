/**
 * `npm run study:policies [-- --seeds 1-10] [-- FILE …]`: the built-in policies and those of scenarios/policies in worlds of scenarios/worlds,
 * through the command line as a user would, and docs/policies-worlds.md from it. Unless told otherwise three worlds and twenty
 * seeds, some forty CPU minutes: with five, the fewest that tell a best set, nothing can be told from the best. Results are kept as JSON, world by world, in
 * dist/study-results/policies and used again when they are there.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import type { CompareResult } from '../../sim/lab/compare/compare.ts'
import { policyNames } from '../../sim/policy/index.ts'
import { policiesPage, type WorldTable } from './policies-page.ts'

const CLI = 'dist/cli/fleetlab.js'
const PAGE = 'docs/policies-worlds.md'
const [WORLDS, GALLERY, RESULTS] = ['scenarios/worlds', 'scenarios/policies', 'dist/study-results/policies']
const OUTPUT_MAX = 512 * 2 ** 20
/** The first regime of June, and both of July. */
const WORLDS_TAKEN = ['2026-06-17-soft', '2026-07-06', '2026-07-25'].map((name) => join(WORLDS, `${name}.yaml`))
/** Commits of one branch on their way; the last of them is there. */
const ON_THE_WAY: ReadonlySet<string> = new Set(['pools-c636354', 'pools-1a5822c', 'pools-d678140', 'pools-25fdd11'])

const filesIn = (folder: string, ending: string): readonly string[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith(ending))
        .toSorted()
        .map((name) => join(folder, name))
    : []

const { values, positionals } = parseArgs({
  options: { seeds: { type: 'string', default: '1-20' } },
  allowPositionals: true,
})
const scenarios = positionals.length > 0 ? positionals : WORLDS_TAKEN
const policies = [
  ...policyNames.filter((name) => !ON_THE_WAY.has(name)),
  ...filesIn(GALLERY, '.ts').map((file) => `./${file}`),
].join(',')

mkdirSync(RESULTS, { recursive: true })
const worlds = scenarios.map((scenario): WorldTable => {
  const args = ['compare', scenario, '--policies', policies, '--seeds', values.seeds]
  const file = join(RESULTS, `${basename(scenario, '.yaml')}-${values.seeds}.json`)
  if (!existsSync(file)) {
    process.stderr.write(`fleetlab ${args.join(' ')}\n`)
    writeFileSync(file, execFileSync(process.execPath, [CLI, ...args, '--json'], { maxBuffer: OUTPUT_MAX }))
  }
  return { scenario, result: JSON.parse(readFileSync(file, 'utf8')) as CompareResult }
})
writeFileSync(PAGE, policiesPage(worlds))
process.stderr.write(`wrote ${PAGE}\n`)
