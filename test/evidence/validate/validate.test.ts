import { describe, expect, it } from 'vitest'
import {
  collectValidation,
  runValidation,
  runValidationJob,
  runValidationJobs,
  validationJobs,
} from '../../../sim/evidence/validate/validate.ts'

const isStack = ({ id }: { readonly id: string }): boolean => id.startsWith('stack/')

describe('validation against queueing theory', () => {
  it('passes every row of its short form, within intervals as narrow as promised', async () => {
    let progress = 0
    const result = await runValidation({ form: 'short', onProgress: (done, total) => (progress = done / total) })
    const failures = result.rows.filter((row) => !row.passed)
    expect(failures).toEqual([])
    expect(result.passed).toBe(true)
    expect(progress).toBe(1)
    const widest = (rows: typeof result.rows) => Math.max(...rows.map((row) => row.half_width_relative))
    expect(widest(result.rows.filter((row) => !isStack(row)))).toBeLessThanOrEqual(0.1)
    expect(widest(result.rows.filter(isStack))).toBeLessThanOrEqual(0.4)
  })

  it('fails a row whose simulated mean lies outside its interval', () => {
    const results = validationJobs('short').map((job) => ({
      model: job.model,
      seed: job.seed,
      // 1.5 +- 0.001: no row of theory says so.
      values: { mean_wait: 1.55 + job.seed / 10_000, blocking: 0.5 + job.seed / 10_000 },
      arrivals: job.arrivals,
    }))
    const result = collectValidation('short', results)
    expect(result.passed).toBe(false)
    expect(result.rows.filter((row) => row.passed)).toEqual([])
  })

  it('fails a row whose interval contains theory only because it is wide', () => {
    const results = validationJobs('short').map((job) => ({
      model: job.model,
      seed: job.seed,
      values: { mean_wait: job.seed % 2 === 0 ? 0 : 40, blocking: job.seed % 2 },
      arrivals: job.arrivals,
    }))
    expect(collectValidation('short', results).rows.filter((row) => row.passed)).toEqual([])
  })

  it.each([
    { model: 'mm2/rho-0.7', scope: 'kernel' },
    { model: 'stack/mm4/rho-0.7', scope: 'stack' },
  ] as const)('repeats a job of $model to the last bit, and gives every seed other arrivals', async (of) => {
    const job = { ...of, seed: 3, arrivals: 500, warmup: 100 }
    const first = await runValidationJob(job)
    expect(await runValidationJob(job)).toEqual(first)
    expect((await runValidationJob({ ...job, seed: 4 })).values.mean_wait).not.toBe(first.values.mean_wait)
  })

  it('uses the seeds 1 to n for every queue, in both forms', () => {
    for (const form of ['short', 'long'] as const) {
      const jobs = validationJobs(form)
      const seeds = jobs.filter((job) => job.model === 'mm1/rho-0.9').map((job) => job.seed)
      expect(seeds).toEqual(seeds.map((_, i) => i + 1))
      expect(jobs.length % seeds.length).toBe(0)
    }
  })

  it('gives the same result whatever the order in which jobs end', async () => {
    const jobs = validationJobs('short').map(({ model, scope, seed }) => ({
      model,
      scope,
      seed,
      arrivals: 50,
      warmup: 0,
    }))
    const results = await runValidationJobs(jobs)
    expect(collectValidation('short', results.toReversed())).toEqual(collectValidation('short', results))
  })

  it('stops between replications when its signal aborts', async () => {
    await expect(runValidation({ form: 'long', signal: AbortSignal.abort() })).rejects.toThrow(/abort/i)
  })
})
