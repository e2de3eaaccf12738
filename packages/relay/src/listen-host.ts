import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { DocstoreError } from '@p2p-docstore/core'

/** The address to listen on: what is given, or what a name such as `localhost` stands for. Throws `bad-host`. */
export async function listenAddress(host: string): Promise<string> {
  // Addresses of URLs have brackets.
  const bare = host.replace(/^\[(.*)\]$/, '$1')
  if (isIP(bare) !== 0) return bare
  try {
    // Where a name stands for several, the one that everybody can reach.
    const all = await lookup(bare, { all: true })
    const found = all.find(({ family }) => family === 4) ?? all[0]
    if (found !== undefined) return found.address
  } catch (cause) {
    throw new DocstoreError(
      'bad-host',
      `${JSON.stringify(host)} is neither an address of this machine nor a name of one. Listen on 0.0.0.0 for all addresses, or on 127.0.0.1 for this machine alone`,
      { cause },
    )
  }
  throw new DocstoreError('bad-host', `The name ${JSON.stringify(host)} stands for no address. Listen on 0.0.0.0 for all of them`)
}
