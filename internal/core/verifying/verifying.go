// Package verifying checks signatures of files: who signed, when, with what,
// and whether that is valid, invalid, or cannot be told. Commands and the TUI
// import it.
package verifying

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/gost"
	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/cms"
	"github.com/epgu-cli/epgu/internal/gost/verdict"
	"github.com/epgu-cli/epgu/internal/i18n"
)

// Bounds of what is read, bytes.
const (
	maxSignature    = 16 << 20
	maxCertificates = 16 << 20
	maxFiles        = 100 // of roots, lists and certificates each
)

// Options says what is checked against what.
type Options struct {
	File      string
	Signature string   // "" looks beside the file, then inside it
	Roots     []string // files with trusted certificates
	Known     []string // files with certificates that are known, not trusted
	Lists     []string // files with revocation lists
	// RequireLists makes a certificate without a list a reason to doubt.
	RequireLists bool
	Time         time.Time // the moment that certificates are checked at
	// Content takes the content of a signature that holds it; use it only if
	// the report is valid. It may be nil.
	Content io.Writer
	// Progress is told of bytes that were read. It may be nil.
	Progress func(n int64)
}

// Report is the outcome.
type Report struct {
	File      string
	Signature string // the file that the signature was read from
	*cms.Result
}

// Verify checks a file. An error means that nothing was verified: what was to
// be read could not be (exit code 2). Anything that a signature is found guilty
// of is in the report.
func Verify(ctx context.Context, o Options) (*Report, error) {
	vo, err := o.against()
	if err != nil {
		return nil, err
	}
	r := &Report{File: o.File, Signature: o.Signature}
	if r.Signature == "" {
		r.Signature = o.File + ".sig"
		if _, err := os.Stat(r.Signature); errors.Is(err, fs.ErrNotExist) {
			return r, o.attached(ctx, r, vo)
		}
	}
	sig, err := read(r.Signature, maxSignature)
	if err != nil {
		return nil, err
	}
	in, err := os.Open(o.File)
	if err != nil {
		return nil, cannotRead(o.File, err)
	}
	defer in.Close()
	r.Result, err = cms.VerifyDetached(ctx, sig, o.counted(in), vo)
	if err != nil {
		return nil, explain(r.Signature, err)
	}
	return r, nil
}

// attached takes the file for a signature that holds its content.
func (o *Options) attached(ctx context.Context, r *Report, vo *cms.VerifyOptions) error {
	in, err := os.Open(o.File)
	if err != nil {
		return cannotRead(o.File, err)
	}
	defer in.Close()
	r.Signature = o.File
	r.Result, err = cms.VerifyAttached(ctx, o.counted(in), o.Content, vo)
	if errors.Is(err, cms.ErrFormat) && !looksSigned(o.File) {
		return fault.New(exitcode.Usage, "verify.no_signature", i18n.Text{RU: "подписи к файлу %[1]s нет: ни %[1]s.sig рядом, ни внутри него", EN: "there is no signature of %[1]s: neither %[1]s.sig beside it nor one inside"}.With(o.File)).
			Advise(i18n.Say("укажите подпись: --sig ФАЙЛ", "name the signature: --sig FILE"))
	}
	return explain(o.File, err)
}

func looksSigned(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".sig", ".p7s", ".p7m", ".sgn":
		return true
	}
	return false
}

func (o *Options) counted(in io.Reader) io.Reader {
	if o.Progress == nil {
		return in
	}
	return &counted{in, o.Progress}
}

type counted struct {
	in   io.Reader
	tell func(int64)
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	c.tell(int64(n))
	return n, err
}

