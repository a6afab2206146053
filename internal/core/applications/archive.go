package applications

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/core/forms"
	"github.com/epgu-cli/epgu/internal/core/parcel"
	"github.com/epgu-cli/epgu/internal/journal"
)

// Namespace is the namespace of the application document that the embedded
// portal's departments read (docs/api/training-application.md).
const Namespace = "urn:epgu:sandbox:application:1.0"

// RequestFile is the name of the application document in the archive.
const RequestFile = "req.xml"

// Signer makes detached signatures (PKCS#7) of what it reads.
type Signer interface {
	SignDetached(r io.Reader) ([]byte, error)
}

// Content is what an application says: service, form values, attachments; or
// the sender's own files, and nothing else then.
type Content struct {
	ServiceCode string
	Values      map[string]any // a tree: groups and lists are sent by their paths
	Attachments []Attachment
	Files       []parcel.File
	// Numbers are filled into Files; the zero value leaves their fields.
	Numbers parcel.Numbers
}

// own reports whether the content is the sender's own files.
func (c Content) own() bool { return len(c.Files) > 0 }

// needsNumber reports whether the archive cannot be made before the portal gave
// a number.
func (c Content) needsNumber() bool { return slices.ContainsFunc(c.Files, parcel.File.NeedsNumber) }

// identity returns what tells this content from others in the journal: what the
// sender gave, before any number is filled in.
func (c Content) identity() (data [sha256.Size]byte, files []journal.Attachment, err error) {
	if c.own() {
		for _, f := range c.Files {
			if !f.IsSignature() { // a new signature over the same files is no other application
				files = append(files, journal.Attachment{Name: f.Name, SHA256: f.SHA256})
			}
		}
		return sha256.Sum256([]byte("own files")), files, nil
	}
	doc, err := c.Document()
	for _, a := range c.Attachments {
		files = append(files, journal.Attachment{Name: a.File, SHA256: a.SHA256})
	}
	return sha256.Sum256(doc), files, err
}

type xmlApplication struct {
	XMLName     xml.Name        `xml:"urn:epgu:sandbox:application:1.0 application"`
	ServiceCode string          `xml:"serviceCode,attr"`
	Fields      []xmlField      `xml:"field"`
	Attachments []xmlAttachment `xml:"attachment"`
}

type xmlField struct {
	Name  string `xml:"name,attr"`
	Value string `xml:",chardata"`
}

type xmlAttachment struct {
	Name string `xml:"name,attr"`
	File string `xml:"file,attr"`
}

// Document renders req.xml. The same content always gives the same bytes, so
// that a repeated submission can be recognised.
func (c Content) Document() ([]byte, error) {
	doc := xmlApplication{ServiceCode: c.ServiceCode}
	for _, leaf := range forms.Leaves(c.Values) {
		v, err := scalar(leaf.Value)
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", leaf.Path, err)
		}
		doc.Fields = append(doc.Fields, xmlField{leaf.Path, v})
	}
	for _, a := range c.Attachments {
		doc.Attachments = append(doc.Attachments, xmlAttachment{a.Name, a.File})
	}
	b, err := xml.MarshalIndent(doc, "", "  ")
	if err != nil {
		return nil, err
	}
	return append([]byte(xml.Header), append(b, '\n')...), nil
}

// scalar writes a form value the way JSON would, without quotes.
func scalar(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case bool:
		return strconv.FormatBool(v), nil
	case json.Number:
		return v.String(), nil
	case int:
		return strconv.Itoa(v), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	}
	return "", fmt.Errorf("a value of type %T cannot be sent", v)
}

// Archive is a written archive.
type Archive struct {
	Path   string
	Bytes  int64
	SHA256 string // hex
}

// zipTime is the same for every entry: the archive must not depend on when it
// was made. 1980-01-01 is the first day that zip can say.
func zipTime() time.Time { return time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC) }

// entry is one file of the archive.
type entry struct {
	name   string
	method uint16 // of zip
	sign   bool
	open   func() (io.ReadCloser, error)
}

// entries are the files of the archive, in their order.
func (c Content) entries() ([]entry, error) {
	if c.own() {
		return c.ownEntries(), nil
	}
	doc, err := c.Document()
	if err != nil {
		return nil, err
	}
	out := []entry{{RequestFile, zip.Deflate, true, func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(doc)), nil }}}
	for _, a := range c.Attachments {
		out = append(out, entry{a.File, methodOf(a.Type == "application/xml"), true, func() (io.ReadCloser, error) { return openUnchanged(a) }})
	}
	return out, nil
}

// ownEntries are the sender's own files. What is signed already is not signed
// again, and signatures are signed never.
func (c Content) ownEntries() []entry {
	ready := map[string]bool{parcel.SignConfig: true}
	for _, f := range c.Files {
		if f.IsSignature() {
			ready[f.Name], ready[strings.TrimSuffix(f.Name, parcel.SignatureSuffix)] = true, true
		}
	}
	out := make([]entry, len(c.Files))
	for i, f := range c.Files {
		text := slices.Contains([]string{".xml", ".txt", ".html"}, strings.ToLower(path.Ext(f.Name)))
		out[i] = entry{f.NameWith(c.Numbers), methodOf(text), !ready[f.Name], func() (io.ReadCloser, error) { return f.Open(c.Numbers) }}
	}
	return out
}

// methodOf says how a file is kept: PDF, JPEG and DOCX are compressed already.
func methodOf(text bool) uint16 {
	if text {
		return zip.Deflate
	}
	return zip.Store
}

// WriteArchive streams the flat archive (SPEC-1.13, section 2.4) to w: req.xml,
// the attachments, and beside each its detached signature when signer is given;
// or the sender's own files. It returns the SHA-256 of what was written, hex, and
// the size, bytes.
func (c Content) WriteArchive(w io.Writer, signer Signer) (sum string, size int64, err error) {
	h := sha256.New()
	count := &counter{w: io.MultiWriter(w, h)}
	z := zip.NewWriter(count)
	all, err := c.entries()
	if err != nil {
		return "", 0, err
	}
	for _, e := range all {
		if err := e.write(z, signer); err != nil {
			return "", 0, err
		}
	}
	if err := z.Close(); err != nil {
		return "", 0, err
	}
	return hex.EncodeToString(h.Sum(nil)), count.n, nil
}

// write adds the file, and its signature.
func (e entry) write(z *zip.Writer, signer Signer) error {
	to, err := z.CreateHeader(&zip.FileHeader{Name: e.name, Method: e.method, Modified: zipTime()})
	if err != nil {
		return err
	}
	r, err := e.open()
	if err != nil {
		return err
	}
	_, err = io.Copy(to, r)
	if err2 := r.Close(); err == nil {
		err = err2
	}
	if err != nil || signer == nil || !e.sign {
		return err
	}
	if r, err = e.open(); err != nil {
		return err
	}
	defer r.Close()
	sig, err := signer.SignDetached(r)
	if err != nil {
		return fmt.Errorf("signing %s: %w", e.name, err)
	}
	if to, err = z.CreateHeader(&zip.FileHeader{Name: e.name + parcel.SignatureSuffix, Method: zip.Store, Modified: zipTime()}); err != nil {
		return err
	}
	_, err = to.Write(sig)
	return err
}

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

// openUnchanged opens an attachment and fails at its end when the file is not
// the one that was checked.
func openUnchanged(a Attachment) (io.ReadCloser, error) {
	f, err := os.Open(a.Path)
	if err != nil {
		return nil, err
	}
	return &unchanged{f: f, h: sha256.New(), want: a}, nil
}
