import { networkInterfaces } from 'node:os'
import type { FastifyInstance } from 'fastify'
import { DocstoreError, errorCode, errorMessage, type Network } from '@p2p-docstore/core'
import { createDocstore, type Docstore, type DocstoreOptions, formatJoinLink, formatJoinText, readNetwork, webSocketAddress } from 'p2p-docstore'
import { DEFAULT_HOST, DEFAULT_MAX_BYTES, DEFAULT_PORT, type RelayOptions } from './config.ts'
import { createLog } from './log.ts'
import { BUILT_IN } from './services/built-in.ts'
import { chooseServices } from './services/choose-services.ts'
import type { Service } from './services/service.ts'
import { completeSettings } from './settings/setting.ts'
import { checkAdminKey } from './admin/admin-routes.ts'
import { readCertificate, watchCertificate } from './certificate.ts'
import { createHttp } from './http.ts'
import { listenAddress } from './listen-host.ts'
import { choosePorts, freePort } from './ports.ts'
import { certifiedOrigin, parsePublicUrl } from './public-origin.ts'
import { allAnswered, isHttps, setCertificate } from './web-server.ts'

/** What a relay says when it is ready. */
export interface RelayReady {
  readonly network: string
  readonly networkName: string
  readonly peer: string
  readonly identity: string
  /** URL of the page on this machine, and where others reach it. */
  readonly http: string
  readonly origin: string
  /** Link with which others join the network, and the text for terminals and programs. */
  readonly join: string
  readonly text: string
  readonly addresses: readonly string[]
}

/** A running relay. */
export interface Relay {
  readonly ready: RelayReady
  readonly store: Docstore
  /** Calls back when a peer is refused for a while, with what it did last. Returns the way to stop. */
  onRefusal(listener: (peer: string, misdeed: string) => void): () => void
  /** Calls back when somebody who came was not let in, with the stable name of the reason. Returns the way to stop. */
  onTurnedAway(listener: (peer: string, reason: string) => void): () => void
  /** Calls back when the files of the certificate have changed: with nothing, or with why they are not used. Returns the way to stop. */
  onCertificate(listener: (error: unknown) => void): () => void
  /** Ends connections, then closes the database. */
  close(): Promise<void>
}

/** What others are told of the services that run. Profiles are told by whoever keeps documents. */
function toldServices(services: readonly Service[]): readonly string[] {
  return services.flatMap(({ name }) => (name === 'storage' ? [name, 'profiles'] : [name]))
}

/** How often a relay begins anew whose free ports were taken by somebody else before it listened there. */
const PORT_ATTEMPTS = 3

/**
 * Starts a relay. Throws `bad-setting`, `service-failed`, `port-in-use`, `listen-failed`, `open-network`, `data-in-use`, `bad-certificate`, `bad-url`, `bad-host`, `bad-address`, `no-name-authority` and whatever
 * `createDocstore` throws.
 */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(options)
    } catch (error) {
      const code = errorCode(error)
      const isChosenHere = code === 'listen-failed' || (code === 'port-in-use' && options.port === 0)
      if (!isChosenHere || attempt >= PORT_ATTEMPTS) throw error
    }
  }
}

