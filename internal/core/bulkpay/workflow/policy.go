package workflow

import (
	"path/filepath"

	"github.com/epgu-cli/epgu/internal/core/bulkpay/approval"
	"github.com/epgu-cli/epgu/internal/i18n"
)

// policyPath is the file of the approval policy in force: the one given, else the
// setting approval_policy; "" when the organisation has none.
func (d *Desk) policyPath(given string) (string, error) {
	if given != "" {
		return given, nil
	}
	s, err := d.Settings()
	if err != nil {
		return "", err
	}
	path := s.Get("approval_policy").Value
	if path != "" && !filepath.IsAbs(path) {
		path = filepath.Join(s.Dirs.Config, path)
	}
	return path, nil
}

// Rules reads the approval policy in force: the file given, else the setting.
func (d *Desk) Rules(given string) (*approval.Rules, error) {
	path, err := d.policyPath(given)
	if err != nil {
		return nil, err
	}
	return approval.Shelf{}.Rules(path)
}

// unruled tells an organisation without a policy what that means.
func unruled(r *approval.Rules, note func(i18n.Localised)) {
	if r.SHA256 == "" {
		note(i18n.Say("У организации нет правил одобрения: достаточно одной подписи любого, кто не составлял план. Задайте их: epgu config set approval_policy ФАЙЛ",
			"The organisation has no approval policy: one signature of anybody but the plan's maker is enough. Set one: epgu config set approval_policy FILE"))
	}
}
