export { changePassphrase as changePassphraseOf, hasPassphrase } from './change-passphrase-web.ts'
export * from './names/index.ts'
export * from './pairing/index.ts'
