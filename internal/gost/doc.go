// Package gost signs and verifies with the Russian national algorithms: GOST
// R 34.10-2012 signatures over GOST R 34.11-2012 ("Streebog") digests. It is
// the front door of the packages below it: short calls for the portal's wire,
// the Signer that everything that signs asks for, certificates for the embedded
// portal, and words for people about what went wrong. Core packages, the portal
// client and the sandbox may import it; it imports no package of ours outside
// internal/gost but leaves.
//
// # The portal's wire
//
//	sig, err := gost.SignRaw(key, message)           // s‖r for client_secret
//	err := gost.VerifyRaw(public, message, sig)
//	hash := gost.CertHash(der)                       // client_certificate_hash
//	public, err := gost.PublicKeyOf(certificate)     // from DER or PEM
//	token, err := gost.SignJWT(key, header, claims)  // GOST3410_2012_256
//	t, err := gost.VerifyJWT(public, token)
//	gost.JWTMethod{Name: gost.JWT256}                // for a JWT library
//
// # Keys and certificates
//
//	kind := keyfile.Detect(data)                     // is a passphrase needed?
//	key, err := keyfile.Parse(data, passphrase)
//	bundle, err := keyfile.ParsePKCS12(data, passphrase)
//	pem, err := keyfile.Encrypt(key, passphrase, keyfile.EncryptOptions{})
//	key, err := gost3410.GenerateKey(gost3410.CurveByName("A"), nil)
//	all, err := cert.ParseAll(data)
//	der, err := cert.CreateRequest(nil, name, key)
//	ca, err := gost.NewAuthority(nil, name, from, until)
//	leaf, err := gost.IssueSigning(nil, ca, name, public, from, until)
//	chain := cert.BuildChain(leaf, &cert.ChainOptions{…})
//
// # Signatures of documents
//
//	s, err := gost.NewKeySigner(certificate, key)
//	s, err := gost.NewExternalSigner("exec:openssl cms …", certificate, 0)
//	der, err := s.SignDetached(ctx, content, now)
//	der, err := cms.AddSigners(ctx, der, content, &cms.Options{}, other)
//	der, err := cms.Merge(der, another)
//	err := cms.SignAttached(ctx, w, content, size, &cms.Options{}, signers…)
//	result, err := cms.VerifyDetached(ctx, der, content, &cms.VerifyOptions{…})
//	result, err := cms.VerifyAttached(ctx, signature, w, &cms.VerifyOptions{…})
//	plain, err := gost.OpenEnveloped(s, der)         // CMS EnvelopedData for its certificate
//	der, err := cms.Envelop(nil, plain, certificate)
//	result.Status()                                  // verdict.Valid, Invalid, CannotTell
//
// Errors of all of them become *fault.Error by Explain.
//
// What is claimed and what is not stands in docs/gost.md: in short, this is an
// uncertified implementation, and a qualified signature for legal use needs a
// certified provider behind the Signer.
package gost
