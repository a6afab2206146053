package approval_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/core/bulkpay/approval"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// registrar answers as it is told and keeps what it was asked.
type registrar struct {
	got    []cabinet.AuthorisationRequest
	change func(a *cabinet.Authorisation)
	err    error
}

func (r *registrar) Authorise(_ context.Context, req cabinet.AuthorisationRequest) (*cabinet.Authorisation, error) {
	r.got = append(r.got, req)
	if r.err != nil {
		return nil, r.err
	}
	a := &cabinet.Authorisation{ID: req.ID, PlanSHA256: req.PlanSHA256, PaymentsRoot: req.PaymentsRoot, PlanRows: req.PlanRows, Count: req.Count, SumKopecks: req.SumKopecks, NotAfter: req.NotAfter, State: "open"}
	if r.change != nil {
		r.change(a)
	}
	return a, nil
}

func TestOnlyApprovalsThatHoldReachThePortalInTheWordsThatWereSigned(t *testing.T) {
	ca := authority(t)
	anna, boris := signer(t, ca, "Анна Демо", "00000000002"), signer(t, ca, "Борис Демо", "00000000003")
	p := plan(t, 5_000, "")
	var all []approval.Approval
	for _, s := range []approval.Signer{anna, anna, boris} { // one of them twice
		a, err := approval.Sign(t.Context(), p, s, now(), "за \"июль\"\n", false)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, *a)
	}
	verifier := approval.Roots{Roots: []*cert.Certificate{ca.Certificate}}
	result, err := approval.Check(t.Context(), p, all, approval.Default(), verifier)
	if err != nil {
		t.Fatal(err)
	}
	r := &registrar{}
	for range 2 { // a resumed run asks for the very same
		if _, err := approval.Register(t.Context(), r, p, result); err != nil {
			t.Fatal(err)
		}
	}
	req := r.got[0]
	if len(req.Signatures) != 2 || req.ID != p.Header.ID || req.PlanSHA256 != p.SHA256 || req.PaymentsRoot != p.Totals.Root || req.PlanRows != 1 || req.Count != 1 || req.SumKopecks != 5_000 ||
		!req.NotAfter.Equal(p.Header.CreatedAt.Add(30*24*time.Hour)) || !r.got[1].NotAfter.Equal(req.NotAfter) {
		t.Fatalf("%+v", req)
	}
	for _, s := range req.Signatures {
		if _, err := verifier.Verify(t.Context(), []byte(s.Statement), s.Signature, now()); err != nil {
			t.Error(err)
		}
		if lines := strings.Split(s.Statement, "\n"); len(lines) != 12 || lines[0] != "epgu payment plan approval 2" || lines[2] != "payments "+p.Totals.Root+" of 1" || lines[3] != "run "+p.Header.ID || lines[11] != "" {
			t.Errorf("%q", s.Statement)
		}
	}
}

func TestAPortalThatDoesNotTakeTheApprovalsStopsTheRun(t *testing.T) {
	p := plan(t, 5_000, "")
	refusal := fault.New(exitcode.Refused, "request.invalid", i18n.Say("нет", "no"))
	refusal.Fields = []fault.Field{{Name: "signatures[0]", Message: i18n.Say("порталу неизвестен", "unknown to the portal")}}
	away := fault.New(exitcode.Unavailable, "portal.away", i18n.Say("нет связи", "no connection"))
	for name, tc := range map[string]struct {
		r    registrar
		code string
		exit exitcode.Code
	}{
		"refused":            {registrar{err: refusal}, approval.CodeNotAuthorised, exitcode.Refused},
		"other bounds there": {registrar{err: fault.New(exitcode.Conflict, "authorisation.key_reused", i18n.Say("занято", "taken"))}, approval.CodeNotAuthorised, exitcode.Conflict},
		"no answer":          {registrar{err: away}, "portal.away", exitcode.Unavailable},
		"another plan":       {registrar{change: func(a *cabinet.Authorisation) { a.PlanSHA256 = "0" }}, approval.CodeNotAuthorised, exitcode.Conflict},
		"another root":       {registrar{change: func(a *cabinet.Authorisation) { a.PaymentsRoot = "0" }}, approval.CodeNotAuthorised, exitcode.Conflict},
		"a larger sum":       {registrar{change: func(a *cabinet.Authorisation) { a.SumKopecks++ }}, approval.CodeNotAuthorised, exitcode.Conflict},
		"ended":              {registrar{change: func(a *cabinet.Authorisation) { a.State = "ended" }}, "batch.stale", exitcode.Conflict},
	} {
		_, err := approval.Register(t.Context(), &tc.r, p, &approval.Result{})
		wantCode(t, err, tc.code)
		if fault.ExitOf(err) != tc.exit {
			t.Errorf("%s: exit %d", name, fault.ExitOf(err))
		}
	}
	_, err := approval.Register(t.Context(), &registrar{err: refusal}, p, &approval.Result{})
	if f, ok := err.(*fault.Error); !ok || len(f.Fields) != 1 || f.Hint.IsZero() {
		t.Errorf("%v", err)
	}
}

func TestATierMayHaveApproversOfItsOwn(t *testing.T) {
	ca := authority(t)
	anna, boris := signer(t, ca, "Анна Демо", "00000000002"), signer(t, ca, "Борис Демо", "00000000003")
	policy, err := approval.ParsePolicy([]byte(`{"epguApprovalPolicy":1,"tiers":[{"upTo":"100,00","approvals":1},{"approvals":1,"approvers":[{"name":"Б","certificate":"` +
		strings.ToLower(boris.Identity().Certificate) + `"}]}],"approvers":[{"name":"А","certificate":"` + anna.Identity().Certificate + `"},{"name":"Б","certificate":"` + boris.Identity().Certificate + `"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		kopecks int64
		who     approval.GOST
		good    bool
	}{{10_000, anna, true}, {10_000, boris, true}, {10_001, anna, false}, {10_001, boris, true}} {
		p := plan(t, tc.kopecks, "")
		if err := approval.May(p, tc.who.Identity(), policy, false); (err == nil) != tc.good {
			t.Errorf("%d kopecks, %s may: %v", tc.kopecks, tc.who.Identity().Name, err)
		}
		a, err := approval.Sign(t.Context(), p, tc.who, now(), "", false)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := approval.Check(t.Context(), p, []approval.Approval{*a}, policy, approval.Roots{}); (err == nil) != tc.good {
			t.Errorf("%d kopecks by %s: %v", tc.kopecks, tc.who.Identity().Name, err)
		}
	}
	if _, err := approval.ParsePolicy([]byte(`{"epguApprovalPolicy":1,"tiers":[{"approvals":2,"approvers":[{"name":"Б","certificate":"` + boris.Identity().Certificate + `"}]}]}`)); err == nil {
		t.Error("two approvals of one approver were asked for")
	}
}

func TestWhoMayNotApproveHearsItBeforeSigning(t *testing.T) {
	ca := authority(t)
	anna := signer(t, ca, "Анна Демо", "00000000002")
	p := plan(t, 100, "")
	wantCode(t, approval.May(p, signer(t, ca, "Составитель Демо", "").Identity(), approval.Default(), false), approval.CodeMaker)
	other := plan(t, 100, strings.Repeat("1", 64))
	wantCode(t, approval.SamePolicy(other, approval.Default()), "approval.other_policy")
	if approval.SamePolicy(p, approval.Default()) != nil || approval.May(p, anna.Identity(), approval.Default(), false) != nil {
		t.Error("who may approve was refused")
	}
}
