package applications

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // tooSmall reads them
	_ "image/png"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/safepath"
)

// DefaultMaxBytes bounds an attachment whose service sets no bound of its own,
// bytes (C2: 5 MB).
const DefaultMaxBytes = 5_000_000

// Attachment is a checked file that goes with an application.
type Attachment struct {
	Name   string            `json:"name"`  // the document's name in the form: "photo"
	File   string            `json:"file"`  // its name in the archive: "photo.jpg"
	Path   string            `json:"-"`     // where it lies
	Type   string            `json:"type"`  // MIME type by content
	Bytes  int64             `json:"bytes"` // size
	SHA256 [sha256.Size]byte `json:"-"`
	DPI    int               `json:"dpi,omitempty"` // what a picture says of its resolution; 0 when it says nothing
}

// GoodDPI is the resolution that the portal advises for scans (features C2).
const GoodDPI = 300

// Hint is what is worth knowing of an attachment that is good enough to be sent; empty
// when there is nothing.
func (a *Attachment) Hint() i18n.Message {
	if a.DPI == 0 || a.DPI >= GoodDPI {
		return i18n.Message{}
	}
	return i18n.Text{RU: "%s: %d точек на дюйм, а советуют не меньше %d: мелкий текст могут не разобрать", EN: "%s: %d dots per inch, at least %d are advised: small print may not be readable"}.With(a.Name, a.DPI, GoodDPI)
}

// CheckGiven is CheckAttachments for documents that are added to what is there: none
// has to be given.
func CheckGiven(given []string, documents []cabinet.Document) ([]Attachment, error) {
	optional := slices.Clone(documents)
	for i := range optional {
		optional[i].Required = false
	}
	return CheckAttachments(given, optional)
}

// CheckAttachments matches what the user gave ("photo=me.jpg" or "me.jpg") to
// the documents that the service takes, and checks every file by its content.
// All that is wrong is told at once.
func CheckAttachments(given []string, documents []cabinet.Document) ([]Attachment, error) {
	return check(given, documents, true)
}

// CheckDrafted is CheckAttachments for a draft: what is missing may come later.
func CheckDrafted(given []string, documents []cabinet.Document) ([]Attachment, error) {
	return check(given, documents, false)
}

