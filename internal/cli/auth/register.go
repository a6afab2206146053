package auth

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/secret"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/ui/prompt"
)

func challengeView() output.View[wire.Challenge] {
	return output.View[wire.Challenge]{Fields: []output.Field[wire.Challenge]{
		{Name: "id", Title: i18n.Text{RU: "Номер", EN: "Id"}, Value: func(c wire.Challenge) any { return c.ID }},
		{Name: "state", Title: i18n.Text{RU: "Состояние", EN: "State"}, Value: func(c wire.Challenge) any {
			t := i18n.Text{RU: "ждёт кода", EN: "waits for the code"}
			if c.State == "done" {
				t = i18n.Text{RU: "готово", EN: "done"}
			}
			return output.Dual{Machine: c.State, Human: t}
		}},
		{Name: "target", Title: i18n.Text{RU: "Код отправлен на", EN: "Code sent to"}, Value: func(c wire.Challenge) any { return c.Target }},
		{Name: "codeExpiresAt", Title: i18n.Text{RU: "Код действует до", EN: "Code good until"}, Value: func(c wire.Challenge) any {
			if c.CodeExpiresAt == nil {
				return nil
			}
			return *c.CodeExpiresAt
		}},
		{Name: "expiresAt", Title: i18n.Text{RU: "Закончить до", EN: "To be finished by"}, Value: func(c wire.Challenge) any { return c.ExpiresAt }},
		{Name: "login", Title: i18n.Text{RU: "Логин", EN: "Login"}, Value: func(c wire.Challenge) any { return c.Login }},
	}}
}

func newRegister(f *factory.Factory) *cobra.Command {
	var out output.Options
	var req wire.RegistrationRequest
	cmd := &cobra.Command{
		Use:   "register",
		Short: i18n.Text{RU: "Завести учётную запись", EN: "Make an account"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Начинает регистрацию: на телефон или почту приходит код. На терминале код и пароль спрашиваются сразу, без него их передаёт epgu auth confirm.",
			EN: "Begins a registration: a code comes to the phone or the mailbox. On a terminal the code and the password are asked for at once; without one epgu auth confirm takes them."}.In(f.Lang),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			if err := askRegistration(ctx, f, &req); err != nil {
				return err
			}
			c, err := f.Connect(ctx)
			if err != nil {
				return err
			}
			ch, err := c.Account.Register(ctx, req)
			if err != nil {
				return err
			}
			return finishChallenge(ctx, f, c, &out, ch)
		},
	}
	fl := cmd.Flags()
	say := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(f.Lang) }
	fl.StringVar(&req.LastName, "last-name", "", say("фамилия", "last name"))
	fl.StringVar(&req.FirstName, "first-name", "", say("имя", "first name"))
	fl.StringVar(&req.MiddleName, "middle-name", "", say("отчество", "middle name"))
	fl.StringVar(&req.BirthDate, "birth-date", "", say("дата рождения, `ГГГГ-ММ-ДД`", "date of birth, `YYYY-MM-DD`"))
	fl.StringVar(&req.Mobile, "mobile", "", say("мобильный телефон", "mobile phone"))
	fl.StringVar(&req.Email, "email", "", say("почта", "e-mail address"))
	fl.StringVar(&req.INN, "inn", "", say("ИНН", "ИНН"))
	fl.BoolVar(&req.AgreeTerms, "agree-terms", false, say("согласие с условиями портала", "agree to the portal's terms"))
	output.AddFlags(cmd, &out, challengeView(), f.Lang)
	return cmd
}

// askRegistration asks for what the flags leave open.
func askRegistration(ctx context.Context, f *factory.Factory, req *wire.RegistrationRequest) error {
	p := prompt.New(f.IO)
	for _, q := range []struct {
		into  *string
		flag  string
		label i18n.Text
	}{
		{&req.LastName, "--last-name", i18n.Text{RU: "Фамилия", EN: "Last name"}},
		{&req.FirstName, "--first-name", i18n.Text{RU: "Имя", EN: "First name"}},
		{&req.BirthDate, "--birth-date", i18n.Text{RU: "Дата рождения (ГГГГ-ММ-ДД)", EN: "Date of birth (YYYY-MM-DD)"}},
	} {
		if *q.into != "" {
			continue
		}
		var err error
		if *q.into, err = p.Input(ctx, prompt.Question{Label: q.label, Flag: q.flag}); err != nil {
			return err
		}
	}
	if req.Mobile == "" && req.Email == "" {
		contact, err := p.Input(ctx, prompt.Question{Label: i18n.Text{RU: "Телефон или почта", EN: "Phone or e-mail"}, Flag: "--mobile"})
		if err != nil {
			return err
		}
		if strings.Contains(contact, "@") {
			req.Email = contact
		} else {
			req.Mobile = contact
		}
	}
	if req.AgreeTerms {
		return nil
	}
	agree, err := p.Confirm(ctx, prompt.Question{Label: i18n.Text{RU: "Согласны с условиями портала?", EN: "Do you agree to the portal's terms?"}, Flag: "--agree-terms"}, false)
	if err != nil {
		return err
	}
	if !agree {
		return fault.New(exitcode.Usage, "register.terms", i18n.Say("без согласия с условиями зарегистрироваться нельзя", "registration needs your agreement to the terms"))
	}
	req.AgreeTerms = true
	return nil
}

