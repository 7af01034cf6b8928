/**
 * The recordings that a run replays. All streams of one recording begin at the same point of it and see the same times: what
 * came together then comes together now, whoever it is for.
 */
import { must } from '../../base/assert.ts'
import type { RandomSource } from '../../kernel/scheduler.ts'
import type { TraceArrivals } from '../arrivals/config.ts'
import { Replay, type Ring, ringOf } from './replay.ts'
import { startOffset } from './recording-clock.ts'
import type { TraceFile } from './trace-file.ts'

interface Recording {
  readonly trace: TraceFile
  /** Of each copy, as parts of a turn. */
  readonly rotations: number[]
  /** By resolution and speed. */
  readonly rings: Map<string, Ring>
}

export class Recordings {
  private readonly known = new Map<string, Recording>()

  /** By path, as streams name them. */
  constructor(private readonly traces: ReadonlyMap<string, TraceFile>) {}

  trace(path: string): TraceFile {
    return must(this.traces.get(path), `demand: the trace ${path} is not loaded`)
  }

  /** `name` is the random stream of this replay; what streams of a recording share comes from those of the first. */
  replay(arrivals: TraceArrivals, random: RandomSource, name: string): Replay {
    const recording = this.recording(arrivals.trace)
    const { load, stretch, start = 'rotate' } = arrivals
    const ring = this.ring(recording, arrivals, random, name)
    const from =
      start === 'rotate' ? undefined : must(startOffset(recording.trace, start), 'demand: starts outside the trace')
    return new Replay({
      ring,
      load: stretch ? 1 : load,
      start: from === undefined ? undefined : Math.round(from / (stretch ? load : 1)),
      rotations: recording.rotations,
      random,
      name,
    })
  }

  private ring(recording: Recording, arrivals: TraceArrivals, random: RandomSource, name: string): Ring {
    const { resolution, stretch, load } = arrivals
    const speed = stretch ? load : 1
    const key = `${resolution}/${speed}`
    const known = recording.rings.get(key)
    if (known !== undefined) return known
    const ring = ringOf(recording.trace, { speed, resolution }, random.stream(`${name}/ties`))
    recording.rings.set(key, ring)
    return ring
  }

  private recording(path: string): Recording {
    let recording = this.known.get(path)
    if (recording === undefined) {
      recording = { trace: this.trace(path), rotations: [], rings: new Map() }
      this.known.set(path, recording)
    }
    return recording
  }
}
