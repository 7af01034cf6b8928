/** The twin's draws, by the samplers that a scenario of it would use. */
import { arrivalProcess } from '../demand/arrivals.ts'
import { arrivalsSchema } from '../demand/config.ts'
import { distributionOf, tokens } from '../demand/lengths.ts'
import { sampler } from '../kernel/distributions.ts'
import type { RandomStreams } from '../kernel/random.ts'
import type { ArrivalFit, TwinDraws } from './twin.ts'

export function twinDraws(fit: ArrivalFit, random: RandomStreams): TwinDraws {
  return {
    arrivals(twin) {
      const arrivals = arrivalsSchema.parse(
        fit.kind === 'poisson'
          ? { poisson: `${fit.rate_per_s}/s` }
          : { gamma: { rate: `${fit.rate_per_s}/s`, cv: fit.cv } },
      )
      const process = arrivalProcess(arrivals, new Map(), random, `import/twin-${twin}`)
      return () => process.next()
    },
    lengths(quantiles, name) {
      const draw = sampler(distributionOf({ quantiles: quantiles.map(([p, value]) => [p, value] as [number, number]) }))
      const stream = random.stream(`import/twin/${name}`)
      return () => tokens(draw(stream))
    },
  }
}
