package statement

import (
	"errors"
	"strings"

	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/money"
	"github.com/epgu-cli/epgu/internal/payfile/cell"
	"github.com/epgu-cli/epgu/internal/payfile/xlsx"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// rowFaults gathers what is wrong with a row.
type rowFaults struct {
	line int
	list []fault.Field
}

func (b *rowFaults) add(name i18n.Text, m i18n.Message) {
	b.list = append(b.list, fault.Placed(inLine(b.line, name), m))
}

// inLine is the place of a value in a file: "line 24, amount".
func inLine(line int, what i18n.Localised) i18n.Message {
	return i18n.Text{RU: "строка %d, %s", EN: "line %d, %s"}.With(line, what)
}

// atLine is the place of a whole row.
func atLine(line int) i18n.Message { return i18n.Text{RU: "строка %d", EN: "line %d"}.With(line) }

// entry reads one row; it returns what is wrong with it, if anything.
func (t *table) entry(e *Entry) []fault.Field {
	bad := rowFaults{line: t.row.line}
	keep := func(c column) string { return strings.Clone(t.cell(c)) }
	*e = Entry{Line: t.row.line, Posted: true, Number: t.number(), BankID: keep(colBankID), PayerName: keep(colPayer), PayeeName: keep(colPayee), Purpose: keep(colPurpose),
		PayerAccount: t.account(&bad, i18n.Text{RU: "счёт плательщика", EN: "payer account"}, colPayerAccount), PayeeAccount: t.account(&bad, i18n.Text{RU: "счёт получателя", EN: "payee account"}, colPayeeAccount)}
	e.UIN = uinIn(t.cell(colUIN), e.Purpose)
	if v := t.cell(colUIN); e.UIN == "" && (cell.Spoilt(v) || t.kind(colUIN) == xlsx.Rounded) {
		bad.add(i18n.Text{RU: "УИН", EN: "УИН"}, spoilt(v))
	}
	t.status(e)
	t.flagged(e)
	t.denied(e)
	t.days(e, &bad)
	t.amount(e, &bad)
	if t.has(colMoved) && t.has(colDate) && t.cell(colMoved) == "" && e.Status != Executed {
		e.Posted = false // the table has a day of the movement, and this row has none
	}
	t.parties(e)
	return bad.list
}

// status reads every column of statuses; the worse word counts. A reason of a refusal
// beside a word of execution is a contradiction, and a person's to look at.
func (t *table) status(e *Entry) {
	for _, i := range t.statuses {
		text := ""
		if i < len(t.row.cells) {
			text = cell.Text(t.row.cells[i])
		}
		if text == "" && len(t.statuses) > 1 && e.Status != NotStated {
			continue // another column has said it
		}
		if got := StatusOf(text); e.Status == NotStated || e.Status == Executed || e.StatusText == "" {
			e.Status, e.StatusText = got, strings.Clone(text)
		}
	}
	switch v := t.cell(colRefusal); v {
	case "", "-", "–", "—", "0", "нет", "Нет", "no", "none", "null":
	default:
		if e.Status == NotStated || e.Status == Executed {
			e.Status, e.StatusText = Contradicted, strings.TrimSpace(t.headed[t.at[colRefusal]])+": "+strings.Clone(v)
		}
	}
}

// flagged reads the columns that are headed by a word of status and hold yes or no:
// «Исполнен: нет» is no execution, and «Сторно: да» is a reversal. What else stands in
// a column of refusals contradicts an execution.
func (t *table) flagged(e *Entry) {
	for _, f := range t.flags {
		text := ""
		if f.column < len(t.row.cells) {
			text = cell.Text(t.row.cells[f.column])
		}
		said := func(s Status) {
			if e.Status == NotStated || e.Status == Executed {
				e.Status, e.StatusText = s, strings.TrimSpace(t.headed[f.column])+": "+strings.Clone(text)
			}
		}
		switch yes, no := answer(text); {
		case f.status == Executed && no && text != "":
			said(Pending)
		case f.status == Executed && text == "":
			said(Unclear)
		case f.status == Executed:
		case yes:
			said(f.status)
		case !no:
			said(Contradicted)
		}
	}
}

// answer reads a yes or a no; an empty cell, a dash and a sum of nothing are no.
func answer(text string) (yes, no bool) {
	switch strings.ToLower(strings.Trim(text, " .")) {
	case "да", "yes", "true", "истина", "1", "+", "x", "х", "v", "y", "✓", "✔":
		return true, false
	case "", "нет", "no", "false", "ложь", "0", "-", "–", "—", "n", "none", "null", "0,00", "0.00", "00.00.0000", "не":
		return false, true
	}
	return false, StatusOf(text) == Pending // «не исполнен» under «Исполнение»
}

// deniedWords is how long a text of an unknown column may be to be taken for a status:
// longer ones tell something else.
const deniedWords = 3

// denied looks at the columns whose headings are not known. A bank may call the column
// of statuses by a name of its own: what negates the row there counts, whatever stands
// above it. What executes the row is only taken from a column of statuses.
func (t *table) denied(e *Entry) {
	if e.Status != NotStated && e.Status != Executed {
		return
	}
	for _, i := range t.unnamed {
		if i >= len(t.row.cells) {
			return
		}
		text := cell.Text(t.row.cells[i])
		if text == "" || len(strings.Fields(text)) > deniedWords {
			continue
		}
		switch s := StatusOf(text); s {
		case Pending, Refused, Cancelled, Reversed:
			e.Status, e.StatusText = s, strings.Clone(text)
			return
		case NotStated, Executed, Unclear, Contradicted:
		}
	}
}

// number reads the document's number; a workbook may show it as a whole number.
func (t *table) number() string {
	return strings.Clone(strings.TrimSpace(strings.TrimPrefix(t.cell(colNumber), "№")))
}

// account reads an account. What is no account stays as it is: it may be that of
// somebody abroad. One that a spreadsheet has spoilt is a fault: nobody can say
// whose it was.
func (t *table) account(bad *rowFaults, name i18n.Text, c column) string {
	v := t.cell(c)
	if v == "" {
		return ""
	}
	if a := plain(v); twenty(a) {
		return strings.Clone(a)
	}
	// One cell may hold a whole party, line by line: account, ИНН, name.
	if first, _, more := strings.Cut(v, "\n"); more {
		if a := plain(first); twenty(a) {
			return strings.Clone(a)
		}
	}
	a := plain(strings.TrimSpace(strings.Trim(strings.TrimPrefix(v, "№"), `"«»`)))
	switch {
	case cell.Spoilt(v) || t.kind(c) == xlsx.Rounded:
		bad.add(name, spoilt(v))
	case mistyped(a):
		bad.add(name, i18n.Text{RU: "«%s» похоже на счёт, но цифр должно быть двадцать: строка не прочитана, проверьте её", EN: "\"%s\" looks like an account, but it must have twenty digits: the row was not read, check it"}.With(untrusted.Text(clip(v))))
	}
	return strings.Clone(a)
}

// twenty reports whether a is twenty digits that no program has rounded.
func twenty(a string) bool {
	return len(a) == 20 && strings.Trim(a, "0123456789") == "" && !cell.Spoilt(a)
}

// mistyped reports whether a was a Russian account and is one no more: a digit is lost
// or doubled, a letter stands for one, or a program has made a fraction of it.
// Accounts abroad are of other lengths, or begin with letters.
func mistyped(a string) bool {
	whole, fraction := strings.CutSuffix(a, ".0")
	letters := 0
	for _, r := range whole {
		switch {
		case r >= '0' && r <= '9':
		case strings.ContainsRune("OoОоЗзlIВб", r):
			letters++
		default:
			return false
		}
	}
	n := len([]rune(whole))
	return n == 20 && (fraction || letters > 0) || letters == 0 && (n == 19 || n == 21)
}

func spoilt(v string) i18n.Message {
	return i18n.Text{RU: "«%s»: таблица превратила номер в число и отбросила его конец; задайте столбцу текстовый формат и выгрузите заново",
		EN: "\"%s\": a spreadsheet turned the number into a rounded one and dropped its end; make the column text and export it again"}.With(untrusted.Text(clip(v)))
}

// days reads the day of the movement and the document's own.
func (t *table) days(e *Entry, bad *rowFaults) {
	by := colDate
	if t.cell(colMoved) != "" {
		by = colMoved
	}
	v := t.cell(by)
	var err error
	if e.Date, err = cell.DayOf(v); err != nil {
		bad.add(i18n.Text{RU: "дата", EN: "date"}, badDay(v, err))
	}
	if v = t.cell(colDocDate); v == "" && by == colMoved {
		v = t.cell(colDate)
		if e.OrderDay, err = cell.DayOf(v); err != nil {
			e.OrderDay = e.Date
		}
		return
	}
	if v != "" {
		if e.OrderDay, err = cell.DayOf(v); err != nil {
			bad.add(i18n.Text{RU: "дата документа", EN: "document date"}, badDay(v, err))
		}
	}
}

func badDay(v string, err error) i18n.Message {
	if errors.Is(err, cell.ErrAmbiguousDay) {
		return i18n.Text{RU: "дата «%s» читается двояко: где в ней день, а где месяц?", EN: "the date \"%s\" reads two ways: which is the day, which the month?"}.With(untrusted.Text(clip(v)))
	}
	return i18n.Text{RU: "«%s» — не дата ДД.ММ.ГГГГ", EN: "\"%s\" is not a date DD.MM.YYYY"}.With(untrusted.Text(clip(v)))
}

// parties fills in what a table of one account leaves out.
func (t *table) parties(e *Entry) {
	own := t.own
	if v := plain(t.cell(colOwnAccount)); len(v) == 20 {
		if strings.HasPrefix(v, "03") && e.PayeeAccount == "" && !t.has(colPayeeAccount) && v != own {
			e.PayeeAccount = strings.Clone(v) // nobody keeps an account at the treasury: it is the other side's
		} else {
			own = v
		}
	}
	if own == "" {
		return
	}
	if e.Direction == DirectionUnknown {
		switch own {
		case e.PayerAccount:
			e.Direction = Out
		case e.PayeeAccount:
			e.Direction = In
		}
	}
	switch {
	case e.Direction == Out && e.PayerAccount == "":
		e.PayerAccount = own
	case e.Direction == In && e.PayeeAccount == "":
		e.PayeeAccount = own
	}
	if c := accountCurrency(own); c.Foreign() && !e.Currency.Foreign() {
		e.Currency = c
	}
}

// amount reads the sum, its currency and the direction: from two columns, from a
// sign, or from a word.
func (t *table) amount(e *Entry, bad *rowFaults) {
	wrong := func(v string) {
		bad.add(i18n.Text{RU: "сумма", EN: "amount"}, i18n.Text{RU: "сумма «%s» не читается однозначно", EN: "the amount \"%s\" cannot be read in one way only"}.With(untrusted.Text(clip(strings.TrimSpace(v)))))
	}
	debit, credit := t.cell(colDebit), t.cell(colCredit)
	if debit != "" || credit != "" {
		out, outErr := t.sum(colDebit)
		in, inErr := t.sum(colCredit)
		switch {
		case outErr != nil || inErr != nil, out.Kopecks != 0 && in.Kopecks != 0, out.Kopecks == 0 && in.Kopecks == 0:
			wrong(debit + " " + credit)
		case out.Kopecks != 0:
			e.Direction, e.Reversal = Out, out.Kopecks < 0
			t.count(e, out, colDebit)
		default:
			e.Direction, e.Reversal = In, in.Kopecks < 0
			t.count(e, in, colCredit)
		}
		return
	}
	counted := colSum
	for _, c := range []column{colSumOut, colSumAccount, colSum, colSumOperation, colSumRubles} {
		if t.cell(c) != "" {
			counted = c
			break
		}
	}
	v, err := t.sum(counted)
	if err != nil || v.Kopecks == 0 {
		wrong(t.cell(counted))
		return
	}
	t.count(e, v, counted)
	word := directionOf(t.cell(colDirection))
	signed := DirectionUnknown
	switch {
	case v.Kopecks < 0:
		signed = Out
	case strings.HasPrefix(t.cell(counted), "+"):
		signed = In
	case counted == colSumOut:
		signed = Out
	}
	switch {
	case signed == DirectionUnknown || signed == word || word == DirectionUnknown:
		e.Direction = max(signed, word)
	case signed == Out && isReversalWord(t.cell(colDirection)):
		e.Direction, e.Reversal = In, true
	default:
		bad.add(i18n.Text{RU: "направление", EN: "direction"}, i18n.Text{RU: "сумма «%s» и направление «%s» противоречат друг другу", EN: "the amount \"%s\" and the direction \"%s\" contradict each other"}.
			With(untrusted.Text(clip(t.cell(counted))), untrusted.Text(clip(t.cell(colDirection)))))
	}
}

// sum reads the amount of a column; an empty cell is nothing.
func (t *table) sum(c column) (cell.Sum, error) {
	v := t.cell(c)
	if v == "" || v == "-" || v == "–" || v == "—" {
		return cell.Sum{}, nil
	}
	switch t.kind(c) {
	case xlsx.Error, xlsx.Formula, xlsx.Date, xlsx.Bool:
		return cell.Sum{}, money.ErrNoAmount
	}
	if inKopecks(t.units[c]) {
		k, err := money.Kopecks(v)
		return cell.Sum{Kopecks: k}, err
	}
	return cell.AmountOf(v)
}

// count takes the amount of a column with the currency that belongs to it: that
// of the cell, of its own currency column, of its heading. Where none of these
// names one, every other currency of the row speaks for it: what is not surely
// rubles is not counted as rubles.
func (t *table) count(e *Entry, v cell.Sum, c column) {
	e.Kopecks = max(v.Kopecks, -v.Kopecks)
	own := colCurrency
	switch c {
	case colSumAccount, colSumOut:
		own = colCurrencyAccount
	case colSumOperation:
		own = colCurrencyOperation
	}
	unit := t.units[c]
	if inKopecks(unit) {
		unit = ""
	}
	named := []cell.Currency{v.Currency, cell.CurrencyOf(t.cell(own)), unit}
	for _, n := range named {
		if e.Currency == "" || n.Foreign() {
			e.Currency = n
		}
	}
	if e.Currency == "" {
		for _, other := range []column{colCurrency, colCurrencyAccount, colCurrencyOperation} {
			if n := cell.CurrencyOf(t.cell(other)); e.Currency == "" || n.Foreign() {
				e.Currency = n
			}
		}
	}
	if t.currency.Foreign() && !e.Currency.Foreign() {
		e.Currency = t.currency
	}
}

// directionOf reads the word for the way that money went.
func directionOf(word string) Direction {
	w := strings.ToLower(strings.Trim(word, " ."))
	switch w {
	case "дебет", "дебит", "списание", "расход", "d", "д", "дт", "db", "dr", "dbit", "debit", "out", "outgoing", "исходящий", "исходящая", "исходящее", "-", "−", "расходная", "расходный", "перечисление", "withdrawal", "payment", "платеж", "платёж", "оплата":
		return Out
	case "кредит", "поступление", "зачисление", "приход", "c", "с", "к", "кт", "cr", "crdt", "credit", "in", "incoming", "входящий", "входящая", "входящее", "+", "приходная", "приходный", "пополнение", "deposit", "возврат", "refund", "return":
		return In
	}
	return DirectionUnknown
}

func isReversalWord(word string) bool { return StatusOf(word) == Reversed }
