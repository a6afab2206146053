package batch

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/prompt"
)

type approveOptions struct {
	f      *factory.Factory
	plan   string
	policy string
	note   string
	yes    bool
	blind  bool // no check of who stands behind the certificate
	keys   keyFlags
}

func newApprove(f *factory.Factory) *cobra.Command {
	o := &approveOptions{f: f, keys: newKeyFlags(f)}
	tr := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(f.Lang) }
	cmd := &cobra.Command{
		Use:   tr("approve ПЛАН", "approve PLAN"),
		Short: tr("Одобрить план своей подписью", "Approve a plan with a signature"),
		Long: tr(`Показывает итоги плана и подписывает его хеш вашей подписью по ГОСТ Р 34.10-2012. Одобряет не тот, кто план составил.
Кто одобряет и сколько подписей нужно на какую сумму, говорят правила организации: --policy или настройка approval_policy.
Одобрения лежат рядом с планом, в ПЛАН.approvals, и только добавляются; новая подпись того же человека заменяет прежнюю, обе остаются в записи.
Пока вы вошли на портал за того же плательщика, он спрашивается, знает ли сертификат. Без терминала одобрить нельзя, и --yes не поможет: это дело человека, не скрипта.`,
			`Shows the plan's totals and signs its hash with your signature (GOST R 34.10-2012). Whoever made the plan cannot approve it.
Who approves, and how many signatures which sum needs, is in the organisation's policy: --policy or the setting approval_policy.
Approvals lie beside the plan, in PLAN.approvals, and are only ever added; a newer signature of the same person replaces the earlier one, and both stay on record.
While you are signed in for the same payer, the portal is asked whether it knows the certificate. Without a terminal nothing is approved, and --yes does not help: it is for people, not for scripts.`),
		Example: "  epgu batch approve july.plan --cert anna\n  epgu batch approve july.plan --key anna.key --cert anna.pem\n  epgu batch approve july.plan --cert anna --signer exec:/usr/local/bin/token-sign",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.plan = args[0]
			return o.run(cmd.Context())
		},
	}
	fl := cmd.Flags()
	o.keys.add(cmd)
	fl.StringVar(&o.policy, "policy", "", tr("`файл` правил одобрения, тот же, что у плана", "approval policy `file`, the plan's own"))
	fl.StringVar(&o.note, "note", "", tr("примечание, войдёт в подпись", "a note, part of what is signed"))
	fl.BoolVar(&o.blind, "without-check", false, tr("подписать сертификатом, за который никто не ручается (подписан собственным ключом); это останется в подписи", "sign by a certificate that nobody vouches for (signed by its own key); that becomes part of the signature"))
	// Accepted so that a script that adds it everywhere hears why it is of no use.
	fl.BoolVarP(&o.yes, "yes", "y", false, tr("не заменяет набранной суммы; принимается, чтобы скрипт, который ставит его везде, об этом узнал", "does not stand for the typed sum; here so that a script that adds it everywhere hears so"))
	return cmd
}

func (o *approveOptions) run(ctx context.Context) error {
	if !o.f.IO.CanPrompt() {
		return fault.New(exitcode.Usage, "approval.no_terminal", i18n.Say(
			"одобрить план может только человек за терминалом", "only a person at a terminal can approve a plan")).
			Advise(i18n.Say("скрипт может проверить, составить план и выполнить одобренный", "a script may check, make a plan and run an approved one"))
	}
	a, err := deskOf(o.f).Approve(ctx, o.plan, o.policy)
	if err != nil {
		return err
	}
	defer a.Close()
	for _, m := range a.Lines() {
		o.f.IO.Note(m)
	}
	key, err := o.keys.open(ctx)
	if err != nil {
		return err
	}
	if err := a.By(ctx, key, o.blind); err != nil {
		return err
	}
	sum := a.Kopecks()
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
	return a.Sign(ctx, o.note)
}
