/**
 * The built command on a small scenario: exit codes, what is on which stream, what is on the disk. Where nothing is asked about
 * the process around it, the same command line runs in this thread: a process costs half a second of a core.
 */
import { execFileSync, spawn } from 'node:child_process'
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { builtCommand, type BuiltCommand } from './built-command.ts'
import { fleetlab as inProcess } from './in-process.ts'

const ROOT = resolve(import.meta.dirname, '..', '..')

const TINY = `
name: tiny
duration: 1m
warmup: 10s
models: [gpt-oss-20b, gemma-4-26b-qat-4bit]
aliases:
  gemma-4-26b: {desired: gemma-4-26b-qat-4bit}
fleet:
  - {count: 2, machine: {chip: M4 Max 40c, memory: 64GB}, advertises: [gpt-oss-20b, gemma-4-26b-qat-4bit]}
demand:
  - arrivals: {poisson: 1/s}
    mix: {gpt-oss-20b: 70%, gemma-4-26b: 30%}
    lengths: {prompt: 500, output: 100}
policies: [open, {policy: open, set: {max_model_slots: 1}, as: one-slot}]
`
/** Names that a careless disk, or a careless rule, makes one of. */
const ARMS = `
name: arms
duration: 2m
models: [gpt-oss-20b]
fleet:
  - id: studio-1
    machine: {chip: M4 Max 40c, memory: 64GB, os_memory: 6GB}
    advertises: [gpt-oss-20b]
    resident: [gpt-oss-20b]
demand:
  - requests:
      - {at: 60s, model: gpt-oss-20b, prompt: 800, max_tokens: 64, output: 10}
    patience: {enabled: false}
policies:
  - {policy: open, as: "開放"}
  - {policy: pools, as: "分池"}
  - {policy: open, as: "ratio 4/12"}
  - {policy: pools, as: "ratio 4 12"}
  - open
  - {policy: pools, as: OPEN}
`
const expecting = (...lines: readonly string[]): string =>
  `${TINY}expect:\n${lines.map((line) => `  - ${line}`).join('\n')}\n`
const MET = `{metric: 'requests.arrived', at_least: 1}`
const UNCLEAR = `{metric: requests.served, policy: one-slot, versus: open, improves_by: 5%}`
const NOT_MET = `{metric: 'requests.arrived', policy: open, at_most: 1}`
const MINE = `
import { definePolicy } from 'fleetlab/plug'
export default definePolicy({
  name: 'mine', about: '', maxModelSlotsDefault: 3, refusesColdBesideBusy: false,
  test: () => { NOISE; return { allowed: BODY, why: 'mine' } }, poolKeys: (label: string) => [label],
})
`

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Vitest asks its children for colour. */
const { FORCE_COLOR: _, ...ENVIRONMENT } = process.env

let folder = ''
let built: BuiltCommand

const policyFile = ({ body = 'true', noise = '' }): string => MINE.replace('BODY', body).replace('NOISE', noise)

interface Circumstances {
  /** Interrupts the command as soon as this is true. */
  readonly interruptWhen?: () => boolean
  /** Instead of a pipe that is read to its end. */
  readonly stdout?: { readonly file: string } | 'closed early'
  /** What stands on standard input: bytes through a pipe, or a file. Nothing unless told. */
  readonly stdin?: Buffer | { readonly file: string }
}

function fleetlab(words: readonly string[], { interruptWhen, stdout, stdin }: Circumstances = {}): Promise<Ended> {
  return new Promise((done) => {
    const own = typeof stdout === 'object' ? openSync(stdout.file, 'w') : undefined
    const given = stdin === undefined ? 'ignore' : Buffer.isBuffer(stdin) ? 'pipe' : openSync(stdin.file, 'r')
    const child = spawn(process.execPath, [built.script, ...words], {
      cwd: folder,
      env: { ...ENVIRONMENT, CI: '1' },
      stdio: [given, own ?? 'pipe', 'pipe'],
    })
    for (const fd of [own, given]) if (typeof fd === 'number') closeSync(fd)
    if (Buffer.isBuffer(stdin)) child.stdin!.end(stdin)
    let out = ''
    let err = ''
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (out += chunk))
    child.stderr!.setEncoding('utf8').on('data', (chunk: string) => (err += chunk))
    if (stdout === 'closed early') child.stdout!.destroy()
    if (interruptWhen !== undefined) {
      const timer = setInterval(() => {
        if (!interruptWhen()) return
        clearInterval(timer)
        child.kill('SIGINT')
      }, 20)
      child.on('close', () => clearInterval(timer))
    }
    child.on('close', (code) => done({ code, out, err }))
  })
}

