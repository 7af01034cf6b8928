/**
 * The socket to the coordinator and what beats on it: registration, heartbeats, reconnecting (provider-runtime.md §7,
 * §8). Nothing is buffered while it is down.
 */
import { assert, must } from '../../base/assert.ts'
import { addMicros, type Micros, microsFromSeconds } from '../../base/time.ts'
import { type EventId, Priority, type RandomStream } from '../../kernel/scheduler.ts'
import type { FromProvider, Heartbeat, Registration } from '../../protocol/index.ts'
import { capacityRefresh } from '../config.ts'
import { macStream, type MacOptions } from '../machine.ts'

/** A timer gap longer than this, as a suspension leaves it, makes the program drop the socket: provider-runtime 8. */
const SUSPENSION_MAX = 30_000_000

/** Of the program around it. They use the connection themselves, so it is there before them. */
export interface ConnectionParts {
  registration(): Registration
  /** `refresh` takes the snapshot. True: as long as nothing happens on this Mac, any later one is the same. */
  readonly capacity: { refresh(): boolean; heartbeat(): Heartbeat }
  /** As long as nothing happens, what is said beside the snapshot stays the same too. */
  readonly climate: { readonly saysTheSame: boolean }
  readonly lies: { heartbeat(truth: Heartbeat): Heartbeat }
  opened(): void
  /** Online or not. */
  changed(): void
}

export class Connection {
  connected = false
  /** Counts connections; the current one while connected. */
  number = 0
  /** A fault: heartbeats are not sent, all else is. */
  silent = false
  /** Sockets lost since the program started: the back-off grows with them and is, in practice, never reset. */
  private drops = 0
  /** Where the grid of capacity refreshes begins. */
  private programStart = 0 as Micros
  private heartbeatTimer: EventId | undefined
  private refreshTimer: EventId | undefined
  /** Nothing has happened since a snapshot that would be the same ever after. */
  private settled = false
  /** What every heartbeat says until something happens; the snapshots of their refreshes are known, and not taken. */
  private quiet: Heartbeat | undefined
  /** When the next of those refreshes is due. */
  private refreshAt = 0 as Micros
  private reconnectTimer: EventId | undefined
  /** When it is due to reconnect, the first heartbeat comes so long after. */
  private firstBeatAfter: Micros
  private heldOff = 0 as Micros
  private asleepSince: Micros | undefined
  /** What the sleeping program would have said by now. */
  private unsent: FromProvider[] = []
  /** The timers that fired asleep, and whether the other end has closed meanwhile. */
  private missed = { beat: false, reconnect: false, close: false }
  private readonly random: RandomStream
  private known: ConnectionParts | undefined
  private readonly onHeartbeat = () => this.beat()
  private readonly onRefresh = () => this.refresh()

  constructor(private readonly options: MacOptions) {
    this.random = macStream(options, 'reconnect')
    this.firstBeatAfter = options.settings.heartbeat_interval
  }

  attach(parts: ConnectionParts): void {
    this.known = parts
  }

  private get parts(): ConnectionParts {
    return must(this.known, 'connection: a Mac has parts before it speaks')
  }

  powerOn(programStart: Micros): void {
    this.programStart = programStart
    this.drops = 0
  }

  /** There is no network until then, or until a later time that has been said before. */
  holdOff(until: Micros): void {
    this.heldOff = Math.max(this.heldOff, until) as Micros
  }

  /** Opens as soon as there is a network; the first heartbeat comes so long after. */
  openWhenFree(firstBeatAfter: Micros): void {
    const { now } = this.options.scheduler
    if (this.heldOff > now) this.openAt(this.heldOff, firstBeatAfter)
    else this.open(addMicros(now, firstBeatAfter))
  }

  /** Registers anew; loaded models become known with the first heartbeat only. */
  private open(firstBeat: Micros): void {
    assert(!this.connected && this.asleepSince === undefined, 'connection: one socket at a time, opened awake')
    this.connected = true
    this.number += 1
    this.options.link.open()
    this.send(this.parts.registration())
    if (this.options.settings.heartbeat_on_change) this.announce()
    this.scheduleBeat(firstBeat)
    this.parts.opened()
    this.parts.changed()
  }

  send(message: FromProvider): void {
    if (!this.connected) return
    if (this.asleepSince === undefined) this.options.link.send(message)
    else this.unsent.push(message)
  }

  /** Something happened that the capacity snapshot shows: it is taken anew, and told at once where the scenario asks for that. */
  snapshot(): void {
    this.happened()
    this.parts.capacity.refresh()
    if (this.options.settings.heartbeat_on_change) this.announce()
  }

  private announce(): void {
    if (this.silent) return
    const { capacity, climate, lies } = this.parts
    const heartbeat = lies.heartbeat(capacity.heartbeat())
    this.send(heartbeat)
    if (this.settled && this.options.lies === undefined && climate.saysTheSame) this.quiet = heartbeat
  }

  /** An answer to something that came in on connection `number`. */
  reply(number: number, message: FromProvider): void {
    if (number === this.number) this.send(message)
  }

