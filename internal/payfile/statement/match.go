package statement

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/requisites"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Candidate is a payment that waits for its statement entry.
type Candidate struct {
	ID           string // the payment's own id; unique
	UIN          string // "" or "0" if there is none
	Kopecks      int64
	PayeeAccount string
	PayerAccount string    // "" if not known
	Number       string    // of the payment order; "" if not known
	NotBefore    time.Time // the day it was made: an earlier entry is another payment
	NotAfter     time.Time // zero = ten days later
	Paid         bool      // it is known to be paid
	Settled      *Document // the bank's document that paid it, where one is known
	Returned     *Document // the bank's document that brought its money back; the payment is over
}

// window is how long after the order a bank may still execute it: an order
// is valid for ten days (rules of the Bank of Russia 762-П of 29.06.2021, 2.11).
const window = 10 * 24 * time.Hour

// Outcome says what became of an entry.
type Outcome string

// The outcomes. Only Matched settles a payment.
const (
	Matched   Outcome = "matched"   // exactly one payment fits, and it fits exactly one entry
	Ambiguous Outcome = "ambiguous" // several fit; a person decides
	Conflict  Outcome = "conflict"  // the УИН is the payment's, something else contradicts
	Repeated  Outcome = "repeated"  // the same bank document was in the statement already
	Doubtful  Outcome = "doubtful"  // a payment fits, but the row does not say for sure that it was executed
	Returned  Outcome = "returned"  // money that came back; a person decides
	Unmatched Outcome = "unmatched" // no payment fits
	Ignored   Outcome = "ignored"   // not rubles that left: incoming, refused, in another currency, or not executed
)

// Evidence is one thing that an entry and a payment have in common.
type Evidence string

// The evidence, strongest first.
const (
	ByID     Evidence = "order-id" // the bank repeats our id of the order
	ByUIN    Evidence = "uin"
	ByNumber Evidence = "number"
	ByAmount Evidence = "amount"
	ByPayee  Evidence = "payee"
	ByDate   Evidence = "date"
	ByWords  Evidence = "purpose" // the purpose says that the money is returned
)

// Result is what Match found out about one entry.
type Result struct {
	Entry      Entry
	Outcome    Outcome
	Payment    string     // ID of the payment, if Matched, and if Returned and only one fits
	Candidates []string   // IDs that fit, twenty at most; of an Ignored entry those that it names and leaves alone
	Evidence   []Evidence // what the outcome rests on
	Reason     i18n.Message
}

// Match finds the payment of every entry. First our own id of the order decides, where
// the bank repeats it, then the УИН: the sum must
// be the same, the payee's account must not differ, the day must not lie
// before the payment. Entries without a УИН in common need the same sum, the
// same payee's account and a day in the payment's time, all three. When more
// than one payment fits, the number of the order may single one out; else the
// entry is ambiguous. A payment that two different bank documents fit is
// ambiguous as well: one of them may be a second payment of the same thing; so is
// an entry that fits a payment which another document is known to have settled.
// An entry settles only if it says itself that rubles left: refused, pending and
// cancelled ones name the payment that they fit and leave it alone, an unknown
// status is Doubtful, and money that comes back is Returned.
// The results stand in the order of the entries.
func Match(entries []Entry, candidates []Candidate) []Result {
	m := matcher{candidates: candidates, results: make([]Result, len(entries)), byUIN: map[string][]int{}, byID: make(map[string]int, len(candidates)), weak: map[weakKey][]int{}, numbered: map[numberKey][]int{}, taken: map[int]bool{}, payers: map[string]bool{}}
	for i, c := range candidates {
		m.payers[c.PayerAccount], m.byID[c.ID] = true, i
		if u := present(c.UIN); u != "" {
			m.byUIN[u] = append(m.byUIN[u], i)
		}
	}
	negativeStyle(entries)
	seen := map[document]bool{}
	var open []int
	for i := range entries {
		r := &m.results[i]
		r.Entry = entries[i]
		if !m.relevant(r, seen) {
			continue
		}
		if m.strong(r) {
			continue
		}
		open = append(open, i)
	}
	m.settle()
	m.indexTraits()
	for _, i := range open {
		m.byTraits(&m.results[i])
	}
	m.settle()
	m.aside()
	m.returns()
	return m.results
}

// negativeStyle undoes the reading of a table whose bank writes every debit with
// a minus: where no debit goes without one, the minus reverses nothing.
func negativeStyle(entries []Entry) {
	n := 0
	for i := range entries {
		switch e := &entries[i]; {
		case e.Direction != Out:
		case !e.Reversal || e.Number == "" && returnWords(e.Purpose):
			return
		default:
			n++
		}
	}
	if n < 2 {
		return
	}
	for i := range entries {
		if entries[i].Direction == Out {
			entries[i].Reversal = false
		}
	}
}

