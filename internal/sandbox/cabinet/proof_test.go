package cabinet_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"testing"

	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/portal/wire/training"
	"github.com/epgu-cli/epgu/internal/sandbox/portaltest"
)

// What follows is written from docs/payment-proof.md and the recursive definitions of
// RFC 9162, unlike both the client and the portal.

func leaf(row int, q *wire.PaymentRequest, to wire.Payee) []byte {
	about := wire.Requisites{}
	if q.Requisites != nil {
		to, about = q.Requisites.Payee, *q.Requisites
	}
	out := []byte{0}
	for _, s := range []string{"epgu payment 1", fmt.Sprint(row), fmt.Sprint(q.AmountKopecks), q.UIN,
		to.Name.Raw(), to.INN, to.KPP, to.Account, to.BankName.Raw(), to.BIK, to.CorrAccount, to.KBK, to.OKTMO,
		about.Purpose, about.Period, about.Status, about.Basis, about.DocNo, about.DocDate} {
		out = fmt.Appendf(out, "%d:%s,", len(s), s)
	}
	if about.ActCode != "" {
		out = fmt.Appendf(out, "4:%s,", about.ActCode)
	}
	h := sha256.Sum256(out)
	return h[:]
}

func half(n int) int {
	k := 1
	for 2*k < n {
		k *= 2
	}
	return k
}

func rootOf(leaves [][]byte) []byte {
	if len(leaves) == 1 {
		return leaves[0]
	}
	k := half(len(leaves))
	h := sha256.Sum256(bytes.Join([][]byte{{1}, rootOf(leaves[:k]), rootOf(leaves[k:])}, nil))
	return h[:]
}

func pathOf(i int, leaves [][]byte) []byte {
	if len(leaves) == 1 {
		return nil
	}
	if k := half(len(leaves)); i < k {
		return slices.Concat(pathOf(i, leaves[:k]), rootOf(leaves[k:]))
	} else {
		return slices.Concat(pathOf(i-k, leaves[k:]), rootOf(leaves[:k]))
	}
}

// grow puts leaves under an authorisation and proofs into their payments.
func grow(in *wire.AuthorisationRequest, leaves [][]byte, qs ...*wire.PaymentRequest) {
	in.PaymentsRoot, in.PlanRows = hex.EncodeToString(rootOf(leaves)), int64(len(leaves))
	for i, q := range qs {
		if q != nil {
			q.AuthorisationID, q.Proof = in.ID, &wire.PaymentProof{Row: int64(i + 1), Path: pathOf(i, leaves)}
		}
	}
}

// plan makes payments without a charge the rows of a plan; nil is one that is not to
// be paid.
func plan(in *wire.AuthorisationRequest, qs ...*wire.PaymentRequest) {
	leaves := make([][]byte, len(qs))
	for i, q := range qs {
		if q != nil {
			leaves[i] = leaf(i+1, q, wire.Payee{})
			continue
		}
		h := sha256.Sum256([]byte{0})
		leaves[i] = h[:]
	}
	grow(in, leaves, qs...)
}

