package app

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/settings"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/cms"
	"github.com/epgu-cli/epgu/internal/gost/keyfile"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	"github.com/epgu-cli/epgu/internal/portal/esia"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	wireesia "github.com/epgu-cli/epgu/internal/portal/wire/esia"
)

// identity is the information system in whose name a profile signs in. On a
// training portal it is the key that this portal gives to everybody; elsewhere
// it is the user's own, from the settings.
type identity struct {
	settings  *settings.Settings
	portal    *factory.Connection
	transport *transport.Client
	base      string
	clock     clock.Clock

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
	if name := official(i.settings.ProfileName(), i.settings.Get("portal").Value); name != "" {
		i.caps = cabinet.Official(name)
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
		Permissions:  []wireesia.Permission{esia.APIPGUConsent("epgu", 525600)},
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
	key, certificate, err := i.key(ctx, &o)
	if err != nil {
		return nil, err
	}
	signer, err := signerOf(key, certificate)
	if err != nil {
		return nil, err
	}
	o.Signer = esia.SignWith(signer, i.clock.Now)
	o.Markers = i.trust(caps)
	i.cached = esia.New(i.transport, o)
	return i.cached, nil
}

// key finds the key and the certificate of the information system.
func (i *identity) key(ctx context.Context, o *esia.Options) (key, certificate []byte, err error) {
	keyFile, certFile := i.settings.Get("client_key").Value, i.settings.Get("client_cert").Value
	if keyFile == "" && i.portal.Training != nil {
		c, err := i.portal.Training.SignInClient(ctx)
		if err != nil {
			return nil, nil, err
		}
		o.ClientID, o.RedirectURI, o.PasteURI = c.ClientID, c.RedirectURI, c.PasteURI
		return []byte(c.KeyPEM), []byte(c.CertificatePEM), nil
	}
	if keyFile == "" || certFile == "" || o.ClientID == "" {
		return nil, nil, errNoIdentity(i.settings.ProfileName())
	}
	bad := func(path string, err error) error {
		return fault.New(exitcode.Usage, "esia.client_files", i18n.Text{RU: "файл %s не читается", EN: "%s cannot be read"}.With(path)).Because(err)
	}
	if key, err = readSmall(keyFile); err != nil {
		return nil, nil, bad(keyFile, err)
	}
	if certificate, err = readSmall(certFile); err != nil {
		return nil, nil, bad(certFile, err)
	}
	return key, certificate, nil
}

func signerOf(key, certificate []byte) (cms.Signer, error) {
	bad := func(err error) error {
		return fault.New(exitcode.Usage, "esia.client_key", i18n.Say("ключ или сертификат информационной системы не подходит", "the key or the certificate of the information system does not fit")).Because(err)
	}
	k, err := keyfile.Parse(key, nil)
	if err != nil {
		return nil, bad(err)
	}
	certs, err := cert.ParseAll(certificate)
	if err != nil {
		return nil, bad(err)
	}
	s, err := cms.NewKeySigner(certs[0], k)
	if err != nil {
		return nil, bad(err)
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
	switch i.settings.ProfileName() {
	case "prod":
		t.Issuers = []string{"http://esia.gosuslugi.ru/"}
	case "svcdev":
		t.Issuers = []string{"http://esia-portal1.test.gosuslugi.ru/", "http://esia.gosuslugi.ru/"}
	default:
		if caps.ESIA != nil {
			t.Issuers = []string{caps.ESIA.Issuer}
		}
	}
	return t
}
