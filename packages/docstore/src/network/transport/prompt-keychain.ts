import { NotFoundError } from '@libp2p/interface'
import { type Keychain, type KeychainComponents, keychain } from '@libp2p/keychain'

/**
 * libp2p's keychain, which says at once that it has no such key: by itself it waits for up to a second first, so that who guesses names learns nothing, and
 * every relay has none when it starts for the first time. Nobody from outside asks it.
 */
export function promptKeychain(components: KeychainComponents): Keychain {
  const chain = keychain()(components)
  const exportKey = chain.exportKey.bind(chain)
  chain.exportKey = async (name) => {
    const keys = await chain.listKeys()
    if (!keys.some((key) => key.name === name)) throw new NotFoundError(`There is no key ${name}`)
    return exportKey(name)
  }
  return chain
}
