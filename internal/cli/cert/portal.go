package cert

import (
	"context"
	"os"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/atomicfile"
	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/listing"
	"github.com/epgu-cli/epgu/internal/cli/signer"
	"github.com/epgu-cli/epgu/internal/core/signing"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	gostcert "github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/ui/prompt"
)

func account(ctx context.Context, f *factory.Factory) (*signing.Account, error) {
	c, err := f.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return accountOf(c), nil
}

func accountOf(c *factory.Connection) *signing.Account {
	return &signing.Account{Portal: c.Cabinet, Capabilities: c.Capabilities}
}

func newRequest(f *factory.Factory) *cobra.Command {
	var out output.Options
	var file, answer string
	var send bool
	who := &signer.Flags{F: f}
	tr := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(f.Lang) }
	cmd := &cobra.Command{
		Use:   tr("request ИМЯ", "request NAME"),
		Short: tr("Запросить сертификат для ключа и принять ответ центра", "Request a certificate for a key and take the authority's answer"),
		Long: tr("Печатает запрос PKCS#10 в PEM. С --send запрос уходит удостоверяющему центру портала, и сертификат сразу встаёт на место; у учебного портала это epgu sandbox CA.\nС --answer принимается файл сертификата от любого центра.",
			"Prints the PKCS#10 request in PEM. With --send it goes to the portal's authority and the certificate is put in place at once; at the training portal that is epgu sandbox CA.\nWith --answer the certificate file of any authority is taken."),
		Example: "  epgu cert request me -o me.csr\n  epgu cert request me --answer me.pem\n  epgu cert request me --send",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, name := cmd.Context(), args[0]
			store, err := signer.Store(f)
			if err != nil {
				return err
			}
			if answer != "" {
				pem, err := read(answer)
				if err != nil {
					return err
				}
				e, err := store.Answer(name, pem)
				if err != nil {
					return err
				}
				return output.Object(f.IO, &out, view(f), e)
			}
			request, err := store.Request(name, func() ([]byte, error) { return who.PIN(ctx, name) })
			if err != nil {
				return err
			}
			switch {
			case send:
				return issue(ctx, f, &out, store, name, request)
			case file != "":
				return atomicfile.Write(file, request, 0o600)
			}
			_, err = f.IO.Out.Write(request)
			return err
		},
	}
	fl := cmd.Flags()
	fl.StringVarP(&file, "out", "o", "", tr("`файл` для запроса", "`file` for the request"))
	fl.BoolVar(&send, "send", false, tr("отправить центру портала и принять сертификат", "send it to the portal's authority and take the certificate"))
	fl.StringVar(&answer, "answer", "", tr("принять `файл` с выданным сертификатом", "take the `file` with the issued certificate"))
	cmd.MarkFlagsMutuallyExclusive("out", "send", "answer")
	who.AddPIN(cmd)
	output.AddFlags(cmd, &out, view(f), f.Lang)
	return cmd
}

func issue(ctx context.Context, f *factory.Factory, out *output.Options, store *signing.Store, name string, request []byte) error {
	a, err := account(ctx, f)
	if err != nil {
		return err
	}
	all, err := a.Issue(ctx, request)
	if err != nil {
		return err
	}
	var pem []byte
	for _, c := range all {
		pem = append(pem, c.PEM()...)
	}
	e, err := store.Answer(name, pem)
	if err != nil {
		return err
	}
	return output.Object(f.IO, out, view(f), e)
}

func bindingView() output.View[wire.Certificate] {
	type c = wire.Certificate
	return output.View[c]{Fields: []output.Field[c]{
		{Name: "id", Title: i18n.Text{RU: "Привязка", EN: "Binding"}, Value: func(x c) any { return x.ID }},
		{Name: "state", Title: i18n.Text{RU: "Состояние", EN: "State"}, Value: func(x c) any {
			t := i18n.Text{RU: "ждёт код", EN: "waits for the code"}
			if x.State == wire.CertificateBound {
				t = i18n.Text{RU: "привязан", EN: "bound"}
			}
			return output.Dual{Machine: x.State, Human: t}
		}},
		{Name: "subject", Title: i18n.Text{RU: "Владелец", EN: "Subject"}, Value: func(x c) any { return x.Subject }, Wide: true},
		{Name: "issuer", Title: i18n.Text{RU: "Выдал", EN: "Issuer"}, Value: func(x c) any { return x.Issuer }, Wide: true},
		{Name: "serial", Title: i18n.Text{RU: "Номер", EN: "Serial"}, Value: func(x c) any { return x.Serial }},
		{Name: "hash", Title: i18n.Text{RU: "Хеш сертификата", EN: "Certificate hash"}, Value: func(x c) any { return x.Hash }, Wide: true},
		{Name: "notAfter", Title: i18n.Text{RU: "Действует до", EN: "Valid until"}, Value: func(x c) any { return x.NotAfter }},
		{Name: "target", Title: i18n.Text{RU: "Код отправлен", EN: "Code sent to"}, Value: func(x c) any { return x.Target }},
		{Name: "boundAt", Title: i18n.Text{RU: "Привязан", EN: "Bound"}, Value: func(x c) any {
			if x.BoundAt == nil {
				return nil
			}
			return *x.BoundAt
		}},
	}, Default: []string{"id", "state", "subject", "notAfter"}}
}

