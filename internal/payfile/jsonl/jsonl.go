// Package jsonl reads JSON lines: one flat object a line. Numbers stay the
// text that the file has; nothing goes through floats. It knows nothing of
// payments; payfile/register may import it.
//
// What is read is text from outside: clean it (untrusted) before showing.
package jsonl

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"unicode/utf8"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
)

const (
	lineLimit = 64 << 10 // bytes
	pairLimit = 512      // members of one object
)

// Pair is one member of an object.
type Pair struct {
	Key    string
	Value  string // "" for null
	Number bool   // the value was a number, written as in Value
}

// Record is one line.
type Record struct {
	Line   int // from 1
	Raw    string
	Pairs  []Pair       // in the order of the line; reused by Next
	Fault  i18n.Message // what is wrong with the line; its pairs cannot be trusted then
	NoLine bool         // the last line, and no line end follows it
}

// Reader reads a file line by line.
type Reader struct {
	r    *bufio.Reader
	line int
	done error
}

// NewReader returns a reader of r.
func NewReader(r io.Reader) *Reader { return &Reader{r: bufio.NewReaderSize(r, lineLimit)} }

// Next reads the next line that is not empty; io.EOF ends the file. A line
// that is no flat object is returned with its Fault. Any other error is a
// *fault.Error ("jsonl.long_line", "jsonl.read") and ends the reading.
func (r *Reader) Next(rec *Record) error {
	for r.done == nil {
		b, err := r.r.ReadSlice('\n')
		r.line++
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			r.done = fault.New(exitcode.Usage, "jsonl.long_line",
				i18n.Text{RU: "строка %d длиннее %d байт", EN: "line %d is longer than %d bytes"}.With(r.line, lineLimit))
			continue
		case err == io.EOF && len(b) == 0:
			r.done = io.EOF
			continue
		case err != nil && err != io.EOF:
			r.done = fault.New(exitcode.Failure, "jsonl.read", i18n.Say("файл не прочитан", "the file could not be read")).Because(err)
			continue
		}
		rec.Line, rec.NoLine = r.line, err == io.EOF
		if r.line == 1 {
			b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
		}
		if b = bytes.TrimSpace(b); len(b) == 0 {
			continue
		}
		rec.Raw, rec.Pairs = string(b), rec.Pairs[:0]
		rec.Fault = rec.parse(b, rec.NoLine)
		return nil
	}
	return r.done
}

// parse reads the members of one object.
func (rec *Record) parse(b []byte, last bool) i18n.Message {
	if !utf8.Valid(b) {
		return i18n.Say("строка не в UTF-8", "the line is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return notObject()
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return malformed(err, last)
		}
		name, _ := key.(string)
		for _, p := range rec.Pairs {
			if p.Key == name {
				return i18n.Text{RU: "поле «%s» в строке дважды", EN: "the member %q is there twice"}.With(clip(name))
			}
		}
		value, err := d.Token()
		if err != nil {
			return malformed(err, last)
		}
		switch v := value.(type) {
		case nil:
			rec.Pairs = append(rec.Pairs, Pair{Key: name})
		case string:
			rec.Pairs = append(rec.Pairs, Pair{Key: name, Value: v})
		case json.Number:
			rec.Pairs = append(rec.Pairs, Pair{Key: name, Value: v.String(), Number: true})
		default:
			return i18n.Text{RU: "поле «%s»: нужна строка или число", EN: "member %q: a string or a number is wanted"}.With(clip(name))
		}
		if len(rec.Pairs) > pairLimit {
			return i18n.Text{RU: "полей больше %d", EN: "more than %d members"}.With(pairLimit)
		}
	}
	if _, err := d.Token(); err != nil {
		return malformed(err, last)
	}
	if _, err := d.Token(); err != io.EOF {
		return i18n.Say("после объекта в строке стоит что-то ещё", "something follows the object on the line")
	}
	return i18n.Message{}
}

func notObject() i18n.Message {
	return i18n.Say("строка — не объект JSON вида {\"uin\": …}", "the line is no JSON object such as {\"uin\": …}")
}

func malformed(err error, last bool) i18n.Message {
	if last && (errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)) {
		return i18n.Say("файл обрывается посреди строки", "the file ends in the middle of the line")
	}
	return i18n.Say("строка — не правильный JSON", "the line is not well-formed JSON")
}

func clip(s string) string {
	const most = 40
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}
