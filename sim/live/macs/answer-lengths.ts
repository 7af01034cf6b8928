/**
 * How long a Mac's answer is when the client has not said so: drawn from the lengths of the scenario's own demand for that
 * model, else of its first stream. Requests come in an order that no seed decides, so which request gets which length is
 * not the same twice; the lengths are.
 */
import { must } from '../../base/assert.ts'
import { redrawnLengths } from '../../demand/content/lengths.ts'
import { Recordings } from '../../demand/recorded/recordings.ts'
import type { RandomSource, RandomStream } from '../../kernel/scheduler.ts'
import { askedNames, type LoadedScenario } from '../../scenario/index.ts'

interface Stream {
  readonly models: ReadonlySet<string>
  draw(): number
}

export class AnswerLengths {
  readonly #streams: readonly Stream[]

  constructor({ scenario, traces }: LoadedScenario, random: RandomSource) {
    const recordings = new Recordings(traces)
    this.#streams = scenario.demand.map((stream, place) => {
      const models = new Set(askedNames([stream], traces))
      const name = `live/answers/${place}`
      if ('requests' in stream) return { models, draw: listed(stream.requests, random.stream(name)) }
      const source = redrawnLengths(stream, recordings, random, name)
      return {
        models,
        draw() {
          source.draw(0)
          return source.outputTokens
        },
      }
    })
  }

  /** `names`: those under which a request may have asked, alias and build. */
  draw(names: readonly string[]): number {
    const asked = this.#streams.find(({ models }) => names.some((name) => models.has(name)))
    return (asked ?? must(this.#streams[0], 'live: a scenario has demand')).draw()
  }
}

const listed = (requests: readonly { readonly output: number }[], stream: RandomStream) => (): number =>
  requests[stream.below(requests.length)]!.output
