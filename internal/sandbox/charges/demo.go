package charges

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/training"
	"github.com/epgu-cli/epgu/internal/sandbox/calendar"
	"github.com/epgu-cli/epgu/internal/sandbox/catalog"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/room"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// settingBorn names the setting that is there once the demo people have their
// first charges; settingSerial counts every charge that is no duty.
const (
	settingBorn   = "charges.born"
	settingSerial = "charges.serial"
)

const day = 24 * time.Hour

// maxSeed is how many charges one request may make.
const maxSeed = 200_000

// bornWorker gives the demo people their first charges when a new portal is
// first asked, because only then is it known what day it is there.
func bornWorker(deps room.Deps) calendar.Worker {
	return calendar.Worker{
		Name: "demo charges",
		Next: func(ctx context.Context, tx *sql.Tx) (time.Time, bool, error) {
			v, err := store.Setting(ctx, tx, settingBorn)
			return time.Time{}, v == "", err
		},
		Run: func(ctx context.Context, tx *sql.Tx, _ time.Time) (int, error) {
			now, err := deps.Calendar.Now(ctx, tx)
			if err != nil {
				return 0, err
			}
			if err := store.SetSetting(ctx, tx, settingBorn, now.Format(time.RFC3339)); err != nil {
				return 0, err
			}
			return bear(ctx, tx, deps, now)
		},
	}
}

// bear writes what each demo person and organisation owes at first.
func bear(ctx context.Context, tx *sql.Tx, deps room.Deps, now time.Time) (int, error) {
	all, err := people.All(ctx, tx)
	if err != nil {
		return 0, err
	}
	n := 0
	orgs := map[int64]bool{}
	for _, p := range all {
		for _, b := range []struct {
			sample int
			age    time.Duration
		}{{0, 3 * day}, {1, 45 * day}, {4, 20 * day}, {6, 12 * day}} {
			if err := issueSample(ctx, tx, deps, p.OID, 0, b.sample, now.Add(-b.age)); err != nil {
				return n, err
			}
			n++
		}
		members, err := people.OrgsOf(ctx, tx, p.OID, deps.Clock.Now())
		if err != nil {
			return n, err
		}
		for _, m := range members {
			if orgs[m.OrgOID] {
				continue
			}
			orgs[m.OrgOID] = true
			for i, sample := range []int{2, 5, 5, 7} {
				if err := issueSample(ctx, tx, deps, p.OID, m.OrgOID, sample, now.Add(-time.Duration(i+2)*day)); err != nil {
					return n, err
				}
				n++
			}
		}
	}
	return n, nil
}

// sample is a kind of demo charge.
type sample struct {
	kind, dept, kbk string
	title, purpose  i18n.Text
	kopecks         int64
	lower           bool // the sum is lower for the first days
}

func samples() []sample {
	return []sample{
		{Fine, "gibdd", "18811601123010001140", i18n.Text{RU: "Штраф за превышение скорости на 20–40 км/ч", EN: "Fine for speeding by 20–40 km/h"}, i18n.Text{RU: "Штраф по КоАП, ст. 12.9 ч. 2 (учебный)", EN: "Fine, Code of Offences art. 12.9 part 2 (training)"}, 75000, true},
		{Fine, "gibdd", "18811601123010001140", i18n.Text{RU: "Штраф за проезд на красный свет", EN: "Fine for running a red light"}, i18n.Text{RU: "Штраф по КоАП, ст. 12.12 ч. 1 (учебный)", EN: "Fine, Code of Offences art. 12.12 part 1 (training)"}, 150000, true},
		{Fine, "gibdd", "18811601123010001140", i18n.Text{RU: "Штраф за парковку на газоне", EN: "Fine for parking on a lawn"}, i18n.Text{RU: "Штраф по КоАП, ст. 12.19 (учебный)", EN: "Fine, Code of Offences art. 12.19 (training)"}, 500000, true},
		{Fine, "gibdd", "18811601123010001140", i18n.Text{RU: "Штраф за непристёгнутый ремень", EN: "Fine for not wearing a seat belt"}, i18n.Text{RU: "Штраф по КоАП, ст. 12.6 (учебный)", EN: "Fine, Code of Offences art. 12.6 (training)"}, 150000, true},
		{Tax, "fns", "18210604012021000110", i18n.Text{RU: "Транспортный налог за прошлый год", EN: "Vehicle tax for the last year"}, i18n.Text{RU: "Транспортный налог с физических лиц (учебный)", EN: "Vehicle tax of persons (training)"}, 412300, false},
		{Tax, "fns", "18210601010031000110", i18n.Text{RU: "Налог на имущество", EN: "Property tax"}, i18n.Text{RU: "Налог на имущество (учебный)", EN: "Property tax (training)"}, 187650, false},
		{Debt, "fssp", "32211617000016016140", i18n.Text{RU: "Исполнительский сбор", EN: "Enforcement fee"}, i18n.Text{RU: "Исполнительский сбор по производству (учебный)", EN: "Enforcement fee (training)"}, 100000, false},
		{Debt, "fssp", "32211617000016016140", i18n.Text{RU: "Долг по исполнительному производству", EN: "Debt in enforcement proceedings"}, i18n.Text{RU: "Взыскание по исполнительному производству (учебное)", EN: "Recovery in enforcement proceedings (training)"}, 1254000, false},
	}
}

// serials takes the next n numbers of charges and returns the first.
func serials(ctx context.Context, tx *sql.Tx, n int) (uint64, error) {
	v, err := store.Setting(ctx, tx, settingSerial)
	if err != nil {
		return 0, err
	}
	var last uint64
	if v != "" {
		if last, err = strconv.ParseUint(v, 10, 64); err != nil {
			return 0, fmt.Errorf("setting %s: %w", settingSerial, err)
		}
	}
	return last + 1, store.SetSetting(ctx, tx, settingSerial, strconv.FormatUint(last+uint64(n), 10)) //nolint:gosec // n is not negative
}

