/**
 * The package as it is published, installed by npm into an empty folder with what it depends on, on every Node it names: every command
 * runs, and a user's repository passes its checks. npm fetches the dependencies and the Nodes.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { twoMacs } from '../cli/two-macs.ts'
import { packedTarball } from '../packed-package.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const EXAMPLE = join(ROOT, 'examples', 'fleet-repository')
const page = readFileSync(join(ROOT, 'docs', 'ci.md'), 'utf8')
const { engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { engines: { node: string } }

/** The least of each line that `engines` names, and the newest there was. */
const NODES = ['20.19.0', '22.12.0', '22.23.3', '24.0.0', '24.21.0']

const TINY = `${twoMacs({ name: 'tiny', duration: '1m' })}expect:
  - {metric: requests.served, policy: open, at_least: 1}
`
const LOAD = '--vary=demand[0].arrivals.poisson=1/s..9/s'

/** A line of each command, in an order in which each finds what it needs, and what it must say. */
const LINES: readonly (readonly [line: string, says: RegExp])[] = [
  ['run tiny.yaml --out out/run --state-at 30s', /served/],
  ['compare tiny.yaml --seeds 1-2 --out out/compare', /pools/],
  ['check tiny.yaml --update', /1 baseline written/],
  ['check . --require-baseline --report fleet.md --junit fleet.xml', /1 baseline the same/],
  ['sweep tiny.yaml --vary fleet[0].count=1,2 --policies open --seeds 1', /\n2 /],
  [`cliff tiny.yaml ${LOAD} --runs 20 --policies open`, /open/],
  ["capacity tiny.yaml --vary=fleet[0].count=1..2 --slo 'goodput>=10%' --policies open", /open/],
  ['bound tiny.yaml --policies open --seeds 1', /open/],
  ['diff open pools --scenario tiny.yaml', /\w/],
  ['decide out/run/state-30s.json', /\w/],
  ['import out/run/inference_routes.csv out/run/request_rejections.csv --out out/day', /\w/],
  ['demand tiny.yaml', /gpt-oss-20b|stream/],
  ['calibrate --json', /fleetlab\.calibrate\/1/],
  ['settings MIN_DECODE_TPS', /MIN_DECODE_TPS/],
  ['policies', /pools-afe8135/],
  ['policy new mine', /^wrote mine\.ts/],
  ['policy check mine.ts', /the same digests/],
  ['compare mine.yaml --seeds 1-2', /mine against open/],
  ['tune ./mine.ts --scenario mine.yaml --objective goodput --param keep=0..2 --runs 8', /keep/],
  ['catalog chips', /M4 Max/],
  ['schema', /"\$schema"/],
]
/** Have tests of their own: they serve until they are stopped, or take minutes. */
const ALONE = ['view', 'worker', 'serve', 'play', 'agree', 'validate']

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

let room = ''
let user = ''
let tarball = ''
const nodes = new Map<string, string>()

const { FORCE_COLOR: _, NODE_OPTIONS: __, GITHUB_ACTIONS: ___, ...ENVIRONMENT } = process.env
const quiet = ['--no-audit', '--no-fund', '--loglevel=error']

/** The folder of its `node` goes first, so that `npx` and `#!/usr/bin/env node` take it too. */
const under = (version: string): NodeJS.ProcessEnv => ({
  ...ENVIRONMENT,
  NO_COLOR: '1',
  PATH: `${nodes.get(version)!}${delimiter}${process.env['PATH']!}`,
})

const LAUNCHER = join('node_modules', '.bin', 'fleetlab')

function shell(command: string, folder: string, env: NodeJS.ProcessEnv): Ended {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command], { cwd: folder, env, encoding: 'utf8' })
  return { code: status, out: stdout, err: stderr }
}

const megabytes = (bytes: number): number => bytes / 1e6

function sizeOf(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => statSync(join(folder, name)))
    .reduce((sum, about) => sum + (about.isFile() ? about.size : 0), 0)
}

beforeAll(async () => {
  room = realpathSync(mkdtempSync(join(tmpdir(), 'fleetlab-package-')))
  tarball = await packedTarball(room, { isRunnable: true, hasDashboard: true })
  user = join(room, 'user')
  mkdirSync(user)
  execFileSync('npm', ['install', ...quiet, tarball], { cwd: user, stdio: 'ignore' })
  for (const version of NODES) {
    const folder = join(room, `node-${version}`)
    mkdirSync(folder)
    execFileSync('npm', ['install', ...quiet, '--prefix', folder, `node@${version}`], { cwd: folder, stdio: 'ignore' })
    nodes.set(version, join(folder, 'node_modules', '.bin'))
  }
})
afterAll(() => rmSync(room, { recursive: true, force: true }))

