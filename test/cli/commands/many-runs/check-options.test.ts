/** `check` as a step of CI and beside an editor: what it runs, what it leaves behind, and that it never passes by omission. */
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fleetlab, type InProcess } from '../../in-process.ts'

const scenario = (name: string, atLeast: number): string => `name: ${JSON.stringify(name)}
duration: 30s
models: [gpt-oss-20b]
fleet:
  - {count: 1, machine: {chip: M4 Max 40c, memory: 64GB}, advertises: [gpt-oss-20b], resident: [gpt-oss-20b]}
demand:
  - requests: [{at: 3s, model: gpt-oss-20b, prompt: 80, max_tokens: 64, output: 5}]
expect:
  - {metric: requests.served, at_least: ${atLeast}}
`

let folder = ''
const path = (name: string): string => join(folder, name)
const write = (name: string, text: string): void => writeFileSync(path(name), text)
const check = (...words: readonly string[]): Promise<InProcess> => fleetlab(['check', folder, ...words])
const verdicts = ({ out }: InProcess): readonly string[] =>
  [...out.matchAll(/^(\w+) {2}\S*\/(\w+)\.yaml/gm)].map(([, word, name]) => `${word} ${name}`)

beforeEach(() => {
  vi.stubEnv('GITHUB_ACTIONS', undefined)
  vi.stubEnv('CI', undefined)
  folder = mkdtempSync(join(tmpdir(), 'fleetlab-check-'))
  write('good.yaml', scenario('good', 1))
  write('missed.yaml', scenario('missed', 2))
  write('other.yaml', scenario('other', 1))
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

describe('which files are checked', () => {
  it('are those whose path contains the filter, and the others are said to be left out', async () => {
    const ended = await check('--filter', 'oo')
    expect(verdicts(ended)).toEqual(['pass good'])
    expect(ended).toMatchObject({ code: 0, out: expect.stringContaining('2 files left out by --filter') })
    expect(verdicts(await check('--filter', 'm*d.y'))).toEqual(['FAIL missed'])
  })

  it('are never none: a filter that fits nothing is an error with what may have been meant', async () => {
    expect(await check('--filter', 'god')).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringMatching(/--filter god: is in the path of none of 3 scenarios; did you mean `good`\?/),
    })
    expect((await check('--filter', 'good', '--filter', 'missed')).code).toBe(2)
    expect((await check('--filter', '')).code).toBe(2)
  })

  it('are an error in an empty folder', async () => {
    mkdirSync(path('empty'))
    expect(await fleetlab(['check', path('empty')])).toMatchObject({ code: 2, out: '' })
    expect(await fleetlab(['check', path('nowhere')])).toMatchObject({ code: 2 })
  })

  it('are none of those that packages and tools keep', async () => {
    mkdirSync(path('node_modules/some'), { recursive: true })
    mkdirSync(path('.github'))
    for (const name of ['node_modules/some/example.yaml', '.github/hidden.yaml']) write(name, scenario('x', 9))
    expect(verdicts(await check())).toEqual(['pass good', 'FAIL missed', 'pass other'])
  })

  it('end with --bail at the first that does not pass, and the rest are said not to have run', async () => {
    const ended = await check('--bail', '--junit', path('junit.xml'))
    expect(verdicts(ended)).toEqual(['pass good', 'FAIL missed'])
    expect(ended).toMatchObject({ code: 1, out: expect.stringContaining('1 file not run because of --bail') })
    expect(readFileSync(path('junit.xml'), 'utf8')).toContain('<skipped message="not run because of --bail"/>')
    write('broken.yaml', 'expect: 1\n')
    expect(verdicts(await check('--bail'))).toEqual(['FAIL broken'])
  })
})

describe('--report', () => {
  it('is the same page twice, without a time or a machine, with links from where it lies', async () => {
    mkdirSync(path('docs'))
    const page = path('docs/fleet.md')
    await check('--report', page)
    const first = readFileSync(page, 'utf8')
    await check('--report', page, '--jobs', '1')
    expect(readFileSync(page, 'utf8')).toBe(first)
    expect(first).toContain('3 files checked, **1 did not pass**.')
    expect(first).toContain('| [`../missed.yaml`](../missed.yaml) | **failed** | 0 of 1 met | none |')
    expect(first).toContain('| `requests.served under open` | `at least 2` | `1` | **missed** |')
    expect(first).not.toContain(folder)
    expect(first).not.toMatch(/\d\d:\d\d|20\d\d-/)
  })

  it('lists every figure of a baseline, so that a diff shows what moved', async () => {
    await check('--update', '--filter', 'good')
    await check('--filter', 'good', '--report', path('page.md'))
    expect(readFileSync(path('page.md'), 'utf8')).toMatch(/\| `open` \| `requests\.served` \| 1 \| 1 \| = \| 10% \|/)
  })

  it('shows names as text, whatever they hold', async () => {
    const name = 'x](javascript:1) <img src=x onerror=1> | `a` @everyone'
    write('good.yaml', scenario(name, 1))
    await check('--filter', 'good', '--report', path('page.md'))
    const page = readFileSync(path('page.md'), 'utf8')
    expect(page).not.toContain('<img')
    expect(page).not.toContain('](javascript')
    expect(page).not.toContain('@everyone')
    expect(page).toContain('&#60;img src&#61;x')
  })
})

