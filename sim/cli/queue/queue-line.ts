/**
 * The producer's connection: opened with the first run of a command and kept to its end. It says that the producer is
 * there, knows which workers are, keeps what was brought fresh, and outlives a restart of the server.
 */
import { Queue, QueueEvents } from 'bullmq'
import { InterruptedError, MachineError } from '../exit.ts'
import type { QueueAddress } from './address.ts'
import { BlobsSent } from './blobs.ts'
import { type Client, connect, failedAt } from './connect.ts'
import { HEARD_EVERY_MS, lastingKeys, PREFIX, QUEUE_KEPT_S, queueName } from './names.ts'
import { answerRoll, buildsOf, leaveRoll, type Present, presentAs } from './roll.ts'

export interface LineHearers {
  /** Beside the progress, for as long as it is so; undefined: nothing to say. */
  readonly onStatus: (text: string | undefined) => void
  /** Once. */
  readonly onNote: (text: string) => void
}

/** A server gone for so long comes back for nobody who waits here. */
const LOST_AT_MOST_MS = 600_000
/** Workers are often started a moment after the producer; before this nobody is told that there are none. */
const WITHOUT_WORKERS_MS = 5_000
/** What cannot be cleared in this time goes by itself later. */
const CLEAR_WITHIN_MS = 2_000

export class QueueLine {
  readonly self: Present
  readonly blobs: BlobsSent
  readonly queue: Queue
  readonly events: QueueEvents
  private workers: readonly Present[] = []
  private timer: NodeJS.Timeout | undefined
  private readonly openedAt = performance.now()
  private lostAt: number | undefined
  /** Of workers that are missing; undefined: none was. */
  private said: string | undefined
  private isClosed = false
  /** What to do after every roll call, and when the server is back. */
  private readonly beats = new Set<() => Promise<void>>()
  private readonly fails = new Set<(error: unknown) => void>()

  private constructor(
    readonly client: Client,
    private readonly address: QueueAddress,
    private readonly build: string,
    private readonly hearers: LineHearers,
  ) {
    this.self = presentAs(build, 0)
    this.blobs = new BlobsSent(client)
    const options = { connection: client, prefix: PREFIX, skipVersionCheck: true }
    this.queue = new Queue(queueName(build), { ...options, streams: { events: { maxLen: 20_000 } } })
    this.events = new QueueEvents(queueName(build), options)
    // Every loss is heard through the connection itself; what is lost with an event is looked for at every beat.
    this.queue.on('error', () => {})
    this.events.on('error', () => {})
  }

  static async open(
    address: QueueAddress,
    build: string,
    hearers: LineHearers,
    signal: AbortSignal,
  ): Promise<QueueLine> {
    // The connection is older than the line.
    const heard: { line?: QueueLine } = {}
    const client = await connect(address, signal, {
      onLoss: () => heard.line?.lost(),
      onBack: () => heard.line?.back(),
    })
    const line = new QueueLine(client, address, build, hearers)
    heard.line = line
    try {
      await line.answer()
      await line.events.waitUntilReady()
    } catch (error) {
      await line.close()
      if (signal.aborted) throw new InterruptedError()
      return failedAt(address, error)
    }
    line.schedule()
    return line
  }

  /** Runs at a time of all workers of this build. */
  get places(): number {
    return this.own.reduce((sum, { places }) => sum + places, 0)
  }

  /** `beat` is called every now and then until the returned function is; `fail` when there is no use in waiting. */
  attend(beat: () => Promise<void>, fail: (error: unknown) => void): () => void {
    this.beats.add(beat)
    this.fails.add(fail)
    return () => {
      this.beats.delete(beat)
      this.fails.delete(fail)
    }
  }

  failed(error: unknown): never {
    return failedAt(this.address, error)
  }

  async close(): Promise<void> {
    if (this.isClosed) return
    this.isClosed = true
    clearTimeout(this.timer)
    this.hearers.onStatus(undefined)
    const leaving = async (): Promise<void> => {
      for (const key of lastingKeys(this.build)) await this.client.expire(key, QUEUE_KEPT_S)
      await leaveRoll(this.client, 'producer', this.self)
      await this.events.close()
      await this.queue.close()
    }
    await inTime(leaving())
    this.client.disconnect()
  }

  private get own(): readonly Present[] {
    return this.workers.filter(({ build }) => build === this.build)
  }

  private schedule(): void {
    this.timer = setTimeout(() => void this.beat().finally(() => this.isClosed || this.schedule()), HEARD_EVERY_MS)
  }

  private async beat(): Promise<void> {
    if (this.lostAt !== undefined) {
      if (performance.now() - this.lostAt < LOST_AT_MOST_MS) return
      const text = `--queue ${this.address.shown}: the server has been away for ${LOST_AT_MOST_MS / 60_000} minutes`
      return this.fail(new MachineError(text))
    }
    try {
      await this.answer()
      await this.blobs.refresh()
      for (const key of lastingKeys(this.build)) await this.client.expire(key, QUEUE_KEPT_S)
      for (const beat of this.beats) await beat()
    } catch (error) {
      if (this.lostAt === undefined && !this.isClosed) this.fail(error)
    }
  }

  private fail(error: unknown): void {
    for (const fail of this.fails) fail(error)
  }

  private async answer(): Promise<void> {
    this.workers = await answerRoll(this.client, 'producer', this.self)
    if (this.lostAt === undefined) this.sayWhoIsThere()
  }

  private sayWhoIsThere(): void {
    const { own, places } = this
    if (own.length > 0) {
      if (this.said !== undefined)
        this.hearers.onNote(`--queue ${this.address.shown}: ${counted(own.length, 'worker')} now`)
      this.said = undefined
      return this.hearers.onStatus(`${counted(own.length, 'worker')}, ${counted(places, 'run')} at a time`)
    }
    const others = buildsOf(this.workers)
    const text =
      others.length === 0
        ? 'no worker listens'
        : `no worker of version ${this.build} listens (there ${this.workers.length === 1 ? 'is one' : 'are some'} of ${others.join(', ')})`
    this.hearers.onStatus(text)
    const isEarly = performance.now() - this.openedAt < WITHOUT_WORKERS_MS
    // Those of another version leave again, which is no news.
    if (isEarly || this.said === text || (this.said !== undefined && others.length === 0)) return
    this.said = text
    this.hearers.onNote(
      `--queue ${this.address.shown}: ${text}; waiting for \`fleetlab worker --queue ${this.address.shown}\``,
    )
  }

  private lost(): void {
    if (this.isClosed || this.lostAt !== undefined) return
    this.lostAt = performance.now()
    this.hearers.onStatus('the server is away; waiting for it')
    this.hearers.onNote(`--queue ${this.address.shown}: the server is away; waiting for it to come back`)
  }

  private back(): void {
    if (this.isClosed || this.lostAt === undefined) return
    this.lostAt = undefined
    this.hearers.onNote(`--queue ${this.address.shown}: the server is back`)
    clearTimeout(this.timer)
    void this.beat().finally(() => this.isClosed || this.schedule())
  }
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

/** However it ends, and no longer than a command that was told to stop may take. */
export function inTime(work: Promise<unknown>): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, CLEAR_WITHIN_MS)
    work
      .catch(() => {})
      .finally(() => {
        clearTimeout(timer)
        done()
      })
  })
}
