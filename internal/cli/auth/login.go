package auth

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

// browserTime is how long a person may take on the portal's page; the portal
// itself gives them 15 minutes.
const browserTime = 10 * time.Minute

type loginOptions struct {
	f       *factory.Factory
	cmd     *cobra.Command
	out     output.Options
	secrets *secrets

	user          string
	passwordStdin bool
	otp           string
	otpCommand    string
	factor        string
	certificate   certificate
	keepTOTP      bool
	org           string

	browser   bool
	noBrowser bool
	codeStdin bool
	wait      time.Duration

	apiKey     bool
	keepAPIKey bool
	withToken  bool
}

func newLogin(f *factory.Factory) *cobra.Command {
	o := &loginOptions{f: f, secrets: newSecrets(f)}
	cmd := &cobra.Command{
		Use:   "login",
		Short: i18n.Text{RU: "Войти", EN: "Sign in"}.In(f.Lang),
		Long: i18n.Text{
			RU: `Входит одним из способов:
  в терминале — телефон, почта, СНИЛС или ИНН, пароль и второй фактор, где портал это умеет;
  --browser — на странице портала; ответ приходит на адрес этой машины;
  --no-browser — то же без браузера здесь: печатает адрес и принимает адрес возврата или код;
  --cert — по сертификату, привязанному к учётной записи (epgu cert bind), вместо пароля; с --user — вторым фактором;
  --api-key-stdin — по ключу API сотрудника организации, без человека: так и работает сама организация;
  --with-token — готовым маркером.
Без --cert флаги --signer и --pin-file относятся к ключу информационной системы (client_key, client_signer).
Секреты не передаются аргументами: только со стандартного ввода или вопросом на терминале.
Без терминала каждый ответ даётся флагом; чего не хватает, говорит ошибка с кодом 2.
Люди учебного портала: epgu sandbox users.`,
			EN: `Signs in, one way of these:
  in the terminal: phone, e-mail, СНИЛС or ИНН, password and a second factor, where the portal offers it;
  --browser: on the portal's page; the answer comes to an address of this machine;
  --no-browser: the same without a browser here: prints the address and takes the redirected address or the code;
  --cert: by a certificate that is bound to the account (epgu cert bind) instead of a password; with --user, as the second factor;
  --api-key-stdin: by the API key of an organisation's employee, without a person: the way of an organisation itself;
  --with-token: by a marker that you have.
Without --cert, --signer and --pin-file are about the key of the information system (client_key, client_signer).
Secrets are never arguments: standard input or a question on the terminal only.
Without a terminal every answer is a flag; what is missing is said by an error with exit code 2.
People of the training portal: epgu sandbox users.`}.In(f.Lang),
		Example: `  epgu auth login
  epgu auth login --browser
  epgu auth login --user citizen@example.org --password-stdin --otp-command 'oathtool --totp -b @secret' < password
  epgu auth login --cert me --pin-file pin
  epgu auth login --api-key-stdin --keep-api-key < key`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { o.cmd = cmd; return o.run(cmd.Context()) },
	}
	fl := cmd.Flags()
	say := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(f.Lang) }
	fl.StringVarP(&o.user, "user", "u", "", say("телефон, почта, СНИЛС или ИНН", "phone, e-mail, СНИЛС or ИНН"))
	fl.BoolVar(&o.passwordStdin, "password-stdin", false, say("прочитать пароль со стандартного ввода", "read the password from standard input"))
	fl.StringVar(&o.otp, "otp", "", say("код второго фактора", "code of the second factor"))
	fl.StringVar(&o.otpCommand, "otp-command", "", say("`программа`, которая печатает код второго фактора", "`program` that prints the code of the second factor"))
	fl.StringVar(&o.factor, "factor", "", say("второй фактор: totp, sms, email, push (на привязанном устройстве) или recovery (запасной код)", "second factor: totp, sms, email, push (on a bound device) or recovery (a recovery code)"))
	fl.BoolVar(&o.keepTOTP, "keep-totp-stdin", false, say("следующая строка ввода — секрет TOTP (base32); логин, пароль и секрет остаются в хранилище, и закончившийся сеанс начнётся сам (для cron)", "the next line of input is the TOTP secret (base32); login, password and secret stay in the vault, and a session that has ended begins anew by itself (for cron)"))
	fl.StringVar(&o.org, "org", "", say("действовать от имени организации с этим `номером` в ЕСИА", "act for the organisation with this `number` at ЕСИА"))
	fl.BoolVar(&o.browser, "browser", false, say("войти на странице портала в браузере", "sign in on the portal's page in a browser"))
	fl.BoolVar(&o.noBrowser, "no-browser", false, say("напечатать адрес страницы и принять адрес возврата или код", "print the page's address and take the redirected address or the code"))
	fl.BoolVar(&o.codeStdin, "code-stdin", false, say("с --no-browser: прочитать ответ со стандартного ввода", "with --no-browser: read the answer from standard input"))
	fl.DurationVar(&o.wait, "wait", browserTime, say("сколько ждать браузер", "how long to wait for the browser"))
	fl.BoolVar(&o.apiKey, "api-key-stdin", false, say("войти по ключу API, он на стандартном вводе", "sign in by the API key on standard input"))
	fl.BoolVar(&o.keepAPIKey, "keep-api-key", false, say("оставить ключ API в хранилище: закончившийся сеанс начнётся сам (для cron)", "keep the API key in the vault: a session that has ended begins anew by itself (for cron)"))
	fl.BoolVar(&o.withToken, "with-token", false, say("взять готовый маркер со стандартного ввода", "take a marker from standard input"))
	o.certificate.addFlags(cmd, f)
	output.AddFlags(cmd, &o.out, statusView(), f.Lang)
	cmd.MarkFlagsMutuallyExclusive("browser", "no-browser", "password-stdin", "api-key-stdin", "with-token")
	cmd.MarkFlagsMutuallyExclusive("user", "browser")
	cmd.MarkFlagsMutuallyExclusive("user", "no-browser")
	cmd.MarkFlagsMutuallyExclusive("user", "api-key-stdin")
	cmd.MarkFlagsMutuallyExclusive("user", "with-token")
	cmd.MarkFlagsMutuallyExclusive("org", "api-key-stdin")
	cmd.MarkFlagsMutuallyExclusive("org", "with-token")
	cmd.MarkFlagsMutuallyExclusive("otp", "otp-command", "keep-totp-stdin")
	return cmd
}

