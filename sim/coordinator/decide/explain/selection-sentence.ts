/** What a selection came to, in one sentence with its numbers. */
import type { Decision, Drop } from '../decision.ts'
import { dropSentence } from './drop-sentence.ts'
import type { Fleet } from '../fleet.ts'
import type { Offer, RoutingRequest } from '../../view/provider-record.ts'

interface Ending {
  /** The machine that now holds the request. */
  readonly offer: Offer | undefined
  /** What the chosen machine failed at the second look. */
  readonly failed: Drop | undefined
}

export function selectionSentence(
  fleet: Fleet,
  routing: RoutingRequest,
  decision: Decision,
  { offer, failed }: Ending,
): string {
  const { candidates, capacity, failOpen, nearTies, tooLarge, ttft, winner } = decision
  if (offer !== undefined) {
    const how = failOpen ? ', found by ignoring the breakers' : ''
    const among =
      candidates === 1 ? 'the only candidate' : `one of ${candidates} candidates, ${nearTies} within the tie window`
    return `${offer.provider.serial}, ${among}${how}.`
  }
  if (winner === undefined || failed === undefined) {
    return `No candidate: ${capacity} without room, ${tooLarge} too small, ${ttft} too slow.`
  }
  const why = dropSentence(fleet, winner, routing, failed, fleet.now())
  return `${winner.provider.serial} was chosen, but did not pass the second look when it was to be reserved. ${why}`
}
