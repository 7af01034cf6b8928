/**
 * Keeps a few Macs free for one model: all others may use a free Mac only while more than `keep` of those that have the model are
 * free, and none where the model is at work. It then never waits behind somebody else's long answer.
 */
import { definePolicy, type ProviderId, text, whole } from '../../plug/index.ts'

export const reserveMacs = definePolicy({
  name: 'reserve-macs',
  about: 'keeps a few Macs free for one model',
  parameters: {
    keep: whole(2, 'Macs kept free', { min: 0 }),
    model: text('gemma-4-26b-qat-4bit', 'the build they are kept for'),
  },
  /** Macs where the model is at work, exactly and now: reports are seconds old. */
  state: () => ({ busyWith: new Map<ProviderId, number>() }),
  counters: ['kept_free'],
  filter(request, machine, view) {
    const { keep, model } = view.parameters
    const { busyWith } = view.state
    const hasModel = (builds: readonly string[]): boolean => builds.includes(model)
    if (request.build === model || !hasModel(machine.advertised)) return true
    if ((busyWith.get(machine.id) ?? 0) > 0) return { allowed: false, why: `${model} is at work there` }
    if (machine.pendingCount > 0) return true
    const free = view.providers.filter((other) => other.pendingCount === 0 && hasModel(other.advertised)).length
    if (free > keep) return true
    view.count('kept_free')
    return { allowed: false, why: `${free} of the Macs with ${model} are free, and ${keep} stay so` }
  },
  reserve(request, machine, { state: { busyWith }, parameters }) {
    if (request.build === parameters.model) busyWith.set(machine.id, (busyWith.get(machine.id) ?? 0) + 1)
  },
  unreserve(request, machine, { state: { busyWith }, parameters }) {
    if (request.build === parameters.model) busyWith.set(machine.id, (busyWith.get(machine.id) ?? 0) - 1)
  },
})
