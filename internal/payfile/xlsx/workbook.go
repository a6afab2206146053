package xlsx

import (
	"archive/zip"
	"bytes"
	"io"
	"path"
	"strings"

	"github.com/epgu-cli/epgu/internal/i18n"
)

// Workbook is an open XLSX file.
type Workbook struct {
	parts    map[string]*zip.File
	sheets   []Sheet
	styles   styles
	from1904 bool
	strings  shared
	loaded   bool // the shared strings
}

// Open reads the parts of a workbook that describe it; the sheets themselves
// are not read yet. size is in bytes. Errors are *fault.Error: "xlsx.broken",
// "xlsx.too_large", "xlsx.twice".
func Open(r io.ReaderAt, size int64) (*Workbook, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, broken(err)
	}
	if len(z.File) > entryLimit {
		return nil, tooLarge("[ZIP]")
	}
	w := &Workbook{parts: make(map[string]*zip.File, len(z.File))}
	for _, f := range z.File {
		name := strings.ToLower(strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(f.Name, `\`, "/")), "/"))
		if w.parts[name] != nil {
			// Two readers would see two different registers.
			return nil, refuse("xlsx.twice", i18n.Say("в книге две части с одним именем: что в ней написано, зависит от программы",
				"the workbook has two parts of one name: what it says depends on the program"))
		}
		w.parts[name] = f
	}
	if err := w.describe(); err != nil {
		return nil, err
	}
	return w, nil
}

// Sheets lists the sheets in the workbook's order.
func (w *Workbook) Sheets() []Sheet { return w.sheets }

// describe reads the workbook, the targets of its sheets and the styles.
func (w *Workbook) describe() error {
	main := "xl/workbook.xml"
	err := w.walk("_rels/.rels", func(t *tokens, name string) error {
		if name == "Relationship" && bytes.HasSuffix(t.attribute("Type"), []byte("/officeDocument")) {
			main = resolve("", t.attribute("Target"))
		}
		return nil
	})
	if err != nil {
		return err
	}
	if w.parts[main] == nil {
		return broken(nil)
	}
	dir, base := path.Split(main)
	targets := map[string]string{}
	var stylesPart, stringsPart string
	err = w.walk(dir+"_rels/"+base+".rels", func(t *tokens, name string) error {
		if name != "Relationship" {
			return nil
		}
		target := resolve(dir, t.attribute("Target"))
		switch kind := t.attribute("Type"); {
		case bytes.HasSuffix(kind, []byte("/worksheet")) && len(targets) < entryLimit:
			targets[string(t.attribute("Id"))] = target
		case bytes.HasSuffix(kind, []byte("/styles")):
			stylesPart = target
		case bytes.HasSuffix(kind, []byte("/sharedStrings")):
			stringsPart = target
		}
		return nil
	})
	if err != nil {
		return err
	}
	err = w.walk(main, func(t *tokens, name string) error {
		switch name {
		case "workbookPr":
			v := string(t.attribute("date1904"))
			w.from1904 = v == "1" || v == "true"
		case "sheet":
			part := targets[string(t.attribute("id"))]
			if state := string(t.attribute("state")); w.parts[part] != nil && len(w.sheets) < entryLimit {
				w.sheets = append(w.sheets, Sheet{Name: string(appendText(nil, t.attribute("name"))), Hidden: state == "hidden" || state == "veryHidden", part: part})
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(w.sheets) == 0 {
		return broken(nil)
	}
	w.strings.part = stringsPart
	return w.readStyles(stylesPart)
}

// resolve turns a relationship's target into the name of a part.
func resolve(dir string, target []byte) string {
	t := string(appendText(nil, target))
	if !strings.HasPrefix(t, "/") {
		t = "/" + dir + t
	}
	return strings.ToLower(strings.TrimPrefix(path.Clean(t), "/"))
}

// walk calls f for every opening tag of a small part; a part that is not
// there is empty.
func (w *Workbook) walk(part string, f func(t *tokens, name string) error) error {
	r, err := w.open(part, partLimit)
	if err != nil || r == nil {
		return err
	}
	defer r.Close()
	t := newTokens(r)
	for {
		if err := t.next(); err == io.EOF {
			return nil
		} else if err != nil {
			return r.explain(err)
		}
		if name, opens, _ := t.name(); opens {
			if err := f(t, string(name)); err != nil {
				return err
			}
		}
	}
}

// part is an open part with a limit on what it unpacks to.
type part struct {
	io.ReadCloser
	name   string
	packed int64
	read   int64
	limit  int64
	over   bool
}

// open opens a part; nil, nil if there is none of the name.
func (w *Workbook) open(name string, limit int64) (*part, error) {
	f := w.parts[strings.ToLower(name)]
	if f == nil {
		return nil, nil
	}
	r, err := f.Open()
	if err != nil {
		return nil, broken(err)
	}
	return &part{ReadCloser: r, name: f.Name, packed: int64(f.CompressedSize64), limit: limit}, nil
}

// Read stops with an error where the part has grown beyond its limit, or
// beyond what its packed size explains.
func (p *part) Read(b []byte) (int, error) {
	n, err := p.ReadCloser.Read(b)
	p.read += int64(n)
	if p.read > p.limit || p.read > ratioFloor && p.read/ratioLimit > p.packed {
		p.over = true
		return 0, io.ErrShortBuffer
	}
	return n, err
}

func (p *part) explain(err error) error {
	if p.over || err == errToken {
		return tooLarge(p.name)
	}
	return broken(err)
}
