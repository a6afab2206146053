package planfile

import (
	"crypto/sha256"
	"strconv"
	"unicode/utf8"

	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// digest is a SHA-256.
type digest = [sha256.Size]byte

// tree is a Merkle tree of RFC 9162: levels[0] are the leaves, the last level is the
// root alone. A node without a neighbour is its own parent, which comes to the same
// as the standard's split at the largest power of two.
type tree struct{ levels [][]digest }

func grow(leaves []digest) tree {
	t := tree{[][]digest{leaves}}
	for level := leaves; len(level) > 1; t.levels = append(t.levels, level) {
		up := make([]digest, 0, (len(level)+1)/2)
		for i := 0; i+1 < len(level); i += 2 {
			up = append(up, parent(&level[i], &level[i+1]))
		}
		if len(level)%2 == 1 {
			up = append(up, level[len(level)-1])
		}
		level = up
	}
	return t
}

func parent(a, b *digest) digest {
	var buf [1 + 2*sha256.Size]byte
	buf[0] = 1
	copy(buf[1:], a[:])
	copy(buf[1+sha256.Size:], b[:])
	return sha256.Sum256(buf[:])
}

// root of no leaves is the SHA-256 of nothing.
func (t tree) root() digest {
	if len(t.levels[0]) == 0 {
		return sha256.Sum256(nil)
	}
	return t.levels[len(t.levels)-1][0]
}

// path appends the neighbours of leaf i and of its parents, from below.
func (t tree) path(out []byte, i int) []byte {
	for _, level := range t.levels {
		if n := i ^ 1; n < len(level) {
			out = append(out, level[n][:]...)
		}
		i >>= 1
	}
	return out
}

// leafOf is the leaf of a row: the hash of a zero byte and, for a row to pay, of
// what is paid.
func leafOf(r *Row, buf []byte) (digest, []byte) {
	buf = append(buf[:0], 0)
	if r.Status == Pay {
		uin := journal.NormalUIN(r.UIN)
		switch {
		case uin == "":
			buf = appendPaid(buf, r.N, r.Kopecks, "", r.Requisites())
		case r.Checked.IsZero(): // nobody has said who is paid
			buf = appendPaid(buf, r.N, r.Kopecks, uin, nil)
		default:
			buf = appendPaid(buf, r.N, r.Kopecks, uin, &cabinet.Requisites{Payee: r.payee()})
		}
	}
	return sha256.Sum256(buf), buf
}

// leafOfRequest is the leaf of a payment without УИН, as it is about to be sent.
func leafOfRequest(row int, req *cabinet.PaymentRequest) digest {
	return sha256.Sum256(appendPaid([]byte{0}, row, req.AmountKopecks, req.UIN, req.Requisites))
}

// appendPaid writes what is paid as netstrings, "length:bytes,".
func appendPaid(b []byte, row int, kopecks int64, uin string, q *cabinet.Requisites) []byte {
	var none cabinet.Requisites
	if q == nil {
		q = &none
	}
	var num [20]byte
	b = appendNet(b, "epgu payment 1")
	b = appendNet(b, string(strconv.AppendInt(num[:0], int64(row), 10)))
	b = appendNet(b, string(strconv.AppendInt(num[:0], kopecks, 10)))
	b = appendNet(b, uin)
	p := &q.Payee
	for _, s := range [...]string{p.Name.Raw(), p.INN, p.KPP, p.Account, p.BankName.Raw(), p.BIK, p.CorrAccount, p.KBK, p.OKTMO,
		q.Purpose, q.Period, q.Status, q.Basis, q.DocNo, q.DocDate} {
		b = appendNet(b, s)
	}
	if q.ActCode != "" { // came later: without it a leaf is what it was
		b = appendNet(b, q.ActCode)
	}
	return b
}

// appendNet writes a netstring. What is no UTF-8 is written as JSON writes it, since
// the row is read back from there.
func appendNet(b []byte, s string) []byte {
	if !utf8.ValidString(s) {
		s = string([]rune(s))
	}
	b = strconv.AppendInt(b, int64(len(s)), 10)
	b = append(b, ':')
	b = append(b, s...)
	return append(b, ',')
}