const isFileName = (word: string): boolean => /\.(?:ya?ml|ts)$/.test(word)
const withoutFolder = (words: string): string => words.replaceAll(`${folder}/`, '')

/** In this thread, which has no folder of its own: scenarios and policies are named by their whole path, and shown without it. */
async function here(words: readonly string[]): Promise<Ended> {
  const { code, out, err } = await inProcess(words.map((word) => (isFileName(word) ? join(folder, word) : word)))
  return { code, out: withoutFolder(out), err: withoutFolder(err) }
}

const json = (ended: Ended): Record<string, unknown> => JSON.parse(ended.out) as Record<string, unknown>

beforeAll(async () => {
  built = await builtCommand('cli')
  folder = mkdtempSync(join(tmpdir(), 'fleetlab-cli-'))
  const files = {
    'tiny.yaml': TINY,
    'met.yaml': expecting(MET),
    'not-met.yaml': expecting(MET, NOT_MET),
    'unclear.yaml': expecting(MET, UNCLEAR),
    'broken.yaml': expecting(MET).replace('1m', '1'),
    'mine.ts': policyFile({}),
    'chance.ts': policyFile({ body: 'Math.random() < 2' }),
    'loud.ts': `console.log('loaded')\n${policyFile({ noise: "console.log('asked'); console.info({ a: 1 })" })}`,
  }
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
  built.remove()
})

