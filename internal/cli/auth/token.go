package auth

import (
	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/signin"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
)

func newToken(f *factory.Factory) *cobra.Command {
	var show bool
	cmd := &cobra.Command{
		Use:   "token",
		Short: i18n.Text{RU: "Напечатать действующий маркер (в канал)", EN: "Print a fresh marker (into a pipe)"}.In(f.Lang),
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.IO.IsStdoutTTY() && !show {
				return fault.New(exitcode.Usage, "auth.token_on_screen", i18n.Say(
					"маркер не печатается на экран", "the marker is not printed on the screen")).
					Advise(i18n.Say("направьте вывод в программу или добавьте --show", "send the output to a program, or add --show"))
			}
			c, err := f.Connect(cmd.Context())
			if err != nil {
				return err
			}
			t, err := c.SignIn.Token(cmd.Context(), "")
			if err != nil {
				return err
			}
			if t == "" {
				return signin.NotSignedIn()
			}
			_, err = f.IO.Out.Write([]byte(t + "\n"))
			return err
		},
	}
	cmd.Flags().BoolVar(&show, "show", false, i18n.Text{RU: "напечатать и на экран", EN: "print on the screen, too"}.In(f.Lang))
	return cmd
}
