package app

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/signer"
	"github.com/epgu-cli/epgu/internal/core/settings"
	"github.com/epgu-cli/epgu/internal/core/signing"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/gost"
	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/keyfile"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	"github.com/epgu-cli/epgu/internal/portal/esia"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	wireesia "github.com/epgu-cli/epgu/internal/portal/wire/esia"
	"github.com/epgu-cli/epgu/internal/ui/prompt"
)

// identity is the information system in whose name a profile signs in. On a
// training portal it is the key that this portal gives to everybody; elsewhere
// it is the user's own, from the settings.
type identity struct {
	factory   *factory.Factory
	settings  *settings.Settings
	portal    *factory.Connection
	transport *transport.Client
	base      string

	mu     sync.Mutex
	caps   *wire.Capabilities
	cached *esia.Client
}

// capabilities says what the portal offers; the state's portals are known and
// never asked.
func (i *identity) capabilities(ctx context.Context) (*wire.Capabilities, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.capabilitiesLocked(ctx)
}

func (i *identity) capabilitiesLocked(ctx context.Context) (*wire.Capabilities, error) {
	if i.caps != nil {
		return i.caps, nil
	}
	if name := i.settings.Official(); name != "" {
		i.caps = cabinet.Official(name, more(i.settings)...)
		return i.caps, nil
	}
	caps, err := i.portal.Cabinet.Capabilities(ctx)
	if err == nil {
		i.caps = caps
	}
	return caps, err
}

// client makes the client of the sign-in protocol, once.
func (i *identity) client(ctx context.Context) (*esia.Client, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.cached != nil {
		return i.cached, nil
	}
	caps, err := i.capabilitiesLocked(ctx)
	if err != nil {
		return nil, err
	}
	o := esia.Options{
		Base: i.base, ClientID: i.settings.Get("client_id").Value, RedirectURI: i.settings.Get("redirect_uri").Value,
		Scopes:       []string{"openid"},
		OrgScopes:    []string{wireesia.ScopeOrgOGRN},
		Online:       i.settings.Get("esia_access").Value == "online",
		PersonFilter: i.settings.Get("esia_person_filter").Value,
	}
	if i.settings.Get("esia_protocol").Value == "v1" {
		o.Version = esia.V1
	}
	if i.settings.Get("esia_refresh").Value == "marker" {
		o.Refresh = esia.RefreshMarker
	}
	if asked := strings.Fields(i.settings.Get("esia_scope_org").Value); len(asked) > 0 {
		o.OrgScopes, o.OrgScopesAlways = asked, true
	}
	if caps.ESIA != nil && len(caps.ESIA.Scopes) > 0 {
		o.Scopes = caps.ESIA.Scopes
	}
	if asked := strings.Fields(i.settings.Get("esia_scope").Value); len(asked) > 0 {
		o.Scopes = asked
	}
	signer, err := i.signer(ctx, &o)
	if err != nil {
		return nil, err
	}
	o.Permissions = []wireesia.Permission{i.consent(signer.Certificate()).Permission()}
	o.Signer = esia.SignWith(signer, i.factory.Clock.Now)
	o.Markers = i.trust(caps)
	i.cached = esia.New(i.transport, o)
	return i.cached, nil
}

// consent is what a person is asked to agree to. Who is responsible for the data is
// the organisation that the certificate names.
func (i *identity) consent(c *cert.Certificate) esia.Consent {
	value := func(name string) string { return i.settings.Get(name).Value }
	minutes, _ := strconv.Atoi(value("consent_minutes")) // settings have checked it
	out := esia.Consent{Responsible: value("consent_responsible"), Sysname: value("consent_sysname"), Minutes: minutes,
		Actions: strings.Fields(value("consent_actions")), Purposes: strings.Fields(value("consent_purposes")), Covered: strings.Fields(value("consent_scopes"))}
	if out.Responsible == "" {
		out.Responsible = c.Subject.Organization.Raw()
	}
	if out.Responsible == "" {
		out.Responsible = c.Subject.CommonName.Raw()
	}
	return out
}

// storedKey begins the value of client_key that names a certificate of epgu cert.
const storedKey = "store:"

