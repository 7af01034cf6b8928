/** The simulated day beside the recorded one: what a run made of the same requests, in the figures of the day. */
import { type Day, type DayEnding, DayTally } from '../../metrics/figures/day.ts'
import { type DayDistance, dayDistance } from '../../metrics/figures/day-distance.ts'
import type { TraceRow } from '../../trace/row.ts'
import { MICROS_PER_SECOND } from '../../base/time.ts'

interface Open {
  readonly at: number
  firstTokenAt: number | undefined
  /** Tier of the Mac, by attempt. */
  readonly tiers: Map<number, string>
}

/** `M4 Max 40c` → Max, as the ledger's hardware_tier has it. */
const tierOf = (chip: string): string => /^\S+ (Pro|Max|Ultra)\b/.exec(chip)?.[1] ?? 'Base'

/** A subscriber of the trace. */
export class SimulatedDay {
  private readonly tally = new DayTally()
  private readonly open = new Map<number, Open>()
  private readonly tiers = new Map<number, string>()

  constructor(private readonly recorded: Day) {}

  readonly row = (row: TraceRow): void => {
    switch (row.kind) {
      case 'registered':
        this.tiers.set(row.provider, tierOf(row.chip))
        break
      case 'arrived':
        this.open.set(row.request, { at: row.at, firstTokenAt: undefined, tiers: new Map() })
        break
      case 'dispatched':
        this.open.get(row.request)?.tiers.set(row.attempt, this.tiers.get(row.provider) ?? 'unknown')
        break
      case 'first_token': {
        const open = this.open.get(row.request)
        if (open !== undefined) open.firstTokenAt = row.at
        break
      }
      case 'ended': {
        const open = this.open.get(row.request)
        if (open === undefined) break
        this.open.delete(row.request)
        this.tally.add(endingOf(row, open, this.recorded.origin_us))
        break
      }
      default:
    }
  }

  distance(): DayDistance {
    for (const { at } of this.open.values()) this.tally.add({ at: at + this.recorded.origin_us, outcome: 'in flight' })
    return dayDistance(this.recorded, this.tally.day(this.recorded.origin_us, this.recorded.calendar))
  }
}

function endingOf(row: Extract<TraceRow, { kind: 'ended' }>, open: Open, origin: number): DayEnding {
  const at = open.at + origin
  if (row.outcome !== 'served') return { at, outcome: row.outcome === 'rejected' ? row.reason : row.outcome }
  const { firstTokenAt } = open
  const decode_us = firstTokenAt === undefined ? 0 : row.at - firstTokenAt
  const steps = row.completionTokens - 1
  return {
    at,
    outcome: 'served',
    tier: open.tiers.get(row.attempt),
    ttft_ms: firstTokenAt === undefined ? undefined : (firstTokenAt - open.at) / 1_000,
    decode_tps: steps < 1 || decode_us <= 0 ? undefined : (steps * MICROS_PER_SECOND) / decode_us,
  }
}
