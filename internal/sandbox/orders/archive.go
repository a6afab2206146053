package orders

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	_ "image/png" // pixels reads them
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
	"github.com/epgu-cli/epgu/internal/sandbox/catalog"
)

// Bounds of an archive: it may hold what a form can ask for, not more.
const (
	maxEntries       = 64
	maxUnpackedBytes = 200 << 20
	maxRatio         = 200 // unpacked to packed, of entries over maxRatioFree
	maxRatioFree     = 1 << 20
	maxNameBytes     = 255
)

// Verdict is what the intake says of an archive: Code is "" when it is good,
// else a processing state of API ЕПГУ (SPEC-1.13, appendix 1) and Message
// names everything that is to be mended.
type Verdict struct {
	Code    string
	Message i18n.Text
	Values  map[string]string
	Files   []File
}

func bad(code string, problems ...i18n.Message) Verdict {
	ru := make([]string, len(problems))
	en := make([]string, len(problems))
	for i, p := range problems {
		ru[i], en[i] = p.In(i18n.RU), p.In(i18n.EN)
	}
	return Verdict{Code: code, Message: i18n.Text{RU: strings.Join(ru, "; "), EN: strings.Join(en, "; ")}}
}

// VerifySignature checks a detached signature of content. A portal without a
// verifier accepts any well-formed container.
type VerifySignature func(content, signature []byte) error

// Inspect opens an archive and checks it against the form of the service. Today,
// yyyy-mm-dd, is the portal's day.
func Inspect(s *catalog.Service, archive []byte, verify VerifySignature, today string) Verdict {
	entries, problem := unpack(archive)
	if !problem.IsZero() {
		return bad(gusmev.CodeInvalidFiles, problem)
	}
	request := findRequest(s, entries)
	if request == "" {
		return bad(gusmev.CodeReqNotFound, i18n.Text{RU: "в архиве нет файла %s", EN: "the archive has no %s"}.With(s.Request))
	}
	if s.Signature == "qualified" || entries[request+".sig"] != nil {
		if p := checkSignature(entries, request, verify); !p.IsZero() {
			return bad(gusmev.CodeReqVerify, p)
		}
	}
	app, err := ParseRequest(entries[request])
	if errors.Is(err, errForeign) && s.Real {
		// The real service has a form of its own; a client that speaks it is
		// served, only the fields are not looked into.
		return Verdict{Values: map[string]string{}, Files: filesOf(entries, request)}
	}
	if err != nil {
		return bad(gusmev.CodeValidation, i18n.Text{RU: "%s не читается: %s", EN: "%s cannot be read: %s"}.With(request, err.Error()))
	}
	if app.Service != s.Code {
		return bad(gusmev.CodeValidation, i18n.Text{RU: "%s составлен для услуги %s, а подан на %s", EN: "%s is for service %s, but was sent to %s"}.With(request, app.Service, s.Code))
	}
	var problems []i18n.Message
	for _, p := range s.Validate(app.Values, false, today) {
		problems = append(problems, i18n.Text{RU: "%s — %s", EN: "%s: %s"}.With(p.Field, p.Message))
	}
	if len(problems) > 0 {
		return bad(gusmev.CodeValidation, problems...)
	}
	if problems = checkAttachments(s, app, entries, request); len(problems) > 0 {
		return bad(gusmev.CodeFilesVerify, problems...)
	}
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		if entries[name+".sig"] == nil || name == request {
			continue
		}
		if p := checkSignature(entries, name, verify); !p.IsZero() {
			return bad(gusmev.CodeFilesVerify, p)
		}
	}
	return Verdict{Values: app.Values, Files: filesOf(entries, request)}
}

