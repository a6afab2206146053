// Package conformance is the command "epgu conformance": does a portal speak API ЕПГУ
// and ЕСИА as the published specification says.
package conformance

import (
	"context"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/conformance"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

func view() output.View[conformance.Finding] {
	type finding = conformance.Finding
	return output.View[finding]{Fields: []output.Field[finding]{
		{Name: "table", Title: i18n.Text{RU: "Таблица", EN: "Table"}, Value: func(x finding) any { return x.Table }},
		{Name: "call", Title: i18n.Text{RU: "Вызов", EN: "Call"}, Value: func(x finding) any { return x.Call }},
		{Name: "asked", Title: i18n.Text{RU: "Что проверялось", EN: "What was checked"}, Value: func(x finding) any { return x.Asked }},
		{Name: "state", Title: i18n.Text{RU: "Итог", EN: "Outcome"}, Value: func(x finding) any {
			return output.Dual{Machine: string(x.State), Human: title(x.State)}
		}},
		{Name: "said", Title: i18n.Text{RU: "Что ответил портал", EN: "What the portal said"}, Value: func(x finding) any { return x.Said }},
	}}
}

func title(s conformance.State) i18n.Text {
	switch s {
	case conformance.Agrees:
		return i18n.Text{RU: "как в спецификации", EN: "as specified"}
	case conformance.Differs:
		return i18n.Text{RU: "иначе", EN: "differs"}
	}
	return i18n.Text{RU: "нужен вход", EN: "needs sign-in"}
}

// New returns the command.
func New(f *factory.Factory) *cobra.Command {
	var out output.Options
	var esia string
	tr := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(f.Lang) }
	cmd := &cobra.Command{
		Use:   tr("conformance АДРЕС", "conformance URL"),
		Short: tr("Сверить портал со спецификацией API ЕПГУ и ЕСИА", "Check a portal against the specification of API ЕПГУ and ЕСИА"),
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			found, err := run(cmd.Context(), f, args[0], esia)
			if len(found) > 0 {
				if err := output.List(f.IO, &out, view(), found, output.Page{}); err != nil {
					return err
				}
			}
			if err != nil {
				return err
			}
			n := 0
			for _, x := range found {
				if x.State == conformance.Differs {
					n++
				}
			}
			if n > 0 {
				return fault.New(exitcode.Failure, "conformance.differs", i18n.Text{RU: "расходится со спецификацией: %d из %d", EN: "differs from the specification: %d of %d"}.With(n, len(found)))
			}
			return nil
		},
	}
	f.Flesh(cmd, func() {
		cmd.Long = tr(`Вызывает портал по таблицам спецификации 1.12.1 так, что ничего не меняется: без маркера, о том, чего нет, или только читая.
Вызовы с маркером делаются, когда адрес — портал профиля, в который выполнен вход. Выход 1 — есть расхождения.`,
			`Calls the portal table by table of specification 1.12.1 so that nothing changes: without a marker, about what does not exist, or only reading.
Calls with a marker are made when the address is the portal of a profile that is signed in. Exit 1: something differs.`)
		cmd.Example = `  epgu conformance http://127.0.0.1:8080
  epgu conformance https://portal.example --esia https://esia.example --json table,call,state,said`
		cmd.Flags().StringVar(&esia, "esia", "", tr("`адрес` ЕСИА; без него тот же или из профиля", "`address` of ЕСИА; without it the same one, or the profile's"))
		output.AddFlags(cmd, &out, view(), f.Lang)
	})
	return cmd
}

func run(ctx context.Context, f *factory.Factory, address, esia string) ([]conformance.Finding, error) {
	s, err := f.Settings()
	if err != nil {
		return nil, err
	}
	address = strings.TrimSuffix(address, "/")
	for _, a := range []string{address, esia} {
		if u, err := url.Parse(a); a != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "") {
			return nil, fault.New(exitcode.Usage, "conformance.address", i18n.Text{RU: "«%s» — не адрес вида https://имя", EN: "%q is not an address like https://name"}.With(a))
		}
	}
	portal, known := s.Addresses()
	own := strings.TrimSuffix(portal, "/") == address
	if esia == "" {
		if esia = address; own {
			esia = known
		}
	}
	o := conformance.Options{Portal: address, ESIA: esia, Clock: f.Clock, UserAgent: "epgu/" + f.Build.Version, Lang: f.IO.Lang}
	if f.Flags.Debug {
		o.Log = f.IO.ErrOut
	}
	if own {
		c, err := f.Connect(ctx)
		if err != nil {
			return nil, err
		}
		if c.Embedded {
			return nil, fault.New(exitcode.Usage, "conformance.embedded", i18n.Say("встроенный портал работает внутри программы, у него нет адреса", "the embedded portal runs inside this program and has no address")).
				Advise(i18n.Say("поставьте его на порт: epgu sandbox serve", "put it on a port: epgu sandbox serve"))
		}
		token, err := c.SignIn.Token(ctx, "")
		if err == nil && token != "" {
			o.Tokens = c.SignIn.Token
		}
		o.Via = map[string]string{portal: s.Get("tunnel_portal").Value, known: s.Get("tunnel_esia").Value}
	}
	return conformance.Check(ctx, o)
}
