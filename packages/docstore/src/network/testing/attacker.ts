import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { tcp } from '@libp2p/tcp'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Network } from '@p2p-docstore/core'
import { createLibp2p } from 'libp2p'
import { Admission } from '../admission/admission.ts'
import { commonOptions } from '../transport/libp2p-options.ts'
import { syncProtocol } from '../sync/streams.ts'

/** A peer that belongs to the network as far as anyone can see, and then does as it likes. */
export class Attacker {
  readonly libp2p: Libp2p
  readonly #protocol: string

  private constructor(libp2p: Libp2p, protocol: string) {
    this.libp2p = libp2p
    this.#protocol = protocol
  }

  static async start(network: Network, listen: readonly string[] = []): Promise<Attacker> {
    const protocol = syncProtocol(network.id)
    const key = await generateKeyPair('Ed25519')
    const meta = { getMeta: async () => undefined, setMeta: async () => undefined, listMeta: async () => [] }
    const admission = await Admission.open({ network, peer: peerIdFromPrivateKey(key).toString(), role: 'peer', meta })
    const options = await commonOptions(admission, key)
    const libp2p = await createLibp2p({ ...options, transports: [tcp()], addresses: { listen: [...listen] } })
    return new Attacker(libp2p, protocol)
  }

  /** Opens one more connection. */
  connect(target: readonly Multiaddr[]): Promise<Connection> {
    return this.libp2p.dial([...target], { force: true })
  }

  /** Opens a stream for sync, and sends these bytes. Closes it when the other side does. */
  async send(connection: Connection, bytes: Uint8Array): Promise<Stream> {
    const stream = await connection.newStream(this.#protocol, { maxOutboundStreams: 1000 })
    stream.addEventListener('remoteCloseWrite', () => void stream.close().catch(() => undefined))
    stream.send(bytes)
    return stream
  }
}

/** Resolves when a stream or connection has ended, whoever ended it. */
export async function ended(one: Pick<Stream, 'status'> & EventTarget): Promise<void> {
  if (one.status === 'open') await new Promise((resolve) => one.addEventListener('close', resolve, { once: true }))
}
