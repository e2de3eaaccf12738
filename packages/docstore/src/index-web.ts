export * from './exports.ts'
export { createDocstore, type DocstoreOptions } from './create-web.ts'
export type { PassphraseChange } from './people/change-lock.ts'
export { changePassphrase } from './people/change-passphrase-web.ts'
