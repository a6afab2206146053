package approval_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/core/bulkpay/approval"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/gost"
	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/gost3410"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

func now() time.Time { return time.Date(2026, 7, 15, 12, 0, 0, 0, time.UTC) }

func authority(t *testing.T) cert.Authority {
	t.Helper()
	ca, err := gost.NewAuthority(nil, cert.Name{CommonName: "Demo CA"}, now().AddDate(-1, 0, 0), now().AddDate(5, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

func signer(t *testing.T, ca cert.Authority, name, snils string) approval.GOST {
	t.Helper()
	key, err := gost3410.GenerateKey(gost3410.Default256(), nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := gost.IssueSigning(nil, ca, cert.Name{CommonName: untrusted.Text(name), SNILS: untrusted.Text(snils)}, key.Public().(*gost3410.PublicKey), now().AddDate(0, -1, 0), now().AddDate(1, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	s, err := gost.NewKeySigner(c, key)
	if err != nil {
		t.Fatal(err)
	}
	return approval.GOST{Key: s}
}

func plan(t *testing.T, kopecks int64, policy string) *planfile.Plan {
	t.Helper()
	var b bytes.Buffer
	w, err := planfile.NewWriter(&b, planfile.Header{ID: "01980000-0000-7000-8000-000000000001", Profile: "demo", Payer: "7700000000",
		Maker: planfile.Person{Name: "Составитель Демо", SNILS: "00000000001"}, Policy: policy})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(&planfile.Row{Status: planfile.Pay, Kopecks: kopecks, Payer: "7700000000", UIN: "1"}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	p, err := planfile.Read(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != code {
		t.Fatalf("error %v, want %s", err, code)
	}
}

func TestAPlanNeedsAsManyPeopleAsItsSumAsksFor(t *testing.T) {
	ca := authority(t)
	anna, boris := signer(t, ca, "Анна Демо", "00000000002"), signer(t, ca, "Борис Демо", "00000000003")
	policy, err := approval.ParsePolicy([]byte(`{"epguApprovalPolicy":1,"tiers":[{"upTo":"100,00","approvals":1},{"approvals":2}]}`))
	if err != nil {
		t.Fatal(err)
	}
	verifier := approval.Roots{Roots: []*cert.Certificate{ca.Certificate}}
	path := filepath.Join(t.TempDir(), "july.plan.approvals")
	p := plan(t, 10_001, policy.SHA256)
	check := func(want int) error {
		t.Helper()
		all, err := approval.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		r, err := approval.Check(t.Context(), p, all, policy, verifier)
		if r.Good != want {
			t.Fatalf("%d good approvals, want %d: %+v", r.Good, want, r.Verdicts)
		}
		return err
	}
	wantCode(t, check(0), approval.CodeMissing)
	sign := func(s approval.Signer) {
		t.Helper()
		a, err := approval.Sign(t.Context(), p, s, now(), "")
		if err != nil {
			t.Fatal(err)
		}
		if err := approval.Append(path, a); err != nil {
			t.Fatal(err)
		}
	}
	sign(anna)
	wantCode(t, check(1), approval.CodeMissing)
	sign(anna) // once more the same person
	wantCode(t, check(1), approval.CodeMissing)
	sign(signer(t, ca, "Анна  демо", "00000000002")) // with another certificate
	wantCode(t, check(1), approval.CodeMissing)
	sign(boris)
	if err := check(2); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info, err)
	}
	if need := policy.Need(10_000); need != 1 {
		t.Fatalf("100 rubles need %d", need)
	}
}

func TestTheMakerCannotApprove(t *testing.T) {
	ca := authority(t)
	for _, s := range []approval.GOST{signer(t, ca, "Другое Имя", "00000000001"), signer(t, ca, "СОСТАВИТЕЛЬ  Демо", "")} {
		_, err := approval.Sign(t.Context(), plan(t, 1, ""), s, now(), "")
		wantCode(t, err, approval.CodeMaker)
		if fault.ExitOf(err) != exitcode.Refused {
			t.Fatal(err)
		}
	}
}

func TestAnApprovalHoldsForItsPlanAndWordsAlone(t *testing.T) {
	ca := authority(t)
	anna := signer(t, ca, "Анна Демо", "00000000002")
	verifier := approval.Roots{Roots: []*cert.Certificate{ca.Certificate}}
	p := plan(t, 100, "")
	good, err := approval.Sign(t.Context(), p, anna, now(), "за июль")
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(a *approval.Approval){
		"sum":  func(a *approval.Approval) { a.Kopecks++ },
		"plan": func(a *approval.Approval) { a.Plan = strings.Repeat("0", 64) },
		"note": func(a *approval.Approval) { a.Note = "за август" },
		"name": func(a *approval.Approval) { a.By.Name = "Борис Демо" },
		"day":  func(a *approval.Approval) { a.At = a.At.Add(time.Hour) },
		"signature": func(a *approval.Approval) {
			a.Signature = bytes.Clone(a.Signature)
			a.Signature[len(a.Signature)-3] ^= 1
		},
		"certificate": func(a *approval.Approval) { a.By.Certificate = strings.Repeat("A", 64) },
	} {
		a := *good
		change(&a)
		if r, err := approval.Check(t.Context(), p, []approval.Approval{a}, approval.Default(), verifier); err == nil || r.Good != 0 {
			t.Errorf("%s was changed and the approval holds", name)
		}
	}
	if _, err := approval.Check(t.Context(), p, []approval.Approval{*good}, approval.Default(), verifier); err != nil {
		t.Fatal(err)
	}
	if _, err := approval.Check(t.Context(), plan(t, 100, strings.Repeat("1", 64)), []approval.Approval{*good}, approval.Default(), verifier); err == nil {
		t.Fatal("a plan made under another policy is run")
	}
}

func TestAListedCertificateNeedsNoRootAndAnUnlistedOneIsRefused(t *testing.T) {
	ca := authority(t)
	anna, boris := signer(t, ca, "Анна Демо", ""), signer(t, ca, "Борис Демо", "")
	policy, err := approval.ParsePolicy([]byte(`{"epguApprovalPolicy":1,"tiers":[{"approvals":1}],"approvers":[{"name":"Анна","certificate":"` + anna.Identity().Certificate + `"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	p := plan(t, 100, "")
	for _, s := range []approval.GOST{anna, boris} {
		a, err := approval.Sign(t.Context(), p, s, now(), "")
		if err != nil {
			t.Fatal(err)
		}
		_, err = approval.Check(t.Context(), p, []approval.Approval{*a}, policy, approval.Roots{})
		if listed := s.Identity() == anna.Identity(); (err == nil) != listed {
			t.Errorf("listed %v: %v", listed, err)
		}
	}
}

func TestAPolicyThatIsNotUnderstoodIsRefused(t *testing.T) {
	for _, bad := range []string{``, `{}`, `{"epguApprovalPolicy":2,"tiers":[{"approvals":1}]}`, `{"epguApprovalPolicy":1,"tiers":[]}`,
		`{"epguApprovalPolicy":1,"tiers":[{"approvals":0}]}`, `{"epguApprovalPolicy":1,"tiers":[{"upTo":"5","approvals":1}]}`,
		`{"epguApprovalPolicy":1,"tiers":[{"approvals":1}],"anyone":true}`,
		`{"epguApprovalPolicy":1,"tiers":[{"upTo":"5","approvals":1},{"upTo":"4","approvals":1},{"approvals":2}]}`} {
		if _, err := approval.ParsePolicy([]byte(bad)); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}

func FuzzApprovalsAreReadWithoutHarm(f *testing.F) {
	f.Add([]byte(`{"epguApproval":1,"plan":"00","by":{"name":"a"}}` + "\n"))
	f.Add([]byte("\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := approval.Read(bytes.NewReader(data))
		if err != nil && all != nil {
			t.Fatal("approvals of a damaged file")
		}
	})
}
