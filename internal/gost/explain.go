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
	"github.com/epgu-cli/epgu/internal/gost/wrapping"
	"github.com/epgu-cli/epgu/internal/i18n"
)

// Explain turns an error of the packages under internal/gost into one for
// people, a *fault.Error with err as its cause. Errors that it does not know,
// and faults, come back as they are.
//
// Codes: cert.passphrase, cert.key_file, cert.key_protection, cert.key_mismatch,
// cert.key_unsupported, cert.unreadable, cert.not_gost, cert.signature,
// file.wrapped, signature.attached, signature.unreadable, signature.invalid, token.unreadable, signer.spec,
// signer.kind, signer.open, signer.output, signer.failed, enveloped.recipient,
// enveloped.cipher, enveloped.unreadable.
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
	var around *wrapping.Error
	switch {
	case errors.As(err, &around):
		what, how := wrapped(around)
		return usage("file.wrapped", what.With()).Advise(how)
	case is(keyfile.ErrPassphrase):
		return usage("cert.passphrase", i18n.Say("пароль к ключу не подходит", "the passphrase of the key is wrong")).
			Advise(i18n.Say("проверьте раскладку и регистр; если пароль верен, файл мог повредиться", "check the keyboard layout and case; if the passphrase is right, the file may be damaged"))
	case is(keyfile.ErrUnsupported):
		return usage("cert.key_protection", i18n.Say("файл ключа защищён способом, который epgu не знает", "the key file is protected in a way that epgu does not know")).
			Advise(i18n.Say(
				"откройте файл программой, которая его сделала, и сохраните ключ как PKCS#8 или PKCS#12; если OpenSSL его читает: openssl pkcs8 -engine gost -topk8 -v2 aes256 -in КЛЮЧ -out НОВЫЙ (для PKCS#12 сначала openssl pkcs12 -engine gost -in ФАЙЛ -nocerts -out КЛЮЧ)",
				"open the file by the program that made it and save the key as PKCS#8 or PKCS#12; if OpenSSL reads it: openssl pkcs8 -engine gost -topk8 -v2 aes256 -in KEY -out NEW (for PKCS#12 first openssl pkcs12 -engine gost -in FILE -nocerts -out KEY)"))
	case is(keyfile.ErrAlgorithm):
		return usage("cert.key_algorithm", i18n.Say("в файле ключ другого алгоритма, а нужен ГОСТ Р 34.10-2012", "the file holds a key of another algorithm, and GOST R 34.10-2012 is needed")).
			Advise(i18n.Say("возьмите файл ключа, на который выдан сертификат ГОСТ", "take the key file for which the GOST certificate was issued"))
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
	case is(cms.ErrAttached):
		return usage("signature.attached", i18n.Say("подписанное лежит в самой подписи, отдельный файл к ней не нужен", "the signature holds what was signed, it needs no file beside it")).
			Advise(i18n.Say("проверьте её саму: epgu verify ПОДПИСЬ, без --sig", "verify it by itself: epgu verify SIGNATURE, without --sig"))
	case is(cms.ErrRecipient):
		return fault.New(exitcode.Failure, "enveloped.recipient", i18n.Say("зашифровано не для этого сертификата или не для его ключа", "it is encrypted for another certificate, or for another key of this one")).Because(err).
			Advise(i18n.Say("проверьте, тот ли сертификат назван: epgu cert list", "check that the right certificate is named: epgu cert list"))
	case is(cms.ErrCipher):
		return fault.New(exitcode.Refused, "enveloped.cipher", i18n.Say("зашифровано алгоритмом, которого epgu не знает: он знает ГОСТ 28147-89", "it is encrypted by an algorithm that epgu does not know: it knows GOST 28147-89")).Because(err).
			Advise(i18n.Say("расшифровать может другая программа: epgu bank add ИМЯ --decrypt 'exec:openssl cms -decrypt …'", "another program can decrypt it: epgu bank add NAME --decrypt 'exec:openssl cms -decrypt …'"))
	case is(cms.ErrEnveloped):
		return fault.New(exitcode.Failure, "enveloped.unreadable", i18n.Say("это не зашифрованные данные CMS (EnvelopedData)", "this is not encrypted CMS data (EnvelopedData)")).Because(err)
	case is(ErrOpen):
		return usage("signer.open", i18n.Say("ключ не в памяти: программа, которая подписывает, не умеет расшифровывать", "the key is not in memory: the program that signs cannot decrypt")).
			Advise(i18n.Say("задайте программу, которая расшифрует: epgu bank add ИМЯ --decrypt 'exec:openssl cms -decrypt …'", "set a program that decrypts: epgu bank add NAME --decrypt 'exec:openssl cms -decrypt …'"))
	case is(cms.ErrFormat):
		return usage("signature.unreadable", i18n.Say("это не подпись CMS", "this is not a CMS signature")).
			Advise(i18n.Say("подойдёт DER, BER, PEM или base64; что внутри, покажет openssl asn1parse -inform DER -in ФАЙЛ", "DER, BER, PEM or base64 will do; openssl asn1parse -inform DER -in FILE shows what is inside"))
	case is(ErrToken):
		return fault.New(exitcode.Refused, "token.unreadable", i18n.Say("маркер не читается", "the token cannot be read")).Because(err)
	case is(ErrSignature):
		return fault.New(exitcode.Refused, "signature.invalid", i18n.Say("подпись не сходится", "the signature does not hold")).Because(err)
	}
	return err
}

