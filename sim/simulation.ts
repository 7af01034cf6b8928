/**
 * One run: (scenario, policy, seed) → result. It builds the world, lets the kernel run it, and asks the metrics what
 * the trace said. The same three inputs give the same digest, in Node and in a browser, whoever else is listening.
 */
import { assert, must } from './base/assert.ts'
import type { RequestId } from './base/ids.ts'
import type { MakeSha256 } from './base/sha256.ts'
import { addMicros, MICROS_PER_SECOND, type Micros } from './base/time.ts'
import type { DecideDocument } from './coordinator/document/format.ts'
import type { ExplainNote, ExplainSink } from './coordinator/decide/explain/explain-sink.ts'
import { run } from './kernel/run-loop.ts'
import { Priority } from './kernel/scheduler.ts'
import {
  allJudges,
  Judges,
  type MetricsSettings,
  type PairedSamples,
  RunMetrics,
  sloFigures,
  WarmupDetector,
} from './metrics/index.ts'
import type { RunResult, RunWarning } from './metrics/result.ts'
import type { Relied } from './mac/relied.ts'
import type { Policy } from './plug/index.ts'
import type { LoadedScenario, Scenario } from './scenario/index.ts'
import { assumedOf } from './simulation/assumed.ts'
import { gpuPower } from './simulation/gpu-power.ts'
import type { ErrorsByClass } from './simulation/model-errors.ts'
import { policyOfRun } from './simulation/policy-inputs.ts'
import { misfitWarnings, presetInForce, shortfallWarnings, wrappingTraces } from './simulation/warnings.ts'
import { buildWorld, DRAIN_LIMIT, type Started } from './simulation/world.ts'
import { TraceDigest } from './trace/digest.ts'
import type { TraceRow, TraceRowKind } from './trace/row.ts'
import { Trace, type TraceSubscriber } from './trace/writer.ts'

/** Everything that happened to one request, in order. */
export type Explanation = readonly ExplainNote[]

export interface ExplainRequest {
  readonly request: RequestId
}

export interface PlayOptions {
  readonly scenario: LoadedScenario
  readonly policy: Policy
  readonly seed: number
  readonly subscribers?: readonly ((row: TraceRow) => void)[]
  /** Kinds of rows that `play` does not write. What happens is the same. */
  readonly without?: ReadonlySet<TraceRowKind>
  readonly signal?: AbortSignal
  /** Share of simulated time done, 0 … 1. */
  onProgress?(share: number): void
  /** Lets the host attend to signals and screens now and then. */
  pause?(): Promise<void>
}

export interface SimulateOptions extends PlayOptions {
  /** The arm's name, which the result carries. */
  readonly policyName: string
  /** Judges check every invariant on every row. */
  readonly verify?: boolean
  readonly explain?: ExplainRequest
  /** Every decision about every request with its verdicts, as it is made. */
  onNote?(note: ExplainNote): void
  /** Of the digest: the machine's own, which a host may have. Absent: the portable one, for the same bits at a higher price. */
  readonly sha256?: MakeSha256
  /** The coordinator's state at these instants is written down. None may lie after the scenario's duration. */
  readonly statesAt?: readonly Micros[]
}

export interface Simulated {
  readonly result: RunResult
  readonly perRequest: PairedSamples
  readonly explanation: Explanation | undefined
  /** One per instant of `statesAt`, in its order. */
  readonly states: readonly DecideDocument[]
}

/** Nothing may stand still for longer than this beyond what the settings let a request wait. */
const IDLE_LIMIT = 30 * 60 * 1_000_000

/** The coordinator's time-outs as they are at worst, and the wires: a request ends by them if by nothing else. */
function idleLimit({ coordinator, timeline, network, machines, upstream }: Scenario): Micros {
  const settings = [coordinator, ...timeline.flatMap(({ action }) => (action.kind === 'set' ? [action.settings] : []))]
  const longest = (name: 'INFERENCE_TIMEOUT' | 'QUEUE_MAX_WAIT' | 'PREAMBLE_BUDGET'): number =>
    Math.max(...settings.map((each) => each[name] ?? 0))
  const waits = longest('INFERENCE_TIMEOUT') + longest('QUEUE_MAX_WAIT') + longest('PREAMBLE_BUDGET')
  const { service, per_provider, lock_per_provider } = coordinator.decision
  // Forty times its mean is what an exponential delay comes to at most.
  const wires = 4 * (network.one_way + 40 * network.jitter)
  // A refused user may wait twice as long as it was told before it is refused again.
  const retries = upstream.retries === 0 ? 0 : 2 * upstream.retry_wait
  return (IDLE_LIMIT +
    waits +
    wires +
    retries +
    4 * (service + (per_provider + lock_per_provider) * machines.length)) as Micros
}

