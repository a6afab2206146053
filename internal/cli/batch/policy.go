package batch

import (
	"context"
	"path/filepath"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/approval"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/i18n"
)

// policyPath is the file of the approval policy in force: the flag, else the
// setting approval_policy; "" when the organisation has none.
func policyPath(f *factory.Factory, flag string) (string, error) {
	if flag != "" {
		return flag, nil
	}
	s, err := f.Settings()
	if err != nil {
		return "", err
	}
	path := s.Get("approval_policy").Value
	if path != "" && !filepath.IsAbs(path) {
		path = filepath.Join(s.Dirs.Config, path)
	}
	return path, nil
}

// rules are the approval policy in force, with what it trusts.
type rules struct {
	*approval.Policy
	verifier approval.Roots
}

func loadRules(f *factory.Factory, flag string) (*rules, error) {
	path, err := policyPath(f, flag)
	if err != nil {
		return nil, err
	}
	policy, err := approval.LoadPolicy(path)
	if err != nil {
		return nil, err
	}
	verifier, err := policy.Verifier()
	if err != nil {
		return nil, err
	}
	return &rules{policy, verifier}, nil
}

// check says how a plan stands with the policy; an error means that it must not
// be run, and the result is there all the same.
func (r *rules) check(ctx context.Context, path string, p *planfile.Plan) (*approval.Result, error) {
	all, err := approval.Load(approval.Path(path))
	if err != nil {
		return nil, err
	}
	return approval.Check(ctx, p, all, r.Policy, r.verifier)
}

// warn tells an organisation without a policy what that means.
func (r *rules) warn(f *factory.Factory) {
	if r.SHA256 == "" {
		f.IO.Note(i18n.Say("У организации нет правил одобрения: достаточно одной подписи любого, кто не составлял план. Задайте их: epgu config set approval_policy ФАЙЛ",
			"The organisation has no approval policy: one signature of anybody but the plan's maker is enough. Set one: epgu config set approval_policy FILE"))
	}
}
