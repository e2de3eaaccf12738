import { lookup } from 'node:dns/promises'
import { rangeOfHost } from '../../network/transport/index.ts'

/** Whether a host is a public one, and so are all addresses that its name has now. */
export async function isPublicHost(host: string): Promise<boolean> {
  if (rangeOfHost(host) !== 'public') return false
  try {
    const addresses = await lookup(host, { all: true })
    return addresses.length > 0 && addresses.every(({ address }) => rangeOfHost(address) === 'public')
  } catch {
    // It leads nowhere: asking it shows that.
    return true
  }
}