// check matches files to documents; complete says that none that is required may be
// missing.
func check(given []string, documents []cabinet.Document, complete bool) ([]Attachment, error) {
	var out []Attachment
	var fields []fault.Field
	bad := func(name string, m i18n.Message) { fields = append(fields, fault.Field{Name: name, Message: m}) }
	taken := map[string]bool{}
	for _, g := range given {
		doc, path, ok := match(g, documents, taken)
		if !ok {
			bad(g, i18n.Text{RU: "непонятно, какой это документ; укажите имя=файл, где имя — одно из: %s",
				EN: "it is not clear which document this is; give name=file, where name is one of: %s"}.With(documentNames(documents)))
			continue
		}
		if path == "" {
			bad(doc.Name, i18n.Say("имя файла пусто; нужно --attach имя=файл", "the file name is empty; give --attach name=file"))
			taken[doc.Name] = true
			continue
		}
		if taken[doc.Name] {
			bad(doc.Name, i18n.Say("указан дважды", "given twice"))
			continue
		}
		taken[doc.Name] = true
		a, m := Inspect(doc, fromShell(path))
		if !m.IsZero() {
			bad(doc.Name, m)
			continue
		}
		out = append(out, a)
	}
	for _, d := range documents {
		if complete && d.Required && !taken[d.Name] {
			bad(d.Name, i18n.Text{RU: "не приложен: %s (--attach %s=файл)", EN: "missing: %s (--attach %s=file)"}.With(d.Title, d.Name))
		}
	}
	if len(fields) > 0 {
		e := fault.New(exitcode.Usage, "attachments.invalid", i18n.Say("вложения не подходят", "the attachments do not fit"))
		e.Fields = fields
		return nil, e
	}
	slices.SortFunc(out, func(a, b Attachment) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// Matched tells for which document each of the given files is meant, as
// CheckAttachments does: the absolute path by the document's name. What fits no
// document is left out.
func Matched(given []string, documents []cabinet.Document) map[string]string {
	out := map[string]string{}
	taken := map[string]bool{}
	for _, g := range given {
		doc, path, ok := match(g, documents, taken)
		if !ok || path == "" || taken[doc.Name] {
			continue
		}
		taken[doc.Name] = true
		if abs, err := filepath.Abs(fromShell(path)); err == nil {
			path = abs
		}
		out[doc.Name] = path
	}
	return out
}

// fromShell opens a ~ that a shell has left, because it stood behind "photo=".
func fromShell(path string) string {
	if _, err := os.Lstat(path); err == nil {
		return path
	}
	return safepath.AtHome(path)
}

// match finds the document that an argument is meant for: by its name before
// "=", by the file's name without extension, or because only one is left.
func match(given string, documents []cabinet.Document, taken map[string]bool) (cabinet.Document, string, bool) {
	byName := func(name string) (cabinet.Document, bool) {
		for _, d := range documents {
			if d.Name == name {
				return d, true
			}
		}
		return cabinet.Document{}, false
	}
	if name, path, ok := strings.Cut(given, "="); ok {
		if d, ok := byName(name); ok {
			return d, path, true
		}
		// A mistyped name is not taken for a part of the file's name, unless
		// there is such a file.
		if _, err := os.Stat(given); err != nil {
			return cabinet.Document{}, "", false
		}
	}
	base := filepath.Base(given)
	if d, ok := byName(strings.TrimSuffix(base, filepath.Ext(base))); ok {
		return d, given, true
	}
	var left []cabinet.Document
	for _, d := range documents {
		if !taken[d.Name] {
			left = append(left, d)
		}
	}
	var required []cabinet.Document
	for _, d := range left {
		if d.Required {
			required = append(required, d)
		}
	}
	switch {
	case len(left) == 1:
		return left[0], given, true
	case len(required) == 1:
		return required[0], given, true
	}
	return cabinet.Document{}, "", false
}

func documentNames(documents []cabinet.Document) string {
	if len(documents) == 0 {
		return "—"
	}
	names := make([]string, len(documents))
	for i, d := range documents {
		names[i] = d.Name
	}
	return strings.Join(names, ", ")
}

// Missing returns the documents that are required and not among what was given.
func Missing(given []string, documents []cabinet.Document) []cabinet.Document {
	taken := map[string]bool{}
	for _, g := range given {
		if doc, path, ok := match(g, documents, taken); ok && path != "" {
			taken[doc.Name] = true
		}
	}
	var out []cabinet.Document
	for _, d := range documents {
		if d.Required && !taken[d.Name] {
			out = append(out, d)
		}
	}
	return out
}

// Formats names the kinds of file that a document takes.
func Formats(types []string) string { return typeTitles(types) }

// Inspect checks a file that is to go with an application: it is there, not too
// large, of the right kind by its content, and a picture is large enough. The
// message says what is wrong, or nothing.
func Inspect(doc cabinet.Document, path string) (Attachment, i18n.Message) {
	none := Attachment{}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return none, i18n.Text{RU: "файла %s нет", EN: "there is no file %s"}.With(path)
	case err != nil:
		return none, i18n.Text{RU: "файл %s не читается: %v", EN: "%s cannot be read: %v"}.With(path, err)
	case info.IsDir():
		return none, i18n.Text{RU: "%s — папка, а нужен файл", EN: "%s is a folder, a file is needed"}.With(path)
	case !info.Mode().IsRegular():
		return none, i18n.Text{RU: "%s — не обычный файл", EN: "%s is not a regular file"}.With(path)
	case info.Size() == 0:
		return none, i18n.Text{RU: "файл %s пуст", EN: "%s is empty"}.With(path)
	}
	limit := doc.MaxBytes
	if limit <= 0 {
		limit = DefaultMaxBytes
	}
	if info.Size() > limit {
		return none, i18n.Text{RU: "файл %s слишком велик: %s, можно не больше %s", EN: "%s is too large: %s, at most %s are allowed"}.
			With(path, size(info.Size()), size(limit))
	}
	f, err := os.Open(path)
	if err != nil {
		return none, i18n.Text{RU: "файл %s не читается: %v", EN: "%s cannot be read: %v"}.With(path, err)
	}
	defer f.Close()
	head := make([]byte, 4096)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return none, i18n.Text{RU: "файл %s не читается: %v", EN: "%s cannot be read: %v"}.With(path, err)
	}
	typ, ext := Sniff(head[:n])
	if typ, ext = office(f, info.Size(), typ, ext); isArchive(typ) {
		return none, i18n.Text{RU: "%s — архив (%s), а архивы внутрь заявления не берут: приложите сами файлы", EN: "%s is an archive (%s), and no archives go into an application: attach the files themselves"}.With(path, typeTitle(typ))
	}
	if len(doc.Types) > 0 && typ == "application/octet-stream" {
		return none, i18n.Text{RU: "%s — не %s (смотрим на содержимое, а не на имя)", EN: "%s is no %s (by content, not by name)"}.With(path, typeTitles(doc.Types))
	}
	if len(doc.Types) > 0 && !slices.Contains(doc.Types, typ) {
		return none, i18n.Text{RU: "внутри %s — %s, а нужен %s (смотрим на содержимое, а не на имя)",
			EN: "%s holds %s, but %s is needed (by content, not by name)"}.With(path, typeTitle(typ), typeTitles(doc.Types))
	}
	if m := tooSmall(doc, f, path); !m.IsZero() {
		return none, m
	}
	h := sha256.New()
	locked := newLockFinder()
	both := io.MultiWriter(h, locked)
	_, _ = both.Write(head[:n]) // neither fails
	if _, err := io.Copy(both, io.LimitReader(f, limit)); err != nil {
		return none, i18n.Text{RU: "файл %s не читается: %v", EN: "%s cannot be read: %v"}.With(path, err)
	}
	if typ == "application/pdf" && locked.found {
		return none, i18n.Text{RU: "%s закрыт паролем или зашифрован: ведомство его не откроет; сохраните PDF без защиты", EN: "%s is locked by a password or encrypted: the department could not open it; save the PDF without protection"}.With(path)
	}
	a := Attachment{Name: doc.Name, File: doc.Name + ext, Path: path, Type: typ, Bytes: info.Size(), DPI: density(head[:n])}
	h.Sum(a.SHA256[:0])
	return a, i18n.Message{}
}

