/**
 * The other end of the queue: takes runs, does them on threads of its own, puts the outcome on the server. It knows
 * scenarios, traces and policies by content alone. Asked to stop, it gives back what it has begun.
 */
import { type Job, WaitingError, Worker } from 'bullmq'
import { InterruptedError, MachineError, refuse } from '../exit.ts'
import { packed } from '../files/job-content.ts'
import type { PolicySource } from '../../lab/runs/ports.ts'
import { runOnThread } from '../threads/run-on-thread.ts'
import { sha256Of } from '../files/snapshot-files.ts'
import { openPool, type WorkerPool } from '../threads/worker-pool.ts'
import type { Luggage } from '../threads/worker-task.ts'
import type { QueueAddress } from './address.ts'
import { BlobsHere } from './blobs.ts'
import { type Client, connect, failedAt } from './connect.ts'
import {
  HEARD_EVERY_MS,
  HOLD_MS,
  HOLD_RENEWED_MS,
  LOST_AT_MOST,
  PREFIX,
  producerOf,
  queueName,
  RESULT_KEPT_S,
  resultKey,
  STALLED_EVERY_MS,
} from './names.ts'
import type { ParcelAnswer, Parcel } from './parcel.ts'
import { inTime } from './queue-line.ts'
import { answerRoll, buildsOf, leaveRoll, type Present, presentAs } from './roll.ts'

export interface QueueWorkerOptions {
  readonly address: QueueAddress
  readonly build: string
  /** Runs at a time. */
  readonly concurrency: number
  /** The built thread. */
  readonly thread: URL
  readonly signal: AbortSignal
  readonly note: (text: string) => void
}

/** A producer that the roll lacks so many times in a row is gone; once or twice, the server has only just come back. */
const MISSED_AT_MOST = 3
const SHARES_EVERY_MS = 500
const REPORT_EVERY_MS = 60_000
/** The server has been away for so long: better to end, and be started again by whoever looks after workers. */
const LOST_AT_MOST_MS = 600_000

/** Works until the signal; never returns otherwise but by an error. */
export async function runQueueWorker(options: QueueWorkerOptions): Promise<never> {
  const { address, signal, note } = options
  const heard: { worker?: QueueWorker } = {}
  const client = await connect(address, signal, {
    onLoss: () => heard.worker?.lost(),
    onBack: () => heard.worker?.back(),
  })
  const worker = new QueueWorker(options, client)
  heard.worker = worker
  try {
    await worker.work()
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    await worker.close()
  }
  note(worker.summary())
  throw new InterruptedError(worker.ending())
}

class QueueWorker {
  private readonly self: Present
  private readonly pool: WorkerPool
  private readonly blobs: BlobsHere
  private readonly active = new Map<Job<Parcel, ParcelAnswer>, Running>()
  private worker: Worker<Parcel, ParcelAnswer> | undefined
  private producers: readonly Present[] = []
  private timer: NodeJS.Timeout | undefined
  private lostAt: number | undefined
  private runs = 0
  private givenBack = 0
  private reported = 0
  private reportedAt = performance.now()
  private isClosed = false
  private isStranger = false
  private stop: (error: unknown) => void = () => {}

  constructor(
    private readonly options: QueueWorkerOptions,
    private readonly client: Client,
  ) {
    this.self = presentAs(options.build, options.concurrency)
    this.pool = openPool(options.thread, options.concurrency)
    this.blobs = new BlobsHere(client)
  }

  async work(): Promise<void> {
    const { address, build, concurrency, signal, note } = this.options
    try {
      this.producers = await answerRoll(this.client, 'worker', this.self)
    } catch (error) {
      failedAt(address, error)
    }
    this.refuseStrangers()
    await new Promise<never>((_, stop) => {
      this.stop = stop
      signal.addEventListener('abort', () => stop(signal.reason), { once: true })
      if (signal.aborted) return stop(signal.reason)
      this.worker = new Worker<Parcel, ParcelAnswer>(queueName(build), (job, token) => this.take(job, token), {
        connection: this.client,
        prefix: PREFIX,
        skipVersionCheck: true,
        concurrency,
        lockDuration: HOLD_MS,
        lockRenewTime: HOLD_RENEWED_MS,
        stalledInterval: STALLED_EVERY_MS,
        maxStalledCount: LOST_AT_MOST,
        // In seconds; a run that has been given back, or a queue that was lost, is looked for so often.
        drainDelay: 2,
        runRetryDelay: 1_000,
      })
      // A connection that is lost comes back by itself; a hold that is lost means that another does the run.
      this.worker.on('error', () => {})
      note(
        `fleetlab ${build}: takes runs from ${address.shown}, ${concurrency} at a time; Ctrl-C stops it and gives back what it has begun`,
      )
      this.schedule()
    })
  }

  async close(): Promise<void> {
    this.isClosed = true
    clearTimeout(this.timer)
    // Closing first, so that nothing new is taken for what is given back.
    const closing = this.worker?.close() ?? Promise.resolve()
    for (const { controller } of this.active.values()) controller.abort()
    const leaving = this.isStranger ? undefined : leaveRoll(this.client, 'worker', this.self)
    await inTime(Promise.allSettled([closing, leaving]))
    this.client.disconnect()
    this.blobs.remove()
    await inTime(this.pool.destroy())
  }

  summary(): string {
    return `${counted(this.runs)} done`
  }

  ending(): string {
    return this.givenBack === 0 ? 'nothing was left undone' : `${counted(this.givenBack)} given back to the queue`
  }

