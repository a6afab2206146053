// Package workflow is a payment plan as people take it from the register to the
// last payment: making it, approving it, running it, looking at how it stands and
// settling what is uncertain. It joins what the packages beside it do one by one,
// so that commands and screens refuse, ask and tell the same. It prints and asks
// nothing itself. Packages under internal/cli and internal/tui import it.
package workflow

import (
	"context"
	"os"
	"os/user"
	"path/filepath"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/settings"
	"github.com/epgu-cli/epgu/internal/core/signin"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
)

// Desk is where plans are worked on: the profile in force, its journal and its
// portal, each opened only when a step needs it.
type Desk struct {
	Clock    clock.Clock
	Settings func() (*settings.Settings, error)
	Journal  func(ctx context.Context) (journal.Journal, error)
	Portal   func(ctx context.Context) (*Portal, error)
	// Note tells the person something that stops nothing.
	Note func(i18n.Localised)
}

// Portal is the portal of the profile in force with the session on it.
type Portal struct {
	Cabinet *cabinet.Client
	SignIn  *signin.Service
}

// payerOf is the number by which whoever is signed in pays.
func payerOf(me signin.Person) string {
	switch {
	case me.Role.INN != "":
		return me.Role.INN
	case me.INN != "":
		return me.INN
	}
	return me.SNILS
}

// login is the account of the operating system, for the record.
func login() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return filepath.Base(os.Getenv("HOME"))
}
