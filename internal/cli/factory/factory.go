// Package factory is what a command is built from: streams, clock and functions
// that make the rest when it is needed, so that building the command tree costs
// nothing and --help opens nothing. internal/app fills it; packages under
// internal/cli and internal/tui read it.
package factory

import (
	"context"
	"net/url"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/account"
	"github.com/epgu-cli/epgu/internal/core/applications"
	"github.com/epgu-cli/epgu/internal/core/appointments"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/core/catalog"
	"github.com/epgu-cli/epgu/internal/core/devices"
	"github.com/epgu-cli/epgu/internal/core/dictionaries"
	"github.com/epgu-cli/epgu/internal/core/directbank"
	"github.com/epgu-cli/epgu/internal/core/drafts"
	"github.com/epgu-cli/epgu/internal/core/orgs"
	"github.com/epgu-cli/epgu/internal/core/rawcall"
	"github.com/epgu-cli/epgu/internal/core/settings"
	"github.com/epgu-cli/epgu/internal/core/signin"
	"github.com/epgu-cli/epgu/internal/core/templates"
	"github.com/epgu-cli/epgu/internal/core/tracking"
	"github.com/epgu-cli/epgu/internal/gost"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	"github.com/epgu-cli/epgu/internal/portal/gusmev"
	"github.com/epgu-cli/epgu/internal/portal/training"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/iostreams"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Factory makes what commands need, each thing once and only when asked for.
type Factory struct {
	IO    *iostreams.IOStreams
	Clock clock.Clock
	Build Build
	// Lang is the language of help texts, known before any command runs.
	Lang i18n.Lang
	// LanguageOf is the language that a context asks for, else the usual one; nil where
	// no context asks for any. See Language.
	LanguageOf func(ctx context.Context, usual i18n.Lang) i18n.Lang
	// Flags are the global flags as given.
	Flags *Flags
	// Wants reports whether this run may need the verbs of a noun: building the
	// rest of the tree would only cost time. Nil wants everything.
	Wants func(noun string) bool
	// Settings reads the config file.
	Settings func() (*settings.Settings, error)
	// Connect opens the portal of the profile in force. app closes it at the end.
	Connect func(ctx context.Context) (*Connection, error)
	// Session is the session of the profile in force without its portal: enough
	// to tell what is known, not enough to sign in.
	Session func(ctx context.Context) (*signin.Service, error)
	// ServiceNames is the names of services kept in a file: enough to complete
	// and search without a portal.
	ServiceNames func() (*catalog.Names, error)
	// Journal opens the payment journal of the profile in force. app closes it.
	Journal func(ctx context.Context) (journal.Journal, error)
	// Bank opens a bank of the config by DirectBank: nothing is sent. app closes it.
	Bank func(ctx context.Context, section *directbank.Section, asks BankAsks) (*directbank.Desk, error)
	// Interactive opens the full-screen interface; nil when there is none.
	Interactive func(ctx context.Context) error
	// JournalCopy opens a copy of a journal in a folder, for reading only. app
	// closes it.
	JournalCopy func(ctx context.Context, dir string) (journal.Journal, error)
}

// RequestLog is the file where requests to API ЕПГУ of the profile in force are kept
// for letters to its operators.
func (f *Factory) RequestLog(s *settings.Settings) string {
	return filepath.Join(s.Dirs.State, "requests", url.PathEscape(s.ProfileName())+".jsonl")
}

// Verbs adds the verbs of a noun when this run may need them.
func (f *Factory) Verbs(noun *cobra.Command, verbs func() []*cobra.Command) {
	f.Flesh(noun, func() { noun.AddCommand(verbs()...) })
}

// Flesh does to a command under the root, when this run may need it, what is only
// seen by whoever names it: its flags and long texts.
func (f *Factory) Flesh(cmd *cobra.Command, add func()) {
	if f.Wants == nil || f.Wants(cmd.Name()) || slices.ContainsFunc(cmd.Aliases, f.Wants) {
		add()
	}
}

// CompleteService completes the only argument as a service, with its title, by
// what is kept in the file of names: neither portal nor network is asked.
func (f *Factory) CompleteService(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return f.CompleteServices(cmd, args, typed)
}

// CompleteServices is CompleteService for any number of arguments.
func (f *Factory) CompleteServices(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	// What applies the global flags before a command runs does not run for completion.
	if chosen := cmd.Flags().Lookup("profile"); chosen != nil && chosen.Changed {
		f.Flags.Set["profile"] = f.Flags.Profile
	}
	names, err := f.ServiceNames()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var out []cobra.Completion
	for _, s := range names.Complete(typed) {
		if !slices.Contains(args, s.Slug) {
			out = append(out, cobra.CompletionWithDesc(s.Slug, s.Title.String()))
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
}

// BankAsks is what a bank's desk asks of whoever sits at the terminal.
type BankAsks struct {
	Login func(ctx context.Context) (user, password string, err error)
	OTP   func(ctx context.Context, phone, code untrusted.Text) (string, error) // nil when nobody can
	Key   func(ctx context.Context, name string) (gost.Signer, error)
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

	SignIn    *signin.Service
	Account   *account.Service
	TwoFactor *account.TwoFactor
	Devices   *devices.Service
	Orgs      *orgs.Service
	// Appointments is being received at departments and by doctors.
	Appointments *appointments.Service
	Catalog      *catalog.Service
	// Dictionaries are the portal's lists that forms take values from.
	Dictionaries *dictionaries.Service
	// Drafts is what of drafts is kept on this machine.
	Drafts *drafts.Store
	// Templates keeps answers under a name at the portal.
	Templates *templates.Service
	Track     *tracking.Watcher
	// Place is how far applications were followed by runs that are over.
	Place *tracking.Place
	// Raw sends requests as they stand.
	Raw *rawcall.Service
	// Applications and Billing open the journal when called.
	Applications func(ctx context.Context) (*applications.Submitter, error)
	Billing      func(ctx context.Context) (*billing.Engine, error)
}

// LacksCatalog reports that the portal speaks API ЕПГУ and has no catalogue of its
// own. A portal that cannot be asked is taken for one that has all.
func (c *Connection) LacksCatalog(ctx context.Context) bool { return c.lacks(ctx, wire.CapCatalog) }

// LacksDrafts is LacksCatalog for drafts.
func (c *Connection) LacksDrafts(ctx context.Context) bool { return c.lacks(ctx, wire.CapDrafts) }

func (c *Connection) lacks(ctx context.Context, what wire.Capability) bool {
	caps, err := c.Capabilities(ctx)
	return err == nil && !slices.Contains(caps.Capabilities, what)
}

// Language is the one in force in a context: that of the program, unless the full-screen
// interface has switched it since.
func (f *Factory) Language(ctx context.Context) i18n.Lang {
	if f.LanguageOf == nil {
		return f.IO.Lang
	}
	return f.LanguageOf(ctx, f.IO.Lang)
}
