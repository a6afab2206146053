package billing

import (
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/money"
)

// ParseRubles reads an amount of zero or more that a person gave, see
// money.Rubles, and returns kopecks or a usage error that shows how to write it.
func ParseRubles(s string) (int64, error) {
	k, err := money.Rubles(s)
	if err != nil || k < 0 {
		return 0, fault.New(exitcode.Usage, "amount.invalid", i18n.Text{
			RU: "«%s» — не сумма в рублях; пишите, например, 1234,56", EN: "%q is not an amount in rubles; write, for example, 1234.56"}.With(s)).Because(err)
	}
	return k, nil
}

// FormatRubles writes kopecks the way ParseRubles reads them: "6000,00".
func FormatRubles(kopecks int64) string { return money.Format(kopecks, ',') }