describe('in GitHub Actions', () => {
  beforeEach(() => {
    vi.stubEnv('GITHUB_ACTIONS', 'true')
    vi.stubEnv('GITHUB_WORKSPACE', folder)
    vi.stubEnv('GITHUB_STEP_SUMMARY', path('summary.md'))
  })

  it('says what failed beside its line, and adds to the summary of the step', async () => {
    write('summary.md', 'before\n')
    write('broken.yaml', scenario('broken', 1).replace('30s', '30'))
    const { err, out } = await check()
    expect(err.split('\n').filter((line) => line.startsWith('::'))).toEqual([
      expect.stringMatching(/^::error file=broken\.yaml,line=2,col=11,title=cannot be checked::duration must be /),
      '::error file=missed.yaml,line=9,title=expectation missed::requests.served under open: 1, wanted at least 2',
    ])
    expect(out).not.toContain('::error')
    const summary = readFileSync(path('summary.md'), 'utf8')
    expect(summary.startsWith('before\n# Fleet checks\n')).toBe(true)
    expect(summary).toContain('**2 did not pass**')
  })

  it('keeps standard output to the document that --json prints', async () => {
    const { out } = await check('--json')
    expect(JSON.parse(out)).toMatchObject({ format: 'fleetlab.check/1', passed: false })
  })

  it('tells a baseline that drifted at the line of its first figure, one command for all of them', async () => {
    await check('--update', '--filter', 'good')
    write('good.yaml', scenario('good', 1).replace('prompt: 80', 'prompt: 8000'))
    const { err } = await check('--filter', 'good')
    const lines = err.split('\n').filter((line) => line.startsWith('::'))
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/^::error file=good\.baseline\.json,line=\d+,title=baseline not kept::/)
    expect(lines[0]).toContain('%0Amodels["gpt-oss-20b"].')
    expect(lines[0]).toMatch(/10%25/)
  })

  it('is told no command by somebody’s name', async () => {
    const text = scenario('x', 2)
      .replace('policies', '')
      .replace('expect:', 'policies: [{policy: open, as: "a\\n::error::b,c:%"}]\nexpect:')
    write('missed.yaml', text)
    const { out, err } = await check('--filter', 'missed')
    expect(`${out}\n${err}`.split('\n').filter((line) => /^\s*::/.test(line))).toHaveLength(1)
  })

  it('runs though the summary cannot be written', async () => {
    vi.stubEnv('GITHUB_STEP_SUMMARY', folder)
    expect(await check('--filter', 'good')).toMatchObject({
      code: 0,
      err: expect.stringContaining('summary cannot be'),
    })
  })
})

describe('--watch', () => {
  it.each(['--json', `--junit=${tmpdir()}/x.xml`, `--report=${tmpdir()}/x.md`])('contradicts %s', async (flag) => {
    expect(await check('--watch', flag)).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining('a watch has no end'),
    })
  })

  it('is refused in CI, where nobody would end it', async () => {
    vi.stubEnv('CI', 'true')
    expect(await check('--watch')).toMatchObject({ code: 2, err: expect.stringContaining('this is CI') })
  })

  it('checks again what uses a changed file, and only that, until it is stopped', async () => {
    write('child.yaml', 'extends: good.yaml\nname: child\n')
    const stop = new AbortController()
    const rounds: string[][] = [[]]
    // Each round ends when it says what it watches; then comes the next change.
    const changes = [
      () => write('good.yaml', scenario('good', 3)),
      () => write('new.yaml', scenario('new', 1)),
      // The same again is no change; what follows is.
      () => {
        write('other.yaml', scenario('other', 1))
        setTimeout(() => appendFileSync(path('missed.yaml'), '# more\n'), 300)
      },
      () => rmSync(path('new.yaml')),
      () => stop.abort(),
    ]
    const ended = await fleetlab(['check', folder, '--watch'], {
      signal: stop.signal,
      onPrint: (text) => rounds.at(-1)!.push(...verdicts({ out: text, err: '', code: 0 })),
      onNote(text) {
        if (!text.includes('watching')) return
        rounds.push([])
        // A file that goes makes nothing to check.
        const change = changes.shift()
        if (change !== undefined) setTimeout(change, 50)
        if (changes.length === 1) setTimeout(changes.shift()!, 600)
      },
    })
    expect(ended.code).toBe(130)
    expect(rounds.filter((round) => round.length > 0)).toEqual([
      ['pass child', 'pass good', 'FAIL missed', 'pass other'],
      ['FAIL child', 'FAIL good'],
      ['pass new'],
      ['FAIL missed'],
    ])
  })
})
