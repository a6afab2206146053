package register

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/payfile/charset"
)

// mappingLimit bounds a mapping file, bytes.
const mappingLimit = 64 << 10

// Mapping says how to read a register whose headings say too little. It is
// kept in a TOML file:
//
//	sheet = "Июль"              # of a workbook; the first one by default
//	header-row = 3              # 0: there are no headings
//	separator = ";"             # of CSV: ; , | or tab
//	encoding = "windows-1251"
//	amounts-in = "kopecks"      # or "rubles"
//
//	[columns]                   # a heading, or a column's number from 1
//	uin = "Номер начисления"
//	amount = 5
type Mapping struct {
	Sheet     string         `toml:"sheet"`
	HeaderRow *int           `toml:"header-row"`
	Separator string         `toml:"separator"`
	Encoding  string         `toml:"encoding"`
	AmountsIn string         `toml:"amounts-in"`
	Columns   map[string]any `toml:"columns"`

	headings map[string]Field // normalised heading → field
	numbers  map[int]Field    // column from 0 → field
}

// ReadMapping reads a mapping file. Everything wrong with it comes back at
// once as a *fault.Error "mapping.invalid".
func ReadMapping(path string) (*Mapping, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, cannotOpen(path, err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, mappingLimit+1))
	if err != nil {
		return nil, cannotOpen(path, err)
	}
	if len(b) > mappingLimit {
		return nil, badMapping(path).Because(errors.New("larger than 64 KiB"))
	}
	return parseMapping(path, b)
}

func parseMapping(path string, b []byte) (*Mapping, error) {
	m := new(Mapping)
	d := toml.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(m); err != nil {
		return nil, badMapping(path).Because(err)
	}
	if fields := m.settle(); len(fields) > 0 {
		e := badMapping(path)
		e.Fields = fields
		return nil, e
	}
	return m, nil
}

func badMapping(path string) *fault.Error {
	return fault.New(exitcode.Usage, "mapping.invalid", i18n.Text{RU: "карта столбцов %s с ошибками", EN: "the column map %s has errors"}.With(path)).
		Advise(i18n.Say("образец: epgu batch template --format map", "a sample: epgu batch template --format map"))
}

// settle checks the values and turns the columns into what reading needs.
func (m *Mapping) settle() (bad []fault.Field) {
	add := func(name string, text i18n.Message) { bad = append(bad, fault.Field{Name: name, Message: text}) }
	if m.Separator != "" && m.separator() == 0 {
		add("separator", i18n.Say("нужен один из: ; , | tab", "want one of ; , | tab"))
	}
	if _, ok := charset.Parse(m.Encoding); m.Encoding != "" && !ok {
		add("encoding", i18n.Say("неизвестная кодировка: utf-8, windows-1251, cp866, utf-16le, utf-16be", "unknown encoding: utf-8, windows-1251, cp866, utf-16le, utf-16be"))
	}
	if a := m.AmountsIn; a != "" && a != "rubles" && a != "kopecks" {
		add("amounts-in", i18n.Say("нужно rubles или kopecks", "want rubles or kopecks"))
	}
	if h := m.HeaderRow; h != nil && (*h < 0 || *h > preambleRows) {
		add("header-row", i18n.Text{RU: "нужно число от 0 до %d", EN: "want a number from 0 to %d"}.With(preambleRows))
	}
	m.headings, m.numbers = map[string]Field{}, map[int]Field{}
	for _, name := range slices.Sorted(maps.Keys(m.Columns)) {
		v := m.Columns[name]
		f, ok := FieldNamed(name)
		if !ok {
			add("columns."+name, i18n.Say("нет такого поля", "there is no such field"))
			continue
		}
		switch v := v.(type) {
		case string:
			if old, twice := m.headings[normalHeading(v)]; twice {
				add("columns."+name, i18n.Text{RU: "этот столбец уже занят полем %s", EN: "the column is taken by %s"}.With(old))
			}
			m.headings[normalHeading(v)] = f
		case int64:
			if v < 1 || v > 512 {
				add("columns."+name, i18n.Say("номер столбца — от 1 до 512", "a column's number is 1 to 512"))
			}
			if old, twice := m.numbers[int(v)-1]; twice {
				add("columns."+name, i18n.Text{RU: "этот столбец уже занят полем %s", EN: "the column is taken by %s"}.With(old))
			}
			m.numbers[int(v)-1] = f
		default:
			add("columns."+name, i18n.Say("нужен заголовок в кавычках или номер столбца", "want a heading in quotes or a column's number"))
		}
	}
	return bad
}

func (m *Mapping) separator() byte {
	switch strings.ToLower(m.Separator) {
	case ";", ",", "|", "\t":
		return m.Separator[0]
	case "tab":
		return '\t'
	}
	return 0
}

// field finds the field of a column; a mapping wins over what the heading
// means by itself, and a field that the mapping places elsewhere is not taken
// from its own heading.
func (m *Mapping) field(column int, text string) (f Field, kopecks, ok bool) {
	if m != nil {
		if f, ok := m.numbers[column]; ok {
			return f, false, true
		}
		if f, ok := m.headings[normalHeading(text)]; ok && text != "" {
			_, kopecks, _ := recognise(text)
			return f, kopecks && f == Amount, true
		}
	}
	f, kopecks, ok = recognise(text)
	if ok && m != nil {
		if _, placed := m.Columns[f.String()]; placed {
			return 0, false, false
		}
	}
	return f, kopecks, ok
}

// MappingSample is a mapping file to fill in.
func MappingSample(l i18n.Lang) string {
	var b strings.Builder
	say := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(l) }
	fmt.Fprintf(&b, "# %s\n", say("Карта столбцов: как читать реестр, чьи заголовки epgu не узнаёт.", "Column map: how to read a register whose headings epgu does not recognise."))
	fmt.Fprintf(&b, "# %s\n\n", say("epgu batch check РЕЕСТР --map ЭТОТ-ФАЙЛ; лишние строки удалите.", "epgu batch check REGISTER --map THIS-FILE; delete the lines that are not needed."))
	fmt.Fprintf(&b, "# sheet = \"%s\"\n", say("Лист1", "Sheet1"))
	fmt.Fprintf(&b, "# header-row = 1          # %s\n", say("0 — заголовков нет", "0: there are no headings"))
	b.WriteString("# separator = \";\"         # ; , | tab\n# encoding = \"windows-1251\"\n")
	fmt.Fprintf(&b, "# amounts-in = \"rubles\"   # %s\n\n[columns]\n", say("или kopecks", "or kopecks"))
	fmt.Fprintf(&b, "# %s\n", say("поле = \"заголовок\" или номер столбца", "field = \"heading\" or the column's number"))
	for _, i := range Fields() {
		fmt.Fprintf(&b, "# %s = %q\n", i.Name, i.Title.In(l))
	}
	return b.String()
}
