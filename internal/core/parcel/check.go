package parcel

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/xml"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/cms"
	"github.com/epgu-cli/epgu/internal/gost/verdict"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/payfile/charset"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Bounds of what is looked into.
const (
	maxXML       = 64 << 20 // bytes of a document that is read as XML
	maxSignature = 1 << 20  // bytes of a .sig file
	maxName      = 255      // bytes of a file name
	maxFiles     = 1000
)

// Rules are what one service asks of its archive beyond the rules of all. The
// zero value asks for nothing.
type Rules struct {
	// Source says where the rules are from, with its day.
	Source string
	// Names must be there: exact names, or with {guid} for any identifier.
	Names []string
	// Signed says that each file needs a detached signature.
	Signed bool
	// MaxBytes bounds all files together, MaxFiles the documents beside those of
	// Names; 0 is no bound.
	MaxBytes int64
	MaxFiles int
	// MaxName bounds a document's name with its extension, characters; 0 is no bound.
	MaxName int
	// Kinds are the extensions that documents may have, lower case with the dot;
	// none is any.
	Kinds []string
}

// Options of Check.
type Options struct {
	Rules Rules
	// WillSign says that files without a signature are signed on the way.
	WillSign bool
	// Loose turns what only the service's own rules ask for into notes.
	Loose bool
	Now   time.Time // the moment at which certificates of signatures are checked
	// Nested lets archives lie inside the archive, where a service says so.
	Nested bool
}

// Set is a checked set of files, in the order given, signatures after their files.
type Set struct {
	Files []File
	// Notes are what the service's own rules ask for and Options.Loose let pass.
	Notes []fault.Field
}

// Bytes returns the size of all files together.
func (s *Set) Bytes() int64 {
	var n int64
	for _, f := range s.Files {
		n += f.Bytes
	}
	return n
}

// NeedsNumber reports whether a document holds the number of the application.
func (s *Set) NeedsNumber() bool { return slices.ContainsFunc(s.Files, File.NeedsNumber) }

type checker struct {
	o     Options
	set   *Set
	bad   []fault.Field
	byKey map[string]bool // names already there, small letters
}

func (c *checker) wrong(name string, m i18n.Message) {
	c.bad = append(c.bad, fault.Field{Name: untrusted.Clean(name), Message: m})
}

// service reports what only the rules of the service ask for.
func (c *checker) service(name string, m i18n.Message) {
	if c.o.Loose {
		c.set.Notes = append(c.set.Notes, fault.Field{Name: untrusted.Clean(name), Message: m})
		return
	}
	c.wrong(name, m)
}

// Check reads what the user gave ("req.xml=my.xml" or "scan.pdf") and returns the
// files of the archive. All that is wrong is told at once, in an error with exit
// code 2.
func Check(ctx context.Context, given []string, made []File, o Options) (*Set, error) {
	c := &checker{o: o, set: &Set{}, byKey: map[string]bool{}}
	for _, f := range made {
		c.add(f)
	}
	if len(given) > maxFiles {
		return nil, fault.New(exitcode.Usage, "files.invalid", i18n.Text{RU: "файлов %d, можно не больше %d", EN: "%d files, at most %d"}.With(len(given), maxFiles))
	}
	for _, g := range given {
		name, at := cut(g)
		if m := badName(name); !m.IsZero() {
			c.wrong(g, m)
			continue
		}
		f, m := c.read(name, at)
		if !m.IsZero() {
			c.wrong(name, m)
			continue
		}
		c.add(f)
	}
	c.signatures(ctx)
	c.signConfig()
	c.rules()
	if len(c.bad) > 0 {
		e := fault.New(exitcode.Usage, "files.invalid", i18n.Say("файлы не подходят для архива заявления", "the files do not fit the archive of an application"))
		e.Fields = c.bad
		if o.Rules.Source != "" {
			e.Advise(i18n.Text{RU: "правила услуги известны по: %s; если они изменились: --loose", EN: "the rules of the service are known from: %s; if they have changed: --loose"}.With(o.Rules.Source))
		}
		return nil, e
	}
	if len(c.set.Files) == 0 {
		return nil, fault.New(exitcode.Usage, "files.none", i18n.Say("нет ни одного файла", "there is no file")).
			Advise(i18n.Say("добавьте: --file req.xml=путь", "add: --file req.xml=path"))
	}
	c.order()
	return c.set, nil
}

// cut takes "name=path" apart. A path with "=" in it stands alone when there is
// such a file.
func cut(g string) (name, at string) {
	name, at, ok := strings.Cut(g, "=")
	if !ok {
		return filepath.Base(g), g
	}
	if _, err := os.Stat(g); err == nil {
		return filepath.Base(g), g
	}
	return name, at
}

