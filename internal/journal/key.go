package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"strconv"
	"strings"
)

// Key returns the business key of the payment: what it is for, whoever pays it
// from whichever file. Only what identifies the debt enters it, so the road, the
// run and the payee's name do not.
//
//	with УИН:    "u:" + УИН + ":" + H("uin", payer, УИН)
//	without УИН: "r:" + H("requisites", payer, payee account, КБК, ОКТМО, period, amount in kopecks),
//	             and ":" + the act code where there is one
//
// H is SHA-256, in lower-case hex, the first 32 digits, over every part as its
// length in bytes in decimal, a colon and the part (so no two lists of parts
// give the same bytes). Every part but the amount is normalised first: spaces,
// no-break spaces, tabs and hyphens removed, letters upper-case; a slash
// stays (ИНН/КПП). A period keeps its dots. An УИН of "" or of zeros only is none.
//
// The payer must be named the same way every time: an ИНН and a СНИЛС of the
// same person are different payers here.
func (p *Payment) Key() string {
	payer := normal(p.Payer)
	if uin := NormalUIN(p.UIN); uin != "" {
		return "u:" + uin + ":" + digest("uin", payer, uin)
	}
	key := "r:" + digest("requisites", payer, normal(p.PayeeAccount), normal(p.KBK), normal(p.OKTMO),
		normal(p.Period), strconv.FormatInt(p.AmountKopecks, 10))
	if code := normal(p.ActCode); code != "" {
		key += ":" + code
	}
	return key
}

// Keys returns the keys by which the journal may know the debt of p, its own last.
// Programmes before the act code was part of the key have left it out: what stands
// under the plain key may be this very payment, so it stands in its way.
func (p *Payment) Keys() []string {
	key := p.Key()
	if plain, _, coded := strings.Cut(key[2:], ":"); coded && strings.HasPrefix(key, "r:") {
		return []string{"r:" + plain, key}
	}
	return []string{key}
}

// ContentKey returns the key of an application: the same applicant, service,
// data and attachments give the same key. Each digest is of the bytes that would
// be sent; order of attachments matters, their names do too.
func ContentKey(applicant, service, target string, data [sha256.Size]byte, attachments ...Attachment) string {
	parts := make([]string, 0, 5+2*len(attachments))
	parts = append(parts, "application", normal(applicant), service, target, string(data[:]))
	for _, a := range attachments {
		parts = append(parts, a.Name, string(a.SHA256[:]))
	}
	return digest(parts...)
}

// Attachment is one file of an application, for ContentKey.
type Attachment struct {
	Name   string
	SHA256 [sha256.Size]byte
}

// NormalUIN returns an УИН as it enters the key, "" when there is none.
func NormalUIN(uin string) string {
	uin = normal(uin)
	if strings.Trim(uin, "0") == "" {
		return ""
	}
	return uin
}

func normal(s string) string {
	clean := true
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && c != '/' && c != '.' {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	return strings.ToUpper(strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\t', '-', '\u00a0', '\u202f', '\u2011', '\u2013':
			return -1
		}
		return r
	}, s))
}

func digest(parts ...string) string {
	h := sha256.New()
	var buf [64]byte
	for _, p := range parts {
		writePart(h, buf[:0], p)
	}
	return hex.EncodeToString(h.Sum(buf[:0])[:16])
}

func writePart(h hash.Hash, buf []byte, p string) {
	buf = strconv.AppendInt(buf, int64(len(p)), 10)
	buf = append(buf, ':')
	buf = append(buf, p...)
	h.Write(buf)
}

// UINPrefix returns what the business keys of all payments of an УИН begin with,
// "" for no УИН.
func UINPrefix(uin string) string {
	if uin = NormalUIN(uin); uin == "" || !isCode(uin) {
		return ""
	}
	return "u:" + uin + ":"
}
