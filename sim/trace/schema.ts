/**
 * The columns of every row kind, in the order in which the digest reads them. One table serves the digest, the store
 * and the trace file. Its type is derived from the rows, so a row that gains or loses a field does not compile until
 * the table follows, and a time or an id cannot be filed under a type that would cut it.
 */
import type { Micros } from '../base/time.ts'
import type { TraceRow, TraceRowKind } from './row.ts'

/**
 * micros: whole microseconds, may be negative (-1 = never). u32, i32: whole numbers of 32 bits. int: whole numbers of up
 * to 53 bits (bytes, bit sets). f64: any number but NaN. text: a short, often repeated string.
 */
export type ColumnType = 'micros' | 'u32' | 'i32' | 'int' | 'f64' | 'bool' | 'text'

/** Branded numbers are ids or times and leave no choice; plain numbers do. */
type TypeOfNumber<V> = [Exclude<V, -1>] extends [Micros]
  ? 'micros'
  : number extends V
    ? 'u32' | 'i32' | 'int' | 'f64'
    : -1 extends V
      ? 'i32'
      : 'u32'
type TypeOf<V> = [V] extends [boolean] ? 'bool' : [V] extends [string] ? 'text' : TypeOfNumber<V>

export type RowOf<K extends TraceRowKind> = Extract<TraceRow, { readonly kind: K }>
export type ColumnNames<K extends TraceRowKind> = Exclude<keyof RowOf<K>, 'kind'> & string
type Columns<K extends TraceRowKind> = { readonly [C in ColumnNames<K>]-?: TypeOf<RowOf<K>[C]> }