func (c *checker) add(f File) {
	key := strings.ToLower(f.Name)
	if c.byKey[key] {
		c.wrong(f.Name, i18n.Say("такое имя в архиве уже есть (большие и маленькие буквы не различаются)", "the archive has this name already (capitals do not count)"))
		return
	}
	c.byKey[key] = true
	c.set.Files = append(c.set.Files, f)
}

// badName says what is wrong with a name inside the archive: it is flat, and its
// names must be readable on any system.
func badName(name string) i18n.Message {
	switch {
	case name == "":
		return i18n.Say("нет имени: нужно --file имя=путь", "there is no name: give --file name=path")
	case strings.ContainsAny(name, `/\`):
		return i18n.Say("в архиве не бывает папок: имя не должно содержать / и \\", "the archive has no folders: a name must not hold / or \\")
	case name == "." || name == "..", strings.HasSuffix(name, "."), strings.HasSuffix(name, " "), strings.HasPrefix(name, " "):
		return i18n.Say("такое имя не годится", "this name cannot be used")
	case len(name) > maxName:
		return i18n.Text{RU: "имя длиннее %d байт", EN: "the name is longer than %d bytes"}.With(maxName)
	case !utf8.ValidString(name), strings.ContainsAny(name, `:*?"<>|`), strings.ContainsFunc(name, func(r rune) bool { return r < 0x20 || r == 0x7f }):
		return i18n.Say("в имени есть знаки, которые не разрешены: : * ? \" < > | и управляющие", "the name has characters that are not allowed: : * ? \" < > | and control ones")
	}
	return i18n.Message{}
}

// read looks at one file.
func (c *checker) read(name, at string) (File, i18n.Message) {
	none := File{}
	info, err := os.Stat(at)
	switch {
	case at == "":
		return none, i18n.Say("путь пуст: нужно --file имя=путь", "the path is empty: give --file name=path")
	case errors.Is(err, fs.ErrNotExist):
		return none, i18n.Text{RU: "файла %s нет", EN: "there is no file %s"}.With(at)
	case err != nil:
		return none, i18n.Text{RU: "файл %s не читается: %v", EN: "%s cannot be read: %v"}.With(at, err)
	case info.IsDir():
		return none, i18n.Text{RU: "%s — папка, а нужен файл", EN: "%s is a folder, a file is needed"}.With(at)
	case !info.Mode().IsRegular():
		return none, i18n.Text{RU: "%s — не обычный файл", EN: "%s is not a regular file"}.With(at)
	case info.Size() == 0:
		return none, i18n.Text{RU: "файл %s пуст", EN: "%s is empty"}.With(at)
	}
	file, err := os.Open(at)
	if err != nil {
		return none, i18n.Text{RU: "файл %s не читается: %v", EN: "%s cannot be read: %v"}.With(at, err)
	}
	defer file.Close()
	in := bufio.NewReaderSize(file, 4096)
	head, err := in.Peek(4096)
	if err != nil && !errors.Is(err, io.EOF) {
		return none, i18n.Text{RU: "файл %s не читается: %v", EN: "%s cannot be read: %v"}.With(at, err)
	}
	if archived(head) && !c.o.Nested {
		return none, i18n.Say("это архив, а вложенных архивов в заявлении не бывает; если услуга их разрешает: --nested", "this is an archive, and an application holds no archives; if the service allows them: --nested")
	}
	f := File{Name: name, Path: at, Bytes: info.Size()}
	h := sha256.New()
	if strings.EqualFold(path.Ext(name), ".xml") {
		body, err := io.ReadAll(io.LimitReader(in, maxXML+1))
		if err != nil {
			return none, i18n.Text{RU: "файл %s не читается: %v", EN: "%s cannot be read: %v"}.With(at, err)
		}
		if len(body) > maxXML {
			return none, i18n.Text{RU: "документ XML больше %d МБ", EN: "an XML document of more than %d MB"}.With(maxXML >> 20)
		}
		if err := wellFormed(body); err != nil {
			return none, i18n.Text{RU: "это не XML: %v", EN: "this is not XML: %v"}.With(err)
		}
		if f.Fields = hasFields(body); f.Fields {
			f.Body, f.Path = body, ""
		}
		f.Bytes = int64(len(body))
		h.Write(body)
	} else if f.Bytes, err = io.Copy(h, in); err != nil {
		return none, i18n.Text{RU: "файл %s не читается: %v", EN: "%s cannot be read: %v"}.With(at, err)
	}
	h.Sum(f.SHA256[:0])
	return f, i18n.Message{}
}

// archived knows archives by their first bytes. Office documents are archives
// too, but not to people.
func archived(head []byte) bool {
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		for _, office := range []string{"[Content_Types].xml", "word/", "xl/", "_rels/", "mimetypeapplication/vnd.oasis"} {
			if bytes.Contains(head, []byte(office)) {
				return false
			}
		}
		return true
	}
	for _, magic := range []string{"PK\x05\x06", "Rar!\x1a\x07", "7z\xbc\xaf\x27\x1c", "\x1f\x8b", "BZh", "\xfd7zXZ\x00"} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return true
		}
	}
	return false
}