  lost(): void {
    if (this.isClosed || this.lostAt !== undefined) return
    this.lostAt = performance.now()
    this.options.note(`--queue ${this.options.address.shown}: the server is away; waiting for it to come back`)
  }

  back(): void {
    if (this.isClosed || this.lostAt === undefined) return
    this.lostAt = undefined
    this.options.note(`--queue ${this.options.address.shown}: the server is back`)
    clearTimeout(this.timer)
    void this.beat().finally(() => this.isClosed || this.schedule())
  }

  private schedule(): void {
    this.timer = setTimeout(() => void this.beat().finally(() => this.isClosed || this.schedule()), HEARD_EVERY_MS)
  }

  private async beat(): Promise<void> {
    const { address } = this.options
    if (this.lostAt !== undefined) {
      if (performance.now() - this.lostAt < LOST_AT_MOST_MS) return
      const text = `--queue ${address.shown}: the server has been away for ${LOST_AT_MOST_MS / 60_000} minutes`
      return this.stop(new MachineError(text))
    }
    try {
      this.producers = await answerRoll(this.client, 'worker', this.self)
      this.dropUnwanted()
      if (this.active.size > 0) return
      this.refuseStrangers()
      this.blobs.removeUnused()
    } catch (error) {
      if (this.lostAt === undefined && !this.isClosed) this.stop(error)
    }
    this.report()
  }

  /** Work is there, and none of it for this build: somebody forgot to change one of the two. */
  private refuseStrangers(): void {
    const { address, build } = this.options
    const builds = buildsOf(this.producers)
    if (builds.length === 0 || builds.includes(build)) return
    // The producer reads there who it was; the server forgets it soon.
    this.isStranger = true
    refuse(
      `--queue ${address.shown}: this worker is version ${build}, and what waits there is of version ${builds.join(', ')}; start the same version, or give the other a database of its own, such as redis://host:6379/1`,
    )
  }

  private dropUnwanted(): void {
    const ids = new Set(this.producers.map(({ id }) => id))
    for (const [job, running] of this.active) {
      running.missed = ids.has(producerOf(job.id!)) ? 0 : running.missed + 1
      if (running.missed < MISSED_AT_MOST) continue
      running.isUnwanted = true
      running.controller.abort()
    }
  }

  private report(): void {
    const now = performance.now()
    if (now - this.reportedAt < REPORT_EVERY_MS || this.runs === this.reported) return
    this.reportedAt = now
    this.reported = this.runs
    this.options.note(this.summary())
  }

  private async take(job: Job<Parcel, ParcelAnswer>, token: string | undefined): Promise<ParcelAnswer> {
    const running: Running = { controller: new AbortController(), missed: 0, isUnwanted: false }
    this.active.set(job, running)
    try {
      // Closed between being asked and asking.
      if (this.isClosed) running.controller.abort()
      return await this.perform(job, running)
    } catch (error) {
      if (running.isUnwanted) return 'unwanted'
      if (!this.isClosed && !(error instanceof MachineError && error.message.startsWith('the folder'))) throw error
      this.givenBack++
      await job.moveToWait(token)
      if (!this.isClosed) this.stop(error)
      throw new WaitingError()
    } finally {
      this.active.delete(job)
    }
  }

  private async perform(job: Job<Parcel, ParcelAnswer>, { controller }: Running): Promise<ParcelAnswer> {
    const { signal } = controller
    if (!(await this.isWanted(producerOf(job.id!)))) return 'unwanted'
    const { job: run, policy, files } = job.data
    const source = 'builtin' in policy ? builtin(policy.builtin) : await this.policy(policy.code)
    const luggage = await this.luggage(files)
    if (source === undefined || luggage === undefined) return 'missing'
    signal.throwIfAborted()
    let saidAt = -Infinity
    const outcome = await runOnThread(
      this.pool.perform,
      { kind: 'run', job: { ...run, policy: source }, luggage },
      {
        signal,
        onCrash: this.options.note,
        onProgress: (share) => {
          const now = performance.now()
          if (now - saidAt < SHARES_EVERY_MS) return
          saidAt = now
          job.updateProgress(share).catch(() => {})
        },
      },
    )
    await this.client.set(resultKey(job.id!), packed(outcome), 'EX', RESULT_KEPT_S)
    this.runs++
    return 'done'
  }

  private async isWanted(producer: string): Promise<boolean> {
    if (this.producers.some(({ id }) => id === producer)) return true
    this.producers = await answerRoll(this.client, 'worker', this.self)
    return this.producers.some(({ id }) => id === producer)
  }

  private async policy(sha256: string): Promise<PolicySource | undefined> {
    const text = await this.blobs.text(sha256)
    return text === undefined ? undefined : (JSON.parse(text) as PolicySource)
  }

  private async luggage(files: Parcel['files']): Promise<Luggage | undefined> {
    const paths = new Map<string, string>()
    for (const [name, sha256] of files) {
      const path = await this.blobs.path(sha256)
      if (path === undefined) return undefined
      paths.set(name, path)
    }
    return { digest: sha256Of(JSON.stringify(files)), paths }
  }
}

/** A run that is being done. */
interface Running {
  readonly controller: AbortController
  /** How often in a row the roll lacked whoever asked for it. */
  missed: number
  isUnwanted: boolean
}

const builtin = (name: string): PolicySource => ({ kind: 'builtin', name })
const counted = (count: number): string => `${count} ${count === 1 ? 'run' : 'runs'}`
