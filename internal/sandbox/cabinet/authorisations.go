package cabinet

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/cms"
	"github.com/epgu-cli/epgu/internal/gost/verdict"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/sandbox/bank"
	"github.com/epgu-cli/epgu/internal/sandbox/certificates"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/session"
)

// Bounds of an authorisation.
const (
	maxSignatures = 20
	maxStatement  = 4 << 10
	maxSignature  = 64 << 10
	maxCount      = 20_000_000
	// approvalTerm is how long an approval is good, from the moment that its
	// statement names; no authorisation lasts longer. It is the same as the
	// portal's memory of payment ids, so that no id is forgotten under it.
	approvalTerm = bank.Memory
	clockSkew    = 5 * time.Minute
)

// createAuthorisation is POST /payment-authorisations.
func (f *face) createAuthorisation(w http.ResponseWriter, r *http.Request) error {
	who := caller(r)
	if !who.May(people.PowerPayments) {
		return session.NoPower(i18n.Text{RU: "Нет полномочий платить от организации", EN: "No power to pay for the organisation"})
	}
	var in wire.AuthorisationRequest
	if err := problem.ReadJSON(w, r, &in); err != nil {
		return err
	}
	if err := checkKey(in.ID, r.Header.Get("Idempotency-Key")); err != nil {
		return err
	}
	now := f.deps.Clock.Now()
	a := &bank.Authorisation{ID: in.ID, Owner: bankOwner(who), Plan: in.PlanSHA256, Root: in.PaymentsRoot, Rows: in.PlanRows, Count: in.Count, Kopecks: in.SumKopecks,
		Made: now.UTC().Truncate(time.Microsecond), Until: in.NotAfter.UTC().Truncate(time.Microsecond)}
	created := false
	err := f.deps.DB.Write(r.Context(), func(tx *sql.Tx) error {
		// What is there already needs no signature to be looked at.
		kept, err := bank.GetAuthorisation(r.Context(), tx, a.Owner, a.ID)
		if errors.Is(err, bank.ErrNotAuthorised) {
			if err := f.signedFor(r.Context(), tx, who, &in, a); err != nil {
				return err
			}
		} else if err != nil {
			return err
		} else {
			a.Signers = kept.Signers
		}
		a, created, err = bank.Authorise(r.Context(), tx, a)
		return err
	})
	if errors.Is(err, bank.ErrAuthorisationReused) {
		e := problem.New(http.StatusConflict, "authorisation.key_reused", i18n.Say("Этот номер уже занят другим разрешением на оплату", "This id stands for another payment authorisation"))
		e.Ref = in.ID
		return e
	}
	if err != nil {
		return err
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
		w.Header().Set("Location", wire.Base+"/payment-authorisations/"+a.ID)
	}
	problem.JSON(w, status, authorisationOf(a, now))
	return nil
}

// getAuthorisation is GET /payment-authorisations/{id}.
func (f *face) getAuthorisation(w http.ResponseWriter, r *http.Request) error {
	var a *bank.Authorisation
	err := f.deps.DB.Read(r.Context(), func(tx *sql.Tx) (err error) {
		a, err = bank.GetAuthorisation(r.Context(), tx, bankOwner(caller(r)), r.PathValue("id"))
		return err
	})
	if errors.Is(err, bank.ErrNotAuthorised) {
		return problem.NotFound("authorisation.not_found")
	}
	if err != nil {
		return err
	}
	problem.JSON(w, http.StatusOK, authorisationOf(a, f.deps.Clock.Now()))
	return nil
}

func authorisationOf(a *bank.Authorisation, now time.Time) wire.Authorisation {
	out := wire.Authorisation{ID: a.ID, PlanSHA256: a.Plan, PaymentsRoot: a.Root, PlanRows: a.Rows, Count: a.Count, SumKopecks: a.Kopecks, UsedCount: a.UsedCount, UsedKopecks: a.UsedKopecks,
		State: a.State(now), CreatedAt: a.Made, NotAfter: a.Until, Signers: []wire.AuthorisationSigner{}}
	for _, s := range a.Signers {
		out.Signers = append(out.Signers, wire.AuthorisationSigner{Name: wire.Text(s.Name), Certificate: s.Certificate, SignedAt: s.At, Trust: s.Trust})
	}
	return out
}

// noAuthorisation refuses a payment under an authorisation that this payer does
// not have. It is 403 and not 404: the payment itself is at no fault.
func noAuthorisation(id string) error {
	e := problem.New(http.StatusForbidden, "authorisation.not_found", i18n.Say("У этого плательщика нет такого разрешения на оплату", "This payer has no such payment authorisation"))
	e.Ref = id
	return e
}