export const SCHEMA: { readonly [K in TraceRowKind]: Columns<K> } = {
  user_request: {
    at: 'micros',
    user: 'u32',
    model: 'text',
    promptTokens: 'u32',
    maxTokens: 'i32',
    outputTokens: 'u32',
    stream: 'bool',
    tools: 'bool',
    vision: 'bool',
    serial: 'text',
    patience: 'micros',
  },
  user_ended: { at: 'micros', user: 'u32', outcome: 'text' },
  arrived: {
    at: 'micros',
    request: 'u32',
    user: 'u32',
    model: 'text',
    estimatedPromptTokens: 'u32',
    maxTokens: 'i32',
  },
  decision: {
    at: 'micros',
    request: 'u32',
    attempt: 'i32',
    phase: 'text',
    build: 'text',
    outcome: 'text',
    provider: 'i32',
    recheck: 'text',
    candidates: 'i32',
    capacityRejections: 'i32',
    tooLargeRejections: 'i32',
    visionRejections: 'i32',
    ttftRejections: 'i32',
    poolRejections: 'i32',
    cost_ms: 'f64',
    state_ms: 'f64',
    queue_ms: 'f64',
    pending_ms: 'f64',
    backlog_ms: 'f64',
    thisRequest_ms: 'f64',
    health_ms: 'f64',
    ttft_ms: 'f64',
    bestTtft_ms: 'f64',
    effectiveQueue: 'f64',
    effectiveTps: 'f64',
    staticTps: 'f64',
    nearTies: 'i32',
  },
  queued: { at: 'micros', request: 'u32', build: 'text', depth: 'u32' },
  dequeued: { at: 'micros', request: 'u32', build: 'text', why: 'text', depth: 'u32' },
  dispatched: {
    at: 'micros',
    request: 'u32',
    attempt: 'u32',
    provider: 'u32',
    build: 'text',
    slotState: 'text',
    backup: 'bool',
  },
  attempt_ended: {
    at: 'micros',
    request: 'u32',
    attempt: 'u32',
    provider: 'u32',
    outcome: 'text',
    code: 'i32',
    text: 'text',
    promptTokens: 'u32',
    completionTokens: 'u32',
  },
  first_token: { at: 'micros', request: 'u32', attempt: 'u32' },
  ended: {
    at: 'micros',
    request: 'u32',
    outcome: 'text',
    status: 'i32',
    reason: 'text',
    midStream: 'bool',
    retryAfter_s: 'i32',
    completionTokens: 'u32',
    attempt: 'i32',
  },
  registered: {
    at: 'micros',
    provider: 'u32',
    machine: 'u32',
    serial: 'text',
    chip: 'text',
    memory_gb: 'f64',
  },
  disconnected: { at: 'micros', provider: 'u32', why: 'text' },
  heartbeat: {
    at: 'micros',
    provider: 'u32',
    status: 'text',
    memoryPressure: 'f64',
    cpuUsage: 'f64',
    thermalState: 'text',
    gpuMemoryActive_gb: 'f64',
    freeForLoad_gb: 'f64',
  },
  slot: {
    at: 'micros',
    provider: 'u32',
    build: 'text',
    state: 'text',
    running: 'u32',
    waiting: 'u32',
    activeTokens: 'int',
    budgetUsed: 'int',
    budgetMax: 'int',
    observedDecodeTps: 'f64',
  },
  relabel: { at: 'micros', provider: 'u32', from: 'text', to: 'text', surface: 'text', request: 'i32' },
  assignment: { at: 'micros', provider: 'u32', build: 'text', epoch: 'u32', state: 'text' },
  placement: { at: 'micros', build: 'text', current: 'u32', desired: 'u32' },
  placement_move: { at: 'micros', provider: 'u32', from: 'text', build: 'text', sent: 'bool' },
  desired_models: { at: 'micros', provider: 'u32', alias: 'text', desired: 'text' },
  load_command: { at: 'micros', provider: 'u32', build: 'text', by: 'text' },
  warm_pool: {
    at: 'micros',
    build: 'text',
    pressure: 'bool',
    warm: 'i32',
    eligibleCold: 'i32',
    target: 'i32',
    loads: 'i32',
  },
  pool: {
    at: 'micros',
    pool: 'text',
    assignedProviders: 'u32',
    warmProviders: 'u32',
    servingProviders: 'u32',
    activeRequests: 'u32',
    tokenBudgetUsed: 'int',
    tokenBudgetTotal: 'int',
    observedDecodeTps: 'f64',
    residentSlotProviders: 'u32',
  },
  audit: { at: 'micros', multipleResidentSlots: 'u32', multipleActivePools: 'u32' },
  timeline: { at: 'micros', what: 'text' },
  load_started: { at: 'micros', machine: 'u32', build: 'text', cause: 'text' },
  load_ended: { at: 'micros', machine: 'u32', build: 'text', ok: 'bool', text: 'text', took: 'micros' },
  unloaded: { at: 'micros', machine: 'u32', build: 'text', why: 'text' },
  machine_state: {
    at: 'micros',
    machine: 'u32',
    online: 'bool',
    live: 'u32',
    unread: 'u32',
    ghosts: 'u32',
    loading: 'bool',
    residentBuilds: 'u32',
    weightsBytes: 'int',
    kvReservedBytes: 'int',
    osBytes: 'int',
    memoryBytes: 'int',
    kvBytes: 'int',
    scratchBytes: 'int',
    fileBytes: 'int',
    freeBytes: 'int',
    compressedBytes: 'int',
    speed_pct: 'u32',
    squeeze_pct: 'u32',
    thermalState: 'text',
    idleCapable: 'int',
  },
  gpu_busy: { at: 'micros', machine: 'u32', since: 'micros' },
  work: {
    at: 'micros',
    machine: 'u32',
    request: 'u32',
    attempt: 'u32',
    build: 'text',
    outcome: 'text',
    prefilledTokens: 'u32',
    decodedTokens: 'u32',
    receivedAt: 'micros',
    admittedAt: 'micros',
    firstTokenAt: 'micros',
    solo_ns: 'int',
  },
  delay: {
    at: 'micros',
    machine: 'u32',
    request: 'u32',
    attempt: 'u32',
    build: 'text',
    culprit: 'text',
    gpu_ns: 'int',
    memory_ns: 'int',
    thermal_ns: 'int',
    load_ns: 'int',
    queue_ns: 'int',
  },
  fault: { at: 'micros', machine: 'u32', what: 'text' },
  run_ended: { at: 'micros', inFlight: 'u32' },
  model_books: { at: 'micros', model: 'text', open: 'u32', openMicros: 'micros' },
  models_changed: { at: 'micros', provider: 'u32', build: 'text', change: 'text' },
  download: { at: 'micros', machine: 'u32', build: 'text', what: 'text' },
  provider_pools: { at: 'micros', provider: 'u32', assigned: 'text', active: 'text', residentSlots: 'u32' },
  capacity_feed: { at: 'micros', build: 'text', routable: 'u32', ready: 'bool', active: 'u32' },
  passed_over: { at: 'micros', provider: 'u32', build: 'text', reason: 'text' },
}

/** One kind, laid out for loops. `index` is the kind's number in encodings: its place in SCHEMA. */
export interface KindLayout {
  readonly kind: TraceRowKind
  readonly index: number
  readonly names: readonly string[]
  readonly types: readonly ColumnType[]
}

export const LAYOUTS: readonly KindLayout[] = Object.entries(SCHEMA).map(([kind, columns], index) => ({
  kind: kind as TraceRowKind,
  index,
  names: Object.keys(columns),
  types: Object.values(columns) as ColumnType[],
}))

/** The value of a column by name: rows are flat, so this is all that loops over columns need. */
export type Cell = number | boolean | string
export const cellsOf = (row: TraceRow): { readonly [column: string]: Cell } =>
  row as unknown as { readonly [column: string]: Cell }
