// Package verify is the command "verify": is a signature of a file valid?
package verify

import (
	"context"
	"encoding/hex"
	"errors"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/verifying"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/gost/verdict"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/safepath"
	"github.com/epgu-cli/epgu/internal/ui/iostreams"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/ui/progress"
)

type options struct {
	f       *factory.Factory
	out     output.Options
	o       verifying.Options
	at      string
	extract string
}

// signature is one signer as it is printed.
type signature struct {
	Signer    string     `json:"signer"`
	Status    string     `json:"status"`
	Time      *time.Time `json:"time"` // the signer's word
	Algorithm string     `json:"algorithm"`
	Hash      string     `json:"hash"`
	Serial    string     `json:"serial"`
	Issuer    string     `json:"issuer"`
	NotBefore *time.Time `json:"notBefore"`
	NotAfter  *time.Time `json:"notAfter"`
	CAdES     bool       `json:"cades"`
	Chain     []string   `json:"chain"`
	Reasons   []reason   `json:"reasons"`
}

type reason struct {
	Code    string `json:"code"`
	Status  string `json:"status"`
	Message string `json:"message"`
}

func view(ios *iostreams.IOStreams) output.View[*verifying.Report] {
	type report = *verifying.Report
	get := func(value func(report) any) func(report) any {
		return func(r report) any {
			if r == nil || r.Result == nil {
				return nil
			}
			return value(r)
		}
	}
	return output.View[report]{Fields: []output.Field[report]{
		{Name: "file", Title: i18n.Text{RU: "Файл", EN: "File"}, Value: get(func(r report) any { return r.File })},
		{Name: "status", Title: i18n.Text{RU: "Итог", EN: "Verdict"}, Value: get(func(r report) any {
			return output.Dual{Machine: r.Status().String(), Human: r.Status().Text()}
		})},
		{Name: "signature", Title: i18n.Text{RU: "Подпись", EN: "Signature"}, Value: get(func(r report) any { return r.Signature })},
		{Name: "size", Title: i18n.Text{RU: "Байт", EN: "Bytes"}, Value: get(func(r report) any { return r.Size })},
		{Name: "attached", Title: i18n.Text{RU: "Файл внутри подписи", EN: "File inside the signature"}, Value: get(func(r report) any { return r.Attached })},
		{Name: "signatures", Title: i18n.Text{RU: "Подписали", EN: "Signed by"}, Lines: true, Value: get(func(r report) any { return signatures(ios, r) })},
	}}
}

// signatures lists the signers: objects for machines, a few lines each for
// people.
func signatures(ios *iostreams.IOStreams, r *verifying.Report) output.Dual {
	machine := make([]signature, 0, len(r.Signatures))
	var human string
	for i := range r.Signatures {
		s := &r.Signatures[i]
		m := signature{Signer: verifying.Signer(s), Status: s.Status().String(), Algorithm: s.Algorithm, Hash: hex.EncodeToString(s.Digest), CAdES: s.CAdES, Chain: []string{}, Reasons: []reason{}}
		if !s.Time.IsZero() {
			m.Time = &s.Time
		}
		if c := s.Certificate; c != nil {
			from, until := c.NotBefore(), c.NotAfter()
			m.Serial, m.Issuer, m.NotBefore, m.NotAfter = c.Serial(), c.Issuer.String(), &from, &until
		}
		for _, c := range s.Chain {
			m.Chain = append(m.Chain, c.Subject.String())
		}
		for _, x := range s.Reasons {
			m.Reasons = append(m.Reasons, reason{x.Code, x.Status.String(), ios.Say(x.Message)})
		}
		machine = append(machine, m)
		if i > 0 {
			human += "\n"
		}
		human += describe(ios, m, s.Status())
	}
	return output.Dual{Machine: machine, Human: human}
}

func describe(ios *iostreams.IOStreams, s signature, status verdict.Status) string {
	say := func(t i18n.Text, args ...any) string { return "\n  " + ios.Say(t.With(args...)) }
	zone := ios.Location
	if zone == nil {
		zone = time.UTC
	}
	text := s.Signer + " — " + status.Text().In(ios.Lang)
	if s.Time != nil {
		text += say(i18n.Text{RU: "время (со слов подписавшего): %s", EN: "time (the signer's word): %s"}, i18n.Second(s.Time.In(zone)).In(ios.Lang)+s.Time.In(zone).Format(" -07:00"))
	}
	text += say(i18n.Text{RU: "алгоритм: %s", EN: "algorithm: %s"}, s.Algorithm)
	if s.NotAfter != nil {
		text += say(i18n.Text{RU: "сертификат: № %s, до %s, выдал %s", EN: "certificate: no. %s, until %s, issued by %s"}, s.Serial, i18n.Day(s.NotAfter.In(zone)), s.Issuer)
	}
	for i, c := range s.Chain {
		if i > 0 {
			text += say(i18n.Text{RU: "выше в цепочке: %s", EN: "above in the chain: %s"}, c)
		}
	}
	for _, r := range s.Reasons {
		text += say(i18n.Text{RU: "причина: %s (%s)", EN: "reason: %s (%s)"}, r.Message, r.Code)
	}
	return text
}