// wrapped says what stands around a file and how to take it off.
func wrapped(e *wrapping.Error) (what i18n.Text, how i18n.Message) {
	switch e.Kind {
	case wrapping.BOM:
		return i18n.Text{RU: "файл начинается с метки UTF-8 (BOM)", EN: "the file begins with a UTF-8 mark (BOM)"},
			i18n.Say("уберите первые три байта: tail -c +4 ФАЙЛ > НОВЫЙ", "take the first three bytes off: tail -c +4 FILE > NEW")
	case wrapping.UTF16:
		return i18n.Text{RU: "файл сохранён в UTF-16", EN: "the file is saved in UTF-16"},
			i18n.Say("перекодируйте его: iconv -f UTF-16 -t ASCII ФАЙЛ > НОВЫЙ", "encode it again: iconv -f UTF-16 -t ASCII FILE > NEW")
	case wrapping.SMIME:
		return i18n.Text{RU: "это письмо S/MIME, подпись внутри него", EN: "this is an S/MIME message with the signature inside"},
			i18n.Say("достаньте подпись: openssl cms -cmsout -inform SMIME -in ФАЙЛ -outform DER -out НОВЫЙ", "take the signature out: openssl cms -cmsout -inform SMIME -in FILE -outform DER -out NEW")
	case wrapping.Base64URL:
		return i18n.Text{RU: "файл в base64url (со знаками - и _), а не в обычном base64", EN: "the file is in base64url (with - and _), not in plain base64"},
			i18n.Say("замените знаки: tr -- '-_' '+/' < ФАЙЛ > НОВЫЙ; если потом не хватает знаков «=» на конце, допишите их", "change the characters: tr -- '-_' '+/' < FILE > NEW; if = is missing at the end after that, add it")
	case wrapping.DoubleBase64:
		return i18n.Text{RU: "файл закодирован в base64 дважды", EN: "the file is encoded in base64 twice"},
			i18n.Say("раскодируйте один раз: openssl base64 -d -A -in ФАЙЛ -out НОВЫЙ", "decode it once: openssl base64 -d -A -in FILE -out NEW")
	}
	return i18n.Text{RU: "после конца данных в файле есть лишнее", EN: "something follows the end of the data in the file"},
		i18n.Text{RU: "оставьте первые %d байт: head -c %d ФАЙЛ > НОВЫЙ", EN: "keep the first %d bytes: head -c %d FILE > NEW"}.With(e.At, e.At)
}
