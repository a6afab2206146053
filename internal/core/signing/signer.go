package signing

import (
	"context"
	"io"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/gost"
	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/i18n"
)

// Signer signs files. It may be used from several goroutines at once.
type Signer struct {
	gost.Signer
	Name     string // of the entry; "" when a program signs under a certificate of its own
	External bool   // a program signs: one file at a time, for there may be a PIN pad
	chain    []*cert.Certificate
	clock    clockNow
}

type clockNow interface{ Now() time.Time }

// SignDetached signs what it reads: what core/applications asks of a signer.
func (s *Signer) SignDetached(r io.Reader) ([]byte, error) {
	sig, err := s.Signer.SignDetached(context.Background(), r, s.clock.Now())
	return sig, gost.Explain(err)
}

// Open returns the signer of an entry. spec names a program that holds the key
// ("exec:…", "exec-raw:…"), and then the entry may be "": the program knows its
// certificate. pin is asked when a key of the store has to be opened. A
// certificate that is not good now signs nothing.
func (s *Store) Open(ctx context.Context, name, spec string, pin func(ctx context.Context, name string) ([]byte, error)) (*Signer, error) {
	out := &Signer{Name: name, External: spec != "", clock: s.Clock}
	var c *cert.Certificate
	var chain []*cert.Certificate
	if name != "" {
		e, err := s.Find(name)
		if err != nil {
			return nil, err
		}
		if err := s.usable(e); err != nil {
			return nil, err
		}
		if !e.HasKey && spec == "" {
			return nil, errNoKey(name)
		}
		c, chain = e.Certificate, e.Chain
	}
	out.chain = chain
	var err error
	if spec != "" {
		if c == nil && strings.HasPrefix(spec, "exec-raw:") {
			return nil, fault.New(exitcode.Usage, "signer.certificate", i18n.Say("к exec-raw: нужен сертификат", "exec-raw: needs a certificate")).
				Advise(i18n.Say("импортируйте его без ключа (epgu cert import --cert ФАЙЛ --name ИМЯ) и назовите", "import it without a key (epgu cert import --cert FILE --name NAME) and name it"))
		}
		out.Signer, err = gost.NewExternalSigner(spec, c, 0, chain...)
		return out, gost.Explain(err)
	}
	p, err := pin(ctx, name)
	if err != nil {
		return nil, err
	}
	key, err := s.Unlock(name, p)
	if err != nil {
		return nil, err
	}
	out.Signer, err = gost.NewKeySigner(c, key, chain...)
	return out, gost.Explain(err)
}

// usable says why an entry cannot sign now, or returns nil.
func (s *Store) usable(e *Entry) error {
	c := e.Certificate
	if c == nil {
		return fault.New(exitcode.Usage, "cert.only_requested", i18n.Text{RU: "к ключу «%s» ещё нет сертификата", EN: "key %q has no certificate yet"}.With(e.Name)).
			Advise(i18n.Text{RU: "получите его: epgu cert request %[1]s --send, или возьмите ответ центра: epgu cert request %[1]s --answer ФАЙЛ", EN: "get one: epgu cert request %[1]s --send, or take the authority's answer: epgu cert request %[1]s --answer FILE"}.With(e.Name))
	}
	day := func(t time.Time) string { return t.Format(time.DateOnly) }
	switch now := s.Clock.Now(); {
	case now.After(c.NotAfter()):
		return fault.New(exitcode.Usage, "cert.expired", i18n.Text{RU: "срок сертификата «%s» истёк %s", EN: "certificate %q expired on %s"}.With(e.Name, day(c.NotAfter()))).
			Advise(i18n.Say("получите новый", "get a new one"))
	case now.Before(c.NotBefore()):
		return fault.New(exitcode.Usage, "cert.not_yet_valid", i18n.Text{RU: "сертификат «%s» действует только с %s", EN: "certificate %q is valid from %s only"}.With(e.Name, day(c.NotBefore()))).
			Advise(i18n.Say("проверьте часы этой машины", "check the clock of this machine"))
	case !c.MaySign():
		return fault.New(exitcode.Usage, "cert.usage", i18n.Text{RU: "сертификатом «%s» нельзя подписывать документы", EN: "certificate %q may not sign documents"}.With(e.Name))
	case c.Key == nil:
		return gost.Explain(cert.ErrUnsupported)
	}
	return nil
}
