/**
 * The words of warnings: for each reason why a Mac is passed over or a request refused, what it means and which setting of
 * the scenario to look at. A setting that a preset put there is said to be the preset's.
 */
import { must } from '../../base/assert.ts'
import type { PresetInForce } from '../settings.ts'

export interface Ground {
  readonly why: string
  /** Settings, by their path in a scenario. */
  readonly look: string
}

interface Entry {
  readonly why: string
  /** Names in capitals are settings of the coordinator. */
  readonly look: readonly string[]
}

const entry = (why: string, ...look: readonly string[]): Entry => ({ why, look })

/** Of a Mac. Completes "they never got a request: …". */
const PASSED_OVER: { readonly [reason: string]: Entry } = {
  never_online: entry('they never connected', 'fleet joins, churn', 'timeline'),
  not_asked: entry(
    'no request was for a build that they offered (what does not fit is not offered)',
    'fleet advertises, machine.memory, weight_hashes',
    'demand mix',
  ),
  not_owned: entry('the requests were for machines of another account', 'demand route, account'),
  not_listed: entry('the requests named other Macs', 'demand serial'),
  excluded: entry('they failed the requests before', 'fleet advertises'),
  catalog: entry('they do not advertise what is asked for', 'fleet advertises'),
  dedicated: entry(
    'a dedicated model goes only to Macs that advertise no other family',
    'DEDICATED_MODELS',
    'fleet advertises',
  ),
  load_cooldown: entry('a load failed there and they were spared', 'DISPATCH_LOAD_COOLDOWN', 'fleet machine.memory'),
  error_cooldown: entry('requests failed there and they were spared', 'ERROR_COOLDOWN'),
  breaker: entry('their health breaker was open', 'BREAKER_BASE'),
  status: entry('they were untrusted or offline', 'fleet answers_challenges', 'timeline'),
  private_only: entry('they are kept for their owners', 'fleet private_only', 'demand route'),
  trust: entry('public requests need hardware trust', 'fleet trust', 'timeline'),
  runtime: entry('their runtime is not verified', 'fleet runtime_verified'),
  private_text: entry('they may not handle private text', 'fleet private_text'),
  challenge: entry('they had no fresh answer to a challenge', 'fleet answers_challenges', 'CHALLENGE_FRESH'),
  template_broken: entry('their copy cannot render the chat template', 'fleet template_broken'),
  tools_version: entry('their version is too old for tools', 'fleet version'),
  pool: entry('the pool policy kept them for another pool', 'policies', 'MODEL_POOLS_ENABLED', 'fleet resident'),
  vision: entry('the requests have images and their copy takes text only', 'models', 'demand traits.vision'),
  slot_state: entry('its slot was reloading or had crashed', 'timeline', 'mac'),
  headroom: entry('they had no room for another request', 'QUALITY_CONCURRENCY_CAP', 'max_model_slots'),
  busy_other_slot: entry('it was not loaded and another model was at work', 'policies', 'fleet resident'),
  thermal: entry('their thermal state was critical', 'fleet machine.chassis, ambient_c'),
  too_large: entry('it does not fit the hardware', 'fleet machine.memory', 'models'),
  admission: entry(
    'their memory or token budget could not hold it',
    'fleet machine.memory',
    'fleet resident',
    'demand max_tokens',
  ),
  ttft: entry('the first token would have come too late', 'TTFT_HARD_REJECT', 'TTFT_LIVE_DEADLINE_BASE_MS'),
  policy_filter: entry("the policy's filter kept requests from them", 'policies', 'policy'),
  decode_floor: entry('they would decode below the floor and others keep it', 'MIN_DECODE_TPS'),
  dearer: entry('others were cheaper by more than 3 s', 'fleet resident', 'WARM_POOL_MIN_WARM'),
  equal: entry('they would have done as well as others and lost the draw', 'demand arrivals', 'fleet count'),
}

/** Of requests, by the reason of the answer. */
const REFUSED: { readonly [reason: string]: Entry } = {
  pool_exhausted: entry('all Macs belong to other pools', 'policies', 'MODEL_POOLS_ENABLED', 'fleet resident'),
  machine_busy: entry('no Mac has room', 'fleet count', 'QUEUE_BEFORE_SHED'),
  ttft_too_slow: entry('no first token in time', 'TTFT_HARD_REJECT', 'TTFT_LIVE_DEADLINE_BASE_MS'),
  queue_full: entry('the queue is full', 'QUEUE_MAX_DEPTH', 'fleet count'),
  queue_timeout: entry('none was placed in time', 'QUEUE_MAX_WAIT', 'fleet count'),
  model_shed: entry('it is listed there', 'REJECT_MODELS'),
  model_too_large: entry('it fits no Mac', 'fleet machine.memory', 'models'),
  no_provider: entry('no Mac is eligible', 'fleet advertises, trust, resident'),
  model_unavailable: entry('no Mac could ever serve it', 'aliases', 'fleet advertises', 'demand traits'),
  model_not_found: entry('it is not in the catalog', 'models', 'aliases'),
  bad_param: entry('bodies break the rules', 'demand traits.malformed'),
  payload_too_large: entry('bodies are too large', 'FRAME_LIMIT'),
  token_limit: entry('an account is over its tokens per minute', 'ACCOUNTS'),
  insufficient_quota: entry('an account reached its spend cap', 'ACCOUNTS'),
  insufficient_funds: entry('the balance of an account is used up', 'ACCOUNTS'),
  context_exceeded: entry(
    'longer than the context of the model',
    'SERVABILITY_GATE',
    'demand lengths',
    'demand max_tokens',
  ),
  prompt_too_long: entry('longer than any token budget', 'SERVABILITY_GATE', 'demand lengths', 'demand max_tokens'),
  capacity_exhausted: entry('every Mac that was tried had no room', 'MAX_CAPACITY_ATTEMPTS', 'fleet machine.memory'),
  policy_refused: entry('the policy does not take them', 'policies', 'policy'),
  oversized_request: entry('too large for every Mac that was tried', 'MAX_CAPACITY_ATTEMPTS', 'fleet machine.memory'),
}

const isOfCoordinator = (setting: string): boolean => /^[A-Z_]+$/.test(setting)

function lookText(settings: readonly string[], preset: PresetInForce | undefined): string {
  const words = settings.map((setting) => {
    if (!isOfCoordinator(setting)) return setting
    const from = preset?.settings.includes(setting) === true ? ` (set by coordinator.preset ${preset.name})` : ''
    return `coordinator.${setting}${from}`
  })
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)!}`
}

const ground = ({ why, look }: Entry, preset: PresetInForce | undefined): Ground => ({
  why,
  look: lookText(look, preset),
})

/** Why a Mac is passed over; by its reason in the rows, or `never_online`, `not_asked`. */
export const groundOf = (reason: string, preset: PresetInForce | undefined): Ground =>
  ground(must(PASSED_OVER[reason], `no words for the reason ${reason}`), preset)

/** Why requests are refused; undefined for other endings. */
export function refusalGround(reason: string, preset: PresetInForce | undefined): Ground | undefined {
  const found = Object.hasOwn(REFUSED, reason) ? REFUSED[reason] : undefined
  return found === undefined ? undefined : ground(found, preset)
}
