package auth

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/signer"
	"github.com/epgu-cli/epgu/internal/core/signin"
	"github.com/epgu-cli/epgu/internal/core/signing"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/gost/keyfile"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/prompt"
)

// maxKeyFile bounds a key or certificate file, bytes.
const maxKeyFile = 1 << 20

// certificate is the part of the flags that names who signs a sign-in.
type certificate struct {
	who  signer.Flags
	name string // in the store of epgu cert
	key  string // files outside it
	cert string
}

func (c *certificate) addFlags(cmd *cobra.Command, f *factory.Factory) {
	c.who.F = f
	say := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(f.Lang) }
	fl := cmd.Flags()
	fl.StringVar(&c.name, "cert", "", say("войти по сертификату с этим `именем` (epgu cert list); вместе с --user — как второй фактор", "sign in by the certificate of this `name` (epgu cert list); together with --user, as the second factor"))
	fl.StringVar(&c.key, "key-file", "", say("то же ключом из `файла` (PKCS#8 или PKCS#12), не взятого в epgu cert", "the same with a key from a `file` (PKCS#8 or PKCS#12) that epgu cert does not keep"))
	fl.StringVar(&c.cert, "cert-file", "", say("`файл` сертификата к --key-file", "the certificate's `file` for --key-file"))
	c.who.AddSigner(cmd)
	for _, own := range []string{"cert", "key-file"} {
		for _, other := range []string{"browser", "no-browser", "api-key-stdin", "with-token", "otp", "otp-command", "keep-totp-stdin"} {
			cmd.MarkFlagsMutuallyExclusive(own, other)
		}
	}
	cmd.MarkFlagsMutuallyExclusive("cert", "key-file")
	cmd.MarkFlagsMutuallyExclusive("signer", "key-file")
}

// given reports whether a certificate is to sign the sign-in.
func (c *certificate) given() bool { return c.name != "" || c.key != "" || c.who.Signer != "" }

// check finds flags of the certificate that do not go together.
func (c *certificate) check(factor string, passwordStdin bool) error {
	if c.who.PINFile == "-" && passwordStdin {
		return fault.New(exitcode.Usage, "flag.conflict", i18n.Say("--pin-file - и --password-stdin ждут одного стандартного ввода", "--pin-file - and --password-stdin want the same standard input")).
			Advise(i18n.Say("дайте PIN файлом или дескриптором: --pin-file fd:3", "give the PIN by a file or a descriptor: --pin-file fd:3"))
	}
	needs := func(set bool, flag string, with bool, other string) error {
		if !set || with {
			return nil
		}
		return fault.New(exitcode.Usage, "flag.needs", i18n.Text{RU: "%s работает вместе с %s", EN: "%s goes together with %s"}.With(flag, other))
	}
	if err := needs(factor == signin.ByCertificate, "--factor "+factor, c.given(), "--cert"); err != nil {
		return err
	}
	if err := needs(c.who.PINFile != "", "--pin-file", c.given(), "--cert"); err != nil {
		return err
	}
	return needs(c.cert != "", "--cert-file", c.key != "", "--key-file")
}

// open returns who signs, asking for the PIN.
func (c *certificate) open(ctx context.Context) (*signing.Signer, error) {
	if c.key == "" {
		all, err := c.who.Open(ctx, []string{c.name})
		if err != nil {
			return nil, err
		}
		return all[0], nil
	}
	read := func(path string) ([]byte, error) {
		b, err := signing.ReadFile(path, maxKeyFile)
		if err != nil && fault.ExitOf(err) == exitcode.Failure {
			return nil, fault.New(exitcode.Usage, "file.unreadable", i18n.Text{RU: "файл %s не читается", EN: "%s cannot be read"}.With(path)).Because(err)
		}
		return b, err
	}
	o := signing.ImportOptions{Name: c.key}
	var err error
	if o.Key, err = read(c.key); err != nil {
		return nil, err
	}
	if c.cert != "" {
		if o.Certificate, err = read(c.cert); err != nil {
			return nil, err
		}
	}
	switch {
	case c.who.PINFile != "":
		o.KeyPIN, err = c.who.FromFile(c.who.PINFile)
	case keyfile.Detect(o.Key) != keyfile.Plain:
		var s string
		s, err = prompt.New(c.who.F.IO).Password(ctx, prompt.Question{Label: i18n.Text{RU: "Пароль файла ключа", EN: "Passphrase of the key file"}, Flag: "--pin-file"})
		o.KeyPIN = []byte(s)
	}
	if err != nil {
		return nil, err
	}
	store, err := signer.Store(c.who.F)
	if err != nil {
		return nil, err
	}
	return store.FromFiles(o)
}

// sign makes a signer into what a sign-in asks for.
func sign(s *signing.Signer) signin.Sign {
	return func(_ context.Context, text string) ([]byte, error) { return s.SignDetached(strings.NewReader(text)) }
}

// byCertificate signs in by a certificate alone.
func (o *loginOptions) byCertificate(ctx context.Context, c *factory.Connection) error {
	if err := c.SignIn.OffersCertificate(ctx); err != nil {
		return err
	}
	s, err := o.certificate.open(ctx)
	if err != nil {
		return err
	}
	attempt, err := c.SignIn.BeginCertificate(ctx, o.org)
	if err != nil {
		return err
	}
	if err := attempt.Sign(ctx, sign(s)); err != nil {
		return err
	}
	return attempt.Finish(ctx, nil)
}
