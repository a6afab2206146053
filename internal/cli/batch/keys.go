package batch

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/signer"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/gost"
	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/keyfile"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/prompt"
)

// keyFlags name the key that signs an approval or a decision: a certificate of
// the store (epgu cert list), or two files, or another program.
type keyFlags struct {
	who  signer.Flags
	key  string
	cert string
}

func newKeyFlags(f *factory.Factory) keyFlags { return keyFlags{who: signer.Flags{F: f}} }

func (o *keyFlags) add(cmd *cobra.Command) {
	tr := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(o.who.F.Lang) }
	fl := cmd.Flags()
	fl.StringVar(&o.cert, "cert", "", tr("`имя` сертификата (epgu cert list); вместе с --key — файл сертификата", "`name` of a certificate (epgu cert list); with --key, a certificate file"))
	fl.StringVar(&o.key, "key", "", tr("`файл` закрытого ключа (PKCS#8)", "private key `file` (PKCS#8)"))
	o.who.AddSigner(cmd)
}

// open returns the key with its certificate, asking for a PIN where one is needed.
func (o *keyFlags) open(ctx context.Context) (gost.Signer, error) {
	s, err := o.find(ctx)
	if err != nil {
		return nil, err
	}
	if s.Certificate() == nil {
		return nil, fault.New(exitcode.Usage, "approval.no_certificate", i18n.Say(
			"чьей будет подпись, неизвестно: назовите сертификат, --cert ИМЯ", "it is not known whose signature it will be: name the certificate, --cert NAME"))
	}
	return s, nil
}

func (o *keyFlags) find(ctx context.Context) (gost.Signer, error) {
	if o.key != "" {
		return o.files(ctx)
	}
	var names []string
	if o.cert != "" {
		store, err := signer.Store(o.who.F)
		if err != nil {
			return nil, err
		}
		if _, missing := store.Find(o.cert); missing != nil {
			if _, err := os.Stat(o.cert); err != nil {
				return nil, missing
			}
			if o.who.Signer == "" {
				return nil, fault.New(exitcode.Usage, "approval.no_key", i18n.Say("к файлу сертификата нужен ключ: --key ФАЙЛ", "a certificate file needs its key: --key FILE"))
			}
			c, err := readCertificate(o.cert)
			if err != nil {
				return nil, err
			}
			s, err := gost.NewExternalSigner(o.who.Signer, c, 0)
			return s, gost.Explain(err)
		}
		names = []string{o.cert}
	}
	all, err := o.who.Open(ctx, names)
	if err != nil {
		return nil, err
	}
	return all[0].Signer, nil
}

// files opens a key and a certificate from two files.
func (o *keyFlags) files(ctx context.Context) (gost.Signer, error) {
	if o.cert == "" {
		return nil, fault.New(exitcode.Usage, "approval.no_key", i18n.Say("к ключу нужен сертификат: --cert ФАЙЛ", "a key needs its certificate: --cert FILE"))
	}
	c, err := readCertificate(o.cert)
	if err != nil {
		return nil, err
	}
	data, err := readSmall(o.key)
	if err != nil {
		return nil, badKey(err)
	}
	key, err := keyfile.Parse(data, nil)
	if errors.Is(err, keyfile.ErrPassphrase) {
		var pin []byte
		if pin, err = o.passphrase(ctx); err != nil {
			return nil, err
		}
		key, err = keyfile.Parse(data, pin)
	}
	if err != nil {
		return nil, badKey(err)
	}
	s, err := gost.NewKeySigner(c, key)
	if err != nil {
		return nil, badKey(err)
	}
	return s, nil
}

func (o *keyFlags) passphrase(ctx context.Context) ([]byte, error) {
	if o.who.PINFile != "" {
		return o.who.FromFile(o.who.PINFile)
	}
	pin, err := prompt.New(o.who.F.IO).Password(ctx, prompt.Question{Label: i18n.Text{RU: "Пароль ключа", EN: "Passphrase of the key"}, Flag: "--pin-file"})
	return []byte(pin), err
}

func readCertificate(path string) (*cert.Certificate, error) {
	data, err := readSmall(path)
	if err != nil {
		return nil, badKey(err)
	}
	all, err := cert.ParseAll(data)
	if err != nil {
		return nil, badKey(err)
	}
	return all[0], nil
}

func badKey(err error) error {
	return fault.New(exitcode.Usage, "approval.key", i18n.Say("ключ или сертификат не подходит", "the key or the certificate cannot be used")).Because(err)
}

// readSmall reads a file of at most a mebibyte.
func readSmall(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, 1<<20+1))
	if err == nil && len(data) > 1<<20 {
		err = errors.New("the file is larger than 1 MiB")
	}
	return data, err
}
