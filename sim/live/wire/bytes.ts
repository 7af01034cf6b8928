/** Bytes, text and base64. By way of Node's Buffer, which is some ten times as fast as what a browser offers. */

export const byteLength = (text: string): number => Buffer.byteLength(text)

export const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'utf8')

export const textOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')

export const toBase64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')

/** Standard base64 with its padding and nothing else; undefined: it is not. */
export function fromBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z\d+/]*={0,2}$/.test(text)) return undefined
  return Buffer.from(text, 'base64')
}
