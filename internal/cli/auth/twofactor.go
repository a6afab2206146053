package auth

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/secret"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

func newTwoFactor(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "2fa",
		Short: i18n.Text{RU: "Второй фактор: чем подтверждать вход", EN: "The second factor: how sign-ins are confirmed"}.In(f.Lang),
		Long: i18n.Text{
			RU: `Вход всегда подтверждается вторым фактором. Здесь выбирают, каким:
  totp — код из приложения на телефоне (RFC 6238);
  push — запрос на привязанное устройство (epgu auth devices);
  sms, email — код в сообщении; они остаются запасным способом.
Секреты не передаются аргументами: только вопросом на терминале или со стандартного ввода.`,
			EN: `Every sign-in is confirmed by a second factor. Here it is chosen:
  totp: a code of an application on a phone (RFC 6238);
  push: a request to a bound device (epgu auth devices);
  sms, email: a code in a message; they stay as a reserve.
Secrets are never arguments: a question on the terminal or standard input only.`}.In(f.Lang),
		Args: cobra.NoArgs,
	}
	cmd.AddCommand(newTwoFactorStatus(f), newTwoFactorEnable(f), newTwoFactorDisable(f), newTwoFactorKeep(f), newRecoveryCodes(f))
	return cmd
}

// secondFactor is what is known of the second factor, here and at the portal.
type secondFactor struct {
	wire.SecondFactor
	Saved bool // the secret of the authenticator is in this vault
}

func twoFactorView() output.View[secondFactor] {
	return output.View[secondFactor]{Fields: []output.Field[secondFactor]{
		{Name: "preferred", Title: i18n.Text{RU: "Предлагается первым", EN: "Offered first"}, Value: func(s secondFactor) any {
			i := slices.IndexFunc(s.Factors, func(x wire.Factor) bool { return x.Kind == s.Preferred })
			if i < 0 {
				return s.Preferred
			}
			return output.Dual{Machine: s.Preferred, Human: factorName(s.Factors[i])}
		}},
		{Name: "factors", Title: i18n.Text{RU: "Можно использовать", EN: "May be used"}, Value: func(s secondFactor) any {
			kinds, names := make([]string, len(s.Factors)), make([]i18n.Localised, len(s.Factors))
			for i, x := range s.Factors {
				kinds[i], names[i] = x.Kind, factorName(x)
			}
			return output.Dual{Machine: kinds, Human: names}
		}},
		{Name: "totp", Title: i18n.Text{RU: "Приложение подключено", EN: "Authenticator set up"}, Value: func(s secondFactor) any { return s.TOTP }},
		{Name: "devices", Title: i18n.Text{RU: "Привязано устройств", EN: "Bound devices"}, Value: func(s secondFactor) any { return s.Devices }},
		{Name: "recoveryCodes", Title: i18n.Text{RU: "Осталось запасных кодов", EN: "Recovery codes left"}, Value: func(s secondFactor) any { return s.RecoveryCodes }},
		{Name: "savedSecret", Title: i18n.Text{RU: "Секрет приложения в хранилище", EN: "Authenticator's secret in the vault"}, Value: func(s secondFactor) any { return s.Saved }},
	}}
}

func newTwoFactorStatus(f *factory.Factory) *cobra.Command {
	var out output.Options
	cmd := &cobra.Command{
		Use:   "status",
		Short: i18n.Text{RU: "Чем подтверждается вход", EN: "How sign-ins are confirmed"}.In(f.Lang),
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			c, err := f.Connect(ctx)
			if err != nil {
				return err
			}
			s, err := c.TwoFactor.Status(ctx)
			if err != nil {
				return err
			}
			kept, err := c.SignIn.Status(ctx)
			if err != nil {
				return err
			}
			return output.Object(f.IO, &out, twoFactorView(), secondFactor{*s, slices.Contains(kept.Kept, "totp")})
		},
	}
	output.AddFlags(cmd, &out, twoFactorView(), f.Lang)
	return cmd
}

// chosenWay reads the name of a factor that can be enabled.
func chosenWay(words []string) (string, error) {
	all := []string{"totp", "push", "sms", "email"}
	if len(words) == 1 && slices.Contains(all, words[0]) {
		return words[0], nil
	}
	return "", fault.New(exitcode.Usage, "2fa.method", i18n.Text{RU: "назовите способ: %s", EN: "name the way: %s"}.With(strings.Join(all, ", "))).
		Advise(i18n.Say("какие подключены: epgu auth 2fa status", "which are on: epgu auth 2fa status"))
}

