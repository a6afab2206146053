package auth

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/secret"
	"github.com/epgu-cli/epgu/internal/core/signin"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/payfile/qr"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/ui/prompt"
)

func setupView() output.View[wire.TOTPSetup] {
	return output.View[wire.TOTPSetup]{Fields: []output.Field[wire.TOTPSetup]{
		{Name: "secret", Title: i18n.Text{RU: "Секрет", EN: "Secret"}, Value: func(s wire.TOTPSetup) any { return s.Secret }},
		{Name: "uri", Title: i18n.Text{RU: "Адрес для приложения", EN: "Address for the application"}, Value: func(s wire.TOTPSetup) any { return s.URI }},
	}}
}

// enableOptions are what turning a way on takes.
type enableOptions struct {
	f             *factory.Factory
	otp           string
	saveSecret    bool
	user          string
	passwordStdin bool
	noQR          bool
	out           output.Options
}

func newTwoFactorEnable(f *factory.Factory) *cobra.Command {
	o := &enableOptions{f: f}
	cmd := &cobra.Command{
		Use:       i18n.Text{RU: "enable СПОСОБ", EN: "enable WAY"}.In(f.Lang),
		Short:     i18n.Text{RU: "Подключить приложение (totp) или предлагать способ первым (push, sms, email)", EN: "Set an authenticator up (totp), or offer a way first (push, sms, email)"}.In(f.Lang),
		ValidArgs: []string{"totp", "push", "sms", "email"},
		Long: i18n.Text{
			RU: `Нужен нынешний пароль: без него никто с чужим сеансом вход не перестроит.

totp: показывает секрет текстом, адресом otpauth и QR-кодом и ждёт первого кода; без терминала — вторым вызовом с --otp, уже без пароля. Прежний секрет работает, пока новый не подтверждён.
--save-secret оставляет секрет в хранилище этой машины, и коды она делает сама: первый — сразу. Только по вашему выбору, для cron; второй фактор тогда лежит рядом с паролем.
push, sms, email: способ, который предлагается первым.`,
			EN: `It takes the present password, so that nobody with a session of yours changes the way in.

totp: shows the secret as text, as an otpauth address and as a QR code and waits for the first code; without a terminal that is a second run with --otp, then without the password. The earlier secret works until the new one is confirmed.
--save-secret leaves the secret in the vault of this machine, which then makes the codes itself, the first one at once. By your choice only, for cron; the second factor then lies beside the password.
push, sms, email: the way that is offered first.`}.In(f.Lang),
		Example: `  epgu auth 2fa enable totp
  epgu auth 2fa enable totp --password-stdin < password
  epgu auth 2fa enable totp --otp 123456
  epgu auth 2fa enable push --password-stdin < password`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			kind, err := chosenWay(args)
			if err != nil {
				return err
			}
			return o.run(cmd.Context(), kind)
		},
	}
	say := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(f.Lang) }
	fl := cmd.Flags()
	fl.StringVar(&o.otp, "otp", "", say("первый код нового секрета, показанного раньше (для totp)", "first code of the new secret that was shown before (for totp)"))
	fl.BoolVar(&o.saveSecret, "save-secret", false, say("оставить секрет в хранилище этой машины (для totp)", "leave the secret in the vault of this machine (for totp)"))
	fl.StringVarP(&o.user, "user", "u", "", say("под каким логином хранить секрет; обычно почта или телефон учётной записи", "the login to keep the secret under; usually the account's e-mail address or phone"))
	fl.BoolVar(&o.passwordStdin, "password-stdin", false, say("прочитать нынешний пароль со стандартного ввода", "read the present password from standard input"))
	fl.BoolVar(&o.noQR, "no-qr", false, say("не рисовать QR-код", "draw no QR code"))
	cmd.MarkFlagsMutuallyExclusive("otp", "save-secret")
	output.AddFlags(cmd, &o.out, setupView(), f.Lang)
	return cmd
}

func (o *enableOptions) run(ctx context.Context, kind string) error {
	if kind != "totp" && (o.otp != "" || o.saveSecret) {
		return fault.New(exitcode.Usage, "flag.needs", i18n.Say("--otp и --save-secret — для totp", "--otp and --save-secret are for totp"))
	}
	c, err := o.f.Connect(ctx)
	if err != nil {
		return err
	}
	if kind == "totp" {
		return o.totp(ctx, c)
	}
	password, err := o.password(ctx)
	if err != nil {
		return err
	}
	if err := c.TwoFactor.Prefer(ctx, kind, password); err != nil {
		return err
	}
	return tellPreferred(ctx, o.f, c)
}