// against reads the roots, the known certificates and the lists.
func (o *Options) against() (*cms.VerifyOptions, error) {
	vo := &cms.VerifyOptions{Chain: cert.ChainOptions{Time: o.Time, ForSigning: true, RequireLists: o.RequireLists}}
	var err error
	if vo.Chain.Roots, err = certificates(o.Roots); err != nil {
		return nil, err
	}
	if vo.Certificates, err = certificates(o.Known); err != nil {
		return nil, err
	}
	if len(o.Lists) > maxFiles {
		return nil, tooMany()
	}
	for _, path := range o.Lists {
		b, err := read(path, cert.MaxListSize)
		if err != nil {
			return nil, err
		}
		l, err := cert.ParseRevocationList(b)
		if err != nil {
			return nil, fault.New(exitcode.Usage, "verify.crl", i18n.Text{RU: "%s — не список отзыва", EN: "%s is no revocation list"}.With(path)).Because(err)
		}
		vo.Chain.Lists = append(vo.Chain.Lists, l)
	}
	return vo, nil
}

func certificates(paths []string) ([]*cert.Certificate, error) {
	if len(paths) > maxFiles {
		return nil, tooMany()
	}
	var out []*cert.Certificate
	for _, path := range paths {
		b, err := read(path, maxCertificates)
		if err != nil {
			return nil, err
		}
		all, err := cert.ParseAll(b)
		if err != nil {
			return nil, explain(path, err)
		}
		out = append(out, all...)
	}
	return out, nil
}

func tooMany() error {
	return fault.New(exitcode.Usage, "verify.too_many_files", i18n.Text{RU: "файлов больше %d", EN: "more than %d files"}.With(maxFiles))
}

func read(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, cannotRead(path, err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, cannotRead(path, err)
	}
	if int64(len(b)) > limit {
		return nil, fault.New(exitcode.Usage, "file.too_large", i18n.Text{RU: "файл %s больше %d байт", EN: "%s is larger than %d bytes"}.With(path, limit))
	}
	return b, nil
}

func cannotRead(path string, err error) error {
	return fault.New(exitcode.Usage, "file.unreadable", i18n.Text{RU: "файл %s не читается", EN: "%s cannot be read"}.With(path)).Because(err)
}

// explain says which file the error is about.
func explain(path string, err error) error {
	if err == nil {
		return nil
	}
	err = gost.Explain(err)
	var f *fault.Error
	if errors.As(err, &f) {
		f.Fields = append(f.Fields, fault.Field{Name: path, Message: f.Message})
		return f
	}
	var p *fs.PathError
	if errors.As(err, &p) {
		return cannotRead(path, err)
	}
	return err
}

// Judge turns a report into the error that a command ends with: nil only when
// everything was checked and passed. Exit code 4 is invalid, 7 is cannot tell.
func (r *Report) Judge() error {
	status := r.Status()
	if status == verdict.Valid {
		return nil
	}
	e := fault.New(exitcode.Refused, "signature.invalid", i18n.Text{RU: "подпись файла %s недействительна", EN: "the signature of %s is invalid"}.With(r.File))
	if status != verdict.Invalid {
		e = fault.New(exitcode.Unknown, "signature.cannot_tell", i18n.Text{RU: "сказать, действительна ли подпись файла %s, нельзя", EN: "whether the signature of %s is valid cannot be told"}.With(r.File))
	}
	if len(r.Signatures) == 0 {
		e.Fields = append(e.Fields, fault.Field{Name: r.Signature, Message: i18n.Say("никто не подписал", "nobody has signed")})
	}
	for i := range r.Signatures {
		s := &r.Signatures[i]
		for _, reason := range s.Reasons {
			e.Fields = append(e.Fields, fault.Field{Name: Signer(s) + ": " + reason.Code, At: i18n.Text{RU: "%s", EN: "%s"}.With(Signer(s)), Message: reason.Message})
			if reason.Code == "chain.no_roots" {
				e = e.Advise(i18n.Say("назовите корневые сертификаты, которым доверяете: --roots ФАЙЛ", "name the root certificates that you trust: --roots FILE"))
			}
		}
	}
	return e
}

// Signer names who signed, safe for a terminal: the name in the certificate, or
// "?" when the certificate is not known.
func Signer(s *cms.Signature) string {
	if s.Certificate == nil {
		return "?"
	}
	return s.Certificate.Subject.String()
}