describe('what npm installs', () => {
  it('is built, without what it is built with and without its tests', () => {
    const modules = readdirSync(join(user, 'node_modules'))
    for (const name of ['vitest', 'react', 'zod', 'd3', 'knip', 'commander']) expect(modules).not.toContain(name)
    const files = readdirSync(join(user, 'node_modules', 'fleetlab'), { recursive: true, encoding: 'utf8' })
    expect(files).toContain('dist/ui/index.html')
    expect(files.filter((name) => name.endsWith('.map') || name.startsWith('test'))).toEqual([])
  })

  it('is of the size that the guide says, to a fifth', () => {
    const said = /The package is ([\d.]+) MB to download and ([\d.]+) MB on\s+the disk; [^,]*, ([\d.]+) MB/.exec(page)!
    const found = [statSync(tarball).size, sizeOf(join(user, 'node_modules', 'fleetlab')), sizeOf(user)].map(megabytes)
    for (const [i, size] of found.entries()) {
      const text = `${said[i + 1]} MB, found ${size.toFixed(1)}`
      expect(Math.abs(Number(said[i + 1]) / size - 1), text).toBeLessThan(0.2)
    }
  })

  it('is tried on every Node that `engines` and the guide name', () => {
    const lines = [...new Set(NODES.map((version) => version.split('.')[0]!))]
    expect(engines.node).toBe('^20.19.0 || ^22.12.0 || ^24.0.0')
    expect(page).toContain(`Node ${lines.slice(0, -1).join(', ')} and ${lines.at(-1)!} are tried`)
    for (const least of Array.from(engines.node.matchAll(/\^([\d.]+)/g), ([, version]) => version!))
      expect(NODES).toContain(least)
  })
})

describe.each(NODES)('on Node %s', (version) => {
  let folder = ''
  beforeAll(() => {
    folder = join(room, `work-${version}`)
    cpSync(join(user, 'node_modules'), join(folder, 'node_modules'), { recursive: true, verbatimSymlinks: true })
    writeFileSync(join(folder, 'tiny.yaml'), TINY)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('is that Node', () => {
    expect(shell('node --version', folder, under(version)).out.trim()).toBe(`v${version}`)
  })

  it('has a line for every command of --help', () => {
    const { out } = shell(`${LAUNCHER} --help`, folder, under(version))
    const commands = Array.from(out.split('Commands:')[1]!.matchAll(/^ {2}(\w+)/gm), ([, name]) => name!)
    const tried = new Set([...LINES.map(([line]) => line.split(' ')[0]!), ...ALONE, 'help'])
    expect(commands.filter((name) => !tried.has(name) && !/^\d+$/.test(name))).toEqual([])
  })

  it('runs every command', () => {
    for (const [line, says] of LINES) {
      const ended = shell(`${LAUNCHER} ${line}`, folder, under(version))
      // What the seeds of a small scenario cannot tell ends with 1 and is a run all the same.
      expect([0, 1], `${line}\n${ended.out}${ended.err}`).toContain(ended.code)
      expect(ended.err, line).not.toMatch(/bug:|Error:/)
      expect(ended.out, line).toMatch(says)
    }
  })

  it('serves the dashboard', async () => {
    const server = spawn(join(folder, LAUNCHER), ['view', 'out/run', '--port', '0'], {
      cwd: folder,
      env: under(version),
    })
    const ended = new Promise<number | null>((done) => server.on('close', done))
    const address = await new Promise<string>((done) => {
      server.stdout.setEncoding('utf8').on('data', (text: string) => done(text.trim()))
    })
    const response = await fetch(address)
    expect(response.status).toBe(200)
    expect(await response.text()).toContain('<div id="root"')
    server.kill('SIGINT')
    expect(await ended).toBe(0)
  })

  it('passes the checks of the example repository, by its own script and by the action', () => {
    const repository = join(folder, 'repository')
    cpSync(EXAMPLE, repository, { recursive: true })
    cpSync(join(folder, 'node_modules'), join(repository, 'node_modules'), { recursive: true, verbatimSymlinks: true })
    const before = readFileSync(join(repository, 'fleet.md'), 'utf8')
    const byScript = shell('npm run check', repository, under(version))
    expect(byScript.code, byScript.out + byScript.err).toBe(0)
    expect(readFileSync(join(repository, 'fleet.md'), 'utf8')).toBe(before)
    const inputs = { FLEETLAB_PATH: 'fleet', FLEETLAB_ARGS: '--require-baseline', RUNNER_TEMP: folder }
    const github = {
      GITHUB_ACTIONS: 'true',
      GITHUB_OUTPUT: join(folder, 'output'),
      GITHUB_STEP_SUMMARY: join(folder, 'summary'),
    }
    const env = { ...under(version), ...inputs, ...github }
    const byAction = shell(`node ${join(ROOT, 'action', 'run.mjs')}`, repository, env)
    expect(byAction.code, byAction.out + byAction.err).toBe(0)
    expect(readFileSync(join(folder, 'output'), 'utf8')).toContain('passed<<')
    expect(readFileSync(join(folder, 'summary'), 'utf8')).toContain('2 files checked, all passed.')
  })
})

it('validates itself', () => {
  const ended = shell(`${LAUNCHER} validate --json`, user, under(NODES[0]!))
  expect(ended.code, ended.out + ended.err).toBe(0)
})

it('is installed by the action from a tarball that `version` names', () => {
  const [version] = NODES
  const env = { ...under(version!), FLEETLAB_PATH: 'tiny.yaml', FLEETLAB_VERSION: tarball, RUNNER_TEMP: room }
  const folder = join(room, 'by-version')
  mkdirSync(folder)
  writeFileSync(join(folder, 'tiny.yaml'), TINY)
  const ended = shell(`node ${join(ROOT, 'action', 'run.mjs')}`, folder, env)
  expect(ended.code, ended.out + ended.err).toBe(0)
  expect(ended.out).toContain('1 expectation met')
})
