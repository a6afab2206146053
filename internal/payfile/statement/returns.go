package statement

import (
	"slices"
	"strings"
	"unicode"

	"github.com/epgu-cli/epgu/internal/i18n"
)

// aside names the payments that entries fit which settle nothing: refused,
// pending, in another currency. A payment that is known to be paid and is now
// refused is a contradiction; a status that nobody knows is a doubt.
func (m *matcher) aside() {
	for i := range m.results {
		r := &m.results[i]
		e := &r.Entry
		if r.Outcome != Ignored || e.Direction == In || e.Reversal || e.Status == Reversed {
			continue
		}
		fit := m.like(e)
		if len(fit) == 0 {
			if e.Status == Unclear || e.Status == Contradicted {
				r.Outcome = Unmatched
			}
			continue
		}
		r.Candidates = m.ids(fit)
		if e.Direction == DirectionUnknown && (e.Status == NotStated || e.Status == Executed) && e.Posted && !e.Currency.Foreign() && !e.OwnTransfer {
			r.Outcome = Doubtful // it may be the payment, and the file does not say which way the money went
			continue
		}
		switch e.Status {
		case Unclear, Contradicted:
			r.Outcome = Doubtful
		case Refused, Cancelled:
			m.deny(r, fit)
			if len(fit) == 1 && m.candidates[fit[0]].Paid && m.candidates[fit[0]].Settled.same(e) {
				r.Outcome = Conflict
				r.Reason = i18n.Text{RU: "платёж проведён этим документом, а теперь %s", EN: "this document has settled the payment, and now: %s"}.With(r.Reason)
			}
		}
	}
}

// deny takes back a match of this statement that another row of the same document
// refuses: which of the two is true is a person's to find out.
func (m *matcher) deny(r *Result, fit []int) {
	e := &r.Entry
	if bareNumber(e.Number) == "" {
		return
	}
	for i := range m.results {
		o := &m.results[i]
		d := DocumentOf(&o.Entry)
		if o.Outcome != Matched || !d.same(e) || !slices.ContainsFunc(fit, func(c int) bool { return m.candidates[c].ID == o.Payment }) {
			continue
		}
		o.Outcome, o.Payment = Conflict, ""
		o.Reason = i18n.Text{RU: "в строке %d банк отказал в этом же документе", EN: "line %d refuses the same document"}.With(e.Line)
		r.Outcome = Conflict
		r.Reason = i18n.Text{RU: "%s, а в строке %d этот же документ исполнен", EN: "%s, and line %d has the same document executed"}.With(r.Reason, o.Entry.Line)
	}
}

// like returns the payments that an entry would fit if it were evidence.
func (m *matcher) like(e *Entry) (fit []int) {
	if e.UIN != "" {
		for _, i := range m.byUIN[e.UIN] {
			if m.candidates[i].Kopecks == e.Kopecks || e.Currency.Foreign() {
				fit = append(fit, i)
			}
		}
		if len(fit) > 0 {
			return fit
		}
	}
	if m.every == nil {
		m.every = map[weakKey][]int{}
		for i := range m.candidates {
			if c := &m.candidates[i]; c.PayeeAccount != "" && c.Returned == nil {
				k := weakKey{c.Kopecks, c.PayeeAccount}
				m.every[k] = append(m.every[k], i)
			}
		}
	}
	for _, i := range m.every[weakKey{e.Kopecks, e.PayeeAccount}] {
		c := &m.candidates[i]
		if e.UIN != "" && present(c.UIN) != "" || e.PayerAccount != "" && c.PayerAccount != "" && e.PayerAccount != c.PayerAccount || !inTime(e.Date, c) {
			continue
		}
		if fit = append(fit, i); len(fit) > candidateLimit {
			break
		}
	}
	if same := m.sameNumber(e.Number, fit); len(same) > 0 {
		return same
	}
	return fit
}

