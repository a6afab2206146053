package pay

import (
	"context"
	"net/url"
	"strings"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/browser"
	"github.com/epgu-cli/epgu/internal/ui/prompt"
)

// answer gives what a payment asks for: the code of --code once, the payment
// page when the user wants it, else a person's code.
func (o *payOptions) answer() func(context.Context, cabinet.Factor) (string, error) {
	if o.code == "" && !o.f.IO.CanPrompt() && !o.browse {
		return nil
	}
	shown := false
	return func(ctx context.Context, factor cabinet.Factor) (string, error) {
		if o.code != "" {
			code := o.code
			o.code = ""
			return code, nil
		}
		if o.browse && factor.Page != "" {
			if shown {
				return "", billing.ErrElsewhere
			}
			shown = true
			return "", o.openPage(ctx, factor.Page)
		}
		label := i18n.Text{RU: "Код подтверждения (отправлен: %s)", EN: "Confirmation code (sent to %s)"}
		if factor.Kind == "token" {
			label = i18n.Text{RU: "Одноразовый код из кошелька (%s)", EN: "One-time token of the wallet (%s)"}
		}
		return prompt.New(o.f.IO).Input(ctx, prompt.Question{Label: label.With(factor.Target), Flag: "--code"})
	}
}

// openPage shows the payment page; what happens there is learned by asking
// about the payment.
func (o *payOptions) openPage(ctx context.Context, path string) error {
	address, hosts, err := pageAddress(ctx, o.f, path)
	if err != nil {
		return err
	}
	o.f.IO.Note(i18n.Text{RU: "Страница оплаты: %s", EN: "The payment page: %s"}.With(address))
	if err := browser.Open(ctx, o.f.IO, address, hosts); err != nil {
		return err
	}
	return billing.ErrElsewhere
}

// pageAddress makes the address of a page of the portal from its path.
func pageAddress(ctx context.Context, f *factory.Factory, path string) (string, []string, error) {
	c, err := f.Connect(ctx)
	if err != nil {
		return "", nil, err
	}
	if c.Embedded {
		return "", nil, fault.New(exitcode.Refused, "page.not_served", i18n.Say("у встроенного портала нет страниц для браузера: он работает внутри программы", "the embedded portal has no pages for a browser: it runs inside the program")).
			Advise(i18n.Say("подтвердите кодом (--code) или поднимите портал: epgu sandbox serve", "confirm by the code (--code), or serve the portal: epgu sandbox serve"))
	}
	s, err := f.Settings()
	if err != nil {
		return "", nil, err
	}
	base, err := url.Parse(s.Get("portal").Value)
	if err != nil {
		return "", nil, err
	}
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") {
		path = "/"
	}
	return strings.TrimSuffix(base.String(), "/") + path, []string{base.Host}, nil
}
