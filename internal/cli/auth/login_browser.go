package auth

import (
	"context"
	"errors"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/signin"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/callback"
	"github.com/epgu-cli/epgu/internal/ui/browser"
	"github.com/epgu-cli/epgu/internal/ui/prompt"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// onPage signs in on the portal's page.
func (o *loginOptions) onPage(ctx context.Context, c *factory.Connection) error {
	if c.Embedded {
		return fault.New(exitcode.Refused, "auth.no_address", i18n.Say(
			"встроенный портал работает внутри этой программы, у него нет адреса для браузера", "the embedded portal runs inside this program and has no address for a browser")).
			Advise(i18n.Say("войдите в терминале (epgu auth login) или поставьте портал на порт: epgu sandbox serve, затем epgu config set portal http://127.0.0.1:8080 --in-profile web и epgu auth login --browser --profile web",
				"sign in in the terminal (epgu auth login), or put the portal on a port: epgu sandbox serve, then epgu config set portal http://127.0.0.1:8080 --in-profile web and epgu auth login --browser --profile web"))
	}
	if o.f.IO.NoInput && !o.codeStdin {
		return fault.New(exitcode.Usage, "prompt.no_terminal", i18n.Say(
			"на странице портала отвечает человек, а с --no-input спрашивать нельзя", "a person answers on the portal's page, and --no-input forbids asking")).
			Advise(i18n.Say("дайте ответ стандартным вводом (--no-browser --code-stdin) или войдите по --cert, --api-key-stdin или --with-token",
				"give the answer on standard input (--no-browser --code-stdin), or sign in by --cert, --api-key-stdin or --with-token"))
	}
	if s, err := o.f.Settings(); err == nil && s.Official() != "" {
		o.f.IO.Note(signin.DirectAccess(o.f.Clock.Now()))
	}
	listen, paste, err := c.SignIn.Redirects(ctx)
	if err != nil {
		return err
	}
	// A portal that returns only to https leaves the copying to the person.
	if o.noBrowser || !callback.Loopback(listen) {
		return o.paste(ctx, c.SignIn, paste)
	}
	l, err := callback.Listen(ctx, listen, o.f.IO.Lang)
	if err != nil {
		return fault.New(exitcode.Failure, "auth.listen", i18n.Text{
			RU: "не удалось принять ответ портала на адресе %s", EN: "cannot listen on %s for the portal's answer"}.With(listen)).Because(err).
			Advise(i18n.Say("добавьте --no-browser", "add --no-browser"))
	}
	b, err := c.SignIn.BeginBrowser(ctx, l.Address(), o.org)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	o.tellAddress(b)
	if err := browser.Open(ctx, o.f.IO, b.Address(), b.Hosts()); err != nil {
		// The address stands above: it can be opened by hand on this machine.
		if fault.ExitOf(err) == exitcode.Refused {
			return errors.Join(err, l.Close())
		}
		o.f.IO.Note(messageOf(err))
	}
	limited, cancel := context.WithTimeout(ctx, o.wait)
	defer cancel()
	address, err := l.Wait(limited, func(address string) callback.Verdict { return judge(b, address) })
	if err != nil {
		return o.noAnswer(limited, err)
	}
	code, err := b.Code(address)
	if err != nil {
		return err
	}
	return b.Finish(ctx, code)
}

// judge says what an address that a browser brought is worth.
func judge(b *signin.Browser, address string) callback.Verdict {
	_, err := b.Code(address)
	var f *fault.Error
	switch {
	case err == nil:
		return callback.Accepted
	case errors.As(err, &f) && (f.Code == signin.CodeForeign || f.Exit == exitcode.Usage):
		return callback.Foreign
	}
	return callback.Refused
}

// paste prints the address of the page and takes what the person copies.
func (o *loginOptions) paste(ctx context.Context, sign *signin.Service, redirect string) error {
	if !o.codeStdin && !o.f.IO.CanPrompt() {
		return fault.New(exitcode.Usage, "prompt.no_terminal", i18n.Say(
			"нужен ответ, а терминала нет: адрес, на который вернул портал", "an answer is needed and there is no terminal: the address that the portal led back to")).
			Advise(i18n.Say("передайте его со стандартного ввода: --no-browser --code-stdin", "give it on standard input: --no-browser --code-stdin"))
	}
	b, err := sign.BeginBrowser(ctx, redirect, o.org)
	if err != nil {
		return err
	}
	o.tellAddress(b)
	limited, cancel := context.WithTimeout(ctx, o.wait)
	defer cancel()
	what := i18n.Text{RU: "Адрес, на который вернул портал, или код", EN: "Address that the portal led back to, or the code"}
	if !o.codeStdin {
		var code string
		var refusal error
		_, err := prompt.New(o.f.IO).Input(limited, prompt.Question{Label: what, Flag: "--code-stdin", Validate: func(answer string) (err error) {
			code, err = b.Code(answer)
			if fault.ExitOf(err) == exitcode.Usage {
				return err // a slip of copying: asked again
			}
			refusal = err
			return nil
		}})
		if err != nil {
			return o.noAnswer(limited, err)
		}
		if refusal != nil {
			return refusal
		}
		return b.Finish(ctx, code)
	}
	line, err := o.line(limited, what)
	if err != nil {
		return o.noAnswer(limited, err)
	}
	code, err := b.Code(line)
	if err != nil {
		return err
	}
	return b.Finish(ctx, code)
}

// line reads standard input without outliving the deadline; the reading
// goroutine ends with the process when nothing comes.
func (o *loginOptions) line(ctx context.Context, what i18n.Text) (string, error) {
	type answer struct {
		line string
		err  error
	}
	came := make(chan answer, 1)
	go func() {
		line, err := o.secrets.Get(ctx, what, "--code-stdin", true)
		came <- answer{line, err}
	}()
	select {
	case a := <-came:
		return a.line, a.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// tellAddress prints the address alone on its line, ready to be copied.
func (o *loginOptions) tellAddress(b *signin.Browser) {
	o.f.IO.Note(i18n.Say("Откройте страницу портала и войдите:", "Open the portal's page and sign in:"))
	o.f.IO.Note(i18n.Text{RU: "%s", EN: "%s"}.With(untrusted.Text(b.Address())))
}

// noAnswer tells the deadline from an interruption.
func (o *loginOptions) noAnswer(limited context.Context, err error) error {
	if !errors.Is(limited.Err(), context.DeadlineExceeded) {
		return err
	}
	return fault.New(exitcode.Auth, "auth.no_answer", i18n.Text{
		RU: "за %s ответа со страницы портала не пришло", EN: "no answer came from the portal's page within %s"}.With(o.wait.String())).
		Advise(i18n.Say("повторите; больше времени даст --wait 15m", "repeat it; --wait 15m gives more time"))
}
