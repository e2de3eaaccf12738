import { networkInterfaces } from 'node:os'
import { DocstoreError, errorMessage } from '@p2p-docstore/core'
import { createDocstore, type Docstore, formatJoinLink, readNetwork } from 'p2p-docstore'
import { DEFAULT_HOST, DEFAULT_MAX_BYTES, DEFAULT_PORT, type RelayOptions } from './config.ts'
import { createHttp } from './http.ts'
import { choosePorts } from './ports.ts'

/** What a relay says when it is ready. */
export interface RelayReady {
  readonly network: string
  readonly networkName: string
  readonly peer: string
  readonly identity: string
  /** URL of the page. */
  readonly http: string
  /** Link with which others join the network. */
  readonly join: string
  readonly addresses: readonly string[]
}

/** A running relay. */
export interface Relay {
  readonly ready: RelayReady
  readonly store: Docstore
  /** Calls back when a peer is refused for a while, with what it did last. Returns the way to stop. */
  onRefusal(listener: (peer: string, misdeed: string) => void): () => void
  /** Ends connections, then closes the database. */
  close(): Promise<void>
}

/** Starts a relay. Throws `port-in-use`, `data-in-use` and whatever `createDocstore` throws. */
export async function startRelay({
  data,
  port = DEFAULT_PORT,
  host = DEFAULT_HOST,
  maxBytes = DEFAULT_MAX_BYTES,
  join: joinLink,
  networkName = 'my network',
}: RelayOptions): Promise<Relay> {
  const family = host.includes(':') ? 'ip6' : 'ip4'
  const store = await createDocstore({
    data,
    role: 'relay',
    networkName,
    maxBytes,
    ...(joinLink === undefined ? {} : { join: joinLink }),
    listen: async (meta) => {
      const ports = await choosePorts(meta, host, port)
      return [
        `/${family}/${host}/tcp/${ports.tcp}`,
        `/${family}/${host}/tcp/${ports.webSocket}/ws`,
        `/${family}/${host}/udp/${ports.webRtcDirect}/webrtc-direct`,
      ]
    },
  })
  try {
    const http = await createHttp(store)
    const url = await listenHttp(http, host, port)
    const network = readNetwork(store.info.network.descriptor)
    return {
      store,
      ready: {
        network: network.id,
        networkName: network.descriptor.name,
        peer: (await store.network?.peerId()) ?? '',
        identity: store.info.identity,
        http: url,
        join: formatJoinLink(joinOrigin(url, host), network),
        addresses: (await store.network?.addresses()) ?? [],
      },
      onRefusal: (listener) => store.libp2p?.services.doorkeeper.misconduct.onRefusal(listener) ?? (() => undefined),
      close: async () => {
        try {
          await http.close()
        } finally {
          await store.close()
        }
      },
    }
  } catch (error) {
    await store.close()
    throw error
  }
}

async function listenHttp(http: Awaited<ReturnType<typeof createHttp>>, host: string, port: number): Promise<string> {
  try {
    await http.listen({ port, host })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'EADDRINUSE')
      throw new DocstoreError('port-in-use', `Port ${port} is in use. Stop what uses it, or choose another with --port`, { cause: error })
    if (code === 'EACCES')
      throw new DocstoreError('port-not-allowed', `Port ${port} needs special rights. Choose one above 1023 with --port`, { cause: error })
    throw new DocstoreError('listen-failed', `The relay cannot listen on ${host}:${port} (${errorMessage(error)})`, { cause: error })
  }
  const address = http.server.address()
  const bound = typeof address === 'object' && address !== null ? address.port : port
  // A browser cannot open "all addresses"; on this machine the loopback one is meant.
  const shown = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host
  return `http://${shown}:${bound}`
}

/** The origin that others reach: where the relay listens on all addresses, the first one that is not this machine's alone. */
function joinOrigin(url: string, host: string): string {
  if (host !== '0.0.0.0' && host !== '::') return url
  const outer = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4')
  return outer === undefined ? url : `http://${outer.address}:${new URL(url).port}`
}
