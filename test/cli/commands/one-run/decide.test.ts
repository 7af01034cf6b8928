/** `fleetlab decide`: tables, documents, comparisons, and how they end. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { EXIT } from '../../../../sim/cli/exit.ts'
import type { DecideDocument } from '../../../../sim/coordinator/document/format.ts'
import { fleetlab as inProcess } from '../../in-process.ts'

const RECORDED = join(import.meta.dirname, '..', '..', '..', 'conformance', 'recorded')
const lines = gunzipSync(readFileSync(join(RECORDED, 'states-rich.jsonl.gz')))
  .toString()
  .split('\n')
  .slice(0, 3)
const documents = lines.map((each) => JSON.parse(each) as DecideDocument)

let folder = ''
const inFolder = (name: string): string => join(folder, name)

async function fleetlab(...words: readonly string[]) {
  const { err, ...rest } = await inProcess(words)
  return { ...rest, err: err.trimEnd() }
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleetlab-decide-'))
  const changed = { ...documents[0]!, id: 'changed', answers: [{ ...documents[0]!.answers![0]!, warm: [5] }] }
  const files = {
    'one.json': JSON.stringify(documents[0], null, 2),
    'three.jsonl': lines.join('\n'),
    'zipped.jsonl.gz': gzipSync(lines.join('\n')),
    'cut.jsonl.gz': gzipSync(lines.join('\n')).subarray(0, 2_000),
    'damaged.gz': Buffer.from([0x1f, 0x8b, 1, 2, 3]),
    'changed.json': JSON.stringify(changed),
    'bare.json': JSON.stringify({ ...documents[0], answers: undefined, ticks: undefined }),
    'half.jsonl': lines.join('\n').slice(0, -50),
    'binary.json': Buffer.from([0xff, 0xfe, 0]),
  }
  for (const [name, content] of Object.entries(files)) writeFileSync(inFolder(name), content)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('fleetlab decide', () => {
  it('prints a table per request for people: who, at what cost, and why the others not', async () => {
    const { code, out } = await fleetlab('decide', inFolder('one.json'))
    expect(code).toBe(EXIT.good)
    expect(out).toMatch(/^rich-0: 8 machines, 1 request, policy open\n/)
    expect(out).toContain('request 1 of 1: gpt-oss-20b, prompt')
    expect(out).toMatch(/aliases +gemma → [\w-]+, oss → gpt-oss-20b, q → [\w-]+, none → none/)
    expect(out).toMatch(/selection of gpt-oss-20b: selected/)
    expect(out).toMatch(/S\d +[=~ ]*winner +\d/)
    expect(out).toMatch(/outcome +S6; S6 holds it from here on, as recorded/)
  })

  it('with --json prints one document per state, one a line, as it would be recorded', async () => {
    for (const name of ['three.jsonl', 'zipped.jsonl.gz']) {
      const { code, out } = await fleetlab('decide', inFolder(name), '--json')
      const answered = out
        .trimEnd()
        .split('\n')
        .map((each) => JSON.parse(each) as DecideDocument)
      expect([code, answered.map(({ id }) => id)]).toEqual([EXIT.good, ['rich-0', 'rich-1', 'rich-2']])
      expect(answered.map(({ answers }) => answers)).toEqual(documents.map(({ answers }) => answers))
      // The same keys in the same order.
      expect(JSON.stringify(answered[0]!.answers)).toBe(JSON.stringify(documents[0]!.answers))
    }
  })

  it('reads standard input', async () => {
    const stdin = vi.spyOn(process, 'stdin', 'get').mockReturnValue(Readable.from([Buffer.from(lines[1]!)]) as never)
    const { out } = await fleetlab('decide', '-', '--json')
    stdin.mockRestore()
    expect((JSON.parse(out) as DecideDocument).id).toBe('rich-1')
  })

  it('with --compare ends with 0 where all agree and with 1 where any differs, and names the first', async () => {
    const same = await fleetlab('decide', inFolder('three.jsonl'), inFolder('one.json'), '--compare')
    expect([same.code, same.out]).toEqual([
      EXIT.good,
      expect.stringMatching(/4 states, [\d,]+ figures compared: all agree/),
    ])
    const other = await fleetlab('decide', inFolder('three.jsonl'), inFolder('changed.json'), '--compare')
    expect(other.code).toBe(EXIT.failed)
    expect(other.out).toMatch(/warm +\d+ +1 +changed answers\[0\]\.warm: recorded \[5\], ours \[\d/)
  })

  it('with --compare --json prints that table as the one document', async () => {
    const { code, out } = await fleetlab('decide', inFolder('changed.json'), '--compare', '--json')
    const table = JSON.parse(out) as { format: string; figures: { figure: string; different: number }[] }
    expect([code, table.format]).toEqual([EXIT.failed, 'fleetlab.decide-compare/1'])
    expect(table.figures.filter(({ different }) => different > 0).map(({ figure }) => figure)).toEqual(['warm'])
  })

  it('--set and --policy change what is decided', async () => {
    const words = ['decide', inFolder('three.jsonl'), '--compare', '--json'] as const
    const differing = async (...more: readonly string[]): Promise<readonly string[]> => {
      const { out } = await fleetlab(...words, ...more)
      const { figures } = JSON.parse(out) as { figures: { figure: string; different: number }[] }
      return figures.filter(({ different }) => different > 0).map(({ figure }) => figure)
    }
    expect(await differing('--set', 'coordinator.BATCH_SLOWDOWN=0.39')).toContain('machines.projected_decode_tps')
    expect(await differing('--policy', 'pools-afe8135')).toContain('machines.passes_gates')
  })

  const refused: readonly (readonly [what: string, words: readonly string[], message: RegExp])[] = [
    ['a missing file', ['nowhere.json'], /nowhere\.json does not exist$/],
    ['half a line', ['half.jsonl'], /half\.jsonl:3:\d+ is not valid JSON: it ends in the middle of a value$/],
    ['a cut gzip', ['cut.jsonl.gz'], /cut\.jsonl\.gz:\d+ is a gzip file that was cut off here$/],
    ['a damaged gzip', ['damaged.gz'], /damaged\.gz:1 is a damaged gzip file$/],
    ['what is no text', ['binary.json'], /binary\.json:1 is not UTF-8 text$/],
    ['a comparison with nothing', ['bare.json', '--compare'], /bare\.json:1 answers is missing; --compare holds/],
    ['an unknown policy', ['one.json', '--policy', 'nope'], /`nope` is no policy/],
  ]
  it.each(refused)(
    '%s is one message and exit code 2, and nothing on standard output',
    async (_, [name, ...more], message) => {
      const { code, out, err } = await fleetlab('decide', inFolder(name!), ...more)
      expect([code, out]).toEqual([EXIT.badInput, ''])
      expect(err).toMatch(message)
      expect(err.split('\n')).toHaveLength(1)
    },
  )
})
