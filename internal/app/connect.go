package app

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/account"
	"github.com/epgu-cli/epgu/internal/core/applications"
	"github.com/epgu-cli/epgu/internal/core/appointments"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/core/catalog"
	"github.com/epgu-cli/epgu/internal/core/devices"
	"github.com/epgu-cli/epgu/internal/core/dictionaries"
	"github.com/epgu-cli/epgu/internal/core/directbank"
	"github.com/epgu-cli/epgu/internal/core/drafts"
	"github.com/epgu-cli/epgu/internal/core/incident"
	"github.com/epgu-cli/epgu/internal/core/orgs"
	"github.com/epgu-cli/epgu/internal/core/rawcall"
	"github.com/epgu-cli/epgu/internal/core/settings"
	"github.com/epgu-cli/epgu/internal/core/signin"
	"github.com/epgu-cli/epgu/internal/core/templates"
	"github.com/epgu-cli/epgu/internal/core/tracking"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/postgres"
	"github.com/epgu-cli/epgu/internal/journal/sqlite"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	"github.com/epgu-cli/epgu/internal/portal/gusmev"
	"github.com/epgu-cli/epgu/internal/portal/training"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/sandbox"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/vault"
)

// verifyFor is how long a submission waits for the portal's check of its files.
const verifyFor = 20 * time.Second

// wire gives the factory the functions that open things, each at most once.
func (a *app) wire(f *factory.Factory) {
	var connectOnce, journalOnce sync.Once
	var conn *factory.Connection
	var connErr, journalErr error
	var open journal.Journal
	f.Connect = func(ctx context.Context) (*factory.Connection, error) {
		connectOnce.Do(func() { conn, connErr = a.connect(ctx, f) })
		return conn, connErr
	}
	f.Session = func(context.Context) (*signin.Service, error) {
		s, err := f.Settings()
		if err != nil {
			return nil, err
		}
		if s.Get("portal").Value == sandbox.Origin {
			a.tellTraining(f)
		}
		return session(s, f), nil
	}
	f.Journal = func(ctx context.Context) (journal.Journal, error) {
		journalOnce.Do(func() {
			if open, journalErr = a.openJournal(ctx, f); journalErr == nil {
				a.onClose(open)
			}
		})
		return open, journalErr
	}
	f.Bank = func(ctx context.Context, section *directbank.Section, asks factory.BankAsks) (*directbank.Desk, error) {
		return a.bank(ctx, f, section, asks)
	}
	f.Interactive = func(ctx context.Context) error { return a.interactive(ctx, f) }
	f.ServiceNames = func() (*catalog.Names, error) {
		s, err := f.Settings()
		if err != nil {
			return nil, err
		}
		return serviceNames(s, f, f.Lang), nil
	}
	f.JournalCopy = func(ctx context.Context, dir string) (journal.Journal, error) {
		j, err := sqlite.Open(ctx, sqlite.Options{Dir: dir, Clock: f.Clock, ReadOnly: true})
		if err == nil {
			a.onClose(j)
		}
		return j, err
	}
}

func (a *app) openJournal(ctx context.Context, f *factory.Factory) (journal.Journal, error) {
	s, err := f.Settings()
	if err != nil {
		return nil, err
	}
	switch address := s.Get("journal").Value; {
	case address == "":
		return sqlite.Open(ctx, sqlite.Options{Dir: filepath.Join(s.Dirs.State, "journal", safeName(s.ProfileName())), Clock: f.Clock})
	case strings.HasPrefix(address, "postgres://"), strings.HasPrefix(address, "postgresql://"):
		return postgres.Open(ctx, postgres.Options{URL: address})
	}
	return nil, fault.New(exitcode.Usage, "config.bad_value", i18n.Say(
		"настройка journal: пусто или адрес postgres://…", "setting journal: empty, or an address postgres://…"))
}

// safeName keeps a profile's name inside one folder name.
func safeName(profile string) string {
	return url.PathEscape(strings.ReplaceAll(profile, ".", "%2E"))
}

