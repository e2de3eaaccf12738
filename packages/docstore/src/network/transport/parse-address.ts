import { DocstoreError } from '@p2p-docstore/core'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'

/** The multiaddr that a text is. Throws `bad-address`. */
export function parseAddress(text: string): Multiaddr {
  try {
    return multiaddr(text)
  } catch (cause) {
    const [, name, port] = /^(?:\/ip[46]\/)?([a-z\d][a-z\d.-]*)(?::|\/tcp\/)(\d+)/i.exec(text) ?? [undefined, 'relay.example', '8081']
    throw new DocstoreError(
      'bad-address',
      `${JSON.stringify(text)} is not an address of libp2p. It looks like /ip4/203.0.113.7/tcp/8081, or with a name /dns/${name}/tcp/${port}`,
      { cause },
    )
  }
}
