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
	"strconv"
	"time"

	"github.com/epgu-cli/epgu/internal/core/forms"
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

// Content is what an application says: service, form values, attachments.
type Content struct {
	ServiceCode string
	Values      map[string]any // a tree: groups and lists are sent by their paths
	Attachments []Attachment
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

// WriteArchive streams the flat archive (SPEC-1.13, section 2.4) to w: req.xml,
// the attachments, and beside each its detached signature when signer is given.
// It returns the SHA-256 of what was written, hex, and the size, bytes.
func (c Content) WriteArchive(w io.Writer, signer Signer) (sum string, size int64, err error) {
	h := sha256.New()
	count := &counter{w: io.MultiWriter(w, h)}
	z := zip.NewWriter(count)
	doc, err := c.Document()
	if err != nil {
		return "", 0, err
	}
	add := func(name string, method uint16, open func() (io.ReadCloser, error)) error {
		e, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method, Modified: zipTime()})
		if err != nil {
			return err
		}
		r, err := open()
		if err != nil {
			return err
		}
		_, err = io.Copy(e, r)
		if err2 := r.Close(); err == nil {
			err = err2
		}
		if err != nil || signer == nil {
			return err
		}
		if r, err = open(); err != nil {
			return err
		}
		defer r.Close()
		sig, err := signer.SignDetached(r)
		if err != nil {
			return fmt.Errorf("signing %s: %w", name, err)
		}
		e, err = z.CreateHeader(&zip.FileHeader{Name: name + ".sig", Method: zip.Store, Modified: zipTime()})
		if err != nil {
			return err
		}
		_, err = e.Write(sig)
		return err
	}
	if err := add(RequestFile, zip.Deflate, func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(doc)), nil }); err != nil {
		return "", 0, err
	}
	for _, a := range c.Attachments {
		// PDF, JPEG and DOCX are compressed already.
		method := zip.Store
		if a.Type == "application/xml" {
			method = zip.Deflate
		}
		if err := add(a.File, method, func() (io.ReadCloser, error) { return openUnchanged(a) }); err != nil {
			return "", 0, err
		}
	}
	if err := z.Close(); err != nil {
		return "", 0, err
	}
	return hex.EncodeToString(h.Sum(nil)), count.n, nil
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
