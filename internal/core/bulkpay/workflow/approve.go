package workflow

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/epgu-cli/epgu/internal/core/bulkpay/approval"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/gost"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Approving is a plan on the desk of whoever is to approve it: shown, then held
// against a key, then signed. In between the person types the sum.
type Approving struct {
	Plan *planfile.Plan
	desk *Desk
	path string

	rules   *approval.Rules
	so      *approval.Result
	signer  approval.GOST
	blind   bool
	earlier *approval.Approval
	known   bool // the portal will count the certificate
}

// Approve begins an approval. What is shown afterwards is what will be paid: the
// plan is proved first. It is to be closed.
func (d *Desk) Approve(ctx context.Context, path, policy string) (a *Approving, err error) {
	p, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.Close())
		}
	}()
	if err := p.Prove(); err != nil {
		return nil, err
	}
	rules, err := d.Rules(policy)
	if err != nil {
		return nil, err
	}
	if err := approval.SamePolicy(p, rules.Policy); err != nil {
		return nil, err
	}
	so, err := rules.Check(ctx, path, p)
	if so == nil {
		return nil, err
	}
	return &Approving{Plan: p, desk: d, path: path, rules: rules, so: so}, nil
}

// Close lets go of the plan.
func (a *Approving) Close() error { return a.Plan.Close() }

// Kopecks is the sum that is approved.
func (a *Approving) Kopecks() int64 { return a.Plan.Totals.Pay.Kopecks }

// Lines are what is about to be approved.
func (a *Approving) Lines() []i18n.Localised {
	p, t := a.Plan, a.Plan.Totals
	var out []i18n.Localised
	say := func(m i18n.Localised) { out = append(out, m) }
	say(i18n.Text{RU: "План %s составил: %s, %s", EN: "Plan %s was made by %s on %s"}.With(filepath.Base(a.path), untrusted.Text(p.Header.Maker.Name), i18n.Moment(p.Header.CreatedAt.Local())))
	say(i18n.Text{RU: "К оплате: %d из %d строк на %s", EN: "To pay: %d of %d rows, %s"}.With(t.Pay.N, t.Rows, i18n.Money(t.Pay.Kopecks)))
	say(i18n.Text{RU: "Получатели: %s", EN: "Payees: %s"}.With(untrusted.Text(Groups(t.ByPayee))))
	if short, ok := tooShort(&t, &p.Seen); ok {
		say(short)
	}
	if len(t.Warnings) > 0 {
		say(i18n.Text{RU: "Замечания: %s", EN: "Warnings: %s"}.With(Warnings(t.Warnings)))
	}
	say(i18n.Text{RU: "SHA-256: %s", EN: "SHA-256: %s"}.With(p.SHA256))
	unruled(a.rules, say)
	say(i18n.Text{RU: "Нужно подписей: %d, есть: %d", EN: "Signatures needed: %d, given: %d"}.With(a.so.Need, a.so.Good))
	for _, v := range a.so.Verdicts {
		by := untrusted.Text(v.Approval.By.Name)
		if v.Err == nil {
			say(i18n.Text{RU: "  одобрил: %s, %s", EN: "  approved by %s, %s"}.With(by, i18n.Moment(v.Approval.At.Local())))
			if v.Approval.Unchecked {
				say(i18n.Text{RU: "  (за сертификат «%s» никто не ручается: подписано с --without-check)", EN: "  (nobody vouches for the certificate %q: signed with --without-check)"}.With(by))
			}
			continue
		}
		say(i18n.Text{RU: "  не считается: %s — %s", EN: "  does not count: %s, %s"}.With(by, ReasonOf(v.Err)))
	}
	return out
}

// By holds the plan against the key that is to sign it: who may not approve it
// hears so, and the portal is asked whether it will count the certificate. blind
// takes a certificate that nobody vouches for.
func (a *Approving) By(ctx context.Context, key gost.Signer, blind bool) (err error) {
	a.signer, a.blind = approval.GOST{Key: key}, blind
	if err := approval.May(a.Plan, a.signer.Identity(), a.rules.Policy, blind); err != nil {
		return err
	}
	if a.earlier = a.so.Earlier(a.signer.Identity()); a.earlier != nil {
		a.desk.Note(i18n.Text{RU: "Вы уже одобрили план %s: новая подпись заменит прежнюю, обе останутся в записи", EN: "You have approved the plan on %s: the new signature replaces that one, and both stay on record"}.
			With(i18n.Moment(a.earlier.At.Local())))
	}
	a.known, err = a.askPortal(ctx, key)
	return err
}