describe('fleetlab run', () => {
  it('prints one JSON document and nothing else with --json', async () => {
    const ended = await fleetlab(['run', 'tiny.yaml', '--json'])
    expect(ended).toMatchObject({ code: 0, err: '' })
    expect(json(ended)).toMatchObject({
      format: 'fleetlab.run/1',
      seed: 1,
      policy: { name: 'open' },
      scenario: { name: 'tiny' },
    })
  })

  it('gives the same digest with --verify, --explain, --out and --candidates as without', async () => {
    const digests = []
    const all = ['--out', join(folder, 'all'), '--candidates']
    for (const words of [[], ['--verify'], ['--explain', 'slowest'], ['--out', join(folder, 'watched')], all]) {
      digests.push(json(await here(['run', 'tiny.yaml', '--json', ...words]))['digest'])
    }
    expect(new Set(digests).size).toBe(1)
    expect(readFileSync(join(folder, 'all', 'inference_route_candidates.csv'), 'utf8')).toMatch(
      /^request_id,attempt,phase,provider_id,.*\n0,0,preflight,mac-1,/,
    )
  })

  it('writes the result, the ledger and the trace', async () => {
    expect((await here(['run', 'tiny.yaml', '--out', join(folder, 'out', 'run')])).code).toBe(0)
    expect(readdirSync(join(folder, 'out', 'run')).sort()).toEqual([
      'inference_routes.csv',
      'pool_gauges.csv',
      'provider_capacity_samples.csv',
      'provider_pools.csv',
      'request_rejections.csv',
      'result.json',
      'trace.fleet',
    ])
    expect(
      readFileSync(join(folder, 'out', 'run', 'trace.fleet'))
        .subarray(0, 7)
        .toString(),
    ).toBe('FLEETTR')
  })

  it('writes the state at a time of the run, which decide reads under another policy', async () => {
    const states = ['--state-at', '0:30', '--state-at', '20.5s', '--out', join(folder, 'states')]
    const { code, out } = await here(['run', 'tiny.yaml', '--json', ...states])
    expect(code).toBe(0)
    const { digest } = JSON.parse(out) as { digest: string }
    expect((JSON.parse((await here(['run', 'tiny.yaml', '--json'])).out) as { digest: string }).digest).toBe(digest)
    const decided = await here([
      'decide',
      join(folder, 'states/state-30s.json'),
      join(folder, 'states/state-20.5s.json'),
      '--policy',
      'pools',
      '--json',
    ])
    expect(decided.code).toBe(0)
    const ids = decided.out
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { id: string }).id)
    expect(ids).toEqual(['tiny/open/seed-1/30s', 'tiny/open/seed-1/20.5s'])
  })

  it.each([
    [['--state-at', '30s'], '--state-at: needs --out; states are files of that folder'],
    [
      ['--state-at', '1:00.000001', '--out', 'states'],
      '--state-at 1:00.000001: is after the end of tiny; its requests arrive for 60s',
    ],
    [['--state-at', 'noon', '--out', 'states'], 'not "noon"'],
  ])('refuses %j', async (words, message) => {
    const { code, err } = await here(['run', 'tiny.yaml', ...words])
    expect(code).toBe(2)
    expect(err).toContain(message)
  })

  it('explains a request machine by machine', async () => {
    const ended = await here(['run', 'tiny.yaml', '--explain', 'slowest:gemma-4-26b'])
    expect(ended.code).toBe(0)
    expect(ended.out).toMatch(/^Request \d+ for gemma-4-26b, arrived at /)
    expect(ended.out).toMatch(/mac-1 .*\n.*mac-2 /)
  })

  it('runs a policy file', async () => {
    const ended = await here(['run', 'tiny.yaml', '--policy', 'mine.ts', '--json'])
    expect(json(ended)).toMatchObject({ policy: { name: 'mine.ts' } })
  })

  it('sends what a policy logs to standard error, from one thread and from several', async () => {
    const run = await fleetlab(['run', 'tiny.yaml', '--policy', './loud.ts', '--json'])
    expect(json(run)).toMatchObject({ format: 'fleetlab.run/1' })
    expect(run.err).toMatch(/^loaded\n/)
    expect(run.err).toContain('asked\n{ a: 1 }\n')
    const words = ['compare', 'tiny.yaml', '--policies', 'open,./loud.ts', '--seeds', '1', '--jobs', '2', '--json']
    const compared = await fleetlab(words)
    expect(json(compared)).toMatchObject({ format: 'fleetlab.compare/1' })
    expect(compared.err).toContain('asked\n{ a: 1 }\n')
  })

  it('refuses a policy that rolls dice', async () => {
    const ended = await here(['run', 'tiny.yaml', '--policy', 'chance.ts'])
    expect(ended).toMatchObject({ code: 2, out: '' })
    expect(ended.err).toMatch(
      /^error: chance\.ts:5 test\(\) threw ForbiddenInPolicyError: a policy may not use Math\.random/,
    )
  })

  it.each([
    [['run', 'none.yaml'], 'error: none.yaml cannot be read\n'],
    [
      ['run', 'tiny.yaml', '--seed', '1e3'],
      "error: option '--seed <n>' argument '1e3' is invalid. It must be a whole number from 0 to 9007199254740991, not \"1e3\".\nsee fleetlab run --help\n",
    ],
    [
      ['run', 'tiny.yaml', '--sed', '3'],
      "error: unknown option '--sed'\n(Did you mean one of --seed, --set?)\nsee fleetlab run --help\n",
    ],
    [
      ['run', 'tiny.yaml', '--explain', '999999'],
      /^error: --explain 999999: there is no such request; the run has requests 0 to \d+\n$/,
    ],
    [['run', 'broken.yaml'], /^error: broken\.yaml:3:11 duration must be a duration with a unit, such as .*\n$/],
    [['sweep', 'tiny.yaml'], 'error: name a setting to vary, such as --vary demand[0].arrivals.load=0.5,1,2\n'],
    [['compare', 'tiny.yaml', '--baseline', 'x'], 'error: --baseline x: is not compared; there are open, one-slot\n'],
    [['run', 'tiny.yaml', '--out', ''], "error: option '--out <dir>' is empty\nsee fleetlab run --help\n"],
    [
      ['run', 'tiny.yaml', '--seed', '1', '--seed=2'],
      "error: option '--seed <n>' is given twice\nsee fleetlab run --help\n",
    ],
    [
      ['compare', 'tiny.yaml', '--csv', 'x.csv', '--markdown', './x.csv'],
      'error: --markdown ./x.csv: --csv writes there too; give each a place of its own\n',
    ],
  ])('says once what is wrong and ends with 2: %j', async (words, message) => {
    const ended = await here(words)
    expect(ended).toMatchObject({ code: 2, out: '' })
    if (typeof message === 'string') expect(ended.err).toBe(message)
    else expect(ended.err).toMatch(message)
  })

  it('stops at Ctrl-C with 130 and leaves nothing half-written', async () => {
    const hasBegun = (): boolean => readdirSync(folder).some((name) => name.includes('stopped'))
    const words = ['run', 'tiny.yaml', '--set', 'duration=100h', '--out', 'stopped']
    const ended = await fleetlab(words, { interruptWhen: hasBegun })
    expect(ended).toMatchObject({ code: 130, out: '', err: 'interrupted; nothing was written\n' })
    expect(readdirSync(folder).filter((name) => name.includes('stopped'))).toEqual([])
  })
})

