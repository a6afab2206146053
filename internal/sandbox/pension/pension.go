// Package pension makes up the pension accounts of the demo people: balances,
// interest, what employers paid in and what is to come. Everything follows
// from the portal's seed and the person, so nothing is kept. Only packages
// under internal/sandbox may import it.
package pension

import (
	"fmt"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/room"
)

// Kinds of accounts.
const (
	Insurance = "insurance"
	Savings   = "savings"
)

// Account is a person's pension account at a day. Amounts are kopecks.
type Account struct {
	Insurance, Savings                 int64 // balances
	InsuranceInterest, SavingsInterest int64 // of the last year
	Points                             int64 // thousandths
	Months                             int   // insured service
	Retirement                         time.Time
	Contributions                      []Contribution // the latest first
	Expected                           []Payment
}

// Contribution is what an employer paid in for a month.
type Contribution struct {
	Period   string // yyyy-mm
	Account  string
	Employer string
	INN      string
	Kopecks  int64
}

// Payment is a payment to come.
type Payment struct {
	Date    time.Time
	Title   i18n.Text
	Kopecks int64
}

// Training rules: the rate of contributions and of interest, the age of
// retirement and how far back contributions are listed.
const (
	contributionPercent = 22
	interestBasis       = 780 // hundredths of a percent a year
	age                 = 65
	ageOfWomen          = 60
	monthsListed        = 60
	pointKopecks        = 145_69 // of a point, training data
	fixedPart           = 8907_70
)

// Of returns the account of a person as it is at now.
func Of(seed uint64, p people.Person, now time.Time) (Account, error) {
	born, err := time.Parse(time.DateOnly, p.BirthDate)
	if err != nil {
		return Account{}, fmt.Errorf("the birth date of %d: %w", p.OID, err)
	}
	years := age
	if p.Gender == "F" {
		years = ageOfWomen
	}
	a := Account{Retirement: born.AddDate(years, 0, 0)}
	draw := room.Draw(seed, "pension", uint64(p.OID)) //nolint:gosec // ids are positive
	salary := 40_000_00 + draw.Int64N(80_000)*100
	began := born.AddDate(22, 0, 0)
	first := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC).AddDate(0, -1, 0)
	for m, n := first, 0; !m.Before(began) && n < monthsListed && m.Before(a.Retirement); m, n = m.AddDate(0, -1, 0), n+1 {
		k := salary * contributionPercent / 100 / 100 * 100
		a.Contributions = append(a.Contributions, Contribution{Period: m.Format("2006-01"), Account: Insurance, Employer: "ООО «Учебный работодатель»", INN: people.DemoOrgs()[0].INN, Kopecks: k})
		a.Insurance += k
	}
	if end := min(now.Unix(), a.Retirement.Unix()); end > began.Unix() {
		a.Months = int((end - began.Unix()) / (30 * 24 * 3600))
	}
	a.Points = int64(a.Months) * 120
	a.InsuranceInterest = a.Insurance * interestBasis / 10_000
	a.Savings = 15_000_00 + draw.Int64N(30_000)*100
	a.SavingsInterest = a.Savings * interestBasis / 10_000
	a.Expected = expected(a, now)
	return a, nil
}

// expected lists the next three monthly payments, from retirement on.
func expected(a Account, now time.Time) []Payment {
	from := a.Retirement
	if now.After(from) {
		from = now
	}
	monthly := fixedPart + a.Points*pointKopecks/1000
	var out []Payment
	day := time.Date(from.Year(), from.Month(), 10, 0, 0, 0, 0, time.UTC)
	for range 3 {
		day = day.AddDate(0, 1, 0)
		out = append(out, Payment{Date: day, Title: i18n.Text{RU: "Страховая пенсия по старости", EN: "Old-age insurance pension"}, Kopecks: monthly})
	}
	return out
}
