/** Reading a trace. */
import { readFileSync } from 'node:fs'
import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { parseTraceFile } from '../../../sim/demand/recorded/trace-file.ts'

const HEADER = 'arrival_s,prompt_tokens,output_tokens'
const message = (text: string) => {
  const result = parseTraceFile('t.csv', text)
  return result.ok ? undefined : result.error[0]
}

describe('a trace file', () => {
  it('holds exact microseconds, from 0', () => {
    const result = parseTraceFile('t.csv', `${HEADER}\n0.1,1,2\n0.3,3,4\n4.314579,5,6\n`)
    expect(result).toEqual({
      ok: true,
      value: {
        path: 't.csv',
        arrivals: Float64Array.of(0, 200_000, 4_214_579),
        promptTokens: Int32Array.of(1, 3, 5),
        outputTokens: Int32Array.of(2, 4, 6),
        firstAt: 100_000,
        labels: undefined,
        labelOf: new Int32Array(0),
      },
    })
  })

  it('may come from Windows, without a last newline, and with a model column', () => {
    const result = parseTraceFile('t.csv', `\uFEFF${HEADER},model\r\n0,1,2,m01\r\n1,3,4,m02`)
    expect(result.ok && [...result.value.promptTokens]).toEqual([1, 3])
  })

  it('is refused without its header, without rows, and when it is one instant', () => {
    expect(message('0,1,2\n1,2,3\n')).toMatchObject({
      line: 1,
      message: `must start with a header that has \`${HEADER}\`, not \`0,1,2\`; \`fleetlab import\` makes a trace of other logs`,
    })
    expect(message(`${HEADER}\n0,1,2\n`)?.message).toBe('must hold at least two requests')
    expect(message(`${HEADER}\n5,1,2\n5,1,2\n`)?.message).toBe('must span more than one instant')
  })

  it('is refused for a broken time, with line and column', () => {
    for (const bad of ['-1', '1:30', '', 'x', '1..5', '99999999999']) {
      expect(message(`${HEADER}\n0,1,2\n${bad},1,2\n`)).toEqual({
        file: 't.csv',
        line: 3,
        column: 1,
        message: `arrival_s must be seconds, at most 9000000000, not \`${bad}\``,
      })
    }
  })

  it('is read as an import reads a log: separators, quotes, columns, order, decimals and blanks of others', () => {
    const plain = parseTraceFile('t.csv', `${HEADER}\n0.1,1,2\n0.3,3,4\n4.3145795,5,1\n`)
    const texts = [
      `${HEADER}\n0.100000000,1,2\n0.3,3,4\n4.314579500,5,0\n`,
      'arrival_s;prompt_tokens;output_tokens\n0,1;1;2\n0,3;3;4\n4,3145795;5;1\n',
      'id\toutput_tokens\tPrompt_Tokens\tarrival_s\na\t2\t1\t0.1\nb\t4\t3\t0.3\nc\t1\t5\t4.3145795\n',
      `${HEADER},note\n4.3145795,5,1,"a, b"\n0.1,1,2,"x\ny"\n\n0.3,3,4,""\n   \n`,
      `${HEADER}\n 1e-1 , 1.0 ,"2"\n0.3,3,4,,\n4.3145795,5,1\n`,
    ]
    for (const text of texts) expect(parseTraceFile('t.csv', text)).toEqual(plain)
    expect(plain.ok && [...plain.value.arrivals]).toEqual([0, 200_000, 4_214_580])
  })

  test.prop([fc.array(fc.nat(999_999_999), { minLength: 2, maxLength: 40 })])(
    'reads back any ascending times',
    (steps) => {
      let at = 0
      const times = [0, ...steps.map((step) => (at += step + 1))]
      const text = times.map((us) => `${Math.floor(us / 1e6)}.${String(us % 1e6).padStart(6, '0')},1,1`).join('\n')
      const result = parseTraceFile('t.csv', `${HEADER}\n${text}\n`)
      expect(result.ok && [...result.value.arrivals]).toEqual(times)
    },
  )

  it('is what the repository ships', () => {
    const shipped = [
      ['azure_conv_2023', 19_366, 3_501_721_937],
      ['mooncake_conversation', 12_031, 3_536_999_000],
      ['arena_27models', 1_500, 600_000_000],
    ] as const
    for (const [name, rows, span] of shipped) {
      const result = parseTraceFile(
        name,
        readFileSync(new URL(`../../../scenarios/traces/${name}.csv`, import.meta.url), 'utf8'),
      )
      expect(result.ok && [result.value.arrivals.length, result.value.arrivals.at(-1)]).toEqual([rows, span])
    }
  })
})
