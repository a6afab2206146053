package orders

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Namespace of the request document of the training portal; the contract is
// docs/api/training-application.md.
const Namespace = "urn:epgu:sandbox:application:1.0"

// Bounds of a request document.
const (
	maxRequestBytes = 1 << 20
	maxFields       = 10_000
)

// errForeign means that the document is not one of the training portal's.
var errForeign = errors.New("the root element is not {" + Namespace + "}application")

// Request is a parsed request document.
type Request struct {
	Service     string
	Values      map[string]string
	Attachments map[string][]string // name of the document → names of files
}

// ParseRequest reads a request document: UTF-8 XML without a document type,
// within the bounds.
func ParseRequest(content []byte) (*Request, error) {
	if len(content) > maxRequestBytes {
		return nil, fmt.Errorf("%d bytes, at most %d", len(content), maxRequestBytes)
	}
	d := xml.NewDecoder(bytes.NewReader(content))
	d.CharsetReader = func(label string, in io.Reader) (io.Reader, error) {
		if strings.EqualFold(label, "utf-8") {
			return in, nil
		}
		return nil, fmt.Errorf("encoding %q, only UTF-8 is read", label)
	}
	root, err := rootOf(d)
	if err != nil {
		return nil, err
	}
	if root.Name.Space != Namespace || root.Name.Local != "application" {
		return nil, errForeign
	}
	q := &Request{Service: attribute(root, "serviceCode"), Values: map[string]string{}, Attachments: map[string][]string{}}
	for n := 0; ; {
		t, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", line(d), err)
		}
		switch t := t.(type) {
		case xml.Directive:
			return nil, errors.New("a document type is not allowed")
		case xml.EndElement:
			return q, trailing(d)
		case xml.StartElement:
			if n++; n > maxFields {
				return nil, fmt.Errorf("more than %d elements", maxFields)
			}
			if err := q.child(d, t); err != nil {
				return nil, fmt.Errorf("line %d: %w", line(d), err)
			}
		}
	}
}

func rootOf(d *xml.Decoder) (xml.StartElement, error) {
	for {
		t, err := d.Token()
		if err != nil {
			return xml.StartElement{}, fmt.Errorf("line %d: %w", line(d), err)
		}
		switch t := t.(type) {
		case xml.Directive:
			return xml.StartElement{}, errors.New("a document type is not allowed")
		case xml.StartElement:
			return t, nil
		}
	}
}

func trailing(d *xml.Decoder) error {
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if c, ok := t.(xml.CharData); ok && len(bytes.TrimSpace(c)) == 0 {
			continue
		}
		if _, ok := t.(xml.Comment); !ok {
			return errors.New("something follows the root element")
		}
	}
}

func (q *Request) child(d *xml.Decoder, t xml.StartElement) error {
	if t.Name.Space != Namespace {
		return fmt.Errorf("element %s of another namespace", t.Name.Local)
	}
	name := attribute(t, "name")
	if name == "" {
		return fmt.Errorf("element %s has no name", t.Name.Local)
	}
	switch t.Name.Local {
	case "field":
		text, err := textOf(d)
		if err != nil {
			return fmt.Errorf("field %s: %w", name, err)
		}
		if _, twice := q.Values[name]; twice {
			return fmt.Errorf("field %s is there twice", name)
		}
		q.Values[name] = text
	case "attachment":
		file := attribute(t, "file")
		if file == "" {
			return fmt.Errorf("attachment %s names no file", name)
		}
		q.Attachments[name] = append(q.Attachments[name], file)
		if _, err := textOf(d); err != nil {
			return fmt.Errorf("attachment %s: %w", name, err)
		}
	default:
		return fmt.Errorf("unknown element %s", t.Name.Local)
	}
	return nil
}

// textOf reads the text of the element that has begun.
func textOf(d *xml.Decoder) (string, error) {
	var b strings.Builder
	for {
		t, err := d.Token()
		if err != nil {
			return "", err
		}
		switch t := t.(type) {
		case xml.CharData:
			b.Write(t)
		case xml.StartElement:
			return "", fmt.Errorf("element %s inside", t.Name.Local)
		case xml.Directive:
			return "", errors.New("a document type is not allowed")
		case xml.EndElement:
			return b.String(), nil
		}
	}
}

func attribute(t xml.StartElement, name string) string {
	for _, a := range t.Attr {
		if a.Name.Space == "" && a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func line(d *xml.Decoder) int { l, _ := d.InputPos(); return l }