describe('what cannot be written', () => {
  const FULL = { stdout: { file: '/dev/full' } }

  it
    .skipIf(!existsSync('/dev/full'))
    .each([[['run', 'tiny.yaml', '--json']], [['check', 'not-met.yaml', '--jobs', '1']], [['--version']]])(
    'is one message and exit code 4 when standard output is full: %j',
    async (words) => {
      expect(await fleetlab(words, FULL)).toEqual({
        code: 4,
        out: '',
        err: 'error: standard output: cannot be written: the disk is full\n',
      })
    },
  )

  it.skipIf(!existsSync('/dev/full'))('is one message and exit code 4 when a file is', async () => {
    expect(await here(['sweep', 'tiny.yaml', '--vary', 'seed=1,2', '--csv', '/dev/full'])).toEqual({
      code: 4,
      out: '',
      err: 'error: --csv /dev/full: cannot be written: the disk is full\n',
    })
  })

  it('is quiet when the reader of standard output has gone, and still an exit code', async () => {
    expect(await fleetlab(['check', 'not-met.yaml', '--jobs', '1'], { stdout: 'closed early' })).toEqual({
      code: 1,
      out: '',
      err: '',
    })
    expect(await fleetlab(['check', 'met.yaml', '--jobs', '1'], { stdout: 'closed early' })).toEqual({
      code: 0,
      out: '',
      err: '',
    })
  })
})