// wellFormed reads a document to its end: XML without a document type, which
// departments refuse.
func wellFormed(body []byte) error {
	d := xml.NewDecoder(bytes.NewReader(body))
	d.CharsetReader = func(label string, in io.Reader) (io.Reader, error) {
		set, ok := charset.Parse(label)
		switch {
		case !ok:
			return nil, errors.New("unknown encoding " + untrusted.Clean(label))
		case set.Table() == nil:
			return in, nil
		}
		return set.Table().NewDecoder().Reader(in), nil
	}
	roots, depth := 0, 0
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			if roots != 1 {
				return errors.New("no root element")
			}
			return nil
		}
		if err != nil {
			return err
		}
		switch t.(type) {
		case xml.StartElement:
			if depth == 0 {
				roots++
			}
			if depth++; roots > 1 {
				return errors.New("a second root element")
			}
		case xml.EndElement:
			depth--
		case xml.Directive:
			return errors.New("a document type (DOCTYPE) is not allowed")
		}
	}
}

// find returns the file of a name.
func (c *checker) find(name string) *File {
	for i := range c.set.Files {
		if c.set.Files[i].Name == name {
			return &c.set.Files[i]
		}
	}
	return nil
}

// signatures checks that each signature has its file and holds over it.
func (c *checker) signatures(ctx context.Context) {
	named := c.namedSignatures()
	for _, f := range c.set.Files {
		if !f.IsSignature() || named[f.Name] {
			continue
		}
		of := c.find(strings.TrimSuffix(f.Name, SignatureSuffix))
		switch {
		case of == nil:
			c.wrong(f.Name, i18n.Text{RU: "подписан файл %s, а его нет", EN: "it signs %s, which is not there"}.With(strings.TrimSuffix(f.Name, SignatureSuffix)))
		case of.NeedsNumber():
			c.wrong(f.Name, i18n.Text{RU: "в %s вписывается номер заявления, готовая подпись к нему не подойдёт: подпишите при отправке, --sign", EN: "a number is filled into %s, so a ready signature cannot hold: sign when sending, --sign"}.With(of.Name))
		default:
			if m := c.holds(ctx, f, *of); !m.IsZero() {
				c.wrong(f.Name, m)
			}
		}
	}
}

// holds checks a detached signature over its file. A certificate whose issuer is
// not known here is no fault: the portal knows its own.
func (c *checker) holds(ctx context.Context, sig, of File) i18n.Message {
	if sig.Bytes > maxSignature {
		return i18n.Text{RU: "подпись больше %d МБ", EN: "a signature of more than %d MB"}.With(maxSignature >> 20)
	}
	in, err := sig.Open(Numbers{})
	if err != nil {
		return i18n.Text{RU: "не читается: %v", EN: "cannot be read: %v"}.With(err)
	}
	defer in.Close()
	der, err := io.ReadAll(in)
	if err != nil {
		return i18n.Text{RU: "не читается: %v", EN: "cannot be read: %v"}.With(err)
	}
	content, err := of.Open(Numbers{})
	if err != nil {
		return i18n.Text{RU: "не читается: %v", EN: "cannot be read: %v"}.With(err)
	}
	defer content.Close()
	got, err := cms.VerifyDetached(ctx, der, content, &cms.VerifyOptions{Chain: cert.ChainOptions{Time: c.o.Now}})
	if errors.Is(err, cms.ErrFormat) {
		return i18n.Say("это не отсоединённая подпись PKCS#7", "this is no detached PKCS#7 signature")
	}
	if err != nil {
		return i18n.Text{RU: "не читается: %v", EN: "cannot be read: %v"}.With(err)
	}
	for _, s := range got.Signatures {
		for _, r := range s.Reasons {
			if r.Status == verdict.Invalid {
				return r.Message
			}
		}
	}
	return i18n.Message{}
}

// signConfig is the document that ties signatures to documents.
type signConfig struct {
	XMLName   xml.Name `xml:"signedAttachments"`
	Documents []struct {
		File  string `xml:"documentFileName"`
		Signs []struct {
			File string `xml:"signFileName"`
		} `xml:"signData"`
	} `xml:"signedDocument"`
}

// parseSignConfig reads sign_config.xml (SPEC-1.13, appendix 5).
func parseSignConfig(body []byte) (*signConfig, error) {
	var out signConfig
	if err := xml.Unmarshal(body, &out); err != nil {
		return nil, err
	}
	return &out, nil
}

