package cabinet

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/sandbox/pension"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/receipts"
)

// pensioner returns the person with the pension account and the account.
func (f *face) pensioner(ctx context.Context, tx *sql.Tx, r *http.Request) (people.Person, pension.Account, time.Time, error) {
	none := func(err error) (people.Person, pension.Account, time.Time, error) {
		return people.Person{}, pension.Account{}, time.Time{}, err
	}
	who := caller(r)
	if who.OrgOID != 0 {
		return none(problem.New(http.StatusForbidden, "pension.person_only", i18n.Say("Пенсионный счёт есть у человека, не у организации", "A person has a pension account, an organisation has none")).
			WithHint(i18n.Say("Войдите от своего имени", "Act in your own name")))
	}
	now, err := f.deps.Calendar.Now(ctx, tx)
	if err != nil {
		return none(err)
	}
	p, err := people.ByOID(ctx, tx, who.OID)
	if err != nil {
		return none(err)
	}
	if !validSNILS(p.SNILS) {
		return none(problem.NotFound("pension.no_snils"))
	}
	a, err := pension.Of(f.deps.Seed, p, now)
	return p, a, now, err
}

func pensionAccounts(a pension.Account, l i18n.Lang) []wire.PensionAccount {
	fund := text(i18n.Text{RU: "Социальный фонд (учебный)", EN: "Social Fund (training)"}, l)
	return []wire.PensionAccount{
		{ID: "1", Kind: pension.Insurance, Title: text(i18n.Text{RU: "Страховая пенсия", EN: "Insurance pension"}, l), Insurer: fund, BalanceKopecks: a.Insurance, InterestKopecks: a.InsuranceInterest},
		{ID: "2", Kind: pension.Savings, Title: text(i18n.Text{RU: "Накопительная пенсия", EN: "Savings pension"}, l), Insurer: fund, BalanceKopecks: a.Savings, InterestKopecks: a.SavingsInterest},
	}
}

func points(thousandths int64) string {
	return fmt.Sprintf("%d.%03d", thousandths/1000, thousandths%1000)
}

// pension is GET /pension.
func (f *face) pension(w http.ResponseWriter, r *http.Request) error {
	l := problem.Lang(r)
	var out wire.Pension
	err := f.deps.DB.Read(r.Context(), func(tx *sql.Tx) error {
		p, a, now, err := f.pensioner(r.Context(), tx, r)
		if err != nil {
			return err
		}
		out = wire.Pension{SNILS: p.SNILS, Accounts: pensionAccounts(a, l), Points: points(a.Points), ServiceMonths: a.Months,
			Expected: []wire.PensionPayment{}, RetirementDate: a.Retirement.Format(time.DateOnly), AsOf: now}
		for _, e := range a.Expected {
			out.Expected = append(out.Expected, wire.PensionPayment{Date: e.Date.Format(time.DateOnly), Title: text(e.Title, l), AmountKopecks: e.Kopecks})
		}
		return nil
	})
	if err != nil {
		return err
	}
	problem.JSON(w, http.StatusOK, out)
	return nil
}

// pensionContributions is GET /pension/contributions.
func (f *face) pensionContributions(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	limit, offset, err := pageOf(q)
	if err != nil {
		return err
	}
	year := q.Get("year")
	if n, err := strconv.Atoi(year); year != "" && (err != nil || n < 2002 || n > 2100) {
		return problem.BadRequest(i18n.Say("year: год от 2002 до 2100", "year: a year from 2002 to 2100"))
	}
	var items []wire.PensionContribution
	total := 0
	err = f.deps.DB.Read(r.Context(), func(tx *sql.Tx) error {
		_, a, _, err := f.pensioner(r.Context(), tx, r)
		if err != nil {
			return err
		}
		for _, c := range a.Contributions {
			if year != "" && c.Period[:4] != year {
				continue
			}
			if total++; total > offset && len(items) < limit {
				items = append(items, wire.PensionContribution{Period: c.Period, Account: c.Account, Employer: wire.Text(c.Employer), EmployerINN: c.INN, AmountKopecks: c.Kopecks})
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	problem.JSON(w, http.StatusOK, page(items, total, offset))
	return nil
}

// pensionStatement is GET /pension/statement.
func (f *face) pensionStatement(w http.ResponseWriter, r *http.Request) error {
	l := problem.Lang(r)
	say := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(l) }
	var out wire.SignedDocument
	err := f.deps.DB.Write(r.Context(), func(tx *sql.Tx) error {
		p, a, now, err := f.pensioner(r.Context(), tx, r)
		if err != nil {
			return err
		}
		title := say("Выписка из лицевого счёта", "Statement of the pension account")
		lines := []receipts.Line{
			{Name: say("Кому выдана", "Issued to"), Value: p.FullName()}, {Name: say("СНИЛС", "SNILS"), Value: p.SNILS},
			{Name: say("Коэффициент", "Points"), Value: points(a.Points)}, {Name: say("Стаж, месяцев", "Service, months"), Value: strconv.Itoa(a.Months)},
		}
		for _, x := range pensionAccounts(a, l) {
			lines = append(lines, receipts.Line{Name: x.Title.Raw(), Value: i18n.Rubles(l, x.BalanceKopecks) + ", " + say("доход за год", "interest of the year") + " " + i18n.Rubles(l, x.InterestKopecks)})
		}
		for _, c := range a.Contributions[:min(len(a.Contributions), 12)] {
			lines = append(lines, receipts.Line{Name: say("Взнос за ", "Contribution ") + c.Period, Value: c.Employer + ": " + i18n.Rubles(l, c.Kopecks)})
		}
		for _, e := range a.Expected {
			lines = append(lines, receipts.Line{Name: say("Ожидается ", "Expected ") + e.Date.Format("02.01.2006"), Value: e.Title.In(l) + ": " + i18n.Rubles(l, e.Kopecks)})
		}
		out = wire.SignedDocument{Title: wire.Text(title), IssuedAt: now, FileName: wire.Text("pension-" + now.In(clock.Moscow()).Format("20060102") + ".pdf")}
		if out.PDF, err = receipts.Print(receipts.Document{Title: title, Lines: lines, At: now, Lang: l, Notes: []string{signedNote(l)}}); err != nil {
			return err
		}
		return f.sign(r.Context(), tx, &out)
	})
	if err != nil {
		return err
	}
	problem.JSON(w, http.StatusOK, out)
	return nil
}
