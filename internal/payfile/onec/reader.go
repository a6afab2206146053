package onec

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
)

const (
	faultLimit   = 1000      // faults kept; a file with more is refused
	extraLimit   = 64        // unknown fields of one document
	arenaLimit   = 256 << 10 // bytes of one document
	accountLimit = 1000      // accounts and account sections of one file
)

// Header is what stands before the sections.
type Header struct {
	Version  string   // ВерсияФормата
	Declared string   // Кодировка, as the file says it
	Charset  Charset  // the character set that the file is really in
	Sender   string   // Отправитель
	Receiver string   // Получатель
	Created  string   // ДатаСоздания, дд.мм.гггг
	Time     string   // ВремяСоздания, чч:мм:сс
	From     string   // ДатаНачала
	To       string   // ДатаКонца
	Accounts []string // РасчСчет
	Kinds    []string // Документ
}

// Turnover is an account section (СекцияРасчСчет); amounts as the file has them.
type Turnover struct {
	Line     int
	Account  string
	From, To string
	Opening  string // НачальныйОстаток
	In       string // ВсегоПоступило
	Out      string // ВсегоСписано
	Closing  string // КонечныйОстаток
	Currency string // Валюта, which is no field of the format; "" means rubles
}

// Reader reads a file document by document, in memory that does not depend
// on the file's size.
type Reader struct {
	lines    *lines
	decoder  *decoder // nil until the character set is known
	header   Header
	turnover []Turnover
	faults   []Fault
	noted    map[string]bool // notes by code and field
	unread   int             // notes since the last document began: a file of nothing else is none
	dropped  int             // faults beyond faultLimit
	heading  bool            // the lines of the header are being read
	done     error
	count    int // documents begun

	words map[string]word // the format's words as this file spells them
	spell [keyCount][]byte
	guess [keyCount + 1]Key // the field that followed this one last time

	begin []byte // the line that began the last document, and its kind
	kind  string
	end   []byte // КонецДокумента

	arena  []byte // values of the current document
	newest Key    // the field that they end with
}

// word is what a word of the format means: a field or a mark.
type word struct {
	key  Key
	mark mark
}

type mark uint8

const (
	isField mark = iota
	isDocumentBegin
	isDocumentEnd
	isAccountBegin
	isAccountEnd
	isFileEnd
)

// markOf tells the marks from everything else, which is isField.
func markOf(s string) mark {
	switch s {
	case documentBegin:
		return isDocumentBegin
	case documentEnd:
		return isDocumentEnd
	case accountBegin:
		return isAccountBegin
	case accountEnd:
		return isAccountEnd
	case fileEnd:
		return isFileEnd
	}
	return isField
}

// NewReader returns a reader of r. Nothing is read yet.
func NewReader(r io.Reader) *Reader { return &Reader{lines: newLines(r)} }

// Header returns what stood before the first section; it is complete after
// the first call of Next.
func (r *Reader) Header() Header { return r.header }

// Turnovers returns the account sections read so far.
func (r *Reader) Turnovers() []Turnover { return r.turnover }

// Faults returns everything found wrong so far, in the order of the file.
func (r *Reader) Faults() []Fault { return r.faults }

// Next reads the next document into d, whose texts stay valid for ever. At
// the end of a whole file it returns io.EOF. A document with faults is still
// returned: the faults are in Faults. What ends the reading is a
// *fault.Error: "onec.not_1c" (another kind of file), "onec.truncated" (the
// file was cut), "onec.long_line", "onec.too_many_faults", "onec.read".
func (r *Reader) Next(d *Document) error {
	if r.done != nil {
		return r.done
	}
	if r.lines.n == 0 {
		if err := r.magic(); err != nil {
			return r.stop(err)
		}
	}
	*d = Document{}
	err := r.toDocument(d)
	if err == nil {
		err = r.readDocument(d)
	}
	if err != nil {
		return r.stop(err)
	}
	return nil
}

func (r *Reader) stop(err error) error {
	r.done = err
	return err
}

// magic checks the first line, so that anything else is refused at once.
func (r *Reader) magic() error {
	line, err := r.lines.next()
	if err == nil || errors.Is(err, io.EOF) {
		line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
		if strings.EqualFold(string(bytes.TrimSpace(line)), magic) {
			r.heading = true
			return nil
		}
	} else if !errors.Is(err, errLongLine) {
		return readFailed(err)
	}
	return fault.New(exitcode.Usage, "onec.not_1c", i18n.Say("это не файл обмена 1С: первая строка — не 1CClientBankExchange",
		"not a 1C exchange file: its first line is not 1CClientBankExchange"))
}

