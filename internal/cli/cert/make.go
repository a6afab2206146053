package cert

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/signer"
	"github.com/epgu-cli/epgu/internal/core/signing"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/gost/keyfile"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/ui/prompt"
)

// day is a date flag.
func day(flag, s string, otherwise time.Time) (time.Time, error) {
	if s == "" {
		return otherwise, nil
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return t, fault.New(exitcode.Usage, "flag.value", i18n.Text{RU: "--%s не может быть «%s»; подходит: %s", EN: "--%s cannot be %q; use: %s"}.With(flag, s, "2026-09-01"))
	}
	return t, nil
}

func newNew(f *factory.Factory) *cobra.Command {
	var out output.Options
	var subject, from, until string
	var remember bool
	var o signing.NewOptions
	who := &signer.Flags{F: f}
	tr := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(f.Lang) }
	cmd := &cobra.Command{
		Use:     tr("new ИМЯ", "new NAME"),
		Short:   tr("Создать ключ и самоподписанный сертификат или запрос на сертификат", "Make a key with a self-signed certificate or a request"),
		Example: "  epgu cert new me --subject 'CN=Учебный Пётр Примерович, SNILS=00000000909' --pin-file pin.txt\n  epgu cert new me --subject 'CN=ООО Пример, OGRN=1027700132195' --curve TCA --request",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			o.Name = args[0]
			if subject == "" {
				var err error
				if subject, err = prompt.New(f.IO).Input(ctx, prompt.Question{Label: i18n.Text{RU: "Владелец (CN=…, SNILS=…)", EN: "Subject (CN=…, SNILS=…)"}, Flag: "--subject"}); err != nil {
					return err
				}
			}
			var err error
			if o.Subject, err = signing.ParseSubject(subject); err != nil {
				return err
			}
			now := f.Clock.Now()
			if o.From, err = day("from", from, now.Add(-time.Minute)); err != nil {
				return err
			}
			if o.Until, err = day("until", until, now.AddDate(1, 0, 0)); err != nil {
				return err
			}
			store, err := signer.Store(f)
			if err != nil {
				return err
			}
			if o.PIN, err = who.NewPIN(ctx, o.Name); err != nil {
				return err
			}
			e, err := store.New(o)
			if err != nil {
				return err
			}
			return made(ctx, f, &out, who, store, e, o.PIN, remember)
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&subject, "subject", "", tr("`владелец`: CN=…, O=…, SNILS=…, INN=…, OGRN=…", "the `subject`: CN=…, O=…, SNILS=…, INN=…, OGRN=…"))
	fl.StringVar(&o.Curve, "curve", "A", tr("`набор` параметров: A, B, C, XA, XB, TCA…TCD, 512A…512C", "parameter `set`: A, B, C, XA, XB, TCA…TCD, 512A…512C"))
	fl.BoolVar(&o.RequestOnly, "request", false, tr("только запрос: сертификат выдаст удостоверяющий центр", "only a request: an authority will issue the certificate"))
	fl.StringVar(&from, "from", "", tr("начало срока, `ГГГГ-ММ-ДД`; обычно сейчас", "first day, `YYYY-MM-DD`; now by default"))
	fl.StringVar(&until, "until", "", tr("конец срока, `ГГГГ-ММ-ДД`; обычно через год", "last day, `YYYY-MM-DD`; a year from now by default"))
	who.AddPIN(cmd)
	rememberFlag(cmd, f, &remember)
	output.AddFlags(cmd, &out, view(f), f.Lang)
	return cmd
}

func rememberFlag(cmd *cobra.Command, f *factory.Factory, remember *bool) {
	cmd.Flags().BoolVar(remember, "remember-pin", false, i18n.Text{
		RU: "хранить PIN в защищённом хранилище профиля и больше не спрашивать", EN: "keep the PIN in the protected store of the profile and never ask again"}.In(f.Lang))
}

// made ends a command that made an entry.
func made(ctx context.Context, f *factory.Factory, out *output.Options, who *signer.Flags, store *signing.Store, e *signing.Entry, pin []byte, remember bool) error {
	if remember && e.HasKey {
		if err := who.Remember(ctx, store, e.Name, pin); err != nil {
			return err
		}
		var err error
		if e, err = store.Find(e.Name); err != nil {
			return err
		}
	}
	return output.Object(f.IO, out, view(f), e)
}

