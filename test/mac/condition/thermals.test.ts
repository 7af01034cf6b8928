/** The heat of one Mac over time: what it tells the GPU, and what its operating system says, which is another matter. */
import { describe, expect, it } from 'vitest'
import type { Micros } from '../../../sim/base/time.ts'
import { findChassis, findChip, type ThermalSpec, thermalSpec } from '../../../sim/catalog/index.ts'
import { Kernel } from '../../../sim/kernel/kernel.ts'
import { Priority } from '../../../sim/kernel/scheduler.ts'
import type { HeatSettings } from '../../../sim/mac/config.ts'
import type { Blame, GpuActivity } from '../../../sim/mac/engine/law/pace.ts'
import { Thermals } from '../../../sim/mac/condition/thermals.ts'
import { aMac, GPT } from '../a-mac.ts'

const SECOND = 1_000_000
const PLAIN: HeatSettings = { ambient_c: 25, lid: 'open', power_mode: 'automatic' }
const specOf = (chassis: string, chip: string): ThermalSpec => thermalSpec(findChassis(chassis)!, findChip(chip)!)!
const AIR = specOf('MacBook Air', 'M4 10c')
const PRO = specOf('MacBook Pro 16', 'M3 Max 40c')

const PREFILL: GpuActivity = { phase: 'prefill', power: 1 }
const DECODE: GpuActivity = { phase: 'decode', power: 0.7 }
const IDLE: GpuActivity = { phase: 'idle', power: 0 }

class Bench {
  readonly kernel = new Kernel()
  readonly speeds: { readonly at: number; readonly speed: number; readonly blame: readonly Blame[] }[] = []
  readonly reports: { readonly at: number; readonly said: string }[] = []
  readonly thermals: Thermals
  private readonly nanos: [number, number] = [0, 0]
  private worker = -1
  private since = 0

  constructor(spec: ThermalSpec, settings: Partial<HeatSettings> = {}, silence = 0.9) {
    this.thermals = new Thermals({
      scheduler: this.kernel,
      spec,
      settings: { ...PLAIN, ...settings },
      silence,
      gpu: {
        worked: () => {
          this.book()
          return { culprits: ['a', 'b'], nanos: this.nanos }
        },
      },
      onSpeed: (speed, blame) => void this.speeds.push({ at: this.now, speed, blame }),
      onReport: () => void this.reports.push({ at: this.now, said: this.thermals.state() }),
    })
  }

  get now(): number {
    return this.kernel.now / SECOND
  }

  /** From `seconds` on; `worker`: 0 or 1, who uses the GPU. */
  does(seconds: number, activity: GpuActivity, worker = 0): this {
    this.kernel.schedule(Math.round(seconds * SECOND) as Micros, Priority.work, () => {
      this.book()
      this.thermals.activity(activity)
      this.worker = activity.phase === 'idle' ? -1 : worker
    })
    return this
  }

  saysAt(seconds: number): string {
    this.kernel.runUntil(Math.round(seconds * SECOND) as Micros)
    return this.thermals.state()
  }

  private book(): void {
    if (this.worker >= 0) this.nanos[this.worker]! += (this.kernel.now - this.since) * 1_000
    this.since = this.kernel.now
  }
}

/** Works without an end, but for a pause of a millisecond every second. */
function pausing(bench: Bench, activity: GpuActivity, until: number): Bench {
  for (let at = 0; at < until; at++) bench.does(at, activity).does(at + 0.999, IDLE)
  return bench
}

describe('what the operating system says (mac-provider 6)', () => {
  it('is nominal at first, fair after a minute near the limit, serious after three minutes of a throttled Air', () => {
    const bench = new Bench(AIR).does(0, PREFILL)
    expect(bench.saysAt(60)).toBe('nominal')
    const throttled = () => bench.speeds.find(({ speed }) => speed < 85)!.at
    expect(bench.saysAt(throttled() + 90)).toBe('fair')
    expect(bench.saysAt(throttled() + 179)).toBe('fair')
    expect(bench.saysAt(throttled() + 181)).toBe('serious')
  })

  it('does not forget a throttled case over pauses of a millisecond', () => {
    expect(pausing(new Bench(AIR), PREFILL, 900).saysAt(900)).toBe('serious')
    expect(pausing(new Bench(AIR, { lid: 'closed' }), PREFILL, 900).saysAt(899.9995)).toBe('critical')
  })

  it('takes a power mode for no heat: a slow clock by choice is never serious', () => {
    const bench = new Bench(AIR, { power_mode: 'low' }).does(0, PREFILL)
    bench.kernel.runUntil((1_800 * SECOND) as Micros)
    expect(bench.thermals.speed_pct).toBeLessThan(70)
    expect(bench.thermals.state()).toBe('fair')
  })

  it('comes down step by step at rest, and tells when', () => {
    const bench = new Bench(AIR).does(0, PREFILL).does(900, IDLE)
    expect(bench.saysAt(2_000)).toBe('nominal')
    expect(bench.reports.map(({ said }) => said)).toEqual(['fair', 'nominal'])
    for (const { at } of bench.reports) {
      expect(at).toBeGreaterThan(900)
      // From at most 1.1 to 0.95 of the sustained 10 W, with 90 s of time constant and 2 W at rest.
      expect(at).toBeLessThan(900 + 90 * Math.log((11 - 2) / (9.5 - 2)) + 0.01)
    }
    expect(bench.kernel.peek()).toBeUndefined()
  })

  it('has nothing left to tell once work goes on', () => {
    const bench = new Bench(AIR).does(0, PREFILL).does(900, IDLE).does(900.5, PREFILL)
    bench.saysAt(1_200)
    expect(bench.reports).toEqual([])
  })

  it('is nominal for ever on four of five MacBook Pros, and fair at the worst on the others', () => {
    expect(new Bench(PRO, {}, 0.79).does(0, PREFILL).saysAt(3_600)).toBe('nominal')
    expect(new Bench(PRO, {}, 0.81).does(0, PREFILL).saysAt(3_600)).toBe('fair')
  })

  it('is nominal on a Studio, which has no event for it', () => {
    const bench = new Bench(specOf('Mac Studio', 'M4 Max 40c')).does(0, PREFILL)
    expect(bench.saysAt(7_200)).toBe('nominal')
    expect(bench.speeds).toEqual([])
  })
})

