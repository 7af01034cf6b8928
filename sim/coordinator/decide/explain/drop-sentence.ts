/** Why a provider was passed over, as one sentence with the numbers that decided. */
import { MICROS_PER_SECOND, type Micros } from '../../../base/time.ts'
import {
  COLD_HEADROOM_GB,
  committedTokens,
  kvGib,
  modelCap,
  modelLoad,
  orDefaultMaxTokens,
  paddedGib,
} from '../../view/capacity.ts'
import type { Drop } from '../decision.ts'
import type { Fleet } from '../fleet.ts'
import { TOOLS_VERSION_FLOOR } from '../gates.ts'
import { FOREVER, type Offer, type RoutingRequest } from '../../view/provider-record.ts'
import { ttftEstimate_ms } from '../ttft.ts'

export const tenths = (value: number): string => value.toFixed(1)
export const seconds = (millis: number): string => `${tenths(millis / 1_000)} s`
const remaining = (until: Micros, now: Micros): string =>
  until === FOREVER ? '' : ` for another ${tenths((until - now) / MICROS_PER_SECOND)} s`

export function dropSentence(fleet: Fleet, offer: Offer, request: RoutingRequest, drop: Drop, now: Micros): string {
  const { provider, build } = offer
  switch (drop) {
    case 'not_owned':
      return 'It does not belong to the account, which asked for its own machines only.'
    case 'not_listed':
      return `The request may only be served by ${request.serials?.join(' or ') ?? ''}.`
    case 'excluded':
      return 'It failed this request already, or is racing for it.'
    case 'catalog':
      return `It does not advertise ${build}.`
    case 'dedicated':
      return `${build} is of a dedicated family, and this machine advertises others too.`
    case 'load_cooldown':
      return `It could not load ${build} and is spared${remaining(offer.loadCooldownUntil, now)}.`
    case 'error_cooldown': {
      const shape = request.hasTools ? 'tools' : 'base'
      return `Requests of shape "${shape}" failed there; it is spared${remaining(offer.errorCooldownUntil[shape], now)}.`
    }
    case 'breaker':
      return `Its health breaker is open${remaining(provider.breakerOpenUntil, now)}.`
    case 'pool':
      return `The pool policy refuses it for ${build}: ${fleet.pool.lastWhy}.`
    case 'policy_filter': {
      const why = fleet.surfaces?.lastWhy ?? ''
      return `The policy's filter refuses it${why === '' ? '' : `: ${why}`}.`
    }
    case 'thermal':
      return 'Its thermal state is critical.'
    case 'status':
    case 'private_only':
    case 'trust':
    case 'runtime':
    case 'private_text':
    case 'challenge':
      return standingSentence(fleet, offer, drop)
    default:
      return abilitySentence(fleet, offer, request, drop)
  }
}

type Standing = 'status' | 'private_only' | 'trust' | 'runtime' | 'private_text' | 'challenge'

function standingSentence({ settings }: Fleet, { provider }: Offer, drop: Standing): string {
  switch (drop) {
    case 'status':
      return `It is ${provider.status}.`
    case 'private_only':
      return 'Its owner keeps it for private use.'
    case 'trust':
      return `Its trust level is ${provider.trust}; public requests need hardware.`
    case 'runtime':
      return 'Its runtime is not verified.'
    case 'private_text':
      return 'It may not handle private text: a key, encryption or attestation is missing.'
    case 'challenge':
      return `It answered no challenge within the last ${settings.CHALLENGE_FRESH / (60 * MICROS_PER_SECOND)} min.`
  }
}

type Ability =
  | 'template_broken'
  | 'tools_version'
  | 'vision'
  | 'slot_state'
  | 'headroom'
  | 'busy_other_slot'
  | 'too_large'
  | 'admission'
  | 'ttft'

function abilitySentence(fleet: Fleet, offer: Offer, request: RoutingRequest, drop: Ability): string {
  const { provider, build } = offer
  switch (drop) {
    case 'template_broken':
      return `Its copy of ${build} cannot render the chat template.`
    case 'tools_version':
      return `Tools need version ${TOOLS_VERSION_FLOOR}; it runs ${provider.version === '' ? 'an unknown version' : provider.version}.`
    case 'vision':
      return `The request has images, its copy of ${build} takes text only.`
    case 'slot_state':
      return `Its slot for ${build} is ${offer.state}.`
    case 'headroom':
      return (
        `No room for another request: ${modelLoad(offer)} of ${modelCap(offer)} on ${build}, ` +
        `${provider.pending.size} of ${provider.providerCap} pending in all.`
      )
    case 'busy_other_slot':
      return `${build} is not loaded there, and another model is busy.`
    case 'too_large':
      return `${build} does not fit: ${sizeNeed(offer)}, the machine has ${tenths(provider.totalMemory_gb)} GB.`
    case 'admission':
      return admissionSentence(offer, request)
    case 'ttft':
      return (
        `First token expected after ${seconds(ttftEstimate_ms(offer, Math.max(0, request.promptTokens), fleet.settings))}, ` +
        `the limit is ${seconds(request.maxTtft_ms)}.`
      )
  }
}

function sizeNeed({ catalog }: Offer): string {
  if (catalog === undefined) return 'its size is unknown'
  return catalog.minRam_gb > 0
    ? `it needs ${tenths(catalog.minRam_gb)} GB`
    : `it needs twice its ${tenths(catalog.size_gb)} GB`
}

/** Follows the branches of `admits` (§4.4). */
function admissionSentence(offer: Offer, request: RoutingRequest): string {
  const { report, provider } = offer
  const tokens = Math.max(0, request.promptTokens) + orDefaultMaxTokens(request.maxTokens)
  if (report.activeTokenBudgetMax > 0) {
    return (
      `Its token budget has no room: ${committedTokens(offer)} committed and ${tokens} asked for, ` +
      `of ${report.activeTokenBudgetMax}.`
    )
  }
  const size_gb = offer.catalog === undefined ? 0 : offer.catalog.size_gb
  const free_gb = provider.capacity?.freeForLoad_gb
  if (!offer.loaded && provider.pending.size === 0 && free_gb !== undefined) {
    return `Loading ${offer.build} takes ${tenths(paddedGib(size_gb))} GiB, it reports ${tenths(free_gb)} GiB free for that.`
  }
  const cold = !offer.loaded && provider.pending.size === 0
  const free = cold ? provider.totalMemory_gb - COLD_HEADROOM_GB : provider.totalMemory_gb - provider.gpuActive_gb
  const need = (offer.loaded ? 0 : size_gb) + kvGib(tokens)
  return `Memory: ${tenths(need)} GB needed for weights and KV, ${tenths(free)} GB free.`
}
