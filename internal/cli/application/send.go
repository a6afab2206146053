package application

import (
	"context"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/applications"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/i18n"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

// sending is a filled application on its way to the portal.
type sending struct {
	service  cabinet.ServiceDetails
	values   map[string]any
	attached []applications.Attachment
	again    string
	region   string
	orderID  int64 // under correction
}

func send(ctx context.Context, f *factory.Factory, c *factory.Connection, out *output.Options, s sending) error {
	if s.service.Signature == "qualified" {
		return fault.New(exitcode.Refused, "application.signature_needed", i18n.Text{
			RU: "услуга «%s» требует квалифицированной подписи", EN: "service %q demands a qualified signature"}.With(s.service.Title)).
			Advise(i18n.Say("подача с подписью ещё не поддерживается этой версией", "submitting with a signature is not supported by this version yet"))
	}
	me, err := c.SignIn.Me(ctx)
	if err != nil {
		return err
	}
	region := s.region
	if region == "" {
		region = s.service.Region
	}
	submitter, err := c.Applications(ctx)
	if err != nil {
		return err
	}
	receipt, err := submitter.Submit(ctx, applications.Request{
		Applicant: me.Applicant(), Title: s.service.Title.String(), TargetCode: s.service.TargetCode, Region: region,
		OneStep: s.service.Push == "single" && s.orderID == 0,
		Content: applications.Content{ServiceCode: s.service.Code, Values: s.values, Attachments: s.attached},
		OrderID: s.orderID, Again: s.again, Who: me.Name().String(),
	})
	if err != nil {
		return err
	}
	r := submitted{Receipt: receipt, service: s.service, resumed: receipt.Resumed, attached: s.attached}
	if o := receipt.Order; o != nil {
		r.status, r.title = o.OrderStatusID, o.OrderStatusName
		for _, p := range o.Payments {
			if !p.Paid {
				r.unpaid = append(r.unpaid, p.UIN)
			}
		}
	}
	if receipt.Resumed {
		f.IO.Note(i18n.Text{RU: "Продолжено прерванное заявление № %d, второго нет.", EN: "An interrupted application, no. %d, was completed; there is no second one."}.With(receipt.OrderID))
	}
	return output.Object(f.IO, out, submittedView(), r)
}
