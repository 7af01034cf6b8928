/**
 * Where everything that stretches GPU steps comes together: each source says its own part when it changes, and the GPU
 * is told the whole. A slow machine is one more process of unknown kind, so its factor multiplies that layer.
 */
import { type Blame, FULL_PACE, type Pace } from './pace.ts'

/** Each part is written out: heat says its own tens of thousands of times an hour, and a spread costs ten times as much. */
export class PaceDesk {
  private pace: Pace = FULL_PACE
  private decode_pct = 100
  private prefill_pct = 100
  /** Step time with the fault over that without it. */
  private slowness = 1

  constructor(private readonly apply: (pace: Pace) => void) {}

  memory(memory_pct: number, memoryBlame: readonly Blame[]): void {
    const { processDecode_pct, processPrefill_pct, speed_pct, heatBlame } = this.pace
    this.set({ memory_pct, memoryBlame, processDecode_pct, processPrefill_pct, speed_pct, heatBlame })
  }

  /** Another process: percent of the step time without it. */
  process(decode_pct: number, prefill_pct: number): void {
    this.decode_pct = decode_pct
    this.prefill_pct = prefill_pct
    this.settleProcess()
  }

  heat(speed_pct: number, heatBlame: readonly Blame[]): void {
    const { memory_pct, memoryBlame, processDecode_pct, processPrefill_pct } = this.pace
    this.set({ memory_pct, memoryBlame, processDecode_pct, processPrefill_pct, speed_pct, heatBlame })
  }

  /** `speed`: 0 … 1 of what the GPU would do; 1 when the fault is over. */
  slow(speed: number): void {
    this.slowness = 1 / speed
    this.settleProcess()
  }

  private settleProcess(): void {
    const { memory_pct, memoryBlame, speed_pct, heatBlame } = this.pace
    this.set({
      memory_pct,
      memoryBlame,
      processDecode_pct: Math.round(this.decode_pct * this.slowness),
      processPrefill_pct: Math.round(this.prefill_pct * this.slowness),
      speed_pct,
      heatBlame,
    })
  }

  private set(pace: Pace): void {
    this.pace = pace
    this.apply(pace)
  }
}