func (c *checker) readSignConfig() (*signConfig, error) {
	f := c.find(SignConfig)
	if f == nil {
		return nil, nil
	}
	in, err := f.Open(Numbers{})
	if err != nil {
		return nil, err
	}
	defer in.Close()
	body, err := io.ReadAll(io.LimitReader(in, maxXML))
	if err != nil {
		return nil, err
	}
	return parseSignConfig(body)
}

// namedSignatures are the files that sign_config.xml names as signatures, whatever
// they are called.
func (c *checker) namedSignatures() map[string]bool {
	out := map[string]bool{}
	if list, err := c.readSignConfig(); err == nil && list != nil {
		for _, d := range list.Documents {
			for _, s := range d.Signs {
				out[s.File] = true
			}
		}
	}
	return out
}

// signConfig checks that all that sign_config.xml names is there.
func (c *checker) signConfig() {
	list, err := c.readSignConfig()
	if err != nil {
		c.wrong(SignConfig, i18n.Text{RU: "не читается: %v", EN: "cannot be read: %v"}.With(err))
		return
	}
	if list == nil {
		return
	}
	missing := func(name string) {
		if c.find(name) == nil {
			c.wrong(SignConfig, i18n.Text{RU: "назван файл «%s», а его нет", EN: "it names %q, which is not there"}.With(untrusted.Text(name)))
		}
	}
	for _, d := range list.Documents {
		missing(d.File)
		for _, s := range d.Signs {
			missing(s.File)
		}
	}
}

// rules checks what the service asks for.
func (c *checker) rules() {
	r := c.o.Rules
	request := map[string]bool{}
	for _, want := range r.Names {
		i := slices.IndexFunc(c.set.Files, func(f File) bool { return fits(want, f.Name) })
		if i < 0 {
			c.service(want, i18n.Text{RU: "услуге нужен файл %s (--file %s=путь)", EN: "the service needs a file %s (--file %s=path)"}.With(want, want))
			continue
		}
		request[c.set.Files[i].Name] = true
	}
	named := c.namedSignatures()
	documents := 0
	for _, f := range c.set.Files {
		if f.IsSignature() || f.Name == SignConfig || named[f.Name] {
			continue
		}
		if r.Signed && !c.o.WillSign && c.find(f.Name+SignatureSuffix) == nil && len(named) == 0 {
			c.service(f.Name, i18n.Text{RU: "услуге нужна подпись: приложите %s или подпишите при отправке, --sign", EN: "the service asks for a signature: add %s, or sign when sending, --sign"}.With(f.Name+SignatureSuffix))
		}
		if request[f.Name] {
			continue
		}
		documents++
		if ext := strings.ToLower(path.Ext(f.Name)); len(r.Kinds) > 0 && !slices.Contains(r.Kinds, ext) {
			c.service(f.Name, i18n.Text{RU: "услуга принимает документы только вида %s", EN: "the service takes documents of these kinds only: %s"}.With(strings.Join(r.Kinds, ", ")))
		}
		if n := utf8.RuneCountInString(f.Name); r.MaxName > 0 && n > r.MaxName {
			c.service(f.Name, i18n.Text{RU: "в имени %d знаков, услуга принимает не больше %d", EN: "the name has %d characters, the service takes at most %d"}.With(n, r.MaxName))
		}
	}
	if r.MaxFiles > 0 && documents > r.MaxFiles {
		c.service("--file", i18n.Text{RU: "документов %d, услуга принимает не больше %d", EN: "%d documents, the service takes at most %d"}.With(documents, r.MaxFiles))
	}
	if n := c.set.Bytes(); r.MaxBytes > 0 && n > r.MaxBytes {
		c.service("--file", i18n.Text{RU: "всего %d байт, услуга принимает не больше %d", EN: "%d bytes in all, the service takes at most %d"}.With(n, r.MaxBytes))
	}
}

// fits reports whether a name is the wanted one; {guid} stands for any identifier.
func fits(want, name string) bool {
	before, after, any := strings.Cut(want, nameGUID)
	if !any {
		return want == name
	}
	return strings.HasPrefix(name, before) && strings.HasSuffix(name, after) && len(name) > len(before)+len(after)
}

// order puts each signature right behind its file.
func (c *checker) order() {
	rank := map[string]int{}
	for i, f := range c.set.Files {
		if !f.IsSignature() {
			rank[f.Name] = 2 * i
		}
	}
	at := func(f File) int {
		if n, ok := rank[strings.TrimSuffix(f.Name, SignatureSuffix)]; ok && f.IsSignature() {
			return n + 1
		}
		return rank[f.Name]
	}
	slices.SortStableFunc(c.set.Files, func(a, b File) int { return at(a) - at(b) })
}
