/**
 * A written state answered: the fleet is brought to what the document describes, and its requests are asked one after the
 * other through the doors that a run's requests pass. There is no second implementation behind this.
 */
import type { BuildId, ProviderId, RequestId } from '../../base/ids.ts'
import { millisOf } from '../../base/time.ts'
import type { CoordinatorSettings } from '../config.ts'
import { answerOf, type Verdicts } from './answer.ts'
import type { DecideAnswer, DecideDocument, DecideRequest, DecideTick } from './format.ts'
import { decidedFleet, type DecideOptions } from './rebuilt-fleet.ts'
import { ticksOf } from './ticks.ts'
import type { Drop } from '../decide/decision.ts'
import type { ExplainNote } from '../decide/explain/explain-sink.ts'
import type { Fleet } from '../decide/fleet.ts'
import type { RoutingRequest } from '../view/provider-record.ts'
import { recheck } from '../decide/recheck.ts'
import { selectionSentence } from '../decide/explain/selection-sentence.ts'
import { ttftDeadline } from '../decide/ttft.ts'

export type { DecideOptions } from './rebuilt-fleet.ts'

export interface DecidedRequest {
  readonly answer: DecideAnswer
  /** Who holds the request from now on; null: nobody. */
  readonly reserved: number | null
  /** The quick check and the selection; empty unless explained. */
  readonly notes: readonly ExplainNote[]
}

export interface DecideOutcome {
  readonly requests: readonly DecidedRequest[]
  /** undefined: the document asks the warm pool nothing. */
  readonly ticks: readonly DecideTick[] | undefined
}

export function decide(document: DecideDocument, options: DecideOptions): DecideOutcome {
  const { fleet, ids } = decidedFleet(document, options)
  const names = document.aliases.map(({ name }) => name)
  const requests = document.requests.map((request, place): DecidedRequest => {
    const routing = routingOf(request, place as RequestId, options.settings)
    const verdicts: Verdicts | undefined = options.explained ? { preflight: [], selection: [] } : undefined
    const { answer, decision } = answerOf(fleet, routing, request.draw, names, verdicts)
    const { winner } = decision
    const failed = winner === undefined ? undefined : recheck(fleet, winner, routing, decision.failOpen)
    const chosen = winner === undefined || failed !== undefined ? null : Number(winner.provider.id)
    const reserved = request.reserved === undefined ? chosen : request.reserved
    const notes =
      verdicts === undefined ? [] : notesOf(fleet, routing, request.draw, { answer, decision, failed, verdicts })
    if (reserved !== null) {
      fleet.registry.addPending(fleet.registry.providers[reserved]!, {
        request: ids.next(),
        build: routing.build,
        promptTokens: routing.promptTokens,
        maxTokens: routing.maxTokens,
      })
    }
    return { answer, reserved, notes }
  })
  return { requests, ticks: document.events.length === 0 ? undefined : ticksOf(document, options) }
}

const routingOf = (request: DecideRequest, id: RequestId, settings: CoordinatorSettings): RoutingRequest => ({
  id,
  build: request.build as BuildId,
  promptTokens: request.prompt_tokens,
  maxTokens: request.max_tokens,
  hasTools: request.tools,
  requiresVision: request.vision,
  serials: request.serials ?? undefined,
  account: request.account ?? '',
  selfRouteOnly: request.route === 'self',
  preferOwner: request.route === 'prefer_owner',
  excluded: request.excluded as ProviderId[],
  avoidVersion: request.avoid_version ?? '',
  maxTtft_ms: request.max_ttft_ms ?? deadlineOf(request, settings),
  minDecodeTps: request.min_decode_tps ?? settings.MIN_DECODE_TPS,
  affinity: (request.affinity ?? -1) as ProviderId | -1,
})

const deadlineOf = ({ prompt_tokens, route }: DecideRequest, settings: CoordinatorSettings): number =>
  settings.TTFT_HARD_REJECT && route === 'public' ? millisOf(ttftDeadline(prompt_tokens, settings)) : 0

interface Outcome extends ReturnType<typeof answerOf> {
  readonly failed: Drop | undefined
  readonly verdicts: Verdicts
}

function notesOf(fleet: Fleet, routing: RoutingRequest, draw: number, outcome: Outcome): readonly ExplainNote[] {
  const { answer, decision, failed, verdicts } = outcome
  const { id, build } = routing
  if (id === -1) return []
  const { candidates, capacity, too_large } = answer.preflight
  const offer = failed === undefined ? decision.winner : undefined
  const base = { kind: 'decision', at: fleet.now(), request: id, build } as const
  return [
    {
      ...base,
      phase: 'preflight',
      outcome: candidates > 0 ? 'admitted' : 'none',
      provider: -1,
      breakdown: undefined,
      why: `Candidates: ${candidates}; without room: ${capacity}; too small: ${too_large}.`,
      verdicts: verdicts.preflight,
    },
    {
      ...base,
      phase: 'select',
      outcome: offer === undefined ? 'none' : 'selected',
      provider: offer?.provider.id ?? -1,
      breakdown: decision.breakdown,
      draw,
      ...(decision.winner !== undefined && { secondLook: failed ?? 'passed' }),
      why: selectionSentence(fleet, routing, decision, { offer, failed }),
      verdicts: verdicts.selection,
    },
  ]
}
