package billing

import (
	"context"
	"strings"

	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/requisites"
)

// identified is a portal that can say who is signed in. Portals that cannot
// are paid at all the same; only the warning about somebody else's charge is
// then missing.
type identified interface {
	Me(ctx context.Context) (*cabinet.Me, error)
}

// self is who pays: every identifier of ГИС ГМП that means them, the usual
// one first.
type self struct{ ids []string }

// identify asks the portal once who pays; nil when it cannot say.
func (e *Engine) identify(ctx context.Context) ([]string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.self != nil {
		return e.self.ids, nil
	}
	p, ok := e.Portal.(identified)
	if !ok {
		return nil, nil
	}
	me, err := p.Me(ctx)
	if err != nil {
		return nil, err
	}
	e.self = &self{PayerIDs(me)}
	return e.self.ids, nil
}

// PayerIDs returns the payer identifiers of ГИС ГМП (22 characters) under
// which somebody may be charged in the role they act in, the usual one first.
func PayerIDs(me *cabinet.Me) []string {
	var ids []string
	if r := me.Role; r.Kind == "organisation" {
		switch inn, err := requisites.ParseINN(r.INN); {
		case err != nil:
		case inn.Person():
			ids = append(ids, string(requisites.PayerOfTrader(inn)))
		case requisites.Valid(requisites.KindKPP, r.KPP):
			ids = append(ids, string(requisites.PayerOfCompany(inn, requisites.KPP(r.KPP))))
		}
		return ids
	}
	if s, err := requisites.ParseSNILS(me.SNILS); err == nil {
		ids = append(ids, string(requisites.PayerOfSNILS(s)))
	}
	if i, err := requisites.ParseINN(me.INN); err == nil && i.Person() {
		ids = append(ids, string(requisites.PayerOfPerson(i)))
	}
	return ids
}

// payerOf is the payer of a charge as the journal names it. The portal hides
// whose somebody else's charge is: then it is who pays.
func (e *Engine) payerOf(c cabinet.Charge) string {
	if c.PayerID != "" {
		return c.PayerID
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.self != nil && len(e.self.ids) > 0 {
		return e.self.ids[0]
	}
	return ""
}

// lookBack bounds how many earlier payments are read for the last one to a
// payee.
const lookBack = 2000

// lastTo returns the latest payment to the payee under the same КБК that was
// not refused; nil when there is none among the last lookBack.
func (e *Engine) lastTo(ctx context.Context, payee cabinet.Payee) (*journal.Payment, error) {
	n := 0
	for p, err := range e.Journal.List(ctx, journal.Filter{Profile: e.Profile, Newest: true}) {
		if err != nil {
			return nil, err
		}
		if n++; n > lookBack {
			break
		}
		if !p.State.Frees() && p.KBK == payee.KBK && sameName(p.PayeeName, payee.Name.Raw()) {
			return &p, nil
		}
	}
	return nil, nil
}

// sameName compares names as people write them.
func sameName(a, b string) bool {
	return a != "" && strings.EqualFold(strings.Join(strings.Fields(a), " "), strings.Join(strings.Fields(b), " "))
}
