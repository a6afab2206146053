package register

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestAmountsAreExactHoweverTheyAreWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.Int64Range(1, amountLimit).Draw(t, "kopecks")
		whole := fmt.Sprint(k / 100)
		group := rapid.SampledFrom([]string{"", " ", "\u00a0", "\u202f", "'", ".", ","}).Draw(t, "group")
		point := rapid.SampledFrom([]string{".", ",", "-", "="}).Draw(t, "point")
		if group == point {
			group = ""
		}
		var b strings.Builder
		for i, c := range whole {
			if i > 0 && (len(whole)-i)%3 == 0 {
				b.WriteString(group)
			}
			b.WriteRune(c)
		}
		text := fmt.Sprintf("%s%s%02d%s", b.String(), point, k%100, rapid.SampledFrom([]string{"", " ₽", " руб.", "RUB"}).Draw(t, "unit"))
		if got, err := ParseRubles(text); err != nil || got != k {
			t.Fatalf("%q: %d %v, want %d", text, got, err, k)
		}
		if got, err := ParseRubles(FormatRubles(k)); err != nil || got != k {
			t.Fatalf("%s: %d %v", FormatRubles(k), got, err)
		}
		if got, err := ParseKopecks(fmt.Sprint(k)); err != nil || got != k {
			t.Fatalf("kopecks %d: %d %v", k, got, err)
		}
	})
}

// Whatever is accepted is what arithmetic without floats makes of it.
func TestNoAmountIsReadAsAnother(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOfN(rapid.SampledFrom([]rune("0123456789.,-= E+₽'")), 1, 14, -1).Draw(t, "text")
		k, err := ParseRubles(s)
		if err != nil {
			return
		}
		plain := strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(s), "₽"))
		plain = strings.TrimPrefix(plain, "+")
		last := strings.LastIndexAny(plain, ".,-=")
		if last >= 0 && strings.Count(plain, plain[last:last+1]) > 1 {
			last = -1
		}
		whole, frac := plain, ""
		if last >= 0 {
			whole, frac = plain[:last], plain[last+1:]
		}
		digits := strings.NewReplacer(" ", "", ".", "", ",", "", "'", "").Replace(whole)
		want, ok := new(big.Rat).SetString(digits + "." + frac + "0")
		if !ok || want.Mul(want, big.NewRat(100, 1)).Cmp(new(big.Rat).SetInt64(k)) != 0 {
			t.Fatalf("%q was read as %d kopecks", s, k)
		}
	})
}

func TestWhatIsNoAmountIsRefused(t *testing.T) {
	for _, s := range []string{"", " ", "1.2.3", "1 23", "12 34,5", "1,23,456", "1e5", "0x1", "1,", ",5", "1-5", "12-5", "1 234 567 890 123 456", "--1", "1.234", "0", "0,00", "-1", "99999999999999999999", "٣"} {
		if k, err := ParseRubles(s); err == nil {
			t.Errorf("%q is %d kopecks", s, k)
		}
	}
	for _, s := range []string{"1,5", "1.05", "x", "", "0", "-3", "1.234"} {
		if k, err := ParseKopecks(s); err == nil {
			t.Errorf("%q is %d kopecks", s, k)
		}
	}
	if k, err := ParseKopecks("1 234.00"); err != nil || k != 1234 {
		t.Error(k, err)
	}
}
