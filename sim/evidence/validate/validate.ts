/**
 * The simulator against queueing theory, in numbers that cannot be tuned: how many replications and how long they are
 * follows from the precision wanted and each queue's known variance, before anything is run; the seeds are 1 … n, none
 * picked. The estimator is the plain mean of the waits of independent replications; no variance reduction. Most queues run
 * on the kernel alone; those called `stack/…` are whole scenarios, demand, coordinator, messages and Macs.
 *
 * A row passes when theory lies inside the Student interval at 99 % for all rows together (Bonferroni) and the row's own
 * 99 % half-width is as narrow as promised: an interval that is wide enough contains everything. The long form promises
 * 1 % and plans for 0.85 %, because a half-width scatters too: by 5 % with 200 replications. A request costs the whole
 * simulator some fifty times what it costs the kernel, so there the promise is 3 %.
 *
 * Work is cut into jobs (one replication of one queue) that share nothing, so a caller may run them anywhere.
 */
import { assert, must } from '../../base/assert.ts'
import type { Measure } from './queue-models.ts'
import { meanCi, studentQuantile } from '../../lab/statistics/student.ts'
import { type ValidationScope, type Subject, subjectOf, SUBJECTS } from './validation-subjects.ts'

export type ValidationForm = 'short' | 'long'

/** One replication of one queue: plain data. */
export interface ValidationJob {
  readonly model: string
  readonly scope: ValidationScope
  /** Also the number of the replication; from 1. */
  readonly seed: number
  /** Arrivals that count, after `warmup` that do not. */
  readonly arrivals: number
  readonly warmup: number
}

export interface ValidationJobResult {
  readonly model: string
  readonly seed: number
  readonly values: Readonly<Record<Measure, number>>
  readonly arrivals: number
}

export interface ValidationRow {
  readonly id: string
  /** The closed form. */
  readonly measured: number
  readonly simulated: number
  readonly unit: 's' | 'share'
  /** Relative. */
  readonly error: number
  readonly fitted: false
  /** Relative half-width of the interval that has to contain the closed form. */
  readonly tolerance: number
  readonly passed: boolean
  /** Of the 99 % interval of this row alone; absolute, and relative to the closed form. */
  readonly half_width: number
  readonly half_width_relative: number
  /** Promised upper bound of half_width_relative. */
  readonly precision: number
  readonly replications: number
  readonly arrivals: number
}

export interface ValidateResult {
  readonly format: 'fleetlab.validate/1'
  readonly form: ValidationForm
  /** Confidence that all rows pass if the simulator is right. */
  readonly level: number
  readonly passed: boolean
  readonly rows: readonly ValidationRow[]
}

interface Plan {
  readonly replications: number
  /** Relative 99 % half-width: what run lengths aim at, and what a row must reach. */
  readonly aim: number
  readonly precision: number
}

const LEVEL = 0.99
const PLANS: Readonly<Record<ValidationScope, Readonly<Record<ValidationForm, Plan>>>> = {
  kernel: {
    // With 20 replications a half-width scatters by 16 %, with 10 by 24 %, hence the wider margins.
    short: { replications: 20, aim: 0.065, precision: 0.1 },
    long: { replications: 200, aim: 0.0085, precision: 0.01 },
  },
  stack: {
    short: { replications: 10, aim: 0.25, precision: 0.4 },
    long: { replications: 200, aim: 0.0265, precision: 0.03 },
  },
}
/** Relaxation times left out at the start; the start from empty has then faded by e^-10. */
const WARMUP_RELAXATIONS = 10

export function validationJobs(form: ValidationForm): readonly ValidationJob[] {
  return SUBJECTS.flatMap(({ id, scope, rho, squaredCv, relativeVariance }) => {
    const { replications, aim } = PLANS[scope][form]
    const quantile = studentQuantile((1 + LEVEL) / 2, replications - 1)
    const total = relativeVariance * (quantile / aim) * (quantile / aim)
    const arrivals = Math.ceil(total / replications)
    // In arrivals, a queue forgets with a time constant of about 2 (1 + cv^2) / (1 - rho)^2, whatever the number of servers.
    const relaxation = (2 * (1 + squaredCv)) / ((1 - rho) * (1 - rho))
    const warmup = Math.ceil(WARMUP_RELAXATIONS * relaxation)
    return Array.from({ length: replications }, (_, i) => ({ model: id, scope, seed: i + 1, arrivals, warmup }))
  })
}

export async function runValidationJob(job: ValidationJob): Promise<ValidationJobResult> {
  const { model, seed, warmup, arrivals } = job
  return { model, seed, values: await subjectOf(model).run(seed, warmup, arrivals), arrivals }
}

/** One after the other. */
export async function runValidationJobs(jobs: readonly ValidationJob[]): Promise<readonly ValidationJobResult[]> {
  const results: ValidationJobResult[] = []
  for (const job of jobs) results.push(await runValidationJob(job))
  return results
}

/** Results may come in any order: they are sorted by seed, so that the sums are the same every time. */
export function collectValidation(form: ValidationForm, results: readonly ValidationJobResult[]): ValidateResult {
  const rowCount = SUBJECTS.reduce((sum, subject) => sum + subject.theory.length, 0)
  const rows = SUBJECTS.flatMap((subject) => {
    const own = results.filter((result) => result.model === subject.id).sort((a, b) => a.seed - b.seed)
    assert(own.length === PLANS[subject.scope][form].replications, `validate: ${subject.id} is short of results`)
    return subject.theory.map(({ measure, value }) => toRow(form, subject, measure, value, own, rowCount))
  })
  return { format: 'fleetlab.validate/1', form, level: LEVEL, passed: rows.every((row) => row.passed), rows }
}

export interface ValidationOptions {
  readonly form: ValidationForm
  readonly onProgress?: (done: number, total: number) => void
  readonly signal?: AbortSignal
  /** Lets the host run other tasks between replications; the default goes on at once. */
  readonly pause?: () => Promise<void>
}

/** All jobs one after the other. Rejects with the signal's reason when it is aborted. */
export async function runValidation(options: ValidationOptions): Promise<ValidateResult> {
  const jobs = validationJobs(options.form)
  const results: ValidationJobResult[] = []
  for (const job of jobs) {
    options.signal?.throwIfAborted()
    results.push(await runValidationJob(job))
    options.onProgress?.(results.length, jobs.length)
    await options.pause?.()
  }
  return collectValidation(options.form, results)
}

function toRow(
  form: ValidationForm,
  { id, scope }: Subject,
  measure: Measure,
  theory: number,
  results: readonly ValidationJobResult[],
  rowCount: number,
): ValidationRow {
  const values = results.map((result) => result.values[measure])
  const own = meanCi(values, LEVEL)
  const corrected = meanCi(values, 1 - (1 - LEVEL) / rowCount)
  const halfWidth = must(own.halfWidth, 'validate: more than one replication')
  const tolerance = must(corrected.halfWidth, 'validate: more than one replication') / theory
  const error = (own.mean - theory) / theory
  const { precision } = PLANS[scope][form]
  return {
    id: `${id}/${measure}`,
    measured: theory,
    simulated: own.mean,
    unit: measure === 'blocking' ? 'share' : 's',
    error,
    fitted: false,
    tolerance,
    passed: Math.abs(error) <= tolerance && halfWidth / theory <= precision,
    half_width: halfWidth,
    half_width_relative: halfWidth / theory,
    precision,
    replications: results.length,
    arrivals: results.reduce((sum, result) => sum + result.arrivals, 0),
  }
}
