package cert

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"time"

	"github.com/epgu-cli/epgu/internal/gost/verdict"
	"github.com/epgu-cli/epgu/internal/i18n"
)

const (
	maxChain      = 8   // certificates in a chain, root and leaf included
	maxChainTries = 256 // signature checks spent on one chain
)

// ChainOptions says against what a certificate is checked.
type ChainOptions struct {
	Roots         []*Certificate    // trusted as they are
	Intermediates []*Certificate    // known, not trusted
	Lists         []*RevocationList // consulted where they belong to an issuer of the chain
	// RequireLists makes a missing list for any certificate below the root a
	// reason to doubt; otherwise only lists that are there are consulted.
	RequireLists bool
	Time         time.Time // the moment that dates are checked at; must be set
	// ForSigning asks that the leaf may sign documents.
	ForSigning bool
}

// Chain is the outcome of building a chain.
type Chain struct {
	Path    []*Certificate   // leaf first; up to a root when there is one
	Reasons []verdict.Reason // empty: the leaf is good
}

// Status returns the outcome that the reasons lead to.
func (c Chain) Status() verdict.Status { return verdict.Of(c.Reasons) }

// BuildChain looks for a path from leaf to a root and checks dates, basic
// constraints, key usage and revocation on it. When several paths exist the
// first without reasons is returned, else the first found.
//
// Reason codes: chain.no_roots, chain.untrusted, chain.signature,
// certificate.expired, certificate.not_yet_valid, certificate.revoked,
// certificate.usage, certificate.not_gost, certificate.critical_extension,
// certificate.path_length, revocation.missing, revocation.stale,
// revocation.unusable.
func BuildChain(leaf *Certificate, o *ChainOptions) Chain {
	b := builder{o: o}
	b.extend([]*Certificate{leaf})
	if b.best != nil {
		return *b.best
	}
	c := Chain{Path: []*Certificate{leaf}}
	switch {
	case leaf.Key == nil:
		c.Reasons = append(c.Reasons, notGOST(leaf))
	case len(o.Roots) == 0:
		c.Reasons = append(c.Reasons, verdict.Unsure("chain.no_roots", i18n.Say(
			"не заданы доверенные корневые сертификаты", "no trusted root certificates were given")))
	case b.badSignature:
		c.Reasons = append(c.Reasons, verdict.Failed("chain.signature", i18n.Text{
			RU: "подпись издателя под сертификатом «%s» не сходится",
			EN: "the issuer's signature under the certificate %q does not hold"}.With(leaf.Subject.String())))
	default:
		c.Reasons = append(c.Reasons, verdict.Unsure("chain.untrusted", i18n.Text{
			RU: "цепочка от «%s» не доходит до доверенного корня",
			EN: "no chain leads from %q to a trusted root"}.With(leaf.Subject.String())))
	}
	c.Reasons = append(c.Reasons, checkDates(leaf, o.Time)...)
	c.Reasons = append(c.Reasons, checkLeaf(leaf, o)...)
	return c
}

type builder struct {
	o            *ChainOptions
	tries        int
	best         *Chain
	badSignature bool
}

// extend grows a path whose signatures hold so far; it reports true when a
// path without reasons is found.
func (b *builder) extend(path []*Certificate) bool {
	last := path[len(path)-1]
	for _, root := range b.o.Roots {
		if last.Equal(root) {
			return b.offer(path)
		}
	}
	if len(path) == maxChain {
		return false
	}
	for _, set := range [...][]*Certificate{b.o.Roots, b.o.Intermediates} {
		for _, issuer := range set {
			if !mayIssue(issuer, last) || contains(path, issuer) {
				continue
			}
			if b.tries++; b.tries > maxChainTries {
				return false
			}
			if err := last.CheckIssuedBy(issuer); err != nil {
				b.badSignature = b.badSignature || errors.Is(err, ErrSignature)
				continue
			}
			if b.extend(append(path[:len(path):len(path)], issuer)) {
				return true
			}
		}
	}
	return false
}

// mayIssue reports whether issuer looks like the issuer of c.
func mayIssue(issuer, c *Certificate) bool {
	aki, ski := c.X509.AuthorityKeyId, issuer.X509.SubjectKeyId
	return bytes.Equal(issuer.X509.RawSubject, c.X509.RawIssuer) && issuer.IsCA() &&
		(len(aki) == 0 || len(ski) == 0 || bytes.Equal(aki, ski))
}

func contains(path []*Certificate, c *Certificate) bool {
	for _, p := range path {
		if p.Equal(c) {
			return true
		}
	}
	return false
}

// offer checks a complete path and keeps it if it is the best so far.
func (b *builder) offer(path []*Certificate) bool {
	c := Chain{Path: path}
	for i, p := range path {
		c.Reasons = append(c.Reasons, checkDates(p, b.o.Time)...)
		if i == 0 {
			c.Reasons = append(c.Reasons, checkLeaf(p, b.o)...)
		} else {
			c.Reasons = append(c.Reasons, checkIssuer(p, i-1)...)
		}
		if i+1 < len(path) {
			c.Reasons = append(c.Reasons, b.checkRevocation(p, path[i+1])...)
		}
	}
	if b.best == nil || len(c.Reasons) == 0 {
		b.best = &c
	}
	return len(c.Reasons) == 0
}

