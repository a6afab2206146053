package cell

import (
	"errors"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/money"
)

func TestADayIsReadInEveryFormThatReadsOneWay(t *testing.T) {
	want := time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)
	for _, s := range []string{"29.11.2026", "29.11.26", "2026-11-29", "2026.11.29", "2026/11/29", "20261129", "29112026", "29/11/2026", "11/29/2026", "29-11-2026", "29-11-26",
		"29.11.2026 10:00", "29.11.2026 10:00:00", "29.11.2026, 10:00:00", "29.11.2026 9:05:01.123", "2026-11-29T23:59:59Z", "2026-11-29T23:59:59.5+03:00", "2026-11-29 00:00:00+03:00",
		" 29.11.2026\u00a0", "29 ноября 2026 г.", "29 ноября 2026", "29 нояб. 2026", "29-Nov-2026", "29 November 2026", "29 ноя 2026", "\ufeff29.11.2026", `="29.11.2026"`, "'29.11.2026", "29. 11. 2026"} {
		if got, err := DayOf(s); err != nil || !got.Equal(want) {
			t.Errorf("%q: %v, %v", s, got, err)
		}
	}
	if got, err := DayOf("9.1.2026"); err != nil || got.Format(time.DateOnly) != "2026-01-09" {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := DayOf("05/05/2026"); err != nil || got.Format(time.DateOnly) != "2026-05-05" {
		t.Errorf("%v, %v", got, err)
	}
}

func TestADayThatReadsTwoWaysOrNoneIsNamedSo(t *testing.T) {
	for s, want := range map[string]error{
		"03/04/2026": ErrAmbiguousDay, "03-04-2026": ErrAmbiguousDay, "00.00.0000": ErrEmptyDay, "00.00.00": ErrEmptyDay, "01.01.0001": ErrEmptyDay, "0000-00-00": ErrEmptyDay,
		"00000000": ErrEmptyDay, "0001-01-01T00:00:00": ErrEmptyDay, "": ErrNoDay, "31.02.2026": ErrNoDay, "46355": ErrNoDay, "вчера": ErrNoDay, "29.11": ErrNoDay, "29.13.2026": ErrNoDay,
		"29.11.2026 утром": ErrNoDay, "29.11.1026": ErrNoDay, "10:00": ErrNoDay, "29.11.2026 123:00": ErrNoDay, "1.2.3.4": ErrNoDay, "02 11.26 29": ErrNoDay,
	} {
		if got, err := DayOf(s); !errors.Is(err, want) {
			t.Errorf("%q: %v, %v, want %v", s, got, err, want)
		}
	}
}

func TestAnAmountIsReadWithItsCurrencyAndItsSign(t *testing.T) {
	for s, want := range map[string]Sum{
		"1500": {150000, ""}, "-1500,0000": {-150000, ""}, "1 500,00": {150000, ""}, "1\u00a0500,00 ₽": {150000, Rubles}, "1500.00\u00a0": {150000, ""}, "1'500.00": {150000, ""},
		"(1 500,00)": {-150000, ""}, "1500,00-": {-150000, ""}, "-1500.00 USD": {-150000, "USD"}, "$1,500.00": {150000, "USD"}, "-$5.00": {-500, "USD"}, "€ 5": {500, "EUR"}, "USD 5": {500, "USD"},
		"5 RUR": {500, Rubles}, "5,00 руб.": {500, Rubles}, "RUB 5.00": {500, Rubles}, "₽5": {500, Rubles}, "5 KZT": {500, "KZT"}, `="1500,00"`: {150000, ""}, "(5 USD)": {-500, "USD"}, "\u22125,00\u202f₽": {-500, Rubles},
	} {
		if got, err := AmountOf(s); err != nil || got != want {
			t.Errorf("%q: %+v, %v", s, got, err)
		}
	}
	for s, want := range map[string]error{"1,500": money.ErrAmbiguous, "1,5E+5": money.ErrFloat, "": money.ErrNoAmount, "пять": money.ErrNoAmount, "1,505": money.ErrAmbiguous, "1500,1234": money.ErrDecimals,
		"(-5)": money.ErrNoAmount, "10,5x": money.ErrNoAmount, "5 штук": money.ErrNoAmount, "150 коп.": money.ErrNoAmount, "()": money.ErrNoAmount} {
		if got, err := AmountOf(s); !errors.Is(err, want) {
			t.Errorf("%q: %+v, want %v", s, got, want)
		}
	}
}

func TestACurrencyIsKnownByCodeNumberSignAndWord(t *testing.T) {
	for s, want := range map[string]Currency{"RUB": Rubles, "rur": Rubles, "643": Rubles, "810": Rubles, "₽": Rubles, "руб.": Rubles, " Рубль ": Rubles, "р.": Rubles, "": "", "USD": "USD", "840": "USD", "$": "USD", "евро": "EUR", "BYN": "BYN",
		"Российский рубль (RUB)": Rubles, "643 - руб. РФ": Rubles, "RUB/USD": "RUB/USD", "Белорусский рубль": "БЕЛОРУССКИЙ РУБЛЬ", "РФ": "РФ"} {
		if got := CurrencyOf(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}

func TestASpoiltNumberIsRecognised(t *testing.T) {
	for s, want := range map[string]bool{"3,10064E+18": true, "3.1e18": true, "03100643000000018500": false, "18210604012021000000": true, "31006430000000000000": true, "40702810138250123017": false, "": false} {
		if got := Spoilt(s); got != want {
			t.Errorf("%q: %v", s, got)
		}
	}
}

func FuzzCell(f *testing.F) {
	for _, s := range []string{"29.11.2026 10:00", "2026-11-29", "(1 500,00 USD)", `="0310"`, "−5,00 ₽", "29 ноября 2026 г."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if d, err := DayOf(s); err == nil && (d.Year() < firstYear || d.Year() > lastYear || d.Hour() != 0) {
			t.Fatalf("%q: %v", s, d)
		}
		if a, err := AmountOf(s); err == nil {
			if back, err := AmountOf(money.Format(a.Kopecks, ',')); err != nil || back.Kopecks != a.Kopecks {
				t.Fatalf("%q: %+v, %+v, %v", s, a, back, err)
			}
		}
		if again := Text(Text(s)); len(again) > len(s) {
			t.Fatalf("%q grew", s)
		}
		if c := CurrencyOf(s); c.Foreign() && CurrencyOf(string(c)) == Rubles {
			t.Fatalf("%q is rubles and is not", s)
		}
		if Spoilt(s) && Spoilt(s+"x") {
			t.Fatalf("%q is spoilt by any end", s)
		}
	})
}
