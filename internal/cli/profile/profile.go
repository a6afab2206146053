// Package profile is the noun "profile": who you are at the portal, the data
// that it keeps, their history, the level of the account, consents and privacy.
package profile

import (
	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/i18n"
)

// New returns the noun with its verbs.
func New(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "profile",
		Short: i18n.Text{RU: "Ваши данные, их правка и история, уровень учётной записи, согласия", EN: "Your data, their edits and history, the level of the account, consents"}.In(f.Lang),
		Args:  cobra.NoArgs,
	}
	f.Verbs(cmd, func() []*cobra.Command {
		return []*cobra.Command{newView(f), newEdit(f), newHistory(f), newRevert(f), newLevel(f), newConsents(f), newPrivacy(f)}
	})
	return cmd
}
