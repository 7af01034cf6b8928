/** JUnit XML: read back by a small strict reader, because well-formed is not something a snapshot can show. */
import { describe, expect, it } from 'vitest'
import type { CheckResult } from '../../sim/lab/check.ts'
import { formatCheck } from '../../sim/report/check-text.ts'
import { escapeXml, formatJunit } from '../../sim/report/junit.ts'

const RESULT: CheckResult = {
  format: 'fleetlab.check/1',
  passed: false,
  meta: {},
  files: [
    {
      file: 'a & b.yaml',
      scenario: 'a<b',
      passed: false,
      seeds: [1, 2],
      problems: [],
      warnings: ['3 requests in flight'],
      expectations: [
        {
          metric: 'models["m"].goodput',
          policy: 'open',
          bound: { at_least: 0.5 },
          passed: true,
          value: 0.7,
          ci95: [0.6, 0.8],
        },
        {
          metric: 'models["m"].rate_429',
          policy: 'pools',
          bound: { at_most: 0.02 },
          passed: false,
          value: 0.04,
          ci95: null,
        },
        {
          row: 'relabel',
          where: { to: 'x' },
          policy: 'pools',
          bound: { at_least: 1 },
          passed: false,
          value: null,
          ci95: null,
          note: 'no data',
        },
        {
          metric: 'evictions',
          policy: 'pools',
          versus: 'open',
          bound: { improves_by: 0.1 },
          passed: true,
          value: 0.25,
          ci95: null,
        },
      ],
    },
    {
      file: 'broken.yaml',
      passed: false,
      seeds: [],
      expectations: [],
      warnings: [],
      problems: [
        { file: 'broken.yaml', line: 3, column: 5, path: 'duration', message: 'must be a duration, not `"10"`' },
      ],
    },
  ],
}

interface Element {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: Element[]
}

const ENTITY: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
const unescape = (text: string): string =>
  text.replaceAll(/&(?:#(\d+)|(\w+));/g, (_, code: string | undefined, name: string) =>
    code === undefined ? ENTITY[name]! : String.fromCodePoint(Number(code)),
  )

/** Elements, attributes and blanks are all that may occur; anything else throws. */
function readXml(text: string): Element {
  const root: Element = { name: '', attributes: new Map(), children: [] }
  const stack = [root]
  const token = /\s+|<\?xml [^?]*\?>|<\/(\w+)>|<(\w+)((?: \w+="[^"<]*")*)(\/?)>/y
  while (token.lastIndex < text.length) {
    const at = token.lastIndex
    const match = token.exec(text)
    if (match === null) throw new Error(`not well-formed at ${text.slice(at, at + 40)}`)
    const [, closed, opened, attributes, empty] = match
    if (closed !== undefined && stack.pop()?.name !== closed) throw new Error(`</${closed}> closes nothing`)
    if (opened === undefined) continue
    const pairs = [...attributes!.matchAll(/ (\w+)="([^"]*)"/g)].map(([, name, value]): [string, string] => {
      if (/&(?!#\d+;|\w+;)/.test(value!)) throw new Error(`a bare & in ${value}`)
      return [name!, unescape(value!)]
    })
    const element: Element = { name: opened, attributes: new Map(pairs), children: [] }
    stack.at(-1)!.children.push(element)
    if (empty === '') stack.push(element)
  }
  if (stack.length !== 1) throw new Error('not everything is closed')
  return root.children[0]!
}

describe('JUnit XML', () => {
  const suites = readXml(formatJunit(RESULT))

  it('counts tests, failures and errors', () => {
    const { attributes } = suites
    expect([attributes.get('tests'), attributes.get('failures'), attributes.get('errors')]).toEqual(['5', '2', '1'])
    expect(suites.children.map((suite) => suite.attributes.get('name'))).toEqual(['a & b.yaml', 'broken.yaml'])
  })

  it('says of a failure what came out and what was wanted', () => {
    const failed = suites.children[0]!.children[1]!
    expect(failed.attributes.get('name')).toBe('models["m"].rate_429 under pools')
    expect(failed.children[0]!.attributes.get('message')).toBe('4.00 %, wanted at most 2.00 %')
  })

  it('makes an error of a file that could not be checked', () => {
    const error = suites.children[1]!.children[0]!.children[0]!
    expect(error.name).toBe('error')
    expect(error.attributes.get('message')).toBe('broken.yaml:3:5 duration must be a duration, not `"10"`')
  })

  it('escapes what XML gives a meaning and replaces what it cannot hold', () => {
    expect(escapeXml('<a b="c">&\'\n')).toBe('&lt;a b=&quot;c&quot;&gt;&amp;&apos;&#10;')
    expect(escapeXml('a\u0000b\u001Bc\uD800d\uFFFE')).toBe('a\uFFFDb\uFFFDc\uFFFDd\uFFFD')
    expect(escapeXml('Δ 😀')).toBe('Δ 😀')
  })
})

describe('the outcome of check as text', () => {
  it('looks like this', () => {
    expect(formatCheck(RESULT)).toMatchInlineSnapshot(`
      "FAIL  a & b.yaml  a<b  mean of 2 seeds
        ✓ models["m"].goodput under open: 70.00 ±10.00 %, wanted at least 50.00 %
        ✗ models["m"].rate_429 under pools: 4.00 %, wanted at most 2.00 %
        ✗ rows relabel with to=x under pools: no data, wanted at least 1
        ✓ evictions under pools, against open: 25.00 %, wanted better by 10.00 %
        warning: 3 requests in flight

      FAIL  broken.yaml
        error: broken.yaml:3:5 duration must be a duration, not \`"10"\`

      2 expectations met, 2 not met, 1 file could not be checked"
    `)
  })
})