// unpack reads a flat archive into memory within the bounds.
func unpack(archive []byte) (map[string][]byte, i18n.Message) {
	none := map[string][]byte(nil)
	z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return none, i18n.Say("это не архив zip или он повреждён", "not a zip archive, or a damaged one")
	}
	if len(z.File) == 0 {
		return none, i18n.Say("архив пуст", "the archive is empty")
	}
	if len(z.File) > maxEntries {
		return none, i18n.Text{RU: "в архиве %d файлов, можно не больше %d", EN: "%d files in the archive, at most %d"}.With(len(z.File), maxEntries)
	}
	entries := make(map[string][]byte, len(z.File))
	var total uint64
	for _, f := range z.File {
		if f.FileInfo().IsDir() || strings.ContainsAny(f.Name, `/\`) {
			return none, i18n.Text{RU: "в архиве есть папки, а нужны только файлы: %q", EN: "the archive has folders, only files are allowed: %q"}.With(f.Name)
		}
		if !PlainName(f.Name) || !f.FileInfo().Mode().IsRegular() {
			return none, i18n.Text{RU: "недопустимое имя файла: %q", EN: "a file name that is not allowed: %q"}.With(f.Name)
		}
		if _, twice := entries[f.Name]; twice {
			return none, i18n.Text{RU: "файл %q есть в архиве дважды", EN: "%q is in the archive twice"}.With(f.Name)
		}
		if f.UncompressedSize64 > maxUnpackedBytes-total ||
			f.UncompressedSize64 > maxRatioFree && f.UncompressedSize64/maxRatio > f.CompressedSize64 {
			return none, i18n.Text{RU: "файл %q слишком велик после распаковки", EN: "%q is too large when unpacked"}.With(f.Name)
		}
		total += f.UncompressedSize64
		content, err := readEntry(f)
		if err != nil {
			return none, i18n.Text{RU: "файл %q не распаковывается", EN: "%q cannot be unpacked"}.With(f.Name)
		}
		if archiveInside(content) {
			return none, i18n.Text{RU: "файл %q — вложенный архив", EN: "%q is an archive inside the archive"}.With(f.Name)
		}
		entries[f.Name] = content
	}
	return entries, i18n.Message{}
}

// readEntry believes the declared size no further than it holds.
func readEntry(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	content, err := io.ReadAll(io.LimitReader(r, int64(f.UncompressedSize64)+1)) //nolint:gosec // bounded by maxUnpackedBytes
	if err != nil {
		return nil, err
	}
	if uint64(len(content)) != f.UncompressedSize64 {
		return nil, fmt.Errorf("%d bytes, declared %d", len(content), f.UncompressedSize64)
	}
	return content, nil
}

// PlainName reports whether a name may stand in a flat archive.
func PlainName(name string) bool {
	if name == "" || name == "." || name == ".." || len(name) > maxNameBytes || !utf8.ValidString(name) {
		return false
	}
	for _, r := range name {
		if r < 0x20 || r == 0x7f || strings.ContainsRune(`:*?"<>|/\`, r) {
			return false
		}
	}
	return true
}

// archiveInside knows archives by their first bytes; office documents are
// archives too, and no service of the portal takes them.
func archiveInside(content []byte) bool {
	for _, magic := range []string{"PK\x03\x04", "PK\x05\x06", "Rar!\x1a\x07", "7z\xbc\xaf\x27\x1c", "\x1f\x8b", "BZh", "\xfd7zXZ\x00"} {
		if bytes.HasPrefix(content, []byte(magic)) {
			return true
		}
	}
	return false
}