// finishChallenge asks for the code and the password where a person is, and
// says elsewhere how they are given.
func finishChallenge(ctx context.Context, f *factory.Factory, c *factory.Connection, out *output.Options, ch *wire.Challenge) error {
	if !f.IO.CanPrompt() {
		f.IO.Note(i18n.Text{RU: "Дальше: epgu auth confirm %s --code КОД --password-stdin", EN: "Next: epgu auth confirm %s --code CODE --password-stdin"}.With(ch.ID))
		return output.Object(f.IO, out, challengeView(), *ch)
	}
	password, err := newSecrets(f).newPassword(ctx, false)
	if err != nil {
		return err
	}
	for {
		label := i18n.Text{RU: "Код (пустая строка — прислать ещё раз)", EN: "Code (empty line: send it again)"}.With()
		if ch.Target != "" {
			label = i18n.Text{RU: "Код, отправленный на %s (пустая строка — прислать ещё раз)", EN: "Code sent to %s (empty line: send it again)"}.With(ch.Target)
		}
		code, err := prompt.New(f.IO).Input(ctx, prompt.Question{Label: label, Flag: "--code"})
		if err != nil {
			return err
		}
		answer := wire.ChallengeAnswer{Code: code}
		if code != "" {
			answer.Password = password
		}
		next, err := c.Account.Confirm(ctx, ch.ID, answer)
		var fe *fault.Error
		switch {
		case err == nil && next.State == "done":
			return output.Object(f.IO, out, challengeView(), *next)
		case err == nil:
			ch = next
		case errors.As(err, &fe) && (strings.HasSuffix(fe.Code, "wrong_code") || strings.HasSuffix(fe.Code, "code_expired") || strings.HasSuffix(fe.Code, "code_too_soon")):
			f.IO.Note(fe.Message)
		case errors.As(err, &fe) && len(fe.Fields) > 0: // the password does not do
			for _, field := range fe.Fields {
				f.IO.Note(field.Message)
			}
			if password, err = newSecrets(f).newPassword(ctx, false); err != nil {
				return err
			}
		default:
			return err
		}
	}
}

func newConfirm(f *factory.Factory) *cobra.Command {
	var out output.Options
	var code string
	var resend, passwordStdin bool
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "confirm НОМЕР", EN: "confirm ID"}.In(f.Lang),
		Short: i18n.Text{RU: "Закончить регистрацию или восстановление кодом и новым паролем", EN: "Finish a registration or a recovery by the code and a new password"}.In(f.Lang),
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			var answer wire.ChallengeAnswer
			if !resend {
				var err error
				if answer.Code = code; code == "" {
					if answer.Code, err = prompt.New(f.IO).Input(ctx, prompt.Question{Label: i18n.Text{RU: "Код", EN: "Code"}, Flag: "--code"}); err != nil {
						return err
					}
				}
				if answer.Password, err = newSecrets(f).newPassword(ctx, passwordStdin); err != nil {
					return err
				}
			}
			c, err := f.Connect(ctx)
			if err != nil {
				return err
			}
			ch, err := c.Account.Confirm(ctx, args[0], answer)
			if err != nil {
				return err
			}
			return output.Object(f.IO, &out, challengeView(), *ch)
		},
	}
	say := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(f.Lang) }
	cmd.Flags().StringVar(&code, "code", "", say("код из сообщения", "code from the message"))
	cmd.Flags().BoolVar(&resend, "resend", false, say("прислать новый код", "send a new code"))
	cmd.Flags().BoolVar(&passwordStdin, "password-stdin", false, say("прочитать новый пароль со стандартного ввода", "read the new password from standard input"))
	cmd.MarkFlagsMutuallyExclusive("code", "resend")
	output.AddFlags(cmd, &out, challengeView(), f.Lang)
	return cmd
}

