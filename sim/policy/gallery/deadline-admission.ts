/**
 * Says no at the door to whoever would hear nothing in time: a request that is refused at once is served elsewhere, one that waits
 * beyond its deadline is a miss and held a Mac. The client is told to come back when it could work.
 */
import { definePolicy, real } from '../../plug/index.ts'

export const deadlineAdmission = definePolicy({
  name: 'deadline-admission',
  about: 'refuses at the door what would miss its first-token deadline',
  parameters: { share: real(1, 'of the deadline that the best estimate may take', { min: 0.1, max: 10 }) },
  counters: ['refused_late'],
  admit(request, view) {
    const { admits, bestTtft_ms, candidates } = request.verdict
    if (!admits) return 'admit'
    const limit_ms = (request.ttftDeadline / 1_000) * view.parameters.share
    // Nobody has room: it would wait, and nobody knows how long.
    const late_ms = candidates === 0 ? limit_ms : (bestTtft_ms ?? 0) - limit_ms
    if (late_ms <= 0) return 'admit'
    view.count('refused_late')
    const retryAfter_s = Math.min(30, Math.max(2, Math.ceil(late_ms / 1_000)))
    return { status: 429, reason: 'ttft_too_slow', retryAfter_s, why: `late by ${Math.round(late_ms)} ms` }
  },
})