// password asks for the present one: a marker alone, stolen or left behind, is
// not enough to change how sign-ins are confirmed.
func (o *enableOptions) password(ctx context.Context) (string, error) {
	return newSecrets(o.f).Get(ctx, secret.Present(), "--password-stdin", o.passwordStdin)
}

// tellPreferred says what is offered first from now on.
func tellPreferred(ctx context.Context, f *factory.Factory, c *factory.Connection) error {
	s, err := c.TwoFactor.Status(ctx)
	if err == nil {
		sayPreferred(f, s)
	}
	return err
}

func sayPreferred(f *factory.Factory, s *wire.SecondFactor) {
	for _, x := range s.Factors {
		if x.Kind == s.Preferred {
			f.IO.Note(i18n.Text{RU: "Первым предлагается: %s.", EN: "Offered first: %s."}.With(factorName(x)))
		}
	}
}

func (o *enableOptions) totp(ctx context.Context, c *factory.Connection) error {
	if o.otp != "" {
		if err := c.TwoFactor.ConfirmTOTP(ctx, o.otp); err != nil {
			return err
		}
		return o.on(ctx, c, "")
	}
	password, err := o.password(ctx)
	if err != nil {
		return err
	}
	setup, err := c.TwoFactor.SetUpTOTP(ctx, password)
	if err != nil {
		return err
	}
	if err := output.Object(o.f.IO, &o.out, setupView(), *setup); err != nil {
		return err
	}
	if o.saveSecret {
		code, err := signin.TOTP(setup.Secret, o.f.Clock.Now())
		if err != nil {
			return err
		}
		if err := c.TwoFactor.ConfirmTOTP(ctx, code); err != nil {
			return err
		}
		return o.on(ctx, c, setup.Secret)
	}
	if err := o.draw(setup.URI); err != nil {
		return err
	}
	if !o.f.IO.CanPrompt() {
		o.f.IO.Note(i18n.Say("Добавьте секрет в приложение. Дальше: epgu auth 2fa enable totp --otp КОД", "Add the secret to the application. Next: epgu auth 2fa enable totp --otp CODE"))
		return nil
	}
	for {
		code, err := prompt.New(o.f.IO).Input(ctx, prompt.Question{Label: i18n.Text{RU: "Первый код из приложения", EN: "First code of the application"}, Flag: "--otp"})
		if err != nil {
			return err
		}
		err = c.TwoFactor.ConfirmTOTP(ctx, code)
		var f *fault.Error
		if errors.As(err, &f) && strings.HasSuffix(f.Code, "wrong_code") {
			o.f.IO.Note(f.Message)
			continue
		}
		if err != nil {
			return err
		}
		return o.on(ctx, c, "")
	}
}

// draw shows the address as a QR code to a person.
func (o *enableOptions) draw(uri string) error {
	if o.noQR || o.out.Machine() || !o.f.IO.IsStderrTTY() || o.f.IO.Accessible() {
		return nil
	}
	code, err := qr.Draw([]byte(uri))
	if err != nil {
		return err
	}
	return code.Terminal(o.f.IO.ErrOut, qr.Style{ASCII: o.f.IO.Dumb()})
}

// on tells that the authenticator works, and keeps its secret where asked to.
func (o *enableOptions) on(ctx context.Context, c *factory.Connection, secret string) error {
	// What was kept of the earlier secret makes wrong codes from now on.
	if _, err := c.SignIn.ForgetTOTP(ctx); err != nil {
		return err
	}
	if secret != "" {
		login, err := loginFor(ctx, c, o.user)
		if err != nil {
			return err
		}
		if err := c.SignIn.KeepTOTP(ctx, login, "", secret); err != nil {
			return err
		}
		o.f.IO.Note(i18n.Text{RU: "Приложение подключено, секрет сохранён для входа %s: коды делает эта машина.", EN: "The authenticator is set up and its secret kept for the login %s: this machine makes the codes."}.With(wire.Text(login)))
		return nil
	}
	o.f.IO.Note(i18n.Say("Приложение подключено. На случай потери телефона: epgu auth 2fa recovery-codes", "The authenticator is set up. In case the phone is lost: epgu auth 2fa recovery-codes"))
	return nil
}

// loginFor is the login that a secret is kept under: the one given, else the
// first of the account's.
func loginFor(ctx context.Context, c *factory.Connection, given string) (string, error) {
	if given != "" {
		return given, nil
	}
	me, err := c.SignIn.Me(ctx)
	if err != nil {
		return "", err
	}
	for _, login := range []string{me.Email.Raw(), me.Mobile.Raw(), me.SNILS} {
		if login != "" {
			return login, nil
		}
	}
	return "", fault.New(exitcode.Usage, "2fa.login", i18n.Say("под каким логином хранить секрет, неизвестно", "it is not known under which login to keep the secret")).
		Advise(i18n.Say("добавьте --user ЛОГИН", "add --user LOGIN"))
}

