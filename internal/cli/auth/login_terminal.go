package auth

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/signin"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/launch"
	"github.com/epgu-cli/epgu/internal/ui/prompt"
)

// maxCode bounds what --otp-command may print, bytes.
const maxCode = 4096

// commandTime bounds --otp-command.
const commandTime = 30 * time.Second

// totpStep is how long a code of an authenticator lasts (RFC 6238).
const totpStep = 30 * time.Second

// inTerminal signs in by login, password and second factor.
func (o *loginOptions) inTerminal(ctx context.Context, c *factory.Connection) error {
	user, err := o.askUser(ctx)
	if err != nil {
		return err
	}
	password, err := o.secrets.Get(ctx, i18n.Text{RU: "Пароль", EN: "Password"}, "--password-stdin", o.passwordStdin)
	if err != nil {
		return err
	}
	p := &proof{o: o, sign: c.SignIn, user: user}
	var keep *signin.KeepForCron
	if o.keepTOTP {
		if p.secret, err = o.secrets.Get(ctx, i18n.Text{RU: "Секрет TOTP", EN: "TOTP secret"}, "--keep-totp-stdin", o.passwordStdin); err != nil {
			return err
		}
		if _, err := signin.TOTP(p.secret, o.f.Clock.Now()); err != nil {
			return err // before anything is sent
		}
		keep = &signin.KeepForCron{TOTPSecret: p.secret}
	}
	attempt, err := c.SignIn.Begin(ctx, signin.Login{User: user, Password: password, OrgOID: o.org})
	if err != nil {
		return err
	}
	if o.certificate.given() {
		// The PIN is asked only when the password was right.
		s, err := o.certificate.open(ctx)
		if err != nil {
			return err
		}
		if err := attempt.Sign(ctx, sign(s)); err != nil {
			return err
		}
	}
	for !attempt.Done() {
		if err := p.step(ctx, attempt); err != nil {
			return err
		}
	}
	return attempt.Finish(ctx, keep)
}

func (o *loginOptions) askUser(ctx context.Context) (string, error) {
	if o.user != "" {
		return o.user, nil
	}
	return prompt.New(o.f.IO).Input(ctx, prompt.Question{Label: i18n.Text{RU: "Телефон, почта, СНИЛС или ИНН", EN: "Phone, e-mail, СНИЛС or ИНН"}, Flag: "--user"})
}

// proof answers the second factor.
type proof struct {
	o      *loginOptions
	sign   *signin.Service
	user   string
	secret string // of --keep-totp-stdin
	kind   string // the factor in use; empty before the first answer
	waited bool
}

// source says where a code came from, and so whether another one can be had.
type source int

const (
	typed source = iota // by a person, who may try again
	given               // by a flag
	kept                // made from a secret: the next one comes in 30 seconds
)

// step gives one answer.
func (p *proof) step(ctx context.Context, a *signin.Attempt) error {
	factor, err := p.pick(ctx, a)
	if err != nil {
		return err
	}
	if factor.Kind == "push" {
		return p.push(ctx, a)
	}
	code, from, err := p.code(ctx, factor)
	if err != nil {
		return err
	}
	if code == "" {
		return p.another(ctx, a)
	}
	err = a.Answer(ctx, factor.Kind, code)
	var f *fault.Error
	if err == nil || !errors.As(err, &f) {
		return err
	}
	switch {
	case from == kept && strings.HasSuffix(f.Code, "code_used") && !p.waited:
		p.waited = true
		p.o.f.IO.Note(i18n.Say("Этот код уже был использован, жду следующего (до 30 с)…", "This code was used already; waiting for the next one (up to 30 s)…"))
		now := p.o.f.Clock.Now()
		return p.o.f.Clock.Sleep(ctx, now.Truncate(totpStep).Add(totpStep).Sub(now))
	case from == typed && (strings.HasSuffix(f.Code, "wrong_code") || strings.HasSuffix(f.Code, "code_used") || strings.HasSuffix(f.Code, "code_expired")):
		p.o.f.IO.Note(f.Message)
		return nil
	}
	return err
}

