// Package powers is the noun "powers": machine-readable powers of attorney (МЧД).
package powers

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/signer"
	"github.com/epgu-cli/epgu/internal/core/powers"
	"github.com/epgu-cli/epgu/internal/core/signing"
	"github.com/epgu-cli/epgu/internal/core/verifying"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/verdict"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

// New returns the noun with its verbs.
func New(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "powers",
		Short: i18n.Text{RU: "Машиночитаемые доверенности (МЧД)", EN: "Machine-readable powers of attorney (МЧД)"}.In(f.Lang),
		Args:  cobra.NoArgs,
	}
	f.Verbs(cmd, func() []*cobra.Command { return []*cobra.Command{newCheck(f)} })
	return cmd
}

func view() output.View[powers.Finding] {
	type finding = powers.Finding
	return output.View[finding]{Fields: []output.Field[finding]{
		{Name: "check", Title: i18n.Text{RU: "Проверка", EN: "Check"}, Value: func(x finding) any { return x.Check }},
		{Name: "state", Title: i18n.Text{RU: "Итог", EN: "Outcome"}, Value: func(x finding) any { return output.Dual{Machine: string(x.State), Human: title(x.State)} }},
		{Name: "message", Title: i18n.Text{RU: "Что видно", EN: "What is seen"}, Value: func(x finding) any { return x.Message }},
	}}
}

func title(s powers.State) i18n.Text {
	switch s {
	case powers.Fine:
		return i18n.Text{RU: "в порядке", EN: "fine"}
	case powers.Wrong:
		return i18n.Text{RU: "не годится", EN: "wrong"}
	case powers.Doubt:
		return i18n.Text{RU: "проверьте", EN: "look at it"}
	}
	return i18n.Text{RU: "не известно", EN: "not known"}
}

type options struct {
	f                           *factory.Factory
	sig, orgINN, name, certFile string
	power                       string
	roots                       []string
}

func newCheck(f *factory.Factory) *cobra.Command {
	o := &options{f: f}
	var out output.Options
	tr := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(f.Lang) }
	cmd := &cobra.Command{
		Use:   tr("check ФАЙЛ", "check FILE"),
		Short: tr("Проверить МЧД формата EMCHD_1 без сети", "Check a power of attorney of format EMCHD_1 without a network"),
		Long: tr(`Номер и имя файла, срок, доверитель, представитель, кто подписал, нужное полномочие. Отозвана ли доверенность, знает только
реестр m4d.nalog.gov.ru: это так и сказано. Выход 1 — что-то не годится.`,
			`Number and name of the file, term, principal, agent, who signed, the needed power. Whether it was revoked only the registry
m4d.nalog.gov.ru knows, and that is said. Exit 1: something is wrong.`),
		Example: "  epgu powers check ON_EMCHD_20260301_….xml --sig ON_EMCHD_20260301_….xml.sig --root ca.pem --org-inn 7707083893 --cert me --power CODE",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			found, err := o.check(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if err := output.List(f.IO, &out, view(), found, output.Page{}); err != nil {
				return err
			}
			for _, x := range found {
				if x.State == powers.Wrong {
					return fault.New(exitcode.Failure, "powers.wrong", i18n.Say("доверенность для этого не годится", "the power of attorney will not do"))
				}
			}
			return nil
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&o.sig, "sig", "", tr("`файл` подписи доверенности", "`file` of its signature"))
	fl.StringArrayVar(&o.roots, "root", nil, tr("`файл` доверенных корневых сертификатов", "`file` of trusted root certificates"))
	fl.StringVar(&o.orgINN, "org-inn", "", tr("`ИНН` организации, за которую действуют", "`ИНН` of the organisation acted for"))
	fl.StringVar(&o.name, "cert", "", tr("`имя` сертификата представителя (epgu cert list)", "`name` of the agent's certificate (epgu cert list)"))
	fl.StringVar(&o.certFile, "cert-file", "", tr("`файл` сертификата представителя", "`file` of the agent's certificate"))
	fl.StringVar(&o.power, "power", "", tr("`код` нужного полномочия", "`code` of the needed power"))
	cmd.MarkFlagsMutuallyExclusive("cert", "cert-file")
	output.AddFlags(cmd, &out, view(), f.Lang)
	return cmd
}

func (o *options) check(ctx context.Context, path string) ([]powers.Finding, error) {
	data, err := signing.ReadFile(path, powers.MaxSize)
	if err != nil {
		return nil, err
	}
	d, err := powers.Parse(data)
	if err != nil {
		return nil, fault.New(exitcode.Usage, "powers.format", i18n.Text{RU: "%s — не доверенность формата %s", EN: "%s is no power of attorney of format %s"}.With(path, powers.Version)).Because(err)
	}
	a := powers.Against{Name: path, Today: o.f.Clock.Now(), OrgINN: o.orgINN, Power: o.power}
	if a.Agent, err = o.agent(); err != nil {
		return nil, err
	}
	var bad []powers.Finding
	if o.sig != "" {
		r, err := verifying.Verify(ctx, verifying.Options{File: path, Signature: o.sig, Roots: o.roots, Time: o.f.Clock.Now()})
		if err != nil {
			return nil, err
		}
		if len(r.Signatures) > 0 && r.Status() == verdict.Valid {
			a.Signer = r.Signatures[0].Certificate
		} else if len(r.Signatures) > 0 {
			for _, reason := range r.Signatures[0].Reasons {
				state := powers.Unknown
				if reason.Status == verdict.Invalid {
					state = powers.Wrong
				}
				bad = append(bad, powers.Finding{Check: "signature", State: state, Message: reason.Message})
			}
		}
	}
	return append(bad, powers.Check(d, a)...), nil
}

func (o *options) agent() (*cert.Certificate, error) {
	if o.name != "" {
		store, err := signer.Store(o.f)
		if err != nil {
			return nil, err
		}
		e, err := store.Find(o.name)
		if err != nil {
			return nil, err
		}
		return e.Certificate, nil
	}
	if o.certFile == "" {
		return nil, nil
	}
	b, err := signing.ReadFile(o.certFile, cert.MaxSize)
	if err != nil {
		return nil, err
	}
	all, err := cert.ParseAll(b)
	if err != nil {
		return nil, fault.New(exitcode.Usage, "powers.certificate", i18n.Text{RU: "%s — не сертификат", EN: "%s is no certificate"}.With(o.certFile)).Because(err)
	}
	return all[0], nil
}
