/**
 * The columns of the real coordinator's ledger (facts ledger.md), by their names and in their order, because operators'
 * SQL names them. Beside each name stands where its value comes from; `unknown` marks what the simulation does not have.
 */
import { MICROS_PER_SECOND } from '../../base/time.ts'
import type { DecisionRow, EndedRow, SlotRow } from '../../trace/row.ts'
import type { CsvValue } from '../form/csv.ts'
import type { HeardProvider, LedgerRequest, Route } from './ledger-entry.ts'
import { timestamp } from '../form/timestamp.ts'

export type LedgerColumn<T> = readonly [name: string, value: (of: T) => CsvValue]

export interface Rejection {
  readonly request: LedgerRequest
  readonly ended: EndedRow
}

const unknown = (): undefined => undefined
const inMs = (micros: number): number => micros / 1_000
/** The trace writes -1 where nothing is known. */
const known = (value: number | undefined): CsvValue => (value === undefined || value === -1 ? undefined : value)

/** The last look for a machine; at the door nobody asked whether it sees images, or how fast it is. */
const selection = ({ decision }: Pick<LedgerRequest, 'decision'>): DecisionRow | undefined =>
  decision?.kind === 'decision' ? decision : undefined

/** `M4 Max 40c`: family, tier, GPU cores. */
const CHIP = /^(\S+)(?: (Pro|Max|Ultra))?(?: (\d+)c)?/
export function chipPart(chip: string | undefined, part: 1 | 2 | 3): CsvValue {
  if (chip === undefined) return undefined
  return CHIP.exec(chip)?.[part] ?? (part === 2 ? 'Base' : undefined)
}

function outcomeOf({ request, attempt }: Route): string {
  if (attempt !== undefined) return 'selected'
  if (request.wasQueued) return 'queued'
  if (request.ended?.reason === 'model_too_large') return 'model_too_large'
  if (request.ended?.reason === 'ttft_too_slow') return 'ttft_429'
  return request.ended?.outcome === 'rejected' ? 'no_provider' : 'error'
}

function finalStatusOf({ attempt, request, firstTokenAt }: Route): string {
  const outcome = attempt?.ended?.outcome
  if (outcome === undefined) return request.ended?.outcome === 'cancelled' ? 'cancelled' : 'error'
  if (outcome === 'disconnected' || outcome === 'error') return firstTokenAt < 0 ? 'error' : 'partial_success'
  return outcome
}

function decodeTpsOf({ attempt, firstTokenAt, endedAt }: Route): CsvValue {
  const steps = (attempt?.ended?.completionTokens ?? 0) - 1
  const decode = endedAt - firstTokenAt
  return firstTokenAt < 0 || steps < 1 || decode <= 0 ? undefined : (steps * MICROS_PER_SECOND) / decode
}

