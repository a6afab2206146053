package gost

import (
	"context"
	"crypto"
	"io"
	"time"

	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/cms"
	"github.com/epgu-cli/epgu/internal/gost/external"
)

// Signer is what everything that signs asks for. The key may be in memory or
// behind another program. Signers may be used from several goroutines at once.
type Signer interface {
	// Certificate returns the signer's certificate; nil if only the program
	// behind the signer knows it.
	Certificate() *cert.Certificate
	// SignRaw returns s‖r over the Streebog digest of message, as ЕСИА takes
	// it. A signer that can only make CMS returns an error that wraps
	// external.ErrKind.
	SignRaw(ctx context.Context, message []byte) ([]byte, error)
	// SignDetached reads content to its end and returns a detached CMS
	// signature in DER. at is the signing time that is written; a program that
	// makes the whole CMS writes its own.
	SignDetached(ctx context.Context, content io.Reader, at time.Time) ([]byte, error)
}

// NewKeySigner returns a Signer with the key in memory, or cms.ErrMismatch.
// chain holds intermediates to put beside the certificate.
func NewKeySigner(c *cert.Certificate, key crypto.Signer, chain ...*cert.Certificate) (Signer, error) {
	s, err := cms.NewKeySigner(c, key)
	if err != nil {
		return nil, err
	}
	return &messageSigner{s, chain}, nil
}

// NewExternalSigner returns a Signer that runs the program of a specification:
// see external.ParseSpec. c is the certificate of the program's key; it may be
// nil for exec:. timeout zero stands for external.DefaultTimeout. The error
// wraps external.ErrSpec.
func NewExternalSigner(spec string, c *cert.Certificate, timeout time.Duration, chain ...*cert.Certificate) (Signer, error) {
	p, err := external.ParseSpec(spec)
	if err != nil {
		return nil, err
	}
	p.Timeout = timeout
	if p.Raw {
		s, err := external.NewRawSigner(p, c)
		if err != nil {
			return nil, err
		}
		return &messageSigner{s, chain}, nil
	}
	s, err := external.NewCMSSigner(p, c)
	if err != nil {
		return nil, err
	}
	return programSigner{s}, nil
}

// messageSigner signs short messages elsewhere and builds the rest here.
type messageSigner struct {
	cms.Signer
	chain []*cert.Certificate
}

func (s *messageSigner) SignRaw(ctx context.Context, message []byte) ([]byte, error) {
	return s.SignMessage(ctx, message)
}

func (s *messageSigner) SignDetached(ctx context.Context, content io.Reader, at time.Time) ([]byte, error) {
	return cms.SignDetached(ctx, content, &cms.Options{Time: at, Chain: s.chain}, s.Signer)
}

// programSigner leaves the whole signature to a program.
type programSigner struct{ s *external.CMSSigner }

func (s programSigner) Certificate() *cert.Certificate { return s.s.Certificate() }

func (s programSigner) SignRaw(context.Context, []byte) ([]byte, error) {
	return nil, external.ErrKind
}

func (s programSigner) SignDetached(ctx context.Context, content io.Reader, _ time.Time) ([]byte, error) {
	return s.s.SignDetached(ctx, content)
}

// MessageSigner returns the cms.Signer inside s, for attached signatures and
// several signers at once; ok is false when a program makes the whole CMS.
// Signatures of such programs are joined by cms.Merge.
func MessageSigner(s Signer) (m cms.Signer, ok bool) {
	k, ok := s.(*messageSigner)
	if !ok {
		return nil, false
	}
	return k.Signer, true
}
