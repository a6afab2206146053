package auth

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/signin"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/i18n"
	"github.com/epgu-cli/epgu/internal/ui/launch"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/ui/prompt"
)

// maxSecret bounds what is read as a password or a code, bytes.
const maxSecret = 4096

// commandTime bounds --otp-command.
const commandTime = 30 * time.Second

type loginOptions struct {
	f             *factory.Factory
	out           output.Options
	user          string
	passwordStdin bool
	otp           string
	otpCommand    string
	factor        string
	org           string
}

func newLogin(f *factory.Factory) *cobra.Command {
	o := &loginOptions{f: f}
	cmd := &cobra.Command{
		Use:   "login",
		Short: i18n.Text{RU: "Войти", EN: "Sign in"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Вход по телефону, почте, СНИЛС или ИНН и паролю, затем второй фактор. Без терминала каждый ответ даётся флагом.\nПароль не передаётся аргументом: только --password-stdin или вопрос на терминале.\nЛюди учебного портала: epgu sandbox users.",
			EN: "Signs in by phone, e-mail, СНИЛС or ИНН and password, then a second factor. Without a terminal every answer is a flag.\nA password is never an argument: only --password-stdin or a question on the terminal.\nPeople of the training portal: epgu sandbox users."}.In(f.Lang),
		Example: "  epgu auth login\n  epgu auth login --user citizen@example.org --password-stdin --otp-command 'oathtool --totp -b @secret' < password",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	fl := cmd.Flags()
	fl.StringVarP(&o.user, "user", "u", "", i18n.Text{RU: "телефон, почта, СНИЛС или ИНН", EN: "phone, e-mail, СНИЛС or ИНН"}.In(f.Lang))
	fl.BoolVar(&o.passwordStdin, "password-stdin", false, i18n.Text{RU: "прочитать пароль со стандартного ввода", EN: "read the password from standard input"}.In(f.Lang))
	fl.StringVar(&o.otp, "otp", "", i18n.Text{RU: "код второго фактора", EN: "code of the second factor"}.In(f.Lang))
	fl.StringVar(&o.otpCommand, "otp-command", "", i18n.Text{RU: "`программа`, которая печатает код второго фактора", EN: "`program` that prints the code of the second factor"}.In(f.Lang))
	fl.StringVar(&o.factor, "factor", "", i18n.Text{RU: "второй фактор: totp, sms или email", EN: "second factor: totp, sms or email"}.In(f.Lang))
	fl.StringVar(&o.org, "org", "", i18n.Text{RU: "действовать от имени организации с этим `номером`", EN: "act for the organisation with this `number`"}.In(f.Lang))
	output.AddFlags(cmd, &o.out, statusView(), f.Lang)
	cmd.MarkFlagsMutuallyExclusive("otp", "otp-command")
	return cmd
}

func (o *loginOptions) run(ctx context.Context) error {
	user, password, err := o.credentials(ctx)
	if err != nil {
		return err
	}
	c, err := o.f.Connect(ctx)
	if err != nil {
		return err
	}
	attempt, err := c.SignIn.Begin(ctx, signin.Login{User: user, Password: password, OrgOID: o.org})
	if err != nil {
		return err
	}
	if err := o.prove(ctx, attempt); err != nil {
		return err
	}
	if err := attempt.Finish(ctx); err != nil {
		return err
	}
	st, err := c.SignIn.Status(ctx)
	if err != nil {
		return err
	}
	me, err := c.SignIn.Me(ctx)
	if err != nil {
		return err
	}
	return output.Object(o.f.IO, &o.out, statusView(), status{Status: st, person: &me})
}

func (o *loginOptions) credentials(ctx context.Context) (user, password string, err error) {
	p := prompt.New(o.f.IO)
	user = o.user
	if user == "" {
		if user, err = p.Input(ctx, prompt.Question{Label: i18n.Text{RU: "Телефон, почта, СНИЛС или ИНН", EN: "Phone, e-mail, СНИЛС or ИНН"}, Flag: "--user"}); err != nil {
			return "", "", err
		}
	}
	if !o.passwordStdin {
		password, err = p.Password(ctx, prompt.Question{Label: i18n.Text{RU: "Пароль", EN: "Password"}, Flag: "--password-stdin"})
		return user, password, err
	}
	line, err := bufio.NewReader(io.LimitReader(o.f.IO.In, maxSecret)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", "", err
	}
	if password = strings.TrimRight(line, "\r\n"); password == "" {
		return "", "", fault.New(exitcode.Usage, "auth.no_password", i18n.Say("со стандартного ввода не пришло пароля", "standard input gave no password"))
	}
	return user, password, nil
}

// prove answers the second factor until the portal is content.
func (o *loginOptions) prove(ctx context.Context, a *signin.Attempt) error {
	for !a.Done() {
		kind, err := o.pick(a.Factors())
		if err != nil {
			return err
		}
		code, given, err := o.code(ctx, kind)
		if err != nil {
			return err
		}
		err = a.Answer(ctx, kind.Kind, code)
		// A person may try again; a script's code is not going to get better.
		if err != nil && (given || fault.ExitOf(err) != exitcode.Usage && fault.ExitOf(err) != exitcode.Refused || !retryable(err)) {
			return err
		}
		if err != nil {
			o.f.IO.Note(messageOf(err))
		}
	}
	return nil
}

// retryable reports whether another code may be given in the same sign-in.
func retryable(err error) bool {
	var f *fault.Error
	return errors.As(err, &f) && strings.HasSuffix(f.Code, "wrong_code")
}

func messageOf(err error) i18n.Message {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Message
	}
	return i18n.Text{RU: "%v", EN: "%v"}.With(err)
}

func (o *loginOptions) pick(factors []cabinet.Factor) (cabinet.Factor, error) {
	var kinds []string
	for _, f := range factors {
		if o.factor == "" || f.Kind == o.factor {
			return f, nil
		}
		kinds = append(kinds, f.Kind)
	}
	return cabinet.Factor{}, fault.New(exitcode.Usage, "auth.factor", i18n.Text{
		RU: "такого второго фактора нет; подходит: %s", EN: "no such second factor; use: %s"}.With(strings.Join(kinds, ", ")))
}

// code gets the code of the second factor; given says that it came from a flag.
func (o *loginOptions) code(ctx context.Context, kind cabinet.Factor) (code string, given bool, err error) {
	switch {
	case o.otp != "":
		return o.otp, true, nil
	case o.otpCommand != "":
		code, err := o.runCommand(ctx)
		return code, true, err
	}
	label := i18n.Text{RU: "Код из приложения", EN: "Code of the authenticator"}.With()
	if kind.Target != "" {
		label = i18n.Text{RU: "Код, отправленный на %s", EN: "Code sent to %s"}.With(kind.Target)
	}
	code, err = prompt.New(o.f.IO).Input(ctx, prompt.Question{Label: label, Flag: "--otp"})
	return code, false, err
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
	out, err := cmd.Output()
	code := strings.TrimSpace(string(out[:min(len(out), maxSecret)]))
	if err != nil || code == "" {
		return "", fault.New(exitcode.Auth, "auth.otp_command", i18n.Say("--otp-command не дал кода", "--otp-command gave no code")).Because(err)
	}
	return code, nil
}
