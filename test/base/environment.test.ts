/** Values of environment files, read as the programs that own them read them. */
import { describe, expect, it } from 'vitest'
import { flagOf, listOf, mapOf, numberOf } from '../../sim/base/environment.ts'

describe('a flag', () => {
  it('is on for 1, t and true, off for 0, f and false, in the letters a strict parser takes', () => {
    for (const text of ['1', 't', 'T', 'true', 'True', 'TRUE']) expect(flagOf(text)).toBe(true)
    for (const text of ['0', 'f', 'F', 'false', 'False', 'FALSE']) expect(flagOf(text)).toBe(false)
    expect([flagOf(1), flagOf(0), flagOf(true)]).toEqual([true, false, true])
    for (const slip of ['on', 'off', 'yes', 'tRUE', '2', '', ' true']) expect(flagOf(slip)).toBeUndefined()
  })

  it('takes on, yes, off and no where its parser does', () => {
    expect(['on', 'YES', 'off', 'No', 'maybe'].map((text) => flagOf(text, 'on and off'))).toEqual([
      true,
      true,
      false,
      false,
      undefined,
    ])
  })
})

describe('a number', () => {
  it('is plain or with an exponent, and nothing else', () => {
    expect(['15', '0.8', '.5', '1e3', '-1'].map(numberOf)).toEqual([15, 0.8, 0.5, 1_000, -1])
    for (const slip of ['', '0x10', '1,5', 'NaN', 'Infinity', '5s']) expect(numberOf(slip)).toBeUndefined()
  })
})

describe('a list and a map', () => {
  it('are written between commas, blanks around entries do not count', () => {
    expect(listOf(' gemma-4, gpt-oss,,')).toEqual(['gemma-4', 'gpt-oss'])
    expect(mapOf('a=1, b = 2', '=')).toEqual({ a: '1', b: '2' })
    expect(mapOf('gpt-oss:1.3', ':')).toEqual({ 'gpt-oss': '1.3' })
    expect(mapOf('', '=')).toEqual({})
  })

  it('have no entries without a key or a value, and none twice', () => {
    for (const slip of ['a', '=1', 'a=', 'a=1,b', 'a=1,a=2']) expect(mapOf(slip, '=')).toBeUndefined()
  })
})
