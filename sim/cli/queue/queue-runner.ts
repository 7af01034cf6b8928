/**
 * Runs jobs on workers elsewhere, by way of a queue on a Redis server. The queue is told what is to be done and what came
 * of it; it is not believed to remember. Whatever it lost, in a restart or with a worker, is put there again, and of a run
 * that was done twice one result counts: both are the same.
 */
import type { JobOutcome, RunJob, Runner } from '../../lab/runs/ports.ts'
import { jobKey, unpackedOutcome } from '../files/job-content.ts'
import { MachineError } from '../exit.ts'
import { runInWords } from '../threads/run-on-thread.ts'
import type { SnapshotFiles } from '../files/snapshot-files.ts'
import { FAILURE_KEPT_S, jobHashKey, jobIdOf, resultKey } from './names.ts'
import { type ParcelAnswer, type Parcel, parcelOf, policyBlob } from './parcel.ts'
import { inTime, type QueueLine } from './queue-line.ts'

/** In the queue at a time: enough that no worker waits, few enough that another producer's runs come in between. */
const WAITING_PER_PLACE = 3
const WAITING_AT_LEAST = 8
const WAITING_AT_MOST = 512
/** A file that is on the server no longer is brought again; one that never stays there has another cause. */
const BROUGHT_AT_MOST = 5

export interface QueueRunnerOptions {
  readonly build: string
  readonly files: SnapshotFiles
  /** The same line for all runs of a command. */
  readonly line: (signal: AbortSignal) => Promise<QueueLine>
  readonly note: (text: string) => void
}

export function queueRunner(options: QueueRunnerOptions): Runner {
  return {
    async run(jobs, onResult, onProgress, signal, onStart) {
      signal.throwIfAborted()
      if (jobs.length === 0) return
      const line = await options.line(signal)
      await new Batch(options, line, jobs, { onResult, onProgress, onStart }).run(signal)
    },
  }
}

interface Hearers {
  readonly onResult: (index: number, outcome: JobOutcome) => void
  readonly onProgress: (share: number) => void
  readonly onStart: ((index: number) => void) | undefined
}

/** A run in the queue. */
interface Waiting {
  readonly id: string
  readonly job: RunJob
  readonly parcel: Parcel
  /** The same run may be asked for more than once. */
  readonly indices: number[]
  share: number
  hasBegun: boolean
  brought: number
  isTaken: boolean
}

class Batch {
  private readonly waiting = new Map<string, Waiting>()
  private readonly known = new Map<string, Waiting | JobOutcome>()
  private next = 0
  private done = 0
  private isFilling = false
  private finish: () => void = () => {}
  private stop: (error: unknown) => void = () => {}
  private isOver = false

  constructor(
    private readonly options: QueueRunnerOptions,
    private readonly line: QueueLine,
    private readonly jobs: readonly RunJob[],
    private readonly hearers: Hearers,
  ) {}

  async run(signal: AbortSignal): Promise<void> {
    const { events } = this.line
    const onCompleted = ({ jobId, returnvalue }: { jobId: string; returnvalue: string }): void =>
      this.act(() => this.delivered(jobId, returnvalue as ParcelAnswer))
    const onFailed = ({ jobId, failedReason }: { jobId: string; failedReason: string }): void =>
      this.act(async () => this.failed(jobId, failedReason))
    const onStalled = ({ jobId }: { jobId: string }): void => this.stalled(jobId)
    const onActive = ({ jobId }: { jobId: string }): void => this.begun(jobId)
    const onShare = ({ jobId, data }: { jobId: string; data: unknown }): void => this.shared(jobId, Number(data))
    const leave = this.line.attend(
      () => this.lookAfter(),
      (error) => this.stop(error),
    )
    const onAbort = (): void => this.stop(signal.reason)
    try {
      await new Promise<void>((finish, stop) => {
        this.finish = finish
        this.stop = stop
        signal.addEventListener('abort', onAbort, { once: true })
        events.on('completed', onCompleted)
        events.on('failed', onFailed)
        events.on('stalled', onStalled)
        events.on('active', onActive)
        events.on('progress', onShare)
        this.act(() => this.fill())
      })
    } catch (error) {
      signal.throwIfAborted()
      throw error
    } finally {
      this.isOver = true
      leave()
      signal.removeEventListener('abort', onAbort)
      events.off('completed', onCompleted)
      events.off('failed', onFailed)
      events.off('stalled', onStalled)
      events.off('active', onActive)
      events.off('progress', onShare)
      await inTime(this.clear())
    }
  }

  private act(work: () => Promise<void>): void {
    work().catch((error: unknown) => {
      if (this.isOver) return
      try {
        this.line.failed(error)
      } catch (ending) {
        this.stop(ending)
      }
    })
  }

  /** Puts the next runs into the queue, up to as many as may wait there. */
  private async fill(): Promise<void> {
    if (this.isFilling) return
    this.isFilling = true
    try {
      while (!this.isOver && this.hasRoom()) {
        const fresh: Waiting[] = []
        while (!this.isOver && this.hasRoom()) {
          const index = this.next++
          const entry = await this.entryOf(this.jobs[index]!, index)
          if (entry !== undefined) fresh.push(entry)
        }
        await this.add(fresh)
        // Told to stop meanwhile: what was cleared away before it came.
        if (this.isOver) await this.remove(fresh)
      }
    } finally {
      this.isFilling = false
    }
  }

  private hasRoom(): boolean {
    const room = Math.min(WAITING_AT_MOST, Math.max(WAITING_AT_LEAST, this.line.places * WAITING_PER_PLACE))
    return this.next < this.jobs.length && this.waiting.size < room
  }