// turnOffTOTP turns the authenticator off by its code, a recovery code, or the
// code that a kept secret makes.
func turnOffTOTP(ctx context.Context, f *factory.Factory, c *factory.Connection, code string) error {
	if code == "" {
		var err error
		if code, err = c.SignIn.OwnTOTP(ctx); err != nil {
			return err
		}
	}
	if code == "" {
		var err error
		if code, err = prompt.New(f.IO).Input(ctx, prompt.Question{Label: i18n.Text{RU: "Код из приложения или запасной код", EN: "Code of the authenticator or a recovery code"}, Flag: "--otp"}); err != nil {
			return err
		}
	}
	if err := c.TwoFactor.TurnOffTOTP(ctx, code); err != nil {
		return err
	}
	was, err := c.SignIn.ForgetTOTP(ctx)
	if err != nil {
		return err
	}
	f.IO.Note(i18n.Say("Приложение отключено: вход подтверждает код в сообщении или устройство.", "The authenticator is off: a code in a message or a device confirms sign-ins."))
	if was {
		f.IO.Note(i18n.Say("Сохранённый секрет стёрт.", "The secret that was kept is erased."))
	}
	return nil
}

func newTwoFactorKeep(f *factory.Factory) *cobra.Command {
	var user string
	var forget, secretStdin, passwordStdin bool
	cmd := &cobra.Command{
		Use:   "keep",
		Short: i18n.Text{RU: "Оставить секрет приложения в хранилище этой машины (для cron) или стереть его", EN: "Keep the authenticator's secret in the vault of this machine (for cron), or erase it"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Только по вашему выбору: с секретом эта машина сама делает коды, и epgu auth login их не спрашивает. С --password-stdin сохраняется и пароль (первая строка — пароль, вторая — секрет), и закончившийся сеанс начнётся сам. Где лежит хранилище: epgu auth status.",
			EN: "By your choice only: with the secret this machine makes the codes, and epgu auth login does not ask for them. With --password-stdin the password is kept, too (first line: password, second: secret), and a session that has ended begins anew by itself. Where the vault is: epgu auth status."}.In(f.Lang),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			c, err := f.Connect(ctx)
			if err != nil {
				return err
			}
			if forget {
				was, err := c.SignIn.ForgetTOTP(ctx)
				if err == nil && was {
					f.IO.Note(i18n.Say("Секрет и пароль стёрты из хранилища.", "The secret and the password are erased from the vault."))
				} else if err == nil {
					f.IO.Note(i18n.Say("Хранить было нечего.", "Nothing was kept."))
				}
				return err
			}
			s := newSecrets(f)
			var password string
			if passwordStdin {
				if password, err = s.Get(ctx, secret.Present(), "--password-stdin", true); err != nil {
					return err
				}
			}
			seed, err := s.Get(ctx, i18n.Text{RU: "Секрет TOTP (base32)", EN: "TOTP secret (base32)"}, "--secret-stdin", secretStdin || passwordStdin)
			if err != nil {
				return err
			}
			login, err := loginFor(ctx, c, user)
			if err != nil {
				return err
			}
			if err := c.SignIn.KeepTOTP(ctx, login, password, seed); err != nil {
				return err
			}
			f.IO.Note(i18n.Text{RU: "Секрет сохранён для входа %s. Стереть: epgu auth 2fa keep --forget", EN: "The secret is kept for the login %s. To erase it: epgu auth 2fa keep --forget"}.With(wire.Text(login)))
			return nil
		},
	}
	say := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(f.Lang) }
	cmd.Flags().StringVarP(&user, "user", "u", "", say("логин, под которым вы входите", "the login that you sign in with"))
	cmd.Flags().BoolVar(&secretStdin, "secret-stdin", false, say("прочитать секрет со стандартного ввода", "read the secret from standard input"))
	cmd.Flags().BoolVar(&passwordStdin, "password-stdin", false, say("сохранить и пароль: две строки ввода, пароль и секрет", "keep the password, too: two lines of input, password and secret"))
	cmd.Flags().BoolVar(&forget, "forget", false, say("стереть сохранённые секрет и пароль", "erase the secret and the password that are kept"))
	cmd.MarkFlagsMutuallyExclusive("forget", "secret-stdin")
	cmd.MarkFlagsMutuallyExclusive("forget", "password-stdin")
	cmd.MarkFlagsMutuallyExclusive("forget", "user")
	return cmd
}
