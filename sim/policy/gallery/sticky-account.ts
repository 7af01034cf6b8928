/**
 * An account's requests go where its last one was served, so that what they share (a system prompt, a conversation) may still be
 * in that Mac's cache; but not at any price.
 */
import { definePolicy, type ProviderId, real } from '../../plug/index.ts'

export const stickyAccount = definePolicy({
  name: 'sticky-account',
  about: 'an account stays on the Mac that served it last',
  parameters: { slack_s: real(5, 'how much dearer that Mac may be', { min: 0, unit: 's' }) },
  state: () => ({ lastOf: new Map<string, ProviderId>() }),
  counters: ['stayed', 'moved'],
  pick(request, candidates, _draw, view) {
    const home = view.state.lastOf.get(request.account)
    if (request.account === '' || home === undefined) return undefined
    const stay = candidates.find((candidate) => candidate.id === home)
    const own = candidates.find((candidate) => candidate.choice)!
    const isNear = stay !== undefined && stay.score - own.score <= view.parameters.slack_s * 1_000
    view.count(isNear ? 'stayed' : 'moved')
    return isNear ? stay : undefined
  },
  onOutcome(request, machine, { outcome }, view) {
    if (request.account !== '' && outcome === 'success') view.state.lastOf.set(request.account, machine.id)
  },
})
