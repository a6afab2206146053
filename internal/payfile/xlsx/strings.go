package xlsx

import (
	"io"

	"github.com/epgu-cli/epgu/internal/i18n"
)

// shared is the table of strings that cells name by number, all in one piece
// of memory.
type shared struct {
	part string
	text []byte
	ends []uint32
}

func (s *shared) get(n int) ([]byte, bool) {
	if n < 0 || n >= len(s.ends) {
		return nil, false
	}
	from := uint32(0)
	if n > 0 {
		from = s.ends[n-1]
	}
	return s.text[from:s.ends[n]], true
}

// loadStrings reads the table once. Phonetic hints (rPh) are no text.
func (w *Workbook) loadStrings() error {
	if w.loaded || w.strings.part == "" {
		return nil
	}
	w.loaded = true
	p, err := w.open(w.strings.part, sharedLimit)
	if err != nil || p == nil {
		return err
	}
	defer p.Close()
	s := &w.strings
	t := newTokens(p)
	begin, inText, phonetic := 0, false, 0
	for {
		if err := t.next(); err == io.EOF {
			return nil
		} else if err != nil {
			return p.explain(err)
		}
		if inText {
			s.text = appendText(s.text, t.text)
			if c, ok := t.cdata(); ok {
				s.text = append(s.text, c...)
			}
		}
		if len(s.text) > stringsLimit || len(s.ends) > stringsLimit/8 {
			return refuse("xlsx.strings", i18n.Text{RU: "в книге больше %d МБ разных текстов: столько в памяти не держим", EN: "the workbook has more than %d MB of different texts: they are not kept in memory"}.With(stringsLimit>>20)).
				Advise(i18n.Say("сохраните реестр в CSV: его размер не ограничен", "save the register as CSV, which has no such limit"))
		}
		name, opens, closes := t.name()
		switch string(name) {
		case "si":
			if opens {
				begin = len(s.text)
			}
			if closes {
				s.text = s.text[:begin+len(unescape(s.text[begin:]))]
				s.ends = append(s.ends, uint32(len(s.text)))
			}
		case "t":
			inText = opens && !closes && phonetic == 0
		case "rPh":
			if opens && !closes {
				phonetic++
			} else if closes && !opens {
				phonetic--
			}
		}
	}
}
