/** Who holds a Mac's memory, and what happens when it is too little. */
import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import type { BuildId } from '../../../sim/base/ids.ts'
import type { Micros } from '../../../sim/base/time.ts'
import { type Holding, MemoryLedger } from '../../../sim/mac/memory/ledger.ts'
import type { Blame } from '../../../sim/mac/engine/law/pace.ts'
import { PageCache } from '../../../sim/mac/memory/page-cache.ts'
import { Squeeze, squeezePct } from '../../../sim/mac/memory/squeeze.ts'
import { wiredLimitBytes } from '../../../sim/mac/memory/wired.ts'
import { aMac, GEMMA, GIB, GPT } from '../a-mac.ts'

/** One model whose engine the test plays. */
class Model implements Holding {
  readonly build = GPT
  idleSince: Micros | -1 = 0 as Micros
  kv = 0
  activations = 0
  working = false
  constructor(readonly weightsBytes = 0) {}
  kvWrittenBytes = () => this.kv
  activationBytes = () => (this.working ? this.activations : 0)
  get engineIdle(): boolean {
    return !this.working
  }
}

const world = (total_gib: number, os_gib: number, model = new Model(), limit_gib = total_gib) => {
  const clock = { now: 0 as Micros }
  const os = { bytes: os_gib * GIB }
  const ledger = new MemoryLedger({
    totalBytes: total_gib * GIB,
    wiredLimitBytes: limit_gib * GIB,
    clock,
    os,
  })
  ledger.holdings = [model]
  ledger.weightsBytes = model.weightsBytes
  const lookAt = (milliseconds: number) => {
    clock.now = (milliseconds * 1000) as Micros
    ledger.advance()
    // The program's tick, which has a timer of its own.
    if (milliseconds % 2_000 === 0) ledger.tick()
    return ledger
  }
  return { ledger, model, os, clock, lookAt }
}

const held = (ledger: MemoryLedger) =>
  ledger.osBytes + ledger.activeBytes + ledger.poolBytes + ledger.fileBytes + ledger.freeBytes

const gib = (max: number) => fc.double({ min: 0, max, noNaN: true }).map((value) => Math.round(value * GIB))

test.prop([
  fc.array(fc.tuple(gib(40), gib(20), gib(6), fc.boolean(), gib(40), fc.nat({ max: 5000 })), { maxLength: 30 }),
])('the ledger adds up to the byte at every look', (steps) => {
  const { ledger, model, os, lookAt } = world(36, 4, new Model(10 * GIB))
  let now = 0
  for (const [osBytes, kv, activations, working, file, gap] of steps) {
    os.bytes = Math.min(osBytes, 36 * GIB)
    Object.assign(model, { kv, activations, working })
    ledger.fileRead('file' as BuildId, file)
    lookAt((now += gap))
    expect(held(ledger)).toBe(ledger.totalBytes + ledger.compressedBytes)
    expect(Math.min(ledger.freeBytes, ledger.fileBytes, ledger.poolBytes)).toBeGreaterThanOrEqual(0)
    if (ledger.compressedBytes > 0) expect(ledger.osAvailableBytes + ledger.poolBytes).toBe(0)
  }
})

/** What a change of a script sets, and by how much KV grows until the next one. */
const act = fc.record({
  kv: gib(20),
  activations: gib(6),
  working: fc.boolean(),
  os: gib(40),
  weights: gib(8),
  file: fc.option(gib(30)),
  grows: gib(3),
  lasts: fc.integer({ min: 1, max: 40 }),
})

test.prop([fc.array(act, { maxLength: 20 }), fc.infiniteStream(fc.boolean())])(
  'the ledger goes its way whoever looks in between, and however often',
  (script, looks) => {
    const [seen, unseen] = [true, false].map((isLookedAt) => {
      const { ledger, model, os, clock } = world(36, 4, new Model(8 * GIB))
      const states: object[] = []
      let now = 0
      for (const { kv, activations, working, os: osBytes, weights, file, grows, lasts } of script) {
        ledger.change(() => {
          Object.assign(model, { kv, activations, working })
          os.bytes = Math.min(osBytes, 36 * GIB)
          ledger.weightsBytes = weights
        })
        if (file !== null) ledger.fileRead('file' as BuildId, file)
        for (let step = 1; step <= lasts; step++) {
          clock.now = (now += 1_000) as Micros
          if (working) model.kv = kv + Math.floor((grows * step) / lasts)
          if (isLookedAt && looks.next().value) ledger.advance()
        }
        ledger.advance()
        const { poolBytes, fileBytes, kvBytes, osAvailableBytes } = ledger
        states.push({ poolBytes, fileBytes, kvBytes, osAvailableBytes, idleSince: model.idleSince })
      }
      return states
    })
    expect(seen).toEqual(unseen)
  },
)

const busy = () => {
  const made = world(64, 4, new Model(12 * GIB))
  Object.assign(made.model, { working: true, kv: GIB, activations: GIB })
  made.lookAt(100)
  return made
}

