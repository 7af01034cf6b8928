/** One Mac on a bench: messages in, everything it says and writes out, with the real kernel, GPU and catalog. */
import type { BuildId, MachineIndex, RequestId } from '../../sim/base/ids.ts'
import type { Micros } from '../../sim/base/time.ts'
import { type EngineVersion, findChip, findModel, type ModelSpec } from '../../sim/catalog/index.ts'
import { Kernel } from '../../sim/kernel/kernel.ts'
import { RandomStreams } from '../../sim/kernel/random.ts'
import { Priority } from '../../sim/kernel/scheduler.ts'
import { macSettingsSchema } from '../../sim/mac/config.ts'
import { Mac, type MacOptions } from '../../sim/mac/mac.ts'
import { GOOD_PROVIDER, type ProviderAttributes } from '../../sim/mac/program/provider/config.ts'
import { type FromProvider, SealedBody } from '../../sim/protocol/index.ts'
import type { TraceRow, TraceRowKind } from '../../sim/trace/row.ts'

export const GIB = 2 ** 30
export const SECOND = 1_000_000
export const GPT = 'gpt-oss-20b' as BuildId
export const GEMMA = 'gemma-4-26b-qat-4bit' as BuildId
export const GEMMA8 = 'gemma-4-26b-8bit' as BuildId

export const aModel = (build: string): ModelSpec => findModel(build)!

/** No scatter in load times: gpt-oss loads in 12.1 / (6 × 0.6) + 1.5 = 4.861 s on a Max, gemma 4-bit in 5.833 s. */
const STEADY = { load: { rate_factor_sigma: 0, slow_share: 0 } }

export interface Bench {
  readonly chip?: string
  readonly memory_gib?: number
  readonly os_gib?: number | undefined
  /** Build names, or models of the test's own. */
  readonly advertises?: readonly (string | ModelSpec)[]
  readonly resident?: readonly string[]
  readonly slots?: number
  readonly settings?: object
  readonly churn?: MacOptions['churn']
  readonly standing?: MacOptions['standing']
  readonly pageCache?: readonly BuildId[]
  readonly seed?: number
  readonly engine?: EngineVersion
  /** Where it differs from a good provider. */
  readonly provider?: Partial<ProviderAttributes>
  readonly disk?: readonly string[]
  /** Settings of the machine that few tests need. */
  readonly machine?: Pick<MacOptions, 'thermal' | 'heat' | 'otherProcess' | 'macos' | 'lies'>
}

export interface Heard {
  /** Seconds. */
  readonly at: number
  readonly message: FromProvider | { readonly kind: 'open' } | { readonly kind: 'closed' }
}

export class MacBench {
  readonly kernel = new Kernel()
  readonly heard: Heard[] = []
  readonly rows: TraceRow[] = []
  readonly mac: Mac
  readonly misfits: readonly BuildId[]

  constructor(bench: Bench = {}) {
    const say = (message: Heard['message']) => void this.heard.push({ at: this.kernel.now / SECOND, message })
    const builds = [GPT, GEMMA, GEMMA8]
    this.mac = new Mac({
      machine: 0 as MachineIndex,
      serial: 'mac-a',
      version: '0.6.17',
      chip: findChip(bench.chip ?? 'M4 Max 40c')!,
      memoryBytes: (bench.memory_gib ?? 64) * GIB,
      ...('os_gib' in bench && bench.os_gib === undefined ? {} : { osBytes: (bench.os_gib ?? 4) * GIB }),
      advertises: (bench.advertises ?? [GPT, GEMMA]).map((model) =>
        typeof model === 'string' ? aModel(model) : model,
      ),
      maxModelSlots: bench.slots ?? 3,
      resident: (bench.resident ?? []) as BuildId[],
      ...(bench.churn === undefined ? {} : { churn: bench.churn }),
      ...(bench.standing === undefined ? {} : { standing: bench.standing }),
      ...(bench.pageCache === undefined ? {} : { pageCache: bench.pageCache }),
      settings: macSettingsSchema.parse({ ...STEADY, ...bench.settings }),
      engine: bench.engine ?? '2026-06',
      ...bench.machine,
      scheduler: this.kernel,
      random: new RandomStreams(bench.seed ?? 1),
      trace: { emit: (row) => void this.rows.push(row) },
      link: { open: () => say({ kind: 'open' }), send: say, close: () => say({ kind: 'closed' }) },
      ...(bench.provider === undefined ? {} : { provider: { ...GOOD_PROVIDER, ...bench.provider } }),
      ...(bench.disk === undefined ? {} : { disk: bench.disk.map(aModel) }),
      modelOf: (build) => findModel(build),
      weightHashOf: (build) => bench.provider?.weight_hashes?.[build] ?? `hash of ${build}`,
      buildBit: (build) => builds.indexOf(build),
    })
    this.misfits = this.mac.start()
  }