func readFailed(err error) error {
	return fault.New(exitcode.Failure, "onec.read", i18n.Say("файл не прочитан", "the file could not be read")).Because(err)
}

// line returns the next line, or the error that ends the reading.
func (r *Reader) line(inside *Document) ([]byte, error) {
	if r.dropped > 0 {
		return nil, fault.New(exitcode.Usage, "onec.too_many_faults",
			i18n.Text{RU: "больше %d ошибок: чтение остановлено на строке %d", EN: "more than %d errors: stopped at line %d"}.With(faultLimit, r.lines.n))
	}
	line, err := r.lines.next()
	switch {
	case err == nil:
		return line, nil
	case errors.Is(err, errLongLine):
		return nil, fault.New(exitcode.Usage, "onec.long_line",
			i18n.Text{RU: "строка %d длиннее %d байт: в платёжном файле таких не бывает", EN: "line %d is longer than %d bytes: no payment file has such"}.With(r.lines.n+1, lineLimit))
	case !errors.Is(err, io.EOF):
		return nil, readFailed(err)
	case inside != nil:
		return nil, fault.New(exitcode.Usage, "onec.truncated",
			i18n.Text{RU: "файл обрезан на строке %d, посреди документа %d", EN: "the file was cut at line %d, inside document %d"}.With(r.lines.n, inside.Ordinal)).
			Advise(getAgain())
	}
	return nil, fault.New(exitcode.Usage, "onec.truncated",
		i18n.Text{RU: "файл обрезан на строке %d: нет строки КонецФайла", EN: "the file was cut at line %d: КонецФайла is missing"}.With(r.lines.n)).
		Advise(getAgain())
}

func getAgain() i18n.Message {
	return i18n.Say("выгрузите файл заново; прочитанному до обрыва доверять нельзя", "export the file again; what came before the cut cannot be trusted")
}

// bad keeps a fault. What is only noted is kept once for each field: banks add
// the same fields of their own to every document.
func (r *Reader) bad(f Fault) {
	if f.Note {
		if r.unread++; r.unread > faultLimit {
			r.dropped++
			return
		}
		key := f.Code + "\x00" + f.Field
		if r.noted[key] || len(r.noted) >= faultLimit {
			return
		}
		if r.noted == nil {
			r.noted = map[string]bool{}
		}
		r.noted[key] = true
		r.faults = append(r.faults, f)
		return
	}
	if len(r.faults)-len(r.noted) >= faultLimit {
		r.dropped++
		return
	}
	r.faults = append(r.faults, f)
}

// toDocument reads header lines and account sections up to the next document.
func (r *Reader) toDocument(d *Document) error {
	for {
		line, err := r.line(nil)
		if err != nil {
			return err
		}
		if r.begin != nil && bytes.Equal(line, r.begin) {
			r.beginDocument(d)
			return nil
		}
		key, value := r.plain(line)
		m := markOf(key)
		switch {
		case key == "" || key[0] == 0x1a && len(key) == 1:
		case m == isDocumentBegin:
			r.begin, r.kind = append(r.begin[:0], line...), value
			r.beginDocument(d)
			return nil
		case m == isAccountBegin:
			if err := r.account(); err != nil {
				return err
			}
		case m == isFileEnd:
			if err := r.afterEnd(); err != nil {
				return err
			}
		case strings.HasPrefix(key, "Секция"):
			if err := r.foreignSection(key); err != nil {
				return err
			}
		case !r.heading || !r.headerField(key, value):
			r.bad(Fault{Code: "onec.stray", Line: r.lines.n, Field: brief(key), Note: true,
				Message: i18n.Say("строка вне документа и секций: не прочитана", "a line outside of documents and sections: it was not read")})
		}
	}
}

