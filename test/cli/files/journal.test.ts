/** A sweep that was stopped goes on: what the journal has is not done again, and what it has is what was done. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { BadInputError } from '../../../sim/base/result.ts'
import { nodeFiles } from '../../../sim/cli/files/files.ts'
import { JOURNAL, withJournal } from '../../../sim/cli/files/journal.ts'
import { resolvePolicy } from '../../../sim/cli/policy-files/policy-source.ts'
import { runSweep } from '../../../sim/lab/compare/experiment.ts'
import type { RunJob, Runner } from '../../../sim/lab/runs/ports.ts'
import { serialRunner } from '../../../sim/lab/runs/serial-runner.ts'
import type { SweepResult } from '../../../sim/lab/compare/sweep.ts'

const SCENARIO = `
name: small
duration: 20s
models: [gpt-oss-20b]
fleet:
  - {count: 2, machine: {chip: M4 Max 40c, memory: 64GB}, advertises: [gpt-oss-20b]}
demand:
  - arrivals: {poisson: 2/s}
    mix: {gpt-oss-20b: 100%}
    lengths: {prompt: 200, output: 40}
`

let folder = ''
let scenario = ''
let journal = ''
let runs = 0

const real = serialRunner(nodeFiles, async () => {})

/** Counts what is really done, and stops after so many. */
const counting = (most: number): Runner => ({
  async run(jobs, onResult, onProgress, signal, onStart) {
    const stop = new AbortController()
    const none = jobs.slice(0, most)
    runs += none.length
    await real.run(none, onResult, onProgress, signal, onStart)
    if (none.length < jobs.length) {
      stop.abort()
      stop.signal.throwIfAborted()
    }
  },
})

async function sweep(most = 1_000, seeds = [1, 2, 3], loads = ['1/s', '2/s']): Promise<SweepResult> {
  runs = 0
  const swept = await runSweep(
    {
      scenario,
      settings: [],
      policies: ['open'],
      seeds,
      verify: false,
      axes: [{ path: 'demand[0].arrivals.poisson', values: loads }],
      metrics: [],
    },
    withJournal({ files: nodeFiles, runner: counting(most), resolvePolicy }, journal),
    { signal: new AbortController().signal, onProgress() {} },
  )
  if (!swept.ok) throw new BadInputError(swept.error)
  return swept.value
}

const lines = (): readonly string[] => readFileSync(join(journal, JOURNAL), 'utf8').split('\n').slice(0, -1)

let whole: SweepResult

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fleetlab-journal-'))
  scenario = join(folder, 'small.yaml')
  writeFileSync(scenario, SCENARIO)
  journal = join(folder, 'whole')
  whole = await sweep()
  expect(runs).toBe(6)
})
beforeEach(() => {
  journal = mkdtempSync(join(folder, 'journal-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the journal of a sweep', () => {
  it('has a stopped sweep do only what is missing, with the result of one that was never stopped', async () => {
    await expect(sweep(4)).rejects.toThrow()
    expect(runs).toBe(4)
    expect(await sweep()).toEqual(whole)
    expect(runs).toBe(2)
    expect(await sweep()).toEqual(whole)
    expect(runs).toBe(0)
    expect(lines()).toHaveLength(7)
  })

  it('drops a line that was half written, wherever it broke off', async () => {
    await sweep()
    const text = readFileSync(join(journal, JOURNAL))
    const last = text.subarray(0, -1).lastIndexOf(0x0a) + 1
    for (const at of [last + 1, last + 30, Math.floor((last + text.length) / 2), text.length - 1]) {
      writeFileSync(join(journal, JOURNAL), text)
      truncateSync(join(journal, JOURNAL), at)
      expect(await sweep()).toEqual(whole)
      expect(runs).toBe(1)
    }
  })

  it('drops a last line that the disk made room for and never filled', async () => {
    await sweep(2).catch(() => {})
    appendFileSync(join(journal, JOURNAL), `${'\0'.repeat(500)}\n`)
    expect(await sweep()).toEqual(whole)
    expect(runs).toBe(4)
  })

  it('serves a larger grid, and other seeds', async () => {
    await sweep()
    await sweep(1_000, [1, 2, 3, 4], ['0.5/s', '1/s', '2/s'])
    expect(runs).toBe(3 * 4 - 6)
  })

  it('is refused for another scenario, a changed one, and by another version', async () => {
    await sweep(1).catch(() => {})
    const own = scenario
    try {
      writeFileSync(own, `${SCENARIO}seed: 7\n`)
      await expect(sweep()).rejects.toThrow(/holds runs of .*small\.yaml as it was before it, or a file it uses/)
      scenario = join(folder, 'another.yaml')
      writeFileSync(scenario, SCENARIO.replace('small', 'another'))
      await expect(sweep()).rejects.toThrow(/holds runs of another scenario, .*small\.yaml; give another folder/)
    } finally {
      scenario = own
      writeFileSync(own, SCENARIO)
    }
    const [head, ...rest] = lines()
    const other = head!.replace(/"version":"[^"]*"/, '"version":"0.0.9+abc"')
    writeFileSync(join(journal, JOURNAL), [other, ...rest, ''].join('\n'))
    await expect(sweep()).rejects.toThrow(/was begun by version 0\.0\.9\+abc, and this is \d/)
    expect(runs).toBe(0)
  })

  it('names a line in its middle that is damaged, and trusts nothing of it', async () => {
    await sweep(3).catch(() => {})
    const [head, first, ...rest] = lines()
    writeFileSync(join(journal, JOURNAL), [head, first!.slice(0, 80), ...rest, ''].join('\n'))
    await expect(sweep()).rejects.toThrow(/journal\.jsonl:2 is damaged/)
    // Whole as JSON, but another outcome than was written.
    const changed = first!.replace(
      /"outcome":"(.{40})/,
      (_, part: string) => `"outcome":"${part.split('').toReversed().join('')}`,
    )
    writeFileSync(join(journal, JOURNAL), [head, changed, ...rest, ''].join('\n'))
    await expect(sweep()).rejects.toThrow(/journal\.jsonl:2 is damaged/)
  })

  it('counts no run whose files were changed while it was done', async () => {
    const changing: Runner = {
      async run(jobs, onResult, onProgress, signal) {
        await real.run(
          jobs,
          (index, outcome) => {
            if (index === 2) writeFileSync(scenario, SCENARIO)
            onResult(index, outcome)
          },
          onProgress,
          signal,
        )
      },
    }
    const ports = withJournal({ files: nodeFiles, runner: changing, resolvePolicy }, journal)
    const jobs = [1, 2, 3, 4].map(
      (seed): RunJob => ({
        scenario,
        settings: [],
        policy: { kind: 'builtin', name: 'open' },
        policyName: 'open',
        seed,
        verify: false,
        rows: [],
        wantsSamples: false,
      }),
    )
    const run = ports.runner.run(
      jobs,
      () => {},
      () => {},
      new AbortController().signal,
    )
    await expect(run).rejects.toThrow('was changed while runs of it were done')
    expect(lines()).toHaveLength(1 + 2)
  })
})