export const ROUTE_COLUMNS: readonly LedgerColumn<Route>[] = [
  ['request_id', (route) => route.attempt?.dispatched.request ?? route.request.ended?.request],
  ['attempt', (route) => route.attempt?.dispatched.attempt ?? 0],
  ['provider_id', (route) => route.attempt?.provider?.registered.serial],
  ['model', (route) => route.attempt?.dispatched.build ?? route.decision?.build],
  ['public_model', (route) => route.request.arrived?.model],
  ['consumer_key_hash', unknown],
  ['key_id', unknown],
  ['outcome', outcomeOf],
  ['cost_ms', (route) => known(route.priced?.cost_ms)],
  ['state_ms', (route) => known(route.priced?.state_ms)],
  ['queue_ms', (route) => known(route.priced?.queue_ms)],
  ['pending_ms', (route) => known(route.priced?.pending_ms)],
  ['backlog_ms', (route) => known(route.priced?.backlog_ms)],
  ['this_req_ms', (route) => known(route.priced?.thisRequest_ms)],
  ['health_ms', (route) => known(route.priced?.health_ms)],
  ['ttft_ms', (route) => known(route.priced?.ttft_ms)],
  ['best_ttft_ms', (route) => known(route.decision?.bestTtft_ms)],
  ['effective_queue', (route) => known(route.priced?.effectiveQueue)],
  ['candidate_count', (route) => known(route.decision?.candidates)],
  ['capacity_rejections', (route) => known(route.decision?.capacityRejections)],
  ['model_too_large_rejections', (route) => known(route.decision?.tooLargeRejections)],
  ['vision_rejections', (route) => selection(route)?.visionRejections],
  ['ttft_rejections', (route) => selection(route)?.ttftRejections],
  ['effective_tps', (route) => known(route.priced?.effectiveTps)],
  ['static_tps', (route) => known(route.priced?.staticTps)],
  ['provider_status', (route) => route.attempt?.heartbeat?.status],
  ['provider_trust_level', unknown],
  ['provider_version', unknown],
  ['hardware_chip', (route) => route.attempt?.provider?.registered.chip],
  ['hardware_chip_family', (route) => chipPart(route.attempt?.provider?.registered.chip, 1)],
  ['hardware_tier', (route) => chipPart(route.attempt?.provider?.registered.chip, 2)],
  ['memory_gb', (route) => route.attempt?.provider?.registered.memory_gb],
  ['gpu_cores', (route) => chipPart(route.attempt?.provider?.registered.chip, 3)],
  ['cpu_cores', unknown],
  ['system_memory_pressure', (route) => route.attempt?.heartbeat?.memoryPressure],
  ['system_cpu_usage', (route) => route.attempt?.heartbeat?.cpuUsage],
  ['system_thermal_state', (route) => route.attempt?.heartbeat?.thermalState],
  ['gpu_memory_active_gb', (route) => route.attempt?.heartbeat?.gpuMemoryActive_gb],
  ['gpu_memory_peak_gb', unknown],
  ['gpu_memory_cache_gb', unknown],
  ['slot_state', (route) => route.attempt?.dispatched.slotState],
  ['backend_running', (route) => route.attempt?.slot?.running],
  ['backend_waiting', (route) => route.attempt?.slot?.waiting],
  ['active_token_budget_used', (route) => route.attempt?.slot?.budgetUsed],
  ['active_token_budget_max', (route) => route.attempt?.slot?.budgetMax],
  ['queued_token_budget', unknown],
  ['estimated_prompt_tokens', (route) => route.request.arrived?.estimatedPromptTokens],
  ['requested_max_tokens', (route) => route.request.arrived?.maxTokens],
  ['requires_vision', (route) => route.request.user?.vision],
  ['has_tools', (route) => route.request.user?.tools],
  ['self_route_only', unknown],
  ['prefer_owner', unknown],
  ['cache_affinity_key', unknown],
  ['final_status', finalStatusOf],
  [
    'error_code',
    ({ failed, attempt, request }) => (failed ? (attempt?.ended?.code ?? request.ended?.status) : undefined),
  ],
  [
    'error_class',
    ({ failed, attempt, request }) => (failed ? (attempt?.ended?.outcome ?? request.ended?.outcome) : ''),
  ],
  ['prompt_tokens', (route) => route.attempt?.ended?.promptTokens],
  ['completion_tokens', (route) => route.attempt?.ended?.completionTokens],
  ['reasoning_tokens', unknown],
  ['cost_micro_usd', unknown],
  ['actual_ttft_ms', (route) => (route.firstTokenAt < 0 ? undefined : inMs(route.firstTokenAt - route.startedAt))],
  [
    'dispatch_to_first_chunk_ms',
    ({ attempt, firstTokenAt }) =>
      attempt === undefined || firstTokenAt < 0 ? undefined : inMs(firstTokenAt - attempt.dispatched.at),
  ],
  ['total_duration_ms', (route) => inMs(route.endedAt - route.startedAt)],
  ['created_at', (route) => timestamp(route.startedAt)],
  ['updated_at', (route) => timestamp(route.endedAt)],
  ['provider_region', unknown],
  ['consumer_region', unknown],
  ['parse_ms', unknown],
  ['reserve_ms', unknown],
  ['route_ms', unknown],
  ['encrypt_ms', unknown],
  ['queue_wait_ms', (route) => inMs(route.request.queued)],
  ['dispatch_ms', unknown],
  ['actual_decode_tps', decodeTpsOf],
  ['admitted_but_failed', (route) => route.attempt !== undefined && route.failed && route.firstTokenAt < 0],
  ['used_backup', (route) => route.request.attempts.some((each) => each.dispatched.backup)],
  ['backup_won', (route) => route.won && route.attempt?.dispatched.backup === true],
  ['error_reason', ({ failed, attempt, request }) => (failed ? (attempt?.ended?.text ?? request.ended?.reason) : '')],
]