func newTwoFactorDisable(f *factory.Factory) *cobra.Command {
	var otp string
	var passwordStdin bool
	cmd := &cobra.Command{
		Use:       i18n.Text{RU: "disable СПОСОБ", EN: "disable WAY"}.In(f.Lang),
		Short:     i18n.Text{RU: "Отключить приложение или перестать предлагать способ первым", EN: "Turn the authenticator off, or stop offering a way first"}.In(f.Lang),
		ValidArgs: []string{"totp", "push", "sms", "email"},
		Long: i18n.Text{
			RU: "totp отключается кодом из приложения или запасным кодом; секрет, сохранённый в хранилище, стирается. Остальные способы перестают предлагаться первыми, для этого нужен пароль; чтобы запросы на устройство не приходили вовсе, отвяжите его.",
			EN: "totp is turned off by a code of the authenticator or a recovery code; a secret kept in the vault is erased. The other ways stop being offered first, which takes the password; to get no requests on a device at all, remove it."}.In(f.Lang),
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			kind, err := chosenWay(args)
			if err != nil {
				return err
			}
			c, err := f.Connect(ctx)
			if err != nil {
				return err
			}
			if kind == "totp" {
				return turnOffTOTP(ctx, f, c, otp)
			}
			now, err := c.TwoFactor.Status(ctx)
			if err != nil {
				return err
			}
			if now.Preferred != kind {
				sayPreferred(f, now)
				f.IO.Note(i18n.Say("Менять нечего.", "There is nothing to change."))
				return nil
			}
			password, err := newSecrets(f).Get(ctx, secret.Present(), "--password-stdin", passwordStdin)
			if err != nil {
				return err
			}
			if err := c.TwoFactor.Prefer(ctx, "", password); err != nil {
				return err
			}
			return tellPreferred(ctx, f, c)
		},
	}
	say := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(f.Lang) }
	cmd.Flags().StringVar(&otp, "otp", "", say("код из приложения или запасной код (для totp)", "code of the authenticator or a recovery code (for totp)"))
	cmd.Flags().BoolVar(&passwordStdin, "password-stdin", false, say("прочитать пароль со стандартного ввода", "read the password from standard input"))
	return cmd
}

func newRecoveryCodes(f *factory.Factory) *cobra.Command {
	var passwordStdin bool
	var out output.Options
	view := output.View[string]{Fields: []output.Field[string]{
		{Name: "code", Title: i18n.Text{RU: "Запасной код", EN: "Recovery code"}, Value: func(s string) any { return s }}}}
	cmd := &cobra.Command{
		Use:   "recovery-codes",
		Short: i18n.Text{RU: "Сделать новые запасные коды; прежние перестанут действовать", EN: "Make new recovery codes; the earlier ones stop working"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Каждый код один раз подтверждает вход (epgu auth login --factor recovery) или отключает потерянное приложение. Коды показываются один раз: храните их не на этой машине.",
			EN: "Each code confirms one sign-in (epgu auth login --factor recovery) or turns a lost authenticator off. They are shown once: keep them off this machine."}.In(f.Lang),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			password, err := newSecrets(f).Get(ctx, secret.Present(), "--password-stdin", passwordStdin)
			if err != nil {
				return err
			}
			c, err := f.Connect(ctx)
			if err != nil {
				return err
			}
			codes, err := c.TwoFactor.NewRecoveryCodes(ctx, password)
			if err != nil {
				return err
			}
			f.IO.Note(i18n.Say("Запасные коды показываются один раз. Прежние больше не действуют.", "Recovery codes are shown once. The earlier ones do not work any more."))
			return output.List(f.IO, &out, view, codes, output.Page{Total: len(codes)})
		},
	}
	cmd.Flags().BoolVar(&passwordStdin, "password-stdin", false, i18n.Text{RU: "прочитать пароль со стандартного ввода", EN: "read the password from standard input"}.In(f.Lang))
	output.AddFlags(cmd, &out, view, f.Lang)
	return cmd
}