func newRecover(f *factory.Factory) *cobra.Command {
	var out output.Options
	var user, passport string
	cmd := &cobra.Command{
		Use:   "recover",
		Short: i18n.Text{RU: "Вернуть доступ: новый пароль по коду", EN: "Recover an account: a new password by a code"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Присылает код на телефон или почту учётной записи. Закрытую после неверных попыток запись открывает паспорт. Восстановление закрывает все сеансы.",
			EN: "Sends a code to the account's phone or mailbox. An account locked after wrong tries is opened by the passport. Recovery ends every session."}.In(f.Lang),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			req := wire.RecoveryRequest{Login: user}
			var err error
			if user == "" {
				if req.Login, err = prompt.New(f.IO).Input(ctx, prompt.Question{Label: i18n.Text{RU: "Телефон, почта, СНИЛС или ИНН", EN: "Phone, e-mail, СНИЛС or ИНН"}, Flag: "--user"}); err != nil {
					return err
				}
			}
			if passport != "" {
				if req.Passport, err = Passport(passport); err != nil {
					return err
				}
			}
			c, err := f.Connect(ctx)
			if err != nil {
				return err
			}
			ch, err := c.Account.Recover(ctx, req)
			if needsPassport(err) && req.Passport == nil {
				var typed string
				f.IO.Note(fieldMessage(err, "passport"))
				if typed, err = prompt.New(f.IO).Input(ctx, prompt.Question{Label: i18n.Text{RU: "Серия и номер паспорта", EN: "Series and number of the passport"}, Flag: "--passport"}); err != nil {
					return err
				}
				if req.Passport, err = Passport(typed); err != nil {
					return err
				}
				ch, err = c.Account.Recover(ctx, req)
			}
			if err != nil {
				return err
			}
			return finishChallenge(ctx, f, c, &out, ch)
		},
	}
	say := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(f.Lang) }
	cmd.Flags().StringVarP(&user, "user", "u", "", say("телефон, почта, СНИЛС или ИНН", "phone, e-mail, СНИЛС or ИНН"))
	cmd.Flags().StringVar(&passport, "passport", "", say("`серия и номер` паспорта: нужны, если запись закрыта", "`series and number` of the passport: needed when the account is locked"))
	output.AddFlags(cmd, &out, challengeView(), f.Lang)
	return cmd
}

func needsPassport(err error) bool { return fieldMessage(err, "passport") != nil }

// fieldMessage is what a refusal says about a field; nil when it says nothing.
func fieldMessage(err error, name string) i18n.Localised {
	var f *fault.Error
	if !errors.As(err, &f) {
		return nil
	}
	for _, field := range f.Fields {
		if field.Name == name {
			return field.Message
		}
	}
	return nil
}

// Passport reads "0000 000000" in any spelling with ten digits.
func Passport(s string) (*wire.Passport, error) {
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
	if len(digits) != 10 || strings.Trim(s, "0123456789 -№") != "" {
		return nil, fault.New(exitcode.Usage, "passport.malformed", i18n.Say("паспорт — это 4 цифры серии и 6 цифр номера", "a passport has 4 digits of series and 6 of number"))
	}
	return &wire.Passport{Series: digits[:4], Number: digits[4:]}, nil
}

func newPassword(f *factory.Factory) *cobra.Command {
	var stdin bool
	cmd := &cobra.Command{
		Use:   "password",
		Short: i18n.Text{RU: "Сменить пароль; остальные сеансы закроются", EN: "Change the password; every other session ends"}.In(f.Lang),
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			s := newSecrets(f)
			old, err := s.Get(ctx, secret.Present(), "--password-stdin", stdin)
			if err != nil {
				return err
			}
			fresh, err := s.newPassword(ctx, stdin)
			if err != nil {
				return err
			}
			c, err := f.Connect(ctx)
			if err != nil {
				return err
			}
			if err := c.Account.ChangePassword(ctx, old, fresh); err != nil {
				return err
			}
			f.IO.Note(i18n.Say("Пароль сменён, остальные сеансы закрыты.", "The password is changed; every other session has ended."))
			return nil
		},
	}
	cmd.Flags().BoolVar(&stdin, "password-stdin", false, i18n.Text{RU: "прочитать со стандартного ввода две строки: нынешний пароль и новый", EN: "read two lines of standard input: the present password and the new one"}.In(f.Lang))
	return cmd
}
