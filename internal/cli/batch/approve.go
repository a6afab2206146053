package batch

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/approval"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/gost"
	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/keyfile"
	"github.com/epgu-cli/epgu/internal/ui/i18n"
	"github.com/epgu-cli/epgu/internal/ui/prompt"
	"github.com/epgu-cli/epgu/internal/ui/untrusted"
)

type approveOptions struct {
	f      *factory.Factory
	plan   string
	key    string
	cert   string
	signer string
	note   string
}

func newApprove(f *factory.Factory) *cobra.Command {
	o := &approveOptions{f: f}
	tr := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(f.Lang) }
	cmd := &cobra.Command{
		Use:   tr("approve ПЛАН", "approve PLAN"),
		Short: tr("Одобрить план своей подписью", "Approve a plan with a signature"),
		Long: tr(`Показывает итоги плана и подписывает его хеш вашей подписью по ГОСТ Р 34.10-2012. Одобряет не тот, кто план составил.
Одобрения лежат рядом с планом, в ПЛАН.approvals, и только добавляются. Без терминала одобрить нельзя: это дело человека, не скрипта.`,
			`Shows the plan's totals and signs its hash with your signature (GOST R 34.10-2012). Whoever made the plan cannot approve it.
Approvals lie beside the plan, in PLAN.approvals, and are only ever added. Without a terminal nothing is approved: it is for people, not for scripts.`),
		Example: "  epgu batch approve july.plan --key anna.key --cert anna.pem\n  epgu batch approve july.plan --signer exec:/usr/local/bin/token-sign",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.plan = args[0]
			return o.run(cmd.Context())
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&o.key, "key", "", tr("`файл` закрытого ключа (PKCS#8)", "private key `file` (PKCS#8)"))
	fl.StringVar(&o.cert, "cert", "", tr("`файл` сертификата", "certificate `file`"))
	fl.StringVar(&o.signer, "signer", "", tr("внешняя `программа` подписи", "outside signing `program`"))
	fl.StringVar(&o.note, "note", "", tr("примечание, войдёт в подпись", "a note, part of what is signed"))
	return cmd
}

func (o *approveOptions) run(ctx context.Context) error {
	if !o.f.IO.CanPrompt() {
		return fault.New(exitcode.Usage, "approval.no_terminal", i18n.Say(
			"одобрить план может только человек за терминалом", "only a person at a terminal can approve a plan")).
			Advise(i18n.Say("скрипт может проверить, составить план и выполнить одобренный", "a script may check, make a plan and run an approved one"))
	}
	p, err := planfile.Open(o.plan)
	if err != nil {
		return err
	}
	defer p.Close()
	t := p.Totals
	say := func(m i18n.Localised) { o.f.IO.Note(m) }
	say(i18n.Text{RU: "План %s составил: %s, %s", EN: "Plan %s was made by %s on %s"}.With(filepath.Base(o.plan), untrusted.Text(p.Header.Maker.Name), p.Header.CreatedAt.Local().Format("02.01.2006 15:04")))
	say(i18n.Text{RU: "К оплате: %d из %d строк на %s", EN: "To pay: %d of %d rows, %s"}.With(t.Pay.N, t.Rows, i18n.Money(t.Pay.Kopecks)))
	say(i18n.Text{RU: "Получатели: %s", EN: "Payees: %s"}.With(untrusted.Text(groups(t.ByPayee))))
	if len(t.Warnings) > 0 {
		say(i18n.Text{RU: "Замечания: %s", EN: "Warnings: %s"}.With(warnings(t.Warnings)))
	}
	say(i18n.Text{RU: "SHA-256: %s", EN: "SHA-256: %s"}.With(p.SHA256))
	key, err := o.signerOf(ctx)
	if err != nil {
		return err
	}
	sum := t.Pay.Kopecks
	if err := prompt.New(o.f.IO).TypedConfirm(ctx, prompt.Typed{
		Label:    i18n.Text{RU: "Одобряете оплату %s? Наберите сумму", EN: "Do you approve paying %s? Type the sum"}.With(i18n.Money(sum)),
		Expected: billing.FormatRubles(sum),
		Accept: func(answer string) bool {
			k, err := billing.ParseRubles(answer)
			return err == nil && k == sum
		},
	}); err != nil {
		return err
	}
	a, err := approval.Sign(ctx, p, approval.GOST{Key: key}, o.f.Clock.Now(), o.note)
	if err != nil {
		return err
	}
	// What was signed is checked at once: an approval that does not hold is never stored.
	if _, err := (approval.Roots{}).Verify(ctx, a.Statement(), a.Signature, a.At); err != nil {
		return err
	}
	if err := approval.Append(approval.Path(o.plan), a); err != nil {
		return err
	}
	say(i18n.Text{RU: "Одобрено: %s, запись в %s", EN: "Approved by %s, recorded in %s"}.With(untrusted.Text(a.By.Name), approval.Path(o.plan)))
	return nil
}

func (o *approveOptions) signerOf(ctx context.Context) (gost.Signer, error) {
	var c *cert.Certificate
	if o.cert != "" {
		data, err := readSmall(o.cert)
		if err != nil {
			return nil, badKey(err)
		}
		all, err := cert.ParseAll(data)
		if err != nil {
			return nil, badKey(err)
		}
		c = all[0]
	}
	switch {
	case c == nil:
		return nil, fault.New(exitcode.Usage, "approval.no_key", i18n.Say("чем подписать? нужны --key и --cert или --signer и --cert", "what signs? --key and --cert, or --signer and --cert are needed"))
	case o.signer != "":
		return gost.NewExternalSigner(o.signer, c, 0)
	case o.key == "":
		return nil, fault.New(exitcode.Usage, "approval.no_key", i18n.Say("нужен --key ФАЙЛ", "--key FILE is needed"))
	}
	data, err := readSmall(o.key)
	if err != nil {
		return nil, badKey(err)
	}
	key, err := keyfile.Parse(data, nil)
	if errors.Is(err, keyfile.ErrPassphrase) {
		var pin string
		if pin, err = prompt.New(o.f.IO).Password(ctx, prompt.Question{Label: i18n.Text{RU: "Пароль ключа", EN: "Passphrase of the key"}}); err != nil {
			return nil, err
		}
		key, err = keyfile.Parse(data, []byte(pin))
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

// approved checks that a plan may be run.
func approved(ctx context.Context, path string, p *planfile.Plan, policyPath string) (*approval.Result, error) {
	policy, err := approval.LoadPolicy(policyPath)
	if err != nil {
		return nil, err
	}
	var roots []*cert.Certificate
	for _, name := range policy.Roots {
		if !filepath.IsAbs(name) {
			name = filepath.Join(filepath.Dir(policyPath), name)
		}
		data, err := readSmall(name)
		if err != nil {
			return nil, badKey(err)
		}
		all, err := cert.ParseAll(data)
		if err != nil {
			return nil, badKey(err)
		}
		roots = append(roots, all...)
	}
	all, err := approval.Load(approval.Path(path))
	if err != nil {
		return nil, err
	}
	return approval.Check(ctx, p, all, policy, approval.Roots{Roots: roots})
}