// returns finds the payments whose money came back: reversals, and incoming money
// that says so or comes from the payee with the payment's own sum.
func (m *matcher) returns() {
	bySum := map[int64][]int{}
	for i := range m.results {
		r := &m.results[i]
		e := &r.Entry
		if r.Outcome != Ignored || e.Currency.Foreign() || !e.Reversal && e.Status != Reversed && e.Direction != In {
			continue
		}
		if e.Direction == In && e.Reversal || e.Direction == In && e.Status != NotStated && e.Status != Executed && e.Status != Reversed || !e.Posted && e.Status != Reversed {
			continue // incoming money taken back, or not there yet
		}
		if len(bySum) == 0 {
			for k := range m.candidates {
				bySum[m.candidates[k].Kopecks] = append(bySum[m.candidates[k].Kopecks], k)
			}
		}
		m.returned(r, bySum[e.Kopecks])
		if r.Outcome == Ignored && e.Direction == In && returnWords(e.Purpose) {
			m.partly(r)
		}
	}
}

// partly finds the payment of which a part came back: incoming money that says that it
// is a return, names the payment's order or its charge, or comes from its payee, and is
// less than the payment. Such a payment is neither paid nor returned as a whole: what
// follows from it is a person's to decide.
func (m *matcher) partly(r *Result) {
	e := &r.Entry
	number := bareNumber(returnedNumber(e.Purpose))
	var named, from []int
	for i := range m.candidates {
		c := &m.candidates[i]
		if e.Kopecks >= c.Kopecks || day(e.Date) < day(c.NotBefore) || len(from) > candidateLimit {
			continue
		}
		u := present(c.UIN)
		byNumber := number != "" && (bareNumber(c.Number) == number || c.Settled != nil && bareNumber(c.Settled.Number) == number)
		switch {
		case u != "" && e.UIN != "" && u != e.UIN:
		case u != "" && u == e.UIN, byNumber && e.PayerAccount == c.PayeeAccount:
			named = append(named, i)
		case e.PayerAccount != "" && e.PayerAccount == c.PayeeAccount && number == "":
			from = append(from, i)
		}
	}
	if len(named) == 0 {
		named = from
	}
	if len(named) == 0 {
		return
	}
	r.Outcome, r.Candidates = Doubtful, m.ids(named)
	if len(named) == 1 {
		r.Reason = i18n.Text{RU: "вернулась часть денег: %s из %s; решает человек", EN: "a part of the money came back: %s of %s; a person decides"}.With(i18n.Money(e.Kopecks), i18n.Money(m.candidates[named[0]].Kopecks))
		return
	}
	r.Reason = i18n.Text{RU: "вернулась часть денег, но платежей, к которым она подходит, несколько: %s", EN: "a part of the money came back, and several payments fit it: %s"}.With(strings.Join(r.Candidates, ", "))
}

// stornoWords reports whether the purpose of money that left says that the bank
// takes an entry back. A return that we pay («Возврат займа») is a payment.
func stornoWords(purpose string) bool {
	for w := range strings.FieldsFuncSeq(strings.ToLower(purpose), func(r rune) bool { return !unicode.IsLetter(r) }) {
		if strings.HasPrefix(w, "сторн") || strings.HasPrefix(w, "reversal") || strings.HasPrefix(w, "storno") {
			return true
		}
	}
	return false
}