func (o *loginOptions) run(ctx context.Context) error {
	if err := o.forTheSystem(); err != nil {
		return err
	}
	if err := o.check(); err != nil {
		return err
	}
	c, err := o.f.Connect(ctx)
	if err != nil {
		return err
	}
	way, err := o.way(ctx, c)
	if err != nil {
		return err
	}
	if err := way(ctx, c); err != nil {
		return err
	}
	// Whoever is in is in, even if the portal does not say now who that is.
	if _, err := c.SignIn.Remember(ctx); err != nil {
		o.f.IO.Note(i18n.Text{RU: "Вход выполнен, но узнать имя и роль не удалось: %s", EN: "You are signed in, but name and role could not be learnt: %s"}.With(messageOf(err)))
	}
	return printStatus(o.f, o.cmd, c.SignIn, &o.out)
}

// forTheSystem gives --signer and --pin-file to the key of the information system
// where no certificate of a person signs in: on the portal's page, by an API key, and
// on a portal that knows no other sign-in.
func (o *loginOptions) forTheSystem() error {
	c := &o.certificate
	if c.name != "" || c.key != "" || c.who.Signer == "" && c.who.PINFile == "" {
		return nil
	}
	if !o.browser && !o.noBrowser && !o.apiKey && !o.withToken {
		s, err := o.f.Settings()
		if err != nil {
			return err
		}
		if s.Official() == "" {
			return nil
		}
	}
	if c.who.PINFile == "-" {
		return fault.New(exitcode.Usage, "flag.conflict", i18n.Say("--pin-file - ждёт стандартного ввода, который здесь для другого", "--pin-file - wants the standard input, which is for something else here")).
			Advise(i18n.Say("дайте PIN файлом или дескриптором: --pin-file fd:3", "give the PIN by a file or a descriptor: --pin-file fd:3"))
	}
	for name, value := range map[string]string{"client_signer": c.who.Signer, "client_pin_file": c.who.PINFile} {
		if value != "" {
			o.f.Flags.Set[name] = value
		}
	}
	c.who.Signer, c.who.PINFile = "", ""
	return nil
}

