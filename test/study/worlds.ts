/**
 * `npm run study:worlds`: checks scenarios/worlds through the command line, as a user would, writes docs/worlds.md, and keeps
 * the values it rests on beside it in docs/worlds.json. With `--settle` it also writes the values that known misses have now
 * into the scenario files: their reasons are the author's to look at again.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { formatProblem } from '../../sim/base/result.ts'
import { nodeFiles } from '../../sim/cli/files/files.ts'
import type { CheckedExpectation, CheckResult } from '../../sim/lab/check/check-result.ts'
import { loadScenario } from '../../sim/scenario/index.ts'
import { unitFor } from '../../sim/report/text/check/bound-text.ts'
import { type World, worldsPage } from './worlds-page.ts'

const CLI = 'dist/cli/fleetlab.js'
const FOLDER = 'scenarios/worlds'
const OUTPUT_MAX = 2 ** 28

/** Ends with 1 when something is missed, which is what the page is about. */
function check(): CheckResult {
  const { stdout, stderr } = spawnSync(process.execPath, [CLI, 'check', FOLDER, '--json'], {
    encoding: 'utf8',
    maxBuffer: OUTPUT_MAX,
  })
  if (stdout === '') throw new Error(stderr)
  return JSON.parse(stdout) as CheckResult
}

/** As a scenario writes it, to four digits. */
const written = (expectation: CheckedExpectation, value: number): string =>
  unitFor(expectation) === 'share' ? `${Number((value * 100).toPrecision(4))}%` : String(Number(value.toPrecision(4)))

/** Writes the value of `simulated:` of the entry that begins on the line. */
function settle(expectation: CheckedExpectation): void {
  const { file, line, value, verdict, published } = expectation
  if (verdict === 'met' || published?.misses === undefined || line === undefined || value === null) return
  const lines = readFileSync(file, 'utf8').split('\n')
  const at = lines.findIndex((text, place) => place >= line - 1 && /^\s+simulated: /.test(text))
  lines[at] = lines[at]!.replace(/simulated: .*/, `simulated: ${written(expectation, value)}`)
  writeFileSync(file, lines.join('\n'))
}

if (process.argv.includes('--settle'))
  check()
    .files.flatMap(({ expectations }) => expectations)
    .forEach(settle)

const { files } = check()
const broken = files.flatMap(({ problems }) => problems.map(formatProblem))
if (broken.length > 0) throw new Error(broken.join('\n'))
const worlds: World[] = []
for (const { file, expectations } of files) {
  const loaded = await loadScenario(file, nodeFiles)
  if (!loaded.ok) throw new Error(loaded.error.map(formatProblem).join('\n'))
  worlds.push({ file, loaded: loaded.value, expectations })
}
writeFileSync('docs/worlds.md', worldsPage(worlds))
const stored = files.map(({ file, expectations }) => ({ file, expectations }))
writeFileSync('docs/worlds.json', `${JSON.stringify(stored, null, 1)}\n`)
const missed = files.flatMap(({ expectations }) => expectations).filter(({ passed }) => !passed)
process.stderr.write(`wrote docs/worlds.md; ${missed.length} figures are neither met nor missed as their files say\n`)