// findRequest returns the name of the request document. The real services name
// it req_{guid}.xml, the others as the catalogue says.
func findRequest(s *catalog.Service, entries map[string][]byte) string {
	if entries[s.Request] != nil {
		return s.Request
	}
	if !s.Real {
		return ""
	}
	var names []string
	for name := range entries {
		if strings.HasPrefix(name, "req_") && strings.HasSuffix(name, ".xml") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	if len(names) == 0 {
		return ""
	}
	return names[0]
}

func checkSignature(entries map[string][]byte, request string, verify VerifySignature) i18n.Message {
	sig := entries[request+".sig"]
	if len(sig) == 0 {
		return i18n.Text{RU: "нужна усиленная квалифицированная подпись: в архиве нет файла %s.sig", EN: "a qualified signature is needed: the archive has no %s.sig"}.With(request)
	}
	if verify == nil {
		return i18n.Message{}
	}
	if err := verify(entries[request], sig); err != nil {
		var why any = err.Error()
		if l := i18n.Localised(nil); errors.As(err, &l) {
			why = l
		}
		return i18n.Text{RU: "подпись %s.sig не подтвердилась: %s", EN: "the signature %s.sig does not hold: %s"}.With(request, why)
	}
	return i18n.Message{}
}

// checkAttachments checks each document by its content, never by its name.
func checkAttachments(s *catalog.Service, app *Request, entries map[string][]byte, request string) []i18n.Message {
	var problems []i18n.Message
	used := map[string]bool{request: true}
	for i := range s.Documents {
		d := &s.Documents[i]
		files := app.Attachments[d.Name]
		if len(files) == 0 && d.Required && d.When.Holds(app.Values) {
			problems = append(problems, i18n.Text{RU: "%s — «%s»: документ не приложен", EN: "%s: %s is not attached"}.With(d.Name, d.Title))
		}
		for _, name := range files {
			used[name] = true
			content, ok := entries[name]
			switch {
			case !ok:
				problems = append(problems, i18n.Text{RU: "%s — файла %q нет в архиве", EN: "%s: the archive has no %q"}.With(d.Name, name))
			case int64(len(content)) > d.MaxBytes:
				problems = append(problems, i18n.Text{RU: "%s — %q: %d байт, можно не больше %d", EN: "%s: %q has %d bytes, at most %d"}.With(d.Name, name, len(content), d.MaxBytes))
			default:
				if kind := Sniff(content); !slices.Contains(d.Types, kind) {
					problems = append(problems, i18n.Text{RU: "%s — %q: по содержимому это %s, нужно %s", EN: "%s: %q is %s by its content, needed: %s"}.With(d.Name, name, kind, strings.Join(d.Types, ", ")))
				} else if w, h, ok := pixels(content); ok && (w < d.MinWidth || h < d.MinHeight) {
					problems = append(problems, i18n.Text{RU: "%s — %q: %d×%d точек, нужно не меньше %d×%d", EN: "%s: %q has %d×%d pixels, at least %d×%d are needed"}.With(d.Name, name, w, h, d.MinWidth, d.MinHeight))
				}
			}
		}
	}
	for name := range app.Attachments {
		if s.Document(name) == nil {
			problems = append(problems, i18n.Text{RU: "%s — услуга не принимает такого документа", EN: "%s: the service takes no such document"}.With(name))
		}
	}
	var stray []string
	for name := range entries {
		base := strings.TrimSuffix(name, ".sig")
		if !used[name] && !(base != name && used[base]) && name != "sign_config.xml" {
			stray = append(stray, name)
		}
	}
	slices.Sort(stray)
	for _, name := range stray {
		problems = append(problems, i18n.Text{RU: "файл %q не назван в заявлении", EN: "%q is not named in the application"}.With(name))
	}
	return problems
}

// pixels returns the size of a picture; ok is false for anything else.
func pixels(content []byte) (width, height int, ok bool) {
	c, _, err := image.DecodeConfig(bytes.NewReader(content))
	return c.Width, c.Height, err == nil
}

// Sniff tells what a file is by its content.
func Sniff(content []byte) string {
	switch {
	case bytes.HasPrefix(content, []byte("\xff\xd8\xff")):
		if _, err := jpeg.DecodeConfig(bytes.NewReader(content)); err == nil {
			return "image/jpeg"
		}
	case bytes.HasPrefix(content, []byte("%PDF-1.")), bytes.HasPrefix(content, []byte("%PDF-2.")):
		if bytes.Contains(content[max(0, len(content)-1024):], []byte("%%EOF")) {
			return "application/pdf"
		}
	case bytes.HasPrefix(content, []byte("\x89PNG\r\n\x1a\n")):
		return "image/png"
	case bytes.HasPrefix(bytes.TrimLeft(content[:min(len(content), 64)], "\xef\xbb\xbf \t\r\n"), []byte("<?xml")):
		return "application/xml"
	}
	return "application/octet-stream"
}

func filesOf(entries map[string][]byte, request string) []File {
	names := make([]string, 0, len(entries))
	for name := range entries {
		names = append(names, name)
	}
	slices.Sort(names)
	var out []File
	for _, name := range names {
		f := File{Type: TypeAttachment, Name: name, Kind: "ATTACHMENT", Content: entries[name], Signed: entries[name+".sig"] != nil, MIME: Sniff(entries[name])}
		switch {
		case name == request:
			f.Kind, f.MIME = "REQUEST", "application/xml"
		case path.Ext(name) == ".sig":
			f.MIME = "application/pkcs7-signature"
		}
		out = append(out, f)
	}
	return out
}
