package journal

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// The bounds of texts in a record, in bytes.
const (
	maxShort = 256  // identifiers, codes, names of runs and profiles
	maxLong  = 2048 // purposes, names, reasons, paths
)

// CheckPayment reports what is wrong with a payment that is to be planned, the
// i-th of its call, as *InvalidError.
func CheckPayment(i int, p *Payment) error {
	bad := func(field, what string) error { return &InvalidError{Index: i, ID: p.ID, Field: field, What: what} }
	if !IsUUID(p.ID) {
		return bad("id", "is no UUID in lower case")
	}
	if p.AmountKopecks <= 0 {
		return bad("amountKopecks", "must be above zero")
	}
	if p.AmountKopecks > MaxAmount {
		return bad("amountKopecks", "is above MaxAmount")
	}
	if p.Row < 0 {
		return bad("row", "is negative")
	}
	if p.Via != ViaPortal && !p.Via.ByBank() {
		return bad("via", "is no known road")
	}
	if normal(p.Payer) == "" {
		return bad("payer", "is empty")
	}
	if uin := NormalUIN(p.UIN); uin == "" {
		if normal(p.PayeeAccount) == "" {
			return bad("payeeAccount", "is empty, and there is no УИН")
		}
	} else if !isCode(uin) {
		return bad("uin", "has characters other than digits and letters")
	}
	for _, f := range [...]struct {
		name, value string
		max         int
	}{
		{"profile", p.Profile, maxShort}, {"run", p.Run, maxShort}, {"payer", p.Payer, maxShort}, {"uin", p.UIN, maxShort},
		{"payeeName", p.PayeeName, maxLong}, {"payeeAccount", p.PayeeAccount, maxShort}, {"bik", p.BIK, maxShort},
		{"kbk", p.KBK, maxShort}, {"oktmo", p.OKTMO, maxShort}, {"period", p.Period, maxShort}, {"purpose", p.Purpose, maxLong},
	} {
		if what := badText(f.value, f.max); what != "" {
			return bad(f.name, what)
		}
	}
	if p.LinkedTo != "" && !IsUUID(p.LinkedTo) {
		return bad("linkedTo", "is no UUID")
	}
	if what := badOverride(p.Override); what != "" {
		return bad("override", what)
	}
	if what := badJSON(p.Extra); what != "" {
		return bad("extra", what)
	}
	return nil
}

// MaxAmount is the largest amount of one payment, in kopecks: a hundred billion
// rubles. Sums of a million such payments do not overflow.
const MaxAmount = 10_000_000_000_000

// CheckSubmission is CheckPayment for an application.
func CheckSubmission(s *Submission) error {
	bad := func(field, what string) error { return &InvalidError{ID: s.ID, Field: field, What: what} }
	if !IsUUID(s.ID) {
		return bad("id", "is no UUID in lower case")
	}
	if s.ContentKey == "" {
		return bad("contentKey", "is empty")
	}
	if s.ChunksTotal < 0 {
		return bad("chunksTotal", "is negative")
	}
	for _, f := range [...]struct {
		name, value string
		max         int
	}{
		{"contentKey", s.ContentKey, maxShort}, {"profile", s.Profile, maxShort}, {"applicant", s.Applicant, maxShort},
		{"service", s.Service, maxShort}, {"targetCode", s.TargetCode, maxShort}, {"title", s.Title, maxLong},
		{"archiveSha256", s.ArchiveSHA256, maxShort}, {"archivePath", s.ArchivePath, 2 * maxLong},
	} {
		if what := badText(f.value, f.max); what != "" {
			return bad(f.name, what)
		}
	}
	if s.LinkedTo != "" && !IsUUID(s.LinkedTo) {
		return bad("linkedTo", "is no UUID")
	}
	if what := badOverride(s.Override); what != "" {
		return bad("override", what)
	}
	if what := badJSON(s.Extra); what != "" {
		return bad("extra", what)
	}
	return nil
}

// CheckEvidence reports what is wrong with the evidence of the i-th transition
// of a call, for the record id, as *InvalidError.
func CheckEvidence(i int, id string, e *Evidence) error {
	bad := func(field, what string) error { return &InvalidError{Index: i, ID: id, Field: field, What: what} }
	if e.Witness.set() == 0 {
		return bad("witness", "is none of the known")
	}
	if e.Witness == Operator && (e.Who == "" || e.Why == "") {
		return bad("witness", "an operator's decision needs who and why")
	}
	if what := badText(e.Who, maxShort); what != "" {
		return bad("who", what)
	}
	if what := badText(e.Why, maxLong); what != "" {
		return bad("why", what)
	}
	if what := badJSON(e.Details); what != "" {
		return bad("details", what)
	}
	return nil
}

// CheckExtra reports what is wrong with the Extra of a transition, as
// *InvalidError.
func CheckExtra(i int, id string, extra json.RawMessage) error {
	if what := badJSON(extra); what != "" {
		return &InvalidError{Index: i, ID: id, Field: "extra", What: what}
	}
	return nil
}

// CutReason bounds a reason that came from outside: an outcome is recorded
// whatever words it came with.
func CutReason(r Reason) Reason {
	return Reason{Code: Cut(r.Code, maxShort), Text: Cut(r.Text, maxLong)}
}

// Cut returns s as UTF-8 of at most n bytes, broken bytes replaced.
func Cut(s string, n int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

func badOverride(o *Override) string {
	switch {
	case o == nil:
		return ""
	case o.Who == "" || o.Reason == "":
		return "needs who and reason"
	case badText(o.Who, maxShort) != "" || badText(o.Reason, maxLong) != "":
		return "has a text that is too long or not UTF-8"
	}
	return ""
}

func badText(s string, limit int) string {
	if len(s) > limit {
		return "is too long"
	}
	for i := range len(s) {
		if s[i] == 0 {
			return "has a NUL"
		}
	}
	if !utf8.ValidString(s) {
		return "is not UTF-8"
	}
	return ""
}

func badJSON(b json.RawMessage) string {
	switch {
	case b == nil:
		return ""
	case len(b) > MaxDetails:
		return "is longer than MaxDetails"
	case !json.Valid(b) || !utf8.Valid(b):
		return "is not JSON in UTF-8"
	}
	return ""
}

func isCode(s string) bool {
	for _, r := range s {
		if (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'А' || r > 'Я') && r != 'Ё' {
			return false
		}
	}
	return true
}

// IsUUID reports whether s is a UUID in lower case. It accepts only the canonical form, so that one ID has one spelling.
func IsUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case (c < '0' || c > '9') && (c < 'a' || c > 'f'):
			return false
		}
	}
	return true
}
