// Package approval binds a second person's signature to a payment plan, and says
// whether a plan has the approvals that the organisation's policy asks for. It
// knows neither terminals nor keys: it signs and verifies through two small
// interfaces, which gost.go fills. core/bulkpay/workflow and cli/batch import it.
package approval

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/heldfile"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Identity is who a signature belongs to, as the certificate says.
type Identity struct {
	Name        string `json:"name"`
	SNILS       string `json:"snils,omitempty"`
	INN         string `json:"inn,omitempty"`
	Certificate string `json:"certificate"` // Streebog-256 of the certificate, hex
	Chained     bool   `json:"-"`           // issued by a root that is trusted here
	SelfMade    bool   `json:"-"`           // the certificate is signed by its own key: nobody vouches for the name
}

// Signer signs as one person.
type Signer interface {
	Identity() Identity
	// Sign returns a detached CMS signature of content, in DER.
	Sign(ctx context.Context, content []byte, at time.Time) ([]byte, error)
}

// Verifier checks what a Signer made, as of a moment.
type Verifier interface {
	// Verify returns whose signature it is, or why it does not hold.
	Verify(ctx context.Context, content, signature []byte, at time.Time) (Identity, error)
}

// Approval is one line of a plan's approvals.
type Approval struct {
	Version  int       `json:"epguApproval"`
	Plan     string    `json:"plan"`     // SHA-256 of the plan
	Payments string    `json:"payments"` // root of the plan's payments, hex
	Of       int       `json:"of"`       // rows of the plan, leaves under the root
	Run      string    `json:"run"`
	Rows     int       `json:"rows"` // to pay
	Kopecks  int64     `json:"kopecks"`
	At       time.Time `json:"at"`
	By       Identity  `json:"by"`
	// Unchecked says that the approver has signed although nobody vouches for the
	// certificate; it is part of what is signed.
	Unchecked bool   `json:"withoutCheck,omitempty"`
	Note      string `json:"note,omitempty"`
	Signature []byte `json:"signature"` // detached CMS over Statement, DER
}

const version = 2

// Statement is what is signed: the approval in words that a person can read in
// any viewer of signatures. Every value stands on a line of its own.
func (a *Approval) Statement() []byte {
	checked := "yes"
	if a.Unchecked {
		checked = "no"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "epgu payment plan approval %d\nplan sha256 %s\npayments %s of %d\nrun %s\nrows %d\nkopecks %d\nat %s\nby %q\ncertificate %s\nchecked %s\nnote %q\n",
		a.Version, a.Plan, a.Payments, a.Of, a.Run, a.Rows, a.Kopecks, a.At.UTC().Format(time.RFC3339), a.By.Name, a.By.Certificate, checked, a.Note)
	return []byte(b.String())
}

// Path is the file of a plan's approvals.
func Path(plan string) string { return plan + ".approvals" }

// Bounds of what is read.
const (
	maxApprovals = 100
	maxLine      = 256 << 10
	maxNote      = 1_000
)

// Sign makes an approval of a plan.
func Sign(ctx context.Context, p *planfile.Plan, s Signer, now time.Time, note string, unchecked bool) (*Approval, error) {
	if len(note) > maxNote {
		return nil, fault.New(exitcode.Usage, "approval.note", i18n.Say("примечание слишком длинное", "the note is too long"))
	}
	a := &Approval{Version: version, Plan: p.SHA256, Payments: p.Totals.Root, Of: p.Totals.Rows, Run: p.Header.ID, Rows: p.Totals.Pay.N, Kopecks: p.Totals.Pay.Kopecks,
		At: now.UTC().Truncate(time.Second), By: s.Identity(), Note: note, Unchecked: unchecked}
	if err := differsFromMaker(a.By, p.Header.Maker); err != nil {
		return nil, err
	}
	sig, err := s.Sign(ctx, a.Statement(), a.At)
	if err != nil {
		return nil, err
	}
	a.Signature = sig
	return a, nil
}