// signer finds who signs for the information system: the program of client_signer,
// a certificate of epgu cert, a key file, or the key that a training portal gives to
// everybody.
func (i *identity) signer(ctx context.Context, o *esia.Options) (gost.Signer, error) {
	spec, keyFile, certFile := i.settings.Get("client_signer").Value, i.settings.Get("client_key").Value, i.settings.Get("client_cert").Value
	if spec == "" && keyFile == "" && i.portal.Training != nil {
		c, err := i.portal.Training.SignInClient(ctx)
		if err != nil {
			return nil, err
		}
		o.ClientID, o.RedirectURI, o.PasteURI = c.ClientID, c.RedirectURI, c.PasteURI
		return trainingSigner([]byte(c.KeyPEM), []byte(c.CertificatePEM))
	}
	if spec == "" && keyFile == "" || o.ClientID == "" {
		return nil, errNoIdentity(i.settings.ProfileName())
	}
	store, err := signer.Store(i.factory)
	if err != nil {
		return nil, err
	}
	pins := &signer.Flags{F: i.factory, PINFile: i.settings.Get("client_pin_file").Value}
	if name, ok := strings.CutPrefix(keyFile, storedKey); ok {
		s, err := store.Open(ctx, name, spec, pins.PIN)
		if err != nil {
			return nil, err
		}
		return s.Signer, nil
	}
	var certificate []byte
	if certFile != "" {
		if certificate, err = readSetting(certFile); err != nil {
			return nil, err
		}
	}
	if spec != "" {
		if certificate == nil {
			return nil, errNoIdentity(i.settings.ProfileName())
		}
		all, err := cert.ParseAll(certificate)
		if err != nil {
			return nil, badKey(err)
		}
		s, err := gost.NewExternalSigner(spec, all[0], 0)
		if err != nil {
			return nil, gost.Explain(err)
		}
		return s, nil
	}
	key, err := readSetting(keyFile)
	if err != nil {
		return nil, err
	}
	kind := keyfile.Detect(key)
	if certificate == nil && kind != keyfile.PKCS12 {
		return nil, errNoIdentity(i.settings.ProfileName())
	}
	files := signing.ImportOptions{Name: keyFile, Key: key, Certificate: certificate}
	switch {
	case kind != keyfile.Encrypted && kind != keyfile.PKCS12:
	case pins.PINFile != "":
		files.KeyPIN, err = pins.FromFile(pins.PINFile)
	default:
		var typed string
		typed, err = prompt.New(i.factory.IO).Password(ctx, prompt.Question{Label: i18n.Text{RU: "Пароль ключа информационной системы", EN: "Passphrase of the information system's key"}, Flag: "--pin-file"})
		files.KeyPIN = []byte(typed)
	}
	if err != nil {
		return nil, err
	}
	s, err := store.FromFiles(files)
	if err != nil {
		return nil, err
	}
	return s.Signer, nil
}

func readSetting(path string) ([]byte, error) {
	b, err := readSmall(path)
	if err != nil {
		return nil, fault.New(exitcode.Usage, "esia.client_files", i18n.Text{RU: "файл %s не читается", EN: "%s cannot be read"}.With(path)).Because(err)
	}
	return b, nil
}

func badKey(err error) error {
	return fault.New(exitcode.Usage, "esia.client_key", i18n.Say("ключ или сертификат информационной системы не подходит", "the key or the certificate of the information system does not fit")).Because(err)
}

func trainingSigner(key, certificate []byte) (gost.Signer, error) {
	k, err := keyfile.Parse(key, nil)
	if err != nil {
		return nil, badKey(err)
	}
	certs, err := cert.ParseAll(certificate)
	if err != nil {
		return nil, badKey(err)
	}
	s, err := gost.NewKeySigner(certs[0], k)
	if err != nil {
		return nil, badKey(err)
	}
	return s, nil
}

// trust says which markers are genuine: those of the portal's own certificate,
// which only a training portal may hand out itself.
func (i *identity) trust(caps *wire.Capabilities) esia.Trust {
	t := esia.Trust{Skew: time.Minute}
	if path := i.settings.Get("esia_cert").Value; path != "" {
		t.Certificates = func(context.Context, bool) ([]byte, error) { return readSmall(path) }
	} else if i.portal.Training != nil {
		t.Certificates = func(ctx context.Context, fresh bool) ([]byte, error) {
			if fresh {
				var err error
				if caps, err = i.portal.Cabinet.Capabilities(ctx); err != nil {
					return nil, err
				}
			}
			if caps.ESIA == nil {
				return nil, errNoIdentity(i.settings.ProfileName())
			}
			return []byte(caps.ESIA.CertificatePEM), nil
		}
	}
	if t.Issuers = strings.Fields(i.settings.Get("esia_issuer").Value); len(t.Issuers) == 0 && caps.ESIA != nil {
		t.Issuers = []string{caps.ESIA.Issuer}
	}
	return t
}
