package catalog

import (
	"context"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/apiforms"
	"github.com/epgu-cli/epgu/internal/core/forms"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// formAPI is Form by what is published of the service's documents.
func (s *Service) formAPI(ctx context.Context, code string) (*forms.Form, forms.Known, error) {
	service, ok, err := APIServiceOf(code)
	if err != nil {
		return nil, forms.Known{}, err
	}
	form, has := apiforms.Of(code)
	if !ok || !has {
		e := fault.New(exitcode.Refused, "service.no_form", i18n.Text{
			RU: "формы услуги %s нет: её документы не опубликованы полностью", EN: "there is no form of service %s: its documents are not published in full"}.With(code))
		if ok {
			return nil, forms.Known{}, e.Advise(i18n.Text{RU: "приложите готовые файлы (%s): epgu application create %s --file имя=путь", EN: "give ready files (%s): epgu application create %s --file name=path"}.With(service.Files, code))
		}
		return nil, forms.Known{}, e.Advise(i18n.Text{RU: "приложите готовые файлы: epgu application create %s --file имя=путь", EN: "give ready files: epgu application create %s --file name=path"}.With(code))
	}
	f, err := forms.Parse(code, form.Version, form.Schema(s.lang(ctx)))
	if err != nil {
		return nil, forms.Known{}, err
	}
	f.Lang = s.lang(ctx)
	if s.Clock != nil {
		f.Today = s.Clock.Now().In(clock.Moscow()).Format(time.DateOnly)
	}
	return f, forms.Known{}, nil
}

// apiDocuments are the attachments that the form of a service takes.
func apiDocuments(s APIService, lang i18n.Lang) ([]wire.Document, bool) {
	form, ok := apiforms.Of(s.Code)
	if !ok {
		return nil, false
	}
	out := make([]wire.Document, len(form.Documents))
	for i, d := range form.Documents {
		out[i] = wire.Document{Name: d.Name, Title: wire.Text(d.Title.In(lang)), Required: d.Required, Types: d.Types, MaxBytes: d.MaxBytes}
	}
	return out, true
}

// HasForm reports whether the documents of the service can be made from a form.
func (s APIService) HasForm() bool {
	_, ok := apiforms.Of(s.Code)
	return ok
}
