/**
 * Exponential draws without a logarithm: the ziggurat of Marsaglia and Tsang (Journal of Statistical Software 5, 2000),
 * which covers the density by 256 layers of equal area. One uniform picks a layer and a place in it, and 98.9 % of the
 * draws end there. About twice as fast as inversion, and arrival processes are where a simulation draws most.
 */
import { exp, ln } from '../base/math.ts'
import type { RandomStream } from './scheduler.ts'

const LAYERS = 256
/** Where the tail begins, and the area of a layer, for 256 layers: the solution of "the top layer ends at density 1". */
const TAIL = 7.69711747013105
const AREA = 0.003949659822581557

/** Right edges from the widest layer (whose edge stands for the tail's area too) up to 0, and the density there. */
const edge = new Float64Array(LAYERS + 1)
const density = new Float64Array(LAYERS + 1)
edge[0] = AREA / exp(-TAIL)
edge[1] = TAIL
for (let i = 2; i < LAYERS; i++) edge[i] = -ln(AREA / edge[i - 1]! + exp(-edge[i - 1]!))
edge[LAYERS] = 0
for (let i = 0; i <= LAYERS; i++) density[i] = exp(-edge[i]!)

/** One draw with mean 1. */
export function standardExponential(stream: RandomStream): number {
  // The tail of an exponential is the same exponential, shifted.
  let shift = 0
  for (;;) {
    const scaled = stream.uniform() * LAYERS
    const layer = scaled | 0
    // 45 of the 53 bits are left for the place within the layer.
    const x = (scaled - layer) * edge[layer]!
    if (x < edge[layer + 1]!) return shift + x
    if (layer === 0) shift += TAIL
    else if (density[layer]! + stream.uniform() * (density[layer + 1]! - density[layer]!) < exp(-x)) return shift + x
  }
}
