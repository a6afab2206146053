package charges

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
)

// Terms and discounts change by law: the file names its source and its date.
var (
	//go:embed data/terms.tsv
	termsFile string

	termRules = sync.OnceValue(func() map[string]terms { return readTerms(termsFile) })
)

// terms are how long one may pay and how long the sum is lower.
type terms struct {
	days, discountDays int
	percent            int64 // of the discount
}

// newDiscount is the day from which the discount of 25 percent for thirty days
// replaced that of 50 percent for twenty (КоАП, art. 32.2 part 1.3).
func newDiscount() time.Time { return time.Date(2025, 1, 1, 0, 0, 0, 0, clock.Moscow()) }

// termsOf returns the terms of a charge issued at a moment.
func termsOf(kind string, issued time.Time) terms {
	if kind == Fine && issued.Before(newDiscount()) {
		kind = "fine-2024"
	}
	return termRules()[kind]
}

func readTerms(file string) map[string]terms {
	out := map[string]terms{}
	for line := range strings.Lines(file) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if strings.HasPrefix(line, "#") || len(f) != 4 {
			continue
		}
		days, err1 := strconv.Atoi(f[1])
		discount, err2 := strconv.Atoi(f[2])
		percent, err3 := strconv.ParseInt(f[3], 10, 64)
		if err1 == nil && err2 == nil && err3 == nil {
			out[f[0]] = terms{days, discount, percent}
		}
	}
	return out
}
