/** One replication of a queue on the kernel alone. */
import { assert } from '../../base/assert.ts'
import { type Micros, MICROS_PER_SECOND } from '../../base/time.ts'
import { sampler } from '../../kernel/distributions.ts'
import { Kernel } from '../../kernel/kernel.ts'
import { RandomStreams } from '../../kernel/random.ts'
import type { Measure, QueueModel } from './queue-models.ts'
import { Station } from './station.ts'

/** Over `arrivals` requests after the first `warmup`. */
export function runStation(
  model: QueueModel,
  seed: number,
  warmup: number,
  arrivals: number,
): Readonly<Record<Measure, number>> {
  const kernel = new Kernel()
  const random = new RandomStreams(seed)
  const interarrivals = random.stream(`${model.id}/arrivals`)
  const services = random.stream(`${model.id}/services`)
  const drawGap = sampler({ kind: 'exponential', mean: MICROS_PER_SECOND / (model.rho * model.servers) })
  const drawWork = sampler(model.service)
  const station = new Station(kernel, {
    servers: model.servers,
    ...(model.capacity === undefined ? {} : { capacity: model.capacity }),
    arrivals: warmup + arrivals,
    warmup,
    drawInterarrival: () => Math.round(drawGap(interarrivals)),
    drawService: () => Math.round(drawWork(services) * MICROS_PER_SECOND),
  })
  kernel.runUntil(Infinity as Micros)
  assert(station.counted === arrivals, 'validate: every counted arrival was generated')
  assert(station.served + station.blocked === station.counted, 'INV-1 every arrival has one outcome')
  return {
    mean_wait: station.waitTotal / station.served / MICROS_PER_SECOND,
    blocking: station.blocked / station.counted,
  }
}
