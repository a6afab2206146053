package profile

import (
	"context"
	"errors"
	"strings"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/ui/prompt"
)

// askCode asks for the code of a new contact where a person is, and says
// elsewhere how it is given.
func (o *editOptions) askCode(ctx context.Context, c *factory.Connection, begun wire.ContactChange) (wire.ContactChange, error) {
	if !o.f.IO.CanPrompt() {
		o.f.IO.Note(i18n.Text{RU: "Код отправлен на %s. Дальше: epgu profile edit --confirm %s --code КОД",
			EN: "The code was sent to %s. Next: epgu profile edit --confirm %s --code CODE"}.With(begun.Target, wire.Text(begun.ID)))
		return begun, nil
	}
	for {
		code, err := prompt.New(o.f.IO).Input(ctx, prompt.Question{Flag: "--code", Label: i18n.Text{
			RU: "Код, отправленный на %s (пустая строка — прислать ещё раз)", EN: "Code sent to %s (empty line: send it again)"}.With(begun.Target)})
		if err != nil {
			return begun, err
		}
		next, err := c.Account.ConfirmContact(ctx, begun.ID, code)
		var f *fault.Error
		switch {
		case err == nil && next.State == "done":
			return *next, nil
		case err == nil:
			begun = *next
		case errors.As(err, &f) && (strings.HasSuffix(f.Code, "wrong_code") || strings.HasSuffix(f.Code, "code_expired") || strings.HasSuffix(f.Code, "code_too_soon")):
			o.f.IO.Note(f.Message)
		default:
			return begun, err
		}
	}
}

// finish is --confirm: a contact change that was begun before.
func (o *editOptions) finish(ctx context.Context) error {
	code := o.code
	if code == "" && !o.resend {
		var err error
		if code, err = prompt.New(o.f.IO).Input(ctx, prompt.Question{Label: i18n.Text{RU: "Код", EN: "Code"}, Flag: "--code"}); err != nil {
			return err
		}
	}
	c, err := o.f.Connect(ctx)
	if err != nil {
		return err
	}
	contact, err := c.Account.ConfirmContact(ctx, o.confirm, code)
	if err != nil {
		return err
	}
	p, err := c.Account.Profile(ctx)
	if err != nil {
		return err
	}
	return output.Object(o.f.IO, &o.out, editedView(), edited{level: p.Level, recheck: p.Recheck, contacts: []wire.ContactChange{*contact}})
}
