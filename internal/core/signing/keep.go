package signing

import (
	"bytes"
	"errors"
	"slices"
	"time"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/gost"
	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/cms"
	"github.com/epgu-cli/epgu/internal/gost/gost3410"
	"github.com/epgu-cli/epgu/internal/gost/keyfile"
	"github.com/epgu-cli/epgu/internal/i18n"
)

// minPIN is the shortest PIN of a new key, characters: shorter ones fall to a
// search even behind PBKDF2.
const minPIN = 6

// CheckPIN says what is wrong with the PIN of a new key, or returns nil.
func CheckPIN(pin []byte) error {
	if n := len([]rune(string(pin))); n < minPIN {
		return fault.New(exitcode.Usage, "cert.short_pin", i18n.Text{RU: "PIN слишком короткий: нужно хотя бы %d знаков", EN: "the PIN is too short: at least %d characters are needed"}.With(minPIN))
	}
	return nil
}

// NewOptions says what key and certificate to make.
type NewOptions struct {
	Name    string
	Subject cert.Name
	Curve   string // as in gost3410.Curve.Name; "" is A
	PIN     []byte
	From    time.Time // of a self-signed certificate
	Until   time.Time
	// RequestOnly makes a request and no certificate.
	RequestOnly bool
}

// New makes a key with a self-signed certificate, or with a request only.
func (s *Store) New(o NewOptions) (*Entry, error) {
	if err := checkName(o.Name); err != nil {
		return nil, err
	}
	if err := CheckPIN(o.PIN); err != nil {
		return nil, err
	}
	if o.Subject == (cert.Name{}) {
		return nil, badSubject(i18n.Say("он пуст", "it is empty"))
	}
	curve := gost3410.Default256()
	if o.Curve != "" {
		if curve = gost3410.CurveByName(o.Curve); curve == nil {
			names := ""
			for _, c := range gost3410.Curves() {
				names += " " + c.Name()
			}
			return nil, fault.New(exitcode.Usage, "cert.curve", i18n.Text{RU: "нет набора параметров «%s»; есть:%s", EN: "there is no parameter set %q; known:%s"}.With(o.Curve, names))
		}
	}
	key, err := gost3410.GenerateKey(curve, s.Random)
	if err != nil {
		return nil, err
	}
	request, err := cert.CreateRequest(s.Random, o.Subject, key)
	if err != nil {
		return nil, gost.Explain(err)
	}
	files := map[string][]byte{requestFile: cert.RequestPEM(request)}
	if !o.RequestOnly {
		if !o.From.Before(o.Until) {
			return nil, fault.New(exitcode.Usage, "cert.dates", i18n.Say("срок сертификата кончается раньше, чем начинается", "the certificate would end before it begins"))
		}
		c, err := cert.CreateSelfSigned(s.Random, &cert.Template{Subject: o.Subject, NotBefore: o.From, NotAfter: o.Until}, key)
		if err != nil {
			return nil, gost.Explain(err)
		}
		files[certificateFile] = c.PEM()
	}
	if files[keyFile], err = keyfile.Encrypt(key, o.PIN, s.encryption()); err != nil {
		return nil, err
	}
	if err := s.put(o.Name, files); err != nil {
		return nil, err
	}
	return s.Find(o.Name)
}

// ImportOptions says what to take into the store.
type ImportOptions struct {
	Name        string
	Key         []byte // PKCS#8 (PEM, DER) or PKCS#12; nil when another program holds the key
	Certificate []byte // PEM or DER; nil when Key is PKCS#12 with a certificate
	// KeyPIN opens Key; PIN protects it in the store.
	KeyPIN, PIN []byte
}

