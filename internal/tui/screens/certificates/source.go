// Package certificates is the screen of keys and certificates: which there are,
// taking one in, binding one to the account, and signing files and checking their
// signatures. It does what "epgu cert", "epgu sign" and "epgu verify" do.
package certificates

import (
	"context"
	"os"
	"time"

	"github.com/epgu-cli/epgu/internal/atomicfile"
	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/signer"
	"github.com/epgu-cli/epgu/internal/core/signing"
	"github.com/epgu-cli/epgu/internal/core/verifying"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/gost/keyfile"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Source is what this screen needs of the core.
type Source interface {
	List(ctx context.Context) ([]Certificate, error)
	// Closed reports whether a key file is opened by a passphrase, and whether it may
	// hold its certificate.
	Closed(ctx context.Context, key string) (closed, container bool, err error)
	Import(ctx context.Context, i Import) error
	// New makes a key with a certificate of its own or a request.
	New(ctx context.Context, m Making) error
	// Send sends the request of a key to the portal's authority and takes the
	// certificate; Write writes it to a new file; Answer takes the certificate that an
	// authority gave. pin is used only when there is no request yet.
	Send(ctx context.Context, name, pin string) error
	Write(ctx context.Context, name, pin, file string) error
	Answer(ctx context.Context, name, file string) error
	// Bind has the portal send a code and says where to; Confirm takes the code.
	Bind(ctx context.Context, name string) (target string, err error)
	Confirm(ctx context.Context, name, code string) error
	// Look reads a file that is to be signed, with the key that signs it.
	Look(ctx context.Context, file, certificate, pin string) (Signing, error)
	Verify(ctx context.Context, file, roots string) (*verifying.Report, error)
	Remove(ctx context.Context, name string) error
}

// Certificate is one of the store.
type Certificate struct {
	Name      string    `json:"name"`
	Subject   string    `json:"subject"`
	Issuer    string    `json:"issuer,omitempty"`
	Serial    string    `json:"serial,omitempty"`
	From      time.Time `json:"from,omitzero"`
	Until     time.Time `json:"until,omitzero"`
	Hash      string    `json:"hash,omitempty"`
	SelfMade  bool      `json:"selfMade,omitempty"`
	Requested bool      `json:"requested,omitempty"` // there is no certificate yet
	HasKey    bool      `json:"hasKey"`
	// HasRequest says that a request is kept: the key is not needed to send it.
	HasRequest bool `json:"hasRequest,omitempty"`
	Failed     int  `json:"failed,omitempty"` // wrong PINs in a row
}

// Import says what to take in.
type Import struct {
	Key, Certificate string // files; Certificate "" when the key's file holds it
	Passphrase       string // of the key's file
	Name, PIN        string
}

// Making says what key to make.
type Making struct {
	Name, Subject, PIN string
	RequestOnly        bool
}

// Signing is a file that was read and is about to be signed: exactly what was read
// is signed.
type Signing interface {
	File() *signing.File
	Sign(ctx context.Context) error
}

// Over is the source over the core.
func Over(f *factory.Factory) Source { return core{f} }

type core struct{ f *factory.Factory }

func (c core) List(context.Context) ([]Certificate, error) {
	store, err := signer.Store(c.f)
	if err != nil {
		return nil, err
	}
	all, err := store.List()
	if err != nil {
		return nil, err
	}
	out := make([]Certificate, len(all))
	for i, e := range all {
		out[i] = Certificate{Name: e.Name, Subject: e.Subject().String(), HasKey: e.HasKey, Failed: e.Failed, HasRequest: e.Request != nil, Requested: e.Certificate == nil}
		if x := e.Certificate; x != nil {
			out[i].Issuer, out[i].Serial, out[i].From, out[i].Until, out[i].Hash, out[i].SelfMade = x.Issuer.String(), x.Serial(), x.NotBefore(), x.NotAfter(), x.Hash(), x.SelfIssued()
		}
	}
	return out, nil
}

// maxKeyFile bounds a key or certificate file, bytes.
const maxKeyFile = 1 << 20

func (c core) Closed(_ context.Context, key string) (closed, container bool, err error) {
	data, err := signing.ReadFile(key, maxKeyFile)
	if err != nil {
		return false, false, err
	}
	switch keyfile.Detect(data) {
	case keyfile.Plain:
		return false, false, nil
	case keyfile.PKCS12:
		_, err := keyfile.ParsePKCS12(data, nil)
		return err != nil, true, nil // a file without a passphrase opens
	}
	return true, false, nil
}

func (c core) Import(_ context.Context, i Import) error {
	store, err := signer.Store(c.f)
	if err != nil {
		return err
	}
	o := signing.ImportOptions{Name: i.Name, KeyPIN: []byte(i.Passphrase), PIN: []byte(i.PIN)}
	if o.Key, err = signing.ReadFile(i.Key, maxKeyFile); err != nil {
		return err
	}
	if i.Certificate != "" {
		if o.Certificate, err = signing.ReadFile(i.Certificate, maxKeyFile); err != nil {
			return err
		}
	}
	_, err = store.Import(o)
	return err
}

func (c core) New(_ context.Context, m Making) error {
	store, err := signer.Store(c.f)
	if err != nil {
		return err
	}
	subject, err := signing.ParseSubject(m.Subject)
	if err != nil {
		return err
	}
	now := c.f.Clock.Now()
	_, err = store.New(signing.NewOptions{Name: m.Name, Subject: subject, PIN: []byte(m.PIN), From: now.Add(-time.Minute), Until: now.AddDate(1, 0, 0), RequestOnly: m.RequestOnly})
	return err
}

// request is the request of a key, and the store that it is from.
func (c core) request(name, pin string) (*signing.Store, []byte, error) {
	store, err := signer.Store(c.f)
	if err != nil {
		return nil, nil, err
	}
	pem, err := store.Request(name, func() ([]byte, error) { return []byte(pin), nil })
	return store, pem, err
}

func (c core) Send(ctx context.Context, name, pin string) error {
	store, request, err := c.request(name, pin)
	if err != nil {
		return err
	}
	conn, err := c.f.Connect(ctx)
	if err != nil {
		return err
	}
	all, err := (&signing.Account{Portal: conn.Cabinet, Capabilities: conn.Capabilities}).Issue(ctx, request)
	if err != nil {
		return err
	}
	var pem []byte
	for _, x := range all {
		pem = append(pem, x.PEM()...)
	}
	_, err = store.Answer(name, pem)
	return err
}

func (c core) Write(_ context.Context, name, pin, file string) error {
	if _, err := os.Lstat(file); err == nil {
		return fault.New(exitcode.Conflict, "file.exists", i18n.Text{RU: "%s уже есть; ничего не записано", EN: "%s is already there; nothing was written"}.With(untrusted.Text(file)))
	}
	_, request, err := c.request(name, pin)
	if err != nil {
		return err
	}
	return atomicfile.Write(file, request, 0o600)
}

func (c core) Answer(_ context.Context, name, file string) error {
	store, err := signer.Store(c.f)
	if err != nil {
		return err
	}
	pem, err := signing.ReadFile(file, maxKeyFile)
	if err != nil {
		return err
	}
	_, err = store.Answer(name, pem)
	return err
}

func (c core) account(ctx context.Context, name string) (*signing.Account, *signing.Entry, error) {
	store, err := signer.Store(c.f)
	if err != nil {
		return nil, nil, err
	}
	e, err := store.Find(name)
	if err != nil {
		return nil, nil, err
	}
	conn, err := c.f.Connect(ctx)
	if err != nil {
		return nil, nil, err
	}
	return &signing.Account{Portal: conn.Cabinet, Capabilities: conn.Capabilities}, e, nil
}

func (c core) Bind(ctx context.Context, name string) (string, error) {
	a, e, err := c.account(ctx, name)
	if err != nil {
		return "", err
	}
	b, err := a.Bind(ctx, e.Certificate)
	if err != nil {
		return "", err
	}
	return b.Target.String(), nil
}

func (c core) Confirm(ctx context.Context, name, code string) error {
	a, e, err := c.account(ctx, name)
	if err != nil {
		return err
	}
	_, err = a.Confirm(ctx, e.Certificate, code)
	return err
}

type batch struct {
	b     *signing.Batch
	files []*signing.File
}

func (c core) Look(ctx context.Context, file, certificate, pin string) (Signing, error) {
	store, err := signer.Store(c.f)
	if err != nil {
		return nil, err
	}
	s, err := store.Open(ctx, certificate, "", func(context.Context, string) ([]byte, error) { return []byte(pin), nil })
	if err != nil {
		return nil, err
	}
	b := &signing.Batch{Signers: []*signing.Signer{s}, Clock: c.f.Clock}
	files := b.Plan([]string{file})
	return &batch{b, files}, b.Hash(ctx, files)
}

func (b *batch) File() *signing.File { return b.files[0] }

func (b *batch) Sign(ctx context.Context) error {
	if err := b.b.Sign(ctx, b.files); err != nil {
		return err
	}
	if f := b.files[0]; f.Status == signing.Failed {
		return f.Reason
	}
	return nil
}

func (c core) Verify(ctx context.Context, file, roots string) (*verifying.Report, error) {
	o := verifying.Options{File: file, Time: c.f.Clock.Now()}
	if roots != "" {
		o.Roots = []string{roots}
	}
	return verifying.Verify(ctx, o)
}

func (c core) Remove(_ context.Context, name string) error {
	store, err := signer.Store(c.f)
	if err != nil {
		return err
	}
	return store.Remove(name)
}
