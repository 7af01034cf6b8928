/**
 * Everything that can happen in a run: the only declaration of a row. Its type, the digest, the store, the trace file,
 * what expectations may name and docs/trace.md follow from it. The trace is the only thing metrics, judges, ledgers and
 * screens may read, and its digest is the identity of a run, so a row holds numbers, booleans and short repeated
 * strings only. Kinds and columns are numbered in the order in which they stand here.
 */
import { STANDINGS } from '../base/uptime.ts'
import type { MachineIndex, ProviderId, RequestId, UserId } from '../base/ids.ts'
import { FAIL_REASONS, PROVIDER_ERRORS, REJECT_REASONS, SLOT_STATES, THERMAL_STATES } from '../protocol/words.ts'
import {
  buildName,
  buildOrNone,
  type Cell,
  type CellsOf,
  type Column,
  type ColumnType,
  count,
  flag,
  id,
  idOrNone,
  isNamed,
  type Kind,
  kind,
  large,
  micros,
  microsOrNever,
  nameOf,
  oneOf,
  real,
  whole,
} from './column.ts'
import { DROPS, SURFACES } from './words.ts'

const user = id<UserId>('the request of an end user')
const request = id<RequestId>('the attempt of the upstream router that reached us')
const provider = id<ProviderId>('one connection of a Mac')
const machine = id<MachineIndex>('the Mac, by its place in the fleet')
const attempt = count('0, 1, 2 … over retries and backups of this request')
const build = buildName()
const model = nameOf('model', 'what the client asks for')
const label = (about: string): Column<string> => nameOf('label', about, { orNone: true })
const maxTokens = whole('0: the client gave none', 'tokens')
/** What every look at the fleet counts. */
const COUNTED = {
  candidates: count('machines that could take it'),
  capacityRejections: count('machines without room'),
  tooLargeRejections: count('machines too small for it at any time'),
  bestTtft_ms: real('ms', 'the best expected of all; -1: unknown'),
}
/** What a Mac says when it fails. */
const ERRORS = ['', ...PROVIDER_ERRORS] as const
/** Why no answer came from a Mac, and why one broke. */
const REASONS = [...REJECT_REASONS, ...FAIL_REASONS, ''] as const

