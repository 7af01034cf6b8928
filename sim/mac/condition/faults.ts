/**
 * What goes wrong with one Mac, or is done to it, whoever decides so (churn.ts draws it, a scenario's timeline sets it).
 * Faults of the machine (sleep, a stalled or slowed GPU, silence) last for a time and outlive the program; a crash or an
 * update ends the program and has it started again. Nothing happens to a program that sleeps before it wakes up.
 */
import { assertNever } from '../../base/assert.ts'
import { addMicros, type Micros, subMicros } from '../../base/time.ts'
import { type EventId, Priority } from '../../kernel/scheduler.ts'
import type { FaultRow } from '../../trace/row.ts'
import type { NewProgram } from '../config.ts'
import { GradedSpell } from './graded-spell.ts'
import { macStream, type MacOptions } from '../machine.ts'
import { GOOD_PROVIDER } from '../program/provider/config.ts'
import { Spell } from './spell.ts'
import { UpdateDrain } from './update-drain.ts'

/** The launchd watchdog polls this often and restarts a program that it has seen down for so long: provider-runtime 1. */
const POLL = 60_000_000
const DOWN = 300_000_000 as Micros

const SAME_PROGRAM: NewProgram = { version: undefined, maxModelSlots: undefined }

/**
 * What a timeline may do to a Mac; `away`, `lasts`: how long, the others end by themselves. How a scenario writes it is
 * sim/scenario/format/fault.ts, and the two must agree or nothing compiles.
 */
type Fault =
  | { readonly kind: 'disconnect'; readonly away: Micros | undefined }
  | { readonly kind: 'crash' }
  | { readonly kind: 'update'; readonly to: NewProgram }
  | { readonly kind: 'sleep' | 'stall' | 'silence' | 'broken' | 'attestation_outage'; readonly lasts: Micros }
  | { readonly kind: 'register'; readonly firstBeatAfter: Micros | undefined }
  | { readonly kind: 'slow'; readonly lasts: Micros; readonly speed: number }

/** The Mac that a fault happens to. */
interface Victim {
  readonly connected: boolean
  /** The program runs, connected or not. */
  readonly powered: boolean
  readonly inFlight: number
  powerOff(): void
  powerOn(): void
  /** The next process is of this program. */
  install(program: NewProgram): void
  disconnect(away?: Micros): void
  /** No connection is opened for so long. */
  holdOff(away: Micros): void
  reregister(firstBeatAfter?: Micros): void
  fallAsleep(): void
  wakeUp(): void
  /** The GPU starts no step any more; and does again. */
  stall(): void
  unstall(): void
  /** 0 … 1 of the GPU's speed. */
  slowDown(speed: number): void
  hush(silent: boolean): void
  /** Cancels what is in flight; answers still get out. */
  cancelRequests(): void
}

export class Faults {
  private readonly sleeping: Spell
  private readonly stalling: Spell
  private readonly slowing: GradedSpell
  private readonly hushing: Spell
  private readonly breaking: Spell
  private readonly unattesting: Spell
  private readonly drain: UpdateDrain
  /** What happens to the program as soon as it wakes up. */
  private readonly onWaking: (() => void)[] = []
  private restartTimer: EventId | undefined
  /** Phase of the watchdog's polls, drawn with the first crash. */
  private pollPhase: number | undefined
  /** To come with the update under way. */
  private next: NewProgram = SAME_PROGRAM
  private restarting = false
  private dropped = false
  private asleepSince = 0 as Micros
  private sleptBefore = 0

  constructor(
    private readonly options: MacOptions,
    private readonly mac: Victim,
  ) {
    const { scheduler } = options
    this.sleeping = new Spell(
      scheduler,
      () => this.fallAsleep(),
      () => this.wakeUp(),
    )
    this.stalling = this.spell(
      'stall',
      () => mac.stall(),
      () => mac.unstall(),
    )
    this.slowing = new GradedSpell(scheduler, {
      begins: () => this.note('slow'),
      holds: (speed) => mac.slowDown(speed),
      ends: () => this.note('recovered'),
    })
    this.hushing = this.spell(
      'silent',
      () => mac.hush(true),
      () => mac.hush(false),
    )
    this.breaking = this.spell(
      'broken',
      () => {},
      () => {},
    )
    this.unattesting = this.spell(
      'attestation_outage',
      () => {},
      () => {},
    )
    this.drain = new UpdateDrain(scheduler, {
      inFlight: () => mac.inFlight,
      restart: () => this.whenAwake(() => this.updated()),
    })
  }

  get asleep(): boolean {
    return this.sleeping.active
  }

  get stalled(): boolean {
    return this.stalling.active
  }

  /** Every request that reaches an engine fails with a 500. */
  get broken(): boolean {
    return this.breaking.active
  }

  /** It answers attestation challenges. */
  get answers(): boolean {
    return (this.options.provider ?? GOOD_PROVIDER).answers_challenges && !this.unattesting.active
  }

  /** An update waits for the requests in flight and takes no new ones. */
  get draining(): boolean {
    return this.drain.active
  }

  /** Microseconds slept so far. */
  get slept(): number {
    return this.sleptBefore + (this.asleep ? subMicros(this.options.scheduler.now, this.asleepSince) : 0)
  }

