import { DocstoreError, errorCode } from '@p2p-docstore/core'
import type { Context } from '../context.ts'
import { hiddenLine } from './hidden-line.ts'

/** Environment variables with the passphrase that opens the identity, and with the one that it is to have. */
const ENV = 'DOCSTORE_PASSPHRASE'
export const ENV_NEW = 'DOCSTORE_NEW_PASSPHRASE'

/**
 * Does some work with the passphrase of the environment; where that is missing and somebody sits at a terminal, asks for it and does the work again.
 * Whatever needs a passphrase says so before anything else.
 */
export async function withPassphrase<T>({ signal }: Pick<Context, 'signal'>, work: (passphrase: string | undefined) => Promise<T>): Promise<T> {
  const given = process.env[ENV]
  try {
    return await work(given)
  } catch (error) {
    if (errorCode(error) !== 'passphrase-needed' || given !== undefined || !process.stdin.isTTY) throw error
    const passphrase = await hiddenLine('Passphrase: ', signal)
    // What opens the data takes it from there, in this process and in those that it starts.
    process.env[ENV] = passphrase
    return work(passphrase)
  }
}

/** The passphrase that the identity is to have: of the environment, or typed twice. Throws `usage` where nobody can be asked. */
export async function askNewPassphrase({ signal }: Context): Promise<string> {
  const given = process.env[ENV_NEW]
  if (given !== undefined) return given
  if (!process.stdin.isTTY) throw new DocstoreError('usage', `There is no terminal to type a passphrase at. Give the new one in ${ENV_NEW}`)
  const passphrase = await hiddenLine('New passphrase: ', signal)
  if ((await hiddenLine('Once more: ', signal)) !== passphrase) throw new DocstoreError('usage', 'The two are not the same. Nothing was changed')
  return passphrase
}
