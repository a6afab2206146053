package onec

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// WriteOptions say what the header of a written file holds.
type WriteOptions struct {
	Charset  Charset
	Version  string    // "1.03" if empty
	Sender   string    // the program that writes
	Receiver string    // may be empty
	Created  time.Time // in the zone of the one who writes
	From, To time.Time // the days that the documents span
	Accounts []string  // the payer's accounts
}

// Writer writes a file document by document. Close ends it; a file without
// Close reads back as truncated.
type Writer struct {
	w      *bufio.Writer
	set    Charset
	line   []byte
	count  int
	opened WriteOptions
	begun  bool
	err    error
}

// NewWriter returns a writer to w. Nothing is written before the first Write
// or Close.
func NewWriter(w io.Writer, o WriteOptions) *Writer {
	if o.Version == "" {
		o.Version = "1.03"
	}
	return &Writer{w: bufio.NewWriterSize(w, windowBytes), set: o.Charset, opened: o}
}

// Write writes one document. A text that the character set cannot hold, or
// that holds line breaks or control characters, is reported with all its
// places as a *fault.Error "onec.unwritable"; nothing of that document is
// written then, and the writer stays usable. Nothing is ever dropped or
// replaced silently.
func (w *Writer) Write(d *Document) error {
	if err := w.begin(); err != nil {
		return err
	}
	w.count++
	w.line = w.line[:0]
	var faults []Fault
	put := func(name, v string) {
		from := len(w.line)
		w.line, _ = w.set.encode(w.line, name)
		w.line = append(w.line, '=')
		if why, ok := w.value(v); !ok {
			w.line = w.line[:from]
			faults = append(faults, Fault{Code: "onec.unwritable", Document: w.count, Number: brief(d.Get(Number)), Field: name, Message: why})
			return
		}
		w.line = append(w.line, '\r', '\n')
	}
	put(documentBegin, d.Kind)
	names := keyNames()
	for k := range keyCount {
		if d.has(k) || alwaysWritten(k, d) {
			put(names[k], d.Get(k))
		}
	}
	if faults != nil {
		return unwritable(faults)
	}
	w.line, _ = w.set.encode(w.line, documentEnd)
	w.line = append(w.line, '\r', '\n')
	_, w.err = w.w.Write(w.line)
	return w.err
}

// alwaysWritten names the fields that readers expect even when empty.
func alwaysWritten(k Key, d *Document) bool {
	switch k {
	case Number, Date, Sum, PayerAccount, PayeeAccount, Purpose:
		return true
	case PaymentType:
		return d.Budget()
	}
	return false
}

// value appends a value, or says why it cannot.
func (w *Writer) value(v string) (why i18n.Message, ok bool) {
	if i := strings.IndexFunc(v, func(r rune) bool { return r < ' ' && r != '\t' }); i >= 0 {
		return i18n.Say("в значении есть перевод строки или управляющий знак", "the value holds a line break or a control character"), false
	}
	var bad rune
	if w.line, bad = w.set.encode(w.line, v); bad >= 0 {
		return i18n.Text{RU: "в кодировке %s нет знаков: %s; замените их или пишите в UTF-8", EN: "%s does not have: %s; replace them or write UTF-8"}.
			With(w.set.String(), strings.Join(w.missing(v), ", ")), false
	}
	return i18n.Message{}, true
}

// missing lists the characters of v that the character set lacks, each with
// its code and first place: "«₽» (U+20BD, 11)".
func (w *Writer) missing(v string) []string {
	const most = 10
	var list []string
	seen := map[rune]bool{}
	at := 0
	for _, r := range v {
		at++
		if _, bad := w.set.encode(nil, string(r)); bad < 0 && r != utf8.RuneError || seen[r] {
			continue
		}
		seen[r] = true
		if len(list) == most {
			return append(list, "…")
		}
		list = append(list, fmt.Sprintf("«%s» (U+%04X, %d)", untrusted.Clean(string(r)), r, at))
	}
	return list
}

func unwritable(faults []Fault) error {
	e := fault.New(exitcode.Usage, "onec.unwritable", i18n.Say("документ не записать без потерь", "the document cannot be written without loss"))
	for _, f := range faults {
		e.Fields = append(e.Fields, f.AsField())
	}
	return e
}

// begin writes the header once.
func (w *Writer) begin() error {
	if w.begun || w.err != nil {
		return w.err
	}
	w.begun = true
	o := w.opened
	w.line = append(w.line[:0], magic+"\r\n"...)
	var faults []Fault
	put := func(name, v string) {
		w.line, _ = w.set.encode(w.line, name)
		w.line = append(w.line, '=')
		if why, ok := w.value(v); !ok {
			faults = append(faults, Fault{Code: "onec.unwritable", Field: name, Message: why})
		}
		w.line = append(w.line, '\r', '\n')
	}
	put("ВерсияФормата", o.Version)
	put("Кодировка", o.Charset.String())
	put("Отправитель", o.Sender)
	put("Получатель", o.Receiver)
	put("ДатаСоздания", o.Created.Format(dateLayout))
	put("ВремяСоздания", o.Created.Format("15:04:05"))
	put("ДатаНачала", o.From.Format(dateLayout))
	put("ДатаКонца", o.To.Format(dateLayout))
	for _, a := range o.Accounts {
		put("РасчСчет", a)
	}
	put("Документ", PaymentOrder)
	if faults != nil {
		w.err = unwritable(faults)
		return w.err
	}
	_, w.err = w.w.Write(w.line)
	return w.err
}

// Close writes the end mark and everything buffered. It does not close the
// underlying writer.
func (w *Writer) Close() error {
	if err := w.begin(); err != nil {
		return err
	}
	line, _ := w.set.encode(nil, fileEnd)
	if _, err := w.w.Write(append(line, '\r', '\n')); err != nil {
		return err
	}
	return w.w.Flush()
}