  /** Something that happens at `seconds`. */
  at(seconds: number, action: (mac: Mac) => void): this {
    this.kernel.schedule(Math.round(seconds * SECOND) as Micros, Priority.message, () => action(this.mac))
    return this
  }

  ask(
    seconds: number,
    request: number,
    build: string,
    body: { prompt?: number; output?: number; max?: number | undefined; images?: number } = {},
  ): this {
    const maxTokens = 'max' in body ? body.max : 256
    return this.at(seconds, (mac) =>
      mac.receive({
        kind: 'inference',
        request: request as RequestId,
        attempt: 0,
        build: build as BuildId,
        maxTokens,
        body: SealedBody.seal({
          promptTokens: body.prompt ?? 100,
          outputTokens: body.output ?? 50,
          images: body.images ?? 0,
        }),
      }),
    )
  }

  cancel(seconds: number, request: number): this {
    return this.at(seconds, (mac) => mac.receive({ kind: 'cancel', request: request as RequestId, attempt: 0 }))
  }

  load(seconds: number, build: string): this {
    return this.at(seconds, (mac) => mac.receive({ kind: 'load_model', build: build as BuildId }))
  }

  assign(seconds: number, build: string, epoch = 1, hold = true): this {
    return this.at(seconds, (mac) => mac.receive({ kind: 'assign_model', build: build as BuildId, epoch, hold }))
  }

  run(untilSeconds: number): this {
    this.kernel.runUntil(Math.round(untilSeconds * SECOND) as Micros)
    return this
  }

  /** What it said about a request, e.g. `['accepted', 'preamble', 'first_content', 'complete']`. */
  story(request: number): string[] {
    return this.about(request).map(({ message }) =>
      message.kind === 'inference_error' ? `${message.code} ${message.text}` : message.kind,
    )
  }

  /** When it said that about a request, in seconds; undefined when it did not. */
  when(request: number, kind: string): number | undefined {
    return this.about(request).find(({ message }) => message.kind === kind)?.at
  }

  about(request: number): Heard[] {
    return this.heard.filter(({ message }) => 'request' in message && message.request === request)
  }

  said<K extends FromProvider['kind']>(kind: K): (Extract<FromProvider, { kind: K }> & { readonly heardAt: number })[] {
    return this.heard.flatMap(({ at, message }) =>
      message.kind === kind ? [{ ...(message as Extract<FromProvider, { kind: K }>), heardAt: at }] : [],
    )
  }

  wrote<K extends TraceRowKind>(kind: K): Extract<TraceRow, { kind: K }>[] {
    return this.rows.filter((row): row is Extract<TraceRow, { kind: K }> => row.kind === kind)
  }

  /** Builds in memory according to the latest heartbeat. */
  warm(): readonly BuildId[] {
    return this.said('heartbeat').at(-1)?.warmModels ?? []
  }
}

export const aMac = (bench: Bench = {}): MacBench => new MacBench(bench)
