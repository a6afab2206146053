package onec

import (
	"bytes"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/payfile/cell"
)

// readDocument reads the fields of a document up to its end. Values gather
// raw in one arena, so that a document costs one allocation however many
// fields it has.
func (r *Reader) readDocument(d *Document) error {
	r.arena, r.newest = r.arena[:0], keyCount
	last := keyCount
	for {
		line, err := r.line(d)
		if err != nil {
			return err
		}
		if k := r.guess[last]; k < keyCount {
			if name := r.spell[k]; len(line) > len(name) && line[len(name)] == '=' && bytes.Equal(line[:len(name)], name) {
				last = r.field(d, last, k, line[len(name)+1:])
				continue
			}
		}
		if bytes.Equal(line, r.end) {
			r.finish(d)
			return nil
		}
		at := bytes.IndexByte(line, '=')
		name, value := line, []byte(nil)
		if at >= 0 {
			name, value = line[:at], line[at+1:]
		}
		w, ok := r.words[string(name)]
		if !ok {
			w, ok = r.words[string(bytes.TrimSpace(name))]
		}
		switch {
		case ok && w.mark == isDocumentEnd:
			r.finish(d)
			return nil
		case ok && w.mark == isField && at >= 0:
			last = r.field(d, last, w.key, value)
		case ok && w.mark != isField:
			r.bad(Fault{Code: "onec.unclosed", Line: r.lines.n, Document: d.Ordinal,
				Message: i18n.Text{RU: "документ, начатый в строке %d, не закрыт строкой КонецДокумента", EN: "the document begun at line %d is not closed by КонецДокумента"}.With(d.Line)})
			r.lines.again(line)
			r.finish(d)
			return nil
		case len(bytes.TrimSpace(line)) == 0:
		default:
			text := r.decoder.decode(nil, line)
			key, value, has := cutKey(string(text))
			switch known := canonical(key); {
			case known == documentEnd && known != key:
				r.finish(d)
				return nil
			case has && known != key:
				if w, is := r.words[string(r.spelt(known))]; is && w.mark == isField {
					last = r.field(d, last, w.key, line[at+1:])
					continue
				}
			}
			r.other(d, last, line, key, value, has)
		}
	}
}

// spelt is a word of the format in the file's character set.
func (r *Reader) spelt(word string) []byte {
	raw, _ := r.header.Charset.encode(nil, word)
	return raw
}

// field takes one value. It returns the field to guess the next one by.
func (r *Reader) field(d *Document, last, k Key, value []byte) Key {
	r.guess[last] = k
	value = trimBlanks(value)
	if d.lines[k] != 0 {
		if s := d.spans[k]; !bytes.Equal(r.arena[s.from:s.to], value) {
			r.bad(Fault{Code: "onec.repeated", Line: r.lines.n, Document: d.Ordinal, Field: k.String(),
				Message: i18n.Text{RU: "поле уже было в строке %d с другим значением; взято первое", EN: "the field already stood at line %d with another value; the first was taken"}.With(int(d.lines[k]))})
		}
		return k
	}
	d.lines[k] = int32(r.lines.n)
	if len(r.arena)+len(value) > arenaLimit {
		r.bad(Fault{Code: "onec.too_large", Line: r.lines.n, Document: d.Ordinal, Field: k.String(), Message: i18n.Text{RU: "документ больше %d байт", EN: "the document is larger than %d bytes"}.With(arenaLimit)})
		value = nil
	}
	from := len(r.arena)
	r.arena = append(r.arena, value...)
	d.spans[k] = span{int32(from), int32(len(r.arena))}
	r.newest = k
	return k
}

func trimBlanks(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}

// other takes a line that is no known field: the next line of a purpose, or
// a field that the format does not know.
func (r *Reader) other(d *Document, last Key, line []byte, key, value string, ok bool) {
	inPurpose := last >= Purpose && last <= Purpose6 && r.newest == last
	if inPurpose && (!ok || !identifier(key)) && len(r.arena)+len(line) < arenaLimit {
		r.arena = append(append(r.arena, '\n'), line...)
		d.spans[last].to = int32(len(r.arena))
		return
	}
	r.harm(r.decoder.inspect(line), Fault{Line: r.lines.n, Document: d.Ordinal})
	f := Fault{Code: "onec.unknown_field", Line: r.lines.n, Document: d.Ordinal, Field: brief(key), Note: true,
		Message: i18n.Say("такого поля в формате нет", "the format has no such field")}
	if !ok {
		f.Code, f.Field = "onec.stray", ""
		f.Message = i18n.Say("строка без знака «=» внутри документа", "a line without \"=\" inside a document")
	}
	r.bad(f)
	if ok && len(d.Extra) < extraLimit {
		d.Extra = append(d.Extra, Pair{key, value})
	}
}

// identifier reports whether s looks like a field's name and not like prose.
func identifier(s string) bool {
	return s != "" && utf8.RuneCountInString(s) <= 40 && !strings.ContainsAny(s, " \t.,;:()«»\"/\\-")
}

// finish keeps the document's values and checks what every document needs.
func (r *Reader) finish(d *Document) {
	d.raw = string(r.arena)
	if r.decoder.inspect(r.arena) != noDamages {
		for k, s := range d.spans {
			r.harm(r.decoder.inspect(r.arena[s.from:s.to]), Fault{Line: int(d.lines[k]), Document: d.Ordinal, Field: Key(k).String()})
		}
	}
	if d.Get(Number) == "" {
		r.bad(d.fault(Number, "onec.number", i18n.Say("нет номера документа", "the document has no number")))
	}
	r.date(d, Date)
	for _, k := range [...]Key{DebitedOn, CreditedOn} {
		if d.has(k) {
			r.date(d, k)
		}
	}
	if _, err := d.Amount(); err != nil {
		r.bad(d.fault(Sum, "onec.sum", i18n.Text{RU: "«%s» — не сумма в рублях с копейками", EN: "\"%s\" is not an amount in rubles and kopecks"}.With(brief(d.Get(Sum)))))
	}
}

// date checks that a field holds a day.
func (r *Reader) date(d *Document, k Key) {
	_, err := ParseDate(d.Get(k))
	switch {
	case err == nil:
	case errors.Is(err, cell.ErrAmbiguousDay):
		r.bad(d.fault(k, "onec.date", i18n.Text{RU: "дата «%s» читается двояко: где в ней день, а где месяц?", EN: "the date \"%s\" reads two ways: which is the day, which the month?"}.With(brief(d.Get(k)))))
	default:
		r.bad(d.fault(k, "onec.date", i18n.Text{RU: "«%s» — не дата ДД.ММ.ГГГГ", EN: "\"%s\" is not a date DD.MM.YYYY"}.With(brief(d.Get(k)))))
	}
}
