/**
 * One model per Mac, as many Macs per model as its share of the last minute's demand: the isolation of pools without labels, and
 * re-dealt every minute. A model that nobody asks for keeps `floor` Macs.
 */
import { type BuildId, definePolicy, type ProviderId, real, whole } from '../../plug/index.ts'

const MINUTE = 60_000_000

export const demandShare = definePolicy({
  name: 'demand-share',
  about: 'one model per Mac, Macs dealt by share of demand each minute',
  parameters: {
    floor: whole(1, 'Macs each model keeps', { min: 0 }),
    every_min: real(1, 'minutes between deals', { min: 0.1, unit: 'min' }),
  },
  state: () => ({ dealtAt: -Infinity, holds: new Map<ProviderId, BuildId>() }),
  gauges: ['dealt'],
  filter(request, machine, view) {
    const { state, parameters } = view
    if (view.now - state.dealtAt >= parameters.every_min * MINUTE) {
      state.dealtAt = view.now
      const builds = [...new Set(view.providers.flatMap((provider) => provider.advertised))].sort()
      const need = builds.map((build) => view.demand(build).arrivalsPerSecond + view.demand(build).open)
      const all = need.reduce((sum, each) => sum + each, 0)
      const before = state.holds
      state.holds = new Map()
      // The neediest first; a Mac stays with what it had, then goes to what is resident there.
      const order = builds.map((_, i) => i).sort((a, b) => need[b]! - need[a]!)
      for (const i of all > 0 ? order : []) {
        const wanted = Math.max(parameters.floor, Math.round((need[i]! / all) * view.providers.length))
        const rank = (id: ProviderId, warm: boolean): number => (before.get(id) === builds[i] ? 0 : warm ? 1 : 2)
        view.providers
          .filter((provider) => !state.holds.has(provider.id) && provider.advertised.includes(builds[i]!))
          .map((provider) => ({ id: provider.id, rank: rank(provider.id, provider.warmModels.includes(builds[i]!)) }))
          .sort((a, b) => a.rank - b.rank || a.id - b.id)
          .slice(0, wanted)
          .forEach(({ id }) => state.holds.set(id, builds[i]!))
      }
      view.gauge('dealt', state.holds.size)
    }
    const held = state.holds.get(machine.id)
    return held === undefined || held === request.build || { allowed: false, why: `it was dealt to ${held}` }
  },
})
