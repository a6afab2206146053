package approval

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/heldfile"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Policy says who approves plans and how many are needed, as JSON:
//
//	{
//	  "epguApprovalPolicy": 1,
//	  "tiers": [
//	    {"upTo": "1 000 000,00", "approvals": 1},
//	    {"approvals": 2}
//	  ],
//	  "approvers": [{"name": "Иванова Анна Петровна", "certificate": "<Streebog-256, hex>"}],
//	  "roots": ["ca.pem"]
//	}
//
// The first tier that the plan's sum fits is taken. Without approvers whoever has
// a certificate issued by one of the roots may approve; a named certificate needs
// no root. Where neither approvers nor roots are named, nobody vouches for a
// certificate that is signed by its own key, and an approval by one counts only when
// it says so itself (approve --without-check). A tier may have approvers of its own, who then are the only ones for
// its sums. The maker never may.
type Policy struct {
	Version   int        `json:"epguApprovalPolicy"`
	Tiers     []Tier     `json:"tiers"`
	Approvers []Approver `json:"approvers,omitempty"`
	Roots     []string   `json:"roots,omitempty"` // files, relative to the policy's
	// WithoutAuthorisation lets a plan be run without handing its approvals to a portal
	// that would bound the plan by them.
	WithoutAuthorisation bool `json:"withoutAuthorisation,omitempty"`

	SHA256 string   `json:"-"` // of the policy and its roots; "" for the default policy
	roots  [][]byte // what the files of Roots hold
}

// Tier is how many approvals a sum needs.
type Tier struct {
	UpTo      string     `json:"upTo,omitempty"` // rubles, inclusive; "" is any sum
	Approvals int        `json:"approvals"`
	Approvers []Approver `json:"approvers,omitempty"` // for these sums; empty: those of the policy

	kopecks int64
}

// Approver is somebody who may approve.
type Approver struct {
	Name        string `json:"name"`
	Certificate string `json:"certificate"`
}

const policyVersion = 1

// maxPolicy bounds a policy file, bytes.
const maxPolicy = 1 << 20

const maxRoots = 100

// Default is the policy where the organisation has none: one approval of somebody
// other than the maker.
func Default() *Policy { return &Policy{Version: policyVersion, Tiers: []Tier{{Approvals: 1}}} }

// LoadPolicy reads a policy file and the files of its roots, each once; "" is the
// default policy.
func LoadPolicy(path string) (*Policy, error) { return loadPolicy(heldfile.Disk, path) }

func loadPolicy(open heldfile.Opener, path string) (*Policy, error) {
	if path == "" {
		return Default(), nil
	}
	data, err := readSmall(open, path)
	if err != nil {
		return nil, err
	}
	p, err := ParsePolicy(data)
	if err != nil || len(p.Roots) == 0 {
		return p, err
	}
	// What the roots are is part of the policy: another file under the same name is
	// another policy.
	sum := sha256.New()
	fmt.Fprintf(sum, "%d:%s,", len(data), data)
	for _, name := range p.Roots {
		if !filepath.IsAbs(name) {
			name = filepath.Join(filepath.Dir(path), name)
		}
		root, err := readSmall(open, name)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(sum, "%d:%s,", len(root), root)
		p.roots = append(p.roots, root)
	}
	p.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return p, nil
}

// readSmall reads a file of at most maxPolicy bytes.
func readSmall(open heldfile.Opener, path string) ([]byte, error) {
	f, err := open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.New(exitcode.NotFound, "approval.policy_absent", i18n.Text{RU: "файла правил одобрения %s нет", EN: "there is no file %s of the approval policy"}.With(path)).
			Advise(i18n.Say("проверьте --policy и настройку approval_policy", "check --policy and the setting approval_policy"))
	}
	if err != nil {
		return nil, badPolicy(err.Error())
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxPolicy+1))
	if err == nil && len(data) > maxPolicy {
		err = errTooLarge
	}
	if err != nil {
		return nil, badPolicy(filepath.Base(path) + ": " + err.Error())
	}
	return data, nil
}

var errTooLarge = errors.New("the file is larger than 1 MiB")

// Verifier checks signatures by the policy's roots.
func (p *Policy) Verifier() (Roots, error) {
	var v Roots
	for i, data := range p.roots {
		all, err := cert.ParseAll(data)
		if err != nil {
			return v, badPolicy(p.Roots[i] + ": " + err.Error())
		}
		v.Roots = append(v.Roots, all...)
	}
	return v, nil
}

