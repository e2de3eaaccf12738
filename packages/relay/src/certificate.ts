import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { unwatchFile, watchFile } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { DocstoreError, errorMessage } from '@p2p-docstore/core'

/** How often the files are looked at, milliseconds. Looking works across links and network drives, which whoever renews certificates likes. */
const WATCH_INTERVAL_MS = 5000

/** Where a certificate and its key lie: PEM, the certificate with those between it and the authority. */
export interface CertificateFiles {
  readonly cert: string
  readonly key: string
}

/** A certificate that fits its key. */
export interface Certificate {
  readonly cert: string
  readonly key: string
  /** Host names and IP addresses that it is for. */
  readonly names: readonly string[]
  readonly expires: Date
}

/** Reads a certificate and its key. Throws `bad-certificate`. */
export async function readCertificate(files: CertificateFiles): Promise<Certificate> {
  try {
    const [cert, key] = await Promise.all([readFile(files.cert, 'utf8'), readFile(files.key, 'utf8')])
    // Throws where they do not belong together.
    createSecureContext({ cert, key })
    const { subjectAltName, validToDate } = new X509Certificate(cert)
    return { cert, key, names: namesOf(subjectAltName), expires: validToDate }
  } catch (cause) {
    throw new DocstoreError('bad-certificate', `The certificate ${files.cert} with the key ${files.key} cannot be used: ${errorMessage(cause)}`, {
      cause,
    })
  }
}

/** Calls back when the files have changed: with the new certificate, or with why it cannot be used. Returns the way to stop. */
export function watchCertificate(
  files: CertificateFiles,
  onChange: (certificate: Certificate) => void,
  onError: (error: unknown) => void,
  intervalMs: number = WATCH_INTERVAL_MS,
): () => void {
  // Two files change one after the other: the first reading may fail, the second one has both.
  const read = (): void => void readCertificate(files).then(onChange).catch(onError)
  for (const path of [files.cert, files.key]) watchFile(path, { interval: intervalMs, persistent: false }, read)
  return () => {
    for (const path of [files.cert, files.key]) unwatchFile(path, read)
  }
}

/** `DNS:relay.example, IP Address:203.0.113.7` as a list. */
function namesOf(subjectAltName: string | undefined): readonly string[] {
  return (subjectAltName ?? '').split(', ').flatMap((entry) => /^(?:DNS|IP Address):(.+)$/.exec(entry)?.[1] ?? [])
}
