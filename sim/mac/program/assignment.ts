/**
 * One build per Mac, as PR 435 orders it (`assign_model`; coordinator-control 1.4, coordinator-routing 16): wait until
 * nothing of another build is in flight, unload every other model, load, and say so at each step. From the command on
 * the program refuses other builds instead of swapping for them, also after a failure; only a newer epoch moves it. One
 * that is not to hold ends with its last ack, and the program is an ordinary one again.
 *
 * Assumed where the PR is silent:
 * - The lost socket ends an assignment: the coordinator takes whoever connects for a new provider, unmanaged and with
 *   epochs of its own. Models stay resident, a load under way goes on. A fresh process is unmanaged too.
 * - Requests of the assigned build are served at once if it is resident; if not, they wait for drain and load as for any
 *   cold load, and so does everything behind them in the event loop.
 * - The assigned model is unloaded when idle for long, as any other, and loaded again by the next request.
 * - An update that begins during the drain ends the assignment when the drain ends: the program is about to restart.
 */
import type { BuildId } from '../../base/ids.ts'
import { addMicros } from '../../base/time.ts'
import { type EventId, Priority } from '../../kernel/scheduler.ts'
import type { ProviderErrorText } from '../../protocol/index.ts'
import type { Connection } from './connection.ts'
import type { Faults } from '../condition/faults.ts'
import type { LoadFailure } from '../loading/load-failure.ts'
import type { LoadAttempt, Loader } from '../loading/loader.ts'
import type { MacOptions } from '../machine.ts'
import type { InferenceJobs } from './inference-jobs.ts'

/**
 * What requests and `load_model` of another build are told. It says what is the case: every slot this program will use is
 * taken. It counts as capacity, so it is neither a fault nor, unlike "insufficient memory", the start of a load cooldown
 * for a build that the Mac could hold; "draining for update" would announce a restart. The PR's own text is not known.
 */
export const OTHER_BUILD: ProviderErrorText = 'all slots busy: assigned to another model'

const UPDATING: ProviderErrorText = 'provider draining for update'

interface Order {
  readonly build: BuildId
  readonly epoch: number
  /** Other builds are refused after the last ack too. */
  readonly hold: boolean
  /** Acks reach nobody over a later one. */
  readonly connection: number
  phase: 'draining' | 'loading' | 'settled'
}

type WaitingLoad = Pick<LoadAttempt, 'build' | 'cause' | 'done'>

type Ack =
  | { readonly status: 'draining' | 'loading' | 'succeeded' }
  | { readonly status: 'failed'; readonly text: ProviderErrorText }

interface AssignmentParts {
  readonly loader: Pick<Loader, 'ensure' | 'clearFor' | 'stopClearing'>
  readonly requests: Pick<InferenceJobs, 'count' | 'acceptedFor' | 'cancelRest'>
  readonly connection: Pick<Connection, 'number' | 'reply'>
  /** Its `draining` is that of an update. */
  readonly faults: Pick<Faults, 'draining' | 'whenAwake'>
}

export class Assignment {
  private order: Order | undefined
  private deadline: EventId | undefined
  private drained: EventId | undefined
  /** For the end of the drain. */
  private waiting: WaitingLoad[] = []

  constructor(
    private readonly options: MacOptions,
    private readonly parts: AssignmentParts,
  ) {}

  /** False for every build but the assigned one. */
  serves(build: BuildId): boolean {
    const { order } = this
    return order === undefined || order.build === build || (order.phase === 'settled' && !order.hold)
  }

  /** It is about to be loaded, so no slot or memory that others still hold is a reason to refuse it. */
  brings(build: BuildId): boolean {
    return this.order !== undefined && this.order.build === build && this.order.phase !== 'settled'
  }

  command(build: BuildId, epoch: number, hold: boolean): void {
    if (this.order !== undefined && epoch <= this.order.epoch) return
    const { scheduler, settings } = this.options
    const { connection, faults } = this.parts
    const order: Order = { build, epoch, hold, connection: connection.number, phase: 'draining' }
    this.replace(order)
    if (faults.draining) return this.settle(order, { status: 'failed', text: UPDATING })
    this.ack(order, { status: 'draining' })
    if (this.othersInFlight(order) === 0) return this.bring(order)
    this.deadline = scheduler.schedule(addMicros(scheduler.now, settings.assign_drain), Priority.timer, () => {
      this.deadline = undefined
      faults.whenAwake(() => this.overdue(order))
    })
  }

  /** The loader's `ensure`, which for the assigned build begins when the drain has ended. */
  ensure(build: BuildId, cause: LoadAttempt['cause'], done: LoadAttempt['done']): void {
    if (this.order?.phase === 'draining' && this.order.build === build) this.waiting.push({ build, cause, done })
    else this.parts.loader.ensure(build, cause, done)
  }

  /** Goes on in an event of its own: the engine that lost the request may be in the middle of a step. */
  requestEnded(): void {
    const { order } = this
    if (order?.phase !== 'draining' || this.drained !== undefined || this.othersInFlight(order) > 0) return
    const { scheduler } = this.options
    this.drained = scheduler.schedule(scheduler.now, Priority.timer, () => {
      this.drained = undefined
      this.parts.faults.whenAwake(() => this.bring(order))
    })
  }

  /** The socket is lost. */
  drop(): void {
    if (this.order !== undefined) this.replace(undefined)
  }

  /** The process is gone, and whoever waited. */
  powerOff(): void {
    this.stopTimers()
    this.order = undefined
    this.waiting = []
  }

  /** What the one before had begun is left as it is; those who waited for it look again. */
  private replace(order: Order | undefined): void {
    this.stopTimers()
    this.order = order
    this.parts.loader.stopClearing()
    this.resume()
  }

  /** The drain has taken too long: as an update does. */
  private overdue(order: Order): void {
    if (this.order === order && order.phase === 'draining') this.parts.requests.cancelRest(order.build)
  }

  private bring(order: Order): void {
    if (this.order !== order || order.phase !== 'draining') return
    this.stopTimers()
    const { loader, faults } = this.parts
    const { build } = order
    if (faults.draining) {
      this.settle(order, { status: 'failed', text: UPDATING })
    } else {
      order.phase = 'loading'
      this.ack(order, { status: 'loading' })
      loader.clearFor(build, () => loader.ensure(build, 'assign', (failure) => this.loaded(order, failure)))
    }
    this.resume()
  }

  private loaded(order: Order, failure: LoadFailure | undefined): void {
    this.settle(order, failure === undefined ? { status: 'succeeded' } : { status: 'failed', text: failure.text })
  }

  /** Unless a newer one has come meanwhile. */
  private settle(order: Order, ack: Ack): void {
    if (this.order !== order) return
    order.phase = 'settled'
    this.ack(order, ack)
  }

  private resume(): void {
    const { waiting } = this
    this.waiting = []
    for (const { build, cause, done } of waiting) this.ensure(build, cause, done)
  }

  private othersInFlight({ build }: Order): number {
    const { requests } = this.parts
    return requests.count - requests.acceptedFor(build)
  }

  private ack({ build, epoch, connection }: Order, ack: Ack): void {
    this.parts.connection.reply(connection, { kind: 'assign_status', build, epoch, ...ack })
  }

  private stopTimers(): void {
    const { scheduler } = this.options
    if (this.deadline !== undefined) scheduler.cancel(this.deadline)
    if (this.drained !== undefined) scheduler.cancel(this.drained)
    this.deadline = this.drained = undefined
  }
}