// ParsePolicy reads a policy. Everything in it must be understood.
func ParsePolicy(data []byte) (*Policy, error) {
	p := &Policy{}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(p); err != nil {
		return nil, badPolicy(err.Error())
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, badPolicy("bytes after the end")
	}
	if len(p.Roots) > maxRoots {
		return nil, badPolicy("roots: too many")
	}
	if p.Version != policyVersion {
		return nil, badPolicy("epguApprovalPolicy")
	}
	if len(p.Tiers) == 0 || p.Tiers[len(p.Tiers)-1].UpTo != "" {
		return nil, badPolicy("tiers: the last one must have no upTo")
	}
	var last int64
	for i := range p.Tiers {
		t := &p.Tiers[i]
		if t.Approvals < 1 || t.Approvals > maxApprovals {
			return nil, badPolicy("tiers: approvals")
		}
		if i == len(p.Tiers)-1 {
			break
		}
		k, err := billing.ParseRubles(t.UpTo)
		if err != nil || k <= last {
			return nil, badPolicy("tiers: upTo")
		}
		t.kopecks, last = k, k
	}
	lists := [][]Approver{p.Approvers}
	for _, t := range p.Tiers {
		if n := len(t.Approvers); n > 0 && n < t.Approvals {
			return nil, badPolicy("tiers: more approvals than approvers")
		}
		lists = append(lists, t.Approvers)
	}
	for _, list := range lists {
		for i := range list {
			a := &list[i]
			a.Certificate = strings.ToUpper(strings.ReplaceAll(a.Certificate, ":", ""))
			if b, err := hex.DecodeString(a.Certificate); err != nil || len(b) != sha256.Size {
				return nil, badPolicy("approvers: certificate")
			}
		}
	}
	sum := sha256.Sum256(data)
	p.SHA256 = hex.EncodeToString(sum[:])
	return p, nil
}

func badPolicy(what string) error {
	return fault.New(exitcode.Usage, "approval.policy", i18n.Text{
		RU: "правила одобрения не прочитать: %s", EN: "the approval policy cannot be read: %s"}.With(what)).
		Advise(i18n.Say("образец — в docs/batch.ru.md", "docs/batch.md has a sample"))
}

// One returns the same policy for a single approval: whether that one counts.
func (p *Policy) One() *Policy {
	one := *p
	one.Tiers = append([]Tier(nil), p.Tiers...)
	for i := range one.Tiers {
		one.Tiers[i].Approvals = 1
	}
	return &one
}

// Need returns how many approvals a sum needs.
func (p *Policy) Need(kopecks int64) int { return p.tier(kopecks).Approvals }

func (p *Policy) tier(kopecks int64) *Tier {
	for i := range p.Tiers {
		if t := &p.Tiers[i]; t.kopecks == 0 || kopecks <= t.kopecks {
			return t
		}
	}
	return &p.Tiers[len(p.Tiers)-1]
}

// approversOf returns who may approve a sum; none means whoever the roots vouch for.
func (p *Policy) approversOf(kopecks int64) []Approver {
	if own := p.tier(kopecks).Approvers; len(own) > 0 {
		return own
	}
	return p.Approvers
}

// allows reports whether somebody may approve a sum.
func (p *Policy) allows(who Identity, kopecks int64) error {
	list := p.approversOf(kopecks)
	if len(list) == 0 {
		if len(p.Roots) > 0 && !who.Chained {
			return fault.New(exitcode.Refused, "approval.untrusted", i18n.Say(
				"сертификат подписавшего выдан не тем, кому доверяют правила", "the signer's certificate was not issued by a root that the policy trusts"))
		}
		return nil
	}
	for _, a := range list {
		if a.Certificate == who.Certificate {
			return nil
		}
	}
	return fault.New(exitcode.Refused, "approval.not_listed", i18n.Text{
		RU: "по правилам организации %s не одобряет платежи на такую сумму", EN: "by the organisation's rules %s does not approve payments of this sum"}.With(untrusted.Text(who.Name)))
}

// CodeSelfMade is the code of an approval by a certificate that only its own key has
// signed.
const CodeSelfMade = "approval.self_made"

// vouched refuses a certificate that nobody stands behind: whoever made the plan can
// make one in any name.
func (p *Policy) vouched(who Identity, kopecks int64, unchecked bool) error {
	if !who.SelfMade || unchecked || len(p.Roots) > 0 || len(p.approversOf(kopecks)) > 0 {
		return nil
	}
	return fault.New(exitcode.Refused, CodeSelfMade, i18n.Text{
		RU: "сертификат «%s» подписан собственным ключом: кто под ним подписался, не подтверждает никто", EN: "the certificate %q is signed by its own key: nobody vouches for who signs by it"}.With(untrusted.Text(who.Name))).
		Advise(i18n.Say("получите сертификат у удостоверяющего центра (на учебном портале — epgu cert request ИМЯ --send), назовите человека в правилах одобрения или подпишите с --without-check: это останется в подписи",
			"get a certificate from an authority (on the training portal: epgu cert request NAME --send), name the person in an approval policy, or sign with --without-check: that becomes part of the signature"))
}
