/** A run whose worker thread dies: done once more, and said. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MachineError } from '../../../sim/cli/exit.ts'
import { workerRunner } from '../../../sim/cli/threads/worker-runner.ts'
import type { JobOutcome, RunJob } from '../../../sim/lab/runs/ports.ts'

/** Dies of every seed as many times as its name says, then answers; counts on disk, which outlives it. */
const WORKER = `
import { existsSync, writeFileSync } from 'node:fs'
export default async function perform({ job, progress }) {
  for (let death = 1; death <= Number(job.policyName); death++) {
    const mark = job.scenario + '-' + job.seed + '-' + death
    if (existsSync(mark)) continue
    writeFileSync(mark, '')
    setImmediate(() => { throw new Error('struck down') })
    await new Promise(() => {})
  }
  progress.close()
  return { kind: 'bug', message: 'seed ' + job.seed }
}
`

let folder = ''
let worker: URL

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleetlab-thread-'))
  writeFileSync(join(folder, 'worker.mjs'), WORKER)
  worker = pathToFileURL(join(folder, 'worker.mjs'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const job = (policyName: string, seed: number): RunJob => ({
  scenario: join(folder, 'mark'),
  settings: [],
  policy: { kind: 'builtin', name: 'open' },
  policyName,
  seed,
  verify: false,
  rows: [],
  wantsSamples: false,
})

async function outcomes(jobs: readonly RunJob[]): Promise<{ readonly found: JobOutcome[]; readonly notes: string[] }> {
  const found: JobOutcome[] = []
  const notes: string[] = []
  const runner = workerRunner(worker, 2, (text) => notes.push(text))
  await runner.run(
    jobs,
    (index, outcome) => {
      expect(found[index]).toBeUndefined()
      found[index] = outcome
    },
    () => {},
    new AbortController().signal,
  )
  return { found, notes }
}

describe('a worker thread that dies', () => {
  it('costs no run: each is done, those it died of once more, and that is said', async () => {
    const { found, notes } = await outcomes([job('0', 1), job('1', 2), job('0', 3), job('1', 4)])
    expect(found.map((outcome) => (outcome.kind === 'bug' ? outcome.message : ''))).toEqual(
      [1, 2, 3, 4].map((seed) => `seed ${seed}`),
    )
    expect(notes.toSorted()).toEqual([
      'a worker thread died in the run of 1 with seed 2 (struck down); the run is done once more',
      'a worker thread died in the run of 1 with seed 4 (struck down); the run is done once more',
    ])
  })

  it('is not tried a third time', async () => {
    const run = outcomes([job('2', 5)])
    await expect(run).rejects.toBeInstanceOf(MachineError)
    await expect(run).rejects.toThrow('a worker thread died twice in the run of 2 with seed 5: struck down')
  })
})
