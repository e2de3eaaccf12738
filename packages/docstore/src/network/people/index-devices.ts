export { DevicePairing } from './device-pairing.ts'
