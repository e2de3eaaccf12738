export { type DomainProof, DomainProofs, type DomainProofsInit } from './domain-proof.ts'
