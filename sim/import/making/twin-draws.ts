/** The twin's draws, by the samplers that a scenario of it would use. */
import { arrivalProcess } from '../../demand/arrivals/arrivals.ts'
import type { OpenArrivals } from '../../demand/arrivals/config.ts'
import { lengthsInTokens } from '../../demand/content/distributions.ts'
import { tokens } from '../../demand/content/lengths.ts'
import { Recordings } from '../../demand/recorded/recordings.ts'
import { sampler } from '../../kernel/distributions.ts'
import type { RandomStreams } from '../../kernel/random.ts'
import type { Micros } from '../../base/time.ts'
import type { ArrivalFit, TwinDraws } from './twin.ts'

function arrivalsOf(fit: ArrivalFit): OpenArrivals {
  if (fit.kind === 'poisson') return { poisson: fit.rate_per_s }
  const { rate_per_s, sd, time_constant_s, cv } = fit
  return { cox: { rate: rate_per_s, sd, time_constant: (time_constant_s * 1e6) as Micros, cv } }
}

/** `horizon`: nobody asks for arrivals after it, microseconds. */
export function twinDraws(fit: ArrivalFit, horizon: number, random: RandomStreams): TwinDraws {
  return {
    arrivals(twin) {
      const name = `import/twin-${twin}`
      const recordings = new Recordings(new Map())
      const process = arrivalProcess(arrivalsOf(fit), { recordings, random, name, horizon })
      return () => process.next()
    },
    lengths(quantiles, name) {
      const draw = sampler(
        lengthsInTokens({ quantiles: quantiles.map(([p, value]) => [p, value] as [number, number]) }),
      )
      const stream = random.stream(`import/twin/${name}`)
      return () => tokens(draw(stream))
    },
  }
}
