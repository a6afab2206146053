package application

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/signer"
	"github.com/epgu-cli/epgu/internal/core/applications"
	"github.com/epgu-cli/epgu/internal/core/parcel"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

// sending is a filled application on its way to the portal.
type sending struct {
	service  cabinet.ServiceDetails
	values   map[string]any
	attached []applications.Attachment
	files    []parcel.File // the sender's own, instead of values and attachments
	again    string
	region   string
	orderID  int64 // under correction, or taken before
	sign     *sign

	chunkBytes int64
}

// sign is who signs the files of an application.
type sign struct {
	who  signer.Flags
	cert string
}

func (s *sign) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&s.cert, "sign", "", i18n.Text{
		RU: "подписать каждый файл этим сертификатом: `имя` из epgu cert list", EN: "sign each file with this certificate: a `name` of epgu cert list"}.In(s.who.F.Lang))
	s.who.AddSigner(cmd)
}

// named reports whether somebody signs.
func (s *sign) named() bool { return s.cert != "" || s.who.Signer != "" }

// given returns the signer that was named, or nil.
func (s *sign) given(ctx context.Context) (applications.Signer, error) {
	if !s.named() {
		return nil, nil
	}
	return s.open(ctx, &cabinet.ServiceDetails{})
}

// open returns the signer, or nil when the service needs none and none is named.
func (s *sign) open(ctx context.Context, service *cabinet.ServiceDetails) (applications.Signer, error) {
	var names []string
	switch {
	case s.cert != "":
		names = []string{s.cert}
	case s.who.Signer != "":
	case service.Signature != "qualified":
		return nil, nil
	case !s.who.F.IO.CanPrompt():
		return nil, fault.New(exitcode.Usage, "application.signature_needed", i18n.Text{
			RU: "услуга «%s» требует квалифицированной подписи", EN: "service %q demands a qualified signature"}.With(service.Title)).
			Advise(i18n.Say("назовите сертификат: --sign ИМЯ (какие есть: epgu cert list); подписать другой программой: --signer exec:'…'",
				"name a certificate: --sign NAME (see epgu cert list); to let another program sign: --signer exec:'…'"))
	}
	all, err := s.who.Open(ctx, names)
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

func send(ctx context.Context, f *factory.Factory, c *factory.Connection, out *output.Options, s sending) error {
	who, err := s.sign.open(ctx, &s.service)
	if err != nil {
		return err
	}
	me, err := c.SignIn.Me(ctx)
	if err != nil {
		return err
	}
	submitter, err := c.Applications(ctx)
	if err != nil {
		return err
	}
	req := applications.NewRequest(&s.service, me.Applicant(), me.Name().String(), s.values, s.attached)
	if s.region != "" {
		req.Region = s.region
	}
	if s.orderID != 0 {
		req.OrderID, req.OneStep = s.orderID, false
	}
	req.Signer, req.Again, req.ChunkBytes = who, s.again, s.chunkBytes
	if s.files != nil {
		req.Content.Files = s.files
	} else if err := req.Content.Published(ctx, &s.service, f.IO.Lang, f.Clock.Now()); err != nil {
		return err
	}
	var stop func()
	req.Progress, stop = sent(f)
	receipt, err := submitter.Submit(ctx, req)
	stop()
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
	if err := output.Object(f.IO, out, submittedView(f.Lang), r); err != nil || out.Machine() {
		return err
	}
	for _, uin := range r.unpaid {
		f.IO.Note(i18n.Text{RU: "Оплатить: epgu pay %s", EN: "Pay: epgu pay %s"}.With(uin))
	}
	f.IO.Note(i18n.Text{RU: "Следить: epgu application watch %d --until final", EN: "Follow it: epgu application watch %d --until final"}.With(receipt.OrderID))
	return nil
}