// New returns the command.
func New(f *factory.Factory) *cobra.Command {
	o := &options{f: f}
	tr := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(f.Lang) }
	cmd := &cobra.Command{
		Use:   tr("verify ФАЙЛ", "verify FILE"),
		Short: tr("Проверить подпись файла", "Check the signature of a file"),
		Long: tr(`Говорит, кто подписал, когда и чем, и какой итог: действительна, недействительна или сказать нельзя.
Подпись берётся из --sig, иначе из ФАЙЛ.sig, иначе из самого файла. Доверие начинается с --roots: без них цепочка не проверяется и «действительна» не будет.
Код выхода: 0 — действительна; 4 — недействительна; 7 — сказать нельзя; 2 — не прочитать файл или подпись.`,
			`Says who signed, when and with what, and the verdict: valid, invalid, or cannot tell.
The signature is that of --sig, else FILE.sig, else the one inside the file. Trust begins with --roots: without them no chain is checked and nothing is valid.
Exit code: 0 valid; 4 invalid; 7 cannot tell; 2 the file or the signature cannot be read.`),
		Example: "  epgu verify contract.pdf --roots ca.pem\n  epgu verify contract.pdf --sig contract.p7s --roots ca.pem --crl ca.crl --json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.o.File = args[0]
			return o.run(cmd.Context())
		},
	}
	f.Flesh(cmd, func() {
		fl := cmd.Flags()
		fl.StringVar(&o.o.Signature, "sig", "", tr("`файл` подписи", "the signature's `file`"))
		fl.StringSliceVar(&o.o.Roots, "roots", nil, tr("`файл` с корневыми сертификатами, которым вы доверяете", "`file` with root certificates that you trust"))
		fl.StringSliceVar(&o.o.Known, "certs", nil, tr("`файл` с сертификатами, которых нет в подписи", "`file` with certificates that the signature lacks"))
		fl.StringSliceVar(&o.o.Lists, "crl", nil, tr("`файл` со списком отзыва", "`file` with a revocation list"))
		fl.BoolVar(&o.o.RequireLists, "require-crl", false, tr("без списка отзыва не верить", "believe nothing without a revocation list"))
		fl.StringVar(&o.at, "at", "", tr("на какой `момент` проверять сертификаты (ГГГГ-ММ-ДД или RFC 3339); обычно сейчас", "the `moment` to check certificates at (YYYY-MM-DD or RFC 3339); now by default"))
		fl.StringVar(&o.extract, "extract", "", tr("вынуть файл из действительной подписи в эту `папку`", "take the file out of a valid signature into this `folder`"))
		output.AddFlags(cmd, &o.out, view(f.IO), f.Lang)
	})
	return cmd
}

func (o *options) run(ctx context.Context) error {
	o.o.Time = o.f.Clock.Now()
	if o.at != "" {
		at, err := time.Parse(time.RFC3339, o.at)
		if err != nil {
			at, err = time.Parse(time.DateOnly, o.at)
		}
		if err != nil {
			return fault.New(exitcode.Usage, "flag.value", i18n.Text{RU: "--%s не может быть «%s»; подходит: %s", EN: "--%s cannot be %q; use: %s"}.With("at", o.at, "2026-09-01, 2026-09-01T12:00:00Z"))
		}
		o.o.Time = at
	}
	r, err := o.verify(ctx)
	if err != nil {
		return err
	}
	if err := output.Object(o.f.IO, &o.out, view(o.f.IO), r); err != nil {
		return err
	}
	return r.Judge()
}

// verify checks, and keeps the content only if the signature is valid.
func (o *options) verify(ctx context.Context) (*verifying.Report, error) {
	t := progress.Start(o.f.IO, i18n.Text{RU: "Проверка", EN: "Checking"}, progress.Options{Bytes: true, Clock: o.f.Clock})
	defer t.Stop()
	o.o.Progress = t.Add
	if o.extract == "" {
		return verifying.Verify(ctx, o.o)
	}
	dir, err := safepath.OpenDir(o.extract)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	name := filepath.Base(o.o.File)
	file, err := dir.Create(name[:len(name)-len(filepath.Ext(name))], safepath.Refuse)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	o.o.Content = file
	r, err := verifying.Verify(ctx, o.o)
	if err != nil {
		return nil, err
	}
	if !r.Attached {
		return nil, fault.New(exitcode.Usage, "verify.detached", i18n.Say("файла внутри подписи нет", "the signature holds no file")).Because(errors.New("a detached signature"))
	}
	if r.Status() == verdict.Valid {
		_, err = file.Commit()
	}
	return r, err
}