// foreignSection passes over a section that the format does not know.
func (r *Reader) foreignSection(name string) error {
	r.heading = false
	r.bad(Fault{Code: "onec.unknown_section", Line: r.lines.n, Field: brief(name), Note: true,
		Message: i18n.Say("такой секции в формате нет: не прочитана", "the format has no such section: it was not read")})
	for {
		line, err := r.line(nil)
		if err != nil {
			return err
		}
		key, _ := r.plain(line)
		if r.unread++; r.unread > faultLimit {
			r.dropped++
		}
		switch {
		case markOf(key) != isField:
			r.lines.again(line)
			return nil
		case strings.HasPrefix(key, "Конец"):
			return nil
		}
	}
}

func (r *Reader) beginDocument(d *Document) {
	r.heading, r.unread = false, 0
	r.count++
	d.Kind, d.Line, d.Ordinal, d.decoder = r.kind, r.lines.n, r.count, r.decoder
}

// plain decodes one line outside of documents. The character set is settled
// by the first line that is not ASCII.
func (r *Reader) plain(line []byte) (key, value string) {
	line = bytes.TrimRight(line, "\x1a") // programs of DOS end a file with it
	if r.decoder == nil {
		ascii := bytes.IndexFunc(line, func(c rune) bool { return c >= 0x80 }) < 0
		if !ascii {
			c, _ := detect(line)
			r.settle(c)
		}
	}
	text := line
	if r.decoder != nil {
		r.harm(r.decoder.inspect(line), Fault{Line: r.lines.n})
		text = r.decoder.decode(nil, line)
	}
	key, value, _ = cutKey(string(text))
	return canonical(key), value
}

// canonical returns a word of the format as the format spells it: some banks write
// РАСЧСЧЕТ or «РасчСчёт». Other words come back as they are.
func canonical(s string) string {
	if s == "" || knownWord(s) {
		return s
	}
	if known, ok := foldedWords()[folded(s)]; ok {
		return known
	}
	return s
}

func folded(s string) string { return strings.ReplaceAll(strings.ToLower(s), "ё", "е") }

var foldedWords = sync.OnceValue(func() map[string]string {
	all := make(map[string]string, int(keyCount)+24)
	for _, n := range keyNames() {
		all[folded(n)] = n
	}
	for _, list := range [][]string{outsideFields(), {documentBegin, documentEnd, accountBegin, accountEnd, fileEnd}} {
		for _, n := range list {
			all[folded(n)] = n
		}
	}
	return all
})

// outsideFields are the fields of the header and of account sections.
func outsideFields() []string {
	return []string{"ВерсияФормата", "Кодировка", "Отправитель", "Получатель", "ДатаСоздания", "ВремяСоздания", "ДатаНачала", "ДатаКонца", "РасчСчет", "Документ",
		"НачальныйОстаток", "ВсегоПоступило", "ВсегоСписано", "КонечныйОстаток"}
}

// settle fixes the character set and spells the format's words in it.
func (r *Reader) settle(c Charset) {
	r.header.Charset = c
	r.decoder = newDecoder(c)
	r.words = make(map[string]word, 2*int(keyCount)+8)
	add := func(s string, w word) {
		raw, _ := c.encode(nil, s)
		r.words[string(raw)] = w
		if w.mark == isField {
			r.spell[w.key] = raw
		}
	}
	for k, name := range keyNames() {
		add(name, word{key: Key(k)})
		r.guess[k] = Key(k) + 1
	}
	r.guess[keyCount] = Number
	for _, s := range []string{documentBegin, documentEnd, accountBegin, accountEnd, fileEnd} {
		add(s, word{mark: markOf(s), key: keyCount})
	}
	r.end, _ = c.encode(nil, documentEnd)
}

func (r *Reader) harm(h damage, f Fault) {
	if h&controls != 0 {
		f.Code, f.Message = "onec.control", i18n.Say("управляющие знаки в тексте", "control characters in the text")
		r.bad(f)
	}
	if h&badBytes != 0 {
		f.Code = "onec.charset"
		f.Message = i18n.Text{RU: "байты, которых нет в кодировке %s", EN: "bytes that %s does not have"}.With(r.header.Charset.String())
		r.bad(f)
	}
}

// cutKey splits "Key=Value" and trims both.
func cutKey(s string) (key, value string, ok bool) {
	key, value, ok = strings.Cut(s, "=")
	return strings.TrimSpace(key), strings.TrimSpace(value), ok
}

// knownWord reports whether s is a word of the format.
func knownWord(s string) bool {
	if markOf(s) != isField {
		return true
	}
	if slices.Contains(outsideFields(), s) {
		return true
	}
	for _, n := range keyNames() {
		if n == s {
			return true
		}
	}
	return false
}

