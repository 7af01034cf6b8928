/**
 * `placement`: the successor PR 435. A controller gives each machine one model by an explicit assignment with an epoch.
 * A machine with an assignment serves that model only, and only once it has said that it is loaded; one without serves anybody.
 * Machines are moved by demand: the warm pool's targets and floors by priority, from idle surplus, after a dwell of 5 min.
 * A failed or stuck assignment keeps its machine and counts as capacity (the review finding), unless
 * WARM_POOL_PLACEMENT_COUNTS_FAILED is off. WARM_POOL_PLACEMENT_ENFORCE off is shadow mode; ASSIGNMENT_GATE_ENABLED off lifts the gate.
 */
import {
  type AssignmentView,
  definePolicy,
  type Micros,
  type PolicyContext,
  poolKeys,
  type PoolVerdict,
  routingBy,
} from '../plug/index.ts'
import { allocate } from './allocate.ts'

const GATE_OFF: PoolVerdict = { allowed: true, why: 'the assignment gate is off' }
const OWNER: PoolVerdict = { allowed: true, why: "owner's own traffic" }
const UNMANAGED: PoolVerdict = { allowed: true, why: 'unmanaged' }
const UNGATED: PoolVerdict = { allowed: true, why: 'assignments do not matter here' }

/** An assignment that makes no progress for so long is stuck: the reservation of its load has run out. */
const STUCK_AFTER = 120_000_000 as Micros

const isOfUse = ({ state, since }: AssignmentView, context: PolicyContext): boolean =>
  state === 'assigned' || (state !== 'failed' && context.now - since < STUCK_AFTER)

export const placement = definePolicy({
  name: 'placement',
  about: 'PR 435: explicit assignments with epochs, moved by demand',
  maxModelSlotsDefault: 3,
  refusesColdBesideBusy: false,
  test: routingBy('provider', ({ surface, provider, model, ownerBypass }, context) => {
    if (surface === 'assign') return { allowed: true, relabel: model, why: 'assigned' }
    if (ownerBypass) return OWNER
    if (surface === 'heartbeat' || surface === 'metrics_tick' || surface === 'desired_models') return UNGATED
    // Names are resolved structurally, as everywhere in June; exhaustion then answers 429.
    if (surface === 'resolve_alias') return UNGATED
    if (!context.assignmentGate) return GATE_OFF
    const assignment = context.assignment(provider.id)
    if (assignment === undefined) return UNMANAGED
    const why = `${assignment.state} ${assignment.model} (epoch ${assignment.epoch})`
    if (surface === 'mark_warm') return { allowed: assignment.model === model, why }
    return { allowed: assignment.model === model && assignment.state === 'assigned', why }
  }),
  poolKeys,
  exhausted(model, context) {
    if (!context.assignmentGate) return 0
    let capable = 0
    for (const provider of context.providers) {
      if (!provider.advertised.includes(model)) continue
      capable += 1
      const assignment = context.assignment(provider.id)
      const serves = assignment === undefined || (assignment.model === model && assignment.state === 'assigned')
      if (serves && context.routable(provider.id)) return 0
    }
    return capable
  },
  plan: (question, context) =>
    allocate(question, context.now, ({ provider }) => {
      const assignment = context.assignment(provider.id)
      if (assignment === undefined) return { model: '', counts: false, since: -Infinity }
      const counts = question.countsFailed || isOfUse(assignment, context)
      return { model: assignment.model, counts, since: assignment.assignedAt }
    }),
})
