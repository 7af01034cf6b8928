/** Any timeline keeps the rules of Perfetto's format, and gives back what was put in. */
import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { PerfettoTrace, ROOT, type TimelineSpan } from '../../../sim/report/timeline/perfetto.ts'
import { readTrace } from './reader.ts'

const spans = fc.array(
  fc
    .tuple(
      fc.nat(60),
      fc.nat(20),
      fc.nat(100),
      fc.string(),
      fc.boolean(),
      fc.option(fc.integer({ min: 1, max: 2 ** 40 }), { nil: undefined }),
    )
    .map(([from, length, split, name, ends, flow]): TimelineSpan => {
      const to = from + length
      const middle = from + Math.floor((length * split) / 100)
      return {
        from,
        to,
        name,
        flow,
        notes: { length, share: length / 7, text: name, none: undefined },
        parts: [
          { from, to: middle, name: 'first' },
          { from: middle, to, name: 'second' },
        ],
        ending: ends ? { name: 'end' } : undefined,
      }
    }),
  { maxLength: 40 },
)

/** Each flow of its own, as a request has. */
const flowing = (given: readonly TimelineSpan[]): readonly TimelineSpan[] =>
  given.map((span, i) => (span.flow === undefined ? span : { ...span, flow: span.flow * 64 + i }))

const key = ({ from, to, name }: { readonly from: number; readonly to: number; readonly name: string }): string =>
  JSON.stringify([from, to, name])

describe('a Perfetto trace', () => {
  test.prop([spans], { numRuns: 150 })(
    'holds every span with its parts, name and notes, in lanes in which they nest',
    (given) => {
      const own = flowing(given)
      const trace = new PerfettoTrace()
      trace.spans(trace.group(ROOT, 'group'), 'track', own)
      const { tracks } = readTrace(trace.encode())
      const read = tracks.flatMap((track) => track.spans.filter(({ depth }) => depth === 0))
      expect(read.map(({ from, to, name }) => key({ from: from / 1e3, to: to / 1e3, name })).toSorted()).toEqual(
        own.map(key).toSorted(),
      )
      for (const { from, to, notes } of read)
        expect(notes).toMatchObject({ length: (to - from) / 1e3, share: (to - from) / 1e3 / 7 })
      const parts = tracks.flatMap((track) => track.spans.filter(({ depth }) => depth === 1))
      expect(parts.reduce((sum, { from, to }) => sum + to - from, 0)).toBe(
        read.reduce((sum, { from, to }) => sum + to - from, 0),
      )
      expect(tracks.slice(1).every(({ path }) => path.join('/') === 'group/track')).toBe(true)
    },
  )

  test.prop([spans], { numRuns: 100 })('takes no more lanes than overlap at once', (given) => {
    const trace = new PerfettoTrace()
    trace.spans(ROOT, 'track', flowing(given))
    const { tracks } = readTrace(trace.encode())
    const most = Math.max(
      0,
      ...given.map(({ from }) => given.filter((each) => each.from <= from && from < each.to).length),
    )
    const instants = given.some(({ from, to }) => from === to) ? 1 : 0
    expect(tracks.length).toBeLessThanOrEqual(most + instants)
  })

  it('writes a counter where it changes, with its unit', () => {
    const trace = new PerfettoTrace()
    trace.counter(ROOT, 'rate', 'tok/s', [
      { at: 0, value: 1.5 },
      { at: 5, value: 1.5 },
      { at: 7, value: 0 },
    ])
    const [track] = readTrace(trace.encode()).tracks
    expect(track).toMatchObject({
      path: ['rate'],
      unit: 'tok/s',
      points: [
        { at: 0, value: 1.5 },
        { at: 7_000, value: 0 },
      ],
    })
  })

  it('takes names as they are', () => {
    const trace = new PerfettoTrace()
    const name = '<img src=x onerror=alert(1)> \u202e\u0000\n| `[x](javascript:1)`'
    trace.marks(trace.group(ROOT, name), name, [{ at: 2 ** 44, name }])
    expect(readTrace(trace.encode()).tracks[1]).toMatchObject({
      path: [name, name],
      marks: [{ at: 2 ** 44 * 1_000, name }],
    })
  })

  it('refuses a span that ends before it begins, and a part outside of its span', () => {
    const trace = new PerfettoTrace()
    expect(() => trace.spans(ROOT, 't', [{ from: 2, to: 1, name: '' }])).toThrow(/ends before it begins/)
    const parts = [{ from: 0, to: 3, name: '' }]
    expect(() => trace.spans(ROOT, 't', [{ from: 0, to: 2, name: '', parts }])).toThrow(/lies outside/)
  })
})