const SCHEMA = {
  user_request: kind(
    "An end user's request at the upstream router. Its attributes were drawn before any policy saw it.",
    {
      user,
      model,
      promptTokens: count('', 'tokens'),
      maxTokens,
      outputTokens: count('what the model will say if nobody stops it', 'tokens'),
      stream: flag(),
      tools: flag(),
      vision: flag(),
      serial: nameOf('serial', "the Macs that may serve it; '' = any", { orNone: true, several: true }),
      patience: micros('how long the client waits for a first token; 0: for ever'),
    },
  ),
  user_ended: kind('How it went for the end user, whoever served it in the end.', {
    user,
    outcome: oneOf(
      ['served', 'failed_over', 'gave_up', 'failed', 'elsewhere'],
      'failed_over: served elsewhere after our failure; gave_up: patience ended; failed: our error reached the user; elsewhere: served by another provider, and we were never asked',
    ),
  }),
  arrived: kind('An attempt reached us. From here on `requests.arrived` counts it.', {
    request,
    user,
    model,
    estimatedPromptTokens: count('what the coordinator takes the prompt for', 'tokens'),
    maxTokens,
  }),
  preflight: kind('The quick check at the door; counts are those of the ledger. It ends a request or lets it in.', {
    request,
    build: buildOrNone('what the name was resolved to'),
    outcome: oneOf(['admitted', 'rejected']),
    ...COUNTED,
    poolRejections: whole('machines of other pools; -1: no pool was asked'),
  }),
  decision: kind('A machine was looked for; counts are those of the ledger.', {
    request,
    attempt,
    phase: oneOf(['select', 'queue_drain', 'retry', 'backup']),
    build,
    outcome: oneOf(['selected', 'queued', 'rejected', 'none']),
    provider: idOrNone<ProviderId>('that holds the request from now on; -1: none'),
    recheck: oneOf(
      ['', ...DROPS],
      "what the chosen machine failed when it was to be reserved, such as `headroom`; '' when it passed or nobody was chosen",
    ),
    ...COUNTED,
    visionRejections: count('machines whose model sees no images'),
    ttftRejections: count('machines that would be too slow'),
    nearTies: count('machines among which the draw decided'),
  }),
  priced: kind('What the machine that the decision just before it chose was taken to cost.', {
    request,
    attempt,
    provider: id<ProviderId>('chosen, also when the second look lost it'),
    cost_ms: real('ms', 'the sum of the six terms that follow'),
    state_ms: real('ms', 'for the state of its slot'),
    queue_ms: real('ms', 'for the requests it has'),
    pending_ms: real('ms', 'for those that are on the way to it'),
    backlog_ms: real('ms', 'for the tokens it still owes'),
    thisRequest_ms: real('ms', 'for this request'),
    health_ms: real('ms', 'for memory, CPU and heat'),
    ttft_ms: real('ms', 'expected'),
    effectiveQueue: real('', 'requests before it'),
    effectiveTps: real('tok/s', 'decode rate it was priced with'),
    staticTps: real('tok/s', 'what the chip is rated at'),
  }),
  queued: kind('A request joined the queue of its build.', { request, build, depth: count('after joining') }),
  dequeued: kind('A request left the queue.', {
    request,
    build,
    why: oneOf(['assigned', 'timeout', 'cancelled', 'unservable']),
    depth: count('after leaving'),
  }),
  dispatched: kind('A request was sent to a Mac.', {
    request,
    attempt,
    provider,
    build,
    slotState: oneOf([...SLOT_STATES, 'unknown'], 'the slot the view showed for the build, `unknown` when none'),
    backup: flag('a second Mac beside the first'),
  }),
  attempt_ended: kind('An attempt on a Mac ended, as the coordinator saw it.', {
    request,
    attempt,
    provider,
    outcome: oneOf(['success', 'error', 'cancelled', 'timeout', 'disconnected']),
    code: whole('HTTP-like, 200 on success'),
    text: oneOf(ERRORS, "text of the provider's error, '' otherwise"),
    promptTokens: count('', 'tokens'),
    completionTokens: count('', 'tokens'),
  }),
  first_token: kind("A request's first token was delivered to the client.", { request, attempt }),
  ended: kind(
    'The end of an attempt that reached us, seen by the client; exactly one per `arrived`, unless still in flight when the run ends.',
    {
      request,
      outcome: oneOf(['served', 'rejected', 'failed', 'cancelled']),
      status: whole('HTTP status'),
      reason: oneOf(REASONS, "'' when served or cancelled"),
      midStream: flag('it broke after its first token'),
      retryAfter_s: whole('whole seconds; -1: none was sent', 's'),
      completionTokens: count('', 'tokens'),
      attempt: whole('the attempt that won, -1 if none'),
    },
  ),
  registered: kind('A Mac connected (or connected again).', {
    provider,
    machine,
    serial: nameOf('serial'),
    chip: nameOf('chip'),
    memory_gb: real('GB'),
  }),
  disconnected: kind('A connection was lost, or the coordinator gave a silent Mac up.', {
    provider,
    why: oneOf(['socket', 'evicted']),
  }),
  heartbeat: kind(
    'What a heartbeat said, as the coordinator understood it: written when it is not what the one before said, and as a sample once a minute.',
    {
      provider,
      status: oneOf(['idle', 'serving']),
      memoryPressure: real('share'),
      cpuUsage: real('share'),
      thermalState: oneOf(THERMAL_STATES),
      gpuMemoryActive_gb: real('GB'),
      freeForLoad_gb: real('GB', '-1: not reported'),
      slots: count('in the report; a slot row whose place is beyond them holds no more'),
    },
  ),
  slot: kind(
    'One slot of a heartbeat, after the row of the heartbeat if it has one: written when it is not what it was.',
    {
      provider,
      place: count('in the report, from 0'),
      build,
      state: oneOf(SLOT_STATES),
      running: count('requests in it, those still prefilling included'),
      waiting: count("requests in the engine's own queue"),
      activeTokens: large('tokens', 'of the requests in it'),
      budgetUsed: large('tokens'),
      budgetMax: large('tokens'),
      observedDecodeTps: real('tok/s', '0: not reported'),
    },
  ),
  relabel: kind('A policy moved a provider from one pool to another.', {
    provider,
    from: label("pool it was in, '' = none"),
    to: label("pool it is in, '' = none"),
    surface: oneOf(SURFACES, 'where the coordinator had asked the policy'),
    request: idOrNone<RequestId>('-1: not on behalf of a request'),
  }),
  passed_over: kind(
    'At a metrics tick: why a machine that never held a request of a build would not get the next one, which is like the last one asked for; written when it is not what it was.',
    {
      provider,
      build,
      reason: oneOf(
        [...DROPS, 'decode_floor', 'dearer', 'equal'],
        'the gate or check that drops it; or a step of the selection: `decode_floor`, `dearer`; `equal`: nothing would',
      ),
    },
  ),
  assignment: kind('An explicit assignment changed its state, as the coordinator knows it (PR 435).', {
    provider,
    build,
    epoch: count('of the assignment'),
    state: oneOf(['draining', 'loading', 'assigned', 'failed']),
  }),
  placement: kind("A planning policy's view of one pool at a tick: machines it has and should have.", {
    build,
    current: count('machines it has'),
    desired: count('machines it should have'),
  }),
  placement_move: kind('A move of the plan.', {
    provider,
    from: label("pool it leaves, '' = none"),
    build,
    sent: flag('not in shadow mode, nor when the machine serves the build already'),
  }),
  desired_models: kind('A desired-models entry was pushed to a provider.', {
    provider,
    alias: nameOf('alias'),
    desired: buildName('what the alias stands for from now on'),
  }),
  models_changed: kind("A provider told of another build on offer: what became of it in the coordinator's view.", {
    provider,
    build,
    change: oneOf(
      ['added', 'dropped', 'rejected'],
      'rejected: outside the catalog or of other weights; dropped: superseded by the build that was added',
    ),
  }),
  load_command: kind('A provider was told to load a build.', {
    provider,
    build,
    by: oneOf(['swap_planner', 'warm_pool', 'policy']),
  }),
  warm_pool: kind('What the warm pool saw and did about one build at a tick.', {
    build,
    pressure: flag('more demand than what is warm takes'),
    warm: whole('providers'),
    eligibleCold: whole('providers that could load it'),
    target: whole('providers that should be warm'),
    loads: whole('load commands sent'),
  }),
  pool: kind('Gauges of one pool at a metrics tick.', {
    pool: label('its display name'),
    assignedProviders: count(),
    warmProviders: count(),
    servingProviders: count(),
    activeRequests: count(),
    tokenBudgetUsed: large('tokens'),
    tokenBudgetTotal: large('tokens'),
    observedDecodeTps: real('tok/s'),
    residentSlotProviders: count('providers that hold the build in a slot'),
  }),
  audit: kind("Isolation audit at a metrics tick, over connected providers, from the coordinator's view.", {
    multipleResidentSlots: count('providers with several builds resident'),
    multipleActivePools: count('providers that serve several pools'),
  }),
  provider_pools: kind(
    "Pools of one provider at a metrics tick, from the coordinator's view; written when they are not what they were.",
    {
      provider,
      assigned: label("display name of the pool it is assigned to; '' = none"),
      active: nameOf('label', 'pools of the builds it holds, sorted, joined by commas', {
        orNone: true,
        several: true,
      }),
      residentSlots: count(),
    },
  ),
  capacity_feed: kind(
    'What the public capacity endpoint says of one build at a metrics tick; written when it is not what it was.',
    {
      build,
      routable: count("publicly routable providers of the build's pool; 0: the build is not in the feed"),
      ready: flag('one of them would take a request now'),
      active: count('requests'),
    },
  ),
  timeline: kind('The operator changed something.', { what: nameOf('change') }),
  load_started: kind('TRUTH from here on: what Macs did, whatever anybody believed. A Mac began to load a build.', {
    machine,
    build,
    cause: oneOf(['demand', 'command', 'assign'], '`assign`: the machine was assigned to the build (PR 435)'),
  }),
  load_ended: kind('A load ended.', {
    machine,
    build,
    ok: flag(),
    text: oneOf(ERRORS, "'' when ok"),
    took: micros("from the load's start, queueing at the gate excluded"),
  }),
  unloaded: kind('A Mac gave a build up.', {
    machine,
    build,
    why: oneOf(
      ['evicted', 'idle_timeout', 'post_load_check', 'restart', 'assigned', 'commanded'],
      '`assigned`: the machine was assigned to another build (PR 435); `commanded`: it was told to (a what-if)',
    ),
  }),
  download: kind('A Mac fetches a build that is desired of it; one that is on its disk is only verified.', {
    machine,
    build,
    what: oneOf(
      ['started', 'verified', 'failed', 'unwanted'],
      'verified: on offer from now on; unwanted: verified, and no longer desired',
    ),
  }),
  machine_state: kind(
    'Written whenever something but the bytes of KV, scratch, files and free changes. Memory adds up (INV-10): OS, weights, KV, scratch, files and free are `memoryBytes` + `compressedBytes`.',
    {
      machine,
      online: flag('connected and awake'),
      live: count('accepted and unfinished requests, those waiting for a load included'),
      unread: count(
        'requests that have come in and that the program has not looked at: its event loop stands still or sleeps',
      ),
      ghosts: count('rows nobody waits for any more that the GPU still works on'),
      loading: flag(),
      residentBuilds: count(),
      weightsBytes: large('bytes'),
      kvReservedBytes: large(
        'bytes',
        '(prompt + max_tokens) × bytes per token over live requests, KV already written included',
      ),
      osBytes: large('bytes'),
      memoryBytes: large('bytes', 'what the Mac has'),
      kvBytes: large('bytes', 'KV really written, that of ghosts and sliding windows included'),
      scratchBytes: large('bytes', "activations and the allocator's pool of freed buffers"),
      fileBytes: large('bytes', 'page cache: files of models'),
      freeBytes: large('bytes'),
      compressedBytes: large('bytes', 'beyond what the Mac has: compressed or swapped out'),
      speed_pct: count(
        "what the GPU's clock really allows of the cool Mac's speed, whatever the thermal state says",
        'percent',
      ),
      squeeze_pct: count('by how much compression and swapping stretch GPU steps; 100: not at all', 'percent'),
      thermalState: oneOf(THERMAL_STATES, 'as a heartbeat would report it'),
      idleCapable: large(
        'bits',
        'bit i: build i of the scenario could be served here now without hurting anybody: the Mac is online, wholly idle, has the build on disk, and holds it or has room to load it (evicting idle slots)',
      ),
    },
  ),
  gpu_busy: kind('The GPU was occupied without a break from `since` to `at`.', { machine, since: micros() }),
  work: kind(
    "One attempt's stay on a Mac ended, with what the GPU did for it. Tokens are conserved against what was delivered.",
    {
      machine,
      request,
      attempt,
      build,
      outcome: oneOf(['finished', 'cancelled', 'error', 'unfinished'], 'unfinished: the run ended first'),
      prefilledTokens: count('', 'tokens'),
      decodedTokens: count('', 'tokens'),
      receivedAt: micros('when the message came in'),
      admittedAt: microsOrNever('when the engine admitted it; -1: never'),
      firstTokenAt: microsOrNever('when the first token was there; -1: never'),
      solo_ns: large(
        'ns',
        "a finished attempt's stay on the same Mac idle, cool and with the model resident; 0: not finished",
      ),
    },
  ),
  delay: kind(
    'One share of what delayed a finished attempt on its Mac, just before its `work` row, by cause. All shares and `solo_ns` of the work row add up to its stay.',
    {
      machine,
      request,
      attempt,
      build,
      culprit: nameOf('build', 'a build, or one of the words', { also: ['ghosts', 'process', 'prefix_hit', 'none'] }),
      gpu_ns: large('ns'),
      memory_ns: large('ns'),
      thermal_ns: large('ns'),
      load_ns: large('ns'),
      queue_ns: large('ns'),
    },
  ),
  fault: kind('Something went wrong with a Mac, or an owner did something to it.', {
    machine,
    what: oneOf(
      [
        'crash',
        'sleep',
        'wake',
        'network_drop',
        'stall',
        'slow',
        'recovered',
        'silent',
        'broken',
        'update',
        'restarted',
        'watchdog',
        'attestation_outage',
      ],
      "`wake` ends a sleep, `restarted` a crash or an update when the fresh program registers, `recovered` every other fault that lasts; `watchdog` restarts one model's engine",
    ),
  }),
  model_books: kind("At the end of the run: the demand room's own count of one model's requests under way.", {
    model,
    open: count(),
    openMicros: micros('how many were open, added up over the run: request-microseconds'),
  }),
  run_ended: kind('Generation stopped: no event will come any more.', {
    inFlight: count('attempts of the upstream router at us'),
  }),
  router_view: kind(
    'What the upstream router thinks of our offer of a model from now on, where that decides traffic.',
    {
      model,
      standing: oneOf(STANDINGS, 'by uptime; unjudged: too few requests'),
      outage: flag('errors of the last seconds: others first'),
      capPerSecond: real('1/s', 'requests that may come to us first; -1: any number'),
    },
  ),
  policy_count: kind('A policy added to a counter of its own.', { counter: nameOf('metric'), by: real('') }),
  policy_gauge: kind('A gauge of a policy has another value from here on.', {
    gauge: nameOf('metric'),
    value: real(''),
  }),
  unload_command: kind('A provider was told to give a build up: a what-if, no real program has such a command.', {
    provider,
    build,
  }),
} as const satisfies { readonly [kind: string]: Kind }