// signedFor checks the request and every signature, and fills the signers of a.
func (f *face) signedFor(ctx context.Context, tx *sql.Tx, who session.Caller, in *wire.AuthorisationRequest, a *bank.Authorisation) error {
	if bad := checkBounds(in, a.Made); len(bad) > 0 {
		return problem.Invalid(bad...)
	}
	var bad, strangers []problem.Field
	var others int
	first := time.Time{}
	for i := range in.Signatures {
		s, own, at, err := f.signer(ctx, tx, who, in, a, &in.Signatures[i])
		var no badApproval
		if errors.As(err, &no) {
			list := &bad
			if no.code == unknownSigner {
				list = &strangers // not counted; those that are may be enough
			}
			*list = append(*list, problem.Field{Name: fmt.Sprintf("signatures[%d]", i), Code: no.code, Message: no.Message})
			continue
		}
		if err != nil {
			return err
		}
		for _, known := range a.Signers {
			if known.Certificate == s.Certificate {
				bad = append(bad, problem.Field{Name: fmt.Sprintf("signatures[%d]", i), Code: "twice", Message: i18n.Say("этот человек уже подписал", "this person has signed already")})
			}
		}
		if !own {
			others++
		}
		if first.IsZero() || at.Before(first) {
			first = at
		}
		a.Signers = append(a.Signers, s)
	}
	switch {
	case len(bad) > 0 || len(a.Signers) == 0:
		return problem.Invalid(append(bad, strangers...)...)
	case others == 0:
		return problem.New(http.StatusForbidden, "authorisation.own_signature", i18n.Say("Подписал только тот, кто платит", "Only the one who pays has signed")).
			WithHint(i18n.Say("одобряет один человек, платит другой", "one person approves, another pays"))
	case a.Until.After(first.Add(approvalTerm)):
		return problem.Invalid(problem.Field{Name: "notAfter", Code: "range", Message: i18n.Text{
			RU: "одобрение действует 30 дней, до %s", EN: "an approval is good for 30 days, until %s"}.With(first.Add(approvalTerm).Format(time.RFC3339))})
	}
	return nil
}

func checkBounds(in *wire.AuthorisationRequest, now time.Time) (bad []problem.Field) {
	add := func(name, code, ru, en string) {
		bad = append(bad, problem.Field{Name: name, Code: code, Message: i18n.Say(ru, en)})
	}
	for _, hash := range []struct{ name, value string }{{"planSha256", in.PlanSHA256}, {"paymentsRoot", in.PaymentsRoot}} {
		if sum, err := hex.DecodeString(hash.value); err != nil || len(sum) != 32 || strings.ToLower(hash.value) != hash.value {
			add(hash.name, "pattern", "нужен SHA-256, 64 строчные шестнадцатеричные цифры", "a SHA-256 is needed, 64 hex digits in lower case")
		}
	}
	if in.PlanRows < in.Count || in.PlanRows > maxCount {
		add("planRows", "range", "строк не меньше, чем платежей, и не больше 20 000 000", "no fewer rows than payments, and 20,000,000 at most")
	}
	if in.Count < 1 || in.Count > maxCount {
		add("count", "range", "нужно от 1 до 20 000 000", "from 1 to 20,000,000 is needed")
	}
	if in.SumKopecks < 1 {
		add("sumKopecks", "range", "сумма должна быть больше нуля", "the sum must be above zero")
	}
	if !in.NotAfter.After(now) {
		add("notAfter", "range", "этот срок уже прошёл", "this moment has passed")
	}
	if n := len(in.Signatures); n < 1 || n > maxSignatures {
		add("signatures", "range", "нужно от 1 до 20 подписей", "from 1 to 20 signatures are needed")
	}
	return bad
}

// unknownSigner is the code of a good signature by a certificate that the portal
// does not know.
const unknownSigner = "signer"

// badApproval says in both languages why a signature does not count.
type badApproval struct {
	code string
	i18n.Message
}

func (b badApproval) Error() string { return b.In(i18n.EN) }

