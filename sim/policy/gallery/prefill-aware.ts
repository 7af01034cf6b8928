/**
 * Long prompts only where they are read fast: a Mac's prefill holds up everybody who shares its GPU, and twice as long on a chip
 * with half the FLOP/s. Short prompts go anywhere.
 */
import { definePolicy, real, whole } from '../../plug/index.ts'

export const prefillAware = definePolicy({
  name: 'prefill-aware',
  about: 'long prompts count by how slowly a Mac reads them',
  parameters: {
    long: whole(2_000, 'tokens from which a prompt is long', { min: 1, unit: 'tokens' }),
    weight: real(4, 'how many times over its prefill counts', { min: 0 }),
  },
  score(request, machine, { parameters }) {
    if (request.promptTokens < parameters.long) return machine.cost.cost_ms
    // Everybody who decodes there waits along.
    const readers = 1 + machine.running
    const read_ms = (request.promptTokens / machine.prefillTps) * 1_000
    return machine.cost.cost_ms + parameters.weight * readers * read_ms
  },
})
