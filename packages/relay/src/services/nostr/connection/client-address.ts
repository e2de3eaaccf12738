import type { IncomingMessage } from 'node:http'

/**
 * Address of who asks. What a proxy says in `X-Forwarded-For` is believed if the proxy is one of the operator's, and from right to left as long as what stands there is one, too:
 * whatever stands before that, the client may have written itself.
 */
export function clientAddress({ socket, headers }: IncomingMessage, proxies: readonly string[]): string {
  let address = plain(socket.remoteAddress ?? '')
  const forwarded = [headers['x-forwarded-for'] ?? []].flat().join(',').split(',')
  for (const hop of forwarded.toReversed()) {
    if (!proxies.includes(address)) return address
    const named = plain(hop.trim())
    if (named === '') return address
    address = named
  }
  return address
}

/** IPv4 addresses as they are usually written, whatever the socket. */
function plain(address: string): string {
  return address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '')
}
