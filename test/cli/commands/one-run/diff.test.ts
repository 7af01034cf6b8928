/** `fleetlab diff`: where two runs part, simulated and stored, and what is no pair of runs. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EXIT } from '../../../../sim/cli/exit.ts'
import { fleetlab as inProcess } from '../../in-process.ts'

/** Two Macs: from the third second on one of them is of another pool. */
const SCENARIO = `
name: two Macs, two models
duration: 40s
models: [gpt-oss-20b, gemma-4-26b-qat-4bit]
fleet:
  - {id: mac-a, machine: {chip: M4 Max 40c, memory: 64GB, chassis: Mac Studio}, advertises: [gpt-oss-20b, gemma-4-26b-qat-4bit], resident: [gpt-oss-20b]}
  - {id: mac-b, machine: {chip: M4 Max 40c, memory: 64GB, chassis: Mac Studio}, advertises: [gpt-oss-20b, gemma-4-26b-qat-4bit], resident: [gpt-oss-20b]}
demand:
  - requests:
      - {at: 12s, model: gpt-oss-20b, prompt: 400, max_tokens: 64, output: 40}
      - {at: 13s, model: gpt-oss-20b, prompt: 400, max_tokens: 64, output: 40}
      - {at: 20s, model: gemma-4-26b-qat-4bit, prompt: 800, max_tokens: 64, output: 40}
`

let folder = ''
const inFolder = (name: string): string => join(folder, name)

const fleetlab = (...words: readonly string[]) => inProcess(words)

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fleetlab-diff-'))
  writeFileSync(inFolder('two.yaml'), SCENARIO)
  for (const policy of ['open', 'pools-afe8135']) {
    const { code, err } = await fleetlab('run', inFolder('two.yaml'), '--policy', policy, '--out', inFolder(policy))
    if (code !== EXIT.good) throw new Error(err)
  }
  await fleetlab('run', inFolder('two.yaml'), '--seed', '9', '--out', inFolder('seed-9'))
})

afterAll(() => rmSync(folder, { recursive: true }))

describe('diff', () => {
  it('explains the first decision in which two policies part, on both sides', async () => {
    const { code, out } = await fleetlab('diff', 'open', 'pools-afe8135', '--scenario', inFolder('two.yaml'))
    expect(code).toBe(EXIT.good)
    expect(out).toMatch(/^alike for \d+ acts of the coordinator; then they part:/)
    const [, open, pools] = /\nopen\n(.*)\npools-afe8135\n(.*)$/s.exec(out)!
    expect(open).toMatch(/^at 20\.\d+ s request 2/)
    expect(pools).toMatch(/^at 20\.\d+ s request 2/)
    expect(open).toContain('preflight of gemma-4-26b-qat-4bit')
    expect(pools).toContain('preflight of gemma-4-26b-qat-4bit')
  })

  it('finds the same in stored runs', async () => {
    const simulated = await fleetlab('diff', 'open', 'pools-afe8135', '--scenario', inFolder('two.yaml'), '--json')
    const stored = await fleetlab('diff', inFolder('open'), join(inFolder('pools-afe8135'), 'trace.fleet'), '--json')
    const [a, b] = [simulated, stored].map(
      ({ out }) => JSON.parse(out) as { alike: number; a: { act: unknown }; b: { act: unknown } },
    )
    expect(stored.code).toBe(EXIT.good)
    expect(b).toMatchObject({ alike: a!.alike, a: { act: a!.a.act }, b: { act: b!.b.act } })
    expect(b!.b.act).toEqual(a!.b.act)
  })

  it('says of a run and itself that they are alike', async () => {
    const { code, out } = await fleetlab('diff', inFolder('open'), inFolder('open'))
    expect(code).toBe(EXIT.good)
    expect(out).toMatch(/decide alike throughout: \d+ acts/)
  })

  it('refuses runs that differ in more than their policy', async () => {
    const { code, err } = await fleetlab('diff', inFolder('open'), inFolder('seed-9'))
    expect(code).toBe(EXIT.badInput)
    expect(err).toContain(
      'the runs differ in more than their policy: two Macs, two models, seed 1 and two Macs, two models, seed 9',
    )
  })

  it.each([
    [['open', 'pools'], /open is not there; give folders of `run --out`/],
    [['a.yaml', 'b.yaml', '--seed', '1'], /--seed and --set: need --scenario/],
    [['open', 'open', '--scenario', 'two.yaml'], /open and open are the same arm/],
    [['open', 'poolz', '--scenario', 'two.yaml'], /poolz/],
  ])('refuses %j', async (words, message) => {
    const { code, err, out } = await fleetlab(
      'diff',
      ...words.map((word) => (word === 'two.yaml' ? inFolder(word) : word)),
    )
    expect({ code, out }).toEqual({ code: EXIT.badInput, out: '' })
    expect(err).toMatch(message)
  })
})
