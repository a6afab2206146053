package batch

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/approval"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/gost"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/prompt"
	"github.com/epgu-cli/epgu/internal/untrusted"
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
	p, err := openPlan(o.plan)
	if err != nil {
		return err
	}
	defer p.Close()
	if err := p.Prove(); err != nil { // what is shown must be what will be paid
		return err
	}
	rules, err := loadRules(o.f, o.policy)
	if err != nil {
		return err
	}
	if err := approval.SamePolicy(p, rules.Policy); err != nil {
		return err
	}
	so, err := rules.check(ctx, o.plan, p)
	if so == nil {
		return err
	}
	o.show(p, rules, so)
	key, err := o.keys.open(ctx)
	if err != nil {
		return err
	}
	signer := approval.GOST{Key: key}
	if err := approval.May(p, signer.Identity(), rules.Policy, o.blind); err != nil {
		return err
	}
	earlier := so.Earlier(signer.Identity())
	if earlier != nil {
		o.f.IO.Note(i18n.Text{RU: "Вы уже одобрили план %s: новая подпись заменит прежнюю, обе останутся в записи", EN: "You have approved the plan on %s: the new signature replaces that one, and both stay on record"}.
			With(earlier.At.Local().Format("02.01.2006 15:04")))
	}
	known, err := o.askPortal(ctx, p, key)
	if err != nil {
		return err
	}
	sum := p.Totals.Pay.Kopecks
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
	a, err := approval.Sign(ctx, p, signer, o.f.Clock.Now(), o.note, o.blind && signer.Identity().SelfMade)
	if err != nil {
		return err
	}
	// What was signed is checked at once, by the rules of the run: an approval that
	// would not count is never stored.
	if _, err := approval.Check(ctx, p, []approval.Approval{*a}, rules.One(), rules.verifier); err != nil {
		return whyOne(err)
	}
	if err := approval.Append(approval.Path(o.plan), a); err != nil {
		return err
	}
	o.f.IO.Note(i18n.Text{RU: "Одобрено: %s, запись в %s", EN: "Approved by %s, recorded in %s"}.With(untrusted.Text(a.By.Name), approval.Path(o.plan)))
	good := so.Good
	if earlier == nil {
		good++
	}
	switch left := so.Need - good; {
	case left > 0:
		o.f.IO.Note(i18n.Text{RU: "Нужно ещё подписей: %d", EN: "Signatures still needed: %d"}.With(left))
	case !known:
		o.f.IO.Note(i18n.Text{RU: "Подписей по правилам достаточно, но портал этот сертификат не учтёт. Когда узнает его — epgu batch run %s", EN: "By the policy there are enough signatures, but the portal will not count this certificate. Once it knows it: epgu batch run %s"}.With(o.plan))
	default:
		o.f.IO.Note(i18n.Text{RU: "Подписей достаточно. Дальше: epgu batch run %s", EN: "There are enough signatures. Next: epgu batch run %s"}.With(o.plan))
	}
	return nil
}

