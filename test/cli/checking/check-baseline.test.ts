/** Measured baselines: written, kept, drifted, moved, and everything a file of them can be instead of one. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { takeLock } from '../../../sim/cli/files/folder-lock.ts'
import { law } from '../../../sim/cli/checking/law.ts'
import { packageVersion } from '../../../sim/cli/files/package-root.ts'
import { fleetlab, type InProcess } from '../in-process.ts'
import { twoMacs } from '../two-macs.ts'

const SMALL = twoMacs({ name: 'small', duration: '30s' })
const EXPECTS = `expect:
  - {metric: requests.served, policy: open, at_least: 1}
  - {row: registered, policy: open, at_least: 1}
`
const GOODPUT = /("models\[\\"gpt-oss-20b\\"\]\.goodput": \{"value": )[\d.]+/

let folder = ''
const path = (name: string): string => join(folder, name)
const write = (name: string, text: string): void => writeFileSync(path(name), text)
const read = (name: string): string => readFileSync(path(name), 'utf8')
const edit = (name: string, how: (text: string) => string): void => write(name, how(read(name)))
const check = (...words: readonly string[]): Promise<InProcess> =>
  fleetlab(['check', ...words.map((word) => (word.startsWith('-') ? word : path(word)))])
const update = (name = 'a.yaml'): Promise<InProcess> => check(name, '--update')
/** As a file of another version would be. */
const ofAnotherVersion = (text: string): string =>
  text.replace(`"fleetlab": "${packageVersion()}"`, '"fleetlab": "0.0.9"').replace(/"1": "\w{4}/, '"1": "0000')

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleetlab-baseline-'))
  write('a.yaml', SMALL + EXPECTS)
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('check --update', () => {
  it('writes what was measured beside the scenario, and the next check finds it the same', async () => {
    expect(await update()).toMatchObject({ code: 0, out: expect.stringContaining('1 baseline written') })
    const text = read('a.baseline.json')
    const baseline = JSON.parse(text) as { arms: Record<string, { digests: object; figures: Record<string, unknown> }> }
    expect(baseline).toMatchObject({
      format: 'fleetlab.baseline/1',
      scenario: 'small',
      written_by: { fleetlab: packageVersion(), law: law() },
      inputs: { 'a.yaml': expect.stringMatching(/^[0-9a-f]{64}$/) },
    })
    // The arm that something is expected of, and no other.
    expect(Object.keys(baseline.arms)).toEqual(['open'])
    expect(Object.keys(baseline.arms['open']!.digests)).toEqual(['1', '2'])
    expect(Object.keys(baseline.arms['open']!.figures)).toEqual([
      'models["gpt-oss-20b"].decode_tps.p50',
      'models["gpt-oss-20b"].goodput',
      'models["gpt-oss-20b"].rate_429',
      'models["gpt-oss-20b"].rate_5xx',
      'models["gpt-oss-20b"].ttft_ms.p95',
      'requests.arrived',
      'requests.served',
      'rows registered',
    ])
    expect(baseline.arms['open']!.figures['rows registered']).toEqual({ value: 2, tolerance: '10%' })
    const after = await check('a.yaml')
    expect(after).toMatchObject({
      code: 0,
      out: expect.stringContaining('all 2 digests are the same, 8 figures equal'),
    })
    expect(read('a.baseline.json')).toBe(text)
  })

  it('is all there is to check of a scenario that expects nothing, and then of every arm', async () => {
    write('b.yaml', SMALL)
    expect(await check('b.yaml')).toMatchObject({ code: 2, out: expect.stringContaining('check --update writes one') })
    expect((await update('b.yaml')).code).toBe(0)
    expect(Object.keys((JSON.parse(read('b.baseline.json')) as { arms: object }).arms)).toEqual(['open', 'pools'])
    const whole = await check('.')
    expect(whole).toMatchObject({ code: 0, out: expect.stringMatching(/pass {2}.*b\.yaml/) })
  })

  it('writes nothing when one file of many cannot be checked', async () => {
    write('broken.yaml', SMALL.replace('30s', '30') + EXPECTS)
    const ended = await check('.', '--update')
    expect(ended).toMatchObject({ code: 2, err: expect.stringContaining('no baseline was written: 1 file could not') })
    expect(readdirSync(folder).toSorted()).toEqual(['a.yaml', 'broken.yaml'])
  })

  it('keeps tolerances and figures that somebody has set by hand', async () => {
    await update()
    edit('a.baseline.json', (text) =>
      text
        .replace(/(goodput": \{"value": [\d.]+, "tolerance": )"2 points"/, '$1"30 points"')
        .replace(
          '"requests.arrived"',
          '"models[\\"gpt-oss-20b\\"].ttft_ms.p50": {"value": 1, "tolerance": "5%"},\n        "requests.arrived"',
        ),
    )
    await update()
    const { arms } = JSON.parse(read('a.baseline.json')) as {
      arms: { open: { figures: Record<string, { value: number; tolerance: string }> } }
    }
    const { figures } = arms.open
    expect(figures['models["gpt-oss-20b"].goodput']!.tolerance).toBe('30 points')
    expect(figures['models["gpt-oss-20b"].ttft_ms.p50']!.tolerance).toBe('5%')
    expect(figures['models["gpt-oss-20b"].ttft_ms.p50']!.value).toBeGreaterThan(100)
  })

  it('leaves a file alone when nothing moved, whatever else is another', async () => {
    await update()
    edit('a.yaml', (text) => `# a comment\n${text}`)
    edit('a.baseline.json', (text) => text.replace(law(), 'abcdef'))
    const before = read('a.baseline.json')
    expect((await update()).out).toContain('1 baseline the same')
    expect(read('a.baseline.json')).toBe(before)
    expect(readdirSync(folder).toSorted()).toEqual(['a.baseline.json', 'a.yaml'])
  })

  it('refuses while another writes there, before anything runs', async () => {
    const lock = takeLock(folder)
    const ended = await update()
    expect(ended).toMatchObject({ code: 2, out: '', err: expect.stringContaining('another fleetlab writes there now') })
    if (lock.kind === 'lock') lock.release()
    expect((await update()).code).toBe(0)
  })

  it('refuses two scenarios that would share one file', async () => {
    write('a.json', '{}')
    expect(await check('a.yaml', 'a.json', '--update')).toMatchObject({
      code: 2,
      err: expect.stringContaining('would share the baseline'),
    })
  })

  it.each([
    ['--watch', 'every save'],
    ['--bail', 'when everything has run'],
    ['--require-baseline', 'what the other asks for'],
    ['--set=duration=20s', 'as it stands'],
  ])('contradicts %s', async (flag, why) => {
    expect(await check('a.yaml', '--update', flag)).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining(why),
    })
    expect(existsSync(path('a.baseline.json'))).toBe(false)
  })
})

describe('check against a baseline', () => {
  beforeEach(async () => void (await update()))

  it('fails a figure beyond its tolerance, and says which, where and by how much', async () => {
    edit('a.yaml', (text) => text.replace('1/s', '2/s'))
    const ended = await check('a.yaml')
    expect(ended).toMatchObject({ code: 1, out: expect.stringContaining('2 of 2 digests differ: a.yaml changed') })
    expect(ended.out).toMatch(/open +requests\.arrived +\d+ +[\d.]+ +\+[\d.]+ % +10% +beyond/)
  })

  it('lets a figure move within its tolerance, and says that and why the digests did', async () => {
    edit('a.baseline.json', (text) => ofAnotherVersion(text).replace(GOODPUT, '$10.91'))
    const ended = await check('a.yaml')
    expect(ended.code).toBe(0)
    expect(ended.out).toContain(
      `1 of 8 figures moved, none beyond its tolerance; 1 of 2 digests differs: fleetlab 0.0.9 is now ${packageVersion()}; check --update moves it`,
    )
  })

  it('names another law where the version is the same', async () => {
    edit('a.baseline.json', (text) => text.replace(law(), 'abcdef').replace(/"1": "\w{4}/, '"1": "0000'))
    expect((await check('a.yaml')).out).toContain(`the simulator's code is another (law abcdef is now ${law()})`)
  })

  it('moves a file of another version with one command, showing old and new', async () => {
    edit('a.baseline.json', (text) => ofAnotherVersion(text).replace(GOODPUT, '$10.5'))
    expect((await check('a.yaml')).code).toBe(1)
    const moved = await update()
    expect(moved.code).toBe(0)
    expect(moved.out).toMatch(/goodput +50\.00 % +9\d\.\d\d % +\+4\d\.\d\d pp +2 points +beyond/)
    expect(moved.out).toContain('moved, 1 of 8 figures (1 beyond tolerance, new or gone)')
    expect((await check('a.yaml')).code).toBe(0)
  })

  it('fails a digest that differs without a reason, whatever the figures', async () => {
    edit('a.baseline.json', (text) => text.replace(/"1": "\w{4}/, '"1": "0000'))
    expect(await check('a.yaml')).toMatchObject({
      code: 1,
      out: expect.stringContaining('a policy that is not deterministic'),
    })
  })

  it('fails a figure edited by hand, however little', async () => {
    edit('a.baseline.json', (text) => text.replace(GOODPUT, '$10.9999'))
    expect(await check('a.yaml')).toMatchObject({ code: 1, out: expect.stringContaining('edited by hand?') })
  })

  it('fails a figure taken out of it', async () => {
    edit('a.baseline.json', (text) => text.replace(/\n.*rate_429.*/, ''))
    expect(await check('a.yaml')).toMatchObject({ code: 1, out: expect.stringMatching(/rate_429 .* new/) })
  })

  it('fails an arm that is gone from the scenario', async () => {
    edit('a.yaml', (text) => text.replaceAll('open', 'pools-afe8135'))
    expect(await check('a.yaml')).toMatchObject({
      code: 1,
      out: expect.stringMatching(/open +requests\.served .* gone/),
    })
  })

  it('says which seeds came', async () => {
    edit('a.yaml', (text) => text.replace('1-2', '1-3'))
    expect((await check('a.yaml')).out).toContain('a.yaml changed; seeds 1, 2 are now 1, 2, 3')
  })

  it('does not compare runs under --set, and says so', async () => {
    const ended = await check('a.yaml', '--set=duration=20s')
    expect(ended).toMatchObject({ code: 0, out: expect.stringContaining('not compared: with --set') })
    expect(ended.out).toContain('1 baseline not compared')
  })

  it('never passes a scenario of which --set leaves nothing to check', async () => {
    write('a.yaml', SMALL)
    expect(await check('a.yaml', '--set=duration=20s')).toMatchObject({
      code: 2,
      out: expect.stringContaining('nothing to check'),
    })
  })

  it('finds an unsolved merge, with its line, and overwrites none', async () => {
    edit('a.baseline.json', (text) => text.replace('      "figures"', '<<<<<<< HEAD\n      "figures"'))
    const ended = await check('a.yaml')
    expect(ended).toMatchObject({
      code: 2,
      out: expect.stringMatching(/a\.baseline\.json:\d+:1 holds the marks of an unsolved merge/),
    })
    expect((await update()).code).toBe(2)
    expect(read('a.baseline.json')).toContain('<<<<<<<')
  })

  it('refuses the baseline of another scenario, and of another file', async () => {
    write('b.yaml', SMALL.replace('small', 'other') + EXPECTS)
    copyFileSync(path('a.baseline.json'), path('b.baseline.json'))
    expect(await check('b.yaml')).toMatchObject({
      code: 2,
      out: expect.stringContaining('this is the baseline of small'),
    })
    write('b.yaml', SMALL + EXPECTS)
    expect(await check('b.yaml')).toMatchObject({
      code: 2,
      out: expect.stringContaining('the baseline of another file'),
    })
    expect((await update('b.yaml')).code).toBe(0)
    expect((await check('b.yaml')).code).toBe(0)
  })

  it('refuses a baseline whose scenario is gone', async () => {
    renameSync(path('a.yaml'), path('c.yaml'))
    expect(await check('.')).toMatchObject({
      code: 2,
      out: expect.stringContaining('no scenario lies beside this baseline'),
    })
  })

  it('refuses a baseline that is named as if it were a scenario', async () => {
    expect(await check('a.baseline.json')).toMatchObject({
      code: 2,
      err: expect.stringContaining('is a measured baseline'),
    })
  })

  it.each([
    ['not JSON', (text: string) => text.slice(0, 200), /a\.baseline\.json:\d+:\d+ is not valid JSON/],
    ['a misspelt key', (text: string) => text.replace('"inputs"', '"input"'), /2:3|is not a known key/],
    ['a value that is text', (text: string) => text.replace(GOODPUT, '$1"0.5"'), /goodput.*value must be a number/],
    ['points of a time', (text: string) => text.replace('"10%"', '"3 points"'), /is in points, which only shares have/],
    ['no tolerance at all', (text: string) => text.replace(', "tolerance": "10%"', ''), /tolerance is missing/],
    ['a short digest', (text: string) => text.replace(/"1": "\w{10}/, '"1": "'), /must be a SHA-256/],
    ['nothing', () => '', /must be a map|is empty/],
  ])('refuses a file with %s, with its place', async (_, how, message) => {
    edit('a.baseline.json', how)
    const ended = await check('a.yaml')
    expect(ended.code).toBe(2)
    expect(ended.out).toMatch(message)
    expect(ended.out).toContain('a.baseline.json:')
  })

  it('fails a scenario without one under --require-baseline', async () => {
    write('b.yaml', SMALL + EXPECTS)
    expect(await check('a.yaml', '--require-baseline')).toMatchObject({ code: 0 })
    expect(await check('.', '--require-baseline')).toMatchObject({
      code: 1,
      out: expect.stringContaining('1 baseline not kept'),
    })
  })
})

describe('what a baseline rests on', () => {
  it('names a trace, a base and a file that a policy imports when they change', async () => {
    mkdirSync(path('parts'))
    write('parts/keep.ts', 'export const KEEP = 1\n')
    write(
      'mine.ts',
      `import { definePolicy } from 'fleetlab/plug'\nimport { KEEP } from './parts/keep.ts'\nexport default definePolicy({ name: 'mine', score: () => KEEP })\n`,
    )
    write('base.yaml', SMALL)
    write('c.yaml', 'extends: base.yaml\nname: child\npolicies: [./mine.ts]\n')
    expect((await update('c.yaml')).code).toBe(0)
    const { inputs } = JSON.parse(read('c.baseline.json')) as { inputs: object }
    expect(Object.keys(inputs)).toEqual(['base.yaml', 'c.yaml', 'mine.ts', 'parts/keep.ts'])
    edit('c.baseline.json', (text) => text.replace(/"1": "\w{4}/, '"1": "0000'))
    write('parts/keep.ts', 'export const KEEP = 2\n')
    expect((await check('c.yaml')).out).toContain('digests differs: parts/keep.ts changed')
  })
})