/** Rejects with InvariantError when an invariant breaks, and with the signal's reason when aborted. */
export async function simulate(options: SimulateOptions): Promise<Simulated> {
  const { scenario, digest: scenarioDigest } = options.scenario
  const { policyName, seed, explain } = options
  const measure = measurement(scenario)
  const digest = new TraceDigest(options.sha256?.())
  const judges = options.verify === true ? new Judges(allJudges()) : undefined
  const trace = new Trace([
    digest.row,
    ...(judges === undefined ? [] : [judges.row]),
    measure.row,
    ...(options.subscribers ?? []),
  ])
  const notes: ExplainNote[] = []
  const sink = sinkFor(options, notes)
  const { misfits, shortfalls, states, modelErrors, relied } = await playInto(trace, options, sink)
  judges?.end()
  const { metrics, warned } = measure.end()
  const result = metrics.result({
    scenario: { name: scenario.name, digest: scenarioDigest, about: scenario.about, slo: sloFigures(scenario.slo) },
    policy: policyOfRun(policyName, options.policy, options.scenario.scenario),
    seed,
    events: trace.rows,
    digest: digest.hex(),
    warned: [
      ...misfitWarnings(misfits),
      ...shortfallWarnings(shortfalls),
      ...wrappingTraces(options.scenario),
      ...warned,
    ],
    assumed: assumedOf(options.scenario, relied),
  })
  return {
    result: { ...result, meta: modelErrors.size === 0 ? {} : { model_error: Object.fromEntries(modelErrors) } },
    perRequest: must(metrics.perRequest(), 'metrics were asked for pairs'),
    explanation: explain === undefined ? undefined : notes,
    states,
  }
}

/** undefined: nobody asks, and no verdict is built. */
function sinkFor({ explain, onNote }: SimulateOptions, notes: ExplainNote[]): ExplainSink | undefined {
  if (explain === undefined && onNote === undefined) return undefined
  const isAsked = (request: RequestId): boolean => request === explain?.request
  return {
    wants: (request) => onNote !== undefined || isAsked(request),
    note(note) {
      if (isAsked(note.request)) notes.push(note)
      onNote?.(note)
    },
  }
}

/** The run alone: nobody measures or judges it but the subscribers. */
export async function play(options: PlayOptions): Promise<void> {
  await playInto(new Trace(options.subscribers ?? [], options.without), options, undefined)
}

interface Played extends Started {
  readonly relied: Relied
  readonly states: readonly DecideDocument[]
  readonly modelErrors: ErrorsByClass
}

async function playInto(
  trace: Trace,
  options: PlayOptions & Partial<Pick<SimulateOptions, 'policyName' | 'statesAt'>>,
  explain: ExplainSink | undefined,
): Promise<Played> {
  const { scenario: loaded, policy, seed, policyName = policy.name, statesAt = [] } = options
  const world = buildWorld({ loaded, policy, seed, trace, explain })
  const { coordinator, kernel } = world
  for (const at of statesAt) {
    assert(at <= loaded.scenario.duration, 'a state is asked for while the run lasts')
    const id = `${loaded.scenario.name}/${policyName}/seed-${seed}/${at / MICROS_PER_SECOND}s`
    kernel.schedule(at, Priority.observe, () => coordinator.watch(id))
  }
  const started = world.start()
  await runWorld(world, loaded.scenario, options)
  world.closeBooks()
  trace.emit({ kind: 'run_ended', at: kernel.now, inFlight: world.demand.openAttempts })
  return { ...started, states: coordinator.watched(statesAt), modelErrors: world.modelErrors, relied: world.relied }
}

export interface Measurement {
  readonly row: TraceSubscriber
  end(): { readonly metrics: RunMetrics; readonly warned: readonly RunWarning[] }
}

/** Metrics as the rows stream by, or after the fact when the length of the warm-up must be found first. */
export function measurement(scenario: Scenario): Measurement {
  const { warmup } = scenario
  const settings = metricsSettings(scenario)
  if (warmup === 'auto') {
    const detector = new WarmupDetector()
    return { row: detector.row, end: () => detector.detect(settings, { perRequest: true }) }
  }
  const metrics = new RunMetrics({ ...settings, warmup }, { perRequest: true })
  return { row: metrics.row, end: () => ({ metrics, warned: [] }) }
}

/** Until arrivals have stopped and every request has ended, or the time to drain is over. */
async function runWorld(
  { kernel, demand }: ReturnType<typeof buildWorld>,
  scenario: Scenario,
  { signal, onProgress, pause }: PlayOptions,
): Promise<void> {
  const { duration } = scenario
  const common = {
    ...(signal === undefined ? {} : { signal }),
    ...(pause === undefined ? {} : { macrotask: pause }),
    onYield: () => onProgress?.(Math.min(1, kernel.now / duration)),
    watchdog: { idleFor: idleLimit(scenario), progress: () => demand.finished, pending: () => demand.openUsers },
  }
  await run(kernel, { ...common, until: duration })
  const end = addMicros(duration, DRAIN_LIMIT)
  signal?.throwIfAborted()
  // The periodic work of coordinator and Macs never ends by itself, so the drain looks every simulated second.
  while (demand.openUsers > 0 && kernel.now < end) {
    await run(kernel, { ...common, until: Math.min(end, addMicros(kernel.now, SECOND)) as Micros })
    signal?.throwIfAborted()
  }
}

const SECOND = 1_000_000 as Micros

function metricsSettings(scenario: Scenario): Omit<MetricsSettings, 'warmup'> {
  const { duration, slo, collapse, models, machines, publicModels, upstream } = scenario
  const preset = presetInForce(scenario)
  return {
    duration,
    slo,
    collapse,
    models: publicModels,
    builds: models.map(({ build }) => ({ build, model: scenario.publicNameOf(build) })),
    machines: machines.length,
    serials: machines.map(({ serial }) => serial),
    power: machines.map(gpuPower),
    standing: upstream.standing,
    ...(preset === undefined ? {} : { preset }),
  }
}
