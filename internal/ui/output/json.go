package output

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"

	"github.com/epgu-cli/epgu/internal/ui/iostreams"
)

// appendObject appends one JSON object with the names in the order given.
func (r reader) appendObject(dst []byte, names []string, values []any) ([]byte, error) {
	dst = append(dst, '{')
	var err error
	for i, name := range names {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, '"')
		dst = append(dst, name...)
		dst = append(dst, '"', ':')
		if dst, err = r.appendJSON(dst, values[i]); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
}

// docSink gathers one JSON document and prints it, or gives it to jq or to
// the template. Nothing is printed when the list breaks off half way.
type docSink struct {
	ios   *iostreams.IOStreams
	o     *Options
	w     io.Writer
	r     reader
	names []string
	list  bool
	doc   []byte
}

func (s *docSink) row(values []any) error {
	switch {
	case !s.list:
	case len(s.doc) == 0:
		s.doc = append(s.doc, `{"items":[`...)
	default:
		s.doc = append(s.doc, ',')
	}
	var err error
	s.doc, err = s.r.appendObject(s.doc, s.names, values)
	return err
}

func (s *docSink) end(p Page) error {
	if s.list {
		if len(s.doc) == 0 {
			s.doc = append(s.doc, `{"items":[`...)
		}
		s.doc = append(s.doc, `],"total":`...)
		if p.Total < 0 {
			s.doc = append(s.doc, "null"...)
		} else {
			s.doc = strconv.AppendInt(s.doc, int64(p.Total), 10)
		}
		s.doc = append(s.doc, `,"hasMore":`...)
		s.doc = strconv.AppendBool(s.doc, p.HasMore)
		s.doc = append(s.doc, '}')
	}
	switch {
	case s.o.form == formJQ:
		return s.o.runQuery(s.w, s.doc)
	case s.o.form == formTemplate:
		return s.o.runTemplate(s.ios, s.w, s.doc)
	case s.ios.IsStdoutTTY():
		var buf bytes.Buffer
		if err := json.Indent(&buf, s.doc, "", "  "); err != nil {
			return err
		}
		s.doc = buf.Bytes()
	}
	_, err := s.w.Write(append(s.doc, '\n'))
	return err
}

// ndjsonSink writes one object per line.
type ndjsonSink struct {
	w     io.Writer
	r     reader
	names []string
	buf   []byte
}

func (s *ndjsonSink) row(values []any) error {
	var err error
	if s.buf, err = s.r.appendObject(s.buf[:0], s.names, values); err != nil {
		return err
	}
	s.buf = append(s.buf, '\n')
	_, err = s.w.Write(s.buf)
	return err
}

func (s *ndjsonSink) end(Page) error { return nil }

// eachSink gives every object of a feed to jq or to the template.
type eachSink struct {
	ios   *iostreams.IOStreams
	o     *Options
	w     io.Writer
	names []string
}

func (s *eachSink) row(values []any) error {
	one := docSink{ios: s.ios, o: s.o, w: s.w, r: readerOf(s.ios), names: s.names}
	if err := one.row(values); err != nil {
		return err
	}
	return one.end(Page{})
}

func (s *eachSink) end(Page) error { return nil }
