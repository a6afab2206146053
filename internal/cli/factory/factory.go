// Package factory is what a command is built from: streams, clock and functions
// that make the rest when it is needed, so that building the command tree costs
// nothing and --help opens nothing. internal/app fills it; packages under
// internal/cli and internal/tui read it.
package factory

import (
	"context"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/applications"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/core/catalog"
	"github.com/epgu-cli/epgu/internal/core/settings"
	"github.com/epgu-cli/epgu/internal/core/signin"
	"github.com/epgu-cli/epgu/internal/core/tracking"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	"github.com/epgu-cli/epgu/internal/portal/gusmev"
	"github.com/epgu-cli/epgu/internal/portal/training"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/i18n"
	"github.com/epgu-cli/epgu/internal/ui/iostreams"
)

// Factory makes what commands need, each thing once and only when asked for.
type Factory struct {
	IO    *iostreams.IOStreams
	Clock clock.Clock
	Build Build
	// Lang is the language of help texts, known before any command runs.
	Lang i18n.Lang
	// Flags are the global flags as given.
	Flags *Flags
	// Settings reads the config file.
	Settings func() (*settings.Settings, error)
	// Connect opens the portal of the profile in force. app closes it at the end.
	Connect func(ctx context.Context) (*Connection, error)
	// Journal opens the payment journal of the profile in force. app closes it.
	Journal func(ctx context.Context) (journal.Journal, error)
}

// Build says which build this is.
type Build struct {
	Version string // "1.2.3", or "dev"
	Commit  string
	Date    string
}

// Flags are the global flags.
type Flags struct {
	Profile string
	Lang    string
	Color   string
	NoInput bool
	Debug   bool
	// Set holds the settings that flags override, by the setting's name.
	Set map[string]string
}

// Connection is an open portal with the use cases on top of it.
type Connection struct {
	Profile  string
	Embedded bool
	Cabinet  *cabinet.Client
	Gusmev   *gusmev.Client
	Training *training.Client

	// Capabilities says what the portal offers.
	Capabilities func(ctx context.Context) (*wire.Capabilities, error)

	SignIn  *signin.Service
	Catalog *catalog.Service
	Track   *tracking.Watcher
	// Applications and Billing open the journal when called.
	Applications func(ctx context.Context) (*applications.Submitter, error)
	Billing      func(ctx context.Context) (*billing.Engine, error)
}
