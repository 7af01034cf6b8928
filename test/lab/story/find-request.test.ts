/** The request somebody wants explained, found while the rows stream by. */
import { describe, expect, it } from 'vitest'
import { parseRequestQuestion, requestFinder } from '../../../sim/lab/story/find-request.ts'
import type { TraceRow } from '../../../sim/trace/row.ts'

const row = (fields: object): TraceRow => fields as unknown as TraceRow
const arrived = (request: number, at: number, model: string): TraceRow =>
  row({ kind: 'arrived', at, request, user: request, model, estimatedPromptTokens: 10, maxTokens: -1 })
const firstToken = (request: number, at: number): TraceRow => row({ kind: 'first_token', at, request, attempt: 0 })
const ended = (request: number, at: number, status: number): TraceRow =>
  row({ kind: 'ended', at, request, status, outcome: status === 200 ? 'served' : 'rejected', reason: '' })

const ROWS: readonly TraceRow[] = [
  arrived(0, 0, 'a'),
  arrived(1, 10, 'b'),
  firstToken(0, 50),
  arrived(2, 60, 'b'),
  ended(2, 61, 429),
  firstToken(1, 70),
  ended(1, 80, 200),
  arrived(3, 90, 'a'),
  ended(3, 91, 429),
  ended(0, 95, 200),
]

function find(text: string): number | undefined {
  const question = parseRequestQuestion(text)
  if (!question.ok) throw new Error(question.error)
  const finder = requestFinder(question.value)
  for (const entry of ROWS) finder.observe(entry)
  return finder.found()?.request
}

describe('finding the request to explain', () => {
  it.each([
    ['first-429', 2],
    ['first-429:a', 3],
    ['slowest', 1],
    ['slowest:a', 0],
    ['slowest:b', 1],
    ['3', 3],
    ['4', undefined],
    ['first-429:c', undefined],
  ])('answers %s', (text, request) => {
    expect(find(text)).toBe(request)
  })

  it.each(['last-429', 'first-429:', '-1', '1.5', '', 'slowest a'])(
    'refuses "%s" and says what would be right',
    (text) => {
      expect(parseRequestQuestion(text)).toMatchObject({
        ok: false,
        error: `must be a request number, first-429, first-429:MODEL, slowest or slowest:MODEL, not "${text}"`,
      })
    },
  )
})
