/** JUnit XML: read back by a small strict reader, because well-formed is not something a snapshot can show. */
import { describe, expect, it } from 'vitest'
import type { CheckResult } from '../../../sim/lab/check/check-result.ts'
import { formatCheck } from '../../../sim/report/text/check/check-text.ts'
import { escapeXml, formatJunit } from '../../../sim/report/files/junit.ts'

const RESULT: CheckResult = {
  format: 'fleetlab.check/1',
  passed: false,
  left_out: [],
  not_run: [],
  meta: { wall_s: 3.5 },
  skipped: [{ file: 'base.yaml', why: 'has no `expect:`' }],
  files: [
    {
      file: 'a & b.yaml',
      scenario: 'a<b',
      verdict: 'failed',
      passed: false,
      meta: { wall_s: 2.4 },
      seeds: [1, 2],
      problems: [],
      assumed: [],
      warnings: ['3 requests in <flight>'],
      expectations: [
        {
          metric: 'models["m"].goodput',
          policy: 'open',
          entry: 0,
          file: 'a & b.yaml',
          line: 12,
          bound: { at_least: 0.5 },
          verdict: 'met',
          passed: true,
          value: 0.7,
          ci95: [0.6, 0.8],
        },
        {
          metric: 'models["m"].rate_429',
          policy: 'pools',
          entry: 1,
          file: 'a & b.yaml',
          line: 13,
          bound: { at_most: 0.02 },
          verdict: 'missed',
          passed: false,
          value: 0.04,
          ci95: null,
        },
        {
          row: 'relabel',
          where: { to: 'x' },
          policy: 'pools',
          entry: 2,
          file: 'base.yaml',
          line: 7,
          bound: { at_least: 1 },
          verdict: 'missed',
          passed: false,
          value: null,
          ci95: null,
          note: 'no data',
        },
        {
          metric: 'evictions',
          policy: 'pools',
          versus: 'open',
          entry: 3,
          file: 'a & b.yaml',
          bound: { improves_by: 0.1 },
          verdict: 'met',
          passed: true,
          value: 0.25,
          ci95: [0.15, 0.35],
        },
        {
          metric: 'models["m"].goodput',
          policy: 'pools',
          versus: 'open',
          entry: 4,
          file: 'a & b.yaml',
          line: 16,
          bound: { improves_by: 0.02 },
          verdict: 'inconclusive',
          passed: false,
          value: 1.39,
          ci95: [-0.66, 3.44],
          note: 'inconclusive at 95 % confidence: more seeds would tell',
        },
      ],
    },
    {
      file: 'broken.yaml',
      verdict: 'error',
      meta: {},
      passed: false,
      seeds: [],
      expectations: [],
      warnings: [],
      assumed: [],
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
  text: string
}

const ENTITY: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
const unescape = (text: string): string =>
  text.replaceAll(/&(?:#(\d+)|(\w+));/g, (_, code: string | undefined, name: string) =>
    code === undefined ? ENTITY[name]! : String.fromCodePoint(Number(code)),
  )

/** Elements, attributes, blanks and the text of an output are all that may occur; anything else throws. */
function readXml(text: string): Element {
  const root: Element = { name: '', attributes: new Map(), children: [], text: '' }
  const stack = [root]
  const token = /\s+|<\?xml [^?]*\?>|<\/([\w-]+)>|<([\w-]+)((?: \w+="[^"<]*")*)(\/?)>/y
  while (token.lastIndex < text.length) {
    const at = token.lastIndex
    const match = token.exec(text)
    const said = stack.at(-1)!.name === 'system-out' ? /[^<]+/y : undefined
    if (said !== undefined) said.lastIndex = at
    const words = said?.exec(text)?.[0]
    if (words !== undefined) {
      stack.at(-1)!.text = unescape(words)
      token.lastIndex = at + words.length
      continue
    }
    if (match === null) throw new Error(`not well-formed at ${text.slice(at, at + 40)}`)
    const [, closed, opened, attributes, empty] = match
    if (closed !== undefined && stack.pop()?.name !== closed) throw new Error(`</${closed}> closes nothing`)
    if (opened === undefined) continue
    const pairs = [...attributes!.matchAll(/ (\w+)="([^"]*)"/g)].map(([, name, value]): [string, string] => {
      if (/&(?!#\d+;|\w+;)/.test(value!)) throw new Error(`a bare & in ${value}`)
      return [name!, unescape(value!)]
    })
    const element: Element = { name: opened, attributes: new Map(pairs), children: [], text: '' }
    stack.at(-1)!.children.push(element)
    if (empty === '') stack.push(element)
  }
  if (stack.length !== 1) throw new Error('not everything is closed')
  return root.children[0]!
}

const casesOf = (suite: Element) => suite.children.filter(({ name }) => name === 'testcase')
const attributesOf = (element: Element) => Object.fromEntries(element.attributes)

describe('JUnit XML', () => {
  const suites = readXml(formatJunit(RESULT))

  it('says as output of a suite what its file warns of, and fails nothing by it', () => {
    const outputs = suites.children.map((suite) => suite.children.filter(({ name }) => name === 'system-out'))
    expect(outputs.map((each) => each.map(({ text }) => text))).toEqual([['warning: 3 requests in <flight>'], [], []])
  })

  it('counts tests, failures, errors and what was skipped', () => {
    expect(attributesOf(suites)).toEqual({
      name: 'fleetlab check',
      tests: '7',
      failures: '3',
      errors: '1',
      skipped: '1',
      time: '3.500',
    })
    expect(suites.children.map((suite) => suite.attributes.get('name'))).toEqual([
      'a & b.yaml',
      'broken.yaml',
      'base.yaml',
    ])
  })

  it('says of a failure what came out and what was wanted, where it is expected and how long it took', () => {
    const failed = suites.children[0]!.children[1]!
    expect(attributesOf(failed)).toEqual({
      classname: 'a & b.yaml',
      name: 'models["m"].rate_429 under pools, at most 2.00 %',
      file: 'a & b.yaml',
      line: '13',
      time: '0.480',
    })
    expect(attributesOf(failed.children[0]!)).toEqual({
      type: 'missed',
      message: '4.00 %, wanted at most 2.00 %',
    })
  })

  it('names the file that an expectation is inherited from', () => {
    expect(suites.children[0]!.children[2]!.attributes.get('file')).toBe('base.yaml')
  })

  it('tells what is inconclusive from what is missed', () => {
    expect(attributesOf(suites.children[0]!.children[4]!.children[0]!)).toEqual({
      type: 'inconclusive',
      message:
        '139.00 %, 95 % interval -66.00 % to 344.00 % (inconclusive at 95 % confidence: more seeds would tell), wanted better by 2.00 %',
    })
  })

  it('gives times whose sum is the suite’s', () => {
    const suite = suites.children[0]!
    expect(suite.attributes.get('time')).toBe('2.400')
    const sum = casesOf(suite).reduce((total, { attributes }) => total + Number(attributes.get('time')), 0)
    expect(sum).toBeCloseTo(2.4, 9)
  })

  it('makes an error of a file that could not be checked', () => {
    const error = suites.children[1]!.children[0]!
    expect(attributesOf(error)).toEqual({ classname: 'broken.yaml', name: 'runs', file: 'broken.yaml', line: '3' })
    expect(error.children[0]!.name).toBe('error')
    expect(error.children[0]!.attributes.get('message')).toBe('broken.yaml:3:5 duration must be a duration, not `"10"`')
  })

  it('names what was passed over', () => {
    const [skipped] = suites.children[2]!.children
    expect(skipped!.children[0]!.name).toBe('skipped')
    expect(skipped!.children[0]!.attributes.get('message')).toBe('has no `expect:`')
  })

  it('has no two cases of one name, whatever the expectations have in common', () => {
    const [file] = RESULT.files
    const [first] = file!.expectations
    const entries = [
      { ...first!, entry: 0 },
      { ...first!, entry: 1 },
      { ...first!, entry: 2, bound: { at_least: 0.50001 } },
      { ...first!, entry: 3, bound: { at_least: 0.50002 } },
      { ...first!, entry: 4, policy: 'pools' },
      { ...first!, entry: 5, confidence: 0.95 as const },
    ]
    const twin = { ...file!, expectations: entries }
    const twins = { ...RESULT, files: [twin, { ...twin, file: 'b.yaml' }] }
    const cases = readXml(formatJunit(twins)).children.flatMap(casesOf)
    const names = cases.map(({ attributes }) => `${attributes.get('classname')} ${attributes.get('name')}`)
    expect(new Set(names).size).toBe(13)
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
        ✓ models["m"].goodput under open: 70.00 [60.00, 80.00] %, wanted at least 50.00 %
        ✗ models["m"].rate_429 under pools: 4.00 %, wanted at most 2.00 %
        ✗ rows relabel with to=x under pools: no data, wanted at least 1
        ✓ evictions under pools, against open: 25.00 [15.00, 35.00] %, wanted better by 10.00 %
        ? models["m"].goodput under pools, against open: 139.00 %, 95 % interval -66.00 % to 344.00 % (inconclusive at 95 % confidence: more seeds would tell), wanted better by 2.00 %
        warning: 3 requests in <flight>

      FAIL  broken.yaml
        error: broken.yaml:3:5 duration must be a duration, not \`"10"\`

      skip  base.yaml  has no \`expect:\`

      2 expectations met, 2 not met, 1 inconclusive, 1 file could not be checked, 1 file skipped"
    `)
  })
})
