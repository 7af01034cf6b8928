/**
 * Text that stands for tokens. Nobody reads it: its length decides the work. Four bytes a token, which is what the
 * coordinator's own estimate divides by, so that both ends count the same.
 */
const BYTES_PER_TOKEN = 4

const WORDS = [
  'the',
  'sun',
  'and',
  'sea',
  'are',
  'old',
  'yet',
  'all',
  'men',
  'say',
  'how',
  'new',
  'day',
  'can',
  'set',
  'out',
]

/** One token, four bytes. The same place gives the same word. */
export const fillerToken = (place: number): string => `${WORDS[place % WORDS.length]!} `

export function fillerText(tokens: number): string {
  const round = WORDS.length
  const whole = Math.floor(tokens / round)
  const lines =
    whole === 0
      ? ''
      : WORDS.map((_, place) => fillerToken(place))
          .join('')
          .repeat(whole)
  let rest = ''
  for (let place = 0; place < tokens % round; place++) rest += fillerToken(place)
  return lines + rest
}

/** Of any text, as bytes of UTF-8; at least one, because a template adds its own. */
export const tokensOf = (bytes: number): number => Math.max(1, Math.ceil(bytes / BYTES_PER_TOKEN))