// askPortal asks whether the portal will count an approval by the certificate, so that
// nobody hears it only when the plan is run. known is false when it will not; when it
// cannot be asked, people are told so.
func (o *approveOptions) askPortal(ctx context.Context, p *planfile.Plan, key gost.Signer) (known bool, err error) {
	if p.Header.Method == "" {
		return true, nil // made for bank files: no portal counts anything
	}
	s, err := o.f.Settings()
	if err != nil {
		return false, err
	}
	unasked := func(why i18n.Localised) (bool, error) {
		o.f.IO.Note(i18n.Text{RU: "Портал не спрошен, знает ли он этот сертификат (%s): это выяснится при выполнении", EN: "The portal was not asked whether it knows this certificate (%s): the run will tell"}.With(why))
		return true, nil
	}
	if s.ProfileName() != p.Header.Profile {
		return unasked(i18n.Text{RU: "план составлен для профиля %s", EN: "the plan is for profile %s"}.With(untrusted.Text(p.Header.Profile)))
	}
	c, err := o.f.Connect(ctx)
	if err != nil {
		return unasked(reasonOf(err))
	}
	if err := c.Cabinet.Offers(ctx, wire.CapAuthorisations); err != nil {
		var lacking *fault.Error
		if errors.As(err, &lacking) && lacking.Code == "capability.missing" {
			return true, nil // it bounds no plans and counts nobody
		}
		return unasked(reasonOf(err))
	}
	me, err := c.SignIn.Me(ctx)
	if err != nil {
		return unasked(reasonOf(err))
	}
	if payer := payerOf(me); payer != p.Header.Payer {
		return unasked(i18n.Text{RU: "вы вошли за плательщика %s, а план — за %s", EN: "you are signed in for payer %s, the plan is for %s"}.With(payer, untrusted.Text(p.Header.Payer)))
	}
	a, err := c.Cabinet.CheckApprover(ctx, string(key.Certificate().PEM()))
	if err != nil {
		return unasked(reasonOf(err))
	}
	name := untrusted.Text(key.Certificate().Subject.CommonName.Raw())
	switch {
	case a.Trust == "":
		o.f.IO.Note(i18n.Text{RU: "Портал не знает сертификата «%s» и такую подпись не учтёт: привяжите его к учётной записи (epgu cert bind) или получите у портала (epgu cert request --send)", EN: "The portal does not know the certificate %q and will not count its signature: bind it to the account (epgu cert bind) or get one from the portal (epgu cert request --send)"}.With(name))
		return false, nil
	case a.Own && me.OID == p.Header.Maker.OID:
		o.f.IO.Note(i18n.Text{RU: "Сертификат «%s» портал знает только со слов того, кто составил план: одобрением другого человека он его не считает", EN: "The portal knows the certificate %q only by the word of the plan's maker: it does not take it for another person's approval"}.With(name))
		return false, nil
	}
	return true, nil
}

// show prints what is about to be approved.
func (o *approveOptions) show(p *planfile.Plan, rules *rules, so *approval.Result) {
	t := p.Totals
	say := func(m i18n.Localised) { o.f.IO.Note(m) }
	say(i18n.Text{RU: "План %s составил: %s, %s", EN: "Plan %s was made by %s on %s"}.With(filepath.Base(o.plan), untrusted.Text(p.Header.Maker.Name), p.Header.CreatedAt.Local().Format("02.01.2006 15:04")))
	say(i18n.Text{RU: "К оплате: %d из %d строк на %s", EN: "To pay: %d of %d rows, %s"}.With(t.Pay.N, t.Rows, i18n.Money(t.Pay.Kopecks)))
	say(i18n.Text{RU: "Получатели: %s", EN: "Payees: %s"}.With(untrusted.Text(groups(t.ByPayee))))
	tellShort(o.f, &t, &p.Seen)
	if len(t.Warnings) > 0 {
		say(i18n.Text{RU: "Замечания: %s", EN: "Warnings: %s"}.With(warnings(t.Warnings)))
	}
	say(i18n.Text{RU: "SHA-256: %s", EN: "SHA-256: %s"}.With(p.SHA256))
	rules.warn(o.f)
	say(i18n.Text{RU: "Нужно подписей: %d, есть: %d", EN: "Signatures needed: %d, given: %d"}.With(so.Need, so.Good))
	for _, v := range so.Verdicts {
		by := untrusted.Text(v.Approval.By.Name)
		if v.Err == nil {
			say(i18n.Text{RU: "  одобрил: %s, %s", EN: "  approved by %s, %s"}.With(by, v.Approval.At.Local().Format("02.01.2006 15:04")))
			if v.Approval.Unchecked {
				say(i18n.Text{RU: "  (за сертификат «%s» никто не ручается: подписано с --without-check)", EN: "  (nobody vouches for the certificate %q: signed with --without-check)"}.With(by))
			}
			continue
		}
		say(i18n.Text{RU: "  не считается: %s — %s", EN: "  does not count: %s, %s"}.With(by, reasonOf(v.Err)))
	}
}

// reasonOf is an error in its own words.
func reasonOf(err error) i18n.Localised {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Message
	}
	return i18n.Text{RU: err.Error(), EN: err.Error()}
}

// whyOne turns "one signature is missing" into why this one does not count.
func whyOne(err error) error {
	var f *fault.Error
	if errors.As(err, &f) && f.Code == approval.CodeMissing && len(f.Fields) == 1 {
		return fault.New(exitcode.Refused, "approval.not_counted", i18n.Text{
			RU: "такая подпись не считалась бы, она не записана: %s", EN: "such a signature would not count and is not kept: %s"}.With(f.Fields[0].Message))
	}
	return err
}
