import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import { DocstoreError, errorMessage } from '@p2p-docstore/core'

/** How often the files are read, milliseconds: that works across links and network drives, where watching does not. */
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
}

/** Reads a certificate and its key. Throws `bad-certificate`. */
export async function readCertificate(files: CertificateFiles): Promise<Certificate> {
  try {
    const [cert, key] = await Promise.all([readFile(files.cert, 'utf8'), readFile(files.key, 'utf8')])
    // Throws where they do not belong together.
    createSecureContext({ cert, key })
    const { subjectAltName } = new X509Certificate(cert)
    return { cert, key, names: namesOf(subjectAltName) }
  } catch (cause) {
    throw new DocstoreError('bad-certificate', `The certificate ${files.cert} with the key ${files.key} cannot be used: ${errorMessage(cause)}`, {
      cause,
    })
  }
}

/** Calls back when the files hold something else: with the new certificate, or with why it cannot be used. Returns the way to stop. */
export function watchCertificate(
  files: CertificateFiles,
  current: Certificate,
  onChange: (certificate: Certificate) => void,
  onError: (error: unknown) => void,
): () => void {
  let last = current.cert + current.key
  let isLooking = false
  const look = async (): Promise<void> => {
    if (isLooking) return
    isLooking = true
    const found = await readCertificate(files).catch((error: unknown) => ({ error }))
    isLooking = false
    // The same fault is told once.
    const now = 'error' in found ? errorMessage(found.error) : found.cert + found.key
    if (now === last) return
    last = now
    if ('error' in found) onError(found.error)
    else onChange(found)
  }
  const timer = setInterval(() => void look(), WATCH_INTERVAL_MS)
  timer.unref()
  return () => clearInterval(timer)
}

/** `DNS:relay.example, IP Address:203.0.113.7` as a list. */
function namesOf(subjectAltName: string | undefined): readonly string[] {
  return (subjectAltName ?? '').split(', ').flatMap((entry) => /^(?:DNS|IP Address):(.+)$/.exec(entry)?.[1] ?? [])
}
