package register

import (
	"strconv"
	"strings"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/requisites"
)

// Severity tells errors, which keep a row from being paid, from warnings.
type Severity uint8

// The severities.
const (
	Error Severity = iota
	Warning
)

// String returns "error" or "warning".
func (s Severity) String() string {
	if s == Warning {
		return "warning"
	}
	return "error"
}

// Problem is one thing wrong with a register: where, what, why it matters and
// how to mend it.
type Problem struct {
	Severity   Severity
	Code       string // stable and dotted: "uin.check_digit", "register.rounded"
	Row        int    // row of data, from 1; 0 for the file as a whole
	Line       int    // line of the file or row of the sheet, from 1; 0 if there is none
	Column     int    // from 1; 0 for the row as a whole
	Heading    string // of the column, as the file has it
	Field      Field
	Number     int // field of the payment order, 22, 101–110 …; 0 if there is none
	Message    i18n.Message
	Why        i18n.Message // may be empty
	Hint       i18n.Message // how to mend it; may be empty
	Suggestion string       // the value that was meant, when only one slip explains the error

	public i18n.Message // stands for Message where that quotes a cell
}

// Public returns the problem without anything that could tell who a person
// is, for files that are passed around: no content of a cell is quoted, and
// what a personal field should hold is left out. Columns may have been mixed
// up, so only numbers that no person has are suggested.
func (p Problem) Public() Problem {
	if !p.public.IsZero() {
		p.Message = p.public
	}
	kind := p.Field.Info().Kind
	if kind == 0 || strings.HasPrefix(p.Code, "register.") {
		return p
	}
	if p.Field.Personal() || p.Field == PayeeINN && len(p.Suggestion) != 10 {
		_, reason, _ := strings.Cut(p.Code, ".")
		p.Suggestion, p.Message = "", maskedMessage(reason)
		p.Hint = i18n.Say("сверьте с документом; само значение здесь не показано: это могут быть личные данные", "compare it with the document; the value itself is not shown here: it may be personal")
	}
	return p
}

// maskedMessage says what is wrong without a single character of the value.
func maskedMessage(reason string) i18n.Message {
	switch reason {
	case "check_digit", "key", "part":
		return i18n.Say("контрольная цифра не сходится", "the check digit does not fit")
	case "length":
		return i18n.Say("не та длина", "the wrong length")
	case "character":
		return i18n.Say("недопустимый знак", "a character that may not stand there")
	}
	return i18n.Say("значение не проходит проверку", "the value does not pass its check")
}

// Place names where the problem is, shortest first: "строка 7, столбец D".
func (p Problem) Place() i18n.Message {
	switch {
	case p.Column > 0:
		return i18n.Text{RU: "строка %d, столбец %s", EN: "line %d, column %s"}.With(p.Line, p.ColumnName())
	case p.Line > 0:
		return i18n.Text{RU: "строка %d", EN: "line %d"}.With(p.Line)
	}
	return i18n.Say("файл", "file")
}

// ColumnName names the column as spreadsheets do, "" if there is none.
func (p Problem) ColumnName() string {
	var b [8]byte
	i := len(b)
	for n := p.Column; n > 0 && i > 0; n = (n - 1) / 26 {
		i--
		b[i] = byte('A' + (n-1)%26)
	}
	return string(b[i:])
}

// ofRequisite turns what requisites found into a problem of field f.
func ofRequisite(f Field, q *requisites.Problem) Problem {
	return Problem{Code: q.Code, Field: f, Message: q.Message(), Hint: q.Hint(), Suggestion: q.Suggestion}
}

// rounded says that a spreadsheet has destroyed a number.
func rounded(f Field, text string) Problem {
	m := i18n.Text{RU: "номер превращён таблицей в число (%s): последние цифры потеряны, и восстановить их по файлу нельзя",
		EN: "a spreadsheet turned the number into %s: its last digits are lost, and the file cannot give them back"}.With(clip(text))
	plain := i18n.Say("номер превращён таблицей в число: последние цифры потеряны, и восстановить их по файлу нельзя",
		"a spreadsheet turned the number into a rounded one: its last digits are lost, and the file cannot give them back")
	return Problem{Code: "register.rounded", Field: f, Message: m, public: plain,
		Hint: i18n.Say("задайте столбцу текстовый формат и внесите номер заново из документа; хранить такие номера числом таблица не умеет",
			"make the column text and enter the number again from its document: a spreadsheet keeps only fifteen digits of a number")}
}

// clip copies what is quoted from a file, shortened: a problem outlives its row.
func clip(s string) string {
	const most = 40
	n := 0
	for i := range s {
		if n == most {
			return s[:i] + "…"
		}
		n++
	}
	return strings.Clone(s)
}

// quoteList joins names for a message: «УИН», «КБК».
func quoteList(names []string) string {
	const most = 12
	var b strings.Builder
	for i, n := range names {
		if i == most {
			b.WriteString(" … +" + strconv.Itoa(len(names)-most))
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("«" + clip(n) + "»")
	}
	return b.String()
}

// fieldList names fields in the reader's language.
type fieldList []Field

// In renders the list.
func (l fieldList) In(lang i18n.Lang) string {
	names := make([]string, len(l))
	for i, f := range l {
		names[i] = f.Info().Title.In(lang)
	}
	return quoteList(names)
}