// Import takes a key with its certificate, or a certificate alone.
func (s *Store) Import(o ImportOptions) (*Entry, error) {
	if err := checkName(o.Name); err != nil {
		return nil, err
	}
	key, certificates, err := open(o)
	if err != nil {
		return nil, gost.Explain(err)
	}
	files := map[string][]byte{}
	if key != nil {
		if err := CheckPIN(o.PIN); err != nil {
			return nil, err
		}
		i := slices.IndexFunc(certificates, func(c *cert.Certificate) bool { return c.Matches(key) })
		if i < 0 {
			return nil, gost.Explain(cms.ErrMismatch)
		}
		certificates[0], certificates[i] = certificates[i], certificates[0]
		if files[keyFile], err = keyfile.Encrypt(key, o.PIN, s.encryption()); err != nil {
			return nil, err
		}
	}
	if certificates[0].Key == nil {
		return nil, gost.Explain(cert.ErrUnsupported)
	}
	files[certificateFile] = pemOf(certificates)
	if err := s.put(o.Name, files); err != nil {
		return nil, err
	}
	return s.Find(o.Name)
}

// open reads the key and the certificates of an import.
func open(o ImportOptions) (key *gost3410.PrivateKey, certificates []*cert.Certificate, err error) {
	switch {
	case o.Key == nil:
	case keyfile.Detect(o.Key) == keyfile.PKCS12:
		b, err := keyfile.ParsePKCS12(o.Key, o.KeyPIN)
		if err != nil {
			return nil, nil, err
		}
		key = b.Key
		if b.Certificate != nil {
			certificates = append(certificates, b.Certificate)
		}
		certificates = append(certificates, b.Others...)
	default:
		if key, err = keyfile.Parse(o.Key, o.KeyPIN); err != nil {
			return nil, nil, err
		}
		if o.Certificate == nil && bytes.Contains(o.Key, []byte("-----BEGIN CERTIFICATE-----")) {
			o.Certificate = o.Key // one PEM file may hold both
		}
	}
	if o.Certificate != nil {
		given, err := cert.ParseAll(o.Certificate)
		if err != nil {
			return nil, nil, err
		}
		certificates = append(given, certificates...)
	}
	if len(certificates) == 0 {
		return nil, nil, fault.New(exitcode.Usage, "cert.no_certificate", i18n.Say("нет сертификата", "there is no certificate")).
			Advise(i18n.Say("добавьте --cert ФАЙЛ", "add --cert FILE"))
	}
	return key, certificates, nil
}

// Request returns the PKCS#10 request of an entry in PEM, making it with the
// key when there is none yet. pin is asked only then.
func (s *Store) Request(name string, pin func() ([]byte, error)) ([]byte, error) {
	e, err := s.Find(name)
	if err != nil {
		return nil, err
	}
	if e.Request != nil {
		return cert.RequestPEM(e.Request.Raw), nil
	}
	if !e.HasKey {
		return nil, errNoKey(name)
	}
	p, err := pin()
	if err != nil {
		return nil, err
	}
	key, err := s.Unlock(name, p)
	if err != nil {
		return nil, err
	}
	der, err := cert.CreateRequest(s.Random, e.Subject(), key)
	if err != nil {
		return nil, gost.Explain(err)
	}
	return cert.RequestPEM(der), nil
}

// Answer takes the certificates that an authority gave for the key of an entry.
func (s *Store) Answer(name string, pem []byte) (*Entry, error) {
	e, err := s.Find(name)
	if err != nil {
		return nil, err
	}
	all, err := cert.ParseAll(pem)
	if err != nil {
		return nil, gost.Explain(err)
	}
	known := e.Request != nil && all[0].Key != nil && bytes.Equal(e.Request.Key.MarshalSPKI(), all[0].Key.MarshalSPKI()) ||
		e.Certificate != nil && all[0].Key != nil && bytes.Equal(e.Certificate.Key.MarshalSPKI(), all[0].Key.MarshalSPKI())
	if !known {
		return nil, gost.Explain(cms.ErrMismatch)
	}
	if err := s.Install(name, all); err != nil {
		return nil, err
	}
	return s.Find(name)
}

// errNoKey says that the key of an entry is elsewhere.
func errNoKey(name string) error {
	return fault.New(exitcode.Usage, "cert.no_key", i18n.Text{RU: "ключа к сертификату «%s» здесь нет", EN: "the key of certificate %q is not here"}.With(name)).
		Because(errors.New("no key file")).
		Advise(i18n.Say("подпишите программой, у которой он есть: --signer exec:'…'", "let the program that has it sign: --signer exec:'…'"))
}