  /** Undefined: the same run is in the queue already, or done. */
  private async entryOf(job: RunJob, index: number): Promise<Waiting | undefined> {
    const { build, files } = this.options
    const needed = await files.needed(job.scenario, job.settings)
    const id = jobIdOf(this.line.self.id, jobKey(build, job, needed))
    const known = this.known.get(id)
    if (known !== undefined) {
      if ('kind' in known) this.count(index, known)
      else known.indices.push(index)
      return undefined
    }
    const code = policyBlob(job.policy)
    if (code !== undefined) await this.line.blobs.put(code.sha256, () => code.text)
    for (const [, sha256] of needed) await this.line.blobs.put(sha256, () => files.text(sha256))
    const parcel = parcelOf(job, needed, code)
    const entry: Waiting = { id, job, parcel, indices: [index], share: 0, hasBegun: false, brought: 0, isTaken: false }
    this.known.set(id, entry)
    this.waiting.set(id, entry)
    return entry
  }

  private async add(entries: readonly Waiting[]): Promise<void> {
    if (entries.length === 0) return
    await this.line.queue.addBulk(
      entries.map(({ id, job, parcel }) => ({
        name: `${job.policyName} seed ${job.seed}`,
        data: parcel,
        opts: { jobId: id, attempts: 1, removeOnComplete: true, removeOnFail: { age: FAILURE_KEPT_S } },
      })),
    )
  }

  private async delivered(id: string, delivery: ParcelAnswer): Promise<void> {
    const entry = this.waiting.get(id)
    if (entry === undefined || entry.isTaken) return
    if (delivery === 'done' && (await this.take(entry))) return
    if (delivery === 'missing') {
      entry.brought++
      if (entry.brought > BROUGHT_AT_MOST) throw new MachineError('the server does not keep the files of the runs')
      await this.line.blobs.refresh()
    }
    // Taken for gone, after the server has forgotten everybody: it is put there again once we are on the roll.
    if (delivery === 'unwanted' || this.isOver || entry.isTaken) return
    await this.add([entry])
  }

  /** Whether the outcome was there. */
  private async take(entry: Waiting): Promise<boolean> {
    const bytes = await this.line.client.getBuffer(resultKey(entry.id))
    if (bytes === null) return false
    if (entry.isTaken || this.isOver) return true
    entry.isTaken = true
    const outcome = unpackedOutcome(bytes)
    this.waiting.delete(entry.id)
    this.known.set(entry.id, outcome)
    for (const index of entry.indices) this.count(index, outcome)
    await this.line.client.unlink(resultKey(entry.id))
    await this.fill()
    return true
  }

  private count(index: number, outcome: JobOutcome): void {
    this.done++
    this.hearers.onResult(index, outcome)
    this.report()
    if (this.done === this.jobs.length) this.finish()
  }

  private failed(id: string, reason: string): void {
    const entry = this.waiting.get(id)
    if (entry === undefined || entry.isTaken) return
    const text = /stalled/.test(reason) ? 'two workers were lost in the middle of it' : reason
    this.stop(new MachineError(`${runInWords(entry.job)} could not be done: ${text}`))
  }

  private stalled(id: string): void {
    const entry = this.waiting.get(id)
    if (entry === undefined) return
    this.options.note(`a worker was lost in the middle of ${runInWords(entry.job)}; the run is done once more`)
    entry.share = 0
    this.report()
  }

  private begun(id: string): void {
    const entry = this.waiting.get(id)
    if (entry === undefined || entry.hasBegun) return
    entry.hasBegun = true
    for (const index of entry.indices) this.hearers.onStart?.(index)
  }

  private shared(id: string, share: number): void {
    const entry = this.waiting.get(id)
    if (entry === undefined || !Number.isFinite(share)) return
    entry.share = share
    this.report()
  }

  private report(): void {
    let sum = this.done
    for (const { share, indices } of this.waiting.values()) sum += share * indices.length
    this.hearers.onProgress(sum / this.jobs.length)
  }

  /** What an event told nobody: outcomes that lie there, failures, and runs that are in the queue no longer. */
  private async lookAfter(): Promise<void> {
    const entries = [...this.waiting.values()]
    if (entries.length > 0) {
      const asking = this.line.client.multi()
      for (const { id } of entries) {
        asking.exists(resultKey(id))
        const hash = jobHashKey(this.options.build, id)
        asking.exists(hash)
        asking.hget(hash, 'failedReason')
      }
      const answers = await asking.exec()
      for (const [place, entry] of entries.entries()) {
        const [hasResult, isThere, reason] = [0, 1, 2].map((i) => answers?.[place * 3 + i]?.[1])
        if (entry.isTaken || this.isOver) continue
        if (hasResult === 1) {
          await this.take(entry)
          // Somebody may be about to do it again.
          await this.line.queue.remove(entry.id)
        } else if (typeof reason === 'string') this.failed(entry.id, reason)
        else if (isThere === 0 && !this.isFilling) await this.add([entry])
      }
    }
    await this.fill()
  }

  /** Takes back what nobody has begun, and what has come since. A run that a worker is at ends there when it hears. */
  private async clear(): Promise<void> {
    await this.remove([...this.waiting.values()])
  }

  private async remove(entries: readonly Waiting[]): Promise<void> {
    await Promise.allSettled(entries.map(({ id }) => this.line.queue.remove(id)))
    if (entries.length > 0) await this.line.client.unlink(...entries.map(({ id }) => resultKey(id)))
  }
}
