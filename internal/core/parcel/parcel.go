// Package parcel is an application to API ЕПГУ made of its sender's own
// documents: which files the archive holds, whether they keep its rules
// (SPEC-1.13, sections 2.1.3 and 2.4), and the numbers that the portal gives
// only when the application is begun, filled into the documents. It sends
// nothing; core/applications does. Packages under core and the commands use it.
package parcel

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
)

// What stands in a document for what is known only when the application is
// begun. A document may hold them when its name ends in ".xml".
const (
	FieldOrder    = "${orderId}"  // number of the application
	FieldGUID     = "${guid}"     // identifier of the submission, in names "{guid}"
	FieldDate     = "${date}"     // day of sending, Moscow: 2026-11-29
	FieldDateTime = "${dateTime}" // moment of sending, Moscow: 2026-11-29T12:00:00+03:00
	FieldTime     = "${time}"     // the same without a zone: 2026-11-29T12:00:00
	nameGUID      = "{guid}"
)

// FieldAfterHours is FieldDateTime so many hours (1 to 24) later: a term that runs
// from sending.
func FieldAfterHours(hours string) string { return "${dateTime+" + hours + "h}" }

// maxHours bounds FieldAfterHours.
const maxHours = 24

// SignConfig is the name of the document that ties several signatures to one
// document (SPEC-1.13, appendix 5).
const SignConfig = "sign_config.xml"

// SignatureSuffix is what the name of a detached signature adds to that of its file.
const SignatureSuffix = ".sig"

// Numbers are what fields are replaced by. A zero OrderID leaves fields as they are.
type Numbers struct {
	OrderID int64
	GUID    string // lower case, with hyphens
	At      time.Time
}

// known reports whether there is anything to fill in.
func (n Numbers) known() bool { return n.OrderID != 0 }

func (n Numbers) replacer() *strings.Replacer {
	const moment = "2006-01-02T15:04:05-07:00"
	at := n.At.In(clock.Moscow())
	pairs := []string{FieldOrder, strconv.FormatInt(n.OrderID, 10), FieldGUID, n.GUID,
		FieldDate, at.Format(time.DateOnly), FieldDateTime, at.Format(moment), FieldTime, at.Format("2006-01-02T15:04:05")}
	for h := 1; h <= maxHours; h++ {
		pairs = append(pairs, FieldAfterHours(strconv.Itoa(h)), at.Add(time.Duration(h)*time.Hour).Format(moment))
	}
	return strings.NewReplacer(pairs...)
}

// File is one file of the archive.
type File struct {
	Name   string            `json:"name"` // in the archive; may hold {guid}
	Path   string            `json:"path"` // where it lies; "" when Body holds it
	Body   []byte            `json:"-"`    // a document made here, or one with fields
	Bytes  int64             `json:"bytes"`
	SHA256 [sha256.Size]byte `json:"-"` // of the file as given
	Fields bool              `json:"fields"`
}

// Made returns a document that was made here.
func Made(name string, body []byte) File {
	return File{Name: name, Body: body, Bytes: int64(len(body)), SHA256: sha256.Sum256(body), Fields: hasFields(body)}
}

// Digest returns the SHA-256 of the file as given, hex.
func (f File) Digest() string { return hex.EncodeToString(f.SHA256[:]) }

// IsSignature reports whether the file is the detached signature of another.
func (f File) IsSignature() bool { return strings.HasSuffix(f.Name, SignatureSuffix) }

// NameWith returns the name with its fields filled in.
func (f File) NameWith(n Numbers) string {
	if !n.known() {
		return f.Name
	}
	return strings.ReplaceAll(f.Name, nameGUID, n.GUID)
}

// NeedsNumber reports whether the file cannot be made before the number of the
// application is known.
func (f File) NeedsNumber() bool { return f.Fields || strings.Contains(f.Name, nameGUID) }

// Open returns the file from its beginning, with its fields filled in. A file
// that is not the one that was checked any more ends with an error.
func (f File) Open(n Numbers) (io.ReadCloser, error) {
	if f.Body != nil {
		body := f.Body
		if f.Fields && n.known() {
			body = []byte(n.replacer().Replace(string(body)))
		}
		return io.NopCloser(bytes.NewReader(body)), nil
	}
	file, err := os.Open(f.Path)
	if err != nil {
		return nil, err
	}
	return &same{f: file, h: sha256.New(), want: f}, nil
}

func hasFields(b []byte) bool {
	for _, field := range []string{FieldOrder, FieldGUID, FieldDate, FieldDateTime, FieldTime, "${dateTime+"} {
		if bytes.Contains(b, []byte(field)) {
			return true
		}
	}
	return false
}

// same reads a file and ends with an error instead of EOF when it is not what
// was checked before.
type same struct {
	f    *os.File
	h    hash.Hash
	n    int64
	want File
}

func (s *same) Read(b []byte) (int, error) {
	n, err := s.f.Read(b)
	s.h.Write(b[:n])
	s.n += int64(n)
	if s.n > s.want.Bytes || errors.Is(err, io.EOF) && !bytes.Equal(s.h.Sum(nil), s.want.SHA256[:]) {
		return n, fmt.Errorf("%s changed while it was being sent", s.want.Path)
	}
	return n, err
}

func (s *same) Close() error { return s.f.Close() }