func TestAPaymentThatNobodyHasSignedIsRefusedWhateverIsChanged(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who, chief := accountant(), issuedTo(t, p, portaltest.Chief())
	for _, n := range []int{1, 2, 3, 5, 8} {
		in := bounds(100+n, 8, 1_000_000)
		in.Count = int64(n)
		rows := make([]*wire.PaymentRequest, n)
		for i := range rows {
			q := byRequisites(t, p, 100*n+i, int64(1_000+i), in.ID)
			rows[i] = &q
		}
		plan(&in, rows...)
		chief.approves(t, &in, portaltest.Start())
		register(p, who, in).Want(http.StatusCreated)
		for name, change := range map[string]func(q *wire.PaymentRequest){
			"the sum":                  func(q *wire.PaymentRequest) { q.AmountKopecks++ },
			"the account":              func(q *wire.PaymentRequest) { q.Requisites.Payee.Account = "03100643000000019502" },
			"the payee":                func(q *wire.PaymentRequest) { q.Requisites.Payee.Name += " 2" },
			"the ИНН":                  func(q *wire.PaymentRequest) { q.Requisites.Payee.INN = "7707083893" },
			"the purpose":              func(q *wire.PaymentRequest) { q.Requisites.Purpose += "." },
			"the period":               func(q *wire.PaymentRequest) { q.Requisites.Period = "МС.07.2026" },
			"the code of the act":      func(q *wire.PaymentRequest) { q.Requisites.ActCode = "0014" },
			"the row":                  func(q *wire.PaymentRequest) { q.Proof.Row = q.Proof.Row%int64(n) + 1 },
			"the row, below the first": func(q *wire.PaymentRequest) { q.Proof.Row = 0 },
			"the row, beyond the last": func(q *wire.PaymentRequest) { q.Proof.Row = int64(n) + 1 },
			"the path":                 func(q *wire.PaymentRequest) { q.Proof.Path = append(q.Proof.Path, make([]byte, 32)...) },
			"the path, half a hash":    func(q *wire.PaymentRequest) { q.Proof.Path = append(q.Proof.Path, 1) },
			"no proof":                 func(q *wire.PaymentRequest) { q.Proof = nil },
		} {
			if name == "the row" && n == 1 {
				continue
			}
			for _, row := range rows {
				q := *row
				about, proof := *row.Requisites, *row.Proof
				q.Requisites, q.Proof = &about, &wire.PaymentProof{Row: proof.Row, Path: slices.Clone(proof.Path)}
				change(&q)
				if a := pay(p, who, q); a.Status != http.StatusForbidden || a.Code() != "authorisation.not_signed" {
					if a.Status != http.StatusUnprocessableEntity { // no sound requisites at all
						t.Errorf("%d rows, row %d, %s: %d %s", n, row.Proof.Row, name, a.Status, a.Body)
					}
				}
				p.Get(who, base+"/payments/"+q.ID).Want(http.StatusNotFound)
			}
		}
		for _, row := range rows {
			pay(p, who, *row).Want(http.StatusCreated)
		}
	}
}

func TestARowIsPaidOnceUnderAnAuthorisation(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who, chief := accountant(), issuedTo(t, p, portaltest.Chief())
	in := bounds(1, 3, 1_000_000)
	one, two := byRequisites(t, p, 1, 1_000, in.ID), byRequisites(t, p, 2, 1_000, in.ID)
	plan(&in, &one, nil, &two)
	chief.approves(t, &in, portaltest.Start())
	register(p, who, in).Want(http.StatusCreated)
	pay(p, who, one).Want(http.StatusCreated)
	again := one
	again.ID = payID(3)
	var e wire.Problem
	if pay(p, who, again).Want(http.StatusForbidden).Into(&e); e.Code != "authorisation.row_used" || e.Ref != one.ID {
		t.Errorf("%+v", e)
	}
	pay(p, who, one).Want(http.StatusOK) // the same payment is no second one
	pay(p, who, two).Want(http.StatusCreated)
}

func TestTheProofOfAChargeBindsItsPayeeIfHeWasSeen(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who, chief := accountant(), issuedTo(t, p, portaltest.Chief())
	var list wire.Page[wire.Charge]
	p.Get(who, base+"/charges?state=unpaid").Want(http.StatusOK).Into(&list)
	if len(list.Items) < 3 {
		t.Fatalf("%d charges", len(list.Items))
	}
	in := bounds(1, 3, 100_000_000)
	qs, leaves := make([]*wire.PaymentRequest, 3), make([][]byte, 3)
	for i := range qs {
		c := &list.Items[i]
		qs[i] = &wire.PaymentRequest{ID: payID(i), UIN: c.UIN, AmountKopecks: c.DueKopecks, Method: "account"}
		to := c.Payee
		switch i {
		case 1: // planned without a portal
			to = wire.Payee{}
		case 2: // somebody else was shown to those who signed
			to.Account = "03100643000000019502"
		}
		leaves[i] = leaf(i+1, qs[i], to)
	}
	grow(&in, leaves, qs...)
	chief.approves(t, &in, portaltest.Start())
	register(p, who, in).Want(http.StatusCreated)
	pay(p, who, *qs[0]).Want(http.StatusCreated)
	pay(p, who, *qs[1]).Want(http.StatusCreated)
	if a := pay(p, who, *qs[2]).Want(http.StatusForbidden); a.Code() != "authorisation.not_signed" {
		t.Errorf("%s", a.Body)
	}
}
