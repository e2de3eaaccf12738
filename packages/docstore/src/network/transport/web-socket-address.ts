const IPV4 = /^\d{1,3}(\.\d{1,3}){3}$/

/** Where peers reach the port of a relay's page over WebSocket, by the page's origin: libp2p's addresses for it have no path. */
export function webSocketAddress(origin: string): string {
  const { protocol, hostname, port } = new URL(origin)
  const host = hostname.replace(/^\[|\]$/g, '')
  const kind = host.includes(':') ? 'ip6' : IPV4.test(host) ? 'ip4' : 'dns'
  const isSecure = protocol === 'https:'
  return `/${kind}/${host}/tcp/${port === '' ? (isSecure ? 443 : 80) : port}${isSecure ? '/tls/ws' : '/ws'}`
}