func newBind(f *factory.Factory) *cobra.Command {
	var out output.Options
	var code string
	tr := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(f.Lang) }
	cmd := &cobra.Command{
		Use:   tr("bind ИМЯ", "bind NAME"),
		Short: tr("Привязать сертификат к учётной записи кодом из SMS", "Bind a certificate to the account by an SMS code"),
		Long: tr("Портал присылает код на телефон записи. Без терминала — в два шага: сначала команда без --code (выход 10), потом с ним.",
			"The portal sends a code to the account's phone. Without a terminal it takes two steps: first without --code (exit 10), then with it."),
		Example: "  epgu cert bind me\n  epgu cert bind me --code 123456",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			store, err := signer.Store(f)
			if err != nil {
				return err
			}
			e, err := store.Find(args[0])
			if err != nil {
				return err
			}
			if e.Certificate == nil {
				return fault.New(exitcode.Usage, "cert.only_requested", i18n.Text{RU: "к ключу «%s» ещё нет сертификата", EN: "key %q has no certificate yet"}.With(e.Name)).AdviseRun("epgu cert request " + e.Name + " --send")
			}
			a, err := account(ctx, f)
			if err != nil {
				return err
			}
			if code == "" {
				if code, err = begin(ctx, f, a, e.Certificate, e.Name); err != nil {
					return err
				}
			}
			b, err := a.Confirm(ctx, e.Certificate, code)
			if err != nil {
				return err
			}
			return output.Object(f.IO, &out, bindingView(), *b)
		},
	}
	cmd.Flags().StringVar(&code, "code", "", tr("`код` из SMS", "the `code` of the SMS"))
	output.AddFlags(cmd, &out, bindingView(), f.Lang)
	return cmd
}

// begin has the code sent and asks for it.
func begin(ctx context.Context, f *factory.Factory, a *signing.Account, c *gostcert.Certificate, name string) (string, error) {
	b, err := a.Bind(ctx, c)
	if err != nil {
		return "", err
	}
	f.IO.Note(i18n.Text{RU: "Код отправлен: %s", EN: "A code was sent to %s"}.With(b.Target))
	if !f.IO.CanPrompt() {
		return "", fault.New(exitcode.Pending, "cert.code_sent", i18n.Text{RU: "привязка ждёт кода, отправленного на %s", EN: "the binding waits for the code that was sent to %s"}.With(b.Target)).
			AdviseRun("epgu cert bind " + name + " --code КОД")
	}
	return prompt.New(f.IO).Input(ctx, prompt.Question{Label: i18n.Text{RU: "Код", EN: "Code"}, Flag: "--code"})
}

func newBindings(f *factory.Factory) *cobra.Command {
	return listing.Command(f, &cobra.Command{
		Use:   "bindings",
		Short: i18n.Text{RU: "Сертификаты, привязанные к учётной записи", EN: "Certificates bound to the account"}.In(f.Lang),
	}, listing.List[wire.Certificate]{
		View: bindingView(),
		Get: listing.Whole(func(ctx context.Context, c *factory.Connection) ([]wire.Certificate, error) {
			return accountOf(c).List(ctx)
		}),
	})
}

func newUnbind(f *factory.Factory) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "unbind ПРИВЯЗКА", EN: "unbind BINDING"}.In(f.Lang),
		Short: i18n.Text{RU: "Отвязать сертификат от учётной записи", EN: "Unbind a certificate from the account"}.In(f.Lang),
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			a, err := account(ctx, f)
			if err != nil {
				return err
			}
			if !yes {
				ok, err := prompt.New(f.IO).Confirm(ctx, prompt.Question{Label: i18n.Text{RU: "Отвязать сертификат %s?", EN: "Unbind certificate %s?"}.With(args[0]), Flag: "--yes"}, false)
				if err != nil || !ok {
					return err
				}
			}
			return a.Unbind(ctx, args[0])
		},
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, i18n.Text{RU: "не спрашивать", EN: "do not ask"}.In(f.Lang))
	return cmd
}

func newRemove(f *factory.Factory) *cobra.Command {
	var yes bool
	who := &signer.Flags{F: f}
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "remove ИМЯ", EN: "remove NAME"}.In(f.Lang),
		Short: i18n.Text{RU: "Удалить сертификат вместе с ключом; вернуть нельзя", EN: "Remove a certificate with its key; there is no way back"}.In(f.Lang),
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, name := cmd.Context(), args[0]
			store, err := signer.Store(f)
			if err != nil {
				return err
			}
			e, err := store.Find(name)
			if err != nil {
				return err
			}
			if !yes {
				err := prompt.New(f.IO).TypedConfirm(ctx, prompt.Typed{
					Label: i18n.Text{RU: "Ключ и сертификат «%s» будут удалены", EN: "Key and certificate %q will be removed"}.With(name), Expected: name, Flag: "--yes"})
				if err != nil {
					return err
				}
			}
			if e.Remembered != "" {
				if err := who.Remember(ctx, store, name, nil); err != nil && !os.IsNotExist(err) {
					return err
				}
			}
			return store.Remove(name)
		},
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, i18n.Text{RU: "не спрашивать", EN: "do not ask"}.In(f.Lang))
	return cmd
}
