// Package auth is the noun "auth": signing in and out, what is known of the
// session, and the life of the account.
package auth

import (
	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/i18n"
)

// New returns the noun with its verbs.
func New(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "auth",
		Short: i18n.Text{RU: "Вход, выход и учётная запись", EN: "Sign in and out, and the account"}.In(f.Lang),
		Args:  cobra.NoArgs,
	}
	f.Verbs(cmd, func() []*cobra.Command {
		return []*cobra.Command{newLogin(f), newLogout(f), newStatus(f), newToken(f), newSessions(f), newHistory(f),
			newRegister(f), newConfirm(f), newRecover(f), newPassword(f), newDevices(f), newTwoFactor(f)}
	})
	return cmd
}