// pick returns the factor in use; the first time the one asked for, or the best.
func (p *proof) pick(ctx context.Context, a *signin.Attempt) (signin.Factor, error) {
	factors := signin.Codes(a.Factors())
	want := p.kind
	if want == "" {
		want = p.o.factor
	}
	if want == "" && p.secret != "" {
		want = "totp"
	}
	if want == "" && (p.o.otp != "" || p.o.otpCommand != "") {
		// Who brings a code does not wait for a device.
		if i := slices.IndexFunc(factors, func(f signin.Factor) bool { return f.Kind != "push" }); i >= 0 {
			want = factors[i].Kind
		}
	}
	i := 0
	if want != "" {
		i = slices.IndexFunc(factors, func(f signin.Factor) bool { return f.Kind == want })
	}
	if i < 0 || len(factors) == 0 {
		var kinds []string
		for _, f := range factors {
			kinds = append(kinds, f.Kind)
		}
		return signin.Factor{}, fault.New(exitcode.Usage, "auth.factor", i18n.Text{
			RU: "такого второго фактора нет; подходит: %s", EN: "no such second factor; use: %s"}.With(strings.Join(kinds, ", ")))
	}
	chosen := factors[i]
	// The portal sends a code by itself only for the factor it puts first.
	if p.kind == "" && i > 0 && (chosen.Kind == "sms" || chosen.Kind == "email") {
		if err := a.Answer(ctx, chosen.Kind, ""); err != nil {
			return chosen, err
		}
	}
	p.kind = chosen.Kind
	return chosen, nil
}

// another sends a new code, or lets the person choose when there is nothing to
// send.
func (p *proof) another(ctx context.Context, a *signin.Attempt) error {
	if p.kind != "sms" && p.kind != "email" {
		return p.choose(ctx, a)
	}
	return p.resend(ctx, a)
}

// resend sends a code of the factor in use.
func (p *proof) resend(ctx context.Context, a *signin.Attempt) error {
	err := a.Answer(ctx, p.kind, "")
	var f *fault.Error
	if errors.As(err, &f) && strings.HasSuffix(f.Code, "code_too_soon") {
		p.o.f.IO.Note(f.Message)
		return nil
	}
	return err
}

func (p *proof) code(ctx context.Context, factor signin.Factor) (string, source, error) {
	o := p.o
	switch {
	case o.otp != "":
		return o.otp, given, nil
	case o.otpCommand != "":
		code, err := o.runCommand(ctx)
		return code, given, err
	case p.secret != "":
		code, err := signin.TOTP(p.secret, o.f.Clock.Now())
		return code, kept, err
	}
	if factor.Kind == "totp" {
		if code, err := p.sign.KeptTOTP(ctx, p.user); err == nil && code != "" {
			return code, kept, nil
		}
	}
	label := i18n.Text{RU: "Код из приложения (пустая строка — другой способ)", EN: "Code of the authenticator (empty line: another way)"}.With()
	switch factor.Kind {
	case "totp":
	case "recovery":
		label = i18n.Text{RU: "Запасной код (пустая строка — другой способ)", EN: "Recovery code (empty line: another way)"}.With()
	default:
		label = i18n.Text{RU: "Код, отправленный на %s (пустая строка — прислать ещё раз)", EN: "Code sent to %s (empty line: send it again)"}.With(factor.Target)
	}
	code, err := prompt.New(o.f.IO).Input(ctx, prompt.Question{Label: label, Flag: "--otp"})
	return code, typed, err
}

// runCommand runs --otp-command without a shell and without our secrets in its
// environment.
func (o *loginOptions) runCommand(ctx context.Context) (string, error) {
	words, err := launch.Words(o.otpCommand)
	if err != nil || len(words) == 0 {
		return "", fault.New(exitcode.Usage, "auth.otp_command", i18n.Say("--otp-command не разобрать", "--otp-command cannot be read")).Because(err)
	}
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Env = launch.Environ(os.Environ())
	cmd.Stderr = o.f.IO.ErrOut
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	code := strings.TrimSpace(string(out[:min(len(out), maxCode)]))
	if err != nil || code == "" {
		return "", fault.New(exitcode.Auth, "auth.otp_command", i18n.Say("--otp-command не дал кода", "--otp-command gave no code")).Because(err)
	}
	return code, nil
}
