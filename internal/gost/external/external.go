// Package external lets another program sign: a certified provider, a tool for
// a token, OpenSSL. The program gets the data on standard input and gives the
// signature on standard output; epgu never sees the key. It may be imported by
// the package gost and by tests.
package external

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/cms"
	"github.com/epgu-cli/epgu/internal/gost/verdict"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Prefixes of a signer specification.
const (
	prefixCMS = "exec:"
	prefixRaw = "exec-raw:"
)

// Limits on a run of a program.
const (
	// DefaultTimeout is how long a program may take unless Program says
	// otherwise: long enough for a PIN pad, short enough for a cron job.
	DefaultTimeout = 2 * time.Minute

	maxCMS    = 16 << 20 // bytes of a signature in CMS
	maxRaw    = 4 << 10  // bytes of a raw signature
	maxStderr = 4 << 10  // bytes of an error text that are kept
	killDelay = 2 * time.Second
)

var (
	// ErrSpec says that a signer specification cannot be used.
	ErrSpec = errors.New("external: not a signer specification")
	// ErrRun says that the program could not be run, failed, or ran out of
	// time.
	ErrRun = errors.New("external: the signing program failed")
	// ErrOutput says that the program gave something that is no signature of
	// the expected kind, or one that does not hold.
	ErrOutput = errors.New("external: the signing program gave no usable signature")
	// ErrKind says that a program for one kind of signature was asked for the
	// other.
	ErrKind = errors.New("external: the signing program gives another kind of signature")
)

// Program is a program that signs.
type Program struct {
	Args    []string      // the program and its arguments; no shell reads them
	Raw     bool          // it gives s‖r over its input, else detached CMS in DER
	Timeout time.Duration // zero: DefaultTimeout
	Env     []string      // zero: the environment without epgu's own variables
}

// ParseSpec reads "exec:PROGRAM ARGUMENT…" (the program gives detached CMS) or
// "exec-raw:PROGRAM ARGUMENT…" (it gives a raw signature). Words are separated
// by spaces; single or double quotes hold a word together. Nothing is expanded
// and no shell is involved: who wants one writes exec:sh -c '…'. The error
// wraps ErrSpec.
func ParseSpec(spec string) (*Program, error) {
	p := &Program{}
	line, ok := strings.CutPrefix(spec, prefixCMS)
	if !ok {
		if line, p.Raw = strings.CutPrefix(spec, prefixRaw); !p.Raw {
			return nil, fmt.Errorf("%w: it begins neither with %s nor with %s", ErrSpec, prefixCMS, prefixRaw)
		}
	}
	var err error
	if p.Args, err = splitWords(line); err != nil {
		return nil, err
	}
	if len(p.Args) == 0 || p.Args[0] == "" {
		return nil, fmt.Errorf("%w: no program is named", ErrSpec)
	}
	return p, nil
}

// splitWords splits a command line. A backslash is an ordinary character, so
// that paths of Windows need no doubling.
func splitWords(line string) ([]string, error) {
	var words []string
	var word strings.Builder
	inside, quote := false, rune(0)
	for _, r := range line {
		switch {
		case r == 0:
			return nil, fmt.Errorf("%w: a zero character", ErrSpec)
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, inside = r, true
		case r == ' ' || r == '\t' || r == '\n' || r == '\r':
			if inside {
				words = append(words, word.String())
				word.Reset()
				inside = false
			}
		default:
			word.WriteRune(r)
			inside = true
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("%w: a quote is not closed", ErrSpec)
	}
	if inside {
		words = append(words, word.String())
	}
	return words, nil
}

// Run runs the program with input on its standard input and returns what it prints,
// at most limit bytes.
func (p *Program) Run(ctx context.Context, input io.Reader, limit int) ([]byte, error) {
	return p.run(ctx, input, limit)
}

func (p *Program) run(ctx context.Context, input io.Reader, limit int) ([]byte, error) {
	timeout := p.Timeout
	if timeout == 0 {
		timeout = DefaultTimeout
	}
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("it took longer than %s", timeout))
	defer cancel()
	cmd := exec.CommandContext(ctx, p.Args[0], p.Args[1:]...)
	cmd.Stdin = input
	out := &capped{limit: limit, full: cancel}
	complaint := &capped{limit: maxStderr}
	cmd.Stdout, cmd.Stderr = out, complaint
	cmd.WaitDelay = killDelay
	if cmd.Env = p.Env; cmd.Env == nil {
		cmd.Env = Environment(os.Environ())
	}
	err := cmd.Run()
	if out.over {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrOutput, limit)
	}
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			if errors.Is(cause, context.Canceled) {
				return nil, cause
			}
			err = cause
		}
		if text := untrusted.Clean(strings.TrimSpace(complaint.b.String())); text != "" {
			return nil, fmt.Errorf("%w: %w: %s", ErrRun, err, text)
		}
		return nil, fmt.Errorf("%w: %w", ErrRun, err)
	}
	return out.b.Bytes(), nil
}