// check finds flags that do not go together, before anything is opened.
func (o *loginOptions) check() error {
	needs := func(set bool, flag string, with bool, other string) error {
		if !set || with {
			return nil
		}
		return fault.New(exitcode.Usage, "flag.needs", i18n.Text{RU: "%s работает вместе с %s", EN: "%s goes together with %s"}.With(flag, other))
	}
	for _, err := range []error{
		needs(o.codeStdin, "--code-stdin", o.noBrowser, "--no-browser"),
		needs(o.keepAPIKey, "--keep-api-key", o.apiKey, "--api-key-stdin"),
		needs(o.passwordStdin, "--password-stdin", o.user != "" || o.f.IO.CanPrompt(), "--user"),
	} {
		if err != nil {
			return err
		}
	}
	if err := o.certificate.check(o.factor, o.passwordStdin); err != nil {
		return err
	}
	if o.wait <= 0 {
		return fault.New(exitcode.Usage, "flag.value", i18n.Say("--wait должен быть больше нуля", "--wait must be more than zero"))
	}
	return nil
}

type way func(ctx context.Context, c *factory.Connection) error

// way picks how to sign in: what the flags say, else what the portal offers
// and a person at the terminal can answer.
func (o *loginOptions) way(ctx context.Context, c *factory.Connection) (way, error) {
	switch {
	case o.withToken:
		return o.byToken, nil
	case o.apiKey:
		return o.byAPIKey, nil
	case o.browser, o.noBrowser:
		return o.onPage, nil
	case o.certificate.given() && o.user == "" && !o.passwordStdin:
		return o.byCertificate, nil
	case o.user == "" && !o.passwordStdin && !o.f.IO.CanPrompt():
		return nil, fault.New(exitcode.Usage, "auth.no_way", i18n.Say("терминала нет, а способ входа не назван", "there is no terminal, and no way to sign in is named")).
			Advise(i18n.Say("добавьте --user ЛОГИН --password-stdin --otp-command ПРОГРАММА, --cert ИМЯ --pin-file ФАЙЛ, --api-key-stdin или --with-token", "add --user LOGIN --password-stdin --otp-command PROGRAM, --cert NAME --pin-file FILE, --api-key-stdin or --with-token"))
	}
	caps, err := c.Capabilities(ctx)
	if err != nil {
		return nil, err
	}
	// Nobody is asked for a password that the portal cannot take.
	offered := cabinet.Require(caps, wire.CapSignIn)
	if offered == nil || o.user != "" || o.passwordStdin {
		return o.inTerminal, offered
	}
	return o.onPage, nil
}

func (o *loginOptions) byToken(ctx context.Context, c *factory.Connection) error {
	token, err := o.secrets.Get(ctx, i18n.Text{RU: "Маркер", EN: "Marker"}, "--with-token", true)
	if err != nil {
		return err
	}
	checked, err := c.SignIn.WithToken(ctx, token)
	if err == nil && !checked {
		o.f.IO.Note(i18n.Say("Подпись маркера не проверена: у профиля нет ключа информационной системы.",
			"The signature of the marker was not checked: the profile has no key of an information system."))
	}
	return err
}

func (o *loginOptions) byAPIKey(ctx context.Context, c *factory.Connection) error {
	key, err := o.secrets.Get(ctx, i18n.Text{RU: "Ключ API", EN: "API key"}, "--api-key-stdin", true)
	if err != nil {
		return err
	}
	return c.SignIn.APIKey(ctx, key, o.keepAPIKey)
}
