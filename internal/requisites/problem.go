package requisites

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Problem says what is wrong with a value, where, and what was probably meant.
type Problem struct {
	Kind       Kind
	Code       string         // stable and dotted: "uin.check_digit"
	Input      untrusted.Text // as typed, cut to 64 bytes
	Position   int            // 1-based character of the normalised value; 0 = the whole
	Found      string         // what stands there; empty if the position is 0
	Expected   string         // the character that belongs there, when it is known
	Slip       Slip           // the likely slip; empty when there is no evidence
	Suggestion string         // the value that was meant, only if exactly one slip explains it

	message i18n.Message
	hint    i18n.Message
}

// Message says what is wrong, without naming the kind: the field that it
// stands beside does.
func (p *Problem) Message() i18n.Message { return p.message }

// Hint says what was probably meant; it may be empty.
func (p *Problem) Hint() i18n.Message { return p.hint }

// Error returns the English text.
func (p *Problem) Error() string { return p.Kind.String() + ": " + p.message.In(i18n.EN) }

// Field names the place for a list of faults: the message and, after a
// semicolon, the hint.
func (p *Problem) Field(name string) fault.Field {
	m := p.message
	if !p.hint.IsZero() {
		m = i18n.Text{RU: "%s; %s", EN: "%s; %s"}.With(p.message, p.hint)
	}
	return fault.Field{Name: name, Message: m}
}

// Fault turns the problem into an error for people: invalid input, nothing sent.
func (p *Problem) Fault() *fault.Error {
	return fault.New(exitcode.Usage, p.Code,
		i18n.Text{RU: "%s «%s»: %s", EN: "%s %s: %s"}.With(p.Kind.Info().Title, p.Input, p.message)).
		Advise(p.hint)
}

var _ error = (*Problem)(nil)

// explain builds the problem for value b (normalised input) that failed with
// f. ok is the whole check, asked about values that might have been meant.
func explain(k Kind, input, b string, f fail, ok func(string) bool) *Problem {
	p := &Problem{Kind: k, Input: untrusted.Text(cut(input)), Position: f.pos}
	chars := []rune(b)
	if f.pos > 0 && f.pos <= len(chars) {
		p.Found = visible(chars[f.pos-1])
	}
	if f.want != 0 {
		p.Expected = string(rune(f.want))
	}
	p.describe(f, len(chars))
	if f.code == empty || f.code == tooLong {
		return p
	}
	p.guess(chars, f, ok)
	return p
}

