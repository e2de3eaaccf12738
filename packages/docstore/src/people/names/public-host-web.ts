import { rangeOfHost } from '../../network/transport/index.ts'

/** Whether a host may be a public one: browsers do not say where a name leads, and let no page read what machines around it answer. */
export async function isPublicHost(host: string): Promise<boolean> {
  return rangeOfHost(host) === 'public'
}