describe('the pool of freed buffers (provider-runtime 5.4, 5.7)', () => {
  it('keeps what KV gives back and serves new KV from it', () => {
    const { model, lookAt } = busy()
    model.kv = 0.25 * GIB
    expect(lookAt(200).poolBytes).toBe(0.75 * GIB)
    model.kv = 0.5 * GIB
    expect(lookAt(300).poolBytes).toBe(0.5 * GIB)
  })

  it('is flushed 8 ms after the engine fell idle', () => {
    const { model, lookAt } = busy()
    Object.assign(model, { working: false, kv: 0 })
    expect(lookAt(200).poolBytes).toBe(2 * GIB)
    expect(lookAt(207.999).poolBytes).toBe(2 * GIB)
    expect(lookAt(208).poolBytes).toBe(0)
  })

  it('is flushed by the 2 s tick at 2 GiB and more, and not below', () => {
    const { model, lookAt } = busy()
    model.kv = 3 * GIB
    lookAt(200)
    model.kv = 1.5 * GIB
    expect(lookAt(300).poolBytes).toBe(1.5 * GIB)
    expect(lookAt(2_100).poolBytes).toBe(1.5 * GIB)
    model.kv = GIB
    expect(lookAt(3_999).poolBytes).toBe(2 * GIB)
    expect(lookAt(4_000).poolBytes).toBe(0)
  })

  it('stays below the soft limits of MLX: with the active bytes 6 GiB less than the Mac has', () => {
    const { model, lookAt } = world(24, 0, new Model(12 * GIB))
    Object.assign(model, { working: true, kv: 5 * GIB })
    lookAt(100)
    model.kv = 0
    expect(lookAt(200).poolBytes).toBe(5 * GIB)
    Object.assign(model, { kv: 9 * GIB })
    lookAt(300)
    model.kv = GIB
    expect(lookAt(400).poolBytes).toBe((24 - 6 - 12 - 1) * GIB)
  })

  it('is given back when the program asks, at most once a second', () => {
    const { model, lookAt } = busy()
    model.kv = 0
    const ledger = lookAt(200)
    ledger.reclaimPool()
    expect(ledger.poolBytes).toBe(0)
    model.kv = GIB
    lookAt(300)
    model.kv = 0
    lookAt(1_199).reclaimPool()
    expect(ledger.poolBytes).toBe(GIB)
    lookAt(1_200).reclaimPool()
    expect(ledger.poolBytes).toBe(0)
  })

  it('is given back before anything is compressed', () => {
    const { model, os, lookAt } = busy()
    model.kv = 0
    os.bytes = 50.5 * GIB
    expect(lookAt(200).poolBytes).toBe(0)
    expect(lookAt(200).compressedBytes).toBe(0)
  })
})

describe('the page cache', () => {
  const [a, b] = ['a', 'b'] as BuildId[]

  it('drops the file read longest ago first, and no more of it than it must', () => {
    const cache = new PageCache()
    cache.read(a!, 10, 30)
    cache.read(b!, 15, 30)
    cache.read(a!, 10, 30)
    cache.shrinkTo(18)
    expect([cache.cachedBytes(a!), cache.cachedBytes(b!), cache.bytes]).toEqual([10, 8, 18])
    cache.shrinkTo(5)
    expect([cache.cachedBytes(a!), cache.cachedBytes(b!), cache.bytes]).toEqual([5, 0, 5])
  })

  it('gives way to everything and never comes back by itself', () => {
    const { ledger, model, lookAt } = world(36, 4)
    ledger.fileRead(a!, 20 * GIB)
    model.kv = 22 * GIB
    expect(lookAt(1).fileBytes).toBe(10 * GIB)
    model.kv = 0
    expect(lookAt(2).fileBytes).toBe(10 * GIB)
  })

  it('counts as available, but only beside the second copy that a load makes', () => {
    const { ledger, lookAt } = world(36, 4)
    ledger.fileRead(a!, 20 * GIB)
    expect(lookAt(1).osAvailableBytes).toBe(32 * GIB)
    expect(ledger.cachedBesides(a!, 11 * GIB)).toBe(20 * GIB)
    expect(ledger.cachedBesides(a!, 20 * GIB)).toBe(12 * GIB)
    expect(ledger.cachedBesides(a!, 33 * GIB)).toBe(0)
  })
})

describe('the wired limit of the GPU (mac-provider 4)', () => {
  it.each([
    [16, 15, 10.667],
    [32, 15, 21.333],
    [64, 15, 48],
    [16, 26, 11.84],
    [128, 26, 107.5],
    [32, 26, 24.75],
  ])('is with %d GiB on macOS %d about %d GiB', (total, macos, limit) => {
    expect(wiredLimitBytes(total * GIB, macos) / GIB).toBeCloseTo(limit, 1)
  })

  it('never shrinks with memory', () => {
    const sizes = [8, 16, 18, 24, 32, 36, 48, 64, 96, 128, 192, 256, 512]
    for (const macos of [14, 15, 26, 27]) {
      const limits = sizes.map((size) => wiredLimitBytes(size * GIB, macos))
      limits.slice(1).forEach((limit, i) => expect(limit).toBeGreaterThan(limits[i]!))
    }
  })

  it('counts as over-commit when weights, KV and activations exceed it, although memory is left', () => {
    const { ledger, model, lookAt } = world(64, 4, new Model(40 * GIB), 48)
    model.kv = 10 * GIB
    lookAt(1)
    expect([ledger.compressedBytes, ledger.overcommittedBytes]).toEqual([0, 2 * GIB])
  })
})

