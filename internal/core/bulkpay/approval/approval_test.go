package approval_test

import (
	"bytes"
	"crypto/rand"
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

func planOf(t testing.TB) *planfile.Plan { return plan(t, 100, "") }

func plan(t testing.TB, kopecks int64, policy string) *planfile.Plan {
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
		a, err := approval.Sign(t.Context(), p, s, now(), "", false)
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
		_, err := approval.Sign(t.Context(), plan(t, 1, ""), s, now(), "", false)
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
	good, err := approval.Sign(t.Context(), p, anna, now(), "за июль", false)
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
		a, err := approval.Sign(t.Context(), p, s, now(), "", false)
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

func TestTheNewestApprovalOfAPersonCountsAndTheOthersStay(t *testing.T) {
	ca := authority(t)
	p := plan(t, 5_000, "")
	verifier := approval.Roots{Roots: []*cert.Certificate{ca.Certificate}}
	var all []approval.Approval
	for i, s := range []approval.GOST{signer(t, ca, "Анна Демо", "00000000002"), signer(t, ca, "Борис Демо", "00000000003"), signer(t, ca, "Анна Демо", "00000000002")} {
		a, err := approval.Sign(t.Context(), p, s, now().Add(time.Duration(i)*time.Minute), "", false)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, *a)
	}
	r, err := approval.Check(t.Context(), p, all, approval.Default(), verifier)
	if err != nil || r.Good != 2 || len(r.Verdicts) != 3 {
		t.Fatalf("%+v %v", r, err)
	}
	wantCode(t, r.Verdicts[0].Err, approval.CodeReplaced)
	if r.Verdicts[1].Err != nil || r.Verdicts[2].Err != nil {
		t.Errorf("%+v", r.Verdicts)
	}
	if sent := approval.Envelope(p, r).Signatures; len(sent) != 2 || !bytes.Equal(sent[1].Signature, all[2].Signature) {
		t.Errorf("%d signatures are sent", len(sent))
	}
	if e := r.Earlier(all[0].By); e == nil || !e.At.Equal(all[2].At) {
		t.Errorf("%+v", e)
	}
	// A newer signature that does not hold takes no place.
	all[2].Note = "another"
	if r, err = approval.Check(t.Context(), p, all, approval.Default(), verifier); err != nil || r.Good != 2 || r.Verdicts[0].Err != nil {
		t.Errorf("%+v %v", r, err)
	}
}

func TestACertificateThatNobodyVouchesForApprovesOnlyWhenItSaysSo(t *testing.T) {
	key, err := gost3410.GenerateKey(gost3410.Default256(), nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := cert.CreateSelfSigned(rand.Reader, &cert.Template{Subject: cert.Name{CommonName: "Анна Демо"}, NotBefore: now().Add(-time.Hour), NotAfter: now().AddDate(1, 0, 0)}, key)
	if err != nil {
		t.Fatal(err)
	}
	k, err := gost.NewKeySigner(c, key)
	if err != nil {
		t.Fatal(err)
	}
	self := approval.GOST{Key: k}
	listed, err := approval.ParsePolicy([]byte(`{"epguApprovalPolicy":1,"tiers":[{"approvals":1}],"approvers":[{"name":"Анна","certificate":"` + c.Hash() + `"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	tiers, err := approval.ParsePolicy([]byte(`{"epguApprovalPolicy":1,"tiers":[{"approvals":1}]}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		policy    *approval.Policy
		unchecked bool
		code      string
	}{{approval.Default(), false, approval.CodeSelfMade}, {approval.Default(), true, ""}, {tiers, false, approval.CodeSelfMade}, {tiers, true, ""}, {listed, false, ""}} {
		p := plan(t, 100, tc.policy.SHA256)
		a, err := approval.Sign(t.Context(), p, self, now(), "", tc.unchecked)
		if err != nil {
			t.Fatal(err)
		}
		may := approval.May(p, self.Identity(), tc.policy, tc.unchecked)
		r, err := approval.Check(t.Context(), p, []approval.Approval{*a}, tc.policy, approval.Roots{})
		if tc.code == "" {
			if may != nil || err != nil {
				t.Errorf("%+v: %v, %v", tc, may, err)
			}
			continue
		}
		wantCode(t, may, tc.code)
		wantCode(t, r.Verdicts[0].Err, tc.code)
		// Saying so afterwards is no longer what was signed.
		a.Unchecked = true
		if _, err := approval.Check(t.Context(), p, []approval.Approval{*a}, tc.policy, approval.Roots{}); err == nil {
			t.Error("the word of the file was taken for that of the approver")
		}
	}
}

func TestAPolicyIsItsRootsToo(t *testing.T) {
	dir := t.TempDir()
	one, two := authority(t), authority(t)
	write := func(name string, data []byte) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	path := write("policy.json", []byte(`{"epguApprovalPolicy":1,"tiers":[{"approvals":1}],"roots":["ca.pem"]}`))
	write("ca.pem", one.Certificate.PEM())
	before, err := approval.LoadPolicy(path)
	if err != nil {
		t.Fatal(err)
	}
	again, err := approval.LoadPolicy(path)
	if err != nil || again.SHA256 != before.SHA256 {
		t.Fatalf("%v: read twice it is two policies", err)
	}
	write("ca.pem", two.Certificate.PEM())
	after, err := approval.LoadPolicy(path)
	if err != nil || after.SHA256 == before.SHA256 {
		t.Fatalf("%v: with another root it is the same policy", err)
	}
	// Whoever has read the earlier one trusts the earlier root, whatever lies there now.
	v, err := before.Verifier()
	if err != nil || len(v.Roots) != 1 || v.Roots[0].Hash() != one.Certificate.Hash() {
		t.Errorf("%+v %v", v, err)
	}
	if err := os.Remove(filepath.Join(dir, "ca.pem")); err != nil {
		t.Fatal(err)
	}
	_, err = approval.LoadPolicy(path)
	wantCode(t, err, "approval.policy_absent")
	_, err = approval.LoadPolicy(write("large.json", bytes.Repeat([]byte(" "), 1<<20+1)))
	wantCode(t, err, "approval.policy")
	_, err = approval.LoadPolicy(write("more.json", []byte(`{"epguApprovalPolicy":1,"tiers":[{"approvals":1}]} {}`)))
	wantCode(t, err, "approval.policy")
}

func TestNothingIsAddedToAFileOfApprovalsThatIsCut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.approvals")
	if err := os.WriteFile(path, []byte(`{"epguApproval":2,`), 0o600); err != nil {
		t.Fatal(err)
	}
	wantCode(t, approval.Append(path, &approval.Approval{}), "approval.damaged")
}

func FuzzPolicy(f *testing.F) {
	f.Add([]byte(`{"epguApprovalPolicy":1,"tiers":[{"upTo":"1 000,00","approvals":1},{"approvals":2,"approvers":[{"name":"a","certificate":"` + strings.Repeat("ab", 32) + `"},{"name":"b","certificate":"` + strings.Repeat("cd", 32) + `"}]}],"roots":["ca.pem"],"withoutAuthorisation":true}`))
	f.Add([]byte(`{"epguApprovalPolicy":1,"tiers":[{"approvals":1}]}`))
	f.Add([]byte(`{"epguApprovalPolicy":1,"tiers":[]} []`))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := approval.ParsePolicy(data)
		if err != nil {
			if fault.ExitOf(err) != exitcode.Usage {
				t.Errorf("%v", err)
			}
			return
		}
		last := 0
		for _, k := range []int64{0, 1, 100, 1 << 40, 1 << 62} {
			if last = p.Need(k); last < 1 {
				t.Errorf("%d kopecks need %d approvals: %q", k, last, data)
			}
		}
		if len(p.SHA256) != 64 {
			t.Errorf("%q", p.SHA256)
		}
	})
}

func FuzzApprovalsAreReadWithoutHarm(f *testing.F) {
	f.Add([]byte(`{"epguApproval":2,"plan":"ab","payments":"cd","of":3,"run":"r","rows":1,"kopecks":5,"at":"2026-07-15T12:00:00Z","by":{"name":"А\nБ","certificate":"AB"},"withoutCheck":true,"note":"\"","signature":"AA=="}` + "\n"))
	f.Add([]byte("{\"epguApproval\":2}\n{\"epguApproval\":1}\n"))
	f.Add([]byte("\n\x00"))
	p := planOf(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := approval.Read(bytes.NewReader(data))
		if err != nil {
			if fault.ExitOf(err) != exitcode.Conflict || all != nil {
				t.Errorf("%d approvals of a damaged file: %v", len(all), err)
			}
			return
		}
		for i := range all {
			// Whatever a file says, a statement keeps its lines.
			if n := strings.Count(string(all[i].Statement()), "\n"); n < 11 {
				t.Errorf("%d lines", n)
			}
		}
		r, err := approval.Check(t.Context(), p, all, approval.Default(), approval.Roots{})
		if err == nil || r.Good != 0 {
			t.Errorf("%q approves a plan", data)
		}
	})
}