func checkDates(c *Certificate, at time.Time) []verdict.Reason {
	switch {
	case at.Before(c.NotBefore()):
		return []verdict.Reason{verdict.Failed("certificate.not_yet_valid", i18n.Text{
			RU: "сертификат «%s» начинает действовать только %s",
			EN: "the certificate %q is not valid before %s"}.With(c.Subject.String(), day(c.NotBefore())))}
	case at.After(c.NotAfter()):
		return []verdict.Reason{verdict.Failed("certificate.expired", i18n.Text{
			RU: "срок сертификата «%s» истёк %s",
			EN: "the certificate %q expired on %s"}.With(c.Subject.String(), day(c.NotAfter())))}
	}
	return nil
}

// day is a date for a message; certificate dates are UTC.
func day(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

func checkLeaf(c *Certificate, o *ChainOptions) []verdict.Reason {
	var reasons []verdict.Reason
	if o.ForSigning && !c.MaySign() {
		reasons = append(reasons, verdict.Failed("certificate.usage", i18n.Text{
			RU: "сертификат «%s» выдан не для подписи документов",
			EN: "the certificate %q is not meant for signing documents"}.With(c.Subject.String())))
	}
	return append(reasons, checkCritical(c)...)
}

// checkIssuer checks a CA with below other CAs between it and the leaf.
func checkIssuer(c *Certificate, below int) []verdict.Reason {
	var reasons []verdict.Reason
	if c.X509.KeyUsage != 0 && c.X509.KeyUsage&x509.KeyUsageCertSign == 0 {
		reasons = append(reasons, verdict.Failed("certificate.usage", i18n.Text{
			RU: "сертификат «%s» не даёт права выпускать сертификаты",
			EN: "the certificate %q may not issue certificates"}.With(c.Subject.String())))
	}
	if max := c.X509.MaxPathLen; (max > 0 || max == 0 && c.X509.MaxPathLenZero) && below > max {
		reasons = append(reasons, verdict.Failed("certificate.path_length", i18n.Text{
			RU: "сертификат «%s» не допускает такой длинной цепочки",
			EN: "the certificate %q does not allow a chain this long"}.With(c.Subject.String())))
	}
	return append(reasons, checkCritical(c)...)
}

// checkCritical doubts certificates with critical extensions that nothing here
// acts on.
func checkCritical(c *Certificate) []verdict.Reason {
	for _, e := range c.X509.Extensions {
		if e.Critical && !handled(e.Id) {
			return []verdict.Reason{verdict.Unsure("certificate.critical_extension", i18n.Text{
				RU: "в сертификате «%s» есть обязательное расширение %s, которое epgu не умеет проверять",
				EN: "the certificate %q has a critical extension %s that epgu cannot check"}.With(c.Subject.String(), e.Id.String()))}
		}
	}
	return nil
}

// handled reports whether an extension is acted on or harmless: key usage,
// subject alternative name, basic constraints, policies, extended key usage,
// and the two key identifiers.
func handled(id asn1.ObjectIdentifier) bool {
	if len(id) != 4 || id[0] != 2 || id[1] != 5 || id[2] != 29 {
		return false
	}
	switch id[3] {
	case 14, 15, 17, 19, 32, 35, 37:
		return true
	}
	return false
}

func notGOST(c *Certificate) verdict.Reason {
	return verdict.Unsure("certificate.not_gost", i18n.Text{
		RU: "ключ сертификата «%s» не по ГОСТ Р 34.10-2012",
		EN: "the key of the certificate %q is not of GOST R 34.10-2012"}.With(c.Subject.String()))
}

// checkRevocation consults the lists of issuer about c.
func (b *builder) checkRevocation(c, issuer *Certificate) []verdict.Reason {
	found := false
	var doubts []verdict.Reason
	for _, l := range b.o.Lists {
		if !bytes.Equal(l.x.RawIssuer, issuer.X509.RawSubject) {
			continue
		}
		mayList := issuer.X509.KeyUsage == 0 || issuer.X509.KeyUsage&x509.KeyUsageCRLSign != 0
		if l.partial || !mayList || l.issuedBy(issuer) != nil {
			doubts = append(doubts, verdict.Unsure("revocation.unusable", i18n.Text{
				RU: "список отозванных сертификатов издателя «%s» не годится: подпись не сходится или список неполный",
				EN: "the revocation list of %q is of no use: its signature does not hold or it is partial"}.With(issuer.Subject.String())))
			continue
		}
		// A revocation counts even on a stale list.
		if at, revoked := l.find(c.X509.SerialNumber); revoked {
			return []verdict.Reason{verdict.Failed("certificate.revoked", i18n.Text{
				RU: "сертификат «%s» отозван %s",
				EN: "the certificate %q was revoked on %s"}.With(c.Subject.String(), day(at)))}
		}
		if next := l.NextUpdate(); !next.IsZero() && b.o.Time.After(next) {
			doubts = append(doubts, verdict.Unsure("revocation.stale", i18n.Text{
				RU: "список отозванных сертификатов издателя «%s» устарел %s",
				EN: "the revocation list of %q went stale on %s"}.With(issuer.Subject.String(), day(next))))
			continue
		}
		found = true
	}
	switch {
	case found:
		return nil
	case len(doubts) > 0:
		return doubts
	case b.o.RequireLists:
		return []verdict.Reason{verdict.Unsure("revocation.missing", i18n.Text{
			RU: "нет списка отозванных сертификатов издателя «%s»",
			EN: "there is no revocation list of %q"}.With(issuer.Subject.String()))}
	}
	return nil
}