// Append adds an approval to a file, durably; nothing that is there is changed.
func Append(path string, a *Approval) error {
	line, err := json.Marshal(a)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	if err = whole(f); err == nil {
		_, err = f.Write(append(line, '\n'))
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// whole refuses to add to a file whose last line is cut off: both would be lost.
func whole(f *os.File) error {
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return err
	}
	last := make([]byte, 1)
	if _, err := f.ReadAt(last, info.Size()-1); err != nil {
		return err
	}
	if last[0] != '\n' {
		return fault.New(exitcode.Conflict, "approval.damaged", i18n.Say(
			"последняя строка файла одобрений обрезана, дописывать к ней нельзя", "the last line of the file of approvals is cut off, nothing can be added to it")).
			Advise(i18n.Say("верните прежний файл или удалите обрезанную строку", "put the earlier file back, or remove the line that is cut off"))
	}
	return nil
}

// Load reads the approvals of a plan; a file that does not exist has none.
func Load(path string) ([]Approval, error) { return load(heldfile.Disk, path) }

func load(open heldfile.Opener, path string) ([]Approval, error) {
	f, err := open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return Read(f)
}

// Read reads approvals, one a line.
func Read(r io.Reader) ([]Approval, error) {
	var all []Approval
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 0, 16<<10), maxLine)
	for n := 1; in.Scan(); n++ {
		var a Approval
		if len(all) == maxApprovals || json.Unmarshal(in.Bytes(), &a) != nil || a.Version != version {
			return nil, fault.New(exitcode.Conflict, "approval.damaged", i18n.Text{
				RU: "файл одобрений повреждён, строка %d", EN: "the file of approvals is damaged, line %d"}.With(n))
		}
		all = append(all, a)
	}
	if err := in.Err(); err != nil {
		return nil, fault.New(exitcode.Conflict, "approval.damaged", i18n.Say("файл одобрений не прочитать", "the file of approvals cannot be read")).Because(err)
	}
	return all, nil
}

// Verdict is what is wrong with one approval; nil Err counts.
type Verdict struct {
	Approval Approval
	Err      error
}

// Result is how a plan stands with its policy.
type Result struct {
	Verdicts []Verdict
	Good     int
	Need     int
}

// Codes of refusals.
const (
	CodeMissing = "approval.missing"
	CodeMaker   = "approval.maker"
)

// Check verifies the approvals of a plan against a policy. Of several good approvals of
// one person the newest counts; the others stay on record. An error means that the
// plan must not be run.
func Check(ctx context.Context, p *planfile.Plan, approvals []Approval, policy *Policy, v Verifier) (*Result, error) {
	r := &Result{Need: policy.Need(p.Totals.Pay.Kopecks)}
	if err := SamePolicy(p, policy); err != nil {
		return r, err
	}
	r.Verdicts = make([]Verdict, len(approvals))
	var counted []Identity
	for i, a := range slices.Backward(approvals) { // the last was added last
		err := check(ctx, p, &a, policy, v)
		if err == nil {
			for _, c := range counted {
				if samePerson(c, a.By) {
					err = errReplaced()
				}
			}
		}
		if err == nil {
			counted = append(counted, a.By)
			r.Good++
		}
		r.Verdicts[i] = Verdict{a, err}
	}
	if r.Good < r.Need {
		f := fault.New(exitcode.Conflict, CodeMissing, i18n.Text{
			RU: "план не одобрен: нужно подписей %d, действительных %d", EN: "the plan is not approved: %d signatures are needed, %d hold"}.With(r.Need, r.Good)).
			Advise(i18n.Say("другой человек выполняет: epgu batch approve ПЛАН", "another person runs: epgu batch approve PLAN"))
		for _, v := range r.Verdicts {
			var why *fault.Error
			if errors.As(v.Err, &why) {
				f.Fields = append(f.Fields, fault.Field{Name: untrusted.Clean(v.Approval.By.Name), Message: why.Message})
			}
		}
		return r, f
	}
	return r, nil
}

