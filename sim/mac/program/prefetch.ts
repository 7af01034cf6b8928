/**
 * What a Mac does when it is told which builds it should converge to (provider-runtime 8, desired_models / prefetch; order
 * and messages from the public sources of June 2026, reconcileDesiredModels). A desired build on offer takes the place of
 * the previous one at once; any other is fetched first, one at a time and in the background, so nothing else on the Mac
 * notices. Downloads are not loads: the build is cold when it is offered, and the one it supersedes stays resident until
 * it is idle for long or evicted.
 *
 * Assumed: the connection to the coordinator is not the one downloads come by, so they outlive it; what has not begun is
 * forgotten when it is no longer desired; a build that the start-up scan would leave out is not fetched at all. The real
 * queue knows priorities, but everything desired has the same.
 */
import type { BuildId } from '../../base/ids.ts'
import { addMicros, microsFromSeconds } from '../../base/time.ts'
import type { ModelSpec } from '../../catalog/model.ts'
import { type EventId, Priority, type RandomStream } from '../../kernel/scheduler.ts'
import type { DesiredModel } from '../../protocol/index.ts'
import type { DownloadRow } from '../../trace/row.ts'
import type { Connection } from './connection.ts'
import { macStream, type MacOptions } from '../machine.ts'
import type { ModelOffer } from './offer.ts'
import { Work } from '../engine/work.ts'

interface PrefetchPorts {
  readonly offer: ModelOffer
  readonly connection: Pick<Connection, 'send'>
  /** The advertised set changed. */
  advertisedChanged(): void
  /** The files of a build were read. */
  hashed(model: ModelSpec): void
}

export class Prefetch {
  /** Desired builds of the latest push, each with the build it supersedes. */
  private readonly desired = new Map<BuildId, BuildId | undefined>()
  private readonly failures = new Map<BuildId, number>()
  private readonly retries = new Map<BuildId, EventId>()
  private waiting: ModelSpec[] = []
  private running: ModelSpec | undefined
  private readonly work: Work
  private readonly random: RandomStream

  constructor(
    private readonly options: MacOptions,
    private readonly ports: PrefetchPorts,
  ) {
    this.work = new Work(options.scheduler, Priority.timer)
    this.random = macStream(options, 'download')
  }

  /** A push replaces the one before, and gives builds that had failed a fresh start. */
  converge(entries: readonly DesiredModel[]): void {
    this.forgetDesires()
    for (const { desired, previous } of entries) this.desired.set(desired, previous === desired ? undefined : previous)
    for (const [build, previous] of this.desired) {
      const offered = this.ports.offer.find(build)
      if (offered === undefined || this.options.weightHashOf(build) === '') this.fetch(build)
      else if (previous !== undefined && this.drop(previous)) this.announce(offered)
    }
  }

  sleep(): void {
    this.work.sleep()
  }

  wake(): void {
    this.work.wake()
  }

  /** What was fetched in part is lost. */
  powerOff(): void {
    this.forgetDesires()
    this.work.stop()
    this.running = undefined
  }

  private forgetDesires(): void {
    for (const timer of this.retries.values()) this.options.scheduler.cancel(timer)
    this.retries.clear()
    this.failures.clear()
    this.desired.clear()
    this.waiting = []
  }

  private fetch(build: BuildId): void {
    const model = this.options.modelOf(build)
    if (model === undefined || !this.ports.offer.fits(model)) return
    if (this.running?.build === build || this.waiting.includes(model)) return
    this.waiting.push(model)
    this.next()
  }

  private next(): void {
    if (this.running !== undefined) return
    const model = this.waiting.shift()
    if (model === undefined) return
    this.running = model
    this.note(model, 'started')
    const { settings } = this.options
    const gigabytes = model.diskBytes.value / 1e9
    const stored = this.ports.offer.stored(model.build) !== undefined
    const fetching = stored ? 0 : gigabytes / settings.download.rate
    this.work.start(microsFromSeconds(fetching), () => {
      if (!stored && this.fails()) return this.failed(model)
      this.ports.offer.store(model)
      this.work.start(microsFromSeconds(gigabytes / settings.hash_rate), () => this.verified(model))
    })
  }

  private fails(): boolean {
    const { failure_share } = this.options.settings.download
    return failure_share > 0 && this.random.uniform() < failure_share
  }

  private verified(model: ModelSpec): void {
    const { offer } = this.ports
    this.running = undefined
    this.ports.hashed(model)
    if (this.desired.has(model.build)) {
      this.note(model, 'verified')
      if (offer.find(model.build) === undefined) offer.add(model)
      this.ports.advertisedChanged()
      this.announce(model)
      const previous = this.desired.get(model.build)
      if (previous !== undefined) this.drop(previous)
    } else this.note(model, 'unwanted')
    this.next()
  }

  private failed(model: ModelSpec): void {
    const { build } = model
    const { scheduler, settings } = this.options
    this.running = undefined
    this.note(model, 'failed')
    const failures = this.failures.get(build) ?? 0
    const wait = settings.download.retry_after[failures]
    if (this.desired.has(build) && wait !== undefined) {
      this.failures.set(build, failures + 1)
      const again = (): void => {
        this.retries.delete(build)
        this.fetch(build)
      }
      this.retries.set(build, scheduler.schedule(addMicros(scheduler.now, wait), Priority.timer, again))
    }
    this.next()
  }

  /** The coordinator takes the build that is superseded out of its own list when it hears of the one that is desired. */
  private announce(model: ModelSpec): void {
    this.ports.connection.send({ kind: 'models_update', models: [this.ports.offer.show(model)] })
  }

  private drop(build: BuildId): boolean {
    const dropped = this.ports.offer.drop(build)
    if (dropped) this.ports.advertisedChanged()
    return dropped
  }

  private note({ build }: ModelSpec, what: DownloadRow['what']): void {
    const { machine, scheduler, trace } = this.options
    trace.emit({ kind: 'download', at: scheduler.now, machine, build, what })
  }
}
