/**
 * Runs scenario files and judges their `expect:`. Each file stands alone: one that cannot be read or run is reported
 * with its problems, and the others are judged all the same. Files are reported in their order, each as soon as it and
 * those before it are judged. Where a measured baseline lies beside the scenario, the runs are held against it as well, or
 * with `update` become the next one.
 */
import { assert } from '../../base/assert.ts'
import type { LabControl, LabPorts } from '../compare/experiment.ts'
import type { JobOutcome } from '../runs/ports.ts'
import { fileOf, type NextBaseline } from './check-file.ts'
import { type CheckRequest, isPlan, type CheckPlan, planOf } from './check-plan.ts'
import { broken, type CheckedFile, type CheckResult } from './check-result.ts'

export interface CheckControl extends Omit<LabControl, 'onDone'> {
  readonly onFile?: (file: CheckedFile) => void
  /** Each file of a scenario that was read, or looked for. */
  readonly onRead?: (scenario: string, file: string) => void
  /** With `update`; nothing is written here. */
  readonly onBaseline?: (next: NextBaseline) => void
  /** Milliseconds since whenever; without it nothing says how long it took. */
  readonly clock?: () => number
}

/** When the runs of one file began and ended, by the control's clock. */
class Stopwatch {
  private began: number | undefined
  private ended: number | undefined

  constructor(private readonly clock: (() => number) | undefined) {}

  start(): void {
    this.began ??= this.clock?.()
  }
  stop(): void {
    this.ended = this.clock?.()
  }
  get meta(): CheckedFile['meta'] {
    const { began, ended } = this
    return began === undefined || ended === undefined ? {} : { wall_s: Math.round(ended - began) / 1000 }
  }
}

export async function runCheck(request: CheckRequest, ports: LabPorts, control: CheckControl): Promise<CheckResult> {
  const entries: (CheckPlan | CheckedFile)[] = (request.orphans ?? []).map((file) =>
    broken(file, [
      { file, message: 'no scenario lies beside this baseline; was it renamed? rename both, or remove this' },
    ]),
  )
  for (const file of request.scenarios) {
    control.signal.throwIfAborted()
    entries.push(await planOf(file, request, ports, (path) => control.onRead?.(file, path)))
  }
  const jobs = entries.flatMap((entry, file) => (isPlan(entry) ? entry.jobs.map((job) => ({ job, file })) : []))
  const outcomes: JobOutcome[][] = entries.map(() => [])
  const watches = entries.map(() => new Stopwatch(control.clock))
  const left = entries.map((entry) => (isPlan(entry) ? entry.jobs.length : 0))
  const all = [...(request.orphans ?? []), ...request.scenarios]
  const first = entries.map((_, file) => jobs.findIndex((job) => job.file === file))
  const files: CheckedFile[] = []
  const bailed = new AbortController()
  const report = (): void => {
    while (files.length < entries.length && left[files.length] === 0 && !bailed.signal.aborted) {
      const place = files.length
      const entry = entries[place]!
      const file = isPlan(entry)
        ? fileOf(entry, outcomes[place]!, watches[place]!.meta, request, control.onBaseline)
        : entry
      // Results of a whole folder would fill the memory.
      outcomes[place] = []
      files.push(file)
      control.onFile?.(file)
      if (request.bail === true && !file.passed) bailed.abort()
    }
  }
  report()
  try {
    await ports.runner.run(
      jobs.map(({ job }) => job),
      (index, outcome) => {
        const { file } = jobs[index]!
        outcomes[file]![index - first[file]!] = outcome
        left[file]! -= 1
        if (left[file] === 0) watches[file]!.stop()
        report()
      },
      control.onProgress,
      AbortSignal.any([control.signal, bailed.signal]),
      (index) => watches[jobs[index]!.file]!.start(),
    )
  } catch (error) {
    if (control.signal.aborted || !bailed.signal.aborted) throw error
  }
  assert(bailed.signal.aborted || files.length === entries.length, 'a runner left a job without an outcome')
  const passed = files.every((file) => file.passed)
  return {
    format: 'fleetlab.check/1',
    passed,
    files,
    skipped: request.skipped ?? [],
    left_out: request.leftOut ?? [],
    not_run: all.slice(files.length),
    meta: {},
  }
}
