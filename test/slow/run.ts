/**
 * `npm run test:slow [-- FILE …]`: runs the slow tier file by file and notes after each what it said and what it cost, in
 * docs/slow-tier.json and docs/slow-tier.md. So a run that was interrupted has lost nothing, and a file alone can be run again.
 * CPU time is that of the file's process and of everything it started, by the shell's `times`: Node does not know its children's.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { slowFiles } from './files.ts'
import { cpuSeconds, type FileResult, slowTierPage, type SlowTierResults } from './page.ts'

const [STORE, PAGE] = ['docs/slow-tier.json', 'docs/slow-tier.md']
const [FOLDER, REPORT] = ['dist/slow', 'dist/slow/result.json']
const COMMAND = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/slow/vitest.config.ts']
const REPORTERS = ['--reporter=default', '--reporter=json', `--outputFile=${REPORT}`]

/** Of Vitest's own JSON, what is read here. */
interface Report {
  readonly testResults: readonly {
    readonly message: string
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[]
  }[]
}

function resultOf(file: string): FileResult {
  rmSync(REPORT, { force: true })
  const { output } = spawnSync(
    'sh',
    ['-c', '"$@"; code=$?; times >&3; exit $code', 'sh', process.execPath, ...COMMAND, file, ...REPORTERS],
    { stdio: ['ignore', 'inherit', 'inherit', 'pipe'], encoding: 'utf8' },
  )
  const cpu_s = Math.round(cpuSeconds(output[3] ?? ''))
  if (!existsSync(REPORT)) return { file, passed: 0, failed: ['it could not be run'], cpu_s }
  const { testResults } = JSON.parse(readFileSync(REPORT, 'utf8')) as Report
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults)
  const failed = tests.filter(({ status }) => status !== 'passed').map(({ fullName }) => fullName)
  // A file that cannot be loaded has no tests to fail.
  const broken = tests.length === 0 ? testResults.map(({ message }) => message || 'no tests') : []
  return { file, passed: tests.length - failed.length, failed: [...failed, ...broken], cpu_s }
}

const { positionals } = parseArgs({ allowPositionals: true })
const all = slowFiles('.')
const unknown = positionals.filter((name) => !all.includes(name))
if (unknown.length > 0) throw new Error(`not in the slow tier: ${unknown.join(', ')}`)
mkdirSync(FOLDER, { recursive: true })
let hasFailed = false
for (const file of positionals.length > 0 ? positionals : all) {
  const result = resultOf(file)
  hasFailed ||= result.failed.length > 0
  const before = existsSync(STORE) ? (JSON.parse(readFileSync(STORE, 'utf8')) as SlowTierResults) : { files: [] }
  const files = [...before.files.filter((each) => each.file !== file && all.includes(each.file)), result]
  const results = { node: process.version, files: files.toSorted((a, b) => (a.file < b.file ? -1 : 1)) }
  writeFileSync(STORE, `${JSON.stringify(results, null, 2)}\n`)
  writeFileSync(PAGE, slowTierPage(results, all))
}
process.exitCode = hasFailed ? 1 : 0