func issueSample(ctx context.Context, tx *sql.Tx, deps room.Deps, oid, orgOID int64, which int, issued time.Time) error {
	n, err := serials(ctx, tx, 1)
	if err != nil {
		return err
	}
	c, err := catalog.Shared()
	if err != nil {
		return err
	}
	s := samples()[which]
	_, err = Issue(ctx, tx, deps.Seed, s.bill(c, oid, orgOID, n, s.kopecks, issued))
	return err
}

func (s *sample) bill(c *catalog.Catalog, oid, orgOID int64, number uint64, kopecks int64, issued time.Time) Bill {
	d := c.Department(s.dept)
	payee := d.Payee
	payee.KBK = s.kbk
	rule := termsOf(s.kind, issued)
	b := Bill{
		OID: oid, OrgOID: orgOID, Kind: s.kind, Number: number, Chapter: d.Chapter,
		Issued: issued, Until: issued.Add(time.Duration(rule.days) * day),
		Data: Data{Title: s.title, Purpose: s.purpose, Amount: kopecks, Payee: payee},
	}
	if s.lower && rule.discountDays > 0 {
		b.Discounted, b.DiscountDay = kopecks-kopecks*rule.percent/100, issued.Add(time.Duration(rule.discountDays)*day)
	}
	return b
}

// memberOf returns the person by whom an organisation is charged: the one asked
// for, who must belong to it, else the first member.
func memberOf(ctx context.Context, tx *sql.Tx, req training.SeedRequest, oids []int64, now time.Time) ([]int64, error) {
	for _, oid := range oids {
		orgs, err := people.OrgsOf(ctx, tx, oid, now)
		if err != nil {
			return nil, err
		}
		for _, m := range orgs {
			if m.OrgOID == req.OrgOID {
				return []int64{oid}, nil
			}
		}
	}
	return nil, problem.Invalid(problem.Field{Name: "orgOid", Code: "unknown",
		Message: i18n.Text{RU: "нет такой организации или этот человек в ней не состоит; номера: epgu sandbox users", EN: "there is no such organisation, or this person does not belong to it; see epgu sandbox users"}})
}

// seedMany makes req.Charges charges for each person, drawn by req.Seed; a
// payer's name and identifier are looked up once.
func seedMany(ctx context.Context, tx *sql.Tx, deps room.Deps, req training.SeedRequest, oids []int64) (int, error) {
	if req.Charges < 0 || req.Charges > maxSeed || req.Charges*max(len(oids), 1) > maxSeed {
		return 0, problem.Invalid(problem.Field{Name: "charges", Code: "range",
			Message: i18n.Text{RU: "за один раз — от 0 до %d начислений", EN: "0 to %d charges at once"}.With(maxSeed)})
	}
	now, err := deps.Calendar.Now(ctx, tx)
	if err != nil {
		return 0, err
	}
	c, err := catalog.Shared()
	if err != nil {
		return 0, err
	}
	var pool []sample
	state := ""
	switch req.Kind {
	case PartlyPaid, Clarified, Annulled, Forced:
		state, req.Kind = req.Kind, Fine
	}
	for _, s := range samples() {
		if req.Kind == "" || s.kind == req.Kind {
			pool = append(pool, s)
		}
	}
	if req.Kind == Duty {
		pool = []sample{{Duty, "mvd", "18810807100018034110", i18n.Text{RU: "Госпошлина", EN: "State duty"}, i18n.Text{RU: "Госпошлина (учебная)", EN: "State duty (training)"}, 30000, false}}
	}
	if len(pool) == 0 {
		return 0, problem.Invalid(problem.Field{Name: "kind", Code: "choice",
			Message: i18n.Text{RU: "вида %q нет; есть: fine, tax, debt, duty, partly-paid, clarified, annulled, forcibly-settled", EN: "there is no kind %q; there are: fine, tax, debt, duty, partly-paid, clarified, annulled, forcibly-settled"}.With(req.Kind)})
	}
	if req.OrgOID != 0 {
		if oids, err = memberOf(ctx, tx, req, oids, now); err != nil {
			return 0, err
		}
	}
	w, err := newWriter(ctx, tx, deps.Seed)
	if err != nil {
		return 0, err
	}
	defer w.close()
	n := 0
	for _, oid := range oids {
		first, err := serials(ctx, tx, req.Charges)
		if err != nil {
			return n, err
		}
		name, id, err := payer(ctx, tx, oid, req.OrgOID)
		if err != nil {
			return n, err
		}
		person, err := people.ByOID(ctx, tx, oid)
		if err != nil {
			return n, err
		}
		for i := range req.Charges {
			number := first + uint64(i)
			draw := room.Draw(req.Seed, "seed charges", uint64(oid)<<20+uint64(i)) //nolint:gosec // ids are positive
			s := &pool[draw.IntN(len(pool))]
			kopecks := (s.kopecks/2 + draw.Int64N(s.kopecks)) / 100 * 100
			b := s.bill(c, oid, req.OrgOID, number, kopecks, now.Add(-time.Duration(draw.IntN(20*24))*time.Hour))
			b.PayerName, b.PayerID, b.State = name, id, state
			if state == PartlyPaid {
				b.PaidBefore = kopecks / 4 / 100 * 100
			}
			if s.kind == Fine {
				b.Details = details(&person, number, b.Issued)
			}
			if _, err := w.issue(ctx, b); err != nil {
				return n, err
			}
			n++
		}
	}
	return n, nil
}
