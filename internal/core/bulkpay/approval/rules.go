package approval

import (
	"context"
	"errors"
	"time"

	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/heldfile"
	"github.com/epgu-cli/epgu/internal/i18n"
)

// Shelf is where policies and approvals lie, and what their signatures are held
// against. The zero value is the system's disk and GOST.
type Shelf struct {
	Files heldfile.Opener
	// Trust returns what verifies signatures under a policy.
	Trust func(*Policy) (Verifier, error)
}

// Rules are an approval policy with what it trusts. Whatever they say follows from
// what was in the policy's files when they were read, whatever becomes of these.
type Rules struct {
	*Policy
	files    heldfile.Opener
	verifier Verifier
}

// Rules reads the policy at path and the files of its roots, each once; "" is the
// default policy.
func (s Shelf) Rules(path string) (*Rules, error) {
	if s.Files == nil {
		s.Files = heldfile.Disk
	}
	policy, err := loadPolicy(s.Files, path)
	if err != nil {
		return nil, err
	}
	if s.Trust == nil {
		s.Trust = func(p *Policy) (Verifier, error) { return p.Verifier() }
	}
	verifier, err := s.Trust(policy)
	if err != nil {
		return nil, err
	}
	return &Rules{policy, s.Files, verifier}, nil
}

// Check reads the approvals of the plan at path once and says how the plan stands with
// the policy; an error means that it must not be run, and the result is there all the
// same. What counts is what was read here: nobody is to read the file again.
func (r *Rules) Check(ctx context.Context, path string, p *planfile.Plan) (*Result, error) {
	all, err := load(r.files, Path(path))
	if err != nil {
		return nil, err
	}
	return Check(ctx, p, all, r.Policy, r.verifier)
}

// Sign makes an approval of a plan and checks it by the rules of the run: one that
// would not count is not returned.
func (r *Rules) Sign(ctx context.Context, p *planfile.Plan, s Signer, now time.Time, note string, unchecked bool) (*Approval, error) {
	made, err := Sign(ctx, p, s, now, note, unchecked)
	if err != nil {
		return nil, err
	}
	if _, err := Check(ctx, p, []Approval{*made}, r.One(), r.verifier); err != nil {
		return nil, whyOne(err)
	}
	return made, nil
}

// whyOne turns "one signature is missing" into why this one does not count.
func whyOne(err error) error {
	var f *fault.Error
	if errors.As(err, &f) && f.Code == CodeMissing && len(f.Fields) == 1 {
		return fault.New(exitcode.Refused, "approval.not_counted", i18n.Text{
			RU: "такая подпись не считалась бы, она не записана: %s", EN: "such a signature would not count and is not kept: %s"}.With(f.Fields[0].Message))
	}
	return err
}