// tooSmall says that a picture has fewer pixels than the document needs, and
// leaves f where it was.
func tooSmall(doc cabinet.Document, f *os.File, path string) i18n.Message {
	if doc.MinWidth == 0 && doc.MinHeight == 0 {
		return i18n.Message{}
	}
	at, err := f.Seek(0, io.SeekCurrent)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return i18n.Text{RU: "файл %s не читается: %v", EN: "%s cannot be read: %v"}.With(path, err)
	}
	c, _, decodeErr := image.DecodeConfig(f)
	if _, err := f.Seek(at, io.SeekStart); err != nil {
		return i18n.Text{RU: "файл %s не читается: %v", EN: "%s cannot be read: %v"}.With(path, err)
	}
	if decodeErr == nil && (c.Width < doc.MinWidth || c.Height < doc.MinHeight) {
		return i18n.Text{RU: "в %s %d×%d точек, нужно не меньше %d×%d", EN: "%s has %d×%d pixels, at least %d×%d are needed"}.
			With(path, c.Width, c.Height, doc.MinWidth, doc.MinHeight)
	}
	return i18n.Message{}
}

// Sniff tells the type of a file by its first bytes, and the extension it gets
// in the archive. Unknown content is application/octet-stream.
func Sniff(head []byte) (mime, ext string) {
	switch {
	case bytes.HasPrefix(head, []byte("%PDF-")):
		return "application/pdf", ".pdf"
	case bytes.HasPrefix(head, []byte("\xff\xd8\xff")):
		return "image/jpeg", ".jpg"
	case bytes.HasPrefix(head, []byte("\x89PNG\r\n\x1a\n")):
		return "image/png", ".png"
	case bytes.HasPrefix(head, []byte("Rar!\x1a\x07")):
		return "application/vnd.rar", ".rar"
	case bytes.HasPrefix(head, []byte("7z\xbc\xaf\x27\x1c")):
		return "application/x-7z-compressed", ".7z"
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		return "application/gzip", ".gz"
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		if bytes.Contains(head, []byte("word/")) || bytes.Contains(head, []byte("[Content_Types].xml")) {
			return "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx"
		}
		return "application/zip", ".zip"
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	if bytes.HasPrefix(text, []byte("<?xml")) {
		return "application/xml", ".xml"
	}
	return "application/octet-stream", ".bin"
}

func typeTitle(mime string) string {
	switch mime {
	case "application/pdf":
		return "PDF"
	case "image/jpeg":
		return "JPEG"
	case "image/png":
		return "PNG"
	case "application/xml":
		return "XML"
	case "application/zip":
		return "ZIP"
	case "application/vnd.rar":
		return "RAR"
	case "application/x-7z-compressed":
		return "7z"
	case "application/gzip":
		return "GZIP"
	case sheetType:
		return "XLSX"
	case "application/vnd.openxmlformats-officedocument.wordprocessingml.document":
		return "DOCX"
	}
	return "?"
}

func typeTitles(mimes []string) string {
	t := make([]string, len(mimes))
	for i, m := range mimes {
		t[i] = typeTitle(m)
	}
	return strings.Join(t, "/")
}

// size is a file size for people, decimal as in the portal's own rules.
func size(n int64) i18n.Message {
	switch {
	case n >= 1_000_000:
		return i18n.Text{RU: "%s МБ", EN: "%s MB"}.With(fmt.Sprintf("%.1f", float64(n)/1e6))
	case n >= 1000:
		return i18n.Text{RU: "%s кБ", EN: "%s kB"}.With(fmt.Sprintf("%.1f", float64(n)/1e3))
	}
	return i18n.Text{RU: "%d Б", EN: "%d B"}.With(n)
}
