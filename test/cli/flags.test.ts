/** Values of options: what is taken, and what is refused with what would be right. */
import { describe, expect, it } from 'vitest'
import { instantFlag, jobsFlag, policiesFlag, seedFlag, seedsFlag, setFlag, varyFlag } from '../../sim/cli/flags.ts'
import { drawBar, formatRemaining, startProgress, watchesProgress } from '../../sim/cli/output/progress.ts'
import { shellLine } from '../../sim/cli/session.ts'
import { wantsColour } from '../../sim/cli/output/console.ts'

describe('--seed', () => {
  it('takes whole numbers up to 2^53 - 1', () => {
    expect(seedFlag('0')).toBe(0)
    expect(seedFlag('9007199254740991')).toBe(9007199254740991)
  })

  it.each(['9007199254740992', '-1', '1.0', '1e3', '0x10', '', ' 1', '٣'])('refuses "%s"', (text) => {
    expect(() => seedFlag(text)).toThrow(`It must be a whole number from 0 to 9007199254740991, not "${text}".`)
  })
})

describe('--state-at', () => {
  it.each([
    ['843s', 843],
    ['14m3s', 843],
    ['14:03', 843],
    ['0:30.25', 30.25],
    ['75:00', 4_500],
    ['1:14:03', 4_443],
    ['0', 0],
  ])('takes "%s" as %d seconds of the run', (text, seconds) => {
    expect(instantFlag(text, [])).toEqual([{ at: seconds * 1e6, text }])
  })

  it.each([
    '843',
    '14:3',
    '14:60',
    '1:60:00',
    '-1s',
    ':30',
    '14:03:',
    '1:1:14:03',
    'noon',
    '',
    ' 1s',
    '1e3s',
    '9'.repeat(30) + 'h',
  ])('refuses "%s"', (text) => {
    expect(() => instantFlag(text, [])).toThrow('It must be a time of the run such as 843s, 14m3s, 14:03')
  })

  it('collects several, each time once', () => {
    const first = instantFlag('14:03', [])
    expect(instantFlag('20m', first).map(({ at }) => at)).toEqual([843e6, 1_200e6])
    expect(() => instantFlag('843s', first)).toThrow('It is the same time as 14:03; give it once.')
  })
})

describe('--seeds', () => {
  it('takes ranges and single seeds in the order written', () => {
    expect(seedsFlag('8-10,3')).toEqual([8, 9, 10, 3])
  })

  it.each(['3-1', '1,1', '1-3,2', '', '1-', 'a', '1-10001', '1..3'])('refuses "%s"', (text) => {
    expect(() => seedsFlag(text)).toThrow('It must be seeds such as 1-10 or 1,2,5, each once and at most 10,000')
  })
})

describe('--jobs', () => {
  it.each(['0', '257', '1.5', 'two', '-1'])('refuses "%s"', (text) => {
    expect(() => jobsFlag(text)).toThrow(`It must be a whole number from 1 to 256, not "${text}".`)
  })
})

describe('--policies', () => {
  it('takes names and paths between commas', () => {
    expect(policiesFlag('open, ./mine.ts')).toEqual(['open', './mine.ts'])
  })

  it('refuses holes and repetitions', () => {
    expect(() => policiesFlag('open,,pools')).toThrow('It must be names or paths between commas')
    expect(() => policiesFlag('open,open')).toThrow('It names open twice.')
  })
})

describe('--set and --vary', () => {
  it('collect in the order written', () => {
    expect(setFlag('b=2', setFlag('a=1', []))).toEqual(['a=1', 'b=2'])
    expect(varyFlag('b=x', varyFlag('a=1,2', []))).toEqual([
      { path: 'a', values: ['1', '2'] },
      { path: 'b', values: ['x'] },
    ])
  })

  it('leave commas inside lists, maps and quotes alone', () => {
    expect(varyFlag('mix={a: 1%, b: 99%},[1,2],"x,y"', [])[0]!.values).toEqual(['{a: 1%, b: 99%}', '[1,2]', '"x,y"'])
  })

  it.each(['a', '=1'])('refuse "%s"', (text) => {
    expect(() => setFlag(text, [])).toThrow('It must be path=value')
    expect(() => varyFlag(text, [])).toThrow('It must be path=value,value')
  })

  it('refuse an axis or a value that comes twice', () => {
    expect(() => varyFlag('a=1', [{ path: 'a', values: ['2'] }])).toThrow('It varies a twice')
    expect(() => varyFlag('a=1,1', [])).toThrow('It gives a the same value twice.')
  })
})

describe('colour', () => {
  it.each([
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [true, { CI: 'true' }, false],
    [true, { TERM: 'dumb' }, false],
    [false, { FORCE_COLOR: '1' }, true],
    [true, { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
  ])('with a terminal: %s and %o is %s', (isTTY, environment, wanted) => {
    expect(wantsColour(isTTY, environment)).toBe(wanted)
  })
})

const terminal = (isTTY: boolean) => {
  const written: string[] = []
  return { written, target: { isTTY, columns: 80, write: (text: string) => void written.push(text) } }
}

describe('progress', () => {
  it('is for a terminal that somebody watches', () => {
    const { target } = terminal(true)
    expect(watchesProgress(target, {})).toBe(true)
    expect(watchesProgress(target, { CI: '1' })).toBe(false)
    expect(watchesProgress(terminal(false).target, {})).toBe(false)
  })

  it('writes nothing when nobody watches', () => {
    const { target, written } = terminal(false)
    const progress = startProgress('run', target, false, () => 0)
    progress.update(0.5)
    progress.end()
    expect(written).toEqual([])
  })

  it('estimates what is left once it knows enough', () => {
    expect(drawBar('run', 0.25, 100)).toBe('run ██████░░░░░░░░░░░░░░░░░░  25 %')
    expect(drawBar('run', 0.25, 30_000)).toBe('run ██████░░░░░░░░░░░░░░░░░░  25 %  1:30 left')
    expect(formatRemaining(12.1)).toBe('13 s')
  })

  it('redraws at most every tenth of a second and leaves an empty line', () => {
    const { target, written } = terminal(true)
    let now = 0
    const progress = startProgress('run', target, true, () => now)
    for (now = 0; now < 300; now += 10) progress.update(now / 1000)
    progress.end()
    expect(written).toHaveLength(4)
    expect(written.at(-1)).toBe('\r\u001B[K')
  })
})

describe('a command to type again', () => {
  it('quotes what a shell would take apart', () => {
    expect(shellLine(['run', 'a b.yaml', "--set=x='1'", 'models["m"]'])).toBe(
      String.raw`run 'a b.yaml' '--set=x='\''1'\''' 'models["m"]'`,
    )
  })
})