func newImport(f *factory.Factory) *cobra.Command {
	var out output.Options
	var key, certificate, keyPIN string
	var remember bool
	var o signing.ImportOptions
	who := &signer.Flags{F: f}
	tr := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(f.Lang) }
	cmd := &cobra.Command{
		Use:   "import",
		Short: tr("Взять готовый ключ и сертификат", "Take a key and a certificate that you have"),
		Long: tr("Ключ — PKCS#8 (PEM, DER) или PKCS#12; сертификат — PEM или DER. Без --key берётся один сертификат: для ключа, которым владеет другая программа (--signer).\nPIN открывает файл ключа, если он защищён, и защищает ключ здесь; если они разные, пароль файла даёт --key-pin-file.",
			"The key is PKCS#8 (PEM, DER) or PKCS#12, the certificate PEM or DER. Without --key only a certificate is taken: for a key that another program holds (--signer).\nThe PIN opens the key file, if it is protected, and protects the key here; if they differ, --key-pin-file gives the file's passphrase."),
		Example: "  epgu cert import --name me --key key.pem --cert cert.pem\n  epgu cert import --name me --key me.p12",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			ctx := cmd.Context()
			if o.Name == "" {
				return fault.New(exitcode.Usage, "cert.no_name", i18n.Say("нужно имя: --name", "a name is needed: --name"))
			}
			if key == "" && certificate == "" {
				return fault.New(exitcode.Usage, "cert.no_certificate", i18n.Say("нечего брать: назовите --key и --cert", "there is nothing to take: give --key and --cert"))
			}
			store, err := signer.Store(f)
			if err != nil {
				return err
			}
			if certificate != "" {
				if o.Certificate, err = read(certificate); err != nil {
					return err
				}
			}
			if key != "" {
				if o.Key, err = read(key); err != nil {
					return err
				}
				if o.PIN, o.KeyPIN, err = pins(ctx, who, &o, keyPIN); err != nil {
					return err
				}
			}
			e, err := store.Import(o)
			if err != nil {
				return err
			}
			return made(ctx, f, &out, who, store, e, o.PIN, remember)
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&o.Name, "name", "", tr("`имя`, под которым хранить", "the `name` to keep it under"))
	fl.StringVar(&key, "key", "", tr("`файл` ключа", "the key's `file`"))
	fl.StringVar(&certificate, "cert", "", tr("`файл` сертификата, можно с вышестоящими", "the certificate's `file`, those above it may follow"))
	fl.StringVar(&keyPIN, "key-pin-file", "", tr("`файл` с паролем файла ключа, если он не тот же, что PIN", "a `file` with the passphrase of the key file, if it is not the PIN"))
	who.AddPIN(cmd)
	rememberFlag(cmd, f, &remember)
	output.AddFlags(cmd, &out, view(f), f.Lang)
	return cmd
}

// pins returns the PIN for the store and the one that opens the file.
func pins(ctx context.Context, who *signer.Flags, o *signing.ImportOptions, keyPIN string) (pin, opens []byte, err error) {
	kind := keyfile.Detect(o.Key)
	closed := kind != keyfile.Plain
	if kind == keyfile.PKCS12 && keyPIN == "" {
		if _, err := keyfile.ParsePKCS12(o.Key, nil); err == nil { // a file without a passphrase
			closed, opens = false, []byte{}
		}
	}
	switch {
	case keyPIN != "":
		if opens, err = who.FromFile(keyPIN); err != nil {
			return nil, nil, err
		}
	case closed && who.PINFile == "":
		s, err := prompt.New(who.F.IO).Password(ctx, prompt.Question{Label: i18n.Text{RU: "Пароль файла ключа", EN: "Passphrase of the key file"}, Flag: "--key-pin-file"})
		if err != nil {
			return nil, nil, err
		}
		opens = []byte(s)
	}
	if pin, err = who.NewPIN(ctx, o.Name); err != nil {
		return nil, nil, err
	}
	if opens == nil {
		opens = pin
	}
	return pin, opens, nil
}

// maxInput bounds a key or certificate file, bytes.
const maxInput = 1 << 20

func read(path string) ([]byte, error) {
	b, err := signing.ReadFile(path, maxInput)
	if err != nil && fault.ExitOf(err) == exitcode.Failure {
		return nil, fault.New(exitcode.Usage, "file.unreadable", i18n.Text{RU: "файл %s не читается", EN: "%s cannot be read"}.With(path)).Because(err)
	}
	return b, err
}