func (a *app) connect(ctx context.Context, f *factory.Factory) (*factory.Connection, error) {
	s, err := f.Settings()
	if err != nil {
		return nil, err
	}
	profile := s.ProfileName()
	portal, esiaBase := s.Addresses()
	if portal == "" {
		return nil, fault.New(exitcode.Usage, "config.no_portal", i18n.Text{
			RU: "у профиля %s нет адреса портала", EN: "profile %s has no portal address"}.With(profile)).
			Advise(i18n.Text{RU: "есть профили: %s; свой: epgu config set portal АДРЕС --in-profile %s", EN: "profiles: %s; your own: epgu config set portal ADDRESS --in-profile %s"}.
				With(strings.Join(s.ProfileNames(), ", "), profile))
	}
	embedded := portal == sandbox.Origin
	opts := transport.Options{
		Origins: unique(portal, esiaBase), Clock: f.Clock, UserAgent: "epgu/" + f.Build.Version, Lang: f.IO.Lang,
		Via: map[string]string{portal: s.Get("tunnel_portal").Value, esiaBase: s.Get("tunnel_esia").Value},
	}
	if f.Flags.Debug {
		opts.Log = f.IO.ErrOut
	}
	if s.Official() != "" { // what its operators ask for when something goes wrong
		opts.Records = (&incident.Log{Path: f.RequestLog(s)}).Add
	}
	if embedded {
		p, err := a.embedded(ctx, f)
		if err != nil {
			return nil, err
		}
		opts.Base, opts.InProcess = p.Transport(), true
		a.tellTraining(f)
	}
	anonymous, err := transport.New(opts)
	if err != nil {
		return nil, fault.New(exitcode.Usage, "config.bad_portal", i18n.Text{
			RU: "адрес портала %s не годится", EN: "the portal address %s cannot be used"}.With(portal)).Because(err)
	}
	a.onClose(closer(func() error { anonymous.CloseIdle(); return nil }))
	sign := session(s, f)
	t := anonymous.WithTokens(sign.Token)
	c := &factory.Connection{Profile: profile, Embedded: embedded, SignIn: sign, Cabinet: cabinet.New(t, portal)}
	state := s.Official()
	if state != "" {
		c.Cabinet.Without(state, more(s)...)
	}
	sign.Cabinet = c.Cabinet
	sign.Origins = strings.Join(opts.Origins, " ")
	c.Gusmev = gusmev.New(t, gusmev.Options{Base: portal, Pacer: transport.NewPacer(gusmev.Limits(), f.Clock)})
	if embedded || state == "" && loopback(portal) {
		c.Training = training.New(anonymous, portal)
	}
	identity := &identity{factory: f, settings: s, portal: c, transport: t, base: esiaBase}
	sign.ESIA = identity.client
	sign.Capabilities = identity.capabilities
	c.Capabilities = identity.capabilities
	c.Account = &account.Service{Portal: c.Cabinet, Capabilities: identity.capabilities}
	c.TwoFactor = &account.TwoFactor{Portal: c.Cabinet, Capabilities: identity.capabilities}
	c.Devices = &devices.Service{Portal: c.Cabinet, Vault: sign.Vault, Capabilities: identity.capabilities, Origins: sign.Origins}
	c.Appointments = &appointments.Service{Portal: c.Cabinet, Capabilities: identity.capabilities}
	c.Orgs = &orgs.Service{Portal: c.Cabinet, Capabilities: identity.capabilities}
	c.Catalog = &catalog.Service{Portal: c.Cabinet, Names: serviceNames(s, f, f.IO.Lang), Clock: f.Clock, Lang: f.IO.Lang, Own: c.LacksCatalog}
	c.Dictionaries = &dictionaries.Service{Portal: c.Gusmev, Clock: f.Clock, Lang: f.IO.Lang, Dir: filepath.Join(s.Dirs.Cache, "dictionaries", safeName(profile))}
	c.Templates = &templates.Service{Portal: c.Cabinet}
	c.Drafts = &drafts.Store{Dir: filepath.Join(s.Dirs.State, "drafts", safeName(profile))}
	c.Raw = &rawcall.Service{Transport: t, Base: strings.TrimSuffix(portal, "/")}
	c.Place = &tracking.Place{Dir: filepath.Join(s.Dirs.State, "following", safeName(profile))}
	c.Track = &tracking.Watcher{Portal: c.Gusmev, Clock: f.Clock}
	c.Applications = func(ctx context.Context) (*applications.Submitter, error) {
		j, err := f.Journal(ctx)
		if err != nil {
			return nil, err
		}
		return &applications.Submitter{Portal: c.Gusmev, Journal: j, Clock: f.Clock, Profile: profile,
			Outbox: filepath.Join(s.Dirs.State, "outbox", safeName(profile)), VerifyFor: verifyFor}, nil
	}
	c.Billing = func(ctx context.Context) (*billing.Engine, error) {
		j, err := f.Journal(ctx)
		if err != nil {
			return nil, err
		}
		return &billing.Engine{Portal: c.Cabinet, Journal: j, Clock: f.Clock, Profile: profile}, nil
	}
	return c, nil
}