type Schema = typeof SCHEMA
export type TraceRowKind = keyof Schema
/** A row is flat: its kind, its time and its cells. */
export type RowOf<K extends TraceRowKind> = K extends TraceRowKind ? { readonly kind: K } & CellsOf<Schema[K]> : never
export type TraceRow = RowOf<TraceRowKind>
export type ColumnNames<K extends TraceRowKind> = keyof Schema[K]['columns'] & string

/** The declaration, for loops: what a kind is called is known only when it is asked for. */
export const KINDS: { readonly [kind: string]: Kind } = SCHEMA

/** The words that can stand in a text with a closed list of them. */
export function wordsOf<K extends TraceRowKind>(kindName: K, column: ColumnNames<K>): readonly string[] {
  const texts = KINDS[kindName]!.columns[column]?.texts
  return texts === undefined || isNamed(texts) ? [] : texts
}

/** A heartbeat is written at least so often: what the real ledger samples. Microseconds. */
export const HEARTBEAT_SAMPLE = 60_000_000

/** One kind, laid out for loops. `index` is the kind's number in encodings: its place in SCHEMA. */
export interface KindLayout {
  readonly kind: TraceRowKind
  readonly index: number
  readonly names: readonly string[]
  readonly types: readonly ColumnType[]
}

export const LAYOUTS: readonly KindLayout[] = Object.entries(KINDS).map(([name, { columns }], index) => ({
  kind: name as TraceRowKind,
  index,
  names: Object.keys(columns),
  types: Object.values(columns).map(({ type }) => type),
}))

/** The value of a column by name: rows are flat, so this is all that loops over columns need. */
export const cellsOf = (row: TraceRow): { readonly [column: string]: Cell } => row