// SamePolicy refuses a policy that is not the one the plan was made under.
func SamePolicy(p *planfile.Plan, policy *Policy) error {
	want := p.Header.Policy
	switch {
	case want == "" || want == policy.SHA256:
		return nil
	case policy.SHA256 == "":
		return fault.New(exitcode.Conflict, "approval.other_policy", i18n.Say(
			"план составлен по правилам одобрения, а сейчас они не названы", "the plan was made under an approval policy, and none is named now")).
			Advise(i18n.Say("назовите тот же файл: --policy ФАЙЛ", "name the same file: --policy FILE"))
	}
	return fault.New(exitcode.Conflict, "approval.other_policy", i18n.Say(
		"план составлен при других правилах одобрения, чем действуют сейчас", "the plan was made under another approval policy than the one in force")).
		Advise(i18n.Say("составьте план заново", "make the plan again"))
}

// May reports why somebody may not approve a plan, before anything is signed: the
// maker, whoever the policy does not name, and whoever nobody vouches for. Whether the
// certificate is trusted is only known once it has signed.
func May(p *planfile.Plan, who Identity, policy *Policy, unchecked bool) error {
	if err := differsFromMaker(who, p.Header.Maker); err != nil {
		return err
	}
	if len(policy.approversOf(p.Totals.Pay.Kopecks)) > 0 {
		if err := policy.allows(who, p.Totals.Pay.Kopecks); err != nil {
			return err
		}
	}
	return policy.vouched(who, p.Totals.Pay.Kopecks, unchecked)
}

// Earlier returns the approval of the same person that counts now, nil when there is
// none. A new one takes its place.
func (r *Result) Earlier(who Identity) *Approval {
	for i := range r.Verdicts {
		if v := &r.Verdicts[i]; v.Err == nil && samePerson(v.Approval.By, who) {
			return &v.Approval
		}
	}
	return nil
}

// CodeReplaced is the code of an approval that a newer one of the same person replaces.
const CodeReplaced = "approval.replaced"

func errReplaced() error {
	return fault.New(exitcode.Conflict, CodeReplaced, i18n.Say("заменена более новой подписью того же человека", "replaced by a newer signature of the same person"))
}

func check(ctx context.Context, p *planfile.Plan, a *Approval, policy *Policy, v Verifier) error {
	t := p.Totals.Pay
	if a.Plan != p.SHA256 || a.Payments != p.Totals.Root || a.Of != p.Totals.Rows || a.Run != p.Header.ID || a.Rows != t.N || a.Kopecks != t.Kopecks {
		return fault.New(exitcode.Conflict, "approval.other_plan", i18n.Say("подписан другой план", "another plan was signed"))
	}
	who, err := v.Verify(ctx, a.Statement(), a.Signature, a.At)
	if err != nil {
		return err
	}
	if who.Certificate != a.By.Certificate || who.Name != a.By.Name {
		return fault.New(exitcode.Conflict, "approval.other_signer", i18n.Say(
			"подпись сделана не тем, кто назван", "the signature is not of the person who is named"))
	}
	a.By = who // with what the certificate says, whatever the file says
	if err := differsFromMaker(who, p.Header.Maker); err != nil {
		return err
	}
	if err := policy.allows(who, t.Kopecks); err != nil {
		return err
	}
	return policy.vouched(who, t.Kopecks, a.Unchecked)
}

// differsFromMaker refuses the maker's own approval.
func differsFromMaker(who Identity, maker planfile.Person) error {
	if digits(who.SNILS) != "" && digits(who.SNILS) == digits(maker.SNILS) || fold(who.Name) == fold(maker.Name) && who.Name != "" {
		return fault.New(exitcode.Refused, CodeMaker, i18n.Text{
			RU: "%s составил этот план и одобрить его не может", EN: "%s made this plan and cannot approve it"}.With(untrusted.Text(who.Name))).
			Advise(i18n.Say("одобрить должен другой человек", "another person has to approve it"))
	}
	return nil
}

func samePerson(a, b Identity) bool {
	return a.Certificate == b.Certificate || digits(a.SNILS) != "" && digits(a.SNILS) == digits(b.SNILS) || fold(a.Name) == fold(b.Name)
}

func fold(s string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(strings.ToUpper(s)), " "), "Ё", "Е")
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}