type weakKey struct {
	kopecks int64
	payee   string
}

type numberKey struct {
	weakKey
	number string
}

// candidateLimit bounds the payments that are listed for an ambiguous entry.
const candidateLimit = 20

// document is what makes two entries the same bank document.
type document struct {
	day          string
	number       string
	payer, payee string
	uin          string
	bankID       string
	kopecks      int64
}

type matcher struct {
	candidates []Candidate
	results    []Result
	byUIN      map[string][]int
	byID       map[string]int
	weak       map[weakKey][]int // payments that no УИН has settled
	every      map[weakKey][]int // all payments, for entries that settle nothing; made when first needed
	numbered   map[numberKey][]int
	taken      map[int]bool    // candidates that an entry has or may have
	payers     map[string]bool // accounts that the payments are made from
}

func present(s string) string {
	if s == requisites.Absent {
		return ""
	}
	return s
}

// relevant sorts out entries that settle nothing.
func (m *matcher) relevant(r *Result, seen map[document]bool) bool {
	e := &r.Entry
	r.Outcome = Ignored
	switch {
	case e.Status == Reversed:
		r.Reason = e.Status.why(e.StatusText)
		return false
	case e.Reversal || e.Direction != In && stornoWords(e.Purpose):
		e.Reversal = true
		r.Reason = i18n.Say("сторно: банк отменил проводку", "a reversal: the bank took the entry back")
		return false
	case e.Direction == In:
		r.Reason = i18n.Say("поступление, а не платёж", "incoming money, not a payment")
		return false
	case e.Status != NotStated && e.Status != Executed:
		r.Reason = e.Status.why(e.StatusText)
		return false
	case e.Currency.Foreign():
		r.Reason = i18n.Text{RU: "не рубли: %s", EN: "not rubles: %s"}.With(untrusted.Text(clip(string(e.Currency))))
		return false
	case !e.Posted:
		r.Reason = i18n.Say("банк не указал, что исполнил документ: поручение — ещё не платёж", "the bank does not say that it executed the document: an order is no payment yet")
		return false
	case e.Direction != Out && (e.PayerAccount == "" || !m.payers[e.PayerAccount]):
		r.Reason = i18n.Say("не видно, списаны деньги или зачислены", "it is not said whether money left or came")
		if e.BothWays {
			r.Reason = i18n.Say("указаны и списание, и зачисление, а какой из счетов наш, в выписке не сказано", "both a debit and a credit are given, and the statement does not say which account is ours")
		}
		return false
	}
	d := document{e.Date.Format(time.DateOnly), e.Number, e.PayerAccount, e.PayeeAccount, e.UIN, e.BankID, e.Kopecks}
	if (e.Number != "" || e.BankID != "") && seen[d] {
		r.Outcome, r.Reason = Repeated, i18n.Say("этот документ банка уже был в выписке", "this bank document was in the statement already")
		return false
	}
	seen[d] = true
	r.Outcome, r.Reason = Unmatched, i18n.Say("ни один платёж не подходит", "no payment fits")
	if e.OwnTransfer {
		r.Outcome, r.Reason = Ignored, i18n.Say("перевод между своими счетами", "a transfer between own accounts")
	}
	return true
}

// own matches by the id of our order, which nobody else can know, and reports
// whether that decided the entry.
func (m *matcher) own(r *Result) bool {
	e := &r.Entry
	if e.OwnID == "" {
		return false
	}
	i, ok := m.byID[e.OwnID]
	if !ok {
		return false
	}
	c := &m.candidates[i]
	r.Evidence = []Evidence{ByID}
	why := m.contradiction(e, c)
	if a, b := present(e.UIN), present(c.UIN); a != "" && b != "" && a != b {
		why = i18n.Say("поручение наше, а УИН в нём другой", "the order is ours, but its УИН is another")
	}
	if !why.IsZero() {
		r.Outcome, r.Candidates, r.Reason = Conflict, m.ids([]int{i}), why
		return true
	}
	r.Evidence = append(r.Evidence, ByAmount)
	m.choose(r, []int{i})
	return true
}

