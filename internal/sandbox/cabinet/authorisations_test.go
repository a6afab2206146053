package cabinet_test

import (
	"bytes"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/cms"
	"github.com/epgu-cli/epgu/internal/gost/gost3410"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/portal/wire/training"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/portaltest"
	"github.com/epgu-cli/epgu/internal/sandbox/session"
)

const authorisations = base + "/payment-authorisations"

// accountant is who makes plans for the demo company and pays.
func accountant() *session.Caller {
	c := portaltest.Chief()
	c.OID, c.Chief, c.Powers = people.OIDAccountant, false, []string{"orders", "payments"}
	return c
}

// approver has a key with a certificate.
type approver struct {
	key *gost3410.PrivateKey
	c   *cert.Certificate
}

func newKey(t testing.TB) *gost3410.PrivateKey {
	t.Helper()
	key, err := gost3410.GenerateKey(gost3410.Default256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// issuedTo is somebody whose certificate the portal's authority has issued.
func issuedTo(t testing.TB, p *portaltest.Portal, who *session.Caller) approver {
	t.Helper()
	key := newKey(t)
	request, err := cert.CreateRequest(rand.Reader, cert.Name{CommonName: "Учебный запрос"}, key)
	if err != nil {
		t.Fatal(err)
	}
	var out wire.IssuedCertificate
	p.Post(who, base+"/certificate-requests", wire.CertificateRequest{Request: string(cert.RequestPEM(request))}).Want(http.StatusOK).Into(&out)
	all, err := cert.ParseAll([]byte(out.CertificatePEM))
	if err != nil {
		t.Fatal(err)
	}
	return approver{key, all[0]}
}

func selfMade(t *testing.T, name string, from, until time.Time) approver {
	t.Helper()
	key := newKey(t)
	c, err := cert.CreateSelfSigned(rand.Reader, &cert.Template{Subject: cert.Name{CommonName: wire.Text(name)}, NotBefore: from, NotAfter: until}, key)
	if err != nil {
		t.Fatal(err)
	}
	return approver{key, c}
}

func (a approver) sign(t testing.TB, text string, at time.Time) []byte {
	t.Helper()
	signer, err := cms.NewKeySigner(a.c, a.key)
	if err != nil {
		t.Fatal(err)
	}
	sig, err := cms.SignDetached(t.Context(), bytes.NewReader([]byte(text)), &cms.Options{Time: at}, signer)
	if err != nil {
		t.Fatal(err)
	}
	return sig
}

// approves adds an approval of the request by hand, as the contract has it.
func (a approver) approves(t testing.TB, in *wire.AuthorisationRequest, at time.Time) {
	t.Helper()
	text := fmt.Sprintf("epgu payment plan approval 2\nplan sha256 %s\npayments %s of %d\nrun %s\nrows %d\nkopecks %d\nat %s\nby %q\ncertificate %s\nchecked yes\nnote %q\n",
		in.PlanSHA256, in.PaymentsRoot, in.PlanRows, in.ID, in.Count, in.SumKopecks, at.UTC().Format(time.RFC3339), a.c.Subject.CommonName.Raw(), a.c.Hash(), "за июль")
	in.Signatures = append(in.Signatures, wire.AuthorisationSignature{Statement: text, Signature: a.sign(t, text, at)})
}

func bounds(n int, count, kopecks int64) wire.AuthorisationRequest {
	return wire.AuthorisationRequest{ID: fmt.Sprintf("0190c1f0-0000-7000-9000-%012d", n), PlanSHA256: strings.Repeat("ab", 32), PaymentsRoot: strings.Repeat("cd", 32), PlanRows: count, Count: count, SumKopecks: kopecks,
		NotAfter: portaltest.Start().Add(7 * 24 * time.Hour)}
}

func register(p *portaltest.Portal, who *session.Caller, in wire.AuthorisationRequest) *portaltest.Answer {
	return p.Post(who, authorisations, in, "Idempotency-Key", in.ID)
}

func used(p *portaltest.Portal, who *session.Caller, id string) (a wire.Authorisation) {
	p.Get(who, authorisations+"/"+id).Want(http.StatusOK).Into(&a)
	return a
}

// byRequisites is a payment without a charge.
func byRequisites(t testing.TB, p *portaltest.Portal, n int, kopecks int64, authorisation string) wire.PaymentRequest {
	t.Helper()
	tax := unpaid(t, p, portaltest.Citizen(), "tax")
	return wire.PaymentRequest{ID: payID(n), AmountKopecks: kopecks, Method: "account", AuthorisationID: authorisation,
		Requisites: &wire.Requisites{Payee: tax.Payee, Purpose: "Учебный платёж " + strconv.Itoa(n)}}
}

func TestAnAuthorisationIsRegisteredOnceAndShowsWhatIsUsed(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who, chief := accountant(), issuedTo(t, p, portaltest.Chief())
	in := bounds(1, 3, 100_000)
	q := byRequisites(t, p, 1, 40_000, in.ID)
	plan(&in, &q, nil, nil)
	chief.approves(t, &in, portaltest.Start())
	var a wire.Authorisation
	register(p, who, in).Want(http.StatusCreated).Into(&a)
	if a.State != "open" || a.UsedCount != 0 || len(a.Signers) != 1 || a.Signers[0].Trust != "issued" || a.Signers[0].Certificate != chief.c.Hash() {
		t.Fatalf("%+v", a)
	}
	var made wire.Payment
	pay(p, who, q).Want(http.StatusCreated).Into(&made)
	if made.AuthorisationID != in.ID {
		t.Errorf("%+v", made)
	}
	for range 3 { // the answer was lost: once more
		pay(p, who, q).Want(http.StatusOK)
	}
	register(p, who, in).Want(http.StatusOK).Into(&a)
	if a.UsedCount != 1 || a.UsedKopecks != 40_000 || len(a.Signers) != 1 {
		t.Errorf("after one payment and its repetitions: %+v", a)
	}
	other := in
	other.SumKopecks++
	if got := register(p, who, other).Want(http.StatusConflict).Code(); got != "authorisation.key_reused" {
		t.Error(got)
	}
	if got := register(p, portaltest.Citizen(), in).Want(http.StatusConflict).Code(); got != "authorisation.key_reused" {
		t.Error(got)
	}
	p.Get(portaltest.Citizen(), authorisations+"/"+in.ID).Want(http.StatusNotFound)
	p.Post(who, authorisations, in, "Idempotency-Key", "another").Want(http.StatusBadRequest)
	p.Post(who, authorisations, in).Want(http.StatusBadRequest)
}

func TestNothingIsPaidBeyondAnAuthorisation(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who, chief := accountant(), issuedTo(t, p, portaltest.Chief())
	in := bounds(2, 2, 100_000)
	large, first, over, last := byRequisites(t, p, 1, 100_001, in.ID), byRequisites(t, p, 4, 60_000, in.ID), byRequisites(t, p, 5, 40_001, in.ID), byRequisites(t, p, 6, 40_000, in.ID)
	plan(&in, &large, &first, &over, &last)
	chief.approves(t, &in, portaltest.Start())
	register(p, who, in).Want(http.StatusCreated)
	before := balance(p, who, "account")
	refused := func(who *session.Caller, q wire.PaymentRequest, want string) {
		t.Helper()
		if got := pay(p, who, q).Want(http.StatusForbidden).Code(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
		p.Get(who, base+"/payments/"+q.ID).Want(http.StatusNotFound)
	}
	refused(who, large, "authorisation.exceeded")
	refused(who, byRequisites(t, p, 2, 1, "0190c1f0-0000-7000-9000-999999999999"), "authorisation.not_found")
	refused(portaltest.Citizen(), byRequisites(t, p, 3, 1, in.ID), "authorisation.not_found")
	pay(p, who, first).Want(http.StatusCreated)
	refused(who, over, "authorisation.exceeded")
	pay(p, who, last).Want(http.StatusCreated)
	if a := used(p, who, in.ID); a.State != "used" || a.UsedCount != 2 || a.UsedKopecks != 100_000 {
		t.Errorf("%+v", a)
	}
	in3 := bounds(3, 1, 100_000)
	seventh, eighth := byRequisites(t, p, 7, 1, in3.ID), byRequisites(t, p, 8, 1, in3.ID)
	plan(&in3, &seventh, &eighth)
	chief.approves(t, &in3, portaltest.Start())
	register(p, who, in3).Want(http.StatusCreated)
	pay(p, who, seventh).Want(http.StatusCreated)
	refused(who, eighth, "authorisation.exceeded")
	if spent := before - balance(p, who, "account"); spent != 100_001 {
		t.Errorf("%d kopecks left the account", spent)
	}
	in4 := bounds(4, 5, 100_000)
	chief.approves(t, &in4, portaltest.Start())
	register(p, who, in4).Want(http.StatusCreated)
	p.Clock.Advance(7*24*time.Hour + time.Second)
	refused(who, byRequisites(t, p, 9, 1, in4.ID), "authorisation.ended")
	if a := used(p, who, in4.ID); a.State != "ended" {
		t.Errorf("%+v", a)
	}
}

// A hand-made client that sends as fast as it can, through two processes of the
// portal, gets not one kopeck more than was signed.
func TestABoundHoldsAgainstManyAtOnce(t *testing.T) {
	one := portaltest.Open(t, training.OutcomeApprove)
	two := one.Beside()
	who, chief := accountant(), issuedTo(t, one, portaltest.Chief())
	in := bounds(1, 10, 1_000_000)
	rows := make([]*wire.PaymentRequest, 40)
	for i := range rows {
		q := byRequisites(t, one, i, 1_000, in.ID)
		rows[i] = &q
	}
	plan(&in, rows...)
	chief.approves(t, &in, portaltest.Start())
	register(one, who, in).Want(http.StatusCreated)
	before := balance(one, who, "account")
	statuses := make(chan int, 100)
	var all sync.WaitGroup
	for i := range 40 {
		q := *rows[i]
		for _, p := range []*portaltest.Portal{one, two} { // each sent twice at once
			all.Add(1)
			go func() {
				defer all.Done()
				a := pay(p, who, q)
				if a.Status == http.StatusForbidden && a.Code() != "authorisation.exceeded" {
					t.Errorf("%s", a.Body)
				}
				statuses <- a.Status
			}()
		}
	}
	all.Wait()
	close(statuses)
	count := map[int]int{}
	for s := range statuses {
		count[s]++
	}
	if count[http.StatusCreated] != 10 || count[http.StatusCreated]+count[http.StatusOK]+count[http.StatusForbidden]+count[http.StatusConflict] != 80 {
		t.Errorf("%v", count)
	}
	if a := used(two, who, in.ID); a.UsedCount != 10 || a.UsedKopecks != 10_000 || before-balance(one, who, "account") != 10_000 {
		t.Errorf("%+v, %d kopecks left", a, before-balance(one, who, "account"))
	}
}

func TestARefusedPaymentGivesBackWhatItTookOfItsAuthorisation(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who, chief := accountant(), issuedTo(t, p, portaltest.Chief())
	in := bounds(1, 1, 100_000_000)
	over, late, good := byRequisites(t, p, 1, 20_000_000, in.ID), byRequisites(t, p, 2, 5_000, in.ID), byRequisites(t, p, 3, 1, in.ID)
	over.Method, late.Method = "card", "card"
	plan(&in, &over, &late, &good)
	chief.approves(t, &in, portaltest.Start())
	register(p, who, in).Want(http.StatusCreated)
	// Refused at once: over the limit of the card.
	var made wire.Payment
	pay(p, who, over).Want(http.StatusCreated).Into(&made)
	if a := used(p, who, in.ID); made.State != "refused" || a.UsedCount != 0 || a.UsedKopecks != 0 {
		t.Fatalf("%s %+v", made.State, a)
	}
	// Refused later: no code came in time.
	pay(p, who, late).Want(http.StatusCreated).Into(&made)
	if a := used(p, who, in.ID); made.State != "confirming" || a.UsedCount != 1 {
		t.Fatalf("%s %+v", made.State, a)
	}
	if got := pay(p, who, good).Want(http.StatusForbidden).Code(); got != "authorisation.exceeded" {
		t.Error(got)
	}
	p.Clock.Advance(16 * time.Minute)
	p.Get(who, base+"/payments/"+late.ID).Want(http.StatusOK).Into(&made)
	if a := used(p, who, in.ID); made.State != "refused" || a.UsedCount != 0 || a.UsedKopecks != 0 {
		t.Fatalf("%s %+v", made.State, a)
	}
	pay(p, who, good).Want(http.StatusCreated)
}

func TestAnAuthorisationNeedsGoodSignaturesOfPeopleThePortalKnows(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	now := portaltest.Start()
	who := accountant()
	chief, stranger, mine := issuedTo(t, p, portaltest.Chief()), issuedTo(t, p, portaltest.Citizen()), issuedTo(t, p, who)
	personal := portaltest.Chief()
	personal.OrgOID, personal.Chief = 0, false
	own := issuedTo(t, p, personal) // names the chief, not the company
	outside := selfMade(t, "Учебный внешний", now.Add(-time.Hour), now.AddDate(1, 0, 0))
	expired := selfMade(t, "Учебный просроченный", now.Add(-time.Hour), now.Add(time.Hour))
	bind(t, p, portaltest.Chief(), expired.c)
	bound := selfMade(t, "Учебный привязанный", now.Add(-time.Hour), now.AddDate(1, 0, 0))
	bind(t, p, portaltest.Chief(), bound.c)
	invented := selfMade(t, "Учебный придуманный", now.Add(-time.Hour), now.AddDate(1, 0, 0))
	bind(t, p, who, invented.c)
	for c, want := range map[*cert.Certificate]wire.ApproverAnswer{
		chief.c: {Trust: "issued"}, bound.c: {Trust: "bound"}, outside.c: {}, mine.c: {Trust: "issued", Own: true}, invented.c: {Trust: "bound", Own: true},
	} {
		var got wire.ApproverAnswer
		p.Post(who, base+"/approver-checks", wire.ApproverQuestion{CertificatePEM: string(c.PEM())}).Want(http.StatusOK).Into(&got)
		if want.Certificate = c.Hash(); got != want {
			t.Errorf("%s: %+v, want %+v", c.Subject.String(), got, want)
		}
	}
	p.Post(who, base+"/approver-checks", wire.ApproverQuestion{CertificatePEM: "nonsense"}).Want(http.StatusUnprocessableEntity)
	p.Clock.Advance(2 * time.Hour)
	now = now.Add(2 * time.Hour)
	cases := []struct {
		name   string
		change func(in *wire.AuthorisationRequest)
		status int
		code   string // of the field at fault, or of the problem
	}{
		{"the chief, by the portal's authority for the company", func(in *wire.AuthorisationRequest) { chief.approves(t, in, now) }, 201, ""},
		{"the chief, by a personal certificate", func(in *wire.AuthorisationRequest) { own.approves(t, in, now) }, 201, ""},
		{"a bound certificate of another authority", func(in *wire.AuthorisationRequest) { bound.approves(t, in, now) }, 201, ""},
		{"two people", func(in *wire.AuthorisationRequest) { chief.approves(t, in, now); mine.approves(t, in, now) }, 201, ""},
		{"who pays alone", func(in *wire.AuthorisationRequest) { mine.approves(t, in, now) }, 403, "authorisation.own_signature"},
		{"a name that whoever pays has bound", func(in *wire.AuthorisationRequest) { invented.approves(t, in, now) }, 403, "authorisation.own_signature"},
		{"nobody", func(*wire.AuthorisationRequest) {}, 422, "range"},
		{"a stranger to the company", func(in *wire.AuthorisationRequest) { stranger.approves(t, in, now) }, 422, "signer"},
		{"an unknown certificate", func(in *wire.AuthorisationRequest) { outside.approves(t, in, now) }, 422, "signer"},
		{"an expired certificate", func(in *wire.AuthorisationRequest) { expired.approves(t, in, now) }, 422, "signature"},
		{"one known and one unknown", func(in *wire.AuthorisationRequest) { chief.approves(t, in, now); outside.approves(t, in, now) }, 201, ""},
		{"who pays and an unknown one", func(in *wire.AuthorisationRequest) { mine.approves(t, in, now); outside.approves(t, in, now) }, 403, "authorisation.own_signature"},
		{"one good and one broken", func(in *wire.AuthorisationRequest) {
			chief.approves(t, in, now)
			outside.approves(t, in, now)
			in.Signatures[1].Signature[len(in.Signatures[1].Signature)-3] ^= 1
		}, 422, "signature"},
		{"twice the same", func(in *wire.AuthorisationRequest) { chief.approves(t, in, now); chief.approves(t, in, now) }, 422, "twice"},
		{"another sum", func(in *wire.AuthorisationRequest) { chief.approves(t, in, now); in.SumKopecks++ }, 422, "statement"},
		{"another count", func(in *wire.AuthorisationRequest) { chief.approves(t, in, now); in.Count-- }, 422, "statement"},
		{"another plan", func(in *wire.AuthorisationRequest) {
			chief.approves(t, in, now)
			in.PlanSHA256 = strings.Repeat("cd", 32)
		}, 422, "statement"},
		{"another root of the payments", func(in *wire.AuthorisationRequest) {
			chief.approves(t, in, now)
			in.PaymentsRoot = strings.Repeat("ef", 32)
		}, 422, "statement"},
		{"another number of rows", func(in *wire.AuthorisationRequest) { chief.approves(t, in, now); in.PlanRows++ }, 422, "statement"},
		{"fewer rows than payments", func(in *wire.AuthorisationRequest) { in.PlanRows = in.Count - 1; chief.approves(t, in, now) }, 422, "range"},
		{"no root", func(in *wire.AuthorisationRequest) { in.PaymentsRoot = ""; chief.approves(t, in, now) }, 422, "pattern"},
		{"another run", func(in *wire.AuthorisationRequest) {
			id := in.ID
			in.ID = "0190c1f0-0000-7000-9000-000000009999"
			chief.approves(t, in, now)
			in.ID = id
		}, 422, "statement"},
		{"a line more", func(in *wire.AuthorisationRequest) {
			chief.approves(t, in, now)
			s := &in.Signatures[0]
			s.Statement += "rows 1000\n"
			s.Signature = chief.sign(t, s.Statement, now)
		}, 422, "statement"},
		{"a changed note", func(in *wire.AuthorisationRequest) {
			chief.approves(t, in, now)
			in.Signatures[0].Statement = strings.Replace(in.Signatures[0].Statement, "июль", "июнь", 1)
		}, 422, "signature"},
		{"another's signature under the chief's name", func(in *wire.AuthorisationRequest) {
			chief.approves(t, in, now)
			in.Signatures[0].Signature = bound.sign(t, in.Signatures[0].Statement, now)
		}, 422, "signature"},
		{"no CMS", func(in *wire.AuthorisationRequest) {
			chief.approves(t, in, now)
			in.Signatures[0].Signature = []byte("signed, honestly")
		}, 422, "signature"},
		{"an approval of last month", func(in *wire.AuthorisationRequest) { bound.approves(t, in, now.Add(-31*24*time.Hour)) }, 422, "term"},
		{"an approval of tomorrow", func(in *wire.AuthorisationRequest) { chief.approves(t, in, now.Add(24*time.Hour)) }, 422, "term"},
		{"too long a term", func(in *wire.AuthorisationRequest) {
			in.NotAfter = now.Add(31 * 24 * time.Hour)
			chief.approves(t, in, now)
		}, 422, "range"},
		{"a term that is over", func(in *wire.AuthorisationRequest) { in.NotAfter = now; chief.approves(t, in, now) }, 422, "range"},
	}
	for i, tc := range cases {
		in := bounds(100+i, 5, 1_000)
		tc.change(&in)
		a := register(p, who, in)
		var e wire.Problem
		if a.Into(&e); a.Status != tc.status {
			t.Errorf("%s: %d %s", tc.name, a.Status, a.Body)
			continue
		}
		found := tc.code == "" || e.Code == tc.code
		for _, f := range e.Fields {
			found = found || f.Code == tc.code
		}
		if !found {
			t.Errorf("%s: %+v, want %s", tc.name, e, tc.code)
		}
		if tc.name == "one known and one unknown" {
			if got := used(p, who, in.ID); len(got.Signers) != 1 || got.Signers[0].Certificate != chief.c.Hash() {
				t.Errorf("%s: %+v", tc.name, got)
			}
		}
		if tc.status >= 400 {
			p.Get(who, authorisations+"/"+in.ID).Want(http.StatusNotFound)
		}
	}
	powerless := accountant()
	powerless.Powers = []string{"orders"}
	in := bounds(1, 1, 1)
	chief.approves(t, &in, now)
	register(p, powerless, in).Want(http.StatusForbidden)
}

// mobiles are the phones of those who bind.
var mobiles = map[int64]string{portaltest.Chief().OID: "+7(900)0000005", people.OIDAccountant: "+7(900)0000004"}

// bind binds a certificate to the account by the code that comes to the phone.
func bind(t *testing.T, p *portaltest.Portal, who *session.Caller, c *cert.Certificate) {
	t.Helper()
	var b wire.Certificate
	if a := p.Post(who, base+"/certificates", wire.CertificateInput{CertificatePEM: string(c.PEM())}); a.Status < 300 {
		a.Into(&b)
	} else {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	p.Post(who, base+"/certificates/"+b.ID+"/code", wire.CertificateCode{Code: p.LatestCode(mobiles[who.OID])}).Want(http.StatusOK)
}

func TestTheSameIDAtWorkIsToldToComeAgain(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who := portaltest.Citizen()
	q := byRequisites(t, p, 1, 100, "")
	// Whoever comes first waits for the database, which another process holds.
	db, err := sql.Open("sqlite", "file:"+filepath.Join(p.Dir, "portal.db")+"?_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	held, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	answers := make(chan *portaltest.Answer, 2)
	for range 2 {
		go func() { answers <- pay(p, who, q) }()
	}
	second := <-answers
	if err := held.Rollback(); err != nil {
		t.Fatal(err)
	}
	if second.Status != http.StatusConflict || second.Code() != "payment.in_progress" || second.Header.Get("Retry-After") != "1" {
		t.Errorf("%d %s %q", second.Status, second.Body, second.Header.Get("Retry-After"))
	}
	(<-answers).Want(http.StatusCreated)
	pay(p, who, q).Want(http.StatusOK)
	if left := balance(p, who, "account"); left != 250_000_00-100 {
		t.Errorf("%d kopecks left", left)
	}
}

func TestThePortalKnowsAPaymentByItsIDForThirtyDays(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who := portaltest.Citizen()
	q := byRequisites(t, p, 1, 100, "")
	pay(p, who, q).Want(http.StatusCreated)
	p.Clock.Advance(30 * 24 * time.Hour)
	p.Get(who, base+"/payments/"+q.ID).Want(http.StatusOK)
	pay(p, who, q).Want(http.StatusOK)
	other := q
	other.AmountKopecks++
	if got := pay(p, who, other).Want(http.StatusConflict).Code(); got != "payment.key_reused" {
		t.Error(got)
	}
	p.Clock.Advance(time.Second)
	if got := p.Get(who, base+"/payments/"+q.ID).Want(http.StatusNotFound).Code(); got != "payment.not_found" {
		t.Error(got)
	}
	// The money has moved all the same, and its receipt is there.
	var list wire.Page[wire.Payment]
	p.Get(who, base+"/payments").Want(http.StatusOK).Into(&list)
	if list.Total != 1 || list.Items[0].ID != q.ID || list.Items[0].State != "paid" {
		t.Fatalf("%+v", list)
	}
	p.Get(who, base+"/payments/"+q.ID+"/receipt").Want(http.StatusOK)
	// Here lies the danger that a client has to know: the key is free again.
	pay(p, who, other).Want(http.StatusCreated)
	p.Get(who, base+"/payments").Want(http.StatusOK).Into(&list)
	if left := balance(p, who, "account"); list.Total != 2 || left != 250_000_00-201 {
		t.Errorf("%d payments, %d kopecks left", list.Total, left)
	}
	p.Get(who, base+"/payments/"+q.ID).Want(http.StatusOK)
}

func TestACalendarThatIsMovedForgetsNoPayment(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who := portaltest.Citizen()
	q := byRequisites(t, p, 1, 100, "")
	pay(p, who, q).Want(http.StatusCreated)
	p.Post(nil, training.Base+"/clock/advance", training.Advance{Seconds: 90 * 24 * 3600}).Want(http.StatusOK)
	p.Get(who, base+"/payments/"+q.ID).Want(http.StatusOK)
	pay(p, who, q).Want(http.StatusOK)
}