  /** The socket is lost, for `away` or for the program's own back-off. */
  lose(away: Micros | undefined): void {
    this.close()
    this.drops += 1
    const { scheduler, settings } = this.options
    const back = addMicros(scheduler.now, away ?? this.backOff())
    this.openAt(Math.max(back, this.heldOff) as Micros, settings.heartbeat_interval)
  }

  /** Registers anew as soon as there is a network, where it would do so by itself later. */
  reopen(firstBeatAfter: Micros): void {
    if (this.reconnectTimer === undefined) return
    this.options.scheduler.cancel(this.reconnectTimer)
    this.reconnectTimer = undefined
    this.openWhenFree(firstBeatAfter)
  }

  private openAt(at: Micros, firstBeatAfter: Micros): void {
    this.firstBeatAfter = firstBeatAfter
    // After whatever begins at that instant, as with any spell.
    const priority = at === this.heldOff ? Priority.timeline : Priority.timer
    this.reconnectTimer = this.options.scheduler.schedule(at, priority, () => {
      this.reconnectTimer = undefined
      if (this.asleepSince === undefined) this.openWhenFree(this.firstBeatAfter)
      else this.missed.reconnect = true
    })
  }

  sleep(): void {
    this.happened()
    this.asleepSince = this.options.scheduler.now
    this.missed = { beat: false, reconnect: false, close: false }
  }

  /** The other end closed the socket; a sleeping program will find out. */
  closedAsleep(): void {
    this.missed.close = true
  }

  /** False when the socket has not survived the sleep: it is to be lost. What fell due asleep happens now. */
  wake(): boolean {
    const { now } = this.options.scheduler
    const gap = now - (this.asleepSince ?? now)
    const { missed, unsent } = this
    this.asleepSince = undefined
    this.unsent = []
    if (!this.connected) {
      if (missed.reconnect) this.openWhenFree(this.firstBeatAfter)
      return true
    }
    if (gap > SUSPENSION_MAX || missed.close) return false
    for (const message of unsent) this.send(message)
    this.refresh()
    if (missed.beat) this.beat()
    return true
  }

  powerOff(): void {
    if (this.connected) this.close()
    if (this.reconnectTimer !== undefined) this.options.scheduler.cancel(this.reconnectTimer)
    this.reconnectTimer = undefined
  }

  private close(): void {
    const { scheduler, link } = this.options
    this.happened()
    this.connected = false
    if (this.heartbeatTimer !== undefined) scheduler.cancel(this.heartbeatTimer)
    if (this.refreshTimer !== undefined) scheduler.cancel(this.refreshTimer)
    link.close()
    this.parts.changed()
  }

  /** 1, 2, 4 … up to 30 s, drawn from the upper half. */
  private backOff(): Micros {
    let full = 1
    for (let drop = 1; drop < this.drops && full < 64; drop++) full *= 2
    const most = Math.min(microsFromSeconds(full), this.options.settings.reconnect_backoff_max)
    return Math.round(most * (0.5 + 0.5 * this.random.uniform())) as Micros
  }

  /**
   * The periodic refresh only shows in heartbeats, so of its ticks just the last one before each heartbeat is run: the
   * snapshot a heartbeat carries is the same, at a third of the events. The ticks began with the program, the heartbeats
   * with the connection. Where nothing happens, none of them is run.
   */
  private scheduleBeat(at: Micros): void {
    const { scheduler, settings } = this.options
    const period = capacityRefresh(settings)
    const tick = (this.programStart + Math.floor((at - this.programStart) / period) * period) as Micros
    this.refreshTimer = undefined
    if (this.quiet !== undefined) this.refreshAt = tick
    else if (tick >= scheduler.now) this.refreshTimer = scheduler.schedule(tick, Priority.timer, this.onRefresh)
    this.heartbeatTimer = scheduler.schedule(at, Priority.timer, this.onHeartbeat)
  }

  /** Something of this Mac changes now, or has just changed in this event. A refresh that is still to come is to see it. */
  happened(): void {
    this.settled = false
    if (this.quiet === undefined) return
    this.quiet = undefined
    const { scheduler } = this.options
    if (this.refreshAt >= scheduler.now)
      this.refreshTimer = scheduler.schedule(this.refreshAt, Priority.timer, this.onRefresh)
  }

  private refresh(): void {
    if (this.asleepSince === undefined) this.settled = this.parts.capacity.refresh()
  }

  private beat(): void {
    if (this.asleepSince !== undefined) {
      this.missed.beat = true
      return
    }
    // A refresh of this very instant that was put off comes first, as if it had not been.
    const { refreshTimer } = this
    if (refreshTimer !== undefined && this.options.scheduler.cancel(refreshTimer)) this.refresh()
    if (this.quiet !== undefined && !this.silent) this.options.link.send(this.quiet)
    else this.announce()
    this.scheduleBeat(addMicros(this.options.scheduler.now, this.options.settings.heartbeat_interval))
  }
}
