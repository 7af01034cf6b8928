/** Another process on the GPU: the sharing rules of mac-provider 8, and whom its cost is blamed on. */
import { describe, expect, it } from 'vitest'
import type { Micros } from '../../../sim/base/time.ts'
import { Kernel } from '../../../sim/kernel/kernel.ts'
import { RandomStreams } from '../../../sim/kernel/random.ts'
import { Neighbour, neighbourCost } from '../../../sim/mac/condition/neighbour.ts'
import { aMac, GPT, SECOND } from '../a-mac.ts'

describe('the cost of a neighbour', () => {
  it.each([
    ['a matmul loop leaves a decoding chain 0.11 of its rate', 'compute', 26, 0.11],
    ['a large server leaves 0.73', 'server', 26, 0.73],
    ['and on macOS 27 between 0.38 and 0.05, in the geometric middle', 'server', 27, Math.sqrt(0.38 * 0.05)],
    ['the same server twice leaves 0.76 each', 'twin', 26, 0.76],
  ] as const)('%s', (_, kind, macos, rate) => {
    expect(100 / neighbourCost(kind, macos).decode_pct).toBeCloseTo(rate, 2)
  })

  it('is smaller for prefill: halved beside a matmul loop, 0.85 beside a server', () => {
    expect(100 / neighbourCost('compute', 26).prefill_pct).toBeCloseTo(0.5, 2)
    expect(100 / neighbourCost('server', 27).prefill_pct).toBeCloseTo(0.85, 2)
  })
})

const beside = (otherProcess?: { kind: 'server'; busy: Micros; quiet: Micros }) =>
  aMac({ resident: [GPT], settings: { unwire: { after: '0s' } }, machine: otherProcess ? { otherProcess } : {} })
    .ask(1, 1, GPT, { prompt: 100, output: 400, max: 400 })
    .run(60)

describe('a neighbour', () => {
  it('is busy for its share of the time, the beginning included', () => {
    let busy = 0
    let began = 0
    const runs = 200
    for (let seed = 1; seed <= runs; seed++) {
      const kernel = new Kernel()
      let since = 0
      let on = false
      const neighbour = new Neighbour({
        kind: 'twin',
        macos: 26,
        busy: (600 * SECOND) as Micros,
        quiet: (1_200 * SECOND) as Micros,
        scheduler: kernel,
        random: new RandomStreams(seed).stream('process'),
        onProcess: (decode_pct) => {
          if (on) busy += kernel.now - since
          since = kernel.now
          on = decode_pct > 100
        },
      })
      neighbour.begin()
      if (on) began++
      kernel.runUntil((36_000 * SECOND) as Micros)
      if (on) busy += kernel.now - since
    }
    expect(began / runs).toBeCloseTo(1 / 3, 0)
    expect(Math.abs(began / runs - 1 / 3)).toBeLessThan(0.1)
    expect(Math.abs(busy / (runs * 36_000 * SECOND) - 1 / 3)).toBeLessThan(0.02)
  })

  it('stretches the steps of the models, and is to blame for all of it', () => {
    const hour = (3_600 * SECOND) as Micros
    const alone = beside()
    // Busy all but one part in a million of the time.
    const shared = beside({ kind: 'server', busy: hour, quiet: 3_600 as Micros })
    const decoding = (bench: typeof alone) => bench.when(1, 'complete')! - bench.when(1, 'first_content')!
    expect(decoding(shared) / decoding(alone)).toBeCloseTo(1.37, 2)
    const blamed = shared.wrote('delay').filter(({ culprit }) => culprit === 'process')
    const { solo_ns, at, receivedAt } = shared.wrote('work')[0]!
    expect(blamed).toHaveLength(1)
    expect(blamed[0]!.gpu_ns / ((at - receivedAt) * 1e3 - solo_ns)).toBeGreaterThan(0.99)
  })
})