async function startOnce({
  data,
  port = DEFAULT_PORT,
  host: givenHost = DEFAULT_HOST,
  maxBytes,
  join: joinLink,
  inNetwork,
  networkName = 'my network',
  inviteOnly = false,
  names,
  tls,
  announce = [],
  publicUrl,
  adminKey,
  services: wanted,
  load = [],
  settings: given = {},
  log: logging,
  storage,
  placementTimes,
  database,
}: RelayOptions): Promise<Relay> {
  if (adminKey !== undefined) checkAdminKey(adminKey)
  const chosen = chooseServices(BUILT_IN, load, wanted)
  const foreign = Object.keys(given).find((name) => !chosen.some((one) => one.name === name))
  if (foreign !== undefined && ![...BUILT_IN, ...load].some(({ name }) => name === foreign))
    throw new DocstoreError('bad-setting', `There is no service ${JSON.stringify(foreign)} to set something for`)
  const settings = Object.fromEntries(chosen.map((one) => [one.name, completeSettings(one.settings ?? {}, given[one.name], `${one.name}.`)]))
  const fitting = (network: Network['descriptor']): readonly Service[] => chosen.filter((one) => one.fits?.(network) !== false)
  const log = createLog(logging)
  const opening = chosen.map((one) => one.open?.(settings[one.name] ?? {}, { log }) ?? {})
  const kept = storage ?? opening.map((one) => one.storage).find((one) => one !== undefined)
  if (kept === 'owned' && database !== undefined)
    throw new DocstoreError(
      'bad-setting',
      'storage.keeps: owned is for a relay with a database of its own: what one of several gave up would be gone from all. Use all',
    )
  const host = await listenAddress(givenHost)
  const certificate = tls && (await readCertificate(tls))
  // A certificate and the addresses for others name the port of the page, so it is chosen before there is a page.
  const httpPort = port === 0 ? await freePort(host) : port
  const origin = publicUrl === undefined ? certificate && certifiedOrigin(certificate, givenHost, httpPort) : parsePublicUrl(publicUrl)
  const family = host.includes(':') ? 'ip6' : 'ip4'
  const store = await createDocstore({
    data,
    role: 'relay',
    networkName,
    admission: inviteOnly ? 'invite' : 'open',
    ...(names === undefined ? {} : { names }),
    maxBytes: DEFAULT_MAX_BYTES,
    ...Object.assign({}, ...opening),
    limits: Object.assign({}, ...opening.map(({ limits = {} }) => limits)) as NonNullable<DocstoreOptions['limits']>,
    ...(maxBytes === undefined ? {} : { maxBytes }),
    ...(storage === undefined ? {} : { storage }),
    ...(placementTimes === undefined ? {} : { placementTimes }),
    services: (descriptor) => toldServices(fitting(descriptor)),
    ...(database === undefined ? {} : { database }),
    ...(joinLink === undefined ? {} : { join: joinLink }),
    ...(inNetwork === undefined ? {} : { inNetwork }),
    announce,
    alsoAnnounce: origin === undefined ? [] : [webSocketAddress(origin)],
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
    const network = readNetwork(store.info.network.descriptor)
    if (inviteOnly && network.descriptor.admission === 'open')
      throw new DocstoreError('open-network', `The network "${network.descriptor.name}" of this data is open, for good. Use another data folder`)
    if (names !== undefined && network.descriptor.names === undefined)
      throw new DocstoreError(
        'no-name-authority',
        `The network "${network.descriptor.name}" of this data has nobody who grants usernames, for good. Use another data folder`,
      )
    const services = fitting(network.descriptor)
    const told = toldServices(services)
    const { http, services: running } = await createHttp(store, { certificate, origin, adminKey, services, settings, told, log })
    const url = await listenHttp(http, host, httpPort)
    const shownOrigin = origin ?? outerOrigin(url, host)
    const limits = Object.assign({}, ...services.map((one) => one.limits?.(settings[one.name] ?? {}) ?? {})) as Record<string, number>
    await store.network?.describe({ origin: shownOrigin, services: told, limits })
    const renewals = new Set<(error: unknown) => void>()
    const renewed = (error?: unknown): void => renewals.forEach((listener) => listener(error))
    const unwatch = tls && certificate && watchCertificate(tls, certificate, (next) => renewed(setCertificate(http.server, next)), renewed)
    return {
      store,
      ready: {
        network: network.id,
        networkName: network.descriptor.name,
        peer: (await store.network?.peerId()) ?? '',
        identity: store.info.identity,
        http: url,
        origin: shownOrigin,
        join: formatJoinLink(shownOrigin, network),
        text: formatJoinText(shownOrigin, network),
        addresses: (await store.network?.addresses()) ?? [],
      },
      onRefusal: (listener) => store.libp2p?.services.doorkeeper.misconduct.onRefusal(listener) ?? (() => undefined),
      onTurnedAway: (listener) => store.libp2p?.services.doorkeeper.onTurnedAway(listener) ?? (() => undefined),
      onCertificate: (listener) => {
        renewals.add(listener)
        return () => renewals.delete(listener)
      },
      close: async () => {
        unwatch?.()
        await running.stop()
        // The server waits for all who are connected to its port. Peers are, and go with the store, which those who get an answer still need.
        const ends = await Promise.allSettled([http.close(), allAnswered(http.server).then(() => store.close())])
        for (const end of ends) if (end.status === 'rejected') throw end.reason
      },
    }
  } catch (error) {
    await store.close()
    throw error
  }
}

async function listenHttp(http: FastifyInstance, host: string, port: number): Promise<string> {
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
  return `${isHttps(http.server) ? 'https' : 'http'}://${shown}:${bound}`
}

/** The origin that others reach: where the relay listens on all addresses, the first one that is not this machine's alone. */
function outerOrigin(url: string, host: string): string {
  if (host !== '0.0.0.0' && host !== '::') return url
  const outer = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4')
  return outer === undefined ? url : url.replace(new URL(url).hostname, outer.address)
}