// returned looks among the payments of the sum for the one that came back. More
// evidence goes before less.
func (m *matcher) returned(r *Result, sameSum []int) {
	e := &r.Entry
	words := e.Reversal || e.Status == Reversed || returnWords(e.Purpose)
	number := returnedNumber(e.Purpose)
	if e.Reversal || e.Status == Reversed {
		number = e.Number
	}
	from := e.PayerAccount // who sends the money back was the payee
	if e.Reversal || e.Status == Reversed && e.Direction != In {
		from = e.PayeeAccount
	}
	best, fit := 0, []int(nil)
	var evidence []Evidence
	for _, i := range sameSum {
		c := &m.candidates[i]
		if day(e.Date) < day(c.NotBefore) {
			continue
		}
		found := []Evidence{ByAmount}
		weight := 0
		if u := present(c.UIN); u != "" && u == e.UIN {
			found, weight = append(found, ByUIN), weight+4
		} else if u != "" && e.UIN != "" {
			continue // it is of another charge
		}
		if number != "" && (bareNumber(c.Number) == bareNumber(number) || c.Settled != nil && bareNumber(c.Settled.Number) == bareNumber(number)) {
			found, weight = append(found, ByNumber), weight+2
		}
		if from != "" && from == c.PayeeAccount {
			found, weight = append(found, ByPayee), weight+2
		}
		if words {
			found, weight = append(found, ByWords), weight+1
		}
		switch {
		case weight == 0 || weight < best:
		case weight == 1 && from != "" && (e.Reversal || !strings.HasPrefix(from, "03")): // the same sum from somebody else
		case weight > best:
			best, fit, evidence = weight, []int{i}, found
		case len(fit) <= candidateLimit:
			fit = append(fit, i)
		}
	}
	if len(fit) == 0 {
		if words && e.Direction == In {
			r.Reason = i18n.Say("возврат, но ни один платёж этой суммы не подходит", "a return, but no payment of this sum fits")
		}
		return
	}
	if len(fit) == 1 && m.candidates[fit[0]].Returned.same(e) {
		r.Candidates, r.Reason = m.ids(fit), i18n.Say("этот возврат уже записан", "this return is recorded already")
		return
	}
	r.Outcome, r.Candidates, r.Evidence = Returned, m.ids(fit), evidence
	why := i18n.Say("деньги вернулись", "the money came back")
	if e.Reversal {
		why = i18n.Say("сторно: деньги вернулись", "a reversal: the money came back")
	}
	if len(fit) == 1 {
		r.Payment = r.Candidates[0]
		r.Reason = i18n.Text{RU: "%s; совпало: %s; решает человек", EN: "%s; the same: %s; a person decides"}.With(why, evidenceText(evidence))
		return
	}
	r.Reason = i18n.Text{RU: "%s, но платежей этой суммы несколько: %s", EN: "%s, but several payments have this sum: %s"}.With(why, strings.Join(r.Candidates, ", "))
}

// returnWords reports whether a purpose says that money comes back.
func returnWords(purpose string) bool {
	for w := range strings.FieldsFuncSeq(strings.ReplaceAll(strings.ToLower(purpose), "ё", "е"), func(r rune) bool { return !unicode.IsLetter(r) }) {
		for _, stem := range []string{"возвра", "сторно", "ошибочно", "излишне", "невыясн", "reversal", "refund", "return", "storno", "chargeback"} {
			if strings.HasPrefix(w, stem) {
				return true
			}
		}
	}
	return false
}

// returnedNumber finds the number of the payment order that a purpose names:
// «по п/п 1», «п/п № 15 от 01.02.2026», «плат. поручение №7».
func returnedNumber(purpose string) string {
	words := strings.FieldsFunc(strings.ToLower(purpose), func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("№#.,;:()«»\"", r) })
	for i, w := range words {
		order := w == "п/п" || w == "пп" || w == "п/пор" || strings.HasPrefix(w, "поруч") || strings.HasPrefix(w, "плат") || w == "pp" || w == "order" || w == "no"
		if rest, ok := strings.CutPrefix(w, "п/п"); ok && rest != "" && strings.Trim(rest, "0123456789") == "" {
			return rest
		}
		if !order {
			continue
		}
		for _, next := range words[i+1 : min(i+3, len(words))] {
			if strings.Trim(next, "0123456789") == "" && len(next) <= 6 {
				return next
			}
		}
	}
	return ""
}

// Notable reports whether a result says something of a payment of ours, so that
// a person should see it though it settles nothing.
func (r *Result) Notable() bool {
	return r.Outcome != Ignored || len(r.Candidates) > 0 || !slices.Contains([]Status{NotStated, Executed}, r.Entry.Status)
}
