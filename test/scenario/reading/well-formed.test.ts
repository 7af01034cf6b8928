/** What YAML allows and a scenario does not, each with its place; and what works although it is rarely used. */
import { describe, expect, it } from 'vitest'
import { GOOD, loaded, problems } from '../world.ts'

const changed = (from: string, to: string): string => {
  expect(GOOD).toContain(from)
  return GOOD.replace(from, to)
}
const bomb = [
  'a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]',
  ...Array.from({ length: 8 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i}, `.repeat(9)}*a${i}]`),
].join('\n')
const MODELS = 'models: [gpt-oss-20b'

describe('a file that is refused with the place', () => {
  it.each([
    [
      'a list that holds itself',
      changed(MODELS, 'models: &m [*m, gpt-oss-20b'),
      's.yaml:4:13 `*m` is part of what it stands for',
    ],
    [
      'a map that holds itself',
      `coordinator: &c {WARM_POOL_MIN_WARM: *c}\n${GOOD}`,
      's.yaml:1:38 `*c` is part of what it stands for',
    ],
    ['an alias without an anchor', changed(MODELS, 'models: [*m'), 's.yaml:4:10 `*m` has no anchor `&m` before it'],
    [
      'aliases that multiply',
      `${bomb}\n${GOOD}`,
      's.yaml:7:9 grows to more than 5000000 values once its aliases are written out',
    ],
    [
      'an unknown tag',
      changed('duration: 10m', 'duration: !!tag 10m'),
      's.yaml:2:17 has the tag `!!tag`, which means nothing here; leave it away',
    ],
    [
      'a tag for bytes',
      changed('name: small', 'name: !!binary aGk='),
      's.yaml:1:16 has the tag `!!binary`, which means nothing here; leave it away',
    ],
    ['no number', `slo: {decode_tps: .nan}\n${GOOD}`, 's.yaml:1:19 `.nan` is no number that can be counted with'],
    [
      'a number beyond all',
      `slo: {decode_tps: 1e309}\n${GOOD}`,
      's.yaml:1:19 `1e309` is no number that can be counted with',
    ],
    [
      'a control character',
      changed('name: small', 'name: "sm\\u001B[31mall"'),
      's.yaml:1:7 holds the character U+001B, which is no text',
    ],
    [
      'half a character',
      changed('name: small', 'name: "sm\\uD800all"'),
      's.yaml:1:7 holds the character U+D800, which is no text',
    ],
    [
      'bytes that were no text',
      changed('name: small', 'name: sm\uFFFDall'),
      's.yaml:1:7 holds the character U+FFFD, which is no text; save it as UTF-8',
    ],
    [
      'a name over two lines',
      changed('name: small', 'name: "sm\\nall"'),
      's.yaml:1:7 name must not hold control characters',
    ],
    ['one key twice', `name: other\n${GOOD}`, 's.yaml:2:1 is not valid YAML: map keys must be unique'],
    [
      'one key twice, as a number and as text',
      `coordinator: {WARM_POOL_MIN_WARM: {1: 2, "1": 3}}\n${GOOD}`,
      's.yaml:1:42 `1` is there a second time',
    ],
    ['a list as a key', `? [a]\n: 1\n${GOOD}`, 's.yaml:1:3 is no key: keys are plain text'],
    ['two documents', `${GOOD}---\nname: other\n`, 'must hold one document only'],
    [
      'a hundred levels',
      `about: ${'['.repeat(100)}${']'.repeat(100)}\n${GOOD}`,
      's.yaml:1:72 is nested too deeply: 64 levels are the most',
    ],
  ])('%s', async (_name, text, message) => {
    expect((await problems(text)).join('\n')).toContain(message)
  })
})

const merged = (more: string): string =>
  changed(
    'fleet:\n',
    `fleet:\n  - &mac {id: a, machine: {chip: M4 Max 40c, memory: 64GB${more}}, advertises: [gpt-oss-20b]}\n  - {<<: *mac, id: b}\n`,
  )

describe('a merge key', () => {
  it('takes over what the map beside it does not say', async () => {
    const { scenario } = await loaded(merged(''))
    expect(scenario.machines.slice(0, 2).map(({ serial, chip }) => [serial, chip.name])).toEqual([
      ['a', 'M4 Max 40c'],
      ['b', 'M4 Max 40c'],
    ])
  })

  it('leads a complaint to where the value stands', async () => {
    const [, second] = await problems(merged(', cores: 9'))
    expect(second).toMatch(/^s\.yaml:\d+:\d+ fleet\[1\]\.machine\.cores is not a known key/)
  })

  it('is refused where it stands before something else than a map', async () => {
    const text = changed('fleet:\n', 'fleet:\n  - {<<: 3, id: b}\n')
    expect((await problems(text)).join('\n')).toContain('`<<` must be a map, an alias of one, or a list of those')
  })
})

it('uses one anchor as often as it likes', async () => {
  const macs = Array.from({ length: 300 }, (_, i) => `  - {id: m${i}, machine: *mac, advertises: [gpt-oss-20b]}\n`)
  const first = '  - {id: m, machine: &mac {chip: M4 Max 40c, memory: 64GB}, advertises: [gpt-oss-20b]}\n'
  const { scenario } = await loaded(changed('fleet:\n', `fleet:\n${first}${macs.join('')}`))
  expect(scenario.machines.length).toBeGreaterThan(300)
})
