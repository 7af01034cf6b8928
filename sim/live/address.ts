/**
 * Addresses of this machine, and no others. Simulated Macs answer no attestation and pretend to none, so they belong before
 * a coordinator of one's own in development settings; and a load generator belongs before nobody else's server.
 */
import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import { fail, ok, type Problem, type Result } from '../base/result.ts'

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

export interface AddressRules {
  /** As on the command line. */
  readonly option: string
  /** `ws:` or `http:`. */
  readonly protocol: 'ws:' | 'http:'
  /** What would be right. */
  readonly example: string
}

const isLoopback = (address: string): boolean =>
  isIP(address) !== 0 && LOOPBACK.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')

/** A name is resolved, and has to lead to this machine wherever it leads. */
export async function loopbackUrl(text: string, { option, protocol, example }: AddressRules): Promise<Result<URL>> {
  const wrong = (message: string): Result<URL> => fail([{ message: `${option} ${text}: ${message}` } satisfies Problem])
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || url.hostname === '') return wrong(`is no address; write one such as ${example}`)
  if (url.protocol !== protocol) {
    return wrong(
      `begins with ${url.protocol}//; a coordinator in development settings speaks ${protocol}//, as in ${example}`,
    )
  }
  if (url.username !== '' || url.password !== '' || url.hash !== '')
    return wrong(`has parts that mean nothing here; write one such as ${example}`)
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const foreign = `is not an address of this machine; simulated Macs and clients go to localhost, 127.0.0.0/8 or [::1] only, as in ${example}`
  if (isIP(host) !== 0) return isLoopback(host) ? ok(url) : wrong(foreign)
  // No other name is asked for: what it leads to now it need not lead to when we connect.
  if (host !== 'localhost') return wrong(foreign)
  try {
    const addresses = await lookup(host, { all: true })
    return addresses.every(({ address }) => isLoopback(address)) ? ok(url) : wrong(foreign)
  } catch {
    return wrong(`localhost leads nowhere on this machine; write 127.0.0.1 instead`)
  }
}
