/** Many jobs: in whatever order they end, the outcomes come in the order of the jobs. */
import { describe, expect, it } from 'vitest'
import { BadInputError } from '../../../sim/base/result.ts'
import { type RunJob, JobBugError, type JobOutcome, type Runner } from '../../../sim/lab/runs/ports.ts'
import { runAll } from '../../../sim/lab/runs/run-all.ts'
import { aDone } from '../a-result.ts'

const aJob = (seed: number): RunJob => ({
  scenario: 'a.yaml',
  settings: [],
  policy: { kind: 'builtin', name: 'open' },
  policyName: 'open',
  seed,
  verify: false,
  rows: [],
  wantsSamples: false,
})

/** Ends jobs in the given order of seeds; stops when told to, as real runners do. */
const endingInOrder = (order: readonly number[], outcomeOf: (job: RunJob) => JobOutcome): Runner => ({
  async run(jobs, onResult, _onProgress, signal) {
    for (const seed of order) {
      await Promise.resolve()
      signal.throwIfAborted()
      const index = jobs.findIndex((job) => job.seed === seed)
      onResult(index, outcomeOf(jobs[index]!))
    }
  },
})

const options = (runner: Runner) => ({ runner, signal: new AbortController().signal, onProgress: () => {} })
const jobs = [1, 2, 3].map(aJob)
const done = (job: RunJob): JobOutcome => aDone({ seed: job.seed })

describe('running many jobs', () => {
  it.each([[[1, 2, 3]], [[3, 1, 2]], [[2, 3, 1]]])(
    'gives outcomes in the order of the jobs when they end in order %s',
    async (order) => {
      const outcomes = await runAll(jobs, options(endingInOrder(order, done)))
      expect(outcomes.map((outcome) => outcome.result.seed)).toEqual([1, 2, 3])
    },
  )

  it('stops the rest when one is bad input, and says what was wrong', async () => {
    const seen: number[] = []
    const runner = endingInOrder([2, 1, 3], (job) => {
      seen.push(job.seed)
      return job.seed === 2 ? { kind: 'bad_input', problems: [{ message: 'wrong' }] } : done(job)
    })
    await expect(runAll(jobs, options(runner))).rejects.toThrow(BadInputError)
    expect(seen).toEqual([2])
  })

  it('names the job that met a bug', async () => {
    const runner = endingInOrder([1, 2, 3], (job) => (job.seed === 3 ? { kind: 'bug', message: 'INV-4' } : done(job)))
    const error = await runAll(jobs, options(runner)).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(JobBugError)
    expect((error as JobBugError).job.seed).toBe(3)
  })

  it('passes on that somebody else stopped it', async () => {
    const stop = new AbortController()
    stop.abort(new Error('enough'))
    await expect(runAll(jobs, { ...options(endingInOrder([1], done)), signal: stop.signal })).rejects.toThrow('enough')
  })
})