// Environment is what a program of the user's is started with: env without the
// variables that may hold tokens and passphrases of epgu.
func Environment(env []string) []string {
	out := make([]string, 0, len(env))
	for _, v := range env {
		if !strings.HasPrefix(v, "EPGU_") {
			out = append(out, v)
		}
	}
	return out
}

// capped keeps up to limit bytes. Past that it calls full, if it is set, and
// throws the rest away.
type capped struct {
	b     bytes.Buffer
	limit int
	over  bool
	full  func()
}

func (c *capped) Write(p []byte) (int, error) {
	if room := c.limit - c.b.Len(); len(p) > room {
		c.b.Write(p[:max(room, 0)])
		if c.over = true; c.full != nil {
			c.full()
		}
		return len(p), nil
	}
	return c.b.Write(p)
}

// RawSigner asks a program for raw signatures. It implements cms.Signer, so
// everything else about a signature is made here.
type RawSigner struct {
	program     *Program
	certificate *cert.Certificate
}

// NewRawSigner returns a signer for a program with Raw set and the certificate
// of its key.
func NewRawSigner(p *Program, c *cert.Certificate) (*RawSigner, error) {
	if !p.Raw {
		return nil, ErrKind
	}
	if c == nil || c.Key == nil {
		return nil, errors.New("external: a raw signer needs the certificate of its key")
	}
	return &RawSigner{p, c}, nil
}

// Certificate returns the signer's certificate.
func (s *RawSigner) Certificate() *cert.Certificate { return s.certificate }

// SignMessage runs the program and checks what it gave under the certificate.
func (s *RawSigner) SignMessage(ctx context.Context, message []byte) ([]byte, error) {
	sig, err := s.program.run(ctx, bytes.NewReader(message), maxRaw)
	if err != nil {
		return nil, err
	}
	h := s.certificate.Key.Curve().NewHash()
	h.Write(message)
	if n := s.certificate.Key.Curve().SignatureSize(); len(sig) != n {
		return nil, fmt.Errorf("%w: %d bytes where a raw signature has %d", ErrOutput, len(sig), n)
	}
	if !s.certificate.Key.Verify(h.Sum(nil), sig) {
		return nil, fmt.Errorf("%w: the signature does not hold under the certificate (other key, or other order of bytes)", ErrOutput)
	}
	return sig, nil
}

// CMSSigner asks a program for whole detached signatures.
type CMSSigner struct {
	program     *Program
	certificate *cert.Certificate
}

// NewCMSSigner returns a signer for a program without Raw. c may be nil when
// the program puts its certificate inside.
func NewCMSSigner(p *Program, c *cert.Certificate) (*CMSSigner, error) {
	if p.Raw {
		return nil, ErrKind
	}
	return &CMSSigner{p, c}, nil
}

// Certificate returns the certificate that was given, or nil.
func (s *CMSSigner) Certificate() *cert.Certificate { return s.certificate }

// SignDetached gives the content to the program and checks that what comes
// back is a detached signature of exactly that content which holds under its
// certificate. Whether the certificate is trusted is not asked.
func (s *CMSSigner) SignDetached(ctx context.Context, content io.Reader) ([]byte, error) {
	tee := cms.NewHasher()
	out, err := s.program.run(ctx, io.TeeReader(content, tee), maxCMS)
	if err != nil {
		return nil, err
	}
	// A program that stops reading early has signed something shorter.
	if _, err := io.Copy(tee, content); err != nil {
		return nil, err
	}
	der := cms.Undress(out)
	o := &cms.VerifyOptions{}
	if s.certificate != nil {
		o.Certificates = []*cert.Certificate{s.certificate}
	}
	result, err := cms.VerifyDigest(der, tee, o)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOutput, err)
	}
	if len(result.Signatures) == 0 {
		return nil, fmt.Errorf("%w: nobody signed", ErrOutput)
	}
	for i := range result.Signatures {
		signature := &result.Signatures[i]
		for _, r := range signature.Reasons {
			if strings.HasPrefix(r.Code, "cms.") {
				return nil, fmt.Errorf("%w: %s", ErrOutput, r.Code)
			}
		}
		if s.certificate != nil && !s.certificate.Equal(signature.Certificate) {
			return nil, fmt.Errorf("%w: it signed under another certificate", ErrOutput)
		}
		if verdict.Has(signature.Reasons, "certificate.not_gost") {
			return nil, fmt.Errorf("%w: not a GOST signature", ErrOutput)
		}
	}
	return der, nil
}
