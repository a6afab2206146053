package gost

import (
	"errors"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/cms"
	"github.com/epgu-cli/epgu/internal/gost/external"
	"github.com/epgu-cli/epgu/internal/gost/gost3410"
	"github.com/epgu-cli/epgu/internal/gost/keyfile"
	"github.com/epgu-cli/epgu/internal/i18n"
)

// Explain turns an error of the packages under internal/gost into one for
// people, a *fault.Error with err as its cause. Errors that it does not know,
// and faults, come back as they are.
//
// Codes: cert.passphrase, cert.key_file, cert.key_protection, cert.key_mismatch,
// cert.key_unsupported, cert.unreadable, cert.not_gost, cert.signature,
// signature.unreadable, signature.invalid, token.unreadable, signer.spec,
// signer.kind, signer.output, signer.failed.
func Explain(err error) error {
	if err == nil {
		return nil
	}
	if known := (*fault.Error)(nil); errors.As(err, &known) {
		return err
	}
	usage := func(code string, m i18n.Message) *fault.Error {
		return fault.New(exitcode.Usage, code, m).Because(err)
	}
	is := func(targets ...error) bool {
		for _, t := range targets {
			if errors.Is(err, t) {
				return true
			}
		}
		return false
	}
	switch {
	case is(keyfile.ErrPassphrase):
		return usage("cert.passphrase", i18n.Say("пароль к ключу не подходит", "the passphrase of the key is wrong")).
			Advise(i18n.Say("проверьте раскладку и регистр; если пароль верен, файл мог повредиться", "check the keyboard layout and case; if the passphrase is right, the file may be damaged"))
	case is(keyfile.ErrUnsupported):
		return usage("cert.key_protection", i18n.Say("файл ключа защищён способом, который epgu не знает", "the key file is protected in a way that epgu does not know")).
			Advise(i18n.Say("сохраните ключ заново: openssl pkcs8 -topk8 -v2 aes256", "save the key again: openssl pkcs8 -topk8 -v2 aes256"))
	case is(keyfile.ErrFormat, gost3410.ErrEncoding):
		return usage("cert.key_file", i18n.Say("это не файл ключа", "this is not a key file")).
			Advise(i18n.Say("подойдёт PKCS#8 (PEM или DER) или PKCS#12", "PKCS#8 (PEM or DER) or PKCS#12 will do"))
	case is(cms.ErrMismatch):
		return usage("cert.key_mismatch", i18n.Say("ключ не от этого сертификата", "the key does not belong to this certificate"))
	case is(gost3410.ErrCurve, gost3410.ErrKey, gost3410.ErrDigestSize, ErrKey):
		return usage("cert.key_unsupported", i18n.Say("ключ не подходит: нужен ГОСТ Р 34.10-2012 с известным набором параметров", "the key will not do: GOST R 34.10-2012 with a known parameter set is needed"))
	case is(cert.ErrUnsupported):
		return usage("cert.not_gost", i18n.Say("ключ или подпись не по ГОСТ Р 34.10-2012", "the key or signature is not of GOST R 34.10-2012"))
	case is(cert.ErrSignature):
		return usage("cert.signature", i18n.Say("подпись под запросом или сертификатом не сходится", "the signature under the request or certificate does not hold"))
	case is(cert.ErrFormat):
		return usage("cert.unreadable", i18n.Say("сертификат или запрос не читается", "the certificate or request cannot be read")).
			Advise(i18n.Say("нужен файл в DER или PEM", "a file in DER or PEM is needed"))
	case is(external.ErrSpec):
		return usage("signer.spec", i18n.Say("непонятно, какой программой подписывать", "it is not clear which program is to sign")).
			Advise(i18n.Say("пример: exec:'openssl cms -sign …' (готовая подпись CMS) или exec-raw:'openssl dgst -sign …' (только подпись)", "for example exec:'openssl cms -sign …' (whole CMS) or exec-raw:'openssl dgst -sign …' (the bare signature)"))
	case is(external.ErrKind):
		return usage("signer.kind", i18n.Say("эта программа выдаёт подпись другого вида", "this program gives another kind of signature")).
			Advise(i18n.Say("для входа нужна голая подпись: укажите exec-raw:", "signing in needs the bare signature: use exec-raw:"))
	case is(external.ErrOutput):
		return fault.New(exitcode.Failure, "signer.output", i18n.Say("программа выдала не ту подпись, которую просили", "the program did not give the signature it was asked for")).Because(err).
			Advise(i18n.Say("проверьте, тем ли ключом она подписывает", "check that it signs with the right key"))
	case is(external.ErrRun):
		return fault.New(exitcode.Failure, "signer.failed", i18n.Say("программа для подписи не сработала", "the signing program failed")).Because(err)
	case is(cms.ErrFormat):
		return usage("signature.unreadable", i18n.Say("это не подпись CMS в DER", "this is not a CMS signature in DER")).
			Advise(i18n.Say("если файл в BER, перекодируйте его: openssl cms -cmsout -inform DER -outform DER", "if the file is in BER, encode it again: openssl cms -cmsout -inform DER -outform DER"))
	case is(ErrToken):
		return fault.New(exitcode.Refused, "token.unreadable", i18n.Say("маркер не читается", "the token cannot be read")).Because(err)
	case is(ErrSignature):
		return fault.New(exitcode.Refused, "signature.invalid", i18n.Say("подпись не сходится", "the signature does not hold")).Because(err)
	}
	return err
}