/** A Mac that is asked for more than it can cool. */
const prompts = (chassis: ThermalSpec) => {
  const bench = aMac({ resident: [GPT], machine: { thermal: chassis, heat: PLAIN } })
  for (let i = 0; i < 40; i++) bench.ask(1 + 8 * i, i, GPT, { prompt: 8_000, output: 100, max: 100 })
  return bench.run(900)
}

const shareOf = (blame: readonly Blame[], whom: string) =>
  (blame.find(({ culprit }) => culprit === whom)?.weight ?? 0) / blame.reduce((sum, { weight }) => sum + weight, 0)

describe('the true clock', () => {
  it('falls by one per cent at a time while work lasts, and is full at rest', () => {
    const bench = new Bench(AIR).does(0, PREFILL).does(600, IDLE)
    bench.saysAt(600)
    const falling = bench.speeds.slice(0, -1).map(({ speed }) => speed)
    expect(falling[0]).toBe(99)
    // Where power in and power out balance, it sways between two levels.
    falling.slice(1).forEach((speed, i) => expect(Math.abs(speed - falling[i]!)).toBe(1))
    expect(falling.at(-1)).toBeLessThan(75)
    expect(falling.length).toBeLessThan(50)
    expect(bench.speeds.at(-1)).toMatchObject({ at: 600, speed: 100, blame: [] })
  })

  it('is blamed on those whose power heated the case, the one before the last too', () => {
    const bench = new Bench(AIR).does(0, PREFILL, 0).does(90, DECODE, 1).does(240, PREFILL, 1)
    bench.saysAt(240)
    const weights = new Map(bench.speeds.at(-1)!.blame.map(({ culprit, weight }) => [culprit, weight]))
    expect(weights.get('a')).toBeGreaterThan(0)
    expect(weights.get('b')).toBeGreaterThan(weights.get('a')!)
  })

  it('is blamed on nobody as far as the power mode takes it, and on heat only for the rest', () => {
    const bench = new Bench(AIR, { power_mode: 'low', ambient_c: 45 })
      .does(0, PREFILL)
      .does(900, IDLE)
      .does(900.001, DECODE)
    bench.saysAt(1_000)
    const [first] = bench.speeds
    expect(first).toMatchObject({ at: 0, speed: 68 })
    expect(shareOf(first!.blame, 'none')).toBe(1)
    // Half of 20 W against 14 W: 83 %; heat leaves less than that.
    const hot = bench.speeds.find(({ at }) => at > 900)!
    expect(hot.speed).toBeLessThan(80)
    const byMode = (100 / 83 - 1) / (100 / hot.speed - 1)
    expect(shareOf(hot.blame, 'none')).toBeGreaterThan(byMode - 0.01)
    expect(shareOf(hot.blame, 'a')).toBeGreaterThan(0.9 * (1 - byMode))
  })

  it('slows down what a Mac serves, while its heartbeats may say nominal', () => {
    const hot = prompts(PRO)
    const cool = prompts(specOf('Mac Studio', 'M3 Ultra 80c'))
    const took = (bench: typeof hot) => bench.when(39, 'complete')! - (1 + 8 * 39)
    expect(took(hot)).toBeGreaterThan(took(cool) * 1.1)
    expect(hot.wrote('delay').some(({ thermal_ns }) => thermal_ns > 0)).toBe(true)
    expect(cool.wrote('delay').every(({ thermal_ns }) => thermal_ns === 0)).toBe(true)
    const slowest = Math.min(...hot.wrote('machine_state').map(({ speed_pct }) => speed_pct))
    expect(slowest).toBeLessThan(95)
  })
})