// strong matches by the id of our order or by УИН and reports whether that decided
// the entry.
func (m *matcher) strong(r *Result) bool {
	if m.own(r) {
		return true
	}
	e := &r.Entry
	same := m.byUIN[e.UIN]
	if e.UIN == "" || len(same) == 0 {
		return false
	}
	var fit []int
	var why i18n.Message
	for _, i := range same {
		if w := m.contradiction(e, &m.candidates[i]); w.IsZero() {
			fit = append(fit, i)
		} else {
			why = w
		}
	}
	r.Evidence = []Evidence{ByUIN}
	if len(fit) == 0 {
		r.Outcome, r.Candidates, r.Reason = Conflict, m.ids(same), why
		return true
	}
	r.Evidence = append(r.Evidence, ByAmount)
	m.choose(r, fit)
	return true
}

// contradiction says why a payment with the entry's УИН is not the one.
func (m *matcher) contradiction(e *Entry, c *Candidate) i18n.Message {
	switch {
	case e.Kopecks != c.Kopecks:
		return i18n.Text{RU: "УИН совпал, но в выписке %s, а платёж на %s", EN: "the УИН is the same, but the statement says %s and the payment %s"}.
			With(i18n.Money(e.Kopecks), i18n.Money(c.Kopecks))
	case e.PayeeAccount != "" && c.PayeeAccount != "" && e.PayeeAccount != c.PayeeAccount:
		return i18n.Say("УИН совпал, но деньги ушли на другой счёт получателя", "the УИН is the same, but the money went to another account of the payee")
	case e.PayerAccount != "" && c.PayerAccount != "" && e.PayerAccount != c.PayerAccount:
		return i18n.Say("УИН совпал, но платили с другого счёта", "the УИН is the same, but it was paid from another account")
	case day(e.Date) < day(c.NotBefore):
		return i18n.Say("УИН совпал, но списание раньше самого платежа: его оплатили другим путём", "the УИН is the same, but the money left before the payment was made: it was paid in another way")
	}
	return i18n.Message{}
}

func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

// choose takes the only candidate that fits, or the only one whose order
// number is the entry's; else it leaves the choice to a person.
func (m *matcher) choose(r *Result, fit []int) {
	if len(fit) > 1 {
		fit = m.unsettled(&r.Entry, fit)
	}
	if len(fit) > 1 {
		if same := m.sameNumber(r.Entry.Number, fit); len(same) == 1 {
			fit = same
			r.Evidence = append(r.Evidence, ByNumber)
		}
	}
	r.Candidates = m.ids(fit)
	if len(fit) > 1 {
		list := strings.Join(r.Candidates, ", ")
		if len(fit) > candidateLimit {
			list += ", …"
		}
		r.Outcome = Ambiguous
		r.Reason = i18n.Text{RU: "подходит не один платёж: %s", EN: "more than one payment fits: %s"}.With(list)
		return
	}
	c := &m.candidates[fit[0]]
	if c.Returned != nil && !c.Settled.same(&r.Entry) {
		r.Outcome, r.Reason = Unmatched, i18n.Say("деньги этого платежа вернулись, а это другой документ", "the money of this payment came back, and this is another document")
		return
	}
	if c.Settled != nil && !c.Settled.same(&r.Entry) {
		r.Outcome = Ambiguous
		r.Reason = i18n.Text{RU: "платёж уже проведён другим документом банка (%s): возможно, оплачено дважды", EN: "another document of the bank has settled the payment (%s): it may have been paid twice"}.
			With(untrusted.Text(c.Settled.String()))
		return
	}
	r.Outcome, r.Payment = Matched, r.Candidates[0]
	r.Reason = i18n.Text{RU: "совпало: %s", EN: "the same: %s"}.With(evidenceText(r.Evidence))
}

// unsettled leaves out payments that another document has settled, if others are
// left, and keeps the one alone that this very document has settled.
func (m *matcher) unsettled(e *Entry, fit []int) []int {
	var left []int
	for _, i := range fit {
		c := &m.candidates[i]
		if c.Settled != nil && c.Settled.same(e) {
			return []int{i}
		}
		if c.Settled == nil && c.Returned == nil {
			left = append(left, i)
		}
	}
	if len(left) == 0 {
		return fit
	}
	return left
}

func (m *matcher) sameNumber(number string, fit []int) (same []int) {
	if number == "" {
		return nil
	}
	for _, i := range fit {
		if m.candidates[i].Number == number {
			same = append(same, i)
		}
	}
	return same
}

func (m *matcher) ids(list []int) []string {
	list = list[:min(len(list), candidateLimit)]
	ids := make([]string, len(list))
	for i, c := range list {
		ids[i] = m.candidates[c].ID
	}
	return ids
}