// signer checks one signature: it is over a statement of this very plan, it holds,
// and its certificate was good when it was made and is known to the portal.
// own tells that it is the caller's.
func (f *face) signer(ctx context.Context, tx *sql.Tx, who session.Caller, in *wire.AuthorisationRequest, a *bank.Authorisation, s *wire.AuthorisationSignature) (out bank.Signer, own bool, at time.Time, err error) {
	hash, at, ok := readStatement(s.Statement, in)
	if !ok || len(s.Signature) > maxSignature {
		return out, false, at, badApproval{"statement", i18n.Say("подписан не этот план", "not this plan was signed")}
	}
	if at.After(a.Made.Add(clockSkew)) || a.Made.Sub(at) > approvalTerm {
		return out, false, at, badApproval{"term", i18n.Say("одобрение действует 30 дней со дня подписи", "an approval is good for 30 days from its signature")}
	}
	result, err := cms.VerifyDetached(ctx, s.Signature, bytes.NewReader([]byte(s.Statement)), &cms.VerifyOptions{Chain: cert.ChainOptions{Time: at}})
	if err != nil || len(result.Signatures) != 1 {
		return out, false, at, badApproval{"signature", i18n.Say("нужен контейнер CMS с одной подписью", "a CMS container with one signature is needed")}
	}
	one := &result.Signatures[0]
	for _, reason := range one.Reasons {
		if family, _, _ := strings.Cut(reason.Code, "."); reason.Status == verdict.Invalid || family != "chain" && family != "revocation" {
			return out, false, at, badApproval{"signature", reason.Message}
		}
	}
	c := one.Certificate
	if c == nil || one.Digest == nil || c.Hash() != hash {
		return out, false, at, badApproval{"signature", i18n.Say("подпись сделана не тем сертификатом, который назван", "the signature is not by the certificate that is named")}
	}
	trust, own, err := f.approver(ctx, tx, who, c, a.Made)
	if err != nil {
		return out, false, at, err
	}
	if trust == "" {
		return out, false, at, badApproval{unknownSigner, i18n.Text{
			RU: "сертификат «%s» порталу неизвестен: он не привязан к учётной записи и не выдан этим порталом её людям",
			EN: "the portal does not know certificate %q: it is neither bound to the account nor issued by this portal to its people"}.With(c.Subject.String())}
	}
	return bank.Signer{Name: c.Subject.CommonName.Raw(), Certificate: c.Hash(), At: at, Trust: trust}, own, at, nil
}

// approver says how the portal knows a certificate ("" when it does not), and whether
// it is the caller's own: by the name in it, or because nobody else has bound it.
func (f *face) approver(ctx context.Context, tx *sql.Tx, who session.Caller, c *cert.Certificate, now time.Time) (trust string, own bool, err error) {
	person, err := people.ByOID(ctx, tx, who.OID)
	if err != nil {
		return "", false, err
	}
	trust, alone, err := certificates.Approver(ctx, tx, certificates.Owner{OID: who.OID, OrgOID: who.OrgOID}, c, now)
	return trust, alone || sameDigits(c.Subject.SNILS.Raw(), person.SNILS), err
}

// checkApprover is POST /approver-checks.
func (f *face) checkApprover(w http.ResponseWriter, r *http.Request) error {
	var in wire.ApproverQuestion
	if err := problem.ReadJSON(w, r, &in); err != nil {
		return err
	}
	all, err := cert.ParseAll([]byte(in.CertificatePEM))
	if err != nil || len(all) != 1 || all[0].Key == nil {
		return problem.Invalid(problem.Field{Name: "certificatePem", Code: "malformed", Message: i18n.Say(
			"нужен один сертификат с ключом ГОСТ в PEM", "one certificate with a GOST key in PEM is needed")})
	}
	out := wire.ApproverAnswer{Certificate: all[0].Hash()}
	if err := f.deps.DB.Read(r.Context(), func(tx *sql.Tx) (err error) {
		out.Trust, out.Own, err = f.approver(r.Context(), tx, caller(r), all[0], f.deps.Clock.Now())
		return err
	}); err != nil {
		return err
	}
	problem.JSON(w, http.StatusOK, out)
	return nil
}

// readStatement reads what an approver signed (docs/api/cabinet.openapi.yaml).
// ok is false when it is not about this plan and these bounds.
func readStatement(text string, in *wire.AuthorisationRequest) (certificate string, at time.Time, ok bool) {
	if len(text) > maxStatement || !utf8.ValidString(text) {
		return "", at, false
	}
	want := []string{"epgu payment plan approval 2", "plan sha256 " + in.PlanSHA256,
		"payments " + in.PaymentsRoot + " of " + strconv.FormatInt(in.PlanRows, 10), "run " + in.ID,
		"rows " + strconv.FormatInt(in.Count, 10), "kopecks " + strconv.FormatInt(in.SumKopecks, 10)}
	lines := strings.Split(text, "\n")
	if len(lines) != len(want)+6 || lines[len(lines)-1] != "" {
		return "", at, false
	}
	for i, line := range want {
		if lines[i] != line {
			return "", at, false
		}
	}
	moment, a := strings.CutPrefix(lines[6], "at ")
	name, b := strings.CutPrefix(lines[7], "by ")
	certificate, c := strings.CutPrefix(lines[8], "certificate ")
	note, d := strings.CutPrefix(lines[10], "note ")
	checked := lines[9] == "checked yes" || lines[9] == "checked no"
	at, err := time.Parse(time.RFC3339, moment)
	_, err2 := strconv.Unquote(name)
	_, err3 := strconv.Unquote(note)
	return certificate, at.UTC(), a && b && c && d && checked && errors.Join(err, err2, err3) == nil
}

// sameDigits compares two numbers however they are written.
func sameDigits(a, b string) bool {
	digits := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, s)
	}
	return digits(a) != "" && digits(a) == digits(b)
}
