/**
 * HTML that cannot be broken by what stands in it: the one place where text becomes markup. A template's own words are markup,
 * everything put into it is text and is escaped, unless it is markup itself.
 */
import { visible } from '../../base/visible.ts'

/** Made by `html` and by nobody else. */
export class Markup {
  constructor(readonly text: string) {}
}

type Inserted = Markup | string | number | undefined | readonly Inserted[]

const ENTITIES: { readonly [character: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
}

const escaped = (text: string): string => visible(text).replaceAll(/[&<>"'`]/g, (character) => ENTITIES[character]!)

function inserted(value: Inserted): string {
  if (value === undefined) return ''
  if (value instanceof Markup) return value.text
  return typeof value === 'string' || typeof value === 'number' ? escaped(String(value)) : value.map(inserted).join('')
}

/** In attributes, values stand between double quotes. Undefined is nothing, a list is its members. */
export const html = (words: TemplateStringsArray, ...values: readonly Inserted[]): Markup =>
  new Markup(words.map((word, place) => word + inserted(values[place])).join(''))
