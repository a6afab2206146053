// Package gost signs and verifies with the Russian national algorithms: GOST
// R 34.10-2012 signatures over GOST R 34.11-2012 ("Streebog") digests. It is
// the front door of the packages below it: short calls for the portal's wire
// (raw signatures, the certificate hash, JWT), the Signer that everything that
// signs asks for, and making certificates for the embedded portal. Core
// packages, the portal client and the sandbox may import it; it imports no
// package of ours outside internal/gost but leaves.
//
// The rooms of the house:
//
//   - streebog: New256, New512, Sum256, Sum512.
//   - gost3410: Curve (CurveByName, CurveByOID), GenerateKey, PrivateKey
//     (a crypto.Signer), PublicKey.Verify; raw, PKCS#8 and
//     SubjectPublicKeyInfo encodings.
//   - cert: certificates, requests, chains, revocation lists.
//   - cms: detached and attached SignedData with CAdES-BES attributes,
//     streaming; a verification result that tells valid, invalid and cannot
//     tell apart.
//   - keyfile: PKCS#8 files, plain and protected by a passphrase; PKCS#12.
//   - external: a Signer that asks another program.
//
// What is claimed and what is not stands in docs/gost.md: in short, this is an
// uncertified implementation, and a qualified signature for legal use needs a
// certified provider behind the Signer.
package gost
