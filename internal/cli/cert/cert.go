// Package cert is the noun "cert": keys and certificates of this user, and
// their binding to an account.
package cert

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/signer"
	"github.com/epgu-cli/epgu/internal/core/signing"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

// New returns the noun with its verbs.
func New(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "cert",
		Short: i18n.Text{RU: "Ключи и сертификаты для подписи", EN: "Keys and certificates for signing"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Ключи лежат в папке состояния, зашифрованные PIN. Подпись epgu не сертифицирована: для юридически значимой\nквалифицированной подписи поставьте за --signer сертифицированное средство (docs/signing.ru.md).",
			EN: "Keys lie in the state folder, encrypted under a PIN. epgu's own signatures are not certified: for a qualified\nsignature of legal force put a certified tool behind --signer (docs/signing.md)."}.In(f.Lang),
		Example: "  epgu cert new me --subject 'CN=Учебный Пётр Примерович'\n  epgu cert request me --send\n  epgu cert bind me",
		Args:    cobra.NoArgs,
	}
	f.Verbs(cmd, func() []*cobra.Command {
		return []*cobra.Command{newNew(f), newImport(f), newList(f), newView(f), newRequest(f), newBind(f), newBindings(f), newUnbind(f), newRemove(f)}
	})
	return cmd
}

// state says in one word what an entry is good for now.
func state(e *signing.Entry, now time.Time) output.Dual {
	word, t := "good", i18n.Text{RU: "действует", EN: "good"}
	switch c := e.Certificate; {
	case c == nil:
		word, t = "requested", i18n.Text{RU: "только запрос", EN: "only requested"}
	case now.After(c.NotAfter()):
		word, t = "expired", i18n.Text{RU: "истёк", EN: "expired"}
	case now.Before(c.NotBefore()):
		word, t = "not-yet-valid", i18n.Text{RU: "ещё не действует", EN: "not valid yet"}
	}
	return output.Dual{Machine: word, Human: t}
}

func view(f *factory.Factory) output.View[*signing.Entry] {
	type entry = *signing.Entry
	some := func(value func(entry) any) func(entry) any {
		return func(e entry) any {
			if e == nil {
				return nil
			}
			return value(e)
		}
	}
	certified := func(value func(entry) any) func(entry) any {
		return func(e entry) any {
			if e == nil || e.Certificate == nil {
				return nil
			}
			return value(e)
		}
	}
	return output.View[entry]{Fields: []output.Field[entry]{
		{Name: "name", Title: i18n.Text{RU: "Имя", EN: "Name"}, Value: some(func(e entry) any { return e.Name })},
		{Name: "state", Title: i18n.Text{RU: "Состояние", EN: "State"}, Value: some(func(e entry) any { return state(e, f.Clock.Now()) })},
		{Name: "subject", Title: i18n.Text{RU: "Владелец", EN: "Subject"}, Value: some(func(e entry) any { return e.Subject().String() }), Wide: true},
		{Name: "issuer", Title: i18n.Text{RU: "Выдал", EN: "Issuer"}, Value: certified(func(e entry) any { return e.Certificate.Issuer.String() }), Wide: true},
		{Name: "serial", Title: i18n.Text{RU: "Номер", EN: "Serial"}, Value: certified(func(e entry) any { return e.Certificate.Serial() })},
		{Name: "notBefore", Title: i18n.Text{RU: "Действует с", EN: "Valid from"}, Value: certified(func(e entry) any { return e.Certificate.NotBefore() })},
		{Name: "notAfter", Title: i18n.Text{RU: "Действует до", EN: "Valid until"}, Value: certified(func(e entry) any { return e.Certificate.NotAfter() })},
		{Name: "curve", Title: i18n.Text{RU: "Набор параметров", EN: "Parameter set"}, Value: certified(func(e entry) any { return e.Certificate.Key.Curve().Name() })},
		{Name: "selfSigned", Title: i18n.Text{RU: "Самоподписан", EN: "Self-signed"}, Value: certified(func(e entry) any { return e.Certificate.SelfIssued() })},
		{Name: "hash", Title: i18n.Text{RU: "Хеш сертификата", EN: "Certificate hash"}, Value: certified(func(e entry) any { return e.Certificate.Hash() }), Wide: true},
		{Name: "key", Title: i18n.Text{RU: "Ключ здесь", EN: "Key is here"}, Value: some(func(e entry) any { return e.HasKey })},
		{Name: "pinFailures", Title: i18n.Text{RU: "Неверных PIN подряд", EN: "Wrong PINs in a row"}, Value: some(func(e entry) any { return e.Failed })},
		{Name: "pinRemembered", Title: i18n.Text{RU: "PIN хранится в профиле", EN: "PIN is kept in profile"}, Value: some(func(e entry) any { return e.Remembered })},
	}, Default: []string{"name", "state", "subject", "issuer", "notAfter", "key"}}
}

func newList(f *factory.Factory) *cobra.Command {
	var out output.Options
	cmd := &cobra.Command{
		Use:   "list",
		Short: i18n.Text{RU: "Какие сертификаты есть", EN: "The certificates that are here"}.In(f.Lang),
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			store, err := signer.Store(f)
			if err != nil {
				return err
			}
			all, err := store.List()
			if err != nil {
				return err
			}
			return output.List(f.IO, &out, view(f), all, output.Page{})
		},
	}
	output.AddFlags(cmd, &out, view(f), f.Lang)
	return cmd
}

func newView(f *factory.Factory) *cobra.Command {
	var out output.Options
	var pem bool
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "view ИМЯ", EN: "view NAME"}.In(f.Lang),
		Short: i18n.Text{RU: "Один сертификат", EN: "One certificate"}.In(f.Lang),
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			store, err := signer.Store(f)
			if err != nil {
				return err
			}
			e, err := store.Find(args[0])
			if err != nil {
				return err
			}
			if !pem {
				return output.Object(f.IO, &out, view(f), e)
			}
			if e.Certificate != nil {
				if _, err := f.IO.Out.Write(e.Certificate.PEM()); err != nil {
					return err
				}
			}
			for _, c := range e.Chain {
				if _, err := f.IO.Out.Write(c.PEM()); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&pem, "pem", false, i18n.Text{RU: "напечатать сертификат и те, что выше него, в PEM", EN: "print the certificate and those above it in PEM"}.In(f.Lang))
	output.AddFlags(cmd, &out, view(f), f.Lang)
	return cmd
}
