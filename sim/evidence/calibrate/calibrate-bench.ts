/**
 * A Mac reduced to its GPU, on which published runs are played: the same engine, steps and heat that a fleet simulation
 * uses, with nothing around them. Seconds and tokens per second.
 */
import { assert, must } from '../../base/assert.ts'
import type { Micros } from '../../base/time.ts'
import type { ChipSpec } from '../../catalog/chip.ts'
import type { EngineVersion, ModelSpec } from '../../catalog/model.ts'
import type { StepConstants } from '../../catalog/step-constants.ts'
import { Kernel } from '../../kernel/kernel.ts'
import { Priority } from '../../kernel/scheduler.ts'
import type { MacSettings, PrefillOrder } from '../../mac/config.ts'
import { type Engine, type EngineListener, Gpu, type RowRequest } from '../../mac/engine/gpu.ts'
import type { EngineOptions } from '../../mac/engine/gpu-engine.ts'
import { FULL_PACE, type Pace } from '../../mac/engine/law/pace.ts'
import { PacedLaws } from '../../mac/engine/law/paced-law.ts'
import { oneOffCosts } from '../../mac/memory/wired.ts'

/** Long enough for the slowest prompt. */
const HORIZON = 36_000e6 as Micros
/** Tokens of a decode test: as many as llama.cpp's tg128. */
const DECODE_TOKENS = 128

export interface BenchOptions {
  readonly chip: ChipSpec
  readonly engine: EngineVersion
  readonly prefillOrder?: PrefillOrder
  readonly constants?: (chip: ChipSpec, model: ModelSpec, engine: EngineVersion) => StepConstants
  readonly pace?: Pace
}

interface Timed {
  readonly first: number
  readonly end: number
}

export class Bench {
  private readonly kernel = new Kernel()
  private readonly gpu: Gpu
  private readonly first = new Map<number, number>()
  private readonly end = new Map<number, number>()
  private keys = 0

  constructor(options: BenchOptions) {
    const { chip, engine, prefillOrder, constants, pace = FULL_PACE } = options
    this.gpu = new Gpu({
      scheduler: this.kernel,
      chip,
      engine,
      onBusy: () => {},
      ...(prefillOrder !== undefined && { prefillOrder }),
      ...(constants !== undefined && { lawsOf: (model: ModelSpec) => new PacedLaws(constants(chip, model, engine)) }),
    })
    this.gpu.setPace(pace)
  }

  engine(model: ModelSpec, onFinished: (engine: Engine) => void = () => {}, costs: EngineOptions = {}): Engine {
    const listener: EngineListener = {
      admitted: () => {},
      firstToken: (key) => this.first.set(key, this.now),
      finished: (key) => {
        this.end.set(key, this.now)
        onFinished(engine)
      },
      ghostEnded: () => {},
    }
    const engine = this.gpu.addEngine(model, listener, costs)
    return engine
  }

  /** Submits at so many seconds; its key. */
  ask(engine: Engine, at: number, row: Omit<RowRequest, 'key'>): number {
    const key = this.keys++
    this.kernel.schedule(Math.round(at * 1e6) as Micros, Priority.message, () => engine.submit({ key, ...row }))
    return key
  }

  /** Submits now; for use from within a callback. */
  askNow(engine: Engine, row: Omit<RowRequest, 'key'>): void {
    engine.submit({ key: this.keys++, ...row })
  }

  run(): this {
    this.kernel.runUntil(HORIZON)
    return this
  }

  runUntilFinished(key: number): this {
    for (let until = 1e6; !this.end.has(key); until *= 1.25) {
      assert(until <= HORIZON, 'calibrate: a published run ends within hours')
      this.kernel.runUntil(until as Micros)
    }
    return this
  }

  timesOf(key: number): Timed {
    return { first: must(this.first.get(key), 'calibrate: ran'), end: must(this.end.get(key), 'calibrate: ran') }
  }

  private get now(): number {
    return this.kernel.now / 1e6
  }
}

/** So many tokens that no other row is over before the last one is, however long that one waited for its prompt. */
const OTHERS_TOKENS = 20_000

/** Tokens per second of all `rows` together, while every one of them decodes. */
export function decodeRate(options: BenchOptions, model: ModelSpec, rows: number, context: number): number {
  const bench = new Bench(options)
  const engine = bench.engine(model)
  engine.setMaxRows(rows)
  // The middle of the test stands at the context asked for.
  const promptTokens = Math.max(1, context - DECODE_TOKENS / 2)
  // Rows whose prompts are through earlier decode while the last one's is still read: that part does not count.
  for (let row = 1; row < rows; row++) bench.ask(engine, 0, { promptTokens, outputTokens: OTHERS_TOKENS })
  const last = bench.ask(engine, 0, { promptTokens, outputTokens: DECODE_TOKENS + 1 })
  const { first, end } = bench.runUntilFinished(last).timesOf(last)
  return (rows * DECODE_TOKENS) / (end - first)
}

/** Seconds from submission to the first token; the program's preparation is not part of it. */
export function timeToFirst(options: BenchOptions, model: ModelSpec, promptTokens: number, restored = 0): number {
  const bench = new Bench(options)
  const restoredTokens = restored === 0 ? {} : { restoredTokens: restored }
  const key = bench.ask(bench.engine(model), 0, { promptTokens, outputTokens: 1, ...restoredTokens })
  return bench.run().timesOf(key).first
}

/** By how many seconds a first token comes later after a minute of idling than when the engine has just worked. */
export function afterIdling(options: BenchOptions, model: ModelSpec, settings: MacSettings): number {
  const bench = new Bench(options)
  const engine = bench.engine(model, () => {}, oneOffCosts(model, settings, true))
  const row = { promptTokens: 1, outputTokens: 1 }
  const [warm, idle] = [bench.ask(engine, 0, row), bench.ask(engine, 60, row)]
  bench.run()
  return bench.timesOf(idle).first - 60 - bench.timesOf(warm).first
}

/** Prompt tokens per second: what all tokens but the first take, so that fixed parts fall out. */
export function prefillSpeed(options: BenchOptions, model: ModelSpec, tokens: number): number {
  return (tokens - 1) / (timeToFirst(options, model, tokens) - timeToFirst(options, model, 1))
}

/** Tokens per second of one model while another, resident too, does nothing but decode or prefill. */
export function decodeBeside(
  options: BenchOptions,
  model: ModelSpec,
  neighbour: ModelSpec,
  does: 'decode' | 'prefill',
): number {
  const bench = new Bench(options)
  const row =
    does === 'prefill' ? { promptTokens: 8_192, outputTokens: 1 } : { promptTokens: 16, outputTokens: 100_000 }
  const busy = bench.engine(neighbour, (engine) => bench.askNow(engine, row))
  bench.ask(busy, 0, row)
  const victim = bench.engine(model)
  const key = bench.ask(victim, 5, { promptTokens: 16, outputTokens: DECODE_TOKENS + 1 })
  const { first, end } = bench.runUntilFinished(key).timesOf(key)
  return DECODE_TOKENS / (end - first)
}
