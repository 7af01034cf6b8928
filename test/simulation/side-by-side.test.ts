/** A run owns all that it writes: two in one thread do not meet, and of one that is over nothing is left. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, describe, expect, it } from 'vitest'
import { Kernel } from '../../sim/kernel/kernel.ts'
import { loadedFrom, runOf, SMALL } from './world.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Families by name, labels and aliases: whatever a run remembers of its settings is in use. */
const DEDICATED = {
  ...SMALL,
  duration: '5m',
  coordinator: { DEDICATED_MODELS: ['gemma-4'] },
  fleet: [...SMALL.fleet, { ...SMALL.fleet[0]!, count: 2, advertises: ['gemma-4-26b-qat-4bit'] }],
}

const pause = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

// A spy would remember whom it was called on.
const { runUntil } = Kernel.prototype
afterEach(() => void Object.assign(Kernel.prototype, { runUntil }))

describe('two simulations in one thread', () => {
  it('that take turns have the digests of two that do not', async () => {
    const scenario = await loadedFrom(DEDICATED)
    const alone = [await runOf(scenario, 'open'), await runOf(scenario, 'pools-afe8135', { seed: 2 })]
    const turns: number[] = []
    const rows = (run: number) => () => void (turns.at(-1) === run || turns.push(run))
    const together = await Promise.all([
      runOf(scenario, 'open', { rows: rows(0), pause }),
      runOf(scenario, 'pools-afe8135', { seed: 2, rows: rows(1), pause }),
    ])
    expect(turns.length).toBeGreaterThan(4)
    expect(together.map(({ result }) => result.digest)).toEqual(alone.map(({ result }) => result.digest))
  })
})

describe('a run that is over', () => {
  it('is garbage, while its scenario and its result live on', async () => {
    const scenario = await loadedFrom({ ...DEDICATED, duration: '1m' })
    const kernels: WeakRef<Kernel>[] = []
    Kernel.prototype.runUntil = function seen(this: Kernel, ...given) {
      if (kernels.at(-1)?.deref() !== this) kernels.push(new WeakRef(this))
      return runUntil.apply(this, given)
    }
    const results = [await runOf(scenario, 'open'), await runOf(scenario, 'pools-afe8135')]
    const left = (): number => kernels.filter((kernel) => kernel.deref() !== undefined).length
    // What a turn has looked at lives to its end, and a promise that is done a little longer.
    for (let turn = 0; turn < 10 && left() > 0; turn += 1) {
      await pause()
      collectGarbage()
      await pause()
    }
    expect(kernels).toHaveLength(2)
    expect(left()).toBe(0)
    expect(results.every(({ result }) => result.requests.served > 0)).toBe(true)
  })
})
