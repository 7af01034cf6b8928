/** A policy to change: what `fleetlab policy new` writes, and the dashboard begins with. */

const FROM_PLUG = "from 'fleetlab/plug'"

export const policyText = (name: string): string => `/**
 * ${name}: what it is for, in a sentence.
 *
 * Every surface is optional; leave out what you do not need. They narrow what the coordinator would do: machines that a gate
 * refuses (trust, capability, memory, room) are never shown.
 */
import { definePolicy, whole } ${FROM_PLUG}

export default definePolicy({
  name: '${name}',
  about: 'one line for reports',
  // Set by --set policy.keep=3, by an arm's \`set\`, or by sweep --vary policy.keep=0,1,2,3.
  parameters: { keep: whole(1, 'Macs kept free of long prompts', { min: 0 }) },
  // Memory of a run, made anew for each.
  state: () => ({ refused: 0 }),
  // Sums and means of your own, in the result, the series and the dashboard.
  counters: ['kept_free'],

  // May this machine take the request? Asked about machines that passed every gate.
  filter(request, machine, view) {
    if (request.promptTokens < 2_000 || machine.pendingCount > 0) return true
    const free = view.providers.filter((provider) => provider.pendingCount === 0).length
    if (free > view.parameters.keep) return true
    view.state.refused += 1
    view.count('kept_free')
    return { allowed: false, why: \`only \${free} Macs are free\` }
  },

  // The price of a machine, ms, lower is better; \`machine.cost\` is the coordinator's, term by term.
  score: (_request, machine) => machine.cost.cost_ms,

  // Others: admit, pick, reserve, unreserve, retry, order, onOutcome, evict, test, plan.
})
`
