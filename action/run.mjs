/**
 * The one step of the action: find a fleetlab, run `check`, say how it went. Everything comes in as a variable and goes out by
 * GITHUB_OUTPUT, so it runs the same on a desk. Annotations and the summary are written by `check` itself.
 */
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { appendFileSync, existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/** Ends of `check` by which nothing was judged. */
const BROKEN = new Set([2, 3, 4, 130])
const FAIL_ON = ['failed', 'broken', 'never']
const MISUSED = 2

const say = (text) => void process.stderr.write(`${text}\n`)

const input = (name) => (process.env[`FLEETLAB_${name}`] ?? '').trim()

function fail(message) {
  say(
    `::error title=fleetlab action::${message.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')}`,
  )
  process.exit(MISUSED)
}

/** `--seeds 1-3 --filter 'a b'` → its words. */
function wordsOf(text) {
  const words = []
  let word
  let quote = ''
  for (const character of text) {
    if (quote !== '') {
      if (character === quote) quote = ''
      else word += character
    } else if (character === '"' || character === "'") {
      quote = character
      word ??= ''
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else word = (word ?? '') + character
  }
  if (quote !== '') fail(`args: a ${quote} is never closed`)
  return word === undefined ? words : [...words, word]
}

const LAUNCHER = join('dist', 'cli', 'fleetlab.js')
const ownFolder = (folder) => join(folder, 'node_modules', 'fleetlab', LAUNCHER)

function npm(args, folder) {
  const { status, error } = spawnSync('npm', args, {
    cwd: folder,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  })
  if (status !== 0) fail(`npm ${args.join(' ')} did not work${error === undefined ? '' : `: ${error.message}`}`)
}

/** Where the command is, made there if need be. */
function launcher() {
  const version = input('VERSION')
  const temporary = process.env['RUNNER_TEMP'] ?? tmpdir()
  if (version !== '') {
    const folder = mkdtempSync(join(temporary, 'fleetlab-'))
    const isTarball = version.endsWith('.tgz')
    npm(
      [
        'install',
        '--prefix',
        folder,
        '--no-save',
        '--no-audit',
        '--no-fund',
        isTarball ? resolve(version) : `fleetlab@${version}`,
      ],
      folder,
    )
    return ownFolder(folder)
  }
  const installed = ownFolder(process.cwd())
  if (existsSync(installed)) return installed
  // This very repository, as it is at the reference by which the action is used.
  const own = resolve(import.meta.dirname, '..')
  if (!existsSync(join(own, LAUNCHER))) npm(['ci', '--no-audit', '--no-fund'], own)
  return join(own, LAUNCHER)
}

/** A value may hold anything but the line that ends it. */
function output(name, value) {
  const file = process.env['GITHUB_OUTPUT']
  if (file === undefined || file === '') return
  const end = `end-${randomBytes(8).toString('hex')}`
  appendFileSync(file, `${name}<<${end}\n${value}\n${end}\n`)
}

const failOn = input('FAIL_ON') || 'failed'
if (!FAIL_ON.includes(failOn)) fail(`fail-on: ${failOn} is not one of ${FAIL_ON.join(', ')}`)
const paths = input('PATH')
  .split('\n')
  .map((path) => path.trim())
  .filter((path) => path !== '')
if (paths.length === 0) fail('path: names nothing to check')
const report =
  input('REPORT') || join(mkdtempSync(join(process.env['RUNNER_TEMP'] ?? tmpdir(), 'fleetlab-report-')), 'report.md')
const words = wordsOf(input('ARGS'))
const command = launcher()

// Behind `--`, a path may look like an option.
const { status, signal } = spawnSync(
  process.execPath,
  [command, 'check', ...words, '--report', report, '--', ...paths],
  { stdio: 'inherit' },
)
const code = status ?? 130
output('passed', String(code === 0))
output('exit-code', String(code))
output('report', existsSync(report) ? report : '')
if (signal !== null) say(`fleetlab was ended by ${signal}`)
const isFailure = failOn === 'never' ? false : failOn === 'broken' ? BROKEN.has(code) : code !== 0
if (code !== 0 && !isFailure) say(`fleetlab check ended with ${code}; fail-on: ${failOn} lets the step pass`)
process.exit(isFailure ? code : 0)
