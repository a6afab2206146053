package applications

import (
	"context"
	"path/filepath"
	"time"

	"github.com/epgu-cli/epgu/internal/core/apiforms"
	"github.com/epgu-cli/epgu/internal/core/catalog"
	"github.com/epgu-cli/epgu/internal/core/parcel"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// NewRequest is the request for one service with these answers and files. Commands
// and screens make theirs by it, so that what one of them began the other finds in
// the journal. applicant is the oid of the person or organisation, who is the name
// of the person at the keyboard.
func NewRequest(s *cabinet.ServiceDetails, applicant, who string, values map[string]any, attached []Attachment) Request {
	return Request{
		Applicant: applicant, Who: who, Title: s.Title.String(), TargetCode: s.TargetCode, Region: s.Region, OneStep: s.Push == "single",
		Content: Content{ServiceCode: s.Code, Values: values, Attachments: attached},
	}
}

// Published puts in place of answers the documents that a service of API ЕПГУ reads,
// where the client's own list has the form of the service; any other content stays.
// Certificates of signatures are checked at the moment now.
func (c *Content) Published(ctx context.Context, s *cabinet.ServiceDetails, lang i18n.Lang, now time.Time) error {
	if s.State != catalog.StateAPI || c.own() {
		return nil
	}
	form, has := apiforms.Of(s.Code)
	service, ok, err := catalog.APIServiceOf(s.Code)
	if err != nil || !has || !ok {
		return err
	}
	given := make([]string, len(c.Attachments))
	for i, a := range c.Attachments {
		given[i] = filepath.Base(a.Path) + "=" + a.Path
	}
	set, err := parcel.Check(ctx, given, form.Build(c.Values), parcel.Options{Rules: service.Rules(lang), WillSign: true, Now: now})
	if err != nil {
		return err
	}
	c.Files = set.Files
	return nil
}
