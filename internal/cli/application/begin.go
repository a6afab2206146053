package application

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/forms"
	"github.com/epgu-cli/epgu/internal/core/templates"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// beginning is what a form is filled from before anybody answers: what the
// portal knows, an earlier application, a template.
type beginning struct {
	f        *factory.Factory
	repeat   string
	template string
}

func (b *beginning) flags(cmd *cobra.Command) {
	lang := b.f.Lang
	cmd.Flags().StringVar(&b.repeat, "repeat", "", i18n.Text{RU: "заполнить как прежнее заявление с этим `номером`", EN: "fill it as the earlier application of this `number`"}.In(lang))
	cmd.Flags().StringVar(&b.template, "from-template", "", i18n.Text{RU: "заполнить по шаблону с этим `именем` (epgu application template list)", EN: "fill it by the template of this `name` (epgu application template list)"}.In(lang))
	cmd.MarkFlagsMutuallyExclusive("repeat", "from-template")
}

// begun is a form with what is known of its answers.
type begun struct {
	service *wire.ServiceDetails
	form    *forms.Form
	known   forms.Known
}

// open reads the form. The service may be left out when an application or a
// template names it. admitted, when there is one, is asked before the form is
// read.
func (b *beginning) open(ctx context.Context, c *factory.Connection, args []string, admitted func(*wire.ServiceDetails) error) (*begun, error) {
	service := strings.Join(args, "")
	var template *wire.Template
	var order int64
	switch {
	case b.repeat != "":
		id, err := orderID(b.repeat)
		if err != nil {
			return nil, err
		}
		a, err := c.Cabinet.Application(ctx, id, 0)
		if err != nil {
			return nil, err
		}
		order = id
		if service == "" {
			service = a.Service
		}
	case b.template != "":
		t, err := c.Templates.Find(ctx, b.template)
		if err != nil {
			return nil, err
		}
		template = &t.Template
		if service == "" {
			service = t.Service
		}
	case service == "":
		return nil, noService()
	}
	out := &begun{}
	var err error
	if out.service, err = c.Catalog.View(ctx, service); err != nil {
		return nil, err
	}
	if admitted != nil {
		if err := admitted(out.service); err != nil {
			return nil, err
		}
	}
	if order != 0 {
		return out, b.again(ctx, c, out, order)
	}
	if out.form, out.known, err = c.Catalog.Form(ctx, out.service.Code); err != nil || template == nil {
		return out, err
	}
	var m forms.Migration
	if out.known, m, err = templates.Lay(out.form, out.known, template); err != nil {
		return nil, err
	}
	tell(b.f, templates.ToldLaid(template, out.form, m))
	return out, nil
}

func noService() error {
	return fault.New(exitcode.Usage, "application.no_service", i18n.Say("не названа услуга", "no service is named")).
		Advise(i18n.Say("назовите её (epgu service search СЛОВА) или заполните по прежнему: --repeat НОМЕР, --from-template ИМЯ",
			"name it (epgu service search WORDS), or fill the form as before: --repeat NUMBER, --from-template NAME"))
}

// again fills the form as an earlier application was, and says what is otherwise
// by now.
func (b *beginning) again(ctx context.Context, c *factory.Connection, out *begun, order int64) error {
	var superseded []wire.Superseded
	var err error
	if out.form, out.known, superseded, err = c.Catalog.FormAgain(ctx, out.service.Code, order); err != nil {
		return err
	}
	tell(b.f, templates.ToldAgain(order, out.known, superseded))
	if len(out.service.Documents) > 0 {
		b.f.IO.Note(i18n.Say("Вложения не повторяются: приложите их снова (--attach).", "Attachments are not repeated: attach them again (--attach)."))
	}
	return nil
}

// answers are those of a draft that nobody is asked about: what was given, over
// the whole of what the form is filled from. What is known anyway is not kept: it
// is there again when the draft is opened.
func (b *beginning) answers(x *begun, given map[string]any) map[string]any {
	if b.repeat == "" && b.template == "" {
		return x.form.Coerce(given)
	}
	filled := x.form.Fill(x.known, given, nil)
	return x.form.Lasting(x.known, filled.Draft())
}

// tell says to the person what is worth knowing of a form that was filled.
func tell(f *factory.Factory, said []i18n.Message) {
	for _, m := range said {
		f.IO.Note(m)
	}
}

// later is when a person wants to be reminded of a draft, and what it is called.
type later struct {
	f      *factory.Factory
	remind string
	name   string
}

func (l *later) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&l.remind, "remind", "", i18n.Text{RU: "напомнить о черновике в этот `день` (ГГГГ-ММ-ДД, ДД.ММ.ГГГГ или 10d — через 10 дней); off — не напоминать", EN: "be reminded of the draft on this `day` (YYYY-MM-DD, DD.MM.YYYY, or 10d for in 10 days); off forgets it"}.In(l.f.Lang))
	cmd.Flags().StringVar(&l.name, "name", "", i18n.Text{RU: "`имя` черновика, для себя", EN: "a `name` of the draft, for yourself"}.In(l.f.Lang))
}

// given reports whether anything of it was asked for.
func (l *later) given() bool { return l.remind != "" || l.name != "" }

// put writes it into a draft that is to be kept.
func (l *later) put(ctx context.Context, k *draftKeeper) error {
	if l.name != "" {
		k.name = l.name
	}
	switch l.remind {
	case "":
		return nil
	case "off":
		k.remind = ""
		return nil
	}
	if days, ok := strings.CutSuffix(l.remind, "d"); ok {
		if n, err := strconv.Atoi(strings.TrimPrefix(days, "+")); err == nil && n > 0 {
			caps, err := k.c.Cabinet.Capabilities(ctx) // the calendar that counts is the portal's
			if err != nil {
				return err
			}
			k.remind = caps.Time.In(clock.Moscow()).AddDate(0, 0, n).Format(time.DateOnly)
			return nil
		}
	}
	for _, layout := range []string{time.DateOnly, "02.01.2006"} {
		if d, err := time.Parse(layout, l.remind); err == nil {
			k.remind = d.Format(time.DateOnly)
			return nil
		}
	}
	return fault.New(exitcode.Usage, "draft.remind", i18n.Text{RU: "--remind: «%s» — не день; нужно, например, 2026-12-31", EN: "--remind: %q is no day; write it like 2026-12-31"}.With(untrusted.Text(l.remind)))
}
