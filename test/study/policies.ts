/**
 * `npm run study:policies [-- --seeds 1-10] [-- FILE …]`: every built-in policy and every one of the gallery (scenarios/policies) in every world
 * (scenarios/worlds, or the files given), through the command line as a user would, and docs/policies-worlds.md from it.
 * Results are kept as JSON in dist/study-results/policies and used again when they are there.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import type { CompareResult } from '../../sim/lab/compare.ts'
import { policyNames } from '../../sim/policy/index.ts'
import { policiesPage, type WorldTable } from './policies-page.ts'

const CLI = 'dist/cli/fleetlab.js'
const PAGE = 'docs/policies-worlds.md'
const [WORLDS, GALLERY, RESULTS] = ['scenarios/worlds', 'scenarios/policies', 'dist/study-results/policies']
const OUTPUT_MAX = 512 * 2 ** 20

const filesIn = (folder: string, ending: string): readonly string[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith(ending))
        .toSorted()
        .map((name) => join(folder, name))
    : []

const { values, positionals } = parseArgs({
  options: { seeds: { type: 'string', default: '1-10' } },
  allowPositionals: true,
})
const scenarios = positionals.length > 0 ? positionals : filesIn(WORLDS, '.yaml')
if (scenarios.length === 0) throw new Error(`no worlds: ${WORLDS} is empty, and no scenario was named`)
const policies = [...policyNames, ...filesIn(GALLERY, '.ts').map((file) => `./${file}`)].join(',')

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
