import { isIP } from 'node:net'
import { DocstoreError } from '@p2p-docstore/core'
import type { Certificate } from './certificate.ts'

/** Reads what an operator says that others type into their browsers. Throws `bad-url`. */
export function parsePublicUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:') || url.href !== `${url.origin}/`) {
    throw new DocstoreError('bad-url', `${JSON.stringify(text)} is not the origin of a page. It looks like https://relay.example, without a path`)
  }
  return url.origin
}

/** The origin that a certificate vouches for: that of the address listened on, else of its first name. */
export function certifiedOrigin({ names }: Certificate, host: string, port: number): string | undefined {
  const name = names.find((one) => one === host) ?? names.find((one) => !one.startsWith('*'))
  return name === undefined ? undefined : new URL(`https://${isIP(name) === 6 ? `[${name}]` : name}:${port}`).origin
}
