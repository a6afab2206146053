package billing

import (
	"fmt"
	"math"
	"strings"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/ui/i18n"
)

// ParseRubles reads an amount in rubles as people write it ("1 234,56",
// "1234.5", "6000 ₽") and returns kopecks, exactly: no float is involved.
func ParseRubles(s string) (int64, error) {
	bad := func() (int64, error) {
		return 0, fault.New(exitcode.Usage, "amount.invalid", i18n.Text{
			RU: "«%s» — не сумма в рублях; пишите, например, 1234,56", EN: "%q is not an amount in rubles; write, for example, 1234.56"}.With(s))
	}
	t := strings.TrimSpace(s)
	for _, unit := range []string{"₽", "RUB", "руб.", "руб"} {
		t = strings.TrimSpace(strings.TrimSuffix(t, unit))
	}
	t = strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", ",", ".").Replace(t)
	whole, part, hasPoint := strings.Cut(t, ".")
	if whole == "" || hasPoint && (len(part) == 0 || len(part) > 2) {
		return bad()
	}
	for len(part) < 2 {
		part += "0"
	}
	var k int64
	for _, r := range whole + part {
		d := int64(r - '0')
		if d < 0 || d > 9 || k > (math.MaxInt64-d)/10 {
			return bad()
		}
		k = k*10 + d
	}
	return k, nil
}

// FormatRubles writes kopecks the way ParseRubles reads them: "6000,00".
func FormatRubles(kopecks int64) string {
	return fmt.Sprintf("%d,%02d", kopecks/100, kopecks%100)
}