// Sign signs and keeps the approval, after By. What was signed is checked at once,
// by the rules of the run: an approval that would not count is never stored.
func (a *Approving) Sign(ctx context.Context, note string) error {
	made, err := a.rules.Sign(ctx, a.Plan, a.signer, a.desk.Clock.Now(), note, a.blind && a.signer.Identity().SelfMade)
	if err != nil {
		return err
	}
	if err := approval.Append(approval.Path(a.path), made); err != nil {
		return err
	}
	say := a.desk.Note
	say(i18n.Text{RU: "Одобрено: %s, запись в %s", EN: "Approved by %s, recorded in %s"}.With(untrusted.Text(made.By.Name), approval.Path(a.path)))
	good := a.so.Good
	if a.earlier == nil {
		good++
	}
	switch left := a.so.Need - good; {
	case left > 0:
		say(i18n.Text{RU: "Нужно ещё подписей: %d", EN: "Signatures still needed: %d"}.With(left))
	case !a.known:
		say(i18n.Text{RU: "Подписей по правилам достаточно, но портал этот сертификат не учтёт. Когда узнает его — epgu batch run %s", EN: "By the policy there are enough signatures, but the portal will not count this certificate. Once it knows it: epgu batch run %s"}.With(a.path))
	default:
		say(i18n.Text{RU: "Подписей достаточно. Дальше: epgu batch run %s", EN: "There are enough signatures. Next: epgu batch run %s"}.With(a.path))
	}
	return nil
}

// askPortal asks whether the portal will count an approval by the certificate, so that
// nobody hears it only when the plan is run. known is false when it will not; when it
// cannot be asked, people are told so.
func (a *Approving) askPortal(ctx context.Context, key gost.Signer) (known bool, err error) {
	p := a.Plan
	if p.Header.Method == "" {
		return true, nil // made for bank files: no portal counts anything
	}
	s, err := a.desk.Settings()
	if err != nil {
		return false, err
	}
	unasked := func(why i18n.Localised) (bool, error) {
		a.desk.Note(i18n.Text{RU: "Портал не спрошен, знает ли он этот сертификат (%s): это выяснится при выполнении", EN: "The portal was not asked whether it knows this certificate (%s): the run will tell"}.With(why))
		return true, nil
	}
	if s.ProfileName() != p.Header.Profile {
		return unasked(i18n.Text{RU: "план составлен для профиля %s", EN: "the plan is for profile %s"}.With(untrusted.Text(p.Header.Profile)))
	}
	c, err := a.desk.Portal(ctx)
	if err != nil {
		return unasked(ReasonOf(err))
	}
	if err := c.Cabinet.Offers(ctx, wire.CapAuthorisations); err != nil {
		var lacking *fault.Error
		if errors.As(err, &lacking) && lacking.Code == "capability.missing" {
			return true, nil // it bounds no plans and counts nobody
		}
		return unasked(ReasonOf(err))
	}
	me, err := c.SignIn.Me(ctx)
	if err != nil {
		return unasked(ReasonOf(err))
	}
	if payer := payerOf(me); payer != p.Header.Payer {
		return unasked(i18n.Text{RU: "вы вошли за плательщика %s, а план — за %s", EN: "you are signed in for payer %s, the plan is for %s"}.With(payer, untrusted.Text(p.Header.Payer)))
	}
	as, err := c.Cabinet.CheckApprover(ctx, string(key.Certificate().PEM()))
	if err != nil {
		return unasked(ReasonOf(err))
	}
	name := untrusted.Text(key.Certificate().Subject.CommonName.Raw())
	switch {
	case as.Trust == "":
		a.desk.Note(i18n.Text{RU: "Портал не знает сертификата «%s» и такую подпись не учтёт: привяжите его к учётной записи (epgu cert bind) или получите у портала (epgu cert request --send)", EN: "The portal does not know the certificate %q and will not count its signature: bind it to the account (epgu cert bind) or get one from the portal (epgu cert request --send)"}.With(name))
		return false, nil
	case as.Own && me.OID == p.Header.Maker.OID:
		a.desk.Note(i18n.Text{RU: "Сертификат «%s» портал знает только со слов того, кто составил план: одобрением другого человека он его не считает", EN: "The portal knows the certificate %q only by the word of the plan's maker: it does not take it for another person's approval"}.With(name))
		return false, nil
	}
	return true, nil
}

// ReasonOf is an error in its own words.
func ReasonOf(err error) i18n.Localised {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Message
	}
	return i18n.Text{RU: err.Error(), EN: err.Error()}
}