describe('what is there', () => {
  it('gives every run a file of its own, whatever its arm is called', async () => {
    writeFileSync(join(folder, 'arms.yml'), ARMS)
    expect((await here(['compare', 'arms.yml', '--seeds', '1-2', '--out', join(folder, 'arms')])).code).toBe(0)
    rmSync(join(folder, 'arms.yml'))
    const runs = readdirSync(join(folder, 'arms', 'runs'), { recursive: true, withFileTypes: true })
    const results = runs.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
    const ran = results.map((path) => {
      const { seed, policy } = JSON.parse(readFileSync(path, 'utf8')) as { seed: number; policy: { name: string } }
      return `${policy.name} ${seed}`
    })
    expect(new Set(ran).size).toBe(12)
    expect(new Set(results.map((path) => path.toLowerCase())).size).toBe(12)
    expect(readdirSync(join(folder, 'arms', 'runs'))).toContain('open')
  })

  it('stays what it is: a pipe is delivered to its reader, a link leads to the report', async () => {
    writeFileSync(join(folder, 'report-of-old.xml'), 'old')
    symlinkSync('report-of-old.xml', join(folder, 'link.xml'))
    execFileSync('mkfifo', [join(folder, 'report.fifo')])
    expect((await here(['check', 'met.yaml', '--junit', join(folder, 'link.xml')])).code).toBe(0)
    expect(lstatSync(join(folder, 'link.xml')).isSymbolicLink()).toBe(true)
    expect(readFileSync(join(folder, 'report-of-old.xml'), 'utf8')).toContain('<testsuites')
    const reader = spawn('cat', [join(folder, 'report.fifo')], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [ended, read] = await Promise.all([
      here(['check', 'met.yaml', '--junit', join(folder, 'report.fifo')]),
      text(reader.stdout),
    ])
    expect(ended.code).toBe(0)
    expect(read).toMatch(/^<\?xml[\s\S]*<\/testsuites>\s*$/)
    expect(statSync(join(folder, 'report.fifo')).isFIFO()).toBe(true)
  })

  it('has standard output for itself when it was sent there', async () => {
    const ended = await fleetlab(['check', 'met.yaml', '--jobs', '1', '--junit', '/dev/stdout'])
    expect(ended.code).toBe(0)
    expect(ended.out).toMatch(/^<\?xml[\s\S]*<\/testsuites>\s*$/)
    expect(ended.err).toContain('pass  met.yaml')
    expect((await here(['check', 'met.yaml', '--json', '--junit', '/dev/stdout'])).code).toBe(2)
  })
})

describe('fleetlab compare', () => {
  it('gives the same figures with one worker as with three', async () => {
    const mine = join(folder, 'mine.ts')
    const policies = ['open', 'one-slot', mine]
    const words = ['compare', join(folder, 'tiny.yaml'), '--seeds', '1-2', '--json', '--policies', policies.join()]
    const one = json(await inProcess([...words, '--jobs', '1']))
    const three = json(await fleetlab([...words, '--jobs', '3', '--out', 'compared']))
    expect({ ...three, meta: {} }).toEqual({ ...one, meta: {} })
    expect(Object.keys(one['policies'] as object)).toEqual(policies)
    expect(readdirSync(join(folder, 'compared')).sort()).toEqual(['compare.json', 'runs'])
  })
})

describe('fleetlab check', () => {
  it.each([
    [['met.yaml'], 0],
    [['met.yaml', '--strict'], 0],
    [['met.yaml', 'not-met.yaml'], 1],
    [['met.yaml', 'unclear.yaml'], 1],
    [['met.yaml', 'unclear.yaml', '--strict'], 5],
    [['unclear.yaml', 'not-met.yaml', '--strict'], 1],
    [['broken.yaml', 'unclear.yaml', '--strict'], 2],
    [['broken.yaml', 'met.yaml', 'not-met.yaml'], 2],
  ])('ends %j with %i', async (files, code) => {
    expect((await here(['check', ...files])).code).toBe(code)
  })

  it('judges the other files when one is not there, or names a folder as its trace', async () => {
    const folderTrace = expecting(MET).replace('{poisson: 1/s}', '{trace: .}')
    writeFileSync(join(folder, 'folder-trace.yml'), folderTrace)
    const ended = await here(['check', 'nowhere.yaml', 'folder-trace.yml', 'met.yaml'])
    rmSync(join(folder, 'folder-trace.yml'))
    expect(ended).toMatchObject({ code: 2, err: '' })
    expect(ended.out).toContain('error: nowhere.yaml cannot be read')
    expect(ended.out).toMatch(/error: folder-trace\.yml:\d+:\d+ demand\[0\]\.arrivals\.trace cannot be read/)
    expect(ended.out).toContain('pass  met.yaml')
  })

  it('says in which line an expectation asks for a row that there is not', async () => {
    writeFileSync(join(folder, 'rows.yml'), expecting('{row: relabl, at_least: 1}'))
    const ended = await here(['check', 'rows.yml'])
    rmSync(join(folder, 'rows.yml'))
    expect(ended.code).toBe(2)
    expect(ended.out).toMatch(
      /error: rows\.yml:16:\d+ expect\[0\]\.row `relabl` is no kind of row; did you mean `relabel`\?/,
    )
  })

  it.each(['run', 'compare', 'check'])(
    'refuses under %s an expectation of a figure that there is not',
    async (command) => {
      writeFileSync(join(folder, 'typo.yml'), expecting('{metric: requests.servd, at_least: 1}'))
      const ended = await here([command, 'typo.yml', '--set', 'duration=400h'])
      rmSync(join(folder, 'typo.yml'))
      expect(ended.code).toBe(2)
      expect(ended.out + ended.err).toMatch(/error: typo\.yml:16:\d+ expect\[0\]\.metric .*did you mean `served`\?/)
    },
  )

  it('refuses a report that cannot be written before it runs anything', async () => {
    const ended = await here(['check', 'met.yaml', '--junit', join(folder, 'met.yaml', 'report.xml')])
    expect(ended).toMatchObject({
      code: 2,
      out: '',
      err: 'error: --junit met.yaml/report.xml: cannot be written: a file of that name is in the way\n',
    })
  })

  it('judges the other files when one is broken, in text, JSON and JUnit', async () => {
    const [report, judged] = [join(folder, 'report.xml'), join(folder, 'check.json')]
    const ended = await here(['check', folder, '--junit', report, '--json', judged])
    expect(ended.code).toBe(2)
    expect(ended.out).toMatch(/^FAIL {2}broken\.yaml\n {2}error: broken\.yaml:3:11 duration/)
    expect(ended.out).toContain('pass  met.yaml')
    expect(ended.out).toContain('✗ requests.arrived under open: ')
    const check = JSON.parse(readFileSync(judged, 'utf8')) as { files: { passed: boolean }[] }
    expect(check.files.map((file) => file.passed)).toEqual([false, true, false, false])
    const xml = readFileSync(report, 'utf8')
    expect(xml).toMatch(/<testsuites name="fleetlab check" tests="10" failures="2" errors="1" skipped="1" time=/)
    // A scenario without expect:, in the text and in the report.
    expect(ended.out).toContain('skip  tiny.yaml  has no `expect:`')
    expect(xml).toContain('<skipped message="has no `expect:`"/>')
  })

  it('prints a file’s verdict while the next still runs, although nobody watches', async () => {
    // Many minutes of work: nobody waits for its end.
    writeFileSync(join(folder, 'long.yml'), expecting(MET).replace('1m', '400h'))
    const stop = new AbortController()
    const paths = ['met.yaml', 'long.yml'].map((name) => join(folder, name))
    const { out } = await inProcess(['check', ...paths], {
      signal: stop.signal,
      onPrint(printed) {
        if (/pass .*met\.yaml/.test(printed)) stop.abort()
      },
    })
    rmSync(join(folder, 'long.yml'))
    expect(out).toMatch(/pass .*met\.yaml/)
    expect(out).not.toContain('long.yml')
  })
})

describe('fleetlab sweep', () => {
  it('writes a line per cell and metric', async () => {
    const csv = ['--csv', join(folder, 'sweep.csv')]
    const ended = await here(['sweep', 'tiny.yaml', '--vary', 'duration=1m,2m', '--policies', 'open', ...csv])
    expect(ended.code).toBe(0)
    const lines = readFileSync(join(folder, 'sweep.csv'), 'utf8').split('\n')
    expect(lines[0]).toBe('duration,policy,metric,mean,ci95_low,ci95_high,n')
    expect(lines.filter((line) => line.includes(',requests.arrived,')).map((line) => line.split(',')[0])).toEqual([
      '1m',
      '2m',
    ])
  })
})

describe('fleetlab sweep --metric', () => {
  it('shows the figures asked for instead of the usual ones', async () => {
    const metric = 'models["gpt-oss-20b"].ttft_ms.p95'
    const ended = await here(['sweep', 'tiny.yaml', '--vary', 'fleet[0].count=1,2', '--metric', metric])
    expect([ended.code, ended.err]).toEqual([0, ''])
    expect(ended.out).toContain(metric)
    expect(ended.out).not.toContain('goodput')
  })

  it('refuses one that no run has before anything runs, and says which there is', async () => {
    // Runs of many minutes, if there were any.
    const long = ['--set', 'duration=400h']
    const ended = await here(['sweep', 'tiny.yaml', '--vary', 'fleet[0].count=1,2', '--metric', 'pool_move', ...long])
    expect([ended.code, ended.out]).toEqual([2, ''])
    expect(ended.err).toContain('did you mean `pool_moves`?')
  })
})

describe('fleetlab tune', () => {
  const words = 'tune deadline-admission --scenario tiny.yaml --objective goodput --seeds 1-2 --held-back 5 --runs 8'

  it('searches within its runs, and scores what it chose on seeds that had no part in that', async () => {
    const result = json(await here([...words.split(' '), '--jobs', '1', '--json']))
    expect(result).toMatchObject({ seeds: [1, 2], held_back: [3, 4, 5, 6, 7], runs: 8 })
    const { points, scores, chosen } = result as {
      readonly points: readonly { readonly values: { readonly share: number }; readonly seeds: number }[]
      readonly scores: readonly { readonly values: object; readonly role: string }[]
      readonly chosen: { readonly values: object }
    }
    expect(points.reduce((sum, { seeds }) => sum + seeds, 0)).toBe(8)
    expect(points.every(({ values }) => values.share > 0)).toBe(true)
    expect(points.map(({ values }) => values)).toContainEqual(chosen.values)
    expect(scores.filter(({ role }) => role === 'as_it_is').map(({ values }) => values)).toEqual([{ share: 1 }])
  })

  it('says what it found, and writes it as Markdown', async () => {
    const few = words.replace('--seeds 1-2 --held-back 5 --runs 8', '--seeds 1 --held-back 5 --runs 2')
    const ended = await here([...few.split(' '), '--markdown', join(folder, 'tuned.md')])
    expect(ended.code).toBe(0)
    expect(ended.out).toMatch(/share/)
    expect(readFileSync(join(folder, 'tuned.md'), 'utf8')).toMatch(/\| share \|/)
  })

  it.each([
    ['no objective', 'tune deadline-admission --scenario tiny.yaml', /say what shall be best/],
    ['a slip in a parameter', `${words} --param shar=0..1`, /has no such parameter; did you mean `share`\?/],
    ['a policy without any', words.replace('deadline-admission', 'open'), /open has no parameters/],
  ])('answers %s with 2 and what is right', async (_about, line, message) => {
    const ended = await here(line.split(' '))
    expect(ended).toMatchObject({ code: 2, out: '' })
    expect(ended.err).toMatch(message)
  })
})

describe('fleetlab cliff', () => {
  it('draws what it found into the file of --svg, loops too where they were asked for', async () => {
    const words = 'cliff tiny.yaml --vary demand[0].arrivals.load=1..8 --policies open --runs 20 --hysteresis'
    const settings = ['duration=2m', 'warmup=0s', 'collapse={window: 20s, lasts: 30s}'].flatMap((set) => ['--set', set])
    const ended = await here([...words.split(' '), ...settings, '--svg', join(folder, 'c.svg'), '--json'])
    expect(ended.err).toBe('')
    const { arms } = json(ended) as { readonly arms: { readonly open: { readonly levels: readonly object[] } } }
    const svg = readFileSync(join(folder, 'c.svg'), 'utf8')
    expect(svg.match(/class="level"/g)).toHaveLength(arms.open.levels.length)
    expect(svg.match(/<title>seed \d+:/g)).toHaveLength(8)
  })
})

describe('fleetlab calibrate and catalog', () => {
  it('finds every row as it is in the committed report', async () => {
    const ended = await here(['calibrate', '--json'])
    const { format, rows, moved } = JSON.parse(ended.out) as { format: string; rows: unknown[]; moved: string[] }
    expect([format, moved, ended.code]).toEqual(['fleetlab.calibrate/1', [], 0])
    expect(rows.length).toBeGreaterThan(250)
  })

  it('prints chips and models with what follows from them', async () => {
    const [chips, models] = [await here(['catalog', 'chips']), await here(['catalog', 'models'])]
    expect([chips.code, models.code]).toEqual([0, 0])
    for (const word of ['M1 7c', 'M4 Max 40c', 'decode tok/s', 'KV tokens']) expect(chips.out).toContain(word)
    for (const word of ['gpt-oss-20b', 'Qwen3.6-35B-A3B', 'llama-2-7b-q4_0', 'prefill tok/s'])
      expect(models.out).toContain(word)
  })
})

describe('fleetlab decide -', () => {
  const recorded = join(ROOT, 'test', 'conformance', 'recorded', 'states-plain.jsonl.gz')
  const words = ['decide', '-', '--compare']
  const agrees = expect.objectContaining({ code: 0, out: expect.stringContaining('10 states, ') })

  it('reads what comes through a pipe, gzipped or not, or stands in a file', async () => {
    const states = gunzipSync(readFileSync(recorded)).toString().split('\n').slice(0, 10).join('\n')
    const file = join(folder, 'ten.jsonl')
    writeFileSync(file, states)
    expect(await fleetlab(words, { stdin: gzipSync(states) })).toEqual(agrees)
    expect(await fleetlab(words, { stdin: { file } })).toEqual(agrees)
  })

  it('refuses to read nothing, and to read it twice', async () => {
    const empty = '<stdin>:1 is empty; it must hold states of format fleetlab.decide/1'
    expect(await fleetlab(words)).toMatchObject({ code: 2, out: '', err: `error: ${empty}\n` })
    const twice = '- is named twice; standard input can be read once'
    expect(await here([...words, '-'])).toMatchObject({ code: 2, out: '', err: `error: ${twice}\n` })
  })
})

describe('a command that is none', () => {
  it.each([['deside'], ['deside', '--help'], ['help', 'deside']])('is refused: %s %s', async (...words) => {
    const { code, out, err } = await here(words)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toBe("error: unknown command 'deside'\n(Did you mean decide?)\nsee fleetlab --help\n")
  })

  it.each([
    ['catalog', 'chip'],
    ['catalog', 'chip', '--help'],
    ['help', 'catalog', 'chip'],
  ])('is refused below one that is: %s %s', async (...words) => {
    const { code, out, err } = await here(words)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toBe("error: unknown command 'chip'\n(Did you mean chips?)\nsee fleetlab catalog --help\n")
  })

  it('is not taken for one that is asked about', async () => {
    expect(await here(['help', 'decide'])).toMatchObject({ code: 0, out: expect.stringContaining('--compare') })
    expect(await here(['--help'])).toMatchObject({ code: 0, out: expect.stringContaining('Exit codes:') })
    expect(await here([])).toMatchObject({ code: 2, err: expect.stringContaining('error: name a command') })
  })
})

describe('fleetlab policies and schema', () => {
  it('lists the settings of the coordinator, and refuses one that is none', async () => {
    const listed = await here(['settings', 'EIGENINFERENCE_QUEUE_MAX_WAIT', '--preset', 'production-2026-08', '--json'])
    expect(json(listed)).toMatchObject({
      format: 'fleetlab.settings/1',
      presets: [{ name: '2026-08' }],
      settings: [{ name: 'QUEUE_MAX_WAIT', presets: { '2026-08': { value: '6s' } } }],
    })
    const unknown = await here(['settings', 'EIGENINFERENCE_QUEUE_MAX_WAT'])
    expect(unknown).toMatchObject({ code: 2, out: '', err: expect.stringContaining('did you mean `QUEUE_MAX_WAIT`?') })
  })

  it('name what is built in', async () => {
    expect((await here(['policies'])).out).toMatch(/\nopen +3 +/)
    expect(json(await here(['schema']))).toHaveProperty('properties.duration')
  })
})
