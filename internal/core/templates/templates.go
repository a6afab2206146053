// Package templates keeps answers under a name, to fill a form from again and
// again, at the portal. What the profile and the registers know of a person is
// no part of a template: it is taken anew each time, so that a template does not
// bring back an old passport. Commands and the TUI use it.
package templates

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/epgu-cli/epgu/internal/core/forms"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/spelling"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Portal is what this package needs of the cabinet API; portal/cabinet.Client
// has it.
type Portal interface {
	Templates(ctx context.Context, q cabinet.PageQuery) (*wire.Page[wire.Template], error)
	Template(ctx context.Context, id string) (*cabinet.Template, error)
	CreateTemplate(ctx context.Context, in wire.TemplateInput) (*cabinet.Template, error)
	PutTemplate(ctx context.Context, id, etag string, in wire.TemplateInput) (*cabinet.Template, error)
	DeleteTemplate(ctx context.Context, id string) error
}

// Service keeps the templates of who is signed in.
type Service struct {
	Portal Portal
}

// All lists the templates by name; service narrows them to one service's code,
// "" does not.
func (s *Service) All(ctx context.Context, service string) ([]wire.Template, error) {
	all, _, err := cabinet.Take(0, func(q cabinet.PageQuery) (*wire.Page[wire.Template], error) { return s.Portal.Templates(ctx, q) })
	if service != "" {
		all = slices.DeleteFunc(all, func(t wire.Template) bool { return t.Service != service })
	}
	return all, err
}

// Find returns the template of this name, whatever the case of its letters. An
// unknown name is a fault with exit code 5 that names the nearest one.
func (s *Service) Find(ctx context.Context, name string) (*cabinet.Template, error) {
	all, err := s.All(ctx, "")
	if err != nil {
		return nil, err
	}
	var names []string
	for _, t := range all {
		if strings.EqualFold(t.Name.Raw(), strings.TrimSpace(name)) {
			return s.Portal.Template(ctx, t.ID)
		}
		names = append(names, t.Name.Raw())
	}
	e := fault.New(exitcode.NotFound, "template.not_found", i18n.Text{RU: "шаблона «%s» нет", EN: "there is no template %q"}.With(untrusted.Text(name)))
	if near := spelling.Nearest(name, names); near != "" {
		return nil, e.Advise(i18n.Text{RU: "может быть, «%s»; все: epgu application template list", EN: "did you mean %q; all of them: epgu application template list"}.With(untrusted.Text(near)))
	}
	return nil, e.AdviseRun("epgu application template list")
}

// Keep keeps the answers to a form under a name. A name that is there already is
// a conflict, exit code 9, unless replace says that it may be replaced.
func (s *Service) Keep(ctx context.Context, name string, form *forms.Form, known forms.Known, values map[string]any, replace bool) (*cabinet.Template, error) {
	in := wire.TemplateInput{Name: name, Service: form.Service, Data: form.Lasting(known, values), FormVersion: form.Version}
	kept, err := s.Portal.CreateTemplate(ctx, in)
	f := fault.Of(err)
	if f == nil || f.Code != "template.exists" {
		return kept, err
	}
	if !replace {
		return nil, f.Advise(i18n.Say("заменить его: --replace; или дайте другое имя", "to replace it: --replace; or give another name"))
	}
	old, err := s.Find(ctx, name)
	if err != nil {
		return nil, err
	}
	return s.Portal.PutTemplate(ctx, old.ID, old.ETag, in)
}

// Lay puts the answers of a template over what is known, and says what became of
// those that an earlier version of the form had asked for. A template of another
// service is a usage fault.
func Lay(form *forms.Form, known forms.Known, t *wire.Template) (forms.Known, forms.Migration, error) {
	if t.Service != form.Service {
		return known, forms.Migration{}, fault.New(exitcode.Usage, "template.other_service", i18n.Text{
			RU: "шаблон «%s» — для другой услуги: %s", EN: "template %q is for another service: %s"}.With(t.Name, t.Title)).
			Advise(i18n.Text{RU: "услугу можно не называть: epgu application create --from-template %q", EN: "the service need not be named: epgu application create --from-template %q"}.With(t.Name))
	}
	values, migration := form.Migrate(t.Data)
	out := known
	out.Values = forms.Merge(known.Values, values)
	out.Sources = maps.Clone(known.Sources)
	if out.Sources == nil {
		out.Sources = map[string]untrusted.Text{}
	}
	out.Reused = slices.Clone(known.Reused) // these answers are no part of the profile
	for _, leaf := range forms.Leaves(values) {
		out.Sources[leaf.Path] = "«" + t.Name + "»"
		out.Reused = append(out.Reused, leaf.Path)
	}
	return out, migration, nil
}
