// Package registry is the list of the screens of the interface. A new screen is a
// folder under internal/tui/screens and one line here. Only app imports it.
package registry

import (
	"slices"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/screens/account"
	"github.com/epgu-cli/epgu/internal/tui/screens/applications"
	"github.com/epgu-cli/epgu/internal/tui/screens/apply"
	"github.com/epgu-cli/epgu/internal/tui/screens/appointments"
	"github.com/epgu-cli/epgu/internal/tui/screens/calendar"
	"github.com/epgu-cli/epgu/internal/tui/screens/catalog"
	"github.com/epgu-cli/epgu/internal/tui/screens/certificates"
	"github.com/epgu-cli/epgu/internal/tui/screens/charges"
	"github.com/epgu-cli/epgu/internal/tui/screens/commands"
	"github.com/epgu-cli/epgu/internal/tui/screens/help"
	"github.com/epgu-cli/epgu/internal/tui/screens/home"
	"github.com/epgu-cli/epgu/internal/tui/screens/journal"
	"github.com/epgu-cli/epgu/internal/tui/screens/payments"
	"github.com/epgu-cli/epgu/internal/tui/screens/registers"
	"github.com/epgu-cli/epgu/internal/tui/screens/signin"
)

// First and Guest are the screens to begin with: for whoever is signed in, and
// for whoever is not.
const (
	First = home.ID
	Guest = signin.ID
)

// Entries are the screens, in the order in which they are listed to people.
func Entries(f *factory.Factory) []screen.Entry {
	one := func(e screen.Entry) []screen.Entry { return []screen.Entry{e} }
	return slices.Concat(
		one(home.Entry(home.Over(f))),
		charges.Entries(charges.Over(f)),
		catalog.Entries(catalog.Over(f)),
		one(apply.Entry(apply.Over(f))),
		applications.Entries(applications.Over(f)),
		payments.Entries(payments.Over(f)),
		one(appointments.Entry(appointments.Over(f))),
		registers.Entries(registers.Over(f)),
		one(certificates.Entry(certificates.Over(f))),
		journal.Entries(journal.Over(f)),
		account.Entries(account.Over(f)),
		one(calendar.Entry(calendar.Over(f))),
		one(signin.Entry(signin.Over(f))),
		one(commands.Entry()),
		one(help.Entry()),
	)
}