// headerField stores a line of the header; false if the header has no such.
func (r *Reader) headerField(key, value string) bool {
	h := &r.header
	switch key {
	case "ВерсияФормата":
		h.Version = value
	case "Кодировка":
		h.Declared = value
	case "Отправитель":
		h.Sender = value
	case "Получатель":
		h.Receiver = value
	case "ДатаСоздания":
		h.Created = value
	case "ВремяСоздания":
		h.Time = value
	case "ДатаНачала":
		h.From = value
	case "ДатаКонца":
		h.To = value
	case "РасчСчет":
		h.Accounts = r.keep(h.Accounts, value)
	case "Документ":
		h.Kinds = r.keep(h.Kinds, value)
	default:
		return false
	}
	return true
}

func (r *Reader) keep(list []string, value string) []string {
	if len(list) >= accountLimit {
		r.bad(Fault{Code: "onec.too_many", Line: r.lines.n, Message: i18n.Text{RU: "больше %d строк одного вида в заголовке", EN: "more than %d lines of one kind in the header"}.With(accountLimit)})
		return list
	}
	return append(list, value)
}

// account reads an account section up to its end.
func (r *Reader) account() error {
	r.heading = false
	t := Turnover{Line: r.lines.n}
	for {
		line, err := r.line(nil)
		if err != nil {
			return err
		}
		key, value := r.plain(line)
		switch markOf(key) {
		case isAccountEnd:
			if len(r.turnover) < accountLimit {
				r.turnover = append(r.turnover, t)
				return nil
			}
			r.bad(Fault{Code: "onec.too_many", Line: r.lines.n, Message: i18n.Text{RU: "больше %d секций счетов", EN: "more than %d account sections"}.With(accountLimit)})
			return nil
		case isFileEnd, isDocumentBegin:
			return fault.New(exitcode.Usage, "onec.truncated", i18n.Text{RU: "секция счёта, начатая в строке %d, не закрыта", EN: "the account section begun at line %d is not closed"}.With(t.Line)).
				Advise(getAgain())
		}
		switch key {
		case "РасчСчет":
			t.Account = value
		case "ДатаНачала":
			t.From = value
		case "ДатаКонца":
			t.To = value
		case "НачальныйОстаток":
			t.Opening = value
		case "ВсегоПоступило":
			t.In = value
		case "ВсегоСписано":
			t.Out = value
		case "КонечныйОстаток":
			t.Closing = value
		case "":
		default:
			if isCurrency(key) && t.Currency == "" {
				t.Currency = value
			}
			r.bad(Fault{Code: "onec.unknown_field", Line: r.lines.n, Field: brief(key), Note: true, Message: i18n.Say("такого поля секции счёта в формате нет", "the format has no such field of an account section")})
		}
	}
}

// isCurrency reports whether a field outside the format names a currency.
func isCurrency(key string) bool {
	switch strings.ToLower(key) {
	case "валюта", "кодвалюты", "валютасчета", "валютасчёта", "валютадокумента", "валютаплатежа", "currency":
		return true
	}
	return false
}

// Currency returns the currency that a document names in a field of its bank's
// own, "" if none does.
func (d *Document) Currency() string {
	for i := range d.Extra {
		if isCurrency(d.Extra[i].Key) && d.Extra[i].Value != "" {
			return d.Extra[i].Value
		}
	}
	return ""
}

// afterEnd looks what follows КонецФайла. Another file behind the first is read
// on; anything else is not, and that is a fault.
func (r *Reader) afterEnd() error {
	for {
		line, err := r.lines.next()
		switch {
		case errors.Is(err, io.EOF):
			return io.EOF
		case err != nil && !errors.Is(err, errLongLine):
			return readFailed(err)
		case err == nil && strings.EqualFold(string(bytes.TrimSpace(line)), magic):
			r.heading = true
			return nil
		case err != nil || len(bytes.Trim(line, " \t\x1a\xa0")) > 0:
			r.bad(Fault{Code: "onec.after_end", Line: r.lines.n, Message: i18n.Say("после КонецФайла есть ещё данные, они не прочитаны", "there is more after КонецФайла; it was not read")})
			return io.EOF
		}
	}
}

// brief bounds a name that came from outside.
func brief(s string) string {
	const most = 60
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
