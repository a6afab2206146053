// Package i18n holds texts for people in Russian and English and chooses
// between them. A text is data beside the code that shows it, so both
// languages are read, reviewed and changed together, and start-up parses
// nothing. It is a leaf: every package may import it.
package i18n

import (
	"fmt"
	"strings"
	"time"
)

// Lang is an interface language.
type Lang string

// The interface languages.
const (
	EN Lang = "en"
	RU Lang = "ru"
)

// Text is one text in every interface language. It may hold fmt verbs;
// both languages take the same arguments (use %[1]s to reorder).
type Text struct{ RU, EN string }

// In returns the text in language l.
func (t Text) In(l Lang) string {
	if l == RU && t.RU != "" {
		return t.RU
	}
	if t.EN != "" {
		return t.EN
	}
	return t.RU
}

// IsZero reports whether the text is empty.
func (t Text) IsZero() bool { return t == Text{} }

// With binds arguments to the text. An argument that is itself a Text, a
// Message or any other Localised value is rendered in the language of the
// whole.
func (t Text) With(args ...any) Message { return Message{Text: t, Args: args} }

// Localised is a value that reads differently in each language.
type Localised interface{ In(Lang) string }

// Message is a text with its arguments, rendered when the language is known.
type Message struct {
	Text Text
	Args []any
}

// Say is a Message without arguments, given in both languages.
func Say(ru, en string) Message { return Message{Text: Text{RU: ru, EN: en}} }

// IsZero reports whether the message is empty.
func (m Message) IsZero() bool { return m.Text.IsZero() }

// In renders the message in language l.
func (m Message) In(l Lang) string {
	s := m.Text.In(l)
	if len(m.Args) == 0 {
		return s
	}
	args := make([]any, len(m.Args))
	for i, a := range m.Args {
		if loc, ok := a.(Localised); ok {
			args[i] = loc.In(l)
		} else {
			args[i] = a
		}
	}
	return fmt.Sprintf(s, args...)
}

// Plural is a counted noun: Russian has three forms (1 файл, 2 файла, 5
// файлов), English two. The rules are those of CLDR for whole numbers.
type Plural struct {
	One, Few, Many string // Russian
	Sing, Plur     string // English
}

// Count renders n with the noun in the right form, for example "2 файла".
func (p Plural) Count(n int) Counted { return Counted{p, n} }

// Counted is a number with its noun.
type Counted struct {
	Noun Plural
	N    int
}

// In renders the number and the noun in language l.
func (c Counted) In(l Lang) string { return fmt.Sprintf("%d %s", c.N, c.Noun.Form(l, c.N)) }

// Form returns the form of the noun that goes with n in language l.
func (p Plural) Form(l Lang, n int) string {
	if n < 0 {
		n = -n
	}
	if l != RU {
		if n == 1 {
			return p.Sing
		}
		return p.Plur
	}
	switch {
	case n%10 == 1 && n%100 != 11:
		return p.One
	case n%10 >= 2 && n%10 <= 4 && (n%100 < 12 || n%100 > 14):
		return p.Few
	default:
		return p.Many
	}
}

// Choose picks the interface language: the explicit choice (a flag or
// EPGU_LANG) first, then the locale variables in POSIX order (LC_ALL,
// LC_MESSAGES, LANG). Anything that is not Russian reads as English.
func Choose(explicit string, getenv func(string) string) Lang {
	for _, v := range []string{explicit, getenv("LC_ALL"), getenv("LC_MESSAGES"), getenv("LANG")} {
		v = strings.ToLower(strings.TrimSpace(v))
		if v == "" {
			continue
		}
		if v == "ru" || strings.HasPrefix(v, "ru_") || strings.HasPrefix(v, "ru-") || strings.HasPrefix(v, "ru.") {
			return RU
		}
		return EN
	}
	return EN
}

// Rubles formats an amount in kopecks for people: "6 000,00 ₽" in Russian,
// "6,000.00 RUB" in English. The thousands separator in Russian is U+00A0.
func Rubles(l Lang, kopecks int64) string {
	sign := ""
	u := uint64(kopecks)
	if kopecks < 0 {
		sign, u = "-", -u
	}
	sep, point, unit := ",", ".", " RUB"
	if l == RU {
		sep, point, unit = "\u00a0", ",", "\u00a0₽"
	}
	whole := fmt.Sprintf("%d", u/100)
	var b strings.Builder
	b.WriteString(sign)
	for i, r := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteString(sep)
		}
		b.WriteRune(r)
	}
	fmt.Fprintf(&b, "%s%02d%s", point, u%100, unit)
	return b.String()
}

// Money is an amount in kopecks that renders itself in the reader's language.
type Money int64

// In renders the amount in language l.
func (m Money) In(l Lang) string { return Rubles(l, int64(m)) }

// Day is a day that renders itself in the reader's language, in the zone that it has.
type Day time.Time

// In renders the day in language l.
func (d Day) In(l Lang) string { return time.Time(d).Format(day(l)) }

// ISODay is a day as the wire and the data have it, YYYY-MM-DD, that renders itself
// in the reader's language; what is no such day renders as nothing.
type ISODay string

// In renders the day in language l.
func (d ISODay) In(l Lang) string {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return ""
	}
	return Day(t).In(l)
}

// Moment is a moment to the minute that renders itself in the reader's language, in
// the zone that it has.
type Moment time.Time

// In renders the moment in language l.
func (m Moment) In(l Lang) string { return time.Time(m).Format(day(l) + " 15:04") }

// Second is a moment to the second that renders itself in the reader's language, in
// the zone that it has.
type Second time.Time

// In renders the moment in language l.
func (s Second) In(l Lang) string { return time.Time(s).Format(day(l) + " 15:04:05") }

func day(l Lang) string { return Text{RU: "02.01.2006", EN: time.DateOnly}.In(l) }
