/**
 * The price of isolation: what was refused or kept waiting while a Mac stood idle that had the build on disk and room for
 * it. Whether one did is the Macs' truth (`idleCapable`), not what the coordinator believed. A public model may be
 * served by several builds; any of them counts. Waiting is followed to its end, idle time is clipped to the window.
 */
import type { RowOf } from '../../trace/schema.ts'
import type { Fragmentation } from '../result.ts'
import type { MetricsSettings } from '../settings.ts'
import { inSeconds, type Window } from '../window.ts'

const TWO_32 = 4_294_967_296

/** A bit set of builds, as many as a scenario may have, in two halves because JavaScript's bit operators see 32. */
interface BuildMask {
  readonly low: number
  readonly high: number
}

interface ModelIdleness {
  readonly mask: BuildMask
  /** Macs that are idle and capable now. */
  machines: number
  /** Counted requests waiting in the coordinator's queue now. */
  waiting: number
  since: number
  idleCapable: number
  waitedWhileIdle: number
  rejectedWhileIdle: number
}

const holds = (mask: BuildMask, bits: number): boolean =>
  ((bits >>> 0) & mask.low) !== 0 || (bits >= TWO_32 && (Math.floor(bits / TWO_32) & mask.high) !== 0)

export class IdleCapacity {
  private readonly models: ModelIdleness[] = []
  /** By machine; the bits of its last row, 0 when offline. */
  private readonly bits: number[] = []

  constructor(
    private readonly settings: MetricsSettings,
    private readonly window: Window,
  ) {}

  /** Called for models in the order of their index; a client may also ask for a build by its own name. */
  addModel(name: string): void {
    let low = 0
    let high = 0
    this.settings.builds.forEach(({ build, model }, bit) => {
      if (model !== name && build !== name) return
      if (bit < 32) low |= 1 << bit
      else high |= 1 << (bit - 32)
    })
    const mask = { low, high }
    const machines = this.bits.filter((bits) => holds(mask, bits ?? 0)).length
    this.models.push({ mask, machines, waiting: 0, since: 0, idleCapable: 0, waitedWhileIdle: 0, rejectedWhileIdle: 0 })
  }

  machineState(row: RowOf<'machine_state'>): void {
    const before = this.bits[row.machine] ?? 0
    const after = row.online ? row.idleCapable : 0
    if (before === after) return
    this.bits[row.machine] = after
    for (const model of this.models) {
      const change = Number(holds(model.mask, after)) - Number(holds(model.mask, before))
      if (change === 0) continue
      this.advance(model, row.at)
      model.machines += change
    }
  }

  /** A counted request began (+1) or stopped (-1) waiting. */
  waiting(model: number, change: 1 | -1, at: number): void {
    const idleness = this.models[model]!
    this.advance(idleness, at)
    idleness.waiting += change
  }

  rejected(model: number): void {
    const idleness = this.models[model]!
    if (idleness.machines > 0) idleness.rejectedWhileIdle += 1
  }

  result(model: number, at: number): Fragmentation {
    const idleness = this.models[model]!
    this.advance(idleness, at)
    return {
      rejected_while_idle: idleness.rejectedWhileIdle,
      waited_while_idle_s: inSeconds(idleness.waitedWhileIdle),
      idle_capable_s: inSeconds(idleness.idleCapable),
    }
  }

  private advance(model: ModelIdleness, at: number): void {
    if (model.machines > 0) {
      model.idleCapable += model.machines * this.window.overlap(model.since, at)
      model.waitedWhileIdle += model.waiting * (at - model.since)
    }
    model.since = at
  }
}