// indexTraits prepares the search by traits among the payments still open. A
// register may hold a hundred thousand payments of one sum to one account, so
// the number of the order is part of the index.
func (m *matcher) indexTraits() {
	for i := range m.candidates {
		c := &m.candidates[i]
		if m.taken[i] || c.PayeeAccount == "" {
			continue
		}
		k := weakKey{c.Kopecks, c.PayeeAccount}
		m.weak[k] = append(m.weak[k], i)
		if c.Number != "" {
			n := numberKey{k, c.Number}
			m.numbered[n] = append(m.numbered[n], i)
		}
	}
}

// byTraits matches an entry that no УИН has decided.
func (m *matcher) byTraits(r *Result) {
	e := &r.Entry
	k := weakKey{e.Kopecks, e.PayeeAccount}
	if fit := m.fitting(e, m.numbered[numberKey{k, e.Number}]); e.Number != "" && len(fit) == 1 {
		r.Evidence = []Evidence{ByNumber, ByAmount, ByPayee, ByDate}
		m.choose(r, fit)
		return
	}
	if fit := m.fitting(e, m.weak[k]); len(fit) > 0 {
		r.Evidence = []Evidence{ByAmount, ByPayee, ByDate}
		m.choose(r, fit)
	}
}

// fitting returns the payments of a list that nothing speaks against, up to
// one more than will be listed.
func (m *matcher) fitting(e *Entry, list []int) (fit []int) {
	for _, i := range list {
		c := &m.candidates[i]
		switch {
		case e.UIN != "" && present(c.UIN) != "": // two different УИН are two different payments
		case e.PayerAccount != "" && c.PayerAccount != "" && e.PayerAccount != c.PayerAccount:
		case !inTime(e.Date, c):
		default:
			if fit = append(fit, i); len(fit) > candidateLimit {
				return fit
			}
		}
	}
	return fit
}

// inTime reports whether a day lies in the time of a payment. A payment
// without a day of its own has no time, and traits cannot prove it.
func inTime(t time.Time, c *Candidate) bool {
	if c.NotBefore.IsZero() {
		return false
	}
	last := c.NotAfter
	if last.IsZero() {
		last = c.NotBefore.Add(window)
	}
	return day(t) >= day(c.NotBefore) && day(t) <= day(last)
}

// settle takes matched payments out of the game, and makes matches of one
// payment with several documents ambiguous.
func (m *matcher) settle() {
	claims := map[string][]int{}
	for i := range m.results {
		if m.results[i].Outcome == Matched {
			claims[m.results[i].Payment] = append(claims[m.results[i].Payment], i)
		}
	}
	for i := range m.candidates {
		if claims[m.candidates[i].ID] != nil {
			m.taken[i] = true
		}
	}
	for _, list := range claims {
		if len(list) < 2 {
			continue
		}
		lines := make([]string, len(list))
		for i, at := range list {
			lines[i] = strconv.Itoa(m.results[at].Entry.Line)
		}
		for _, at := range list {
			r := &m.results[at]
			r.Outcome, r.Payment = Ambiguous, ""
			r.Reason = i18n.Text{RU: "одному платежу подходят разные документы банка, строки %s: возможно, оплачено дважды", EN: "different bank documents fit one payment, lines %s: it may have been paid twice"}.
				With(strings.Join(lines, ", "))
		}
	}
}

func evidenceText(list []Evidence) i18n.Text {
	var ru, en []string
	for _, e := range list {
		t := e.Title()
		ru, en = append(ru, t.RU), append(en, t.EN)
	}
	return i18n.Text{RU: strings.Join(ru, ", "), EN: strings.Join(en, ", ")}
}

// Title names the evidence for people.
func (e Evidence) Title() i18n.Text {
	switch e {
	case ByID:
		return i18n.Text{RU: "идентификатор нашего поручения", EN: "the id of our order"}
	case ByUIN:
		return i18n.Text{RU: "УИН", EN: "УИН"}
	case ByNumber:
		return i18n.Text{RU: "номер поручения", EN: "order number"}
	case ByAmount:
		return i18n.Text{RU: "сумма", EN: "amount"}
	case ByPayee:
		return i18n.Text{RU: "счёт получателя", EN: "payee's account"}
	case ByWords:
		return i18n.Text{RU: "слова о возврате", EN: "words of a return"}
	}
	return i18n.Text{RU: "дата", EN: "date"}
}

// Settled lists the IDs of the payments that the results prove, sorted.
func Settled(results []Result) []string {
	var ids []string
	for i := range results {
		if results[i].Outcome == Matched {
			ids = append(ids, results[i].Payment)
		}
	}
	slices.Sort(ids)
	return ids
}
