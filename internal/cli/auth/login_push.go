package auth

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/core/signin"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/prompt"
)

const (
	// pushLook is how long one question waits for a device to answer.
	pushLook = 20 * time.Second
	// pushPause keeps a portal that does not hold its answers from being asked
	// all the time.
	pushPause = time.Second
	// pushLate is how long after its term a push may still be asked about: the
	// portal's clock and this one differ.
	pushLate = time.Minute
)

// awaitPush asks again and again until a push is decided. look asks once and
// returns what is known then; nil means that it is decided.
func awaitPush(ctx context.Context, sleep func(context.Context, time.Duration) error, now func() time.Time, push *wire.Push, look func(context.Context) (*wire.Push, error)) error {
	for push != nil {
		if now().After(push.ExpiresAt.Add(pushLate)) {
			return fault.New(exitcode.Pending, "push.no_answer", i18n.Say("ответа с устройства нет", "the device has not answered"))
		}
		asked := now()
		var err error
		if push, err = look(ctx); err != nil {
			return err
		}
		if push != nil && now().Sub(asked) < pushPause {
			if err := sleep(ctx, pushPause); err != nil {
				return err
			}
		}
	}
	return nil
}

// push confirms the sign-in on a bound device.
func (p *proof) push(ctx context.Context, a *signin.Attempt) error {
	if waiting := a.Push(); waiting == nil || waiting.State != "pending" {
		if err := a.Answer(ctx, "push", ""); err != nil {
			return err
		}
	}
	push := a.Push()
	if push == nil {
		return fault.New(exitcode.Failure, "signin.no_push", i18n.Say("портал не послал запрос на устройство", "the portal has sent no request to a device"))
	}
	tellPush(p.o.f.IO, push)
	err := awaitPush(ctx, p.o.f.Clock.Sleep, p.o.f.Clock.Now, push, func(ctx context.Context) (*wire.Push, error) {
		err := a.AwaitPush(ctx, pushLook)
		return a.Push(), err
	})
	var f *fault.Error
	if !errors.As(err, &f) || !strings.HasSuffix(f.Code, "push_expired") || !p.o.f.IO.CanPrompt() || p.o.factor != "" {
		return err
	}
	p.o.f.IO.Note(f.Message)
	return p.choose(ctx, a)
}

// noting is what tells people something.
type noting interface{ Note(i18n.Localised) }

// tellPush shows the number that has to be typed on the device.
func tellPush(io noting, push *wire.Push) {
	io.Note(i18n.Text{RU: "Запрос отправлен на привязанное устройство. Число: %s", EN: "A request was sent to your bound device. The number: %s"}.With(wire.Text(push.Number)))
	io.Note(i18n.Text{RU: "На устройстве: epgu auth devices approve --number %s", EN: "On the device: epgu auth devices approve --number %s"}.With(wire.Text(push.Number)))
}

// choose lets a person pick another factor, and sends what that one needs.
func (p *proof) choose(ctx context.Context, a *signin.Attempt) error {
	factors := signin.Codes(a.Factors())
	if len(factors) == 0 {
		return nil
	}
	options := make([]prompt.Option, len(factors))
	for i, f := range factors {
		options[i] = prompt.Option{Label: factorName(f), Value: f.Kind}
	}
	i, err := prompt.New(p.o.f.IO).Select(ctx, prompt.Question{Label: i18n.Text{RU: "Как подтвердить вход?", EN: "How to confirm the sign-in?"}, Flag: "--factor"}, options)
	if err != nil {
		return err
	}
	p.kind = factors[i].Kind
	if !slices.Contains([]string{"sms", "email"}, p.kind) {
		return nil
	}
	return p.resend(ctx, a)
}

// factorName names a factor for people.
func factorName(f wire.Factor) i18n.Localised {
	switch f.Kind {
	case "totp":
		return i18n.Text{RU: "код из приложения", EN: "code of the authenticator"}
	case "sms":
		return i18n.Text{RU: "код в СМС на %s", EN: "code by SMS to %s"}.With(f.Target)
	case "email":
		return i18n.Text{RU: "код на почту %s", EN: "code by e-mail to %s"}.With(f.Target)
	case "push":
		return i18n.Text{RU: "запрос на привязанное устройство", EN: "request to a bound device"}
	case "recovery":
		return i18n.Text{RU: "запасной код", EN: "recovery code"}
	}
	return i18n.Text{RU: "%s", EN: "%s"}.With(wire.Text(f.Kind))
}