  strike(fault: Fault): void {
    switch (fault.kind) {
      case 'disconnect':
        return this.drop(fault.away)
      case 'crash':
        return this.crash()
      case 'update':
        return this.update(fault.to)
      case 'sleep':
        return this.sleep(fault.lasts)
      case 'stall':
        return this.stall(fault.lasts)
      case 'broken':
        return this.break(fault.lasts)
      case 'silence':
        return this.silence(fault.lasts)
      case 'attestation_outage':
        return this.attestationOutage(fault.lasts)
      case 'register':
        return this.register(fault.firstBeatAfter)
      case 'slow':
        return this.slow(fault.speed, fault.lasts)
      default:
        return assertNever(fault)
    }
  }

  sleep(lasts: Micros): void {
    this.sleeping.begin(lasts)
  }

  stall(lasts: Micros): void {
    this.stalling.begin(lasts)
  }

  break(lasts: Micros): void {
    this.breaking.begin(lasts)
  }

  attestationOutage(lasts: Micros): void {
    this.unattesting.begin(lasts)
  }

  silence(lasts: Micros): void {
    this.hushing.begin(lasts)
  }

  /** `speed`: 0 … 1; the lowest of those that last holds. */
  slow(speed: number, lasts: Micros): void {
    this.slowing.begin(speed, lasts)
  }

  /** The connection is lost: there is none for `away`, asleep or not, or else until the program's own back-off is over. */
  drop(away?: Micros): void {
    if (away !== undefined) this.mac.holdOff(away)
    this.whenAwake(() => {
      if (!this.mac.connected) return
      this.note('network_drop')
      this.dropped = true
      this.mac.disconnect(away === undefined ? undefined : (0 as Micros))
    })
  }

  /** The connection is lost and open again at once, or when a disconnect that lasts is over. */
  register(firstBeatAfter?: Micros): void {
    this.whenAwake(() => {
      if (this.mac.connected) {
        this.note('network_drop')
        this.dropped = true
      }
      this.mac.reregister(firstBeatAfter)
    })
  }

  crash(): void {
    this.whenAwake(() => {
      if (!this.mac.powered) return
      this.note('crash')
      this.end()
      this.restarting = true
      const { scheduler } = this.options
      this.restartTimer = scheduler.schedule(this.restartAt(), Priority.timer, () => {
        this.restartTimer = undefined
        this.whenAwake(() => this.mac.powerOn())
      })
    })
  }

  /** A second one during the drain goes unnoticed. */
  update(to = SAME_PROGRAM): void {
    this.whenAwake(() => {
      if (!this.mac.powered || this.draining) return
      this.next = to
      this.note('update')
      this.drain.begin()
    })
  }

  /** The owner ends the program, for good: the watchdog lets it be. */
  quit(): void {
    this.whenAwake(() => {
      if (this.restartTimer !== undefined) this.options.scheduler.cancel(this.restartTimer)
      this.restartTimer = undefined
      this.end()
    })
  }

  launch(): void {
    this.whenAwake(() => this.mac.powerOn())
  }

  /** A request has ended. */
  requestEnded(): void {
    this.drain.finishIfEmpty()
  }

  /** The liveness watchdog restarts an engine. */
  watchdogRestarts(): void {
    this.note('watchdog')
  }

  /** Registered anew. */
  connected(): void {
    if (this.restarting) this.note('restarted')
    else if (this.dropped) this.note('recovered')
    this.restarting = this.dropped = false
  }

  private end(): void {
    this.drain.stop()
    this.restarting = this.dropped = false
    this.mac.powerOff()
  }

  private updated(): void {
    if (!this.mac.powered) return
    this.mac.cancelRequests()
    this.end()
    this.restarting = true
    this.mac.install(this.next)
    this.mac.powerOn()
  }

  /** The first poll after the crash sees it; so much later a poll restarts it. */
  private restartAt(): Micros {
    const { now } = this.options.scheduler
    this.pollPhase ??= macStream(this.options, 'watchdog').below(POLL)
    const seen = this.pollPhase + (Math.floor((now - this.pollPhase) / POLL) + 1) * POLL
    return addMicros(seen as Micros, DOWN)
  }

  private fallAsleep(): void {
    this.note('sleep')
    this.asleepSince = this.options.scheduler.now
    this.mac.fallAsleep()
  }

  private wakeUp(): void {
    this.sleptBefore += subMicros(this.options.scheduler.now, this.asleepSince)
    this.note('wake')
    this.mac.wakeUp()
    for (const happen of this.onWaking.splice(0)) happen()
  }

  /** Now, or as soon as the Mac wakes up. */
  whenAwake(happen: () => void): void {
    if (this.asleep) this.onWaking.push(happen)
    else happen()
  }

  private spell(what: FaultRow['what'], begin: () => void, end: () => void): Spell {
    return new Spell(
      this.options.scheduler,
      () => {
        this.note(what)
        begin()
      },
      () => {
        this.note('recovered')
        end()
      },
    )
  }

  private note(what: FaultRow['what']): void {
    const { machine, scheduler, trace } = this.options
    trace.emit({ kind: 'fault', at: scheduler.now, machine, what })
  }
}