// cut bounds what is kept of a hostile input.
func cut(s string) string {
	if len(s) <= limit {
		return s
	}
	n := limit
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

// visible shows one character, by number if it has no shape of its own.
func visible(r rune) string {
	if s := untrusted.Clean(string(r)); s == string(r) && r != utf8.RuneError {
		return s
	}
	return fmt.Sprintf("U+%04X", r)
}

func (p *Problem) describe(f fail, n int) {
	k := p.Kind.String() + "."
	switch f.code {
	case empty:
		p.Code, p.message = k+"empty", i18n.Say("значение пустое", "the value is empty")
	case tooLong:
		p.Code, p.message = k+"length", i18n.Text{RU: "слишком длинно: должно быть %s", EN: "too long: must be %s"}.With(lengthsOf(p.Kind))
	case wrongLength:
		p.Code, p.message = k+"length", i18n.Text{RU: "%s, а должно быть %s", EN: "%s, must be %s"}.With(characterCount().Count(n), lengthsOf(p.Kind))
	case wrongCharacter:
		p.Code = k + "character"
		p.message = i18n.Text{RU: "знак %d — «%s», а здесь может стоять только %s", EN: "character %d is \"%s\", but only %s may stand here"}.
			With(p.Position, p.Found, allowedAt(p.Kind, f.pos, n))
	case wrongCheckDigit:
		p.Code = k + "check_digit"
		p.message = i18n.Text{RU: "контрольная цифра не сходится: знак %d — %s, а по остальным знакам должна быть %s",
			EN: "the check digit does not fit: character %d is %s, the other characters require %s"}.With(p.Position, p.Found, p.Expected)
	case wrongKey:
		p.Code = k + "key"
		p.message = i18n.Text{RU: "счёт не подходит к БИК: ключ (знак %d) — %s, а для этого БИК должен быть %s; ошибка в счёте или в БИК",
			EN: "the account does not fit the БИК: its key (character %d) is %s, this БИК requires %s; the slip is in the account or in the БИК"}.
			With(p.Position, p.Found, p.Expected)
	case allZeros:
		p.Code, p.message = k+"zeros", i18n.Say("одни нули", "nothing but zeros")
	case noUIN:
		p.Code = k + "absent"
		p.message = i18n.Say("«0» означает, что УИН нет", "\"0\" means that there is no УИН")
	case wrongStart:
		p.Code, p.message = k+"start", startRule(p.Kind)
	case noSuchCode:
		p.Code, p.message = k+"code", noSuchCodeText(p.Kind)
	case noSuchDate:
		p.Code, p.message = k+"date", i18n.Say("такой даты нет", "there is no such date")
		if p.Kind == KindTaxPeriod {
			p.message = i18n.Say("такого периода нет: МС.01–12, КВ.01–04, ПЛ.01–02, ГД.00 и год", "there is no such period: МС.01–12, КВ.01–04, ПЛ.01–02, ГД.00 and a year")
		}
	case wrongPart:
		p.Code = k + "part"
		p.message = i18n.Text{RU: "номер внутри, с %d-го знака, не проходит проверку", EN: "the number inside, from character %d on, does not pass its own check"}.With(f.pos)
	case wrongPattern:
		p.Code, p.message = k+"pattern", patternRule(p.Kind)
	}
}

func characterCount() i18n.Plural {
	return i18n.Plural{One: "знак", Few: "знака", Many: "знаков", Sing: "character", Plur: "characters"}
}

func lengthsOf(k Kind) i18n.Text {
	say := func(a, b string) i18n.Text { return i18n.Text{RU: a + " или " + b, EN: a + " or " + b} }
	same := func(a string) i18n.Text { return i18n.Text{RU: a, EN: a} }
	switch k {
	case KindUIN:
		return say("20", "25")
	case KindINN:
		return say("10", "12")
	case KindKPP, KindBIK:
		return same("9")
	case KindOGRN:
		return say("13", "15")
	case KindSNILS:
		return same("11")
	case KindKBK, KindAccount:
		return same("20")
	case KindOKTMO:
		return say("8", "11")
	case KindUIP:
		return same("32")
	case KindPayerID:
		return same("22")
	case KindDocumentNumber:
		return i18n.Text{RU: "не больше 15", EN: "15 at most"}
	case KindDocumentDate, KindTaxPeriod:
		return same("10")
	}
	return same("2")
}

func allowedAt(k Kind, pos, n int) i18n.Text {
	switch {
	case k == KindUIN && n == uinShort && pos < n:
		return i18n.Text{RU: "цифра или буква (кроме Ё и Й)", EN: "a digit or a letter (not Ё or Й)"}
	case k == KindKPP && (pos == 5 || pos == 6):
		return i18n.Text{RU: "цифра или латинская буква", EN: "a digit or a Latin letter"}
	case k == KindAccount && pos == 6:
		return i18n.Text{RU: "цифра или буква валюты клиринга (A, B, C, E, H, K, M, P, T, X)", EN: "a digit or a clearing letter (A, B, C, E, H, K, M, P, T, X)"}
	case k == KindDocumentNumber:
		return i18n.Text{RU: "печатный знак, кроме «|»", EN: "a printable character other than \"|\""}
	case k == KindPayerID && pos > 3:
		return i18n.Text{RU: "цифра, а в номере документа — и буква", EN: "a digit or, in a document's number, a letter"}
	}
	return i18n.Text{RU: "цифра", EN: "a digit"}
}

func startRule(k Kind) i18n.Message {
	switch k {
	case KindINN:
		return i18n.Say("ИНН не начинается с 00: первые две цифры — код региона", "an ИНН does not start with 00: the first two digits are the region")
	case KindKPP:
		return i18n.Say("КПП не начинается с 00: первые две цифры — код региона", "a КПП does not start with 00: the first two digits are the region")
	case KindOGRN:
		return i18n.Say("ОГРН начинается с 1 или 5, ОГРНИП — с 3", "an ОГРН starts with 1 or 5, an ОГРНИП with 3")
	case KindOKTMO:
		return i18n.Say("ОКТМО не начинается с 000", "an ОКТМО does not start with 000")
	case KindBIK:
		return i18n.Say("БИК начинается с 0, 1 или 2", "a БИК starts with 0, 1 or 2")
	}
	return i18n.Say("идентификатор начинается с вида плательщика 1–4 и кода документа", "the id starts with the kind of payer, 1–4, and a document code")
}

func noSuchCodeText(k Kind) i18n.Message {
	l := listOf(k)
	if l == nil {
		return i18n.Say("такого кода нет", "there is no such code")
	}
	values := make([]string, len(l.Codes))
	for i, c := range l.Codes {
		values[i] = c.Value
	}
	return i18n.Text{RU: "такого кода нет в списке на %s: %s", EN: "not in the list as of %s: %s"}.With(i18n.ISODay(l.AsOf), strings.Join(values, " "))
}

func patternRule(k Kind) i18n.Message {
	if k == KindTaxPeriod {
		return i18n.Say("ожидается период МС.ММ.ГГГГ, КВ.КК.ГГГГ, ПЛ.ПП.ГГГГ, ГД.00.ГГГГ, дата ДД.ММ.ГГГГ, код таможни из 8 цифр или 0",
			"expected МС.MM.YYYY, КВ.QQ.YYYY, ПЛ.HH.YYYY, ГД.00.YYYY, a date DD.MM.YYYY, a customs code of 8 digits, or 0")
	}
	return i18n.Say("ожидается дата ДД.ММ.ГГГГ или 0", "expected a date DD.MM.YYYY, or 0")
}