/** Of the request path, in the words of the real ledger (facts: ledger.md; which reason belongs where: coordinator-control §8). */
function stageOf({ ended }: Rejection): string {
  switch (ended.reason) {
    case 'bad_param':
    case 'payload_too_large':
      return 'validation'
    case 'model_unavailable':
    case 'model_not_found':
      return 'model_resolution'
    case 'model_shed':
      return 'model_shed'
    case 'token_limit':
      return 'rate_limit'
    case 'insufficient_quota':
    case 'insufficient_funds':
      return 'balance'
    case 'ttft_too_slow':
      return 'routing_ttft'
    case 'queue_full':
    case 'queue_timeout':
      return 'queue'
    case 'capacity_exhausted':
    case 'oversized_request':
      return 'dispatch'
    default:
      return 'preflight_capacity'
  }
}

export const REJECTION_COLUMNS: readonly LedgerColumn<Rejection>[] = [
  ['request_id', ({ ended }) => ended.request],
  ['endpoint', () => '/v1/chat/completions'],
  ['stage', stageOf],
  ['reason_code', ({ ended }) => ended.reason],
  ['http_status', ({ ended }) => ended.status],
  ['consumer_key_hash', unknown],
  ['key_id', unknown],
  ['client_class', unknown],
  ['requested_model', ({ request }) => request.arrived?.model],
  ['resolved_model', ({ request }) => request.decision?.build],
  ['stream', ({ request }) => request.user?.stream],
  ['n', unknown],
  ['estimated_prompt_tokens', ({ request }) => request.arrived?.estimatedPromptTokens],
  ['requested_max_tokens', ({ request }) => request.arrived?.maxTokens],
  ['requires_vision', ({ request }) => request.user?.vision],
  ['has_image', ({ request }) => request.user?.vision],
  ['has_audio', unknown],
  ['has_tools', ({ request }) => request.user?.tools],
  ['tool_count', unknown],
  ['response_format', unknown],
  ['self_route_only', unknown],
  ['prefer_owner', unknown],
  ['params', unknown],
  ['request_body_bytes', unknown],
  ['retry_after_ms', ({ ended }) => (ended.retryAfter_s < 0 ? undefined : ended.retryAfter_s * 1_000)],
  ['could_have_served', unknown],
  ['candidate_count', ({ request }) => known(request.decision?.candidates)],
  ['capacity_rejections', ({ request }) => known(request.decision?.capacityRejections)],
  ['model_too_large_rejections', ({ request }) => known(request.decision?.tooLargeRejections)],
  ['vision_rejections', ({ request }) => selection(request)?.visionRejections],
  ['warm_provider_existed', unknown],
  ['best_ttft_ms', ({ request }) => known(request.decision?.bestTtft_ms)],
  ['shortfall_micro_usd', unknown],
  ['limit_kind', unknown],
  ['over_by', unknown],
  ['created_at', ({ request, ended }) => timestamp(rejectedAt(request, ended))],
]

/** A refusal at the door is written as the request comes in; one after waiting, when the waiting ends. */
const rejectedAt = ({ arrived, decision, wasQueued }: LedgerRequest, ended: EndedRow): number =>
  arrived === undefined || wasQueued || decision?.kind === 'decision' ? ended.at : arrived.at

const sumOf = (provider: HeardProvider, value: (slot: SlotRow) => number): number =>
  provider.slots.reduce((total, slot) => total + value(slot), 0)

/** The real table is planned and described, not named, in June 2026: these names follow those of inference_routes. */
export const CAPACITY_COLUMNS: readonly LedgerColumn<HeardProvider>[] = [
  ['provider_id', (provider) => provider.registered.serial],
  ['running', (provider) => sumOf(provider, (slot) => slot.running)],
  ['waiting', (provider) => sumOf(provider, (slot) => slot.waiting)],
  ['observed_decode_tps', (provider) => sumOf(provider, (slot) => slot.observedDecodeTps)],
  ['active_token_budget_used', (provider) => sumOf(provider, (slot) => slot.budgetUsed)],
  ['active_token_budget_max', (provider) => sumOf(provider, (slot) => slot.budgetMax)],
  ['system_memory_pressure', (provider) => provider.heartbeat?.memoryPressure],
  ['system_cpu_usage', (provider) => provider.heartbeat?.cpuUsage],
  ['system_thermal_state', (provider) => provider.heartbeat?.thermalState],
  ['gpu_memory_active_gb', (provider) => provider.heartbeat?.gpuMemoryActive_gb],
  ['warm_models', (provider) => provider.slots.map((slot) => slot.build).join(' ')],
  ['slot_states', (provider) => provider.slots.map((slot) => `${slot.build}=${slot.state}`).join(' ')],
  ['created_at', (provider) => (provider.heartbeat === undefined ? undefined : timestamp(provider.heartbeat.at))],
]
