/**
 * Text whose every character is seen. Names come from anywhere (scenarios, policies, logs), and some characters do
 * something instead of being shown: control characters drive a terminal, marks of direction turn the text after them round,
 * line ends begin lines that look like ours. They are written as their numbers. What joins letters or emoji stays.
 */

/** Controls, ends of lines, halves of characters; and what is invisible or turns text round. */
const UNSEEN = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u00AD\u061C\u200B\u200E\u200F\u202A-\u202E\u2060-\u2069\uFEFF\uFFF9-\uFFFB]/gu

const shown = (character: string): string => `\\u{${character.codePointAt(0)!.toString(16).toUpperCase()}}`

/** Of one line. */
export const visible = (text: string): string => text.replaceAll(UNSEEN, shown)

/** Of text that has lines and tabs of its own. */
export const visibleLines = (text: string): string =>
  text.replaceAll(UNSEEN, (character) => (character === '\n' || character === '\t' ? character : shown(character)))