describe('a squeeze (mac-provider 4)', () => {
  it('is none without over-commit, 3.4 times at 5 % and ten times from 25 % on, on a grid of 10 %', () => {
    expect([0, 0.05, 0.25, 0.9].map((share) => squeezePct(share * 64, 64))).toEqual([100, 340, 1000, 1000])
    for (let share = 0; share < 0.3; share += 0.003) expect(squeezePct(share, 1) % 10).toBe(0)
  })

  it('is told once per grid value, with builds and, where memory itself is short, the OS side to blame', () => {
    const { ledger, model, os, lookAt } = world(32, 4, new Model(20 * GIB))
    const told: [number, readonly Blame[]][] = []
    const squeeze = new Squeeze(ledger, (pct, blame) => told.push([pct, blame]))
    const update = (osBytes: number) => {
      os.bytes = osBytes
      lookAt(1)
      squeeze.update()
    }
    update(10 * GIB)
    model.kv = GIB
    update(12.6 * GIB)
    update(12.61 * GIB)
    update(10 * GIB)
    expect(told).toEqual([
      [
        340,
        [
          { culprit: GPT, weight: 21 * 1024 },
          { culprit: 'process', weight: Math.ceil(12.6 * 1024) },
        ],
      ],
      [100, []],
    ])
  })

  it('comes from what no gate charges: sliding windows and activations of 24 gemma rows, and ends with them', () => {
    const crowd = aMac({
      memory_gib: 36,
      os_gib: 10.5,
      advertises: [GEMMA],
      resident: [GEMMA],
      settings: { first_output_timeout: '2h' },
    })
    for (let request = 1; request <= 24; request++) {
      crowd.ask(1, request, GEMMA, { prompt: 12_000, output: 50, max: 50 })
    }
    crowd.run(7200)
    const rows = crowd.wrote('machine_state')
    const most = Math.max(...rows.map((row) => row.squeeze_pct))
    expect(most).toBeGreaterThan(200)
    expect(most).toBeLessThan(400)
    expect(rows.find((row) => row.squeeze_pct === most)!.compressedBytes).toBeGreaterThan(GIB)
    expect(rows.at(-1)).toMatchObject({ squeeze_pct: 100, compressedBytes: 0, live: 0 })
    expect(crowd.story(24).at(-1)).toBe('complete')
  })

  it('ends with the process', () => {
    const bench = aMac({
      memory_gib: 36,
      os_gib: 10.5,
      advertises: [GEMMA],
      resident: [GEMMA],
      settings: { first_output_timeout: '2h' },
    })
    for (let request = 1; request <= 24; request++) bench.ask(1, request, GEMMA, { prompt: 12_000 })
    bench.at(330, (mac) => mac.powerOff()).run(331)
    const squeezes = bench.wrote('machine_state').map((row) => row.squeeze_pct)
    expect(Math.max(...squeezes)).toBeGreaterThan(100)
    expect(squeezes.at(-1)).toBe(100)
  })
})

describe('a Mac’s files in memory', () => {
  it('stay after an unload, so that the next load is faster, and the state row shows them', () => {
    const bench = aMac({ memory_gib: 64, slots: 1 }).load(1, GPT).load(20, GEMMA).load(40, GPT).run(60)
    const [first, , again] = bench.wrote('load_ended')
    expect(first!.took / 1e6).toBeCloseTo(12.1 / 3.6 + 1.5, 3)
    expect(again!.took / 1e6).toBeCloseTo(0.3 + 12.1 / 15.9 + 1.5, 3)
    expect(bench.wrote('machine_state').at(-1)!.fileBytes).toBe(12.1e9 + 15.6e9)
  })

  it('are partly gone on a small Mac, where the buffers of the next model push them out', () => {
    const bench = aMac({ memory_gib: 36, slots: 1 }).load(1, GPT).load(20, GEMMA).load(40, GPT).run(60)
    const again = bench.wrote('load_ended')[2]!
    expect(again.took / 1e6).toBeGreaterThan(0.3 + 12.1 / 15.9 + 1.5 + 0.5)
  })

  it('are there after a restart of the program, which hashes them all', () => {
    const bench = aMac()
      .at(1, (mac) => mac.powerOff())
      .at(2, (mac) => mac.powerOn())
      .load(60, GPT)
      .run(80)
    expect(bench.wrote('load_ended')[0]!.took / 1e6).toBeCloseTo(12.1 / 15.9 + 1.5, 3)
  })
})