// session is the session of the profile in force as far as it can be known
// without its portal.
func session(s *settings.Settings, f *factory.Factory) *signin.Service {
	profile := s.ProfileName()
	return &signin.Service{Profile: profile, Clock: f.Clock, Forget: forget(s), Vault: vault.Open(vault.Options{
		Profile: profile, Dir: filepath.Join(s.Dirs.State, "vault"), Getenv: f.IO.Getenv, Environ: os.Environ, Clock: f.Clock,
		Interactive: f.IO.CanPrompt(), Prefer: storeKind(s.Get("store").Value), Notify: func(m i18n.Message) { f.IO.Note(m) }, Stderr: f.IO.ErrOut,
	})}
}

// serviceNames is where the names of a portal's services are kept, in the
// language of the run.
func serviceNames(s *settings.Settings, f *factory.Factory, lang i18n.Lang) *catalog.Names {
	name := "services-" + safeName(s.ProfileName()) + "-" + string(lang) + ".json"
	return &catalog.Names{Path: filepath.Join(s.Dirs.Cache, name), Clock: f.Clock}
}

// tellTraining says once, to people, that this is not the real portal.
func (a *app) tellTraining(f *factory.Factory) {
	if a.told || output.WantsJSON(a.args) {
		return
	}
	a.told = true
	f.IO.Note(i18n.Say("Это встроенный учебный портал: данные учебные, никуда не отправляются.",
		"This is the embedded training portal: its data are for training and go nowhere."))
}

func storeKind(setting string) vault.Kind {
	switch setting {
	case "keyring":
		return vault.Keyring
	case "file":
		return vault.File
	}
	return ""
}

func unique(addresses ...string) []string {
	var out []string
	for _, x := range addresses {
		if len(out) == 0 || out[len(out)-1] != x {
			out = append(out, x)
		}
	}
	return out
}

// more are the capabilities that a portal of the state has by the settings.
func more(s *settings.Settings) []wire.Capability {
	var out []wire.Capability
	for _, name := range strings.Fields(s.Get("capabilities").Value) {
		out = append(out, wire.Capability(name))
	}
	return out
}

// loopback reports whether the portal runs on this machine: only then its
// training controls are looked for.
func loopback(portal string) bool {
	u, err := url.Parse(portal)
	if err != nil {
		return false
	}
	h := u.Hostname()
	ip := net.ParseIP(h)
	return h == "localhost" || ip != nil && ip.IsLoopback()
}

type closer func() error

func (c closer) Close() error { return c() }

// errNoIdentity says that the profile has no key of an information system.
func errNoIdentity(profile string) error {
	return fault.New(exitcode.Auth, "esia.no_client", i18n.Text{
		RU: "профиль %s не знает ключа информационной системы: вход через ЕСИА невозможен", EN: "profile %s has no key of an information system: signing in by ЕСИА is impossible"}.With(profile)).
		Advise(i18n.Say("задайте client_id, client_key (или client_signer), client_cert, redirect_uri и esia_cert: epgu config set … --in-profile ИМЯ; попробовать без них: --profile sandbox",
			"set client_id, client_key (or client_signer), client_cert, redirect_uri and esia_cert: epgu config set … --in-profile NAME; to try without them: --profile sandbox"))
}

func readSmall(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > 1<<20 {
		return nil, fmt.Errorf("%s: %d bytes, at most 1 MiB is read", path, info.Size())
	}
	return os.ReadFile(path)
}
