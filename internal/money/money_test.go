package money

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestAmountsAreExactHoweverTheyAreWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.Int64Range(0, 100_000_000_000_00).Draw(t, "kopecks")
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
		if got, err := Rubles(text); err != nil || got != k {
			t.Fatalf("%q: %d %v, want %d", text, got, err, k)
		}
		if got, err := Rubles(Format(k, '.')); err != nil || got != k {
			t.Fatalf("%s: %d %v", Format(k, '.'), got, err)
		}
		if got, err := Kopecks(fmt.Sprint(k)); err != nil || got != k {
			t.Fatalf("kopecks %d: %d %v", k, got, err)
		}
	})
}

// Whatever is accepted is what arithmetic without floats makes of it.
func TestNoAmountIsReadAsAnother(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOfN(rapid.SampledFrom([]rune("0123456789.,-= E+₽'")), 1, 14, -1).Draw(t, "text")
		k, err := Rubles(s)
		if err != nil {
			return
		}
		plain := strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(s), "₽"))
		if rest, negative := strings.CutPrefix(plain, "-"); negative {
			plain, k = strings.TrimSpace(rest), -k
		}
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

func TestWhatIsNoAmountIsRefusedWithItsReason(t *testing.T) {
	for s, want := range map[string]error{
		"": ErrNoAmount, " ": ErrNoAmount, "0x1": ErrNoAmount, "1,": ErrNoAmount, ",5": ErrNoAmount, "1-5": ErrNoAmount, "12-5": ErrNoAmount, "--1": ErrNoAmount,
		"٣": ErrNoAmount, "₽": ErrNoAmount, "1.2.3": ErrGroups, "1 23": ErrGroups, "12 34,5": ErrGroups, "1,23,456": ErrGroups, "1,234.567.890": ErrGroups,
		"1e5": ErrFloat, "1,2E+5": ErrFloat, "1.234": ErrAmbiguous, "999,999": ErrAmbiguous, "0,001": ErrDecimals, "1 234,567": ErrDecimals,
		"99999999999999999999": ErrTooLarge, "92233720368547758,08": ErrTooLarge,
	} {
		if k, err := Rubles(s); !errors.Is(err, want) {
			t.Errorf("%q: %d, %v; want %v", s, k, err, want)
		}
	}
	for s, want := range map[string]error{"1,5": ErrPartKopeck, "1.05": ErrPartKopeck, "x": ErrNoAmount, "": ErrNoAmount, "1.000": ErrAmbiguous, "1E5": ErrFloat} {
		if k, err := Kopecks(s); !errors.Is(err, want) {
			t.Errorf("%q: %d, %v; want %v", s, k, err, want)
		}
	}
}

func TestSignsSpacesAndLimits(t *testing.T) {
	for s, want := range map[string]int64{
		"0": 0, "0,00": 0, "-1": -100, "\u22121 500,50 ₽": -150050, "+7": 700, "1\u2009234,5": 123450, "1\u202f234\u202f567.89": 123456789, "1\u00a0234": 123400,
		"1'234.00": 123400, "92233720368547758,07": math.MaxInt64, "6 936-07": 693607, "12 руб.": 1200,
	} {
		if k, err := Rubles(s); err != nil || k != want {
			t.Errorf("%q: %d, %v; want %d", s, k, err, want)
		}
	}
	for s, want := range map[string]int64{"1 234.00": 1234, "-3": -3, "0": 0, "123456": 123456} {
		if k, err := Kopecks(s); err != nil || k != want {
			t.Errorf("%q: %d, %v; want %d", s, k, err, want)
		}
	}
	for k, want := range map[int64]string{0: "0.00", 5: "0.05", -5: "-0.05", 693650: "6936.50", math.MinInt64: "-92233720368547758.08"} {
		if got := Format(k, '.'); got != want {
			t.Errorf("%d: %s, want %s", k, got, want)
		}
	}
}

// FuzzMoney: whatever is read as an amount is written and read back as the same
// one, and exact arithmetic agrees with it.
func FuzzMoney(f *testing.F) {
	for _, s := range []string{"1 234,56", "1234.56", "1,234.56", "1.234,56", "-0,01 ₽", "1\u00a0234-56", "1,234", "1E+5", "92233720368547758,07", "1'234'567"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, read := range []func(string) (int64, error){Rubles, Kopecks} {
			k, err := read(s)
			if err != nil {
				continue
			}
			for _, point := range []byte{'.', ','} {
				if again, err := Rubles(Format(k, point)); err != nil || again != k {
					t.Fatalf("%q: %d, back %d, %v", s, k, again, err)
				}
			}
		}
		k, err := Rubles(s)
		if err != nil {
			return
		}
		// Only the digits matter, and the last two of them are kopecks if there is
		// a decimal part.
		digits := strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return r
			}
			return -1
		}, s)
		want, ok := new(big.Int).SetString(digits, 10)
		if !ok {
			t.Fatalf("%q has no digits and was read as %d", s, k)
		}
		got := new(big.Int).Abs(big.NewInt(k))
		for _, scale := range []int64{100, 10, 1} { // no decimals, one, two
			if new(big.Int).Mul(want, big.NewInt(scale)).Cmp(got) == 0 {
				return
			}
		}
		t.Fatalf("%q was read as %d kopecks", s, k)
	})
}
